"""Read one exam of Ladok: a session (aktivitetstillfälle) with its alternatives, each a place with its times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from candidates.rosters.source import Exam
from candidates.rosters.sources.ladok.records import STOCKHOLM, Record


@dataclass(frozen=True, slots=True)
class Place:
    """One alternative of a session: a place with its times."""

    key: str
    opens: datetime | None
    ends: datetime | None
    town: str
    name: str
    registered: int | None


def read_exam(told: Record) -> tuple[Exam, dict[str, Place], list[str]]:
    """Return an exam, its places by their keys, and the names of fields that it lacks. Raises SourceError."""
    missing: list[str] = []
    whole = told.record("Datumperiod")
    places = {}
    for one in told.records("Aktivitetstillfallesalternativ"):
        place = _place(one, whole)
        places[place.key] = place
    spans = list(places.values()) or [_place(told, whole)]
    opens = min((one.opens for one in spans if one.opens), default=None)
    ends = max((one.ends for one in spans if one.ends), default=None)
    lengths = {one.ends - one.opens if one.opens and one.ends else None for one in spans}
    length = lengths.pop() if len(lengths) == 1 else None
    names = [", ".join(filter(None, (one.name, one.town))) for one in spans]
    codes = dict.fromkeys(_codes(told))
    title = told.named("Benamningar", "Benamning")
    is_anonymous = told.flag("Anonymt")
    expected = told.number("AntalAnmalda")
    counts = [one.registered for one in spans]
    if expected is None and None not in counts:
        expected = sum(count for count in counts if count is not None)
    for name, value in (
        ("Benamningar", title),
        ("Utbildningskod", codes),
        ("Datumperiod", opens),
        ("Starttid, Sluttid", ends),
        ("Anonymt", is_anonymous is not None),
    ):
        if not value:
            missing.append(name)
    exam = Exam(
        key=told.text("Uid", needed=True),
        title=title or ", ".join(codes) or told.text("Uid"),
        code=", ".join(codes),
        opens=opens,
        ends=ends,
        minutes=int(length.total_seconds()) // 60 if length else None,
        place="; ".join(dict.fromkeys(filter(None, names))),
        expected=expected,
        is_anonymous=is_anonymous is not False,
        hides_codes=bool(told.flag("VisaInteAnonymkodForStudentenForeAktivitetsTillfalletArGenomfort")),
        is_cancelled=bool(told.flag("Installd")) or bool(told.flag("Borttagen")),
    )
    return exam, places, missing


def _place(told: Record, whole: Record) -> Place:
    """Return an alternative with its times: its days stand in it, or in its session."""
    period = told.record("Datumperiod")
    period = period if period.has("Startdatum") else whole
    first = period.day("Startdatum")
    last = period.day("Slutdatum") or first
    starts, stops = told.clock("Starttid"), told.clock("Sluttid")
    opens = _instant(first, starts or time())
    ends = _instant(last, stops) if starts and stops else None
    return Place(
        key=told.text("Uid"),
        opens=opens,
        ends=ends if opens and ends and ends > opens else None,
        town=told.text("Ort"),
        name=told.text("Plats"),
        registered=told.number("AntalAnmalda"),
    )


def _instant(day: date | None, clock: time | None) -> datetime | None:
    return datetime.combine(day, clock, STOCKHOLM).astimezone(UTC) if day and clock is not None else None


def _codes(told: Record) -> Iterator[str]:
    """Yield the codes of the courses that a session is for, wherever they stand."""
    parts: Iterable[tuple[str, tuple[str, ...]]] = (
        ("Aktiviteter", ("Kursinstans", "Utbildningsinstans")),
        ("Kopplingar", ("Kursinstans", "Aktivitet")),
    )
    for name, courses in parts:
        for one in told.records(name):
            found = (one.record(course).text("Utbildningskod") for course in courses)
            if code := next(filter(None, found), ""):
                yield code
