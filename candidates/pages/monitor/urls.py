"""Addresses of Monitor."""

from django.urls import URLPattern, path

from candidates.pages.monitor import incident, seat
from candidates.pages.monitor import views as monitor
from candidates.tabular.exporting import ExportFormat

urlpatterns: list[URLPattern] = [
    path("monitor/", monitor.list_tests, name="monitor"),
    path("monitor/tests/<str:test_id>/", monitor.show, name="monitor-test"),
    path("monitor/tests/<str:test_id>/live/", monitor.live, name="monitor-live"),
    path("monitor/tests/<str:test_id>/columns/", monitor.choose_columns, name="monitor-columns"),
    path("monitor/tests/<str:test_id>/csv/", monitor.download, {"wanted": ExportFormat.CSV}, name="monitor-csv"),
    path("monitor/tests/<str:test_id>/xlsx/", monitor.download, {"wanted": ExportFormat.XLSX}, name="monitor-xlsx"),
    path("monitor/tests/<str:test_id>/incident-time/", incident.ask, name="monitor-incident"),
    path("monitor/tests/<str:test_id>/incident-time/check/", incident.check, name="monitor-incident-check"),
    path("monitor/tests/<str:test_id>/incident-time/save/", incident.save, name="monitor-incident-save"),
    path("monitor/tests/<str:test_id>/candidates/<str:candidate>/", monitor.show_candidate, name="monitor-candidate"),
    path("monitor/tests/<str:test_id>/candidates/<str:candidate>/seat/", seat.seat, name="monitor-seat"),
]
