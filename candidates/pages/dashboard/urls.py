"""Addresses of a candidate's Dashboard and Archive."""

from django.urls import URLPattern, path

from candidates.pages.dashboard import views as dashboard

urlpatterns: list[URLPattern] = [
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/archive/", dashboard.archive, name="archive"),
    path("dashboard/seen/", dashboard.seen, name="dashboard-seen"),
]
