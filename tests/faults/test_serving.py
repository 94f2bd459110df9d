"""Sockets that send half of something stop nobody else, and gunicorn's own log says nothing of what was sent."""

import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from inspera_deliver.serving import MAX_HEAD_BYTES, SMALL_BODY, Arrived, Lane, Worker, arrived
from tests.storm.installation import SERVER
from tests.support.production_server import ProductionServer

ONE_PROCESS = SERVER.replace("--workers 4", "--workers 1").split()
SECONDS = 20  # no bar: who waits for a thread that is held waits without an end

HEAD = b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HALF_SENT = {
    "nothing": b"",
    "half a line": b"GET /logi",
    "half a head": HEAD + b"X-Half: ",
    "half a form": HEAD + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\nusername=",
    "half a large body": HEAD + b"Content-Length: 5000000\r\n\r\n" + b"x" * 100_000,
    "half a body in parts": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "half a request behind a whole one": b"GET /health/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /logi",
    "a head without an end": b"GET / HTTP/1.1\r\n" + b"X-Long: x\r\n" * 7000,
}


@pytest.fixture(scope="module")
def started(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ProductionServer, Path]]:
    """One server for all that is sent to it: nothing of one test holds up another, which is what they show."""
    log = tmp_path_factory.mktemp("serving") / "log"
    with (
        django_db_blocker.unblock(),
        ProductionServer(*ONE_PROCESS, "--capture-output", "--error-logfile", str(log)) as running,
    ):
        yield running, log


@pytest.fixture
def server(transactional_db: None, started: tuple[ProductionServer, Path]) -> tuple[ProductionServer, Path]:
    return started


def connected(running: ProductionServer) -> socket.socket:
    host, _, port = running.address.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)


def told(running: ProductionServer, sent: bytes) -> bytes:
    """Return what the server answers before it closes."""
    with connected(running) as raw:
        raw.sendall(sent)
        parts = []
        while part := raw.recv(65536):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.slow
def test_as_many_half_sent_requests_as_anybody_likes_stop_no_other(server: tuple[ProductionServer, Path]) -> None:
    running, _log = server
    with ExitStack() as held:
        for sent in HALF_SENT.values():
            for _ in range(16):  # twice as many of each as there are threads
                held.enter_context(raw := connected(running))
                raw.sendall(sent)
        for _ in range(12):
            assert requests.get(f"{running.address}/login/", timeout=SECONDS).status_code == 200
        answer = requests.post(f"{running.address}/login/", {"username": "2b-knkk"}, timeout=SECONDS)
        assert answer.status_code == 403  # no cookie; the form was read


def test_a_flood_of_logins_has_a_lane_of_its_own() -> None:
    class Conn:
        lane = None

        def __init__(self, sent: bytes) -> None:
            self.sent = sent

    given: list[bytes] = []

    def submit(_handle: object, conn: Conn) -> Future[bool]:
        given.append(conn.sent)
        return Future()

    worker = Worker.__new__(Worker)
    worker.large, worker.logins = Lane(1), Lane(2)
    worker.tpool = SimpleNamespace(submit=submit)
    login, save = b"POST /login/ HTTP/1.1\r\n\r\n", b"POST /test/abc/answer/ HTTP/1.1\r\n\r\n"
    for sent in (login, login, b"POST /login/?next=/ HTTP/1.1\r\n\r\n", save, b"GET /login/ HTTP/1.1\r\n\r\n"):
        worker._give_away(Conn(sent), Arrived.WHOLE)
    assert given == [login, login, save, b"GET /login/ HTTP/1.1\r\n\r\n"]
    assert [conn.sent for conn in worker.logins.waiting] == [b"POST /login/?next=/ HTTP/1.1\r\n\r\n"]


