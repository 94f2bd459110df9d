"""Keep uploaded files in memory only, up to the size limit of the largest kind of list (F6, I4, J2)."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, MemoryFileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

MAX_USER_FILE = 50 * 1024 * 1024 + 1  # bytes: a CSV file of permanent users
MAX_UPLOAD = 5 * 1024 * 1024 + 1  # bytes: an XLSX of 5 MiB, and one byte that shows that there was more


class BoundedMemoryUploadHandler(MemoryFileUploadHandler):
    """Keep a file in memory and stop keeping it once it is too large; nothing is ever written to disk."""

    cut_short = False
    most = MAX_UPLOAD

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """Handle every upload, whatever length the browser announced."""
        self.activated = True
        self._taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep a chunk; beyond the limit nothing more is kept, and `cut_short` tells the form.

        Raises StopUpload. The rest of the body is read and dropped, since browsers show the response only after that.
        """
        self._taken += len(raw_data)
        if self._taken > self.most:
            self.cut_short = True
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)


class LargeUploadHandler(BoundedMemoryUploadHandler):
    """The same for files of permanent users."""

    most = MAX_USER_FILE


def takes_user_files(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let one address accept files of MAX_USER_FILE; all others keep their limit.

    The handlers must be set before the body is read, and the CSRF check reads it: so it is done afterwards. People who
    may not open the page must be refused before (access.py).
    """

    @csrf_exempt
    @wraps(view)
    def large(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.upload_handlers = [LargeUploadHandler(request)]
        answer: HttpResponse = csrf_protect(view)(request, *args, **kwargs)
        return answer

    return large


def was_cut_short(handlers: Iterable[FileUploadHandler]) -> bool:
    """Say whether a file of the request was larger than any list may be, and so was not kept."""
    return any(getattr(handler, "cut_short", False) for handler in handlers)
