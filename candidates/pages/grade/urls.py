"""Addresses of Grade."""

from django.urls import URLPattern, path

from candidates.pages.grade import views as grade
from candidates.tabular.exporting import ExportFormat

urlpatterns: list[URLPattern] = [
    path("grade/", grade.list_tests, name="grade"),
    path("grade/tests/<str:test_id>/", grade.show, name="grade-test"),
    path("grade/tests/<str:test_id>/next/", grade.show_next, name="grade-next"),
    path("grade/tests/<str:test_id>/csv/", grade.download, {"wanted": ExportFormat.CSV}, name="grade-csv"),
    path("grade/tests/<str:test_id>/xlsx/", grade.download, {"wanted": ExportFormat.XLSX}, name="grade-xlsx"),
    path("grade/tests/<str:test_id>/<str:candidate>/", grade.submission, name="grade-submission"),
]
