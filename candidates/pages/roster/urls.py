"""Addresses at which planners connect tests with exams of student systems, and apply what changed there."""

from django.urls import URLPattern, path

from candidates.pages.roster import connecting
from candidates.pages.roster import views as roster

ROSTER = "deliver/tests/<str:test_id>/roster/"
NEW = "deliver/tests/new/student-system/"

urlpatterns: list[URLPattern] = [
    path(NEW, connecting.find_for_new, name="new-test-from-source"),
    path(f"{NEW}save/", connecting.make_from_exam, name="new-test-from-source-save"),
    path(ROSTER, roster.show_roster, name="roster"),
    path(f"{ROSTER}connect/", connecting.find_for_test, name="roster-connect"),
    path(f"{ROSTER}connect/save/", connecting.connect_test, name="roster-connect-save"),
    path(f"{ROSTER}look/", roster.look, name="roster-look"),
    path(f"{ROSTER}apply/", roster.apply_changes, name="roster-apply"),
    path(f"{ROSTER}take/", roster.take, name="roster-take"),
    path(f"{ROSTER}by-itself/", roster.choose, name="roster-by-itself"),
    path(f"{ROSTER}disconnect/", roster.ask_to_disconnect, name="roster-disconnect"),
]
