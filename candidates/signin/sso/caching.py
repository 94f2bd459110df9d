"""Keep what was fetched from a provider, and stop asking one that does not answer."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from candidates.signin.sso.refusals import SsoRefused, Why

logger = logging.getLogger(__name__)
T = TypeVar("T")
clock: Callable[[], float] = time.monotonic
WAIT_SECONDS = 0.3  # for another thread that fetches the same; a healthy provider is quicker
# After a failure the stale value is used for so long before the next fetch: five failures open the circuit in time.
RETRY_SECONDS = 3.0


class CachedFetch(Generic[T]):
    """A fetched value and when it was fetched; one thread at a time fetches it again."""

    def __init__(self, name: str, read: Callable[[], T]) -> None:
        self._name, self._read = name, read
        self._lock = threading.Lock()
        self._kept: tuple[T, float] | None = None
        self._failed: tuple[SsoRefused, float] | None = None

    def get(self, *, at_most_old: float, patience: float = WAIT_SECONDS) -> T:
        """Return the cached value, fetched again where it is older than so many seconds.

        Where fetching fails, the stale value is used for RETRY_SECONDS: a provider rarely changes its addresses or keys
        while it is down. Raises SsoRefused where there is no value: BUSY while another thread fetches it.
        """
        kept = self._kept
        if kept is not None and self._is_good_enough(kept, at_most_old):
            return kept[0]
        came = clock()
        # Threads that wait for a provider that hangs would be missing for local logins.
        if not self._lock.acquire(timeout=patience):
            if kept is None:
                raise SsoRefused(Why.BUSY, self._name)
            return kept[0]
        try:
            return self._get_locked(came, at_most_old)
        finally:
            self._lock.release()

    def _is_good_enough(self, kept: tuple[T, float], at_most_old: float) -> bool:
        """Say whether a cached value may be used: it is new enough, or fetching failed a moment ago."""
        now = clock()
        failed = self._failed
        just_failed = failed is not None and failed[1] > kept[1] and now - failed[1] <= RETRY_SECONDS
        return now - kept[1] <= at_most_old or just_failed

    def _get_locked(self, came: float, at_most_old: float) -> T:
        kept = self._kept
        if kept is not None and (kept[1] > came or self._is_good_enough(kept, at_most_old)):
            return kept[0]
        if self._failed is not None and self._failed[1] > came and kept is None:
            raise SsoRefused(self._failed[0].why, self._failed[0].about)  # of the fetch that this thread waited for
        return self._fetched(kept[0] if kept is not None else None)

    def refetch(self) -> T:
        """Fetch the value now. Raises SsoRefused where the provider does not answer."""
        with self._lock:
            return self._fetch()

    def _fetch(self) -> T:
        try:
            value = self._read()
        except SsoRefused as refused:
            self._failed = (refused, clock())
            raise
        self._kept = (value, clock())
        return value

    def _fetched(self, before: T | None) -> T:
        try:
            return self._fetch()
        except SsoRefused as refused:
            if before is None:
                raise
            logger.warning("%s could not be fetched again (%s); what was fetched before stays", self._name, refused)
            return before


MAX_FAILURES = 5
WITHIN_SECONDS = 30.0
OPEN_SECONDS = 30.0


class CircuitBreaker:
    """Opens after MAX_FAILURES within WITHIN_SECONDS; after OPEN_SECONDS one call at a time tries again.

    Each process has its own: it learns within seconds, and needs no shared store that could be down too.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: deque[float] = deque(maxlen=MAX_FAILURES)
        self._open_until: float | None = None

    @property
    def is_open(self) -> bool:
        with self._lock:
            return self._open_until is not None and clock() < self._open_until

    def admit(self) -> bool:
        """Say whether a call may be made; after OPEN_SECONDS an open circuit admits one."""
        with self._lock:
            if self._open_until is None:
                return True
            now = clock()
            if now < self._open_until:
                return False
            self._open_until = now + OPEN_SECONDS  # the others wait for the result of this one
            return True

    def failed(self) -> None:
        """Count a failed call."""
        with self._lock:
            now = clock()
            self._failures.append(now)
            recent = len(self._failures) == MAX_FAILURES and now - self._failures[0] <= WITHIN_SECONDS
            if recent or self._open_until is not None:
                self._open_until = now + OPEN_SECONDS

    def worked(self) -> None:
        """Close the circuit: the provider answers."""
        with self._lock:
            self._failures.clear()
            self._open_until = None
