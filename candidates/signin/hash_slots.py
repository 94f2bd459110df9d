"""Limit the slow hashes that one process does at once: logins with slips, saves and pages come first."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import TypeVar

from django.conf import settings

BUSY_SECONDS = 5  # after which the page of somebody without a slot tries again by itself
WAIT_SECONDS = 0.5  # for a free slot, in the thread of the request
WAITING = 1  # threads that may wait for a slot
REST_SECONDS = 0.5  # for which a slot stays taken after the second wrong password in a row while others wait
NICE = 10  # added to the niceness of the threads that hash
NAME = "hashing"
SAID_EVERY = 60  # seconds: a flood is one log line a minute, not one for each login
WAITS = "deliver.waits_for_a_place"  # key in request.META: the answer was to wait

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class NoFreeSlot(Exception):
    """All slots are taken, and others wait for one: nothing was checked or stored, and a retry helps."""


class HashSlots:
    """A pool of threads that hash, with a limit to those who wait for one."""

    def __init__(self, number: int) -> None:
        self._inside = threading.BoundedSemaphore(number + WAITING)
        self._threads = ThreadPoolExecutor(number, NAME, initializer=_give_way)
        self._full_at = self._said_at = -float(SAID_EVERY)
        self._was_wrong = False

    def run(self, hashed: Callable[[], Result]) -> Result:
        """Return the result of a slow hash. Raises NoFreeSlot after WAIT_SECONDS, or at once where too many wait."""
        if threading.current_thread().name.startswith(NAME):  # Django checks an old hash by making one
            return hashed()
        if not self._inside.acquire(blocking=False):
            self._note_full()
            raise NoFreeSlot
        try:
            soon = self._threads.submit(hashed)
            wait([soon], WAIT_SECONDS)
            if soon.cancel():  # no thread had started it
                raise NoFreeSlot
            return soon.result()
        finally:
            self._inside.release()

    def refuse_if_full(self) -> None:
        """Raise NoFreeSlot where `run` would at once, before any other work is done."""
        if not self._inside.acquire(blocking=False):
            self._note_full()
            raise NoFreeSlot
        self._inside.release()

    def note_checked(self, *, right: bool) -> None:
        """Keep a slot taken for REST_SECONDS after the second wrong password in a row, where others found none.

        Recording and answering a wrong login costs as much as several saves. This limits the processor time of a flood
        of them. In a hall that logs in with chosen passwords few are wrong, so that a mistyped one delays nobody.
        """
        # Two threads may read this at once: then one rest is left out or too many.
        again, self._was_wrong = self._was_wrong and not right, not right
        if again and time.monotonic() - self._full_at < BUSY_SECONDS:
            self._threads.submit(time.sleep, REST_SECONDS)

    def _note_full(self) -> None:
        now = self._full_at = time.monotonic()
        if now - self._said_at >= SAID_EVERY:
            self._said_at = now
            logger.warning("More logins than places for slow hashes: they wait (PASSWORD_HASHES_AT_ONCE)")


def _give_way() -> None:
    """Lower the priority of this thread; only Linux has one for each thread."""
    if sys.platform == "linux":  # pragma: no branch - the tests run on Linux
        thread = threading.get_native_id()
        with suppress(OSError):  # where a sandbox forbids it, logins continue at normal priority
            os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + NICE))


hashing = HashSlots(max(1, settings.PASSWORD_HASHES_AT_ONCE))
