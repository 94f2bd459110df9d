"""The shipped nginx.conf in a real nginx: bodies are bounded, slow senders dropped, and a hall gets through."""

import asyncio
import json
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler
from itertools import islice
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

import aiohttp
import psutil
import pytest
import requests

from inspera_deliver.environment import BASE_DIR
from tests.support.nginx import Nginx, find

pytestmark = pytest.mark.skipif(find() is None, reason="this machine has no nginx")
MIB = 1024 * 1024
SECONDS = 60  # no bar: for a busy machine


class Stub(BaseHTTPRequestHandler):
    """Say what came of a request."""

    protocol_version = "HTTP/1.1"
    seen: list[str] = []

    def do_GET(self) -> None:
        self.rfile.read(length := int(self.headers.get("Content-Length", 0)))
        self.seen.append(self.path)
        said = json.dumps({"path": self.path, "length": length, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(said)
        self.close_connection = True

    do_POST = do_GET

    def log_message(self, *_arguments: object) -> None:
        pass

    def address_string(self) -> str:
        return ""


class StubServer(ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 2048


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Nginx]:
    """nginx with something behind it that answers everything."""
    proxy = Nginx(tmp_path)
    Stub.seen.clear()
    with StubServer(str(proxy.upstream), Stub) as stub:
        threading.Thread(target=stub.serve_forever, daemon=True).start()
        with proxy:
            yield proxy
        stub.shutdown()


@pytest.fixture
def held() -> Iterator[ExitStack]:
    """What is open until the test is over."""
    with ExitStack() as stack:
        yield stack


def connected(proxy: Nginx) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=proxy.certificate)
    raw = socket.create_connection(("127.0.0.1", proxy.port), timeout=SECONDS)
    return context.wrap_socket(raw, server_hostname="127.0.0.1")


def post(proxy: Nginx, path: str, size: int) -> requests.Response:
    kind = {"Content-Type": "application/octet-stream"}
    return requests.post(f"{proxy.address}{path}", b"x" * size, headers=kind, verify=proxy.certificate, timeout=SECONDS)


def test_nginx_understands_the_file(tmp_path: Path) -> None:
    done = subprocess.run(Nginx(tmp_path).command("-t"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


SIZES = [
    ("/login/", 64 * 1024),
    ("/login/?next=/deliver/", 64 * 1024),
    ("/logout/", MIB),
    ("/grade/tests/abc/0001/", MIB),
    ("/back-office/candidates/user/add/", MIB),
    ("/deliver/tests/abc/candidates/add/one-time/import/", 6 * MIB),
    ("/permanent-users/lists/", 6 * MIB),
    ("/permanent-users/import/abc/", 6 * MIB),
    ("/permanent-users/import/", 51 * MIB),
    ("/test/abc/start/", MIB),
]
LONG_ANSWERS = ["/test/abc/answer/", "/test/abc/submit/"]  # 7 MB pass, and more than 8 do not


@pytest.mark.slow
def test_each_address_takes_what_it_needs_and_says_what_is_too_large(proxy: Nginx, subtests: pytest.Subtests) -> None:
    tried = [(path, most, most + 1) for path, most in SIZES]
    tried += [(path, 7 * MIB, 8 * MIB + 1) for path in LONG_ANSWERS]
    for number, (path, passes, refused) in enumerate(tried, start=1):
        with subtests.test(path):
            taken = post(proxy, path, passes)
            assert (taken.status_code, taken.json()["length"]) == (200, passes)
            answer = post(proxy, path, refused)
            assert answer.status_code == 413
            assert "<h1>This is too large</h1>" in answer.text
            assert "what you typed is still there" in answer.text
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert (answer.headers["Cache-Control"], "Retry-After" in answer.headers) == ("no-store", False)
            assert len(Stub.seen) == number


def test_what_a_client_says_of_itself_does_not_reach_the_application(proxy: Nginx) -> None:
    forged = {
        "X-Forwarded-For": "198.51.100.1",
        "X-Forwarded-Proto": "http",
        "X-Request-ID": "planted-planted",
        "X-Forwarded-Host": "planted.example",
        "Forwarded": "for=198.51.100.1",
        "Host": "exams.example.org",
    }
    said = requests.get(f"{proxy.address}/", headers=forged, verify=proxy.certificate, timeout=SECONDS).json()[
        "headers"
    ]
    assert (said["X-Forwarded-For"], said["X-Forwarded-Proto"], said["Host"]) == (
        "127.0.0.1",
        "https",
        "exams.example.org",
    )
    assert "planted" not in json.dumps(said)
    assert "Forwarded" not in said


def test_scripts_that_are_named_by_their_content_come_from_the_disk_and_others_from_the_application(
    proxy: Nginx, tmp_path: Path
) -> None:
    files = tmp_path / "static files"
    (files / "candidates").mkdir(parents=True)
    for name in ("a.0123456789ab.js", "a.js"):
        (files / "candidates" / name).write_text("// from the disk")
    (tmp_path / "secret").write_text("secret")
    there = f'"{files}/$deliver_file"'
    text = (tmp_path / "deliver.conf").read_text()
    (tmp_path / "deliver.conf").write_text(text.replace(f"{BASE_DIR}/staticfiles/$deliver_file", there))
    proxy.restart()

    def get(name: str) -> requests.Response:
        return requests.get(f"{proxy.address}/static/candidates/{name}", verify=proxy.certificate, timeout=SECONDS)

    kept = get("a.0123456789ab.js")
    assert (kept.text, kept.headers["Content-Type"]) == ("// from the disk", "text/javascript")
    assert kept.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert kept.headers["X-Content-Type-Options"] == "nosniff"
    assert Stub.seen == []
    asked = ["a.js", "b.0123456789ab.js", "..%2f..%2fsecret.0123456789ab.js"]
    assert [get(name).json()["length"] for name in asked] == [0, 0, 0]
    assert len(Stub.seen) == 3


def test_an_application_that_is_away_is_said_in_a_sentence(tmp_path: Path) -> None:
    with Nginx(tmp_path) as proxy:
        answer = requests.get(f"{proxy.address}/login/", verify=proxy.certificate, timeout=SECONDS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (502, "5")
    assert "What was shown as saved stays saved." in answer.text


def memory_of(proxy: Nginx) -> int:
    main = psutil.Process(proxy.process.pid)
    return sum(process.memory_info().rss for process in [main, *main.children()])


@pytest.mark.slow
def test_sixty_slow_bodies_take_little_memory_and_are_dropped_while_others_are_served(
    proxy: Nginx, held: ExitStack
) -> None:
    size = int(5.8 * MIB)
    head = (
        f"POST /deliver/tests/abc/candidates/add/one-time/import/ HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
    )
    before = memory_of(proxy)
    slow = [held.enter_context(connected(proxy)) for _ in range(60)]

    def told(raw: ssl.SSLSocket) -> str:
        with suppress(OSError):  # reset while it was sending, or at last
            raw.sendall(head.encode() + b"x" * (size - 1))
        with suppress(OSError):
            return raw.recv(4096).decode().partition("\r\n")[0]
        return ""

    with ThreadPoolExecutor(60) as pool:
        asked = [pool.submit(told, raw) for raw in slow]
        refused = [one.result() for one in islice(as_completed(asked), 60 - 16)]
        for path, length in (("/test/abc/answer/", 30_000), ("/deliver/", 900_000), ("/login/", 200)):
            assert post(proxy, path, length).json()["length"] == length
        assert memory_of(proxy) - before < 60 * MIB
        assert sum(file.stat().st_size for file in proxy.bodies.rglob("*") if file.is_file()) <= 16 * size
    assert Counter(refused) == {"HTTP/1.1 503 Service Temporarily Unavailable": 60 - 16}
    assert Counter(one.result() for one in asked)[""] == 16
    assert Counter(Stub.seen) == Counter(["/test/abc/answer/", "/deliver/", "/login/"])
    assert not [file for file in proxy.bodies.rglob("*") if file.is_file()]
    assert (proxy.bodies / "nginx").stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_half_a_head_is_dropped_while_others_are_served(proxy: Nginx, held: ExitStack) -> None:
    slow = [held.enter_context(connected(proxy)) for _ in range(200)]
    for raw in slow:
        raw.sendall(b"GET /login/ HTTP/1.1\r\nX-Half: ")
    assert requests.get(f"{proxy.address}/login/", verify=proxy.certificate, timeout=SECONDS).status_code == 200
    assert [raw.recv(100) for raw in slow] == [b""] * len(slow)


def logins(proxy: Nginx, number: int) -> tuple[Counter[int], str]:
    """Send so many login forms, in a thread of its own: where a browser is driven, this one has an event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_logins(proxy, number))).result()


async def _logins(proxy: Nginx, number: int) -> tuple[Counter[int], str]:
    """Send so many login forms at once from one address; return how they were answered, and a page of the proxy."""
    context = ssl.create_default_context(cafile=proxy.certificate)
    told, page = Counter[int](), ""
    timeout = aiohttp.ClientTimeout(total=None, sock_read=5 * SECONDS)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=context), timeout=timeout) as session:

        async def one() -> None:
            nonlocal page
            async with session.post(f"{proxy.address}/login/", data={"username": "2b"}) as answer:
                told[answer.status] += 1
                if answer.status == 503:
                    page = answer.headers["Retry-After"] + await answer.text()

        await asyncio.gather(*(one() for _ in range(number)))
    return told, page


@pytest.mark.slow
def test_a_hall_of_1500_logs_in_from_one_address_within_a_minute(proxy: Nginx) -> None:
    began = time.monotonic()
    told, _page = logins(proxy, 1500)
    assert told == {200: 1500}
    assert time.monotonic() - began < 60  # what is promised


@pytest.mark.slow
def test_a_flood_of_logins_ends_at_the_proxy_with_a_sentence(proxy: Nginx) -> None:
    # 1500 wait for their turn: with room for three here, a dozen show what the others are told
    text = (proxy.folder / "deliver.conf").read_text()
    assert "burst=1500 delay=200;" in text
    (proxy.folder / "deliver.conf").write_text(
        text.replace("burst=1500 delay=200;", "burst=3 delay=1;").replace("rate=100r/s", "rate=1r/s")
    )
    proxy.restart()
    told, page = logins(proxy, 12)
    assert told[503] >= 7
    assert told[200] + told[503] == 12
    assert page.startswith("5<!doctype html>")
    assert "it was not your turn yet" in page
    assert requests.get(f"{proxy.address}/login/", verify=proxy.certificate, timeout=SECONDS).status_code == 200
