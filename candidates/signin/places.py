"""Few places for slow hashes in one process: its other threads are for slips, saves and pages (measured.md)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

BUSY_SECONDS = 3  # after which a page of somebody without a place comes back by itself
# Who finds none waits for one in its thread, as long as a few hashes take; as many as there are places may, and no more
# threads are held.
WAIT_SECONDS = 0.5


class NoPlace(Exception):
    """Others check their passwords, and others wait for that: nothing was checked or stored, and a retry helps."""


class Places:
    """So many at once, and as many who wait; a thread that has a place may ask again."""

    def __init__(self, number: int) -> None:
        self._places = threading.BoundedSemaphore(number)
        self._inside = threading.BoundedSemaphore(2 * number)
        self._of_thread = threading.local()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place. Raises NoPlace after WAIT_SECONDS, and at once where enough others wait."""
        if getattr(self._of_thread, "has_one", False):
            yield
            return
        if not self._inside.acquire(blocking=False):
            raise NoPlace
        try:
            if not self._places.acquire(timeout=WAIT_SECONDS):
                raise NoPlace
            self._of_thread.has_one = True
            try:
                yield
            finally:
                self._of_thread.has_one = False
                self._places.release()
        finally:
            self._inside.release()

    def refuse_if_full(self) -> None:
        """Raise NoPlace where asking for one would, before anything else is done for it."""
        if not self._inside.acquire(blocking=False):
            raise NoPlace
        self._inside.release()


hashing = Places(max(1, settings.PASSWORD_HASHES_AT_ONCE))
