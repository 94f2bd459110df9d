"""What the page shows that asks before the end of a test is moved."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from candidates.models import Test
from candidates.timing import effective_end

MUCH_LATER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Group:
    """Candidates with the same extra time (minutes), and when they end at the latest, now and then (UTC)."""

    extra: int
    count: int
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class NewEnd:
    """What another end means for everybody."""

    ends_at: datetime
    groups: tuple[Group, ...]
    writing: int  # have started, and time left now
    over: int  # of these, those who have none left with the new end
    again: int  # whose time is over now, who did not submit, and who can write again
    now: bool  # the new end does not lie ahead
    much_later: bool

    @property
    def one_day(self) -> bool:
        """Say whether all ends lie on one day, so that clock times are enough."""
        ends = {end for group in self.groups for end in (group.before, group.after)}
        return len({timezone.localtime(end).date() for end in ends}) <= 1


def new_end(test: Test, ends_at: datetime) -> NewEnd:
    """Return what moving the end of a test that has one to another (UTC) means, in one query."""
    old, now = test.window[1], timezone.now()

    def end(from_end: datetime, extra: int, started_at: datetime | None = None) -> datetime:
        return effective_end(
            test_ends_at=from_end,
            duration_minutes=test.duration_minutes,
            started_at=started_at,
            extra_minutes=extra,
        )

    places = (
        test.candidates.all().people().values_list("extra_minutes", "incident_minutes", "started_at", "submitted_at")
    )
    counts: Counter[int] = Counter()
    moves: Counter[tuple[bool, bool]] = Counter()
    for planned, incident, started_at, submitted_at in places:
        extra = planned + incident
        counts[extra] += 1
        if started_at is not None and submitted_at is None:
            moves[end(old, extra, started_at) > now, end(ends_at, extra, started_at) > now] += 1
    return NewEnd(
        ends_at=ends_at,
        groups=tuple(Group(extra, n, end(old, extra), end(ends_at, extra)) for extra, n in sorted(counts.items())),
        writing=moves[True, True] + moves[True, False],
        over=moves[True, False],
        again=moves[False, True],
        now=ends_at <= now,
        much_later=ends_at - old > MUCH_LATER,
    )
