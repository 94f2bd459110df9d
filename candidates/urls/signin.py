"""Addresses of logging in and out."""

from django.urls import URLPattern, path

from candidates.views import signin

urlpatterns: list[URLPattern] = [
    path("", signin.home, name="home"),
    path("login/", signin.log_in, name="login"),
    path("logout/", signin.log_out, name="logout"),
]
