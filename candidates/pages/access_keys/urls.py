"""Addresses at which administrators make and revoke keys of other systems."""

from django.urls import URLPattern, path

from candidates.pages.access_keys import views as access_keys

urlpatterns: list[URLPattern] = [
    path("access-keys/", access_keys.list_keys, name="access-keys"),
    path("access-keys/new/", access_keys.new_key, name="access-key-new"),
    path("access-keys/<str:key_id>/revoke/", access_keys.revoke_key, name="access-key-revoke"),
]
