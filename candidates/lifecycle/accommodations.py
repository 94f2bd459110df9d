"""Extra time of candidates: planned before they start, incident time after activation (docs/domain.md §6 and §11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.errors import Conflict, Refused
from candidates.models import Candidate, Location, Mark, Test, User
from candidates.timing import Progress, Stage, progress_of, stage_of


class Change(StrEnum):
    """What happens with the minutes (UQ-AEA)."""

    ADD = "add"
    SUBTRACT = "subtract"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Changed:
    """How many candidates were changed, and who was left as they were, by Candidate ID."""

    count: int
    left: tuple[str, ...] = ()


def minutes_after(now: int, how: Change, minutes: int) -> int:
    """Return the sum (whole minutes) after a change, never below 0 (D11)."""
    if how is Change.SET:
        return minutes
    return max(0, now + minutes if how is Change.ADD else now - minutes)


def change_planned_time(
    *,
    test: Test,
    public_ids: Sequence[str],
    how: Change,
    minutes: int,
    by: User,
    seen: Mapping[str, int] | None = None,
) -> Changed:
    """Change the planned extra time (whole minutes) of those chosen candidates who have not started.

    Sums stay within 0 and EXTRA_TIME_LIMIT_MINUTES (D11). Candidates who have started keep theirs and are named: they
    can get incident time. Printed slips get the next version where the time changes. `seen` is the extra time by public
    id that the confirmed page showed, so that a form sent twice adds once. Raises Refused where nobody can be changed,
    a sum would pass the limit, or the test is Finished; Conflict where an extra time differs from what was seen.
    """
    with transaction.atomic():
        # Lock the test, then the candidates: who starts at this moment is seen as started, or starts with the new time.
        locked = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        chosen = _chosen(test, public_ids)
        free = [candidate for candidate in chosen if candidate.started_at is None]
        left = tuple(candidate.candidate_id for candidate in chosen if candidate.started_at is not None)
        refuse_when_finished(locked)
        refuse_if_all_started(free)
        if seen is not None and any(seen.get(one.public_id) != one.extra_minutes for one in free):
            raise Conflict(
                _("Extra time was changed meanwhile. Nothing was changed now. The figures here are the new ones.")
            )
        refuse_past_limit([candidate.extra_minutes for candidate in free], how, minutes)
        moved = [one.pk for one in free if minutes_after(one.extra_minutes, how, minutes) != one.extra_minutes]
        if locked.is_activated:
            Candidate.objects.filter(pk__in=moved).update(slip_version=F("slip_version") + 1)
        _write(Candidate.objects.filter(pk__in=[candidate.pk for candidate in free]), "extra_minutes", how, minutes)
        audit.record(
            audit.Action.EXTRA_TIME_CHANGED, by=by, test=test, count=len(free), detail=_detail(free, how, minutes)
        )
    return Changed(len(moved), left)


def change_incident_time(
    *,
    test: Test,
    public_ids: Sequence[str],
    how: Change,
    minutes: int,
    reason: str,
    by: User,
    seen: Mapping[str, int] | None = None,
) -> Changed:
    """Change the incident extra time (whole minutes) of chosen candidates on an activated test.

    Those who submitted keep theirs and are named. `seen` is the incident time by public id that the confirmed page
    showed, so that a form sent twice adds once. Raises Refused where the test is not activated, nobody is chosen, a sum
    would pass the limit, or marks are set after the end; Conflict where an incident time differs from what was seen.
    """
    with transaction.atomic():
        locked = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if stage_of(locked) == Stage.CREATED:
            raise Refused(_("Incident time can be given once the test is activated. Use extra time before that."))
        chosen = _chosen(test, public_ids)
        free = [candidate for candidate in chosen if candidate.submitted_at is None]
        left = tuple(candidate.candidate_id for candidate in chosen if candidate.submitted_at is not None)
        refuse_after_marks(locked)
        if seen is not None and any(seen.get(one.public_id) != one.incident_minutes for one in free):
            raise Conflict(
                _("Incident time was changed meanwhile. Nothing was changed now. The figures here are the new ones.")
            )
        refuse_past_limit([candidate.incident_minutes for candidate in free], how, minutes)
        _write(Candidate.objects.filter(pk__in=[candidate.pk for candidate in free]), "incident_minutes", how, minutes)
        audit.record(
            audit.Action.INCIDENT_TIME_CHANGED,
            by=by,
            test=test,
            count=len(free),
            detail=_detail(free, how, minutes) | {"reason": reason},
        )
    return Changed(len(free), left)


def grow_extra_time(*, test: Test, minutes: Mapping[int, int], by: User | None) -> int:
    """Give candidates who are writing more planned extra time, by their keys, and return how many get it.

    What a student system grants during the test: it grows, and whoever has handed in or has as much keeps theirs. The
    caller holds the lock of the test's row.
    """
    now = timezone.now()
    # The rows' locks close the race with who hands in at this moment: seen here, or handed in before the new end.
    chosen = Candidate.objects.of_test(test).filter(pk__in=minutes, started_at__isnull=False).order_by("sort_key")
    by_sum: dict[int, list[Candidate]] = {}
    for one in chosen.select_for_update(of=("self",)):
        new = min(minutes[one.pk], settings.EXTRA_TIME_LIMIT_MINUTES)
        if new > one.extra_minutes and progress_of(one, test, now=now) == Progress.IN_PROGRESS:
            by_sum.setdefault(new, []).append(one)
    for new, people in by_sum.items():
        Candidate.objects.filter(pk__in=[one.pk for one in people]).update(extra_minutes=new)
        detail = _detail(people, Change.SET, new)
        audit.record(audit.Action.EXTRA_TIME_CHANGED, by=by, test=test, count=len(people), detail=detail)
    return sum(map(len, by_sum.values()))


def change_location(*, test: Test, public_ids: Sequence[str], building: str, room: str, by: User) -> Changed:
    """Put the chosen candidates into one location, made if it is new; with both empty their location is removed.

    Printed slips get the next version. Raises Refused where nobody is chosen.
    """
    with transaction.atomic():
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        chosen = _chosen(test, public_ids)
        location = Location.objects.named([(building, room)]).get((building, room))
        if location is not None and not location.is_active:
            raise Refused(removed_room_words(location))
        moved = [candidate for candidate in chosen if candidate.location_id != (location.pk if location else None)]
        Candidate.objects.filter(pk__in=[candidate.pk for candidate in moved]).update(
            location=location,
            seat="",  # which belongs to the room
            slip_version=Case(
                When(slip_printed_version__isnull=True, then=F("slip_version")), default=F("slip_version") + 1
            ),
        )
        audit.record(
            audit.Action.LOCATION_CHANGED,
            by=by,
            test=test,
            count=len(moved),
            detail={"candidates": [candidate.public_id for candidate in moved], "building": building, "room": room},
        )
    return Changed(len(chosen))


def removed_room_words(location: Location) -> str:
    """Say that nobody is put into a room that was removed."""
    words = _("%(room)s was removed from the rooms. Choose another one, or bring it back on the page Rooms.")
    return words % {"room": location}


def _chosen(test: Test, public_ids: Sequence[str]) -> list[Candidate]:
    """Return the chosen candidates of the test, locked. An empty choice means nobody, never everybody."""
    chosen = list(
        Candidate.objects.select_for_update().filter(test=test, public_id__in=public_ids).order_by("sort_key")
    )
    if not chosen:
        raise Refused(_("No candidate is ticked, so nothing was changed. Tick candidates first."))
    return chosen


def refuse_after_marks(test: Test) -> None:
    """Raise Refused where more time would reopen a test that has marks, as moving its end would."""
    if stage_of(test) == Stage.FINISHED and Mark.objects.filter(candidate__test=test).exists():
        raise Refused(_("The test has ended and marks are set, so everybody’s time stays. Nothing was changed."))


def refuse_when_finished(test: Test) -> None:
    """Raise Refused where everybody's time is over: planned extra time would silently reopen the test.

    Under the test's lock no other change of extra time can change the stage before the write.
    """
    refuse_after_marks(test)
    if stage_of(test) == Stage.FINISHED:
        raise Refused(
            _(
                "The test is Finished, so planned extra time stays. Nothing was changed. "
                "Give incident time in Monitor to somebody whose time ran out."
            )
        )


def refuse_if_all_started(free: Sequence[object]) -> None:
    """Raise Refused where all chosen candidates have started (docs/domain.md §11)."""
    if not free:
        raise Refused(_("Extra time stays once somebody has started. Nothing was changed. Give incident time instead."))


def refuse_past_limit(sums: Sequence[int], how: Change, minutes: int) -> None:
    """Raise Refused where a sum (whole minutes) would pass EXTRA_TIME_LIMIT_MINUTES (D11).

    Subtracting is always allowed, also where the limit was lowered since.
    """
    limit = settings.EXTRA_TIME_LIMIT_MINUTES
    largest = max((minutes_after(now, how, minutes) for now in sums), default=0)
    if how is not Change.SUBTRACT and largest > limit:
        raise Refused(
            ngettext(
                "A candidate would have %(sum)d minute. At most %(limit)d are possible. Nothing was changed.",
                "A candidate would have %(sum)d minutes. At most %(limit)d are possible. Nothing was changed.",
                largest,
            )
            % {"sum": largest, "limit": limit}
        )


def _write(candidates: "QuerySet[Candidate]", column: str, how: Change, minutes: int) -> None:
    """Change one column by an expression, so that the additions of two simultaneous planners both count."""
    if how is Change.SET:
        candidates.update(**{column: minutes})
    elif how is Change.ADD:
        candidates.update(**{column: F(column) + minutes})
    else:
        # never below 0, also in between: the column is unsigned
        candidates.update(**{column: Greatest(F(column), Value(minutes)) - minutes})


def _detail(candidates: Sequence[Candidate], how: Change, minutes: int) -> dict[str, object]:
    return {"candidates": [candidate.public_id for candidate in candidates], "how": str(how), "minutes": minutes}
