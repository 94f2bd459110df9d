"""The rooms that a list names: what they are called now, and whether they would be too full (D34)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.findings import Already, CandidateRow, Notice, Present
from candidates.intake.headings import BUILDING
from candidates.lifecycle.room_use import Use, by_room, most_at_once, uses_beside
from candidates.lifecycle.seats import Place
from candidates.models import Location, Test
from candidates.text import plural, short_test_name


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms of the installation by (building, room), and who else uses them while the test runs, by key."""

    known: Mapping[Place, Location] = field(default_factory=dict)
    others: Mapping[int, Sequence[Use]] = field(default_factory=dict)

    @classmethod
    def of(cls, test: Test) -> Rooms:
        """Load them: three queries."""
        every = Location.objects.select_related("known_as")
        return cls({(one.building, one.room): one for one in every}, by_room(uses_beside(test)))

    def now(self, place: Place) -> Place:
        """Return what a room is called now, where this is a former name of it."""
        one = self.known.get(place)
        return (one.known_as.building, one.known_as.room) if one is not None and one.known_as else place

    @property
    def are_kept(self) -> bool:
        """Say whether somebody keeps rooms here, so that a new name is worth a word."""
        return any(one.capacity is not None for one in self.known.values())


def room_notices(
    rooms: Rooms,
    *,
    ready: Iterable[CandidateRow],
    already: Sequence[Already],
    on_test: Iterable[Present],
    former: Mapping[Place, int],
    near: Iterable[Place],
) -> list[Notice]:
    """Return a notice for each thing to know of a room that the list names, at its first row.

    `on_test` are those who stay on the test, `already` those of them whom the list moves; `former` are the former names
    in the list, with their first rows, and `near` the names that are pointed out as misspelled.
    """
    sitting = Counter(one.place for one in on_test if any(one.place))
    first: dict[Place, int] = {}
    for moved in already:
        if moved.place != moved.present.place and not moved.present.started:
            sitting[moved.present.place] -= 1
            sitting[moved.place] += 1
        first.setdefault(moved.place, moved.number)
    for row in ready:
        if row.location is not None:
            sitting[row.location] += 1
            first[row.location] = min(row.number, first.get(row.location, row.number))
    found = [
        _notice(
            number, place, _("It is called %(name)s now, and that room is meant.") % {"name": _name(rooms.now(place))}
        )
        for place, number in former.items()
    ]
    misspelled = set(near)
    for place, number in first.items():
        room = rooms.known.get(place)
        if room is not None:
            found += [_notice(number, place, said) for said in _sentences(room, sitting[place], rooms.others)]
        elif any(place) and place not in misspelled and rooms.are_kept:
            found.append(
                _notice(number, place, _("No room is called so yet. It would be a new one, without a capacity."))
            )
    return found


def _sentences(room: Location, count: int, others: Mapping[int, Sequence[Use]]) -> list[str]:
    """Return what is to be said of one room with so many candidates of this test in it."""
    uses = others.get(room.pk, ())
    needed = count + most_at_once(uses)
    words = {
        "who": plural(needed, "candidate"),
        "n": needed,
        "seats": plural(room.capacity or 0, "seat"),
        "tests": ", ".join(dict.fromkeys(short_test_name(use.test.name) for use in uses[:3])),
    }
    said = [] if room.is_active else [_("It was removed from the rooms: nobody is offered it any more.")]
    if room.capacity is not None and needed > room.capacity:
        told = _("%(who)s for %(seats)s, with %(tests)s at the same time.") if uses else _("%(who)s for %(seats)s.")
        said.append(told % words)
    elif uses and room.capacity is not None:
        said.append(_("%(tests)s at the same time: %(n)d of %(seats)s would be taken.") % words)
    elif uses:
        said.append(_("%(tests)s at the same time: %(who)s would sit there.") % words)
    return said


def rooms_heading(count: int) -> str:
    """Return the heading over these notices."""
    return ngettext("%(n)d thing to know about rooms", "%(n)d things to know about rooms", count)


def _notice(row: int, place: Place, message: str) -> Notice:
    return Notice(row, BUILDING, _name(place), message, kind="rooms")


def _name(place: Place) -> str:
    return " ".join(part for part in place if part)
