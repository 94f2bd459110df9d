"""A Ladok on this machine, for tests and for demonstrations: it wants a certificate, and misbehaves on order.

`python -m tests.support.ladok_server --port 8801` lets exams change while one looks, over plain HTTP on 127.0.0.1.
"""

import argparse
import json
import random
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

import trustme

from tests.support import ladok_answers as answers
from tests.support.ladok_answers import Registered, Room, Session, Student

CHANCES = "/resultat/aktivitetstillfallesmojlighet"
NEWER = f"{CHANCES}/aktivitetstillfallesmojlighet/filtrera/utananonymbehorighet"
EXAMS = "/resultat/aktivitetstillfalle"
APPLICATIONS = "/stod/ansokningar"
FEED = "/uppfoljning/feed/"
EVENTS_A_PAGE = 10
Manner = Literal["plain", "silent", "drip", "half", "closed", "endless"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and what a certificate said who asks."""

    path: str
    parameters: dict[str, str]
    accept: str


@dataclass(frozen=True, slots=True)
class Reply:
    """How one request is answered in the place of the right answer; `body` None keeps that one."""

    status: int = 200
    body: bytes | None = None
    manner: Manner = "plain"
    headers: tuple[tuple[str, str], ...] = ()


def nothing_special(_call: Call) -> Reply:
    """Let every request have its right answer."""
    return Reply()


def as_it_is(_call: Call, told: dict[str, Any]) -> Any:
    """Send what was to be sent."""
    return told


@dataclass(slots=True)
class Ladok:
    """What this Ladok knows, and how it misbehaves: `order` decides about the answer, `mangle` changes what it says."""

    sessions: dict[str, Session] = field(default_factory=dict)
    order: Callable[[Call], Reply] = nothing_special
    mangle: Callable[[Call, dict[str, Any]], Any] = as_it_is
    events: list[tuple[str, str, str]] = field(default_factory=list)  # id, time, XML; the oldest first
    paths: frozenset[str] = frozenset({f"{CHANCES}/filtrera"})
    is_public_shape: bool = False
    calls: list[Call] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)
    address: str = ""

    def add(self, session: Session) -> Session:
        """Take a session in."""
        self.sessions[session.key] = session
        return session

    def tell(self, kind: str, exam: str, student: str = "", *, at: datetime | None = None) -> None:
        """Write an event into the feed, its elements in no order that the schema knows."""
        key = answers.uid(f"event {len(self.events)} {kind} {exam}")
        element = answers.event(kind, exam, student, key)
        answers.schema("resultat").validate(element)
        element[:] = reversed(element)
        written = ElementTree.tostring(element, encoding="unicode")
        self.events.append((key, (at or datetime.now(UTC)).isoformat(timespec="milliseconds"), written))

    def content(self, call: Call) -> tuple[int, dict[str, Any] | str]:
        """Return status and content of the right answer."""
        with self.lock:
            if call.path.startswith(FEED):
                return self._feed(call.path.removeprefix(FEED))
            if call.path in self.paths:
                return self._lines(call, "SokresultatAktivitetstillfallesmojlighetResultat", answers.registration)
            if call.path == APPLICATIONS:
                return self._lines(call, "SokresultatAnsokan", answers.application)
            if call.path == f"{EXAMS}/filtrera":
                return self._search(call)
            session = self.sessions.get(call.path.removeprefix(f"{EXAMS}/"))
            if session is None:
                return 404, {"Meddelande": "finns inte"}
            return 200, self._shaped(answers.as_json(answers.session(session)))

    def _shaped(self, told: dict[str, Any]) -> dict[str, Any]:
        return answers.as_public_clients_read_it(told) if self.is_public_shape else told

    def _lines(
        self, call: Call, name: str, make: Callable[[Registered, Session], ElementTree.Element]
    ) -> tuple[int, dict[str, Any]]:
        session = self.sessions.get(call.parameters.get("aktivitetstillfalleUID", ""))
        if session is None:
            return 400, {"Meddelande": "aktivitetstillfalleUID"}
        people = [one for one in session.registered if make is answers.registration or one.student.measures]
        area = answers.SUPPORT if make is answers.application else answers.RESULT
        lines = [make(one, session) for one in people[_part(call)]]
        return 200, answers.as_json(answers.found(name, len(people), lines, area))

    def _search(self, call: Call) -> tuple[int, dict[str, Any]]:
        first, _, last = call.parameters.get("datumperiod", "").partition("_")
        fitting = [
            one
            for one in sorted(self.sessions.values(), key=lambda session: session.rooms[0].day)
            if not first or first <= one.rooms[0].day <= last
        ]
        lines = [answers.session(one, "Resultat") for one in fitting[_part(call)]]
        told = answers.as_json(answers.found("SokresultatAktivitetstillfalleResultat", len(fitting), lines))
        return 200, {**told, "Resultat": [self._shaped(one) for one in told.get("Resultat", [])]}

    def _feed(self, name: str) -> tuple[int, str]:
        newest = max(0, (len(self.events) - 1) // EVENTS_A_PAGE)
        if name != "recent" and not (name.isdecimal() and int(name) <= newest):
            return 404, ""
        number = newest if name == "recent" else int(name)
        links = {"self": name, "via": str(number)} | ({"prev-archive": str(number - 1)} if number else {})
        listed = self.events[number * EVENTS_A_PAGE : (number + 1) * EVENTS_A_PAGE]
        return 200, "".join(
            [
                '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">',
                f"<id>urn:id:{number}</id><updated>{listed[-1][1] if listed else '2026-01-01T00:00:00Z'}</updated>",
                *(f"<link rel='{rel}' href={quoteattr(self.address + FEED + to)}/>" for rel, to in links.items()),
                *(
                    f"<entry><id>{key}</id><updated>{at}</updated>"
                    f"<content type='application/vnd.ladok+xml'>{written}</content></entry>"
                    for key, at, written in reversed(listed)
                ),
                "</feed>",
            ]
        )


def _part(call: Call) -> slice:
    page, limit = int(call.parameters.get("page", "1")), int(call.parameters.get("limit", "25"))
    return slice((page - 1) * limit, page * limit)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, ladok: Ladok, port: int, context: ssl.SSLContext | None) -> None:
        self.ladok, self.context = ladok, context
        super().__init__(("127.0.0.1", port), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the thread of the connection, so that one that hangs keeps nobody waiting."""
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: callers who hang up are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        ladok = self.server.ladok
        parts = urlsplit(self.path)
        parameters = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        call = Call(parts.path, parameters, self.headers.get("Accept", ""))
        ladok.calls.append(call)
        self.close_connection = True
        reply = ladok.order(call)
        if reply.manner == "silent":
            ladok.over.wait(30)
        if reply.manner in {"silent", "closed"}:
            return
        status, body = reply.status, reply.body
        if body is None and status == 200:
            status, content = ladok.content(call)
            told = content if isinstance(content, str) else ladok.mangle(call, content)
            body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
        self._send(status, body or b"", reply)

    def _send(self, status: int, body: bytes, reply: Reply) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.manner != "endless":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if reply.manner == "endless":
            while not self.server.ladok.over.is_set():
                self.wfile.write(b" " * 65536)
        elif reply.manner == "half":
            self.wfile.write(body[: len(body) // 2])
        elif reply.manner == "drip":
            for one in body:
                self.wfile.write(bytes([one]))
                if self.server.ladok.over.wait(0.05):
                    return
        else:
            self.wfile.write(body)


@dataclass(frozen=True, slots=True)
class Authorities:
    """Who signs what: the server's certificate, our own, and that of somebody whom Ladok does not know."""

    server: trustme.CA = field(default_factory=trustme.CA)
    clients: trustme.CA = field(default_factory=trustme.CA)
    stranger: trustme.CA = field(default_factory=trustme.CA)

    def context(self, *, until: datetime | None = None) -> ssl.SSLContext:
        """Return how the server shakes hands: it shows its certificate and wants one of `clients`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.issue_cert("127.0.0.1", not_after=until).configure_cert(context)
        self.clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


@contextmanager
def served(ladok: Ladok, *, port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[Ladok]:
    """Serve a Ladok on 127.0.0.1, at the address that it then has."""
    with _Server(ladok, port, context) as server:
        ladok.address = f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield ladok
        finally:
            ladok.over.set()
            server.shutdown()
            thread.join()


FIRST = ("Astrid", "Björn", "Elsa", "Erik", "Freja", "Gustav", "Ingrid", "Karin", "Lars", "Maja", "Nils", "Signe")
LAST = ("Ahlgren", "Berglund", "Dahl", "Ek", "Forsberg", "Hedlund", "Lind", "Nyström", "Sandberg", "Åkesson")
MEASURES: tuple[tuple[str, bool | None], ...] = (("Förlängd skrivtid", True), ("Enskilt rum", True))


def seeded(chance: random.Random, *, known: Sequence[Student] = (), people: int = 24) -> Ladok:
    """Return a Ladok with two exams in the coming days, whose first people are those who can log in."""
    ladok = Ladok()
    strangers = [Student(first, last) for last in LAST for first in FIRST]
    chance.shuffle(strangers)
    for number, (code, title, english) in enumerate(
        (("1BI200", "Tentamen, cellbiologi", "Cell biology"), ("1MA017", "Tentamen, flervariabelanalys", "Calculus"))
    ):
        day = (datetime.now(UTC).date() + timedelta(days=1 + number)).isoformat()
        rooms = (Room("Bergsbrunnagatan 15, sal 1", day=day), Room("Bergsbrunnagatan 15, sal 2", day=day))
        session = ladok.add(Session(title, english, code, rooms, is_anonymous=not number))
        chosen = [*known, *strangers[number * 30 : number * 30 + people]][:people]
        for place, student in enumerate(chosen):
            measures = MEASURES[:1] if place % 8 == 3 else MEASURES[1:] if place % 8 == 7 else ()
            person = Student(student.first, student.last, student.key, "", measures)
            register(ladok, session, person, code=f"{code}-{place + 1:04}", room=place % 2)
    return ladok


def register(ladok: Ladok, session: Session, student: Student, *, code: str, room: int = 0) -> None:
    """Register somebody, and tell it in the feed."""
    at = datetime.now(ZoneInfo("Europe/Stockholm")).replace(microsecond=0, tzinfo=None).isoformat()
    with ladok.lock:
        session.registered.append(Registered(student, code if session.is_anonymous else "", room, at))
        ladok.tell("AnmalanPaAktivitetstillfalleEvent", session.key, student.key)


def withdraw(ladok: Ladok, session: Session, place: int) -> Student:
    """Take a registration back, and tell it in the feed."""
    with ladok.lock:
        gone = session.registered.pop(place).student
        ladok.tell("AvanmalanPaAktivitetstillfalleEvent", session.key, gone.key)
    return gone


def change_something(ladok: Ladok, chance: random.Random, turn: int) -> str:
    """Let somebody join, leave, get extra time or change the room, in turn; return it in a sentence."""
    session = chance.choice(list(ladok.sessions.values()))
    with ladok.lock:
        place = chance.randrange(len(session.registered) // 2, len(session.registered))
        one = session.registered[place]
        match turn % 4:
            case 0:
                new = Student(chance.choice(FIRST), chance.choice(LAST), answers.uid(f"newcomer {turn}"))
                register(ladok, session, new, code=f"{session.code}-{9000 + turn}")
                return f"{session.code}: {new.first} {new.last} joins"
            case 1:
                gone = withdraw(ladok, session, place)
                return f"{session.code}: {gone.first} {gone.last} leaves"
            case 2:
                student = Student(one.student.first, one.student.last, one.student.key, "", MEASURES[:1])
                session.change(place, student=student)
                word = "gets extra time"
            case _:
                session.change(place, room=1 - one.room)
                word = "goes to the other room"
        ladok.tell("AktivitetstillfalleAktiveratEvent", session.key)
        return f"{session.code}: {one.student.first} {one.student.last} {word}"


def main() -> None:
    """Serve a Ladok whose exams change every so many seconds, until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.ladok_server", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8801)
    parser.add_argument("--seconds", type=float, default=20, help="between two changes; 0 lets nothing change")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--known", action="append", default=[], help="UID:First Last of somebody who can log in")
    chosen = parser.parse_args()
    known = []
    for text in chosen.known:
        key, _, name = text.partition(":")
        first, _, last = name.partition(" ")
        known.append(Student(first, last, key))
    chance = random.Random(chosen.seed)
    with served(seeded(chance, known=known), port=chosen.port) as ladok:
        print(f"Ladok for demonstrations: {ladok.address}", flush=True)
        print(f"Support measures: {ladok.address}{APPLICATIONS}?aktivitetstillfalleUID={{exam}}", flush=True)
        turn = 0
        while not ladok.over.wait(chosen.seconds or 3600):
            if chosen.seconds:
                print(change_something(ladok, chance, turn), flush=True)
                turn += 1


if __name__ == "__main__":
    main()
