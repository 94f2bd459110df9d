"""What was fetched from a provider is kept, and one thread at a time fetches it again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from candidates.signin.sso import caching
from candidates.signin.sso.caching import CachedFetch
from candidates.signin.sso.refusals import SsoRefused, Why


def test_who_waited_for_a_first_fetch_that_failed_learns_why_and_does_not_ask_the_provider_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def fails() -> str:
        asked.append(1)
        raise SsoRefused(Why.NO_ANSWER, "too slow")

    came = threading.Event()

    def clock() -> float:
        came.set()
        return time.monotonic()

    fetched = CachedFetch("keys", fails)
    monkeypatch.setattr(caching, "clock", clock)
    with ThreadPoolExecutor(1) as pool:
        with fetched._lock:  # as the thread holds it that fetches
            waiting = pool.submit(fetched.get, at_most_old=60, patience=30)
            assert came.wait(30)
            with pytest.raises(SsoRefused):
                fetched._fetch()
        with pytest.raises(SsoRefused, match="too slow") as refused:
            waiting.result(30)
    assert refused.value.why == Why.NO_ANSWER
    assert asked == [1]


def test_who_finds_nothing_and_another_who_fetches_it_is_told_that_it_is_busy() -> None:
    fetched = CachedFetch("keys", lambda: "the keys")
    with fetched._lock, pytest.raises(SsoRefused) as refused:
        fetched.get(at_most_old=60, patience=0.01)
    assert refused.value.why == Why.BUSY
    assert fetched.get(at_most_old=60) == "the keys"
    with fetched._lock:
        assert fetched.get(at_most_old=-1, patience=0.01) == "the keys"  # too old, and better than none
