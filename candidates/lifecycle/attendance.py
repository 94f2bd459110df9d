"""Attendance and ID check: marks from the door, also late ones from a phone without network, and corrections."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.models import Attendance, AttendanceMark, Candidate, Location, Test, User
from candidates.timing import ARRIVES_BEFORE, Stage, stage_of

About = AttendanceMark.About
MAX_MARKS_AT_ONCE = 500
MAX_LATE = timedelta(hours=24)
"""How long after the end a phone that was without network may still send its marks; later they need a reason."""
_COLUMNS = {
    About.PRESENCE.value: ("presence", "presence_at", "presence_by"),
    About.ID_CHECK.value: ("id_check", "id_check_at", "id_check_by"),
}


class Outcome(StrEnum):
    """What became of one mark."""

    STORED = "stored"
    KNOWN = "known"  # it came before
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class NewMark:
    """A mark as it was pressed, at a time (UTC) of the server's clock; `value` is of Presence or IdCheck, "" of a note.

    Whoever makes it draws the `nonce`: the same mark sent again is the same mark. `press` is the number of a press by
    which everybody who was missing was marked, "" of a mark of one person.
    """

    public_id: str
    about: str
    value: str
    nonce: str
    at: datetime
    text: str = ""
    press: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of a mark, and why it was refused."""

    nonce: str
    outcome: Outcome
    sentence: str = ""


def mark_at_the_door(*, test: Test, marks: Sequence[NewMark], by: User, rooms: Collection[Location]) -> list[Marked]:
    """Store marks in the order in which they were pressed, and return what became of each; the rest goes on.

    `rooms` are those that the person is bound to: marks are for candidates of these, or of none; without any, for all.
    Of two marks about the same thing the later pressed one counts, whichever comes first. Raises Refused where the test
    takes none.
    """
    if len(marks) > MAX_MARKS_AT_ONCE:
        raise Refused(_("Send at most %(most)d marks at once.") % {"most": MAX_MARKS_AT_ONCE})
    try:
        with transaction.atomic():
            return _stored(test, marks, by, {room.pk for room in rooms})
    except IntegrityError as error:
        # The lock of the candidates orders senders of the same marks; only one nonce for two candidates comes here.
        raise Refused(_("Two different marks have the same number. Nothing was stored.")) from error


def attendance_of(candidate: Candidate) -> Attendance:
    """Return what counts about a candidate now; nothing is set for whoever was never marked."""
    return Attendance.objects.filter(candidate=candidate).first() or Attendance(candidate=candidate)


def attendance_on(test: Test) -> list[tuple[Candidate, Attendance]]:
    """Return the attendance of everybody on a test, by Candidate ID; one query."""
    found = Candidate.objects.of_test(test).people().select_related("attendance").order_by("sort_key", "candidate_key")
    return [(one, getattr(one, "attendance", None) or Attendance(candidate=one)) for one in found]


def marks_of(candidate: Candidate) -> list[AttendanceMark]:
    """Return every mark of a candidate in the order in which they were made, with who made them."""
    return list(candidate.attendance_marks.select_related("by").order_by("at", "pk"))


def last_marks(test: Test, *, by: User, most: int) -> list[AttendanceMark]:
    """Return the person's newest marks on a test that can be taken back, the newest first."""
    mine = AttendanceMark.objects.filter(candidate__test=test, by=by, is_correction=False, press="")
    mine = mine.exclude(about=About.NOTE)
    return list(mine.select_related("candidate").order_by("-at", "-pk")[:most])


def correct(*, candidate: Candidate, values: Mapping[str, str], reason: str, by: User) -> None:
    """Store what was true after all, at any time, with the reason; `values` are new ones by what they are about.

    Raises Refused without a reason, and where it says so already.
    """
    if not reason.strip():
        raise Refused(_("Write why it is corrected: it stands in the record."), about="reason")
    if not candidate.test.is_activated:
        raise Refused(not_activated())
    with transaction.atomic():
        # as above: two corrections at once, or a correction and a mark, come one after the other
        locked = Candidate.objects.select_for_update(of=("self",), no_key=True).filter(pk=candidate.pk).first()
        if locked is None:
            raise Refused(_("This candidate is no longer on the test. Nothing was changed."))
        if locked.is_unused_spare:
            raise Refused(_nobody_yet(locked))
        known = attendance_of(locked)
        new = {about: value for about, value in values.items() if getattr(known, _COLUMNS[about][0]) != value}
        if not new:
            raise Refused(_("It says so already. Nothing was changed."))
        now, why = timezone.now(), reason.strip()
        marks = [NewMark(locked.public_id, about, value, str(uuid4()), now, why) for about, value in new.items()]
        write_marks({locked.public_id: locked}, {locked.pk: known}, marks, by, now, is_correction=True)
        # without the reason: it is about somebody and goes with the names, while acts stay (lifecycle/retention.py)
        detail = {"candidate": locked.public_id, "marks": [list(one) for one in new.items()]}
        audit.record(audit.Action.ATTENDANCE_CORRECTED, by=by, test=candidate.test, count=1, detail=detail)


def not_activated() -> str:
    """Say that nobody can be marked yet."""
    return _("The test is not activated, so nobody can be marked present yet.")


def _nobody_yet(spare: Candidate) -> str:
    return _("%(id)s is a spare login that nobody has yet. Give it to somebody first.") % {"id": spare.candidate_id}


def over_words() -> str:
    """Say that marks come too late, and what to do."""
    return _("The test is over. Correct it on the candidate’s page in Monitor, with the reason.")


