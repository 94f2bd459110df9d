"""What the page of rooms shows: each room with its seats, its tests to come, and where they are too many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from candidates.access import rooms_in_order
from candidates.lifecycle.room_use import Use, by_room, most_at_once, together, uses_to_come
from candidates.lifecycle.rooms import renaming_of
from candidates.models import Location
from candidates.text import lately, plural, short_test_name

MAX_NOTES = 3


@dataclass(frozen=True, slots=True)
class RoomLine:
    """One room of the list; `notes` are sentences about it, each with whether somebody must act."""

    location: Location
    tests: int
    next_use: str
    notes: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class RoomsPage:
    """The rooms in use and those that were removed, by building and room."""

    lines: tuple[RoomLine, ...]
    removed: tuple[RoomLine, ...]

    @property
    def facts(self) -> list[dict[str, Any]]:
        """Return how many there are, and how many seats."""
        rooms = [line.location for line in self.lines]
        return [
            {"term": _("Rooms"), "value": len(rooms)},
            {"term": _("Seats"), "value": sum(room.capacity or 0 for room in rooms)},
            {
                "term": _("Seats in extra-time rooms"),
                "value": sum(room.capacity or 0 for room in rooms if room.for_extra_time),
            },
            {"term": _("Without a capacity"), "value": sum(room.capacity is None for room in rooms)},
        ]


def rooms_page() -> RoomsPage:
    """Return the list of rooms; a constant number of queries."""
    uses = by_room(uses_to_come(timezone.now()))
    lines = [_line(room, uses.get(room.pk, [])) for room in rooms_in_order()]
    return RoomsPage(
        tuple(line for line in lines if line.location.is_active),
        tuple(line for line in lines if not line.location.is_active),
    )


def slips_words(location: Location) -> str:
    """Return what a new name of the room does: how many tests it holds for, and how many printed slips it marks."""
    tests, printed = renaming_of(location)
    if not tests:
        return _("A new name holds for the tests that were here as well. Lists with the former name go on meaning it.")
    words = ngettext(
        "A new name holds for the %(n)d test to come as well.",
        "A new name holds for the %(n)d tests to come as well.",
        tests,
    ) % {"n": tests}
    if not printed:
        return words
    return words + " " + _("It marks %(slips)s as changed.") % {"slips": plural(printed, "printed slip")}


def _line(room: Location, uses: Sequence[Use]) -> RoomLine:
    groups = together(uses)
    notes = [note for group in groups if (note := _note(room, group)) is not None]
    more = len(notes) - MAX_NOTES
    if more > 0:
        # first where somebody must act
        notes = sorted(notes, key=lambda note: not note[1])[:MAX_NOTES]
        notes.append((ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}, False))
    if not room.is_active and uses:
        sitting = sum(use.count for use in uses)
        words = _("Removed, and %(who)s of tests to come sit here.") % {"who": plural(sitting, "candidate")}
        notes.insert(0, (words, True))
    return RoomLine(room, len(uses), _next_use(groups), tuple(notes))


def _next_use(groups: Sequence[Sequence[Use]]) -> str:
    if not groups:
        return ""
    first = groups[0][0].begins
    at_once = [use for use in groups[0] if use.begins == first]
    return _("%(tests)s, %(when)s") % {"tests": names_of(at_once), "when": lately(first)}


def _note(room: Location, group: Sequence[Use]) -> tuple[str, bool] | None:
    """Return what is to be said of tests that are here at the same time."""
    most = most_at_once(group)
    is_over = room.capacity is not None and most > room.capacity
    if len(group) < 2 and not is_over:
        return None
    words = {
        "tests": names_of(group),
        "when": lately(_fullest(group)),
        "n": most,
        "seats": plural(room.capacity or 0, "seat"),
        "who": plural(most, "candidate"),
    }
    if is_over and len(group) < 2:
        return _("%(who)s for %(seats)s: %(tests)s, %(when)s") % words, True
    if is_over:
        return _("%(who)s for %(seats)s: %(tests)s at the same time, %(when)s") % words, True
    if room.capacity is None:
        return _("%(tests)s at the same time, %(when)s: %(who)s") % words, False
    return _("%(tests)s at the same time, %(when)s: %(n)d of %(seats)s") % words, False


def _fullest(group: Sequence[Use]) -> datetime:
    """Return when most people are there; that is always when somebody begins."""
    return max(
        (use.begins for use in group),
        key=lambda moment: (sum(one.count for one in group if one.begins <= moment < one.ends), -moment.timestamp()),
    )


def names_of(uses: Sequence[Use]) -> str:
    """Return the tests of some uses in a sentence."""
    names = list(dict.fromkeys(short_test_name(use.test.name) for use in uses))
    return get_text_list(names, pgettext("between the last two of some names", "and"))
