"""What Ladok would say of some exams, as XML that its real schemas allow, and as JSON by the same names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

import xmlschema

SCHEMAS = Path(__file__).parent.parent / "data" / "ladok" / "xsd"
RESULT, BASE, EVENTS, SUPPORT = (
    f"{{http://schemas.ladok.se{area}}}" for area in ("/resultat", "", "/events", "/pedagogisktstod")
)
# What the schemas ask for and nobody here needs.
COURSE_FLAGS = ("Avvecklad", "GallerUtbildningUtanAngivenOmfattning", "ResultatPaKursVidAttesteringAvModul")


def uid(text: str) -> str:
    """Return an id as Ladok's are, the same each time."""
    return str(uuid5(NAMESPACE_URL, text))


@dataclass(frozen=True, slots=True)
class Student:
    """One person, with the support measures that were granted to them (True), refused (False) or wait (None)."""

    first: str
    last: str
    uid: str = ""
    personnummer: str = ""
    measures: tuple[tuple[str, bool | None], ...] = ()

    @property
    def key(self) -> str:
        """Return the StudentUID."""
        return self.uid or uid(f"student {self.first} {self.last}")


@dataclass(frozen=True, slots=True)
class Room:
    """One alternative of a session."""

    place: str = "Sal 1"
    town: str = "Uppsala"
    day: str = "2026-12-14"
    starts: str = "09:00:00"
    stops: str = "13:00:00"

    @property
    def key(self) -> str:
        """Return the Uid of the alternative."""
        return uid(f"room {self}")


@dataclass(frozen=True, slots=True)
class Registered:
    """One person who is registered for a session, in one of its rooms."""

    student: Student
    code: str = ""
    room: int = 0
    at: str = "2026-11-03T10:15:00"


@dataclass(slots=True)
class Session:
    """One session (aktivitetstillfälle) of a course."""

    title: str = "Tentamen"
    english: str = "Written exam"
    code: str = "1BI200"
    rooms: Sequence[Room] = (Room(),)
    registered: list[Registered] = field(default_factory=list)
    is_anonymous: bool = True
    hides_codes: bool = False
    is_cancelled: bool = False
    is_deleted: bool = False

    @property
    def key(self) -> str:
        """Return the Uid of the session, the same on whatever day a demonstration runs."""
        return uid(f"session {self.code} {self.title}")

    def someone(self, place: int = 0) -> Student:
        """Return one of those who are registered."""
        return self.registered[place].student

    def change(self, place: int, **values: Any) -> None:
        """Change a registration."""
        self.registered[place] = replace(self.registered[place], **values)


def _made(name: str, *parts: Any) -> ElementTree.Element:
    """Return an element of a text or of other elements; None is left out."""
    element = ElementTree.Element(name)
    for part in parts:
        if isinstance(part, str):
            element.text = part
        elif part is not None:
            element.append(part)
    return element


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _names(name: str, swedish: str, english: str) -> ElementTree.Element:
    return _made(
        name,
        *(
            _made(f"{BASE}Benamning", _made(f"{BASE}Sprakkod", code), _made(f"{BASE}Text", text))
            for code, text in (("sv", swedish), ("en", english))
        ),
    )


def session(one: Session, name: str = "Aktivitetstillfalle") -> ElementTree.Element:
    """Return a session as `Aktivitetstillfalle`."""
    course = _made(
        f"{RESULT}Kursinstans",
        _made(f"{BASE}Uid", uid(one.code)),
        _made(f"{RESULT}Avvecklad", "false"),
        _made(f"{RESULT}GallerUtbildningUtanAngivenOmfattning", "false"),
        _made(f"{RESULT}ResultatPaKursVidAttesteringAvModul", "false"),
        _made(f"{RESULT}Utbildningskod", one.code),
    )
    return _made(
        f"{RESULT}{name}",
        _made(f"{BASE}Uid", one.key),
        _made(f"{RESULT}Aktiviteter", course),
        *(_room(one, place) for place in range(len(one.rooms))),
        _made(f"{RESULT}AktivitetstillfallestypID", "135200"),
        _made(f"{RESULT}Anonymt", _yes(one.is_anonymous)),
        _made(f"{RESULT}AntalAnmalda", str(len(one.registered))),
        _names(f"{RESULT}Benamningar", one.title, one.english),
        _made(f"{RESULT}Borttagen", _yes(one.is_deleted)),
        _made(f"{RESULT}Installd", _yes(one.is_cancelled)),
        _made(f"{RESULT}KurstillfalleUIDer", uid(f"round of {one.code}")),
        _made(f"{RESULT}Status", "resultat.aktivitetstillfalle.status.publicerat"),
        _made(
            f"{RESULT}VisaInteAnonymkodForStudentenForeAktivitetsTillfalletArGenomfort",
            _yes(one.hides_codes),
        ),
    )


