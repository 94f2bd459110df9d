"""Everybody on a test as the door sees them: one query, found and ordered in Python, and once more by the phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone

from candidates.access import known_locations
from candidates.models import Candidate, IdCheck, Location, Presence, Test
from candidates.models.candidates import MADE_HERE
from candidates.pages.door.lines import COLUMNS, DoorLine, Stored, Words, who_of
from candidates.pages.shared.finding import Sought, Who, fold_words
from candidates.text import place_key

MAX_SHOWN = 25  # of those who match: more letters make it shorter


@dataclass(frozen=True)
class Door:
    """A door: everybody on the test, and those of its rooms; `rooms` are empty for a test without any."""

    test: Test
    rooms: tuple[Location, ...]
    lines: list[DoorLine]
    names: bool

    @cached_property
    def here(self) -> list[DoorLine]:
        """Return who belongs to this door, without those who have no room."""
        return [line for line in self.lines if line.is_here]

    @cached_property
    def present(self) -> int:
        """Return how many are present."""
        return sum(line.presence == Presence.PRESENT for line in self.here)

    @cached_property
    def missing(self) -> list[DoorLine]:
        """Return who is not here yet."""
        return [line for line in self.here if line.presence != Presence.PRESENT]

    @cached_property
    def unsaid(self) -> list[DoorLine]:
        """Return of whom nobody has said anything, and who has not begun: whom one press marks absent."""
        return [line for line in self.here if line.presence == Presence.NOT_SET and line.stored.started_at is None]

    @cached_property
    def writing(self) -> list[DoorLine]:
        """Return who has begun and is not marked: they are here, and somebody has not said so."""
        return [line for line in self.missing if line.stored.started_at is not None]

    @cached_property
    def unchecked(self) -> list[DoorLine]:
        """Return who is present without a checked ID."""
        return [line for line in self.here if line.presence == Presence.PRESENT and line.id_check != IdCheck.VERIFIED]

    def find(self, typed: str) -> list[DoorLine]:
        """Return who matches, this door first; where names are hidden, others by their whole Candidate ID alone."""
        sought = Sought.of(typed)
        found = []
        for line, match in zip(self.lines, sought.matches([who_of(line) for line in self.lines]), strict=True):
            if match is not None and (line.is_here or line.may_mark or self.names or line.stored.key == sought.key):
                found.append((match.rank, not line.is_here, line.stored.sort_key, line))
        exact = [one for one in found if one[0] == 0]
        return [line for *_order, line in sorted(exact or found, key=lambda one: (one[1], *one[:1], one[2]))]

    def data(self) -> list[dict[str, Any]]:
        """Return what a phone keeps of everybody; what its search looks into is folded in one, see fold_words."""
        # without the user names of other doors: half of a login is nothing to carry about
        known = [who_of(line) for line in self.lines]
        people = [who[:-1] if line.may_mark else (*who[:-2], "") for line, who in zip(self.lines, known, strict=True)]
        folded = fold_words("\n".join(text.replace("\n", " ") for who in people for text in who)).split("\n")
        fields = len(Who._fields) - 1
        return [
            {**line.data(who), "find": "\n".join(folded[place * fields : (place + 1) * fields])}
            for place, (line, who) in enumerate(zip(self.lines, known, strict=True))
        ]

    def one(self, public_id: str) -> DoorLine | None:
        """Return a candidate of the test."""
        return next((line for line in self.lines if line.public_id == public_id), None)


def door_of(test: Test, *, rooms: tuple[Location, ...], bound: Sequence[Location], names: bool, logins: bool) -> Door:
    """Return a door: for no rooms it is that of everybody. `bound` are the rooms whose candidates may be marked.

    `names` says whether names may be seen, `logins` whether logins may be shown now.
    """
    now = timezone.now()
    here, mine = {room.pk for room in rooms}, {room.pk for room in bound}
    people = test.candidates.all().people()
    rows = [Stored._make(row) for row in people.values_list(*COLUMNS).order_by("sort_key", "candidate_key")]
    made_here = set(people.filter(MADE_HERE).values_list("public_id", flat=True)) if logins else set()
    words = Words.of({row.authentication_type for row in rows})
    lines = [
        DoorLine(
            stored=row,
            test=test,
            now=now,
            is_here=not here or row.location_id in here,
            may_mark=not mine or row.location_id is None or row.location_id in mine,
            names=names,
            has_login=logins and (_has_slip(row) or row.public_id in made_here),
            words=words,
        )
        for row in rows
    ]
    return Door(test, rooms, lines, names)


def rooms_on(test: Test) -> list[Location]:
    """Return the rooms of a test in order."""
    found = known_locations().filter(pk__in=test.candidates.order_by().values("location"))
    return sorted(found, key=lambda room: place_key(room.building, room.room))


def _has_slip(row: Stored) -> bool:
    return row.kind == Candidate.Kind.ONE_TIME or row.one_time_login_id is not None
