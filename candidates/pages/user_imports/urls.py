"""Addresses of the import of permanent users, and of the formats of their files."""

from django.urls import URLPattern, path

from candidates.pages.user_formats import views as user_formats
from candidates.pages.user_imports import mending as user_import_mending
from candidates.pages.user_imports import progress as user_import_progress
from candidates.pages.user_imports import views as user_imports

IMPORT = "permanent-users/import/"
ONE = f"{IMPORT}<str:user_import>/"
FORMATS = "permanent-users/formats/"
FORMAT = f"{FORMATS}<str:format_id>/"

urlpatterns: list[URLPattern] = [
    path(IMPORT, user_imports.take_file, name="user-import"),
    path(f"{IMPORT}template.<str:ending>", user_imports.template, name="user-import-template"),
    path(ONE, user_imports.preview, name="user-import-preview"),
    path(f"{ONE}start/", user_imports.start, name="user-import-start"),
    path(f"{ONE}cancel/", user_imports.cancel, name="user-import-cancel"),
    path(f"{ONE}mend/", user_import_mending.mend, name="user-import-mend"),
    path(f"{ONE}read/", user_import_mending.read, name="user-import-read"),
    path(f"{ONE}wrong-rows/", user_import_mending.download_wrong_rows, name="user-import-wrong-rows"),
    path(f"{ONE}mended-rows/", user_import_mending.upload_mended_rows, name="user-import-mended-rows"),
    path(f"{ONE}progress/", user_import_progress.progress, name="user-import-progress"),
    path(f"{ONE}progress/live/", user_import_progress.live, name="user-import-live"),
    path(FORMATS, user_formats.list_formats, name="user-formats"),
    path(f"{FORMATS}new/", user_formats.new_format, name="user-format-new"),
    path(f"{FORMATS}new/columns/", user_formats.arrange_new, name="user-format-new-columns"),
    path(FORMAT, user_formats.edit_format, name="user-format-edit"),
    path(f"{FORMAT}columns/", user_formats.arrange_format, name="user-format-columns"),
    path(f"{FORMAT}delete/", user_formats.remove_format, name="user-format-delete"),
    path(f"{FORMAT}default/", user_formats.use_as_default, name="user-format-default"),
]
