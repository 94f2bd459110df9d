"""Take uploaded files into memory only, up to the bound of the largest kind of list (traps.md F6, I4, J2)."""

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload

LARGEST_UPLOAD = 5 * 1024 * 1024 + 1  # bytes: an XLSX of 5 MiB, and one byte that tells that there was more


class BoundedMemoryUploadHandler(MemoryFileUploadHandler):
    """Keep a file in memory and stop listening once it is too large; nothing is ever written to disk."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """Take part in every upload, whatever length the browser announced."""
        self.activated = True
        self._taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep a chunk; past the bound the rest of the request is read no further.

        Raises StopUpload with the connection closed: the form then says how large a list may be.
        """
        self._taken += len(raw_data)
        if self._taken > LARGEST_UPLOAD:
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)
