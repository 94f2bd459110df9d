"""Spread candidates over rooms, first to be looked at, then as one act."""

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from django.db import connection
from django.db import transaction as database
from django.utils.translation import gettext as _

from candidates import audit
from candidates.candidate_ids import candidate_key
from candidates.errors import Conflict, Refused
from candidates.lifecycle.room_use import Use, by_room, most_at_once, uses_beside
from candidates.lifecycle.seating import Fill, Hall, Plan, Seat, Sitter, plan_seats
from candidates.models import Candidate, Location, Spread, SpreadMove, Test, User
from candidates.text import natural_key, place_key
from candidates.timing import Stage, stage_of

MAX_SEED = 10**9


class Who(StrEnum):
    """Who is to get a room."""

    ALL = "all"
    WITHOUT_ROOM = "without"


class Order(StrEnum):
    """In which order people take their seats."""

    SHUFFLED = "shuffle"
    CANDIDATE_ID = "id"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Wish:
    """How to spread; `rooms` are the keys of the rooms to be used, and `seed` makes the same shuffle again."""

    rooms: frozenset[int]
    who: Who = Who.ALL
    order: Order = Order.SHUFFLED
    fill: Fill = Fill.EVENLY
    own_rooms: bool = True
    numbered: bool = True
    seed: int = 0


class Person(NamedTuple):
    """One candidate as far as seats go, in the order of COLUMNS."""

    pk: int
    public_id: str
    candidate_id: str
    sort_key: str
    name: str
    extra_minutes: int
    location: int | None
    seat: str
    started_at: datetime | None
    is_spare: bool
    slip_version: int
    printed_version: int | None


COLUMNS = (
    *("pk", "public_id", "candidate_id", "sort_key", "name", "extra_minutes", "location", "seat", "started_at"),
    *("is_spare", "slip_version", "slip_printed_version"),
)


@dataclass(frozen=True)
class RoomShare:
    """One room of a spreading: who else is there, and who would be.

    `staying` are candidates of this test who keep their seats here, and `others` the other tests that use the room at
    the same time.
    """

    location: Location
    is_used: bool
    taken: int
    staying: int
    others: tuple[Use, ...]
    seats: tuple[Seat, ...]
    extra: int

    @property
    def free(self) -> int:
        """Return how many seats nobody would sit on."""
        return max(0, (self.location.capacity or 0) - self.taken - len(self.seats))


@dataclass(frozen=True)
class Spreading:
    """What spreading would do.

    `people` are to be moved; `movable` is how many have not started, `without_room` how many of these have no room.
    """

    wish: Wish
    rooms: tuple[RoomShare, ...]
    people: tuple[Person, ...]
    started: int
    movable: int
    without_room: int
    opens_at: datetime | None
    plan: Plan

    @cached_property
    def digest(self) -> str:
        """Return what the plan is known by: whoever confirms it means this one and no other."""
        found = hashlib.sha256()
        for seat in sorted(self.plan.seats, key=lambda one: one.sitter):
            found.update(f"{seat.sitter} {seat.hall} {seat.number};".encode())
        return found.hexdigest()[:32]

    @cached_property
    def moves(self) -> tuple[tuple[Person, Seat], ...]:
        """Return who gets another room or seat than they have."""
        seat_of = {seat.sitter: seat for seat in self.plan.seats}
        found = ((person, seat_of[person.pk]) for person in self.people if person.pk in seat_of)
        return tuple(
            (person, seat)
            for person, seat in found
            if (person.location, person.seat) != (seat.hall, new_seat(person, seat))
        )


def new_seat(person: Person, seat: Seat) -> str:
    """Return the number of the seat; without one, whoever stays in the room keeps what they had there."""
    if seat.number is not None:
        return str(seat.number)
    return person.seat if person.location == seat.hall else ""


def spreading_of(test: Test, wish: Wish) -> Spreading:
    """Return what spreading would do now; a few queries, whatever the number of candidates."""
    # a spare login that is nobody yet needs no seat, and whoever has got one sits in the hall already
    rows = Candidate.objects.of_test(test).people().order_by("sort_key", "pk").values_list(*COLUMNS)
    everybody = [Person(*row) for row in rows]
    movable = [person for person in everybody if person.started_at is None and not person.is_spare]
    chosen = [person for person in movable if wish.who is Who.ALL or person.location is None]
    chosen = _in_order(chosen, wish)
    moving = {person.pk for person in chosen}
    staying: dict[int, list[str]] = {}
    for person in everybody:
        if person.location is not None and person.pk not in moving:
            staying.setdefault(person.location, []).append(person.seat)
    locations = sorted(
        Location.objects.in_use(), key=lambda one: (one.for_extra_time, place_key(one.building, one.room))
    )
    others = by_room(uses_beside(test))
    named = _seats_of_others(others)
    halls = {one.pk: _hall(one, staying.get(one.pk, ()), others.get(one.pk, ()), named) for one in locations}
    used = [halls[one.pk] for one in locations if one.pk in wish.rooms and one.capacity is not None]
    sitters = [Sitter(person.pk, has_extra_time=person.extra_minutes > 0) for person in chosen]
    plan = plan_seats(sitters, used, fill=wish.fill, own_rooms=wish.own_rooms, numbered=wish.numbered)
    seated: dict[int, list[Seat]] = {}
    for seat in plan.seats:
        seated.setdefault(seat.hall, []).append(seat)
    extra = {person.pk for person in chosen if person.extra_minutes}
    shares = tuple(
        RoomShare(
            location=one,
            is_used=one.pk in wish.rooms and one.capacity is not None,
            taken=halls[one.pk].taken,
            staying=len(staying.get(one.pk, ())),
            others=tuple(others.get(one.pk, ())),
            seats=tuple(seated.get(one.pk, ())),
            extra=sum(seat.sitter in extra for seat in seated.get(one.pk, ())),
        )
        for one in locations
    )
    started = sum(person.started_at is not None for person in everybody)
    return Spreading(
        wish=wish,
        rooms=shares,
        people=tuple(chosen),
        started=started,
        movable=len(movable),
        without_room=sum(person.location is None for person in movable),
        opens_at=test.opens_at,
        plan=plan,
    )


