"""Addresses of the planner's tests: list, set-up, contributors, activation; and of tests that need a planner."""

from django.urls import URLPattern, path

from candidates.pages.tests import (
    activation,
    candidate_history,
    contributors,
    copying,
    handing_over,
    history,
    putting_away,
)
from candidates.pages.tests import views as tests

TEST = "deliver/tests/<str:test_id>/"

urlpatterns: list[URLPattern] = [
    path("deliver/tests/", tests.list_tests, name="deliver-tests"),
    path("deliver/tests/new/", tests.new_test, name="new-test"),
    path(TEST, tests.show_test, name="deliver-test"),
    path(f"{TEST}edit/", tests.edit_test, name="edit-test"),
    path(f"{TEST}questions/", tests.edit_questions, name="edit-questions"),
    path(f"{TEST}end/", tests.move_the_end, name="move-end"),
    path(f"{TEST}end/save/", tests.save_the_end, name="move-end-save"),
    path(f"{TEST}copy/", copying.copy, name="copy-test"),
    path(f"{TEST}activate/", activation.activate_test, name="activate-test"),
    path(f"{TEST}deactivate/", activation.deactivate_test, name="deactivate-test"),
    path(f"{TEST}delete/", putting_away.delete, name="delete-test"),
    path(f"{TEST}archive/", putting_away.archive, name="archive-test"),
    path(f"{TEST}restore/", putting_away.restore, name="restore-test"),
    path(f"{TEST}names/", tests.share_the_names, name="share-names"),
    path(f"{TEST}history/", history.show_history, name="history"),
    path(f"{TEST}history/csv/", history.download, name="history-csv"),
    path(
        f"{TEST}candidates/<str:candidate>/history/",
        candidate_history.show_candidate_history,
        name="candidate-history",
    ),
    path(f"{TEST}contributors/new/", contributors.new_contributor, name="new-contributor"),
    path(f"{TEST}contributors/<str:contributor>/remove/", contributors.remove, name="remove-contributor"),
    path("administration/tests/", handing_over.unplanned_tests, name="unplanned-tests"),
    path("administration/planners/<int:account>/tests/", handing_over.hand_over, name="hand-over-tests"),
]
