"""Help and accessibility."""

from django.urls import URLPattern, path

from candidates.pages.help import views as pages

urlpatterns: list[URLPattern] = [
    path("help/", pages.help_page, name="help"),
    path("accessibility/", pages.accessibility, name="accessibility"),
]
