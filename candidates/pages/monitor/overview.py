"""The tests that somebody watches, as Monitor's first page lists them: today's first, each with its figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from candidates.access import Role, tests_of, watched_candidates
from candidates.lifecycle.spares import people_on
from candidates.models import Test, User
from candidates.text import natural_key
from candidates.timing import Figures, Stage, figures_of, last_end, longest_extra_seconds, stage_of

RANKS = {Stage.ACTIVE: 0, Stage.SCHEDULED: 1, Stage.CREATED: 2, Stage.FINISHED: 3}
MAX_OVER = 10  # tests that are over, of which the rest is a click away


@dataclass(frozen=True, slots=True)
class WatchedTest:
    """One test of the list. Times are UTC."""

    public_id: str
    name: str
    stage: Stage
    opens_at: datetime
    last_end: datetime
    candidates: int
    figures: Figures

    @property
    def is_open(self) -> bool:
        """Say whether who is missing or offline needs somebody."""
        return self.stage == Stage.ACTIVE


@dataclass(frozen=True, slots=True)
class Overview:
    """All tests that somebody watches, by their days; `over` are the newest of those that were over before today."""

    today: list[WatchedTest]
    coming: list[WatchedTest]
    over: list[WatchedTest]
    all_over: int

    @property
    def is_empty(self) -> bool:
        return not (self.today or self.coming or self.over)


def overview_of(user: User, *, now: datetime, all_over: bool = False) -> Overview:
    """Return the tests that the person plans or invigilates, without demo tests; a few queries, however many there are.

    A test is one of today while a part of its time, with all extra time, falls on this day of the current zone.
    """
    tests = tests_of(user, Role.PLANNER, Role.INVIGILATOR).in_use().filter(is_demo=False).with_longest_extra()
    day = timezone.localdate(now)
    ends: dict[int, datetime] = {}
    today: list[Test] = []
    coming: list[Test] = []
    over: list[Test] = []
    for test in tests.defer("questions", "information"):
        ends[test.pk] = last_end(test, longest_extra_seconds(test)) or now
        if timezone.localdate(ends[test.pk]) < day:
            over.append(test)
        else:
            (today if timezone.localdate(test.window[0]) <= day else coming).append(test)
    over.sort(key=lambda test: (ends[test.pk], test.pk), reverse=True)
    shown = over if all_over else over[:MAX_OVER]
    counted = [*today, *shown]
    figures = figures_of(watched_candidates(user, counted), now=now) if counted else {}
    people = people_on([*counted, *coming])

    def lines(some: Iterable[Test]) -> list[WatchedTest]:
        return [
            WatchedTest(
                public_id=test.public_id,
                name=test.name,
                stage=stage_of(test, now=now),
                opens_at=test.window[0],
                last_end=ends[test.pk],
                candidates=people[test.pk],
                figures=figures.get(test.pk, Figures()),
            )
            for test in some
        ]

    return Overview(
        today=sorted(lines(today), key=lambda one: (RANKS[one.stage], one.opens_at, natural_key(one.name))),
        coming=sorted(lines(coming), key=lambda one: (one.opens_at, natural_key(one.name))),
        over=lines(shown),
        all_over=len(over),
    )
