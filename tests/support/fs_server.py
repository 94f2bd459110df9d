"""An FS on this machine, for tests and for demonstrations: it executes queries by a schema, and misbehaves on order.

`python -m tests.support.fs_server --port 8802` lets exams change while one looks, over plain HTTP on 127.0.0.1.
"""

import argparse
import base64
import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from graphql import GraphQLError, GraphQLSchema, build_schema, graphql_sync

OSLO = ZoneInfo("Europe/Oslo")
SCHEMA = Path(__file__).with_name("fs_schema.graphql").read_text(encoding="utf-8")
API_KEY, USER, PASSWORD, ORGANISATION = "9a1-key-of-the-tests", "havnes", "kystvei 7", "0192"
Manner = Literal["plain", "silent", "drip", "half", "closed", "endless"]


@dataclass(slots=True)
class Student:
    """Somebody who is registered; `granted` None is an application that nobody has decided yet."""

    number: str
    first: str
    last: str
    feide: str | None
    candidate: str | None = None
    extra: str | None = None
    granted: bool | None = True
    room: tuple[str, str] | None = None  # building, room
    registration: str = ""


@dataclass(slots=True)
class Unit:
    """One exam (vurderingsenhet); its times are those of clocks in Norway. `counted` None counts who is there."""

    key: str
    code: str
    name: str
    opens: datetime
    ends: datetime
    term: tuple[int, str]
    students: list[Student] = field(default_factory=list)
    version: str = "1"
    status: str = "ORDINAER"
    counted: int | None = None
    told: Mapping[str, Any] = field(default_factory=dict)  # what its answer says instead

    def registration(self, student: Student) -> str:
        return student.registration or f"{self.key}-{student.number}"

    def as_answer(self) -> dict[str, Any]:
        """Return the exam as a resolver gives it out."""
        opens, ends = (one.replace(tzinfo=OSLO) for one in (self.opens, self.ends))
        return {
            "__typename": "Vurderingsenhet",
            "id": self.key,
            "emne": {
                "id": self.code,
                "kode": self.code,
                "versjonskode": self.version,
                "navnAlleSprak": {"nb": self.name},
            },
            "vurderingsoppbygningsdel": {"id": "part", "kode": None},
            "vurderingsstatus": self.status,
            "vurderingsvarighet": {
                "eksamensdatoer": {
                    "startDato": self.opens.date().isoformat(),
                    "sluttDato": self.ends.date().isoformat(),
                },
                "startklokkeslett": self.opens.time().isoformat(),
                "innleveringsfrist": {
                    "dato": self.ends.date().isoformat(),
                    "klokkeslett": self.ends.time().isoformat(),
                },
                "beregnetStartTidspunkt": opens.isoformat(),
                "beregnetSluttTidspunkt": ends.isoformat(),
            },
            "trekkfrist": None,
            "antallKandidater": len(self.students) if self.counted is None else self.counted,
            "vurderingsmeldinger": [self._registered(one) for one in self.students],
            **self.told,
        }

    def _registered(self, one: Student) -> dict[str, Any]:
        registration = {"__typename": "Vurderingsmelding", "id": self.registration(one), "emne": {"id": self.code}}
        # of another exam of the same person, which says nothing about this one
        applied = [{"id": "a0", "vurderingsmelding": {"id": "elsewhere"}, "innvilget": True, "ekstratid": "PT3H"}]
        if one.extra or one.room:
            place = one.room and {
                "id": "room",
                "kode": "R1",
                "navn": {"und": one.room[1]},
                "bygning": {"id": "building", "kode": "B1", "navn": one.room[0]},
            }
            applied.append(
                {
                    "id": "a1",
                    "vurderingsmelding": registration,
                    "innvilget": one.granted,
                    "ekstratid": one.extra,
                    "eksamensrom": place,
                }
            )
        return {
            **registration,
            "kandidatinformasjon": [{"id": "k", "kandidatnummer": one.candidate}],
            "studentVedLarested": {
                "id": f"s{one.number}",
                "studentnummer": one.number,
                "feideBruker": one.feide,
                "navn": {"fornavn": one.first, "etternavn": one.last},
                "eksamenstilpasningssoknader": applied,
            },
        }


