"""WSGI entry point for the production server."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http.multipartparser import MultiPartParserError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "inspera_deliver.settings")
django.setup(set_prefix=False)

from candidates.credentials.keys import check_keys  # noqa: E402  needs the settings


class Request(WSGIRequest):
    """A request whose headers cannot make Django fail before our middleware."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Set the type to None where its parameters cannot be read: CodecMiddleware then answers 400.

        The standard library fails on some of them (an unknown codec, `x*=` beside `x*0=`, a number of five thousand
        digits), and gunicorn would log the address with its query.
        """
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]  # Django's own, which the stubs leave out
        except (ValueError, TypeError):
            self.content_type = self.content_params = None

    def parse_file_upload(self, META: Any, post_data: Any) -> Any:
        """Parse a form with files. Raises MultiPartParserError where the headers of a part fail in such a way."""
        try:
            return super().parse_file_upload(META, post_data)
        except TypeError as error:
            raise MultiPartParserError("The headers of a part cannot be read.") from error


class Application(WSGIHandler):
    """Django's own, with these requests."""

    request_class = Request


application = Application()

# A server runs no system checks: malformed keys must stop it here, not at the first login (P16).
check_keys()
