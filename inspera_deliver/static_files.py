"""Name static files by their content, also where one script imports another."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Let browsers keep every file for good: a changed module has a new name, and so has each that imports it."""

    support_js_module_import_aggregation = True