@dataclass(frozen=True, slots=True)
class Reply:
    """How one request is answered in the place of the right answer; `body` None keeps that one."""

    status: int = 200
    body: bytes | None = None
    manner: Manner = "plain"
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a query, by its name."""

    query: str
    variables: Mapping[str, Any]
    headers: Mapping[str, str]
    number: int  # among those of this query, from 1


def nothing_special(_call: Call) -> Reply:
    """Let every request have its right answer."""
    return Reply()


def as_it_is(_call: Call, told: dict[str, Any]) -> Any:
    """Send what was to be sent."""
    return told


@dataclass(slots=True)
class Fs:
    """What this FS knows, and how it misbehaves: `order` decides about the answer, `mangle` changes what it says."""

    units: dict[str, Unit] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    order: Callable[[Call], Reply] = nothing_special
    mangle: Callable[[Call, dict[str, Any]], Any] = as_it_is
    renamed: tuple[str, str] | None = None  # a piece of the schema, and what it is now
    most: int = 1000  # of a page, whatever is asked
    left: tuple[Unit, Student] | None = None  # who left last, in a demonstration
    calls: list[Call] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)
    address: str = ""

    def add(self, unit: Unit) -> Unit:
        """Take an exam in."""
        self.units[unit.key] = unit
        return unit

    def register(self, unit: Unit, student: Student, *, at: datetime | None = None) -> None:
        """Register somebody, and tell it as an event."""
        with self.lock:
            unit.students.append(student)
            told = {"vurderingsmelding": {"id": unit.registration(student), "vurderingsenhet": {"id": unit.key}}}
            self._tell("StudentVurderingsmeldt", "VURDERINGSMELDT", at, **told)

    def withdraw(self, unit: Unit, place: int, *, at: datetime | None = None) -> Student:
        """Delete a registration, and tell it as an event that does not say of which exam."""
        with self.lock:
            gone = unit.students.pop(place)
            told = {"vurderingsmeldingId": unit.registration(gone)}
            self._tell("StudentVurderingsmeldingSlettet", "VURDERINGSMELDING_SLETTET", at, **told)
        return gone

    def _tell(self, name: str, kind: str, at: datetime | None, **more: Any) -> None:
        moment = (at or datetime.now(UTC)).isoformat()
        told = {"__typename": name, "id": f"e{len(self.events)}", "hendelsestype": kind, "tidspunkt": moment}
        self.events.append({**told, **more})

    def execute(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer by the schema, errors included."""
        with self.lock:
            found = graphql_sync(
                _schema(self.renamed),
                asked["query"],
                {"node": self._node, "vurderingsenheter": self._units, "studenthendelser": self._events},
                variable_values=asked.get("variables"),
                operation_name=asked.get("operationName"),
            )
        return dict(found.formatted)

    def _node(self, _info: Any, id: str) -> dict[str, Any] | None:
        unit = self.units.get(id)
        return unit.as_answer() if unit else None

    def _units(
        self,
        _info: Any,
        eierOrganisasjonskode: str,
        termin: Mapping[str, Any] | None = None,
        emnekoder: Sequence[Mapping[str, str]] | None = None,
        **page: Any,
    ) -> dict[str, Any]:
        courses = None if emnekoder is None else {(one["emnekode"], one["versjonskode"]) for one in emnekoder}
        fitting = [
            one
            for one in self.units.values()
            if eierOrganisasjonskode == ORGANISATION
            and (termin is None or one.term == (termin["arstall"], termin["termintype"]))
            and (courses is None or (one.code, one.version) in courses)
        ]
        cut, about = self._page(fitting, **page)
        return {"nodes": [one.as_answer() for one in cut], **about}

    def _events(self, _info: Any, filter: Mapping[str, Any], **page: Any) -> dict[str, Any]:
        wanted = [one for one in self.events if one["hendelsestype"] in filter["hendelsestype"]]
        cut, about = self._page(wanted, **page)
        return {"nodes": cut, **about}

    def _page(self, whole: Sequence[Any], first: int = 100, after: str | None = None) -> tuple[Sequence[Any], Any]:
        start = 0
        if after is not None:
            said = base64.b64decode(after).decode()
            if not said.startswith("place "):
                raise GraphQLError("the cursor is not known")
            start = int(said.removeprefix("place "))
        stop = min(start + min(first, self.most), len(whole))
        end = base64.b64encode(f"place {stop}".encode()).decode() if stop > start else None
        more = {"hasPreviousPage": False, "hasNextPage": stop < len(whole), "startCursor": None, "endCursor": end}
        return whole[start:stop], {"pageInfo": more}


