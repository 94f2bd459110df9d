"""Addresses at which administrators register learning platforms."""

from django.urls import URLPattern, path

from candidates.pages.platforms import views as platforms

urlpatterns: list[URLPattern] = [
    path("administration/sources/<slug:slug>/platform/", platforms.register_platform, name="lti-platform"),
    path("administration/sources/<slug:slug>/platform/test/", platforms.try_platform, name="lti-platform-test"),
]
