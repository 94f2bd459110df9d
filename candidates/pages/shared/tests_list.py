"""The tests that somebody may watch or grade, as their first pages list them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from candidates.models import Test
from candidates.text import natural_key
from candidates.timing import Stage, stage_of

RANKS = {Stage.ACTIVE: 0, Stage.SCHEDULED: 1, Stage.CREATED: 2, Stage.FINISHED: 3}


@dataclass(frozen=True, slots=True)
class ListedTest:
    """One test of a list. Times are UTC."""

    __test__ = False

    public_id: str
    name: str
    stage: Stage
    opens_at: datetime | None
    ends_at: datetime | None


def listed_tests(tests: Iterable[Test], *, now: datetime) -> list[ListedTest]:
    """Return the tests, running ones first, then what is ahead by its opening, then what is over, newest first."""
    lines = [
        ListedTest(test.public_id, test.name, stage_of(test, now=now), test.opens_at, test.ends_at) for test in tests
    ]

    def order(line: ListedTest) -> tuple[int, float, tuple[str, str]]:
        opens = line.opens_at.timestamp() if line.opens_at else float("inf")
        over = line.stage == Stage.FINISHED
        return (RANKS[line.stage], -opens if over else opens, natural_key(line.name))

    return sorted(lines, key=order)
