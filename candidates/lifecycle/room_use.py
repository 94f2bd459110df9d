"""Which tests use which rooms when, and where more people would sit than there are seats."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, QuerySet

from candidates.models import Candidate, Location, Test
from candidates.models.candidates import MAX_EXTRA_MINUTES
from candidates.text import natural_key, place_key
from candidates.timing import last_end, longest_extra_seconds

MOST_EXTRA = timedelta(minutes=2 * MAX_EXTRA_MINUTES)
"""What planned and incident time can come to together."""


@dataclass(frozen=True, slots=True)
class Use:
    """The candidates of one test in one room, from the opening (UTC) until the last of them ends."""

    location: int
    test: Test
    begins: datetime
    ends: datetime
    count: int

    def meets(self, other: "Use") -> bool:
        """Say whether both are there at the same time; one may begin at the moment when the other ends."""
        return self.begins < other.ends and other.begins < self.ends


def uses_of(tests: "QuerySet[Test]") -> list[Use]:
    """Return who uses which rooms of these tests, the earliest first; two queries."""
    found = {test.pk: test for test in tests.filter(is_demo=False).defer("questions", "information")}
    rows = (
        Candidate.objects.people()
        .filter(test__in=list(found), location__isnull=False)
        .order_by()
        .values_list("location", "test")
        .annotate(count=Count("pk"), extra=Max("extra_seconds"))
    )
    uses = [
        Use(place, found[key], found[key].window[0], found[key].window[1] + timedelta(seconds=extra), count)
        for place, key, count, extra in rows
    ]
    return sorted(uses, key=lambda use: (use.begins, use.ends, natural_key(use.test.name), use.test.pk))


def uses_to_come(now: datetime) -> list[Use]:
    """Return every use of a room that is not over."""
    tests = Test.objects.in_use().filter(ends_at__gt=now - MOST_EXTRA)
    return [use for use in uses_of(tests) if use.ends > now]


def uses_beside(test: Test) -> list[Use]:
    """Return who else uses rooms while this test runs; nothing for a test without times."""
    end = last_end(test, longest_extra_seconds(test))
    if test.opens_at is None or end is None:
        return []
    near = Test.objects.in_use().exclude(pk=test.pk).filter(opens_at__lt=end, ends_at__gt=test.opens_at - MOST_EXTRA)
    return [use for use in uses_of(near) if use.ends > test.opens_at]


def most_at_once(uses: Iterable[Use]) -> int:
    """Return how many people sit there at the fullest moment."""
    moments = [(use.begins, use.count) for use in uses] + [(use.ends, -use.count) for use in uses]
    here = most = 0
    for _moment, change in sorted(moments):  # at one moment those who leave come first
        here += change
        most = max(most, here)
    return most


def together(uses: Sequence[Use]) -> list[list[Use]]:
    """Return the uses of one room in groups that follow each other: in a group each meets another one."""
    groups: list[list[Use]] = []
    end: datetime | None = None
    for use in sorted(uses, key=lambda one: one.begins):
        if end is None or use.begins >= end:
            groups.append([])
            end = use.ends
        groups[-1].append(use)
        end = max(end, use.ends)
    return groups


@dataclass(frozen=True, slots=True)
class RoomLook:
    """One room of a test: how many of its candidates sit there, and who else does at the same time."""

    location: Location
    own: int
    others: tuple[Use, ...]

    @property
    def taken(self) -> int:
        """Return how many people of other tests are there at the fullest moment."""
        return most_at_once(self.others)

    @property
    def needed(self) -> int:
        """Return how many seats all of them need."""
        return self.own + self.taken

    @property
    def is_over(self) -> bool:
        """Say whether there are more people than seats."""
        return self.location.capacity is not None and self.needed > self.location.capacity


def looks_at(test: Test, counts: Mapping[int, int]) -> list[RoomLook]:
    """Return what there is to say about rooms of a test, in order, by how many of its candidates sit in each (key)."""
    if not counts:
        return []
    rooms = sorted(Location.objects.filter(pk__in=counts), key=lambda one: place_key(one.building, one.room))
    others = by_room(uses_beside(test), counts)
    return [RoomLook(room, counts[room.pk], tuple(others.get(room.pk, ()))) for room in rooms]


def by_room(uses: Iterable[Use], wanted: Collection[int] | None = None) -> dict[int, list[Use]]:
    """Return uses by the key of their room."""
    found: dict[int, list[Use]] = {}
    for use in uses:
        if wanted is None or use.location in wanted:
            found.setdefault(use.location, []).append(use)
    return found
