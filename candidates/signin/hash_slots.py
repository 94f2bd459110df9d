"""Few places for slow hashes in one process: its threads and the processor are for slips, saves and pages first."""

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

BUSY_SECONDS = 5  # after which a page of somebody without a place comes back by itself
WAIT_SECONDS = 0.5  # for which one who finds none waits for it, in its thread: some hashes long
WAITING = 1  # no more threads than this are held so
REST_SECONDS = 0.25  # for which a place is kept after a wrong password while others find none
NICE = 10  # how far the threads that hash give way to all others
NAME = "hashing"
SAID_EVERY = 60  # seconds: a flood is one line of the log in a minute, and not one for each of its logins
WAITS = "deliver.waits_for_a_place"  # in what is known of a request whose answer was that

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class NoFreeSlot(Exception):
    """Others check their passwords, and others wait for that: nothing was checked or stored, and a retry helps."""


class HashSlots:
    """Threads that hash, so many at once, and few who wait for one of them."""

    def __init__(self, number: int) -> None:
        self._inside = threading.BoundedSemaphore(number + WAITING)
        self._threads = ThreadPoolExecutor(number, NAME, initializer=_give_way)
        self._full_at = self._said_at = -float(SAID_EVERY)

    def run(self, hashed: Callable[[], Result]) -> Result:
        """Return the result of a slow hash. Raises NoFreeSlot after WAIT_SECONDS, or at once where too many wait."""
        if threading.current_thread().name.startswith(NAME):  # checking old hashes is making them
            return hashed()
        if not self._inside.acquire(blocking=False):
            self._note_full()
            raise NoFreeSlot
        try:
            soon = self._threads.submit(hashed)
            wait([soon], WAIT_SECONDS)
            if soon.cancel():  # nobody had begun
                raise NoFreeSlot
            return soon.result()
        finally:
            self._inside.release()

    def refuse_if_full(self) -> None:
        """Raise NoFreeSlot where asking for one would, before anything else is done for it."""
        if not self._inside.acquire(blocking=False):
            self._note_full()
            raise NoFreeSlot
        self._inside.release()

    def rest(self) -> None:
        """Keep a place for REST_SECONDS after a wrong password, where others have found none a moment ago.

        To write down and answer a wrong login takes as much work as several saves: a flood of them gets no more of the
        processor than this leaves it, and who types a wrong password in peace is not slowed.
        """
        if time.monotonic() - self._full_at < BUSY_SECONDS:
            self._threads.submit(time.sleep, REST_SECONDS)

    def _note_full(self) -> None:
        now = self._full_at = time.monotonic()
        if now - self._said_at >= SAID_EVERY:
            self._said_at = now
            logger.warning("More logins than places for slow hashes: they wait (PASSWORD_HASHES_AT_ONCE)")


def _give_way() -> None:
    """Let this thread run when no other has to; Linux alone has priorities of threads."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):  # where a sandbox forbids it, logins go on, at the pace of all others
            os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + NICE))


hashing = HashSlots(max(1, settings.PASSWORD_HASHES_AT_ONCE))
