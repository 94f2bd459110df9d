"""The table of what is prepared: for whom, what, and whether they have joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import type_label
from candidates.candidate_ids import candidate_key
from candidates.intake.headings import column_label
from candidates.intake.prepared_lists import prepared_people, why_nobody_is_prepared
from candidates.models import PreparedPerson, Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.shared.trails import trail_of

WAITING, JOINED, MISSED = "waiting", "joined", "missed"


@dataclass(frozen=True, slots=True)
class PreparedLine:
    """One person: `state` is "" for who has not joined; `missed` says what somebody else had, "" for nothing."""

    public_id: str
    person: str
    logs_in_with: str
    name: str
    candidate_id: str
    extra: int
    place: str
    seat: str
    private_reference: str
    joined: bool
    joined_as: str
    candidate: str
    missed: str


def prepared_page(test: Test, *, show: str = "", find: str = "") -> dict[str, Any]:
    """Return the context of the page: one query for the rows."""
    people = prepared_people(test)
    labels = {slug: type_label(slug) if slug else _("Username") for slug in {one.authentication_type for one in people}}
    lines = [_line(one, labels) for one in people]
    joined, missed = sum(one.joined for one in lines), sum(bool(one.missed) for one in lines)
    counts = {"": len(lines), WAITING: len(lines) - joined, JOINED: joined, MISSED: missed}
    show = show if counts.get(show) else ""
    shown = [one for one in lines if _matches(one, show) and _has(one, find)]
    here = reverse("prepared", args=[test.public_id])
    words = {"": _("All"), WAITING: _("Not joined yet"), JOINED: _("Joined"), MISSED: _("Not all was free")}
    columns = ("logs_in_with", "name", "candidate_id", "place", "seat", "private_reference")
    return {
        "test": test,
        "lines": shown,
        "total": len(lines),
        "find": find,
        "show": show,
        "extra_columns": [one for one in columns if _is_told(one, lines)],
        "ways": [
            {"text": words[key], "url": f"{here}?show={key}" if key else here, "current": key == show, "count": count}
            for key, count in counts.items()
            if count or not key
        ],
        "caption": _caption(len(shown), len(lines), bool(show or find)),
        "missed_words": _missed_words(missed),
        "closed": why_nobody_is_prepared(test),
        "most": MAX_CANDIDATES,
        "list_url": here,
        "add_url": reverse("prepared-add", args=[test.public_id]),
        "import_url": reverse("import-prepared", args=[test.public_id]),
        "imports_url": reverse("imports", args=[test.public_id]),
        "trail": trail_of(test, _("Prepared people")),
    }


def _line(one: PreparedPerson, labels: Mapping[str, str]) -> PreparedLine:
    joined = one.joined_as.candidate_id if one.joined_as else ""
    return PreparedLine(
        public_id=one.public_id,
        person=one.person,
        logs_in_with=labels[one.authentication_type],
        name=one.name,
        candidate_id=one.candidate_id,
        extra=one.extra_minutes,
        place=str(one.location or ""),
        seat=one.seat,
        private_reference=one.private_reference,
        joined=one.joined_at is not None,
        joined_as=joined,
        candidate=one.joined_as.public_id if one.joined_as else "",
        missed=_missed(one) if joined else "",
    )


def _missed(one: PreparedPerson) -> str:
    """Return in a sentence what somebody else had when the person joined."""
    parts = [f"{column_label(name)} {getattr(one, name)}" for name in one.missed.split()]
    if not parts:
        return ""
    sentence = _("%(what)s was somebody else’s when %(person)s joined. Change the candidate if need be.")
    return sentence % {"what": _(" and ").join(parts), "person": one.person}


def _missed_words(count: int) -> str:
    words = ngettext(
        "For %(n)d person who joined, not all that was prepared was free any more: see below.",
        "For %(n)d people who joined, not all that was prepared was free any more: see below.",
        count,
    )
    return words % {"n": count} if count else ""


def _matches(one: PreparedLine, show: str) -> bool:
    return {"": True, WAITING: not one.joined, JOINED: one.joined, MISSED: bool(one.missed)}[show]


def _has(one: PreparedLine, find: str) -> bool:
    cells = (one.person, one.name, one.candidate_id, one.joined_as, one.private_reference)
    return not find or any(candidate_key(find) in candidate_key(cell) for cell in cells)


def _is_told(column: str, lines: Sequence[PreparedLine]) -> bool:
    """Say whether a column tells anything: by what people log in only where that differs."""
    found = {getattr(one, column) for one in lines}
    return len(found) > 1 if column == "logs_in_with" else bool(found - {""})


def _caption(shown: int, total: int, filtered: bool) -> str:
    if filtered:
        return _("%(shown)d of %(total)d people") % {"shown": shown, "total": total}
    return ngettext("%(n)d person, by user ID", "%(n)d people, by user ID", total) % {"n": total}
