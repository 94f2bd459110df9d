"""Addresses of lists of candidates and of files of permanent users: uploaded, previewed, stored, and undone."""

from django.urls import URLPattern, path

from candidates.pages.imports import formats, history, mending, progress, uploading, views
from candidates.pages.imports.mending import of_candidates, of_users

CANDIDATES = "deliver/tests/<str:test_id>/candidates/"
ONE_TIME = f"{CANDIDATES}add/one-time/"
SSO = f"{CANDIDATES}add/sso/"
PREPARED = "deliver/tests/<str:test_id>/prepared/"
IMPORTS = f"{CANDIDATES}imports/"
DRAFT = f"{IMPORTS}<str:draft_id>/"
FORMATS = "deliver/list-formats/"
USERS = "permanent-users/import/"
FILE = f"{USERS}<str:user_import>/"

urlpatterns: list[URLPattern] = [
    path(f"{ONE_TIME}import/", uploading.add_from_file, name="add-from-file"),
    path(f"{ONE_TIME}template.<str:ending>", uploading.one_time_template, name="one-time-template"),
    path(SSO, uploading.add_from_sso, name="add-from-sso"),
    path(f"{SSO}template.<str:ending>", uploading.sso_template, name="sso-template"),
    path(f"{PREPARED}import/", uploading.import_prepared, name="import-prepared"),
    path(f"{PREPARED}template.<str:ending>", uploading.prepared_template, name="prepared-template"),
    path(IMPORTS, history.list_imports, name="imports"),
    path(DRAFT, views.import_preview, name="import-preview"),
    path(f"{DRAFT}add/", views.confirm_import, name="confirm-import"),
    path(f"{DRAFT}cancel/", views.cancel_import, name="cancel-import"),
    path(f"{DRAFT}mend/", of_candidates(mending.mend_rows), name="mend-import"),
    path(f"{DRAFT}read/", of_candidates(mending.read_list_again), name="read-import-again"),
    path(f"{DRAFT}columns/", of_candidates(mending.assign_columns), name="assign-columns"),
    path(f"{DRAFT}wrong-rows/", of_candidates(mending.download_wrong_rows), name="download-wrong-rows"),
    path(f"{DRAFT}mended-rows/", of_candidates(mending.upload_mended_rows), name="upload-mended-rows"),
    path(f"{IMPORTS}<str:import_id>/undo/", history.undo_import_page, name="undo-import"),
    path(f"{IMPORTS}<str:import_id>/undo/confirmed/", history.undo_import_confirmed, name="undo-import-confirmed"),
    path(FORMATS, formats.list_formats, name="list-formats"),
    path(f"{FORMATS}<str:list_format>/delete/", formats.delete_format, name="list-format-delete"),
    path(USERS, uploading.take_users, name="user-import"),
    path(f"{USERS}template.<str:ending>", uploading.users_template_file, name="user-import-template"),
    path(FILE, views.user_import_preview, name="user-import-preview"),
    path(f"{FILE}start/", views.start_user_import, name="user-import-start"),
    path(f"{FILE}cancel/", views.cancel_user_import, name="user-import-cancel"),
    path(f"{FILE}mend/", of_users(mending.mend_rows), name="user-import-mend"),
    path(f"{FILE}read/", of_users(mending.read_list_again), name="user-import-read"),
    path(f"{FILE}wrong-rows/", of_users(mending.download_wrong_rows), name="user-import-wrong-rows"),
    path(f"{FILE}mended-rows/", of_users(mending.upload_mended_rows), name="user-import-mended-rows"),
    path(f"{FILE}progress/", progress.progress, name="user-import-progress"),
    path(f"{FILE}progress/live/", progress.live, name="user-import-live"),
]
