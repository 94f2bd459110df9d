"""Read one exam (vurderingsenhet) of FS: what it is called and when it is, by the clocks of Norway."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.rosters.source import Exam, ExamSearch
from candidates.rosters.sources.fs import values
from candidates.text import date_words

CODES_COME_BEFORE = timedelta(days=7)
ORDINARY = "ORDINAER"


def read_exam(unit: Mapping[str, Any], notices: list[str]) -> Exam:
    """Return an exam; what is odd about it is put to the notices."""
    course = values.members(unit.get("emne"), "emne")
    code = values.text(course, "kode")
    names = values.members_or_none(course.get("navnAlleSprak"), "navnAlleSprak")
    name = next(filter(None, (values.text(names, language) for language in ("nb", "nn", "en"))), "")
    part = values.members_or_none(unit.get("vurderingsoppbygningsdel"), "vurderingsoppbygningsdel")
    status = values.text(unit, "vurderingsstatus")
    more = (values.text(part, "kode"), _status(status) if status != ORDINARY else "")
    title = ", ".join(filter(None, (name or code or values.needed(unit, "id"), *more)))
    opens, ends = _times(values.members_or_none(unit.get("vurderingsvarighet"), "vurderingsvarighet"), notices)
    last_way_out = values.moment(unit, "trekkfrist")
    if last_way_out and last_way_out > timezone.now():
        day = last_way_out.astimezone(values.OSLO).date()
        notices.append(_("People can withdraw from this exam until %(day)s.") % {"day": date_words(day)})
    length = ends - opens if opens and ends and ends > opens else None
    return Exam(
        key=values.needed(unit, "id"),
        title=title,
        code=code,
        opens=opens,
        ends=ends,
        minutes=int(length.total_seconds() // 60) or None if length and length <= timedelta(days=1) else None,
        expected=values.count(unit, "antallKandidater"),
        codes_come=_codes_come(opens),
    )


def _status(status: str) -> str:
    """Return a status as people call it; one that is not known stands as FS writes it."""
    named = {"UTSATT": _("postponed"), "KONTINUASJON": _("resit"), "NY": _("new exam")}
    return named.get(status, status)


def _times(held: Mapping[str, Any], notices: list[str]) -> tuple[datetime | None, datetime | None]:
    """Return when an exam begins and ends: as FS reckons it, else by the days and clocks that it tells.

    Clocks are those of Norway. Where the two differ, people are told, since an hour is a missed exam.
    """
    days = values.members_or_none(held.get("eksamensdatoer"), "eksamensdatoer")
    deadline = values.members_or_none(held.get("innleveringsfrist"), "innleveringsfrist")
    first, last = values.day(days, "startDato"), values.day(deadline, "dato") or values.day(days, "sluttDato")
    starts, stops = values.clock(held, "startklokkeslett"), values.clock(deadline, "klokkeslett")
    opens = values.moment(held, "beregnetStartTidspunkt")
    ends = values.moment(held, "beregnetSluttTidspunkt")
    shown = opens.astimezone(values.OSLO).time() if opens else None
    if shown and starts and (shown.hour, shown.minute) != (starts.hour, starts.minute):
        words = _(
            "FS tells two times for the beginning, %(one)s and %(other)s in Norway. Check the window of the test."
        )
        notices.append(words % {"one": f"{shown:%H:%M}", "other": f"{starts:%H:%M}"})
    return (
        opens or values.local_moment(first, starts, "startklokkeslett"),
        ends or values.local_moment(last, stops, "klokkeslett"),
    )


def _codes_come(opens: datetime | None) -> date | None:
    """Return when candidate numbers are expected: about a week before; no day that is over."""
    if opens is None:
        return None
    expected = (opens.astimezone(values.OSLO) - CODES_COME_BEFORE).date()
    return expected if expected >= timezone.localdate(timezone=values.OSLO) else None


def fits(exam: Exam, search: ExamSearch, first: date, last: date) -> bool:
    """Tell whether an exam is one that somebody searches for, on these days."""
    said = f"{exam.code} {exam.title}".casefold()
    if not all(word in said for word in search.text.casefold().split()):
        return False
    if exam.opens is None:  # its day is not set yet
        return search.first_day is None and search.last_day is None
    begins = exam.opens.astimezone(values.OSLO).date()
    over = exam.ends.astimezone(values.OSLO).date() if exam.ends else begins
    return begins <= last and max(begins, over) >= first