def spread(*, test: Test, wish: Wish, digest: str, by: User) -> Spread:
    """Give everybody the room and seat of the plan with this digest, and keep what they had.

    Raises Conflict where the plan would be another one now, and Refused where somebody would have no seat, nobody would
    move, or the test is Finished. Who has started stays.
    """
    with database.atomic():
        # The test, then its candidates: nobody is added, moved or starts meanwhile. Then the rooms: of two tests that
        # are spread over the same rooms at once the second sees the seats that the first has taken.
        locked = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if stage_of(locked) == Stage.FINISHED:
            raise Refused(_("The test has ended, so its candidates stay where they are. Nobody was moved."))
        lock_candidates(locked)
        list(Location.objects.in_use().order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
        found = spreading_of(locked, wish)
        if found.plan.left:
            raise Refused(_("Not everybody has a seat. Tick more rooms. Nobody was moved."))
        if found.digest != digest:
            raise Conflict(
                _("Candidates or rooms were changed meanwhile. Nobody was moved. Look at the table again: it is new.")
            )
        if not found.moves:
            raise Refused(_("Everybody sits there already. Nobody was moved."))
        done = Spread.objects.create(test=locked, by=by)
        moves = [
            SpreadMove(
                spread=done,
                candidate_id=person.pk,
                old_location_id=person.location,
                old_seat=person.seat,
                new_location_id=seat.hall,
                new_seat=new_seat(person, seat),
                slip_version=person.slip_version + _new_slip(person, seat.hall),
            )
            for person, seat in found.moves
        ]
        SpreadMove.objects.bulk_create(moves)
        write_places(
            {one.candidate_id: (one.new_location_id, one.new_seat) for one in moves}, [p for p, _seat in found.moves]
        )
        audit.record(
            audit.Action.CANDIDATES_SPREAD,
            by=by,
            test=locked,
            count=len(moves),
            detail={
                "spread": done.public_id,
                "candidates": [person.public_id for person, _seat in found.moves],
                "rooms": sum(bool(room.seats) for room in found.rooms),
            },
        )
    return done


def lock_candidates(test: Test) -> None:
    rows = Candidate.objects.of_test(test).order_by("pk").select_for_update(no_key=True)
    list(rows.values_list("pk", flat=True))


def _in_order(people: Sequence[Person], wish: Wish) -> list[Person]:
    """Return people in the order in which they take their seats; they come by Candidate ID."""
    if wish.order is Order.NAME:
        return sorted(people, key=lambda one: (not one.name, natural_key(one.name)))
    if wish.order is Order.SHUFFLED:
        shuffled = sorted(people, key=lambda one: one.pk)
        random.Random(wish.seed).shuffle(shuffled)  # noqa: S311  who sits beside whom is no secret
        return shuffled
    return list(people)


def _seats_of_others(others: Mapping[int, Sequence[Use]]) -> dict[int, dict[int, list[str]]]:
    """Return the seats that other tests have in rooms at the same time, by room and test; one query."""
    tests = {use.test.pk for uses in others.values() for use in uses}
    if not tests:
        return {}
    found: dict[int, dict[int, list[str]]] = {}
    rows = Candidate.objects.filter(test__in=tests, location__in=list(others)).exclude(seat="").order_by()
    for place, test, seat in rows.values_list("location", "test", "seat"):
        found.setdefault(place, {}).setdefault(test, []).append(seat)
    return found


def _hall(
    location: Location, staying: Sequence[str], others: Sequence[Use], named: Mapping[int, Mapping[int, Sequence[str]]]
) -> Hall:
    """Return a room as the plan sees it.

    Of two other tests that follow each other both keep their numbered seats, since ours is there all the time; of
    people without a number the fullest moment counts.
    """
    seats = named.get(location.pk, {})
    theirs = {candidate_key(seat) for use in others for seat in seats.get(use.test.pk, ())}
    unnumbered = [
        Use(use.location, use.test, use.begins, use.ends, use.count - len(seats.get(use.test.pk, ()))) for use in others
    ]
    taken = len(staying) + max(most_at_once(others), len(theirs) + most_at_once(unnumbered))
    return Hall(
        key=location.pk,
        capacity=location.capacity or 0,
        taken=taken,
        numbers=_numbers([*theirs, *staying]),
        for_extra_time=location.for_extra_time,
    )


def _numbers(seats: Iterable[str]) -> frozenset[int]:
    return frozenset(int(seat) for seat in seats if seat.isascii() and seat.isdecimal())


def _new_slip(person: Person, location: int | None) -> int:
    """Return 1 where a printed slip says another room, else 0."""
    return int(person.printed_version is not None and person.location != location)


def write_places(seats: Mapping[int, tuple[int | None, str]], people: Sequence[Person]) -> None:
    """Store rooms and seats by the key of the candidate; the caller holds the rows of test and candidates."""
    table = Candidate._meta.db_table
    sql = f"UPDATE {table} SET location_id = %s, seat = %s, slip_version = slip_version + %s WHERE id = %s"  # noqa: S608
    # who change seats with each other would be in one for a moment
    Candidate.objects.filter(pk__in=[one.pk for one in people if one.seat]).update(seat="")
    values = [(*seats[one.pk], _new_slip(one, seats[one.pk][0]), one.pk) for one in people]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
