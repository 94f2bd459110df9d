"""Addresses of the results of a test."""

from django.urls import URLPattern, path

from candidates.pages.results import views as results

RESULTS = "deliver/tests/<str:test_id>/results/"

urlpatterns: list[URLPattern] = [
    path(RESULTS, results.show_results, name="results"),
    path(f"{RESULTS}download/<str:kind>/", results.download, name="results-download"),
    path(f"{RESULTS}scale/", results.edit_scale, name="grade-scale"),
]
