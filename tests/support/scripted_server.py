"""The HTTP side of a scripted OpenID provider: it answers slowly, endlessly or not at all where a test wants it so."""

import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Protocol
from urllib.parse import parse_qs, urlsplit

Endpoint = Literal["metadata", "jwks", "authorize", "token", "userinfo", "end_session"]
PATHS: dict[str, Endpoint] = {
    "/.well-known/openid-configuration": "metadata",
    "/jwks": "jwks",
    "/authorize": "authorize",
    "/token": "token",
    "/userinfo": "userinfo",
    "/end_session": "end_session",
}
ENDPOINTS: list[Endpoint] = ["metadata", "jwks", "token", "userinfo"]  # those that we ask ourselves
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """How one endpoint answers in the place of its own answer; `body` None keeps the own one.

    Manners: "drip_headers" and "drip_body" send a byte at a time for ever, "silent" takes the call and says nothing,
    "closed" hangs up, "endless" sends `megabytes` of blanks around the body.
    """

    status: int = 200
    body: bytes | None = None
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    manner: Literal["plain", "drip_headers", "drip_body", "silent", "closed", "endless"] = "plain"
    seconds_a_byte: float = 0.05
    megabytes: int = 50


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an endpoint."""

    endpoint: str
    method: str
    headers: Mapping[str, str]
    form: Mapping[str, str]


class Provider(Protocol):
    """What the server asks and tells the provider it stands for."""

    lock: threading.Lock
    over: threading.Event
    calls: Counter[str]
    seen: list[Call]
    bytes_sent: int

    def order(self, endpoint: str) -> Answer:
        """Return how an endpoint has to answer."""

    def answer(self, call: Call) -> tuple[int, Any]:
        """Return status and content of an endpoint's own answer."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a thread that keeps somebody waiting ends with its provider's `over`
    request_queue_size = 128

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: callers who hang up are what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._take(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._take(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def _take(self, written: str) -> None:
        provider = self.server.provider
        endpoint = PATHS.get(urlsplit(self.path).path, self.path)
        form = {name: values[0] for name, values in parse_qs(written, keep_blank_values=True).items()}
        call = Call(endpoint, self.command, dict(self.headers), form)
        with provider.lock:
            provider.calls[endpoint] += 1
            provider.seen.append(call)
        self.close_connection = True
        order = provider.order(endpoint)
        over = provider.over
        if order.manner == "silent":
            over.wait(60)
        if order.manner in {"silent", "closed"}:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, content = provider.answer(call) if order.body is None else (order.status, order.body)
        for part, pause in self._parts(order, *self._head_and_body(order, status, content)):
            self.wfile.write(part)
            provider.bytes_sent += len(part)
            if pause and over.wait(pause):
                return

    @staticmethod
    def _head_and_body(order: Answer, status: int, content: Any) -> tuple[bytes, bytes]:
        headers = list(order.headers)
        status = order.status if order.status != 200 else status
        if status == 302 and isinstance(content, str):
            headers.append(("Location", content))
            content = b""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        more = order.megabytes * MIB if order.manner == "endless" else 0
        headers += [("Content-Type", order.content_type), ("Content-Length", str(len(body) + more))]
        head = f"HTTP/1.1 {status} So\r\nConnection: close\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers)
        return head.encode("latin-1") + b"\r\n", body

    @staticmethod
    def _parts(order: Answer, head: bytes, body: bytes) -> Iterator[tuple[bytes, float]]:
        """Yield what is sent, and how many seconds to wait after each part."""
        match order.manner:
            case "drip_headers":
                yield from ((b"%c" % byte, order.seconds_a_byte) for byte in head + body)
            case "drip_body":
                yield head, 0
                yield from ((b"%c" % byte, order.seconds_a_byte) for byte in body)
            case "endless":
                yield head, 0
                yield from ((b" " * MIB, 0) for _turn in range(order.megabytes))
                yield body, 0
            case _:
                yield head + body, 0