def _stored(test: Test, marks: Sequence[NewMark], by: User, rooms: Collection[int]) -> list[Marked]:
    now = timezone.now()
    if not test.is_activated:
        raise Refused(not_activated())
    # Locked before anything is read: of two phones that mark the same candidate, or send the same mark again, the
    # second sees what the first has stored; who is moved or removed meanwhile is seen in the new room, or is gone.
    wanted = Candidate.objects.of_test(test).filter(public_id__in={mark.public_id for mark in marks})
    found = wanted.order_by("pk").select_for_update(of=("self",), no_key=True)
    candidates: dict[str, Candidate] = {one.public_id: one for one in found}
    places: dict[int | None, Location] = {
        one.pk: one for one in Location.objects.filter(pk__in={one.location_id for one in candidates.values()})
    }
    nonces = AttendanceMark.objects.filter(nonce__in=[mark.nonce for mark in marks])
    known = set(nonces.values_list("nonce", flat=True))
    over = stage_of(test) == Stage.FINISHED and test.window[1]
    new: list[NewMark] = []
    outcomes: dict[str, Marked] = {}
    for mark in marks:
        if mark.nonce in known:
            outcomes.setdefault(mark.nonce, Marked(mark.nonce, Outcome.KNOWN))
            continue
        known.add(mark.nonce)
        timed = replace(mark, at=_believed(mark.at, test, now))
        why = _why_refused(candidates.get(mark.public_id), places, rooms)
        if not why and over and (timed.at >= over or now - over > MAX_LATE):
            why = over_words()
        if why:
            outcomes[mark.nonce] = Marked(mark.nonce, Outcome.REFUSED, why)
        else:
            outcomes[mark.nonce] = Marked(mark.nonce, Outcome.STORED)
            new.append(timed)
    if new:
        new.sort(key=lambda mark: mark.at)
        marked = {candidates[mark.public_id].pk for mark in new}
        before = {one.pk: one for one in Attendance.objects.filter(candidate__in=marked)}
        write_marks(candidates, before, new, by, now, weak=_weak(before.values()))
        record_marks(test, new, by)
    return [outcomes[mark.nonce] for mark in marks]


def _weak(known: Iterable[Attendance]) -> set[tuple[int, datetime]]:
    """Return candidate and time of what counts only because everybody who was missing was marked at once.

    A mark of one person counts more, also one that was pressed before on a phone without network.
    """
    times = {one.pk: one.presence_at for one in known if one.presence_at is not None}
    pressed = AttendanceMark.objects.filter(candidate__in=times).exclude(press="") if times else []
    return {(mark.candidate_id, mark.at) for mark in pressed if times[mark.candidate_id] == mark.at}


def _believed(at: datetime, test: Test, now: datetime) -> datetime:
    """Return when a mark was pressed, within what can be: phones know the time of the server, but for odd ones."""
    earliest = min(test.window[0] - ARRIVES_BEFORE, now)
    return max(min(at, now), earliest)


def _why_refused(candidate: Candidate | None, places: Mapping[int | None, Location], rooms: Collection[int]) -> str:
    if candidate is None:
        return _("This candidate is no longer on the test.")
    if candidate.is_unused_spare:
        return _nobody_yet(candidate)
    if rooms and candidate.location_id not in (None, *rooms):
        return sits_in(candidate.candidate_id, str(places.get(candidate.location_id, "")), candidate.seat)
    return ""


def sits_in(candidate_id: str, place: str, seat: str) -> str:
    """Say where somebody sits: "0022 sits in Vesthall V102, seat 14"."""
    if seat:
        return _("%(id)s sits in %(place)s, seat %(seat)s") % {"id": candidate_id, "place": place, "seat": seat}
    return _("%(id)s sits in %(place)s") % {"id": candidate_id, "place": place}


def write_marks(
    candidates: Mapping[str, Candidate],
    known: dict[int, Attendance],
    marks: Sequence[NewMark],
    by: User,
    now: datetime,
    *,
    weak: Collection[tuple[int, datetime]] = (),
    is_correction: bool = False,
) -> None:
    """Store marks, which are in order, and what counts after them; the candidates are locked, for `weak` see _weak."""
    changed: dict[int, Attendance] = {}
    for mark in (one for one in marks if one.about in _COLUMNS):
        key = candidates[mark.public_id].pk
        counts = known.setdefault(key, Attendance(candidate_id=key))
        column, at, who = _COLUMNS[mark.about]
        since = getattr(counts, at)
        if since is None or mark.at >= since or (mark.about == About.PRESENCE and (key, since) in weak):
            setattr(counts, column, mark.value)
            setattr(counts, at, mark.at)
            setattr(counts, who, by)
            changed[key] = counts
    AttendanceMark.objects.bulk_create(
        AttendanceMark(
            candidate=candidates[mark.public_id],
            **{name: getattr(mark, name) for name in ("nonce", "about", "value", "text", "at", "press")},
            is_correction=is_correction,
            by=by,
            received_at=now,
        )
        for mark in marks
    )
    columns = [name for columns in _COLUMNS.values() for name in columns]
    Attendance.objects.bulk_create(
        changed.values(), update_conflicts=True, unique_fields=["candidate"], update_fields=columns
    )


def record_marks(test: Test, marks: Sequence[NewMark], by: User) -> None:
    """Record marks as one act."""
    audit.record(
        audit.Action.ATTENDANCE_MARKED,
        by=by,
        test=test,
        count=len(marks),
        detail={
            "candidates": list(dict.fromkeys(mark.public_id for mark in marks)),
            # no notes: they are about people, and go with the names (lifecycle/retention.py)
            "marks": [[mark.public_id, mark.about, mark.value] for mark in marks],
        },
    )
