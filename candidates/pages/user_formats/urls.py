"""Addresses of the formats of files of permanent users."""

from django.urls import URLPattern, path

from candidates.pages.user_formats import views

FORMATS = "permanent-users/formats/"
FORMAT = f"{FORMATS}<str:format_id>/"

urlpatterns: list[URLPattern] = [
    path(FORMATS, views.list_formats, name="user-formats"),
    path(f"{FORMATS}new/", views.new_format, name="user-format-new"),
    path(f"{FORMATS}new/columns/", views.arrange_new, name="user-format-new-columns"),
    path(FORMAT, views.edit_format, name="user-format-edit"),
    path(f"{FORMAT}columns/", views.arrange_format, name="user-format-columns"),
    path(f"{FORMAT}delete/", views.remove_format, name="user-format-delete"),
    path(f"{FORMAT}default/", views.use_as_default, name="user-format-default"),
]
