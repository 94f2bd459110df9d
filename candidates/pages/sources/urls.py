"""Addresses at which administrators look after student systems."""

from django.urls import URLPattern, path

from candidates.pages.sources import views as sources

urlpatterns: list[URLPattern] = [
    path("administration/sources/", sources.list_sources, name="sources"),
    path("administration/sources/<slug:slug>/test/", sources.try_source, name="source-test"),
    path("administration/sources/people/<str:identity>/release/", sources.release, name="source-person-release"),
]
