"""Addresses of a test as its candidate sits it."""

from django.urls import URLPattern, path

from candidates.pages.sitting import views as sitting

urlpatterns: list[URLPattern] = [
    path("test/<str:test_id>/", sitting.sit, name="sit"),
    path("test/<str:test_id>/start/", sitting.start, name="sit-start"),
    path("test/<str:test_id>/answer/", sitting.save, name="sit-answer"),
    path("test/<str:test_id>/write-here/", sitting.write_here, name="sit-write-here"),
    path("test/<str:test_id>/seen/", sitting.seen, name="sit-seen"),
    path("test/<str:test_id>/submit/", sitting.submit, name="sit-submit"),
]
