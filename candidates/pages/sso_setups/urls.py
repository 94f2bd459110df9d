"""Addresses at which administrators look after the institutions through which people log in."""

from django.urls import URLPattern, path

from candidates.pages.sso_setups import views as sso_setups

urlpatterns: list[URLPattern] = [
    path("sso/setups/", sso_setups.list_setups, name="sso-setups"),
    path("sso/setups/<slug:slug>/test/", sso_setups.try_setup, name="sso-setup-test"),
    path("sso/setups/<slug:slug>/<str:username>/release/", sso_setups.release, name="sso-release"),
    path("sso/people/<slug:slug>/<str:username>/delete/", sso_setups.delete_person, name="sso-person-delete"),
]
