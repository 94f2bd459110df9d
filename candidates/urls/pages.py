"""Help and accessibility."""

from django.urls import URLPattern, path

from candidates.views import pages

urlpatterns: list[URLPattern] = [
    path("help/", pages.help_page, name="help"),
    path("accessibility/", pages.accessibility, name="accessibility"),
]
