"""Plan who sits where. Pure: it gets people and rooms in their order, and asks no database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Fill(StrEnum):
    """How the seats of several rooms are taken."""

    EVENLY = "even"
    IN_TURN = "full"


@dataclass(frozen=True, slots=True)
class Hall:
    """A room as the plan sees it; `taken` seats are others' at that time, and `numbers` the seats that these name."""

    key: int
    capacity: int
    taken: int = 0
    numbers: frozenset[int] = frozenset()
    for_extra_time: bool = False

    @property
    def free(self) -> int:
        """Return how many more can sit here."""
        return max(0, self.capacity - self.taken)


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody who is to get a room."""

    key: int
    has_extra_time: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody would sit; `number` is None where seats are not numbered."""

    sitter: int
    hall: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Who would sit where.

    `left` find no seat, and `among_others` have extra time and no seat in a room that is kept for it.
    """

    seats: tuple[Seat, ...]
    left: tuple[Sitter, ...] = ()
    among_others: tuple[Sitter, ...] = ()


def plan_seats(
    sitters: Sequence[Sitter], halls: Sequence[Hall], *, fill: Fill, own_rooms: bool, numbered: bool
) -> Plan:
    """Give each a room, in the order of both; nobody gets a seat that is somebody's, and no room more than it holds.

    With `own_rooms` people with extra time sit in the rooms that are kept for it, and nobody else does. Those whom
    these rooms do not hold sit among the others, and so do all of them where no such room is there.
    """
    kept = [hall for hall in halls if own_rooms and hall.for_extra_time]
    usual = [hall for hall in halls if hall not in kept]
    apart: list[Sitter] = []
    rest: list[Sitter] = []
    room = sum(hall.free for hall in kept)
    for sitter in sitters:
        (apart if sitter.has_extra_time and len(apart) < room else rest).append(sitter)
    held = sum(hall.free for hall in usual)
    placed, left = rest[:held], rest[held:]
    seats = [*_placed(apart, kept, fill, numbered=numbered), *_placed(placed, usual, fill, numbered=numbered)]
    among = tuple(sitter for sitter in placed if sitter.has_extra_time) if kept else ()
    return Plan(tuple(seats), tuple(left), among)


def shares(count: int, halls: Sequence[Hall], fill: Fill) -> list[int]:
    """Return how many sit in each room: of the free seats of each the same part, or one room after the other."""
    free = [hall.free for hall in halls]
    total = sum(free)
    if fill is Fill.IN_TURN:
        found: list[int] = []
        for seats in free:
            found.append(min(seats, count - sum(found)))
        return found
    if not total:
        return [0 for _hall in halls]
    found = [count * seats // total for seats in free]
    # what is left of the whole goes to the rooms that lost most by rounding, in their order
    lost = sorted(range(len(halls)), key=lambda place: (-(count * free[place] % total), place))
    for place in lost[: count - sum(found)]:
        found[place] += 1
    return found


def rooms_needed(count: int, halls: Sequence[Hall]) -> int:
    """Return how many rooms take somebody when they are filled one after the other."""
    return sum(share > 0 for share in shares(count, halls, Fill.IN_TURN))


def _placed(sitters: Sequence[Sitter], halls: Sequence[Hall], fill: Fill, *, numbered: bool) -> Iterator[Seat]:
    people = iter(sitters)
    for hall, count in zip(halls, shares(len(sitters), halls, fill), strict=True):
        numbers = _free_numbers(hall)
        for _turn in range(count):
            yield Seat(next(people).key, hall.key, next(numbers) if numbered else None)


def _free_numbers(hall: Hall) -> Iterator[int]:
    number = 0
    while True:
        number += 1
        if number not in hall.numbers:
            yield number
