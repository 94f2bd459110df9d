"""Addresses of adding one-time users: typed, generated, and from a file with its preview."""

from django.urls import URLPattern, path

from candidates.views import adding, imports

CANDIDATES = "deliver/tests/<str:test_id>/candidates/"
ONE_TIME = f"{CANDIDATES}add/one-time/"
DRAFT = f"{CANDIDATES}imports/<str:draft_id>/"

urlpatterns: list[URLPattern] = [
    path(ONE_TIME, adding.add_one_time, name="add-one-time"),
    path(f"{ONE_TIME}rows/", adding.arrange_one_time, name="arrange-one-time"),
    path(f"{ONE_TIME}generate/", adding.add_generated, name="add-generated"),
    path(f"{ONE_TIME}generate/rows/", adding.arrange_generated, name="arrange-generated"),
    path(f"{ONE_TIME}import/", imports.add_from_file, name="add-from-file"),
    path(DRAFT, imports.import_preview, name="import-preview"),
    path(f"{DRAFT}add/", imports.confirm_import, name="confirm-import"),
    path(f"{DRAFT}cancel/", imports.cancel_import, name="cancel-import"),
]