def _room(one: Session, place: int) -> ElementTree.Element:
    room = one.rooms[place]
    return _made(
        f"{RESULT}Aktivitetstillfallesalternativ",
        _made(f"{BASE}Uid", room.key),
        _made(f"{RESULT}AktivitetstillfalleUID", one.key),
        _made(f"{RESULT}AntalAnmalda", str(sum(found.room == place for found in one.registered))),
        _made(f"{RESULT}Datumperiod", _made(f"{BASE}Startdatum", room.day), _made(f"{BASE}Slutdatum", room.day)),
        _made(f"{RESULT}Ort", room.town),
        _made(f"{RESULT}Plats", room.place),
        _made(f"{RESULT}Sluttid", room.stops),
        _made(f"{RESULT}Starttid", room.starts),
    )


def registration(one: Registered, of: Session) -> ElementTree.Element:
    """Return a registration as `Aktivitetstillfallesmojlighet`."""
    student = one.student
    return _made(
        f"{RESULT}Resultat",
        _made(f"{BASE}Uid", uid(f"{of.key} {student.key}")),
        _made(f"{RESULT}AktivitetstillfalleUID", of.key),
        _made(f"{RESULT}AktivitetstillfallesalternativUID", of.rooms[one.room].key),
        _made(f"{RESULT}Anmalan", _made(f"{RESULT}Anmalningstidpunkt", one.at)),
        _made(f"{RESULT}Anonymiseringskod", one.code) if one.code else None,
        _made(
            f"{RESULT}Student",
            _made(f"{BASE}Uid", student.key),
            _made(f"{BASE}Efternamn", student.last),
            _made(f"{BASE}Fornamn", student.first),
            _made(f"{BASE}Personnummer", student.personnummer) if student.personnummer else None,
        ),
        _made(f"{RESULT}StudentUID", student.key),
    )


def application(one: Registered, of: Session) -> ElementTree.Element:
    """Return what somebody applied for as `Ansokan`."""
    student = one.student
    return _made(
        f"{SUPPORT}Resultat",
        _made(f"{BASE}Uid", uid(f"application {of.key} {student.key}")),
        _made(f"{SUPPORT}AktivitetstillfalleUID", of.key),
        _made(f"{SUPPORT}AktivitetstillfallesalternativUID", of.rooms[one.room].key),
        _made(f"{SUPPORT}AnsokanNummer", "1"),
        _made(f"{SUPPORT}StudentUID", student.key),
        *(
            _made(
                f"{SUPPORT}Stod",
                _made(
                    f"{SUPPORT}Dokumenteratstod",
                    _names(f"{SUPPORT}BenamningEllerAlternativBenamning", name, name),
                    _made(f"{SUPPORT}Pedagogisktstod", _made(f"{SUPPORT}Stodtyp", "BESLUTAT_STOD")),
                ),
                None if granted is None else _made(f"{SUPPORT}Utfall", _made(f"{SUPPORT}Beviljad", _yes(granted))),
            )
            for name, granted in student.measures
        ),
        _made(f"{SUPPORT}Tillstand", "SLUTFORD"),
    )


def found(name: str, total: int, lines: Iterable[ElementTree.Element], area: str = RESULT) -> ElementTree.Element:
    """Return a page of a list as a `Sokresultat…`."""
    return _made(f"{area}{name}", _made(f"{BASE}TotaltAntalPoster", str(total)), *lines)


def event(kind: str, exam: str, student: str = "", key: str = "") -> ElementTree.Element:
    """Return an event as it stands in an entry of the feed."""
    return _made(
        f"{RESULT}{kind}",
        _made(f"{EVENTS}HandelseUID", key or uid(f"{kind} {exam} {student}")),
        _made(f"{EVENTS}EventContext", _made(f"{EVENTS}Anvandarnamn", "someone"), _made(f"{EVENTS}LarosateID", "29")),
        _made(f"{RESULT}AktivitetstillfalleUID", exam),
        _made(f"{RESULT}StudentUID", student) if student else None,
    )


@cache
def schema(area: str) -> xmlschema.XMLSchema10:
    """Return a real schema of Ladok; making it takes most of a second."""
    return xmlschema.XMLSchema10(str(SCHEMAS / f"schemas.ladok.se-{area}.xsd"))


def as_json(element: ElementTree.Element) -> dict[str, Any]:
    """Return what an element says in JSON by the same names. Raises an error where the schema forbids it."""
    area = "pedagogisktstod" if element.tag.startswith(SUPPORT) else "resultat"
    told = schema(area).to_dict(element, strip_namespaces=True)
    assert isinstance(told, dict)
    return told


def as_public_clients_read_it(told: dict[str, Any]) -> dict[str, Any]:
    """Return a session with names by language and days on the session, as clients on the open network read it."""
    changed = dict(told)
    changed["Benamningar"] = {one["Sprakkod"]: one["Text"] for one in told["Benamningar"]["Benamning"]} | {"link": []}
    rooms = [dict(one) for one in told["Aktivitetstillfallesalternativ"]]
    changed["Datumperiod"] = {**rooms[0]["Datumperiod"], "link": []}
    for one in rooms:
        del one["Datumperiod"]
    changed["Aktivitetstillfallesalternativ"] = rooms
    return changed
