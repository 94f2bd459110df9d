"""Ask a provider over the network: never longer than SECONDS, never more than LARGEST bytes, never redirected."""

import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
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

    The call runs in a thread of its own, whose connection is cut after SECONDS: the timeouts of the network library
    bound the wait for the next byte, not for the whole answer, and looking up a name not at all (O6, C60).

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
        call.give_up()
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
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None

    def hold(self, connection: socket.socket) -> None:
        """Keep a hand on the connection that this call has opened, through TLS and all that comes upon it."""
        self._let_go()
        with self._lock:
            self._connection = connection.dup()
        if self.given_up:
            self._cut()

    def give_up(self) -> None:
        """Cut the connection: a provider that sends a byte now and then would keep this thread for hours."""
        self.given_up = True
        self._cut()

    def _cut(self) -> None:
        with self._lock, suppress(OSError):  # the other side was quicker
            if self._connection is not None:
                self._connection.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

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
            self._let_go()
            _calls.release()

    def _ask(self) -> Answer:
        with requests.Session() as session:
            for scheme in ("http://", "https://"):
                session.mount(scheme, _Adapter())
            return self._read(session)

    def _read(self, session: requests.Session) -> Answer:
        until = time.monotonic() + SECONDS
        with session.request(
            self.method,
            self.url,
            data=self.data,
            headers=self.headers,
            timeout=SECONDS,
            allow_redirects=False,  # the client's secret goes to the address that discovery names, nowhere else
            stream=True,
            auth=_as_it_is,
        ) as response:
            body = bytearray()
            for chunk in response.iter_content(CHUNK):
                body += chunk
                if len(body) > LARGEST:
                    raise NoAnswer("too large")
                if self.given_up or time.monotonic() > until:
                    raise NoAnswer("too slow")
            return Answer(response.status_code, response.headers.get("Content-Type", "").casefold(), bytes(body))


class _Held:
    """A connection that tells the call it is made for."""

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]  # of the class that this is mixed into
        call = threading.current_thread()
        if isinstance(call, _Call):
            call.hold(made)
        return made


class _HeldConnection(_Held, HTTPConnection):
    pass


class _HeldTlsConnection(_Held, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _HeldConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _HeldTlsConnection


class _Adapter(HTTPAdapter):
    """The library's own, with connections that can be cut; through a proxy too."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager


def _as_it_is(request: Any) -> Any:
    """Keep a .netrc of the machine from changing who asks."""
    return request
