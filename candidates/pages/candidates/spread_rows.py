"""What the page of a spreading shows: each room with who else is there, who would be, and the seats."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.lifecycle.room_use import Use
from candidates.lifecycle.seating import Fill, Hall, rooms_needed
from candidates.lifecycle.spreading import RoomShare, Spreading
from candidates.models import Location
from candidates.text import clock, day, plural, short_test_name, when

MAX_OTHERS = 3


@dataclass(frozen=True, slots=True)
class RoomRow:
    """One room; `lines` are sentences about it, each with whether somebody should look."""

    location: Location
    is_ticked: bool
    can_be_used: bool
    taken: int
    candidates: int
    extra: int
    free: int
    seats: str
    lines: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class SpreadPage:
    """Everything that the page shows beside the form."""

    rows: tuple[RoomRow, ...]
    title: str
    caption: str
    all_words: str
    without_words: str
    notes: dict[str, str]
    looks: tuple[str, ...]
    placed: int
    moves: int
    blocked: str
    commit_note: str

    @property
    def totals(self) -> dict[str, int]:
        """Return the sums of the rooms that are used, and the seats of all that could be."""
        used = [row for row in self.rows if row.is_ticked]
        return {
            "capacity": sum(row.location.capacity or 0 for row in used),
            "taken": sum(row.taken for row in used),
            "candidates": sum(row.candidates for row in used),
            "extra": sum(row.extra for row in used),
            "free": sum(row.free for row in used),
        }

    @property
    def ticked(self) -> int:
        """Return how many rooms are ticked."""
        return sum(row.is_ticked for row in self.rows)

    @property
    def usable(self) -> int:
        """Return how many rooms could be."""
        return sum(row.can_be_used for row in self.rows)


def spread_page(found: Spreading) -> SpreadPage:
    """Return the page of a plan; it asks the database nothing."""
    rows = tuple(_row(room, found) for room in found.rooms)
    placed, wanted = len(found.plan.seats), len(found.people)
    title = _("Spread %(who)s over %(rooms)s") % {
        "who": plural(wanted, "candidate"),
        "rooms": plural(sum(room.is_used for room in found.rooms), "room"),
    }
    seats = sum(max(0, (room.location.capacity or 0) - room.taken) for room in found.rooms if room.is_used)
    caption = _("%(seats)s free at that time, for %(who)s. Untick a room to leave it out.") % {
        "seats": _seats_are(seats),
        "who": plural(wanted, "candidate"),
    }
    return SpreadPage(
        rows=rows,
        title=title,
        caption=caption,
        all_words=_all_words(found),
        without_words=_("The %(n)d without a room") % {"n": found.without_room},
        notes=_notes(found),
        looks=tuple(_looks(found)),
        placed=placed,
        moves=len(found.moves),
        blocked=_blocked(found),
        commit_note=_commit_note(found),
    )


def _all_words(found: Spreading) -> str:
    who = plural(found.movable, "candidate")
    if found.started:
        return _("All %(who)s who have not started") % {"who": who}
    return _("All %(who)s") % {"who": who}


def _seats_are(count: int) -> str:
    return ngettext("%(n)d seat is", "%(n)d seats are", count) % {"n": count}


def _row(room: RoomShare, found: Spreading) -> RoomRow:
    name = room.location
    lines = [(_also_used(name, use, found), True) for use in room.others[:MAX_OTHERS]]
    if len(room.others) > MAX_OTHERS:
        more = len(room.others) - MAX_OTHERS
        lines.append((ngettext("and by %(n)d more test", "and by %(n)d more tests", more) % {"n": more}, True))
    capacity = name.capacity
    if capacity is not None and room.taken > capacity:
        words = _("%(who)s sit here at that time already, and there are %(seats)s.")
        lines.append((words % {"who": plural(room.taken, "candidate"), "seats": plural(capacity, "seat")}, True))
    if capacity is None:
        lines.append((_("Nobody has said how many seats it has."), False))
    numbers = [seat.number for seat in room.seats if seat.number is not None]
    return RoomRow(
        location=name,
        is_ticked=room.is_used,
        can_be_used=capacity is not None,
        taken=room.taken,
        candidates=len(room.seats),
        extra=room.extra,
        free=room.free if room.is_used else max(0, (capacity or 0) - room.taken),
        seats=", ".join(ranges(numbers)),
        lines=tuple(lines),
    )


def _also_used(room: Location, use: Use, found: Spreading) -> str:
    """Return "Vesthall V101 is also used by PHY1010 09:00–13:00: 40 seats taken"; another day stands with its date."""
    begins, ends = clock(use.begins), clock(use.ends)
    if found.opens_at is None or day(use.begins) != day(found.opens_at) or day(use.ends) != day(use.begins):
        begins, ends = when(use.begins), when(use.ends)
    words = _("%(room)s is also used by %(test)s %(begins)s–%(ends)s: %(seats)s taken")
    seats = plural(use.count, "seat")
    return words % {
        "room": room,
        "test": short_test_name(use.test.name),
        "begins": begins,
        "ends": ends,
        "seats": seats,
    }


def ranges(numbers: Iterable[int]) -> list[str]:
    """Return numbers as people write them: 1–12, 15, 17–30."""
    ordered = sorted(numbers)
    if not ordered:
        return []
    starts = [ordered[0], *(after for before, after in pairwise(ordered) if after != before + 1)]
    ends = [*(before for before, after in pairwise(ordered) if after != before + 1), ordered[-1]]
    return [str(first) if first == last else f"{first}–{last}" for first, last in zip(starts, ends, strict=True)]


def _notes(found: Spreading) -> dict[str, str]:
    """Return what each way to spread would mean, in half a sentence."""
    own = found.wish.own_rooms
    usual = [room for room in found.rooms if room.is_used and not (own and room.location.for_extra_time)]
    kept = [room for room in found.rooms if room.is_used and room.location.for_extra_time]
    halls = [_hall(room) for room in usual]
    count, free = sum(len(room.seats) for room in usual), sum(hall.free for hall in halls)
    people = sum(person.extra_minutes > 0 for person in found.people)
    kept_words = _("%(rooms)s with %(seats)s, for %(who)s") % {
        "rooms": plural(len(kept), "room"),
        "seats": plural(sum(_hall(room).free for room in kept), "free seat"),
        "who": plural(people, "candidate"),
    }
    needed = rooms_needed(count, halls)
    return {
        Fill.EVENLY.value: _("Every room to %(n)d %%") % {"n": round(100 * count / free)} if free else "",
        Fill.IN_TURN.value: _("There are too few seats")
        if found.plan.left
        else ngettext("%(n)d room would do", "%(n)d rooms would do", needed) % {"n": needed},
        "own": kept_words if kept else _("No ticked room is kept for extra time"),
        "seats": _("From 1 in every room"),
    }


def _hall(room: RoomShare) -> Hall:
    return Hall(room.location.pk, room.location.capacity or 0, room.taken)


def _looks(found: Spreading) -> Iterable[str]:
    """Yield what somebody should look at before pressing the button."""
    among = len(found.plan.among_others)
    if among:
        yield ngettext(
            "%(n)d candidate with extra time finds no seat in the rooms kept for it, and sits among the others.",
            "%(n)d candidates with extra time find no seat in the rooms kept for it, and sit among the others.",
            among,
        ) % {"n": among}
    if found.started:
        yield ngettext(
            "%(n)d candidate has started and stays.", "%(n)d candidates have started and stay.", found.started
        ) % {"n": found.started}


def _blocked(found: Spreading) -> str:
    """Return why the button cannot work, "" where it can."""
    left = len(found.plan.left)
    if not found.people:
        return _("Nobody is to be moved.")
    if left and found.wish.own_rooms and any(room.free for room in found.rooms if room.is_used):
        words = ngettext(
            "%(n)d candidate has no seat. Tick more rooms, or let others into the rooms kept for extra time.",
            "%(n)d candidates have no seat. Tick more rooms, or let others into the rooms kept for extra time.",
            left,
        )
        return words % {"n": left}
    if left:
        words = ngettext(
            "%(n)d candidate has no seat. Tick more rooms.", "%(n)d candidates have no seat. Tick more rooms.", left
        )
        return words % {"n": left}
    return "" if found.moves else _("Everybody sits there already.")


def _commit_note(found: Spreading) -> str:
    have: Sequence[object] = [person for person, _seat in found.moves if person.location is not None]
    undo = _("It can be undone; once a slip with the new room is printed, with a warning.")
    if not have:
        return undo
    words = ngettext(
        "%(n)d has a room already and gets the one shown here.",
        "%(n)d have a room already and get the one shown here.",
        len(have),
    )
    return words % {"n": len(have)} + " " + undo
