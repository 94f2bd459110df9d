"""Spare logins in the hall: given to who is not on the list, taken back, and joined with the right candidate."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Count, F
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.credentials.issuing import end_logins
from candidates.credentials.renewing import replace_password
from candidates.errors import Refused
from candidates.lifecycle.accommodations import Changed
from candidates.lifecycle.attendance import NewMark, mark_at_the_door, sits_in
from candidates.lifecycle.joining import places_freed
from candidates.lifecycle.removal import remove_candidates
from candidates.models import (
    AnswerVersion,
    Attendance,
    AttendanceMark,
    Candidate,
    JoinedSpare,
    Location,
    Mark,
    Presence,
    Submission,
    Test,
    User,
)
from candidates.text import clock, place_key
from candidates.timing import Progress, Stage, progress_of, stage_of


def people_on(tests: Iterable[Test]) -> dict[int, int]:
    """Return how many candidates each of these tests has, by its key; one query.

    Spare logins that nobody has are none, though they count for the 1500.
    """
    tests = list(tests)
    spares = Candidate.objects.unused_spares().filter(test__in=tests).order_by().values_list("test_id")
    unused = dict(spares.annotate(n=Count("pk")))
    return {test.pk: max(0, test.candidate_count - unused.get(test.pk, 0)) for test in tests}


@dataclass(frozen=True, slots=True)
class Spares:
    """The spare logins of a room: how many there are, and those that are left, by Candidate ID."""

    total: int
    left: list[Candidate]


def has_void_slip(spare: Candidate) -> bool:
    """Say whether a slip was printed that does not work any more, as of a spare login that was taken back."""
    return spare.slip_printed_version not in (None, spare.slip_version)


def spares_of(test: Test, rooms: Collection[Location]) -> Spares:
    """Return the spare logins of these rooms and of none, without any rooms all; two queries."""
    found = Candidate.objects.of_test(test).filter(is_spare=True).watched_from(rooms)
    return Spares(found.count(), list(found.unused_spares().select_related("location").order_by("sort_key")))


@dataclass(frozen=True, slots=True)
class RoomSpares:
    """The spare logins of one room: how many were made, and how many are left; "" for no room."""

    place: str
    total: int
    left: int


def spares_by_room(test: Test) -> list[RoomSpares]:
    """Return the spare logins room by room; one query."""
    rows: dict[tuple[str, str], list[bool]] = {}
    for spare in Candidate.objects.of_test(test).filter(is_spare=True).select_related("location"):
        place = spare.location
        rows.setdefault((place.building, place.room) if place else ("", ""), []).append(spare.is_unused_spare)
    ordered = sorted(rows, key=lambda place: (not any(place), place_key(*place)))
    return [
        RoomSpares(" ".join(part for part in place if part), len(rows[place]), sum(rows[place])) for place in ordered
    ]


def spares_in_use(test: Test) -> list[Candidate]:
    """Return the spare logins that somebody has or has used: the planners clear up who it was."""
    used = Candidate.objects.of_test(test).people().filter(is_spare=True)
    return list(used.select_related("location").order_by("sort_key"))


def give_spare(
    *, test: Test, public_id: str, name: str, private_reference: str, by: User, rooms: Collection[Location]
) -> Candidate:
    """Make a spare login the one of somebody who is not on the list, with the name as on the card; return it.

    Who gets one stands at the door, and so is marked present.

    `rooms` are those that the person is bound to, none for all. Raises Refused where somebody has it, where it is of
    another room, and without a name.
    """
    if not name.strip():
        raise Refused(
            _("Write the name as on the ID card: without it nobody can tell afterwards who it was."), about="name"
        )
    with transaction.atomic():
        # The lock of its row: of two phones that give the same slip the second finds to whom the first gave it.
        spare = _locked(test, public_id)
        if spare is None or not spare.is_spare:
            raise Refused(_("This spare login is no longer on the test. Take another one."), about="spare")
        if spare.given_at is not None:
            said = {"id": spare.candidate_id, "time": clock(spare.given_at)}
            raise Refused(_("%(id)s was given to somebody at %(time)s. Take another one.") % said, about="spare")
        if rooms and spare.location_id not in (None, *(room.pk for room in rooms)):
            raise Refused(sits_in(spare.candidate_id, str(spare.location), ""), about="spare")
        if stage_of(test) == Stage.CREATED:
            raise Refused(_("The test is not activated, so no login works yet. Nothing was given."))
        if stage_of(test) == Stage.FINISHED and spare.logged_in_at is None:
            raise Refused(_("The test is over, so nobody can begin any more. Nothing was given."))
        spare.name, spare.private_reference, spare.given_at = name.strip(), private_reference.strip(), timezone.now()
        spare.save(update_fields=["name", "private_reference", "given_at"])
        # the name stands on the candidate, where it goes when names are no longer kept
        audit.record(audit.Action.SPARE_GIVEN, by=by, test=test, count=1, detail={"candidate": spare.public_id})
        here = NewMark(spare.public_id, AttendanceMark.About.PRESENCE, Presence.PRESENT, str(uuid4()), spare.given_at)
        mark_at_the_door(test=test, marks=[here], by=by, rooms=rooms)
    return spare


def take_spare_back(*, test: Test, public_id: str, by: User, rooms: Collection[Location]) -> Candidate:
    """Make a spare login nobody's again, which was given by mistake; return it.

    Somebody has seen its slip or the password, which ends: the slip that was handed out is void. Raises Refused once
    somebody has logged in with it.
    """
    with transaction.atomic():
        # The test and the account first, as everywhere. Then as above, and whoever logs in at this moment is seen, or
        # finds it taken back and is logged out.
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        account = Candidate.objects.of_test(test).filter(public_id=public_id, is_spare=True).values("user")
        holder = User.objects.select_for_update(no_key=True).filter(pk__in=account).first()
        if holder is not None:
            replace_password(holder)
        spare = _locked(test, public_id)
        if spare is None or spare.given_at is None:
            raise Refused(_("Nobody has this spare login. Nothing was changed."))
        if rooms and spare.location_id not in (None, *(room.pk for room in rooms)):
            raise Refused(sits_in(spare.candidate_id, str(spare.location), ""))
        if spare.logged_in_at is not None or spare.started_at is not None:
            sentence = _("Somebody has logged in with %(id)s, so it stays given. A planner clears up who it was.")
            raise Refused(sentence % {"id": spare.candidate_id})
        audit.record(audit.Action.SPARE_TAKEN_BACK, by=by, test=test, count=1, detail={"candidate": spare.public_id})
        Attendance.objects.filter(candidate=spare).delete()
        AttendanceMark.objects.filter(candidate=spare).delete()
        # the seat that they were given as well: plans for a room do not see a login that is nobody's
        spare.name, spare.private_reference, spare.seat, spare.given_at = "", "", "", None
        spare.slip_version += 1
        spare.save(update_fields=["name", "private_reference", "seat", "given_at", "slip_version"])
    return spare


def remove_spares(*, test: Test, by: User) -> Changed:
    """Take the spare logins off that nobody has. Raises Refused where none is left."""
    with transaction.atomic():
        # Locked before they are listed: who is given one at this moment keeps it, or finds it gone before the slip is
        # handed over.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        left = Candidate.objects.of_test(test).unused_spares().order_by("pk").select_for_update(of=("self",))
        ids = [spare.public_id for spare in left]
        if not ids:
            raise Refused(_("No spare login is left. Nothing was changed."))
        return remove_candidates(test=test, public_ids=ids, by=by)


def why_not_joined(spare: Candidate, candidate: Candidate, test: Test) -> str:
    """Return why a spare login cannot be joined with a candidate now and what to do, or nothing."""
    if not spare.is_spare or spare.is_unused_spare:
        return _("%(id)s is nobody’s: there is nothing to join.") % {"id": spare.candidate_id}
    if candidate.is_spare:
        return _("%(id)s is a spare login itself. Choose the candidate who should have been on the list.") % {
            "id": candidate.candidate_id
        }
    if candidate.started_at is not None:
        sentence = _("%(id)s has started the test with the own login, so there are two answers. Nothing was joined.")
        return sentence % {"id": candidate.candidate_id}
    now = timezone.now()
    if progress_of(spare, test, now=now) in {Progress.IN_PROGRESS, Progress.DASHBOARD}:
        sentence = _("%(id)s is logged in now, and would be thrown out. Join them when the candidate has handed in.")
        return sentence % {"id": spare.candidate_id}
    if progress_of(candidate, test, now=now) == Progress.DASHBOARD:
        sentence = _("%(id)s is logged in now and might start. Wait until they have logged out.")
        return sentence % {"id": candidate.candidate_id}
    return ""


def join_spare(*, test: Test, spare: str, candidate: str, by: User) -> Candidate:
    """Give a candidate what was done with a spare login, whose place is free again; return the candidate.

    `spare` and `candidate` are public ids. Answer, earlier versions, mark, times and attendance move, and the spare
    slip ends. The name and reference of the list stay. Acts in the audit stay sealed as they are: JoinedSpare says
    under which public id they stand. Raises Refused, see why_not_joined.
    """
    with transaction.atomic():
        # The test first, as everywhere: it orders this with removals, grading after the end, and extra time. The lock
        # of the two rows, in order, makes a start or a save at this moment wait, or be seen.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        rows = Candidate.objects.of_test(test).filter(public_id__in=[spare, candidate]).order_by("pk")
        found = {one.public_id: one for one in rows.select_for_update(of=("self",))}
        if spare not in found or candidate not in found or spare == candidate:
            raise Refused(_("One of them is no longer on the test. Nothing was joined."))
        used, right = found[spare], found[candidate]
        if reason := why_not_joined(used, right, test):
            raise Refused(reason)
        Candidate.objects.filter(pk=right.pk).update(
            started_at=used.started_at,
            submitted_at=used.submitted_at,
            logged_in_at=used.logged_in_at or F("logged_in_at"),
            last_seen_at=used.last_seen_at or F("last_seen_at"),
            **_minutes(used),
            private_reference=right.private_reference or used.private_reference,
            name=right.name or used.name,
        )
        _move(used, right)
        account = used.user_id
        JoinedSpare.objects.create(
            candidate=right,
            public_id=used.public_id,
            candidate_id_then=used.candidate_id,
            user_id=account,
            joined_by=by,
        )
        audit.record(
            audit.Action.SPARE_JOINED,
            by=by,
            test=test,
            count=1,
            detail={"candidate": right.public_id, "spare": [used.public_id, used.candidate_id]},
        )
        Candidate.objects.filter(pk=used.pk).delete()
        if account is not None:
            end_logins([account])
        Test.objects.filter(pk=test.pk).update(candidate_count=F("candidate_count") - 1)
        places_freed.send(sender=Test, test=test, by=by)
    right.refresh_from_db()
    return right


def _minutes(used: Candidate) -> dict[str, Any]:
    """Return the extra and incident time of who had a spare login: the longer of both.

    Of an answer that was handed in by the clock it is what the spare login had: another end would open the answer
    again, or hand it in at another time.
    """
    columns = {"extra_minutes": used.extra_minutes, "incident_minutes": used.incident_minutes}
    if used.started_at is not None and used.submitted_at is None:
        return columns
    return {column: Greatest(F(column), minutes) for column, minutes in columns.items()}


def _move(used: Candidate, right: Candidate) -> None:
    """Hang what hangs on one place on another one; foreign keys are checked at the commit."""
    AnswerVersion.objects.filter(submission=used.pk).update(submission=right.pk)
    Submission.objects.filter(candidate=used).update(candidate=right)
    # Who has not started may have been given 0 points, and marked absent: what was done with the spare login counts.
    for model in (Mark, Attendance):
        if model.objects.filter(candidate=used).exists():
            model.objects.filter(candidate=right).delete()
            model.objects.filter(candidate=used).update(candidate=right)
    AttendanceMark.objects.filter(candidate=used).update(candidate=right)
    JoinedSpare.objects.filter(candidate=used).update(candidate=right)


def _locked(test: Test, public_id: str) -> Candidate | None:
    rows = Candidate.objects.of_test(test).filter(public_id=public_id).select_related("location")
    found: Candidate | None = rows.select_for_update(of=("self",), no_key=True).first()
    return found
