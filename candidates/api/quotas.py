"""How many requests of other systems a process takes at once and in a minute: the hall has the rest.

Counted in each process, in memory: a table would make every read a write, which on SQLite waits for the hall's
(docs/decisions/0103). What one process takes is what protects it.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from candidates.api.problems import Problem

MINUTE = 60
BUSY_SECONDS = 1
# So long after a crowd calls still give way: between two of its requests a call would take the place of the next.
CROWD_SECONDS = 0.25


@dataclass(slots=True)
class Window:
    """The requests of one key in the minute that began at `begun`."""

    begun: float
    taken: int = 0


class Places:
    """The places of this process for requests of other systems."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running = 0
        self.of_people = 0
        self.crowded_at = float(-MINUTE)  # by the monotonic clock
        self.running_of: Counter[int] = Counter()
        self.windows: dict[int, Window] = {}

    @contextmanager
    def of_a_person(self) -> Iterator[None]:
        """Count a request that is none of another system, as long as it is answered."""
        with self.lock:
            self.of_people += 1
            if self.of_people >= settings.API_GIVES_WAY_AT:
                self.crowded_at = time.monotonic()
        try:
            yield
        finally:
            with self.lock:
                self.of_people -= 1

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold one place while a request is answered.

        Raises Problem where none is free, since no thread waits for one, and while people come in a crowd: who logs in
        or hands in goes first.
        """
        with self.lock:
            is_crowd = self.of_people >= settings.API_GIVES_WAY_AT
            crowd = is_crowd or time.monotonic() - self.crowded_at < CROWD_SECONDS
            if crowd or self.running >= settings.API_REQUESTS_AT_ONCE:
                sentence = _("Many calls are being answered at this moment. Send it again.")
                raise Problem(503, sentence, code="busy", headers={"Retry-After": str(BUSY_SECONDS)})
            self.running += 1
        try:
            yield
        finally:
            with self.lock:
                self.running -= 1

    def take(self, key: int) -> dict[str, str]:
        """Count a request of a key, and return the headers that say what is left.

        Raises Problem where the minute is used up, or the key has as many requests running as it may.
        """
        with self.lock:
            now = time.monotonic()
            window = self.windows.setdefault(key, Window(now))
            if now - window.begun >= MINUTE:
                window.begun, window.taken = now, 0
            seconds = max(1, int(MINUTE - (now - window.begun)) + 1)
            limit = settings.API_REQUESTS_A_MINUTE
            headers = {
                "RateLimit-Limit": str(limit),
                "RateLimit-Remaining": str(max(0, limit - window.taken - 1)),
                "RateLimit-Reset": str(seconds),
            }
            if window.taken >= limit:
                sentence = _("This key may send %(limit)d requests a minute. Wait, then go on.") % {"limit": limit}
                raise Problem(429, sentence, headers={**headers, "Retry-After": str(seconds)})
            if self.running_of[key] >= settings.API_REQUESTS_AT_ONCE_OF_A_KEY:
                sentence = _("This key has requests running already. Wait for their answers, then send it again.")
                raise Problem(429, sentence, code="too_many_at_once", headers={"Retry-After": str(BUSY_SECONDS)})
            window.taken += 1
            self.running_of[key] += 1
            return headers

    def give_back(self, key: int) -> None:
        with self.lock:
            self.running_of[key] -= 1
            if self.running_of[key] <= 0:
                del self.running_of[key]

    def forget(self) -> None:
        """Forget what was counted; for tests."""
        with self.lock:
            self.windows.clear()
            self.crowded_at = float(-MINUTE)


places = Places()
