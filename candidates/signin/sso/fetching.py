"""Ask a provider over the network: never longer than SECONDS, never more than LARGEST bytes, never redirected."""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import HTTPError

SECONDS = 3.0
LARGEST = 512 * 1024  # the largest key set seen is 30 KB
CHUNK = 8 * 1024
# Calls of this process that may be on their way, given-up ones included: what hangs for ever must not grow for ever.
MOST_CALLS = 32

_calls = threading.BoundedSemaphore(MOST_CALLS)


class NoAnswer(Exception):
    """The provider did not answer in time, or not in a way that is an answer; the text says how, without secrets."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider sent back."""

    status: int
    content_type: str
    body: bytes


def fetch(
    method: str, url: str, *, data: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return the provider's answer.

    The call runs in a thread of its own, which is left behind after SECONDS: the timeouts of the network library bound
    the wait for the next byte, not for the whole answer, and looking up a name not at all (traps.md O6, C60).

    Raises NoAnswer.
    """
    if not _calls.acquire(blocking=False):
        raise NoAnswer("too many calls hang")
    call = _Call(method, url, dict(data or {}) or None, dict(headers or {}))
    try:
        call.start()
    except RuntimeError as error:  # no thread to be had
        _calls.release()
        raise NoAnswer("no thread") from error
    try:
        return call.answer.result(SECONDS)
    except TimeoutError as error:
        call.given_up = True
        raise NoAnswer("too slow") from error


class _Call(threading.Thread):
    """One call; a daemon, so that one that hangs does not keep the server from stopping."""

    def __init__(self, method: str, url: str, data: dict[str, str] | None, headers: dict[str, str]) -> None:
        super().__init__(daemon=True, name="sso-call")
        self.method, self.url, self.data = method, url, data
        # what is not compressed is not larger than it says
        self.headers = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        self.answer: Future[Answer] = Future()
        self.given_up = False

    def run(self) -> None:
        """Make the call and hand over what came of it."""
        try:
            self.answer.set_result(self._ask())
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # The class alone: messages of these errors carry addresses with their parameters.
            self.answer.set_exception(NoAnswer(type(error).__name__))
        except BaseException as error:  # whatever it is, it belongs to who waits for the answer
            self.answer.set_exception(error)
        finally:
            _calls.release()

    def _ask(self) -> Answer:
        until = time.monotonic() + SECONDS
        with (
            requests.Session() as session,
            session.request(
                self.method,
                self.url,
                data=self.data,
                headers=self.headers,
                timeout=SECONDS,
                allow_redirects=False,  # the client's secret goes to the address that discovery names, nowhere else
                stream=True,
                auth=_as_it_is,
            ) as response,
        ):
            body = bytearray()
            for chunk in response.iter_content(CHUNK):
                body += chunk
                if len(body) > LARGEST:
                    raise NoAnswer("too large")
                if self.given_up or time.monotonic() > until:
                    raise NoAnswer("too slow")
            return Answer(response.status_code, response.headers.get("Content-Type", "").casefold(), bytes(body))


def _as_it_is(request: Any) -> Any:
    """Keep a .netrc of the machine from changing who asks."""
    return request
