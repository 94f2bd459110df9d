"""One call of a provider: not more than some at a time, cut when it is given up, also through a proxy."""

import socket
import threading
from collections.abc import Iterator
from typing import NoReturn

import pytest

from candidates import fetching
from candidates.fetching import NoAnswer, fetch
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_server import Answer


@pytest.fixture
def one_call(monkeypatch: pytest.MonkeyPatch) -> threading.BoundedSemaphore:
    """One call may be on its way, no more."""
    only = threading.BoundedSemaphore(1)
    monkeypatch.setattr(fetching, "_calls", only)
    return only


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider("campus") as running:
        yield running


def test_while_as_many_calls_hang_as_may_no_other_is_made(
    one_call: threading.BoundedSemaphore, provider: ScriptedProvider
) -> None:
    one_call.acquire()
    with pytest.raises(NoAnswer, match="too many calls hang"):
        fetch("GET", f"{provider.issuer}/jwks")
    assert provider.seen == []
    one_call.release()
    assert fetch("GET", f"{provider.issuer}/jwks").status == 200


def test_a_machine_without_a_thread_to_spare_gives_no_answer_and_keeps_no_place(
    one_call: threading.BoundedSemaphore, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_call: object) -> NoReturn:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(fetching._Call, "start", no_thread)
        with pytest.raises(NoAnswer, match="no thread"):
            fetch("GET", f"{provider.issuer}/jwks")
    assert fetch("GET", f"{provider.issuer}/jwks").status == 200


def test_a_connection_that_is_made_after_its_call_was_given_up_is_cut_at_once() -> None:
    call = fetching._Call("GET", "http://provider.example/", None, {}, 1.0, None, fetching.Tls(), 1000)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        call.give_up()
        call.hold(ours)
        theirs.settimeout(10)
        assert theirs.recv(1) == b""
        call._let_go()


def test_an_answer_through_the_proxy_of_the_machine_is_an_answer(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", provider.issuer)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert fetch("GET", "http://login.provider.example/jwks").status == 200
    (call,) = provider.seen
    assert call.headers["Host"] == "login.provider.example"


def test_a_call_through_a_proxy_that_drips_is_cut_too(
    one_call: threading.BoundedSemaphore, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.4)
    monkeypatch.setenv("http_proxy", provider.issuer)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    provider.script.answers["jwks"] = Answer(manner="drip_body")
    with pytest.raises(NoAnswer, match="too slow"):
        fetch("GET", "http://login.provider.example/jwks")
    assert one_call.acquire(timeout=15)  # the thread has ended, long before the dripping would


@pytest.mark.parametrize("megabytes", [1, 50])
def test_an_answer_that_is_too_large_is_none(provider: ScriptedProvider, megabytes: int) -> None:
    provider.script.answers["jwks"] = Answer(manner="endless", megabytes=megabytes)
    with pytest.raises(NoAnswer, match="too large"):
        fetch("GET", f"{provider.issuer}/jwks")
