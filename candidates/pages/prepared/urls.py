"""Addresses of what is prepared for people before they join a test by its code; lists of it come with the imports."""

from django.urls import URLPattern, path

from candidates.pages.prepared import views as prepared

PREPARED = "deliver/tests/<str:test_id>/prepared/"
PERSON = f"{PREPARED}<str:prepared_id>/"

urlpatterns: list[URLPattern] = [
    path(PREPARED, prepared.list_prepared, name="prepared"),
    path(f"{PREPARED}add/", prepared.add_prepared, name="prepared-add"),
    path(PERSON, prepared.change, name="prepared-person"),
    path(f"{PERSON}remove/", prepared.remove, name="prepared-remove"),
]
