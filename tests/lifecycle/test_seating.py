"""The plan of who sits where, by properties: nobody twice, nobody on somebody's seat, no room fuller than it holds."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from candidates.lifecycle.seating import Fill, Hall, Sitter, plan_seats, shares

MOST = 40
numbers = st.frozensets(st.integers(1, MOST), max_size=12)


@st.composite
def halls(draw: st.DrawFn) -> list[Hall]:
    """Rooms of which some are partly taken, by people with and without numbers."""
    found = []
    for key in range(draw(st.integers(0, 6))):
        named = draw(numbers)
        taken = draw(st.integers(len(named), len(named) + 10))
        found.append(Hall(key, draw(st.integers(1, MOST)), taken, named, draw(st.booleans())))
    return found


people = st.lists(st.booleans(), max_size=120).map(
    lambda extra: [Sitter(key, has_extra_time=one) for key, one in enumerate(extra)]
)
fills = st.sampled_from(Fill)


@given(people, halls(), fills, st.booleans(), st.booleans())
def test_everybody_sits_once_or_is_left_and_no_room_holds_more_than_it_has(sitters, rooms, fill, own, numbered):
    plan = plan_seats(sitters, rooms, fill=fill, own_rooms=own, numbered=numbered)
    placed = [seat.sitter for seat in plan.seats]
    assert sorted([*placed, *(sitter.key for sitter in plan.left)]) == [sitter.key for sitter in sitters]
    by_room = Counter(seat.hall for seat in plan.seats)
    assert all(by_room[room.key] <= room.free for room in rooms)


@given(people, halls(), fills, st.booleans())
def test_nobody_gets_a_seat_that_is_somebody_s_and_none_past_the_capacity(sitters, rooms, fill, own):
    plan = plan_seats(sitters, rooms, fill=fill, own_rooms=own, numbered=True)
    known = {room.key: room for room in rooms}
    assert len({(seat.hall, seat.number) for seat in plan.seats}) == len(plan.seats)
    for seat in plan.seats:
        room = known[seat.hall]
        assert seat.number not in room.numbers
        assert seat.number is not None
        assert 1 <= seat.number <= room.capacity


@given(people, halls(), fills)
def test_rooms_that_are_kept_for_extra_time_hold_nobody_else_and_are_filled_first(sitters, rooms, fill):
    plan = plan_seats(sitters, rooms, fill=fill, own_rooms=True, numbered=True)
    kept = {room.key for room in rooms if room.for_extra_time}
    extra = {sitter.key for sitter in sitters if sitter.has_extra_time}
    inside = {seat.sitter for seat in plan.seats if seat.hall in kept}
    assert inside <= extra
    seats = sum(room.free for room in rooms if room.for_extra_time)
    assert len(inside) == min(seats, len(extra))
    if kept:
        assert {sitter.key for sitter in plan.among_others} == extra - inside - {one.key for one in plan.left}


@given(people, halls(), fills, st.booleans())
def test_somebody_is_left_only_where_no_seat_is_for_them(sitters, rooms, fill, own):
    plan = plan_seats(sitters, rooms, fill=fill, own_rooms=own, numbered=False)
    if plan.left:
        usual = [room for room in rooms if not (own and room.for_extra_time)]
        taken = Counter(seat.hall for seat in plan.seats)
        assert all(taken[room.key] == room.free for room in usual)


@given(st.integers(0, 200), halls())
def test_even_shares_differ_from_the_same_part_of_each_room_by_less_than_one(count, rooms):
    total = sum(room.free for room in rooms)
    count = min(count, total)
    found = shares(count, rooms, Fill.EVENLY)
    assert sum(found) == count
    assert all(abs(share - count * room.free / total) < 1 for share, room in zip(found, rooms, strict=True) if total)


def test_one_room_after_the_other_is_filled_in_the_order_of_the_people():
    rooms = [Hall(1, 2), Hall(2, 5, taken=3, numbers=frozenset({1})), Hall(3, 9)]
    plan = plan_seats([Sitter(key) for key in range(5)], rooms, fill=Fill.IN_TURN, own_rooms=True, numbered=True)
    assert [(one.sitter, one.hall, one.number) for one in plan.seats] == [
        (0, 1, 1),
        (1, 1, 2),
        (2, 2, 2),
        (3, 2, 3),
        (4, 3, 1),
    ]
