"""Addresses of logging in and out."""

from django.urls import URLPattern, path

from candidates.pages.account import second_step
from candidates.pages.signin import sso
from candidates.pages.signin import views as signin
from candidates.pages.sso_setups import views as sso_setups

urlpatterns: list[URLPattern] = [
    path("", signin.home, name="home"),
    path("login/", signin.log_in, name="login"),
    path("logout/", signin.log_out, name="logout"),
    path("login/code/", second_step.login_code, name="login-code"),
    path("sso/setups/", sso_setups.list_setups, name="sso-setups"),
    path("sso/setups/<slug:slug>/test/", sso_setups.try_setup, name="sso-setup-test"),
    path("sso/setups/<slug:slug>/<str:username>/release/", sso_setups.release, name="sso-release"),
    path("sso/people/<slug:slug>/<str:username>/delete/", sso_setups.delete_person, name="sso-person-delete"),
    path("sso/<slug:slug>/start/", sso.start, name="sso-start"),
    path("sso/<slug:slug>/callback/", sso.callback, name="sso-callback"),
]
