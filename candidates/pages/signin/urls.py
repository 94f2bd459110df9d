"""Addresses of logging in and out."""

from django.urls import URLPattern, path

from candidates.pages.signin import lti, sso
from candidates.pages.signin import views as signin

urlpatterns: list[URLPattern] = [
    path("", signin.home, name="home"),
    path("login/", signin.log_in, name="login"),
    path("logout/", signin.log_out, name="logout"),
    path("login/code/", signin.login_code, name="login-code"),
    path("sso/<slug:slug>/start/", sso.start, name="sso-start"),
    path("sso/<slug:slug>/callback/", sso.callback, name="sso-callback"),
    path("lti/<slug:slug>/login/", lti.start, name="lti-start"),
    path("lti/<slug:slug>/launch/", lti.launch, name="lti-launch"),
    path("lti/<slug:slug>/keys/", lti.keys, name="lti-keys"),
]
