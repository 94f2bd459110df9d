"""Everybody who is missing, marked absent at once, and taken back at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from candidates.errors import Refused
from candidates.lifecycle.attendance import NewMark, not_activated, over_words, record_marks, write_marks
from candidates.models import Attendance, AttendanceMark, Candidate, Location, Presence, Test, User
from candidates.timing import Stage, stage_of


def mark_missing_absent(
    *, test: Test, public_ids: Collection[str], press: str, by: User, rooms: Collection[Location]
) -> int:
    """Mark those of these candidates absent of whom nobody has said anything, and return how many.

    `public_ids` are those whom the page counted: who came onto the list since is not marked, nor who has begun, nor a
    spare login. The page draws `press`: sent again it marks nobody else. A mark of one person that was pressed before
    and arrives later, from a phone without network, counts all the same. Raises Refused where the test takes no marks.
    """
    with transaction.atomic():
        # As for marks: of two invigilators who press at once the second finds whom the first has marked.
        candidates, known = _locked(test, public_ids, rooms)
        said = {key for key, counts in known.items() if counts.presence != Presence.NOT_SET}
        missing = {key: one for key, one in candidates.items() if one.pk not in said and one.started_at is None}
        if not missing:  # the same press came before, or somebody else was faster
            return AttendanceMark.objects.filter(press=press, by=by, value=Presence.ABSENT).count()
        _mark_all(test, missing, known, Presence.ABSENT, press, by)
    return len(missing)


def take_press_back(*, test: Test, press: str, by: User, rooms: Collection[Location]) -> int:
    """Take back what one press of the person marked, where nobody has said anything since; return of how many.

    Raises Refused where the test takes no marks.
    """
    marked = AttendanceMark.objects.filter(press=press, by=by, value=Presence.ABSENT, candidate__test=test)
    with transaction.atomic():
        # as above: a mark that is made at this moment is seen, or comes after
        candidates, known = _locked(test, list(marked.values_list("candidate__public_id", flat=True)), rooms)
        pressed = {(mark.candidate_id, mark.at) for mark in marked}
        still = {
            key
            for key, counts in known.items()
            if counts.presence == Presence.ABSENT and (key, counts.presence_at) in pressed
        }
        held = {key: one for key, one in candidates.items() if one.pk in still}
        if held:
            # with a number as well, so that what a phone still has of before counts
            _mark_all(test, held, known, Presence.NOT_SET, str(uuid4()), by)
    return len(held)


@dataclass(frozen=True, slots=True)
class LastPress:
    """The newest press by which somebody marked all who were missing: its number, when, and how many it still holds."""

    press: str
    at: datetime
    held: int


def last_press(test: Test, *, by: User) -> LastPress | None:
    """Return the person's newest press on a test that can be taken back; two queries."""
    mine = AttendanceMark.objects.filter(candidate__test=test, by=by, value=Presence.ABSENT).exclude(press="")
    newest = mine.order_by("-at", "-pk").first()
    if newest is None:
        return None
    still = Attendance.objects.filter(presence=Presence.ABSENT, presence_at=newest.at)
    held = still.filter(candidate__attendance_marks__press=newest.press).count()
    return LastPress(newest.press, newest.at, held) if held else None


def _locked(
    test: Test, public_ids: Collection[str], rooms: Collection[Location]
) -> tuple[dict[str, Candidate], dict[int, Attendance]]:
    """Lock these candidates of the person's rooms and of none, and return them, and what counts about each.

    Raises Refused where the test takes no marks.
    """
    if not test.is_activated:
        raise Refused(not_activated())
    if stage_of(test) == Stage.FINISHED:
        raise Refused(over_words())
    wanted = Candidate.objects.of_test(test).people().watched_from(rooms).filter(public_id__in=public_ids)
    found = list(wanted.order_by("pk").select_for_update(of=("self",), no_key=True))
    known = Attendance.objects.filter(candidate__in=[one.pk for one in found])
    return {one.public_id: one for one in found}, {one.pk: one for one in known}


def _mark_all(
    test: Test, candidates: Mapping[str, Candidate], known: dict[int, Attendance], value: str, press: str, by: User
) -> None:
    """Store the same mark of all these candidates, who are locked, as one act."""
    now = timezone.now()
    marks = [NewMark(key, AttendanceMark.About.PRESENCE, value, str(uuid4()), now, press=press) for key in candidates]
    write_marks(candidates, known, marks, by, now)
    record_marks(test, marks, by)
