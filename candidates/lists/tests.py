"""What the list of tests shows."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from candidates.access import tests_of
from candidates.lifecycle.stages import Stage, stage_of
from candidates.models import Contributor, Test, User
from candidates.models.tests import MAX_CANDIDATES

NEWEST_FIRST = "-opens"
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TestRow:
    """One test on the list; `address` is relative to the list's own."""

    __test__ = False

    address: str
    name: str
    stage: Stage
    opens_at: datetime | None
    ends_at: datetime | None
    candidates: int
    is_demo: bool
    limit: int = MAX_CANDIDATES


@dataclass(frozen=True, slots=True)
class TestList:
    """The tests that a search found, and how many there are without it."""

    __test__ = False

    rows: tuple[TestRow, ...]
    total: int
    sort: str


# allow-list of what may stand in `sort` (traps.md J6); tests without times come last in both directions
ORDERS: dict[str, Callable[[TestRow, datetime], Any]] = {
    "name": lambda row, _far: row.name.casefold(),
    "status": lambda row, _far: list(Stage).index(row.stage),
    "opens": lambda row, far: row.opens_at or far,
    "ends": lambda row, far: row.ends_at or far,
    "candidates": lambda row, _far: row.candidates,
}


def planned_tests(user: User, *, search: str = "", sort: str = NEWEST_FIRST) -> TestList:
    """Return the tests that the person plans whose name holds every word of the search, in one query.

    Words are compared folded and here, not in the database: SQLite's LIKE knows no upper and lower case beyond ASCII.
    """
    now = timezone.now()
    every = [_row(test, now) for test in tests_of(user, Contributor.Role.PLANNER).with_longest_extra()]
    words = _folded(search).split()
    found = [row for row in every if all(word in _folded(row.name) for word in words)] if words else every
    key, down = sort.removeprefix("-"), sort.startswith("-")
    if key not in ORDERS:
        key, down, sort = "opens", True, NEWEST_FIRST
    far = EARLIEST if down else LATEST
    found.sort(key=lambda row: row.name.casefold())
    found.sort(key=lambda row: ORDERS[key](row, far), reverse=down)
    return TestList(tuple(found), len(every), sort)


def _row(test: Test, now: datetime) -> TestRow:
    return TestRow(
        address=f"{test.public_id}/",
        name=test.name,
        stage=stage_of(test, now=now),
        opens_at=test.opens_at,
        ends_at=test.ends_at,
        candidates=test.candidate_count,
        is_demo=test.is_demo,
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
