"""Addresses of adding candidates from a file or for SSO with the preview, and of what was imported."""

from django.urls import URLPattern, path

from candidates.pages.imports import history as import_history
from candidates.pages.imports import mending
from candidates.pages.imports import views as imports

CANDIDATES = "deliver/tests/<str:test_id>/candidates/"
ONE_TIME = f"{CANDIDATES}add/one-time/"
SSO = f"{CANDIDATES}add/sso/"
IMPORTS = f"{CANDIDATES}imports/"
DRAFT = f"{CANDIDATES}imports/<str:draft_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{ONE_TIME}import/", imports.add_from_file, name="add-from-file"),
    path(f"{ONE_TIME}template.<str:ending>", imports.one_time_template, name="one-time-template"),
    path(SSO, imports.add_from_sso, name="add-from-sso"),
    path(f"{SSO}template.<str:ending>", imports.sso_template, name="sso-template"),
    path(IMPORTS, import_history.list_imports, name="imports"),
    path(DRAFT, imports.import_preview, name="import-preview"),
    path(f"{DRAFT}add/", imports.confirm_import, name="confirm-import"),
    path(f"{DRAFT}cancel/", imports.cancel_import, name="cancel-import"),
    path(f"{DRAFT}mend/", mending.mend_import, name="mend-import"),
    path(f"{DRAFT}read/", mending.read_import_again, name="read-import-again"),
    path(f"{DRAFT}wrong-rows/", mending.download_wrong_rows, name="download-wrong-rows"),
    path(f"{DRAFT}mended-rows/", mending.upload_mended_rows, name="upload-mended-rows"),
    path(f"{IMPORTS}<str:import_id>/undo/", import_history.undo_import_page, name="undo-import"),
    path(
        f"{IMPORTS}<str:import_id>/undo/confirmed/", import_history.undo_import_confirmed, name="undo-import-confirmed"
    ),
]
