"""What the list of tests shows."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.access import tests_of
from candidates.lifecycle.spares import people_on
from candidates.models import Contributor, Test, User
from candidates.models.tests import MAX_CANDIDATES
from candidates.text import natural_key, when
from candidates.timing import Stage, stage_of

RUNNING_FIRST = ""  # what is running, what is ahead by its opening, what is over, newest first
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TestRow:
    """One test on the list; `address` is relative to the list's own. What the template prints is text already."""

    __test__ = False

    address: str
    name: str
    folded: str
    stage: Stage
    opens_at: datetime | None
    ends_at: datetime | None
    opens: str
    ends: str
    taken: int
    places: str


@dataclass(frozen=True, slots=True)
class TestList:
    """The tests that a search found, how many there are without it, and how many are archived."""

    __test__ = False

    rows: tuple[TestRow, ...]
    total: int
    sort: str
    archived: int


# allow-list of what may stand in `sort` (J6); tests without times come last in both directions
ORDERS: dict[str, Callable[[TestRow, datetime], Any]] = {
    "name": lambda row, _far: natural_key(row.name),
    "status": lambda row, _far: list(Stage).index(row.stage),
    "opens": lambda row, far: row.opens_at or far,
    "ends": lambda row, far: row.ends_at or far,
    "candidates": lambda row, _far: row.taken,
}


def planned_tests(user: User, *, search: str = "", sort: str = RUNNING_FIRST, archived: bool = False) -> TestList:
    """Return the tests that the person plans whose name holds every word of the search, in two queries.

    Archived ones are shown by themselves.

    Words are compared folded and here, not in the database: SQLite's LIKE knows no upper and lower case beyond ASCII.
    """
    now = timezone.now()
    tests = tests_of(user, Contributor.Role.PLANNER).with_longest_extra().defer("information", "questions")
    planned = list(tests.order_by())
    put_away = sum(test.archived_at is not None for test in planned)
    shown = [test for test in planned if (test.archived_at is not None) == archived]
    people = people_on(shown)
    every = [_row(test, people[test.pk], now) for test in shown]
    words = _folded(search).split()
    found = [row for row in every if all(word in row.folded for word in words)] if words else every
    key, down = sort.removeprefix("-"), sort.startswith("-")
    if key not in ORDERS:
        found.sort(key=lambda row: _running_first(row, now))
        return TestList(tuple(found), len(every), RUNNING_FIRST, put_away)
    far = EARLIEST if down else LATEST
    found.sort(key=lambda row: natural_key(row.name))
    found.sort(key=lambda row: ORDERS[key](row, far), reverse=down)
    return TestList(tuple(found), len(every), sort, put_away)


def _running_first(row: TestRow, now: datetime) -> tuple[int, float, tuple[str, str]]:
    """Return the place in the list; what was never activated and whose end has passed counts as over."""
    opens = row.opens_at.timestamp() if row.opens_at else float("inf")
    if row.stage == Stage.FINISHED or (row.stage == Stage.CREATED and row.ends_at is not None and row.ends_at <= now):
        return (2, -opens, natural_key(row.name))
    return (0 if row.stage == Stage.ACTIVE else 1, opens, natural_key(row.name))


def _row(test: Test, people: int, now: datetime) -> TestRow:
    stage = stage_of(test, now=now)
    return TestRow(
        address=f"{test.public_id}/",
        name=test.name,
        folded=_folded(test.name),
        stage=stage,
        opens_at=test.opens_at,
        ends_at=test.ends_at,
        opens=when(test.opens_at),
        ends=when(test.ends_at),
        taken=people,
        places=_("Demo test") if test.is_demo else f"{people} / {MAX_CANDIDATES}",
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
