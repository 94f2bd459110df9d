"""Addresses of Manage candidates: the list, one candidate, and what is done with ticked ones."""

from django.urls import URLPattern, path

from candidates.pages.candidates import bulk, extra_time, spreading, versions
from candidates.pages.candidates import views as candidates

LIST = "deliver/tests/<str:test_id>/candidates/"

urlpatterns: list[URLPattern] = [
    path(LIST, candidates.list_candidates, name="candidates"),
    path(f"{LIST}download/<str:kind>/", candidates.download_candidates, name="candidates-download"),
    path(f"{LIST}columns/", candidates.choose_columns, name="candidates-columns"),
    path(f"{LIST}extra-time/", extra_time.extra_time, name="candidates-extra-time"),
    path(f"{LIST}extra-time/check/", extra_time.check_extra_time, name="candidates-extra-time-check"),
    path(f"{LIST}extra-time/save/", extra_time.save_extra_time, name="candidates-extra-time-save"),
    path(f"{LIST}location/", bulk.location, name="candidates-location"),
    path(f"{LIST}location/save/", bulk.save_location, name="candidates-location-save"),
    path(f"{LIST}remove/", bulk.remove, name="candidates-remove"),
    path(f"{LIST}remove/confirmed/", bulk.remove_confirmed, name="candidates-remove-confirmed"),
    path(f"{LIST}spread/", spreading.show_spread, name="spread"),
    path(f"{LIST}spread/save/", spreading.save_spread, name="spread-save"),
    path(f"{LIST}spread/<str:spread_id>/undo/", spreading.undo, name="spread-undo"),
    path(f"{LIST}<str:candidate>/versions/", versions.list_versions, name="candidate-versions"),
    path(f"{LIST}<str:candidate>/versions/<int:revision>/", versions.read_version, name="candidate-version"),
    path(
        f"{LIST}<str:candidate>/versions/<int:revision>/restore/",
        versions.restore_version,
        name="candidate-version-restore",
    ),
    # last: a public id is one word, and so are the steps above
    path(f"{LIST}<str:candidate>/", candidates.edit_candidate_page, name="candidate"),
]
