"""Copy a test: set-up, contributors and candidates of last term's test for the next one (docs/domain.md §3)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from candidates.intake.door import add_candidates
from candidates.intake.other_test import Plan, Who, chosen_candidates, from_test, plan_from
from candidates.lifecycle.contributors import copy_contributors
from candidates.lifecycle.joining import copy_joining
from candidates.lifecycle.scales import scale_of, store_grades
from candidates.lifecycle.tests import SETUP, create_test
from candidates.models import Contributor, Test, User
from candidates.timing import Stage, stage_of

NEW = ("name", "opens_at", "ends_at")
"""What a copy does not take from the other test."""
WITH_SETUP = ("scale", "graders_give_grades", "max_points", "hall_contacts", "has_longer_texts")
"""What comes along with the set-up and is written on pages of its own."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What comes along: the set-up, the contributors with their rooms, candidates, and these with room and seat."""

    setup: bool = True
    contributors: bool = True
    rooms: bool = True
    who: Who = Who.NOBODY


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy, and who did not come along: contributors who cannot work on it, and candidates as the plan says."""

    test: Test
    plan: Plan
    left: tuple[Contributor, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """How much of a test could come along; `nothing` is None while the test is not over."""

    planners: int
    invigilators: int
    graders: int
    rooms: int
    candidates: int
    with_extra: int
    nothing: int | None


def figures_of(test: Test) -> Figures:
    """Return how much of a test a copy could take along; three queries."""
    roles = Counter(role for _user, role in test.contributors.values_list("user", "role").distinct())
    counted = chosen_candidates(test, Who.EVERYBODY).aggregate(
        rooms=Count("location", distinct=True), everybody=Count("pk"), extra=Count("pk", filter=Q(extra_minutes__gt=0))
    )
    over = stage_of(test) == Stage.FINISHED
    return Figures(
        planners=roles[Contributor.Role.PLANNER],
        invigilators=roles[Contributor.Role.INVIGILATOR],
        graders=roles[Contributor.Role.GRADER],
        rooms=counted["rooms"],
        candidates=counted["everybody"],
        with_extra=counted["extra"],
        nothing=chosen_candidates(test, Who.NOTHING_HANDED_IN).count() if over else None,
    )


def copy_test(*, source: Test, values: Mapping[str, Any], parts: Parts, by: User) -> Copied:
    """Make a test like another one, not activated, with the name and the times (UTC) of `values`.

    Who copies is its planner. Nothing that somebody did comes along: no login, answer, mark, incident time or print.
    Raises Refused for a window that is too long, and what `plan_from` and the door raise.
    """
    with transaction.atomic():
        source = Test.objects.get(pk=source.pk)
        along = {field: getattr(source, field) for field in (*SETUP, *WITH_SETUP) if parts.setup and field not in NEW}
        along |= {"is_demo": source.is_demo, "marks_due_on": None, **{field: values[field] for field in NEW}}
        if parts.setup:
            along["marks_due_on"] = _moved_along(source, values["opens_at"])
        test = create_test(values=along, by=by, copied_from=source)
        # nobody else knows it yet, but rows are locked in one order everywhere: the test comes first
        Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if parts.setup:
            store_grades(test, scale_of(source).grades)
            copy_joining(source, to=test, by=by)
        left = copy_contributors(source, to=test, by=by) if parts.contributors else ()
        plan = plan_from(source, to=test, who=parts.who, rooms=parts.rooms)
        if plan.rows:
            add_candidates(test=test, rows=plan.rows, by=by, source=from_test(source))
            test.refresh_from_db()
    return Copied(test, plan, tuple(left))


def _moved_along(source: Test, opens_at: datetime | None) -> Any:
    """Return the day when marks are due: as many days after the opening as in the other test."""
    if source.marks_due_on is None or source.opens_at is None or opens_at is None:
        return None
    return source.marks_due_on + (timezone.localdate(opens_at) - timezone.localdate(source.opens_at))
