"""What a student system may say about somebody, what stands here, and whose each field is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from candidates.intake.cells import (
    clean_candidate_id,
    clean_name,
    clean_place,
    clean_reference,
    clean_seat,
)
from candidates.models import Candidate, RosterEnrolment, Test
from candidates.rosters.connecting import connection_of
from candidates.rosters.plan import Change
from candidates.rosters.reckoning import Reckoned, reckon
from candidates.rosters.source import Enrolment, Exam
from candidates.rosters.sources import setups
from candidates.rosters.stored import exam_from_json, people_of

FIELDS = ("candidate_id", "name", "private_reference", "extra_minutes", "place", "seat")
"""What a source may say about somebody, by the names of a plan; `place` is (building, room)."""


@dataclass(frozen=True, slots=True)
class Owned:
    """One field of somebody on the test: what the source says (None: nothing), what stands here, and who owns it."""

    field: str
    told: object
    here: object
    is_ours: bool


def owned_fields(candidate: Candidate) -> tuple[Owned, ...]:
    """Return what the source says about somebody on the test, field by field; two queries, three with the snapshot."""
    enrolment = RosterEnrolment.objects.filter(candidate=candidate).first()
    if enrolment is None:
        return ()
    connection = connection_of(candidate.test)
    snapshot = getattr(connection, "snapshot", None)
    told: Mapping[str, Any] = enrolment.told
    if connection is not None and snapshot is not None and connection.source == enrolment.source:
        exam = exam_from_json(snapshot.exam)
        for one in people_of(snapshot):
            if one.key == enrolment.source_key:
                told = {**told, **wanted_of(one, exam, reckoned(one, candidate.test, connection.source))}
    now = values_now(candidate)
    return tuple(
        Owned(name, told[name], now[name], name in enrolment.told and enrolment.told[name] != now[name])
        for name in FIELDS
        if name in told
    )


def values_now(candidate: Candidate) -> dict[str, Any]:
    """Return what stands here of the fields that a source may say; a place as a list, as JSON keeps it."""
    place = [candidate.location.building, candidate.location.room] if candidate.location else ["", ""]
    return {
        "candidate_id": candidate.candidate_id,
        "name": candidate.name,
        "private_reference": candidate.private_reference,
        "extra_minutes": candidate.extra_minutes,
        "place": place,
        "seat": candidate.seat,
    }


def reckoned(one: Enrolment, test: Test, source: str) -> Reckoned:
    """Return the extra time that the source grants somebody on this test."""
    setup = setups().get(source)
    support = setup["support"] if setup else {}
    limit = settings.EXTRA_TIME_LIMIT_MINUTES
    return reckon(one.accommodations, duration=test.percent_base_minutes, support=support, limit=limit)


def wanted_of(one: Enrolment, exam: Exam, extra: Reckoned) -> dict[str, Any]:
    """Return what the source says of somebody, cleaned as the cells of a list; without what it does not say.

    Raises CellProblem.
    """
    found: dict[str, Any] = {
        "candidate_id": clean_candidate_id(one.candidate_id) if exam.is_anonymous and one.candidate_id else "",
        "name": clean_name(one.name),
        "private_reference": clean_reference(one.student_number),
        "extra_minutes": extra.minutes,
        "place": [clean_place(one.building), clean_place(one.room)],
        "seat": clean_seat(one.seat),
    }
    return {name: value for name, value in found.items() if value not in ("", None, ["", ""])}


def is_ours(enrolment: RosterEnrolment, now: Mapping[str, Any], name: str) -> bool:
    """Say whether a field is owned here: it is not what the source said when it was last applied."""
    if name in enrolment.told:
        return bool(enrolment.told[name] != now[name])
    # the source never said anything: what somebody wrote here is theirs
    return name != "candidate_id" and now[name] not in ("", 0, ["", ""])


def shrinks(changes: Iterable[Change]) -> bool:
    """Say whether somebody would have less extra time."""
    return any(one.field == "extra_minutes" and int(one.new) < int(one.old) for one in changes)  # type: ignore[call-overload]
