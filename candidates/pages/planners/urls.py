"""Addresses at which administrators see to it that every test has a planner."""

from django.urls import URLPattern, path

from candidates.pages.planners import views as planners

urlpatterns: list[URLPattern] = [
    path("administration/tests/", planners.unplanned_tests, name="unplanned-tests"),
    path("administration/planners/<int:account>/tests/", planners.hand_over, name="hand-over-tests"),
]