@cache
def _schema(renamed: tuple[str, str] | None) -> GraphQLSchema:
    if renamed is None:
        return build_schema(SCHEMA)
    assert renamed[0] in SCHEMA
    return build_schema(SCHEMA.replace(*renamed))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, fs: Fs, port: int) -> None:
        self.fs = fs
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: callers who hang up are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        fs = self.server.fs
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.casefold(): value for name, value in self.headers.items()}
        name = asked.get("operationName", "")
        with fs.lock:
            number = 1 + sum(one.query == name for one in fs.calls)
            call = Call(name, asked.get("variables") or {}, headers, number)
            fs.calls.append(call)
        self.close_connection = True
        reply = fs.order(call)
        if reply.manner == "silent":
            fs.over.wait(30)
        if reply.manner in {"silent", "closed"}:
            return
        status, body = reply.status, reply.body
        if body is None:
            status, told = self._told(fs, call, asked)
            body, status = json.dumps(told).encode(), reply.status if reply.status != 200 else status
        self._send(status, body, reply)

    def _told(self, fs: Fs, call: Call, asked: Mapping[str, Any]) -> tuple[int, Any]:
        basic = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if call.headers.get("x-gravitee-api-key") != API_KEY and call.headers.get("authorization") != basic:
            return 401, {"message": "Unauthorized", "http_status_code": 401}
        if call.headers.get("accept") != "application/json;version=1":
            return 406, {"message": "version"}
        flags = {one.strip() for one in call.headers.get("feature-flags", "").split(",")}
        if not {"beta", "experimental"} <= flags:
            return 400, {"errors": [{"message": "experimental"}]}
        return 200, fs.mangle(call, fs.execute(asked))

    def _send(self, status: int, body: bytes, reply: Reply) -> None:
        self.send_response(status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.manner != "endless":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        match reply.manner:
            case "endless":
                while not self.server.fs.over.is_set():
                    self.wfile.write(b" " * 65536)
            case "half":
                self.wfile.write(body[: len(body) // 2])
            case "drip":
                for one in body:
                    self.wfile.write(bytes([one]))
                    if self.server.fs.over.wait(0.05):
                        return
            case _:
                self.wfile.write(body)


@contextmanager
def served(fs: Fs, *, port: int = 0) -> Iterator[Fs]:
    """Serve an FS on 127.0.0.1, at the address that it then has."""
    with _Server(fs, port) as server:
        fs.address = f"http://127.0.0.1:{server.server_port}/graphql/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield fs
        finally:
            fs.over.set()
            server.shutdown()
            thread.join()


FIRST = ("Aksel", "Berit", "Eirik", "Guro", "Håkon", "Ingrid", "Jonas", "Kari", "Mathias", "Oda", "Sindre", "Tuva")
LAST = ("Andersen", "Bakken", "Dahl", "Eide", "Haugen", "Kvam", "Lie", "Nygård", "Solberg", "Ødegård")
ROOM = ("Silurveien 2", "Rom 3")


def term_of(day: date) -> tuple[int, str]:
    """Return the term to which an exam of that day belongs here."""
    return day.year, "VAR" if day.month < 8 else "HOST"


def seeded(chance: random.Random, *, known: Mapping[str, str] | None = None, people: int = 24) -> Fs:
    """Return an FS with two exams in the coming days, whose first people are those who can log in.

    `known` are their names by Feide user. Of the second exam nobody has a candidate number yet.
    """
    fs = Fs()
    names = [(first, last) for last in LAST for first in FIRST]
    chance.shuffle(names)
    today = datetime.now(OSLO).date()
    for place, (code, name) in enumerate((("EXPHIL03", "Examen philosophicum"), ("MAT1100", "Kalkulus"))):
        day = today + timedelta(days=1 + 9 * place)
        opens = datetime.combine(day, time(9))
        unit = fs.add(Unit(f"unit-{code}", code, name, opens, opens + timedelta(hours=4), term_of(day)))
        strangers = names[40 * place : 40 * place + people]
        for number, (first, last) in enumerate(strangers):
            student = Student(f"{50_000 + 100 * place + number}", first, last, _feide(first, last, number))
            if number < len(known or {}):
                student.feide, whole = list((known or {}).items())[number]
                student.first, _space, student.last = whole.partition(" ")
            elif number == people - 1:
                student.feide = None
            student.candidate = None if place else f"{10_001 + number}"
            student.extra = "PT1H" if number % 8 == 3 else None
            student.room = ROOM if number % 8 == 7 else None
            fs.register(unit, student)
    return fs


def _feide(first: str, last: str, number: int) -> str:
    return f"{first}.{last}{number}".casefold() + "@havnes.example"


def change_something(fs: Fs, chance: random.Random, turn: int) -> str:
    """Let people join, get extra time, leave, come back, get their numbers, in turn; return it in a sentence."""
    unit = list(fs.units.values())[turn // 5 % 2]
    with fs.lock:
        place = chance.randrange(len(unit.students) // 2, len(unit.students))
        one = unit.students[place]
        match turn % 5:
            case 0:
                first, last = chance.choice(FIRST), chance.choice(LAST)
                new = Student(f"{70_000 + turn}", first, last, _feide(first, last, 70 + turn), f"{20_000 + turn}")
                fs.register(unit, new)
                return f"{unit.code}: {first} {last} joins"
            case 1:
                one.extra, one.granted = "PT45M", True
                return f"{unit.code}: {one.first} {one.last} gets 45 minutes more"
            case 2:
                gone = fs.withdraw(unit, place)
                fs.left = (unit, gone)
                return f"{unit.code}: {gone.first} {gone.last} leaves"
            case 3:
                if fs.left:
                    unit, back = fs.left
                    fs.register(unit, back)
                    return f"{unit.code}: {back.first} {back.last} comes back"
        later = list(fs.units.values())[1]
        waiting = [student for student in later.students if student.candidate is None]
        for number, student in enumerate(waiting[:8]):
            student.candidate = f"{31_000 + turn * 10 + number}"
        return f"{later.code}: {len(waiting[:8])} people get their candidate numbers"


def main() -> None:
    """Serve an FS whose exams change every so many seconds, until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.fs_server", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8802)
    parser.add_argument("--seconds", type=float, default=20, help="between two changes; 0 lets nothing change")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--known", action="append", default=[], help="FEIDE-USER:First Last of somebody who can log in")
    chosen = parser.parse_args()
    known = dict(text.partition(":")[::2] for text in chosen.known)
    chance = random.Random(chosen.seed)
    with served(seeded(chance, known=known), port=chosen.port) as fs:
        print(f"FS for demonstrations: {fs.address}, organisation {ORGANISATION}, key {API_KEY}", flush=True)
        turn = 0
        while not fs.over.wait(chosen.seconds or 3600):
            if chosen.seconds:
                print(change_something(fs, chance, turn), flush=True)
                turn += 1


if __name__ == "__main__":
    main()
