"""A receiver of webhooks on this machine, which answers as a test wants it to."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Received:
    """One request that came."""

    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came so far, and how the next request is answered: with `status`, after `seconds`."""

    url: str
    came: list[Received] = field(default_factory=list)
    status: Callable[[Received], int] = lambda _received: 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    receiver = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received = Received(dict(self.headers), body)
            receiver.came.append(received)
            time.sleep(receiver.seconds)
            self.send_response(receiver.status(received))
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
