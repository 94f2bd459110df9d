"""Stop asking a provider that does not answer: candidates are told at once, and nobody waits for it."""

import threading
import time
from collections import deque
from collections.abc import Callable

MOST_FAILURES = 5
WITHIN_SECONDS = 30.0
OPEN_SECONDS = 30.0
clock: Callable[[], float] = time.monotonic


class Circuit:
    """Open after MOST_FAILURES within WITHIN_SECONDS; after OPEN_SECONDS one call at a time tries again.

    Each process keeps its own: it learns within seconds, and shares nothing that could be down as well.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: deque[float] = deque(maxlen=MOST_FAILURES)
        self._open_until: float | None = None

    @property
    def is_open(self) -> bool:
        """Say whether calls are refused now."""
        with self._lock:
            return self._open_until is not None and clock() < self._open_until

    def admit(self) -> bool:
        """Say whether a call may be made; of an open circuit whose time is over one call may."""
        with self._lock:
            if self._open_until is None:
                return True
            now = clock()
            if now < self._open_until:
                return False
            self._open_until = now + OPEN_SECONDS  # the others wait for what comes of this one
            return True

    def failed(self) -> None:
        """Count a call without an answer."""
        with self._lock:
            now = clock()
            self._failures.append(now)
            recent = len(self._failures) == MOST_FAILURES and now - self._failures[0] <= WITHIN_SECONDS
            if recent or self._open_until is not None:
                self._open_until = now + OPEN_SECONDS

    def worked(self) -> None:
        """Close: the provider answers."""
        with self._lock:
            self._failures.clear()
            self._open_until = None