@pytest.mark.slow
@pytest.mark.pages  # no database has a part in it
def test_who_does_not_come_to_an_end_is_closed_on(server: tuple[ProductionServer, Path]) -> None:
    running, _log = server
    with ExitStack() as held:
        opened = {}
        for name in ("nothing", "half a head", "half a form"):
            held.enter_context(raw := connected(running))
            raw.sendall(HALF_SENT[name])
            opened[name] = raw
        assert {name: raw.recv(100) for name, raw in opened.items()} == dict.fromkeys(opened, b"")


def test_a_request_that_comes_in_pieces_is_answered(server: tuple[ProductionServer, Path]) -> None:
    running, _log = server
    page = b"GET /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    with connected(running) as raw:
        for piece in (page[:20], page[20:], b"\r", b"\n" + page + b"\r\n" + page + b"Connection: close\r\n\r\n"):
            raw.sendall(piece)
        parts = []
        while part := raw.recv(65536):
            parts.append(part)
    assert b"".join(parts).count(b"HTTP/1.1 200 OK") == 3


def test_bodies_of_every_size_arrive(server: tuple[ProductionServer, Path]) -> None:
    running, _log = server
    browser = requests.Session()
    browser.get(f"{running.address}/login/", timeout=SECONDS)
    token = browser.cookies["csrftoken"]
    for size in (0, 1, SMALL_BODY - 200, SMALL_BODY, SMALL_BODY + 1, 3_000_000):
        data = {"csrfmiddlewaretoken": token, "username": "x" * size, "password": "y"}
        assert browser.post(f"{running.address}/login/", data, timeout=SECONDS).status_code == 422, size


def test_what_gunicorn_refuses_is_a_line_without_what_was_sent(server: tuple[ProductionServer, Path]) -> None:
    running, log = server
    for sent in (
        b"GET /login/?planted HTTP/1.1 planted\r\n\r\n",
        b"GET /login/?planted\xff HTTP/1.1\r\n\r\n",
        b"GET /login/?planted HTTP/9.9\r\n\r\n",
        b"GET /login/?planted" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"planted /login/?planted HTTP/1.1\r\n\r\n",
        b"GET /login/?planted HTTP/1.1\r\nHost: 127.0.0.1\r\nplanted\r\n\r\n",
        b"GET /login/?planted HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: planted\x00\r\n\r\n",
        b"GET /login/?planted HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"planted" * 2000 + b"\r\n\r\n",
        b"GET /login/?planted HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: planted\r\n\r\n",
        b"POST /login/?planted HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: planted\r\n\r\n",
        b"POST /login/?planted HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nplanted\r\n",
        b"POST /login/?planted HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain; x*=planted''a\r\n"
        b"Connection: close\r\n\r\n",
        b"POST /login/?planted HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain; charset=zlib\r\n"
        b"Connection: close\r\n\r\n",
    ):
        assert b"HTTP/1.1 4" in told(running, sent) or b"HTTP/1.1 5" in told(running, sent), sent[:80]
    said = log.read_text()
    assert "Invalid request: InvalidRequestLine" in said
    assert not [line for line in said.splitlines() if "planted" in line.casefold() or "Traceback" in line]
    assert "127.0.0.1:" not in said.partition("Booting worker")[2]
    assert "ip=" not in said


@pytest.mark.parametrize(
    ("sent", "there"),
    [
        (b"", Arrived.NOT_ENOUGH),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", Arrived.NOT_ENOUGH),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Arrived.WHOLE),
        (b"POST / HTTP/1.1\r\ncontent-LENGTH:  3 \r\n\r\nab", Arrived.NOT_ENOUGH),
        (b"POST / HTTP/1.1\r\ncontent-LENGTH:  3 \r\n\r\nabc", Arrived.WHOLE),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\nabc" % SMALL_BODY, Arrived.NOT_ENOUGH),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\nabc" % (SMALL_BODY + 1), Arrived.HEAD),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", Arrived.HEAD),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", Arrived.HEAD),
        (b"GET / HTTP/1.1\r\n" + b"x" * MAX_HEAD_BYTES, Arrived.HEAD),
    ],
)
def test_how_much_of_a_request_is_there(sent: bytes, there: Arrived) -> None:
    assert arrived(sent) is there
