"""Snapshots of student systems as they lie in the database, checked before they are stored."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.models.accounts import MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_REFERENCE_LENGTH, MAX_SSO_LENGTH
from candidates.models.rosters import MAX_ENROLMENTS, MAX_SOURCE_KEY_LENGTH, MAX_TITLE_LENGTH, RosterSnapshot
from candidates.rosters.source import Accommodation, AccommodationKind, Enrolment, Exam, Snapshot, SourceError

MAX_SENTENCES, MAX_SENTENCE_LENGTH = 20, 500
MAX_ACCOMMODATIONS, MAX_ACCOMMODATION_LENGTH = 20, 200
MAX_TEXT_LENGTH = 200  # of what an exam says of itself beside its title
# Longer ones are refused as the cells of a list are, so that nothing is cut that somebody is known by.
LONGEST = {
    "key": MAX_SOURCE_KEY_LENGTH,
    "login": MAX_SSO_LENGTH,
    "candidate_id": 4 * MAX_ID_LENGTH,
    "name": 4 * MAX_NAME_LENGTH,
    "student_number": 4 * MAX_REFERENCE_LENGTH,
    "building": 1000,
    "room": 1000,
    "seat": 1000,
}
DATES = ("opens", "ends", "codes_come")


def checked(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot in whose list everybody is once. Raises SourceError: an odd list changes nothing."""
    people = snapshot.enrolments
    if len(people) > MAX_ENROLMENTS:
        words = _("It tells more than %(most)d people for one exam, so nothing of it is taken.")
        raise SourceError(words % {"most": MAX_ENROLMENTS})
    if not all(one.key and len(one.key) <= MAX_SOURCE_KEY_LENGTH for one in people):
        raise SourceError(_("It tells people without an id by which they can be known again. Nothing is taken."))
    if any(len(getattr(one, name)) > longest for one in people for name, longest in LONGEST.items()):
        raise SourceError(_("It tells texts that are too long to be somebody’s. Nothing is taken."))
    # the same person withdrawn and registered again is two lines of one person, which nobody can choose between
    if _comes_twice(one.key for one in people):
        raise SourceError(_("It names somebody twice, so the list is not whole or is mixed up. Nothing is taken."))
    there = [one for one in people if not one.is_withdrawn]
    if snapshot.exam.is_anonymous and _comes_twice(candidate_key(one.candidate_id) for one in there):
        raise SourceError(_("It gives two people the same candidate number. Nothing is taken until that is put right."))
    return snapshot


def _comes_twice(values: Iterable[str]) -> bool:
    return any(count > 1 for value, count in Counter(values).items() if value)


def tick_of(key: str) -> str:
    """Return by what a form names somebody of a source: short, and not the source's own id of the person."""
    return hashlib.sha256(f"roster {key}".encode("utf-8", "surrogatepass")).hexdigest()[:20]


def exam_as_json(exam: Exam) -> dict[str, Any]:
    """Return an exam as JSON; texts that are too long are cut."""
    found: dict[str, Any] = {field.name: getattr(exam, field.name) for field in fields(Exam)}
    for name in DATES:
        found[name] = found[name].isoformat() if found[name] else None
    longest = {"key": MAX_SOURCE_KEY_LENGTH, "title": MAX_TITLE_LENGTH}
    return {
        name: value[: longest.get(name, MAX_TEXT_LENGTH)] if isinstance(value, str) and name not in DATES else value
        for name, value in found.items()
    }


def exam_from_json(stored: Mapping[str, Any]) -> Exam:
    """Return a stored exam."""
    values = {field.name: stored[field.name] for field in fields(Exam) if field.name in stored}
    for name in ("opens", "ends"):
        values[name] = datetime.fromisoformat(values[name]) if values.get(name) else None
    values["codes_come"] = date.fromisoformat(values["codes_come"]) if values.get("codes_come") else None
    return Exam(**values)


def store(snapshot: Snapshot, *, test: int) -> RosterSnapshot:
    """Put a checked snapshot in the place of the last one of a test; inside a transaction."""
    values = {
        "taken_at": timezone.now(),
        "exam": exam_as_json(snapshot.exam),
        "people": [_person_as_json(one) for one in snapshot.enrolments],
        "notices": _sentences(snapshot.notices),
        "doubts": _sentences(snapshot.doubts),
        "count": len(snapshot.enrolments),
    }
    stored, _made = RosterSnapshot.objects.update_or_create(connection_id=test, defaults=values)
    return stored


def _sentences(found: Iterable[str]) -> list[str]:
    return [one[:MAX_SENTENCE_LENGTH] for one in list(found)[:MAX_SENTENCES]]


def _person_as_json(one: Enrolment) -> dict[str, Any]:
    """Return what is told about one person, without what is not."""
    found: dict[str, Any] = {field.name: getattr(one, field.name) for field in fields(Enrolment)}
    for name in ("registered_at", "withdrawn_at"):
        found[name] = found[name].isoformat() if found[name] else None
    found["accommodations"] = [
        [str(part.kind), part.value[:MAX_ACCOMMODATION_LENGTH]] for part in one.accommodations[:MAX_ACCOMMODATIONS]
    ]
    return {name: value for name, value in found.items() if value}


def people_of(stored: RosterSnapshot) -> Iterator[Enrolment]:
    """Yield everybody of a stored snapshot."""
    for one in stored.people:
        values = dict(one)
        for name in ("registered_at", "withdrawn_at"):
            values[name] = datetime.fromisoformat(values[name]) if values.get(name) else None
        values["accommodations"] = tuple(
            Accommodation(AccommodationKind(kind), value) for kind, value in values.get("accommodations", ())
        )
        yield Enrolment(**{"login": "", **values})
