"""Ask another machine over the network: for some seconds at most, for some bytes at most, and without redirects."""

import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

SECONDS = 3.0
MAX_ANSWER_BYTES = 512 * 1024  # the largest key set seen is 30 KB
CHUNK = 8 * 1024
# Calls of this process in flight, abandoned ones included: those that hang must not pile up.
MAX_CALLS = 32

# Addresses of one name that are tried one after the other.
MAX_ADDRESSES = 4

GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
CARRIES_IPV4 = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))  # 6to4 and Teredo: the inner address decides
OF_A_CLOUD = frozenset({IPv4Address("168.63.129.16")})  # public by its number, and a cloud's inner service

_calls = threading.BoundedSemaphore(MAX_CALLS)


class NoAnswer(Exception):
    """The other side did not answer in time, or not in a usable way; the text says how, without secrets."""


class NotReached(NoAnswer):
    """The name leads to an address that may not be reached; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` are by lower-case name."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tls:
    """How both sides of a connection prove who they are, as paths of PEM files; "" is what the machine trusts."""

    certificate: str = ""
    key: str = ""
    ca: str = ""


def fetch(
    method: str,
    url: str,
    *,
    data: Mapping[str, str] | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float | None = None,
    may_reach: Callable[[str], bool] | None = None,
    tls: Tls | None = None,
    max_bytes: int = MAX_ANSWER_BYTES,
) -> Answer:
    """Return the answer, of `max_bytes` at most.

    The call runs in a thread of its own, whose connection is cut after `seconds` (SECONDS). The timeouts of the network
    library limit the wait for the next byte, but neither the whole answer nor the DNS lookup (O6, C60).

    `may_reach` is asked about every address that the name of the host leads to; the connection is then made to one of
    these, without another lookup, which could lead elsewhere, and never through a proxy, which would look up itself.

    Raises NoAnswer, NotReached where one of the addresses may not be reached.
    """
    if not _calls.acquire(blocking=False):
        raise NoAnswer("too many calls hang")
    limit = SECONDS if seconds is None else seconds
    call = _Call(method, url, data or None, dict(headers or {}), limit, may_reach, tls or Tls(), max_bytes)
    try:
        call.start()
    except RuntimeError as error:  # no thread to be had
        _calls.release()
        raise NoAnswer("no thread") from error
    try:
        return call.answer.result(limit)
    except TimeoutError as error:
        call.give_up()
        raise NoAnswer("too slow") from error


class _Call(threading.Thread):
    """One call in a daemon thread, so that a call that hangs does not keep the server from stopping."""

    def __init__(
        self,
        method: str,
        url: str,
        data: Mapping[str, str] | bytes | None,
        headers: dict[str, str],
        seconds: float,
        may_reach: Callable[[str], bool] | None,
        tls: Tls,
        max_bytes: int,
    ) -> None:
        super().__init__(daemon=True, name="call")
        self.method, self.url, self.data = method, url, data
        self.seconds, self.may_reach = seconds, may_reach
        self.tls, self.max_bytes = tls, max_bytes
        # uncompressed, so that the answer is no larger than it says
        self.headers = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        self.answer: Future[Answer] = Future()
        self.given_up = False
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None

    def hold(self, connection: socket.socket) -> None:
        """Keep a duplicate of the connection's socket, by which the call can be cut whatever wraps the socket later."""
        self._let_go()
        with self._lock:
            self._connection = connection.dup()
        if self.given_up:
            self._cut()

    def give_up(self) -> None:
        """Cut the connection: a server that sends a byte now and then would keep this thread for hours."""
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
        """Make the call, and set its answer or exception."""
        try:
            self.answer.set_result(self._ask())
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # The class alone: messages of these errors carry addresses with their parameters.
            self.answer.set_exception(NoAnswer(type(error).__name__))
        except BaseException as error:  # raised again in the thread that waits for the answer
            self.answer.set_exception(error)
        finally:
            self._let_go()
            _calls.release()

    def _ask(self) -> Answer:
        with requests.Session() as session:
            session.trust_env = self.may_reach is None
            for scheme in ("http://", "https://"):
                session.mount(scheme, _Adapter())
            return self._read(session)

    def _read(self, session: requests.Session) -> Answer:
        with session.request(
            self.method,
            self.url,
            data=self.data,
            headers=self.headers,
            timeout=self.seconds,
            allow_redirects=False,  # what is sent goes to the address that was named, nowhere else
            stream=True,
            auth=_as_it_is,
            cert=(self.tls.certificate, self.tls.key) if self.tls.certificate else None,
            # None leaves it to the machine's own settings; True would take them away
            verify=self.tls.ca or None,
        ) as response:
            body = bytearray()
            for chunk in response.iter_content(CHUNK):
                body += chunk
                if len(body) > self.max_bytes:
                    raise NoAnswer("too large")
            named = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, named.get("content-type", "").casefold(), bytes(body), named)


class _Held:
    """A connection that hands its socket to the call that opens it, and goes where the call may go alone."""

    def _new_conn(self) -> socket.socket:
        call = cast(_Call, threading.current_thread())  # only a call's own thread opens one
        made = self._connect_to_allowed(call.may_reach) if call.may_reach else self._connect()
        call.hold(made)
        return made

    def _connect(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]  # of the class that this is mixed into
        return made

    def _connect_to_allowed(self, may_reach: Callable[[str], bool]) -> socket.socket:
        """Look the name up once, and connect to what was looked up; TLS goes on checking the name."""
        connection = cast(HTTPConnection, self)
        name = connection._dns_host
        found = socket.getaddrinfo(name, connection.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses or not all(may_reach(address) for address in addresses):
            raise NotReached("address not allowed")
        failed: Exception = NoAnswer("no address")
        for address in addresses[:MAX_ADDRESSES]:
            connection._dns_host = address
            try:
                return self._connect()
            except (HTTPError, OSError) as error:
                failed = error
            finally:
                connection._dns_host = name
        raise failed


class _HeldConnection(_Held, HTTPConnection):
    pass


class _HeldTlsConnection(_Held, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _HeldConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _HeldTlsConnection


class _Adapter(HTTPAdapter):
    """The library's adapter with connections that can be cut, also through a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager


def _as_it_is(request: Any) -> Any:
    """Return the request unchanged, so that no .netrc of the machine adds credentials."""
    return request


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the Internet, and not of this network or this machine."""
    found = real_address(address)
    if isinstance(found, IPv6Address):
        if found not in GLOBAL_UNICAST or any(found in network for network in CARRIES_IPV4):
            return False
    elif found in OF_A_CLOUD:
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def real_address(address: str) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that a translator or the system itself would connect to, else the address."""
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return found.ipv4_mapped
        if found in NAT64:
            return IPv4Address(int(found) & 0xFFFFFFFF)
    return found
