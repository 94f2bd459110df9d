"""Candidates are spread over rooms as the plan says, and go back as one act."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.errors import Conflict, Refused
from candidates.lifecycle.accommodations import change_location
from candidates.lifecycle.merging_rooms import merge_rooms
from candidates.lifecycle.seating import Fill
from candidates.lifecycle.spreading import Order, Who, Wish, spread, spreading_of
from candidates.lifecycle.undo_spreading import last_spread, undo_spread, undoing_of
from candidates.models import AuditEvent, Candidate, Location, SpreadMove, Test, User
from tests.factories import activated, add, make_test

pytestmark = pytest.mark.django_db


def rooms(**capacities: int | None) -> list[Location]:
    """Make rooms of these capacities; those whose names begin with an X are kept for extra time."""
    return [
        Location.objects.create(building="Hall", room=name, capacity=seats, for_extra_time=name.startswith("X"))
        for name, seats in capacities.items()
    ]


def wish(*chosen: Location, **how: object) -> Wish:
    return Wish(rooms=frozenset(room.pk for room in chosen), **how)  # type: ignore[arg-type]


def done(test: Test, how: Wish, by: User):
    return spread(test=test, wish=how, digest=spreading_of(test, how).digest, by=by)


def seats(test: Test) -> dict[str, tuple[str, str]]:
    found = Candidate.objects.of_test(test).order_by("sort_key").select_related("location")
    return {one.candidate_id: (one.location.room if one.location else "", one.seat) for one in found}


@pytest.fixture
def bio(planner: User) -> Test:
    """Six candidates, of whom two have extra time."""
    test = make_test(planner=planner)
    add(test, planner, *(f"000{n}" for n in range(1, 7)), extra={"0002": 30, "0005": 60})
    return test


def test_everybody_gets_the_room_and_seat_that_was_shown_and_it_is_recorded(bio: Test, planner: User) -> None:
    chosen = rooms(A=2, B=2, X=5)
    one = done(bio, wish(*chosen, order=Order.CANDIDATE_ID, fill=Fill.IN_TURN), planner)
    assert seats(bio) == {
        "0001": ("A", "1"),
        "0002": ("X", "1"),
        "0003": ("A", "2"),
        "0004": ("B", "1"),
        "0005": ("X", "2"),
        "0006": ("B", "2"),
    }
    event = AuditEvent.objects.get(action="candidates_spread")
    assert (event.actor, event.test, event.count, event.detail["rooms"]) == (planner, bio, 6, 3)
    assert event.detail["spread"] == one.public_id
    assert len(event.detail["candidates"]) == 6


def test_the_shuffle_that_was_shown_is_the_one_that_is_done(bio: Test, planner: User) -> None:
    chosen = rooms(A=3, B=3, X=5)
    shown = {seed: spreading_of(bio, wish(*chosen, seed=seed)) for seed in range(6)}
    assert len({one.digest for one in shown.values()}) > 1
    spread(test=bio, wish=wish(*chosen, seed=3), digest=shown[3].digest, by=planner)
    room_of = {seat.sitter: (seat.hall, str(seat.number)) for seat in shown[3].plan.seats}
    assert dict.fromkeys(room_of) == dict.fromkeys(one.pk for one in shown[3].people)
    assert all((one.location_id, one.seat) == room_of[one.pk] for one in Candidate.objects.of_test(bio))


def test_who_has_started_stays_and_keeps_the_seat(bio: Test, planner: User) -> None:
    (a,) = rooms(A=6)
    Candidate.objects.filter(candidate_id="0003").update(started_at=timezone.now(), location=a, seat="2")
    done(bio, wish(a, order=Order.CANDIDATE_ID), planner)
    assert seats(bio) == {
        "0001": ("A", "1"),
        "0002": ("A", "3"),
        "0003": ("A", "2"),
        "0004": ("A", "4"),
        "0005": ("A", "5"),
        "0006": ("A", "6"),
    }


def test_spare_logins_are_not_moved_and_those_that_are_nobody_need_no_seat(bio: Test, planner: User) -> None:
    (a,) = rooms(A=8)
    add(bio, planner, "9001", "9002", location=("Hall", "A"))
    Candidate.objects.filter(candidate_id__in=["9001", "9002"]).update(is_spare=True)
    Candidate.objects.filter(candidate_id="9001").update(given_at=timezone.now())
    found = spreading_of(bio, wish(a))
    assert (len(found.people), found.rooms[0].taken, found.rooms[0].free) == (6, 1, 1)


def test_only_who_has_no_room_is_moved_where_that_is_asked_for(bio: Test, planner: User) -> None:
    a, b = rooms(A=3, B=4)
    Candidate.objects.filter(candidate_id__in=["0001", "0004"]).update(location=a)
    done(bio, wish(a, b, who=Who.WITHOUT_ROOM, order=Order.CANDIDATE_ID, fill=Fill.IN_TURN), planner)
    assert seats(bio)["0001"] == ("A", "")
    assert Counter(room for room, _seat in seats(bio).values()) == {"A": 3, "B": 3}


def test_seats_of_tests_at_the_same_time_are_taken_and_those_before_and_after_are_not(bio: Test, planner: User) -> None:
    (a,) = rooms(A=10)
    for name, opens_in in (("same time", timedelta(days=3, hours=1)), ("after", timedelta(days=3, hours=5))):
        other = make_test(planner=planner, name=name, opens_in=opens_in, window=timedelta(hours=1))
        for one, seat in zip(add(other, planner, "0001", "0002"), ("1", "03"), strict=True):
            Candidate.objects.filter(pk=one.pk).update(location=a, seat=seat)
    found = spreading_of(bio, wish(a, order=Order.CANDIDATE_ID))
    assert [use.test.name for use in found.rooms[0].others] == ["same time"]
    assert (found.rooms[0].taken, found.rooms[0].free) == (2, 2)
    assert [seat.number for seat in found.plan.seats] == [2, 4, 5, 6, 7, 8]


def test_the_longest_extra_time_makes_tests_meet(bio: Test, planner: User) -> None:
    (a,) = rooms(A=10)
    # ours ends after four hours, and one hour later for the longest extra time
    other = make_test(planner=planner, name="next", opens_in=timedelta(days=3, hours=4, minutes=45))
    Candidate.objects.filter(pk=add(other, planner, "0001")[0].pk).update(location=a)
    assert spreading_of(bio, wish(a)).rooms[0].taken == 1
    Candidate.objects.filter(candidate_id="0005").update(extra_minutes=30)
    assert spreading_of(bio, wish(a)).rooms[0].taken == 0


def test_where_seats_are_missing_nobody_is_moved(bio: Test, planner: User) -> None:
    a, _b, nobody_knows = rooms(A=5, B=9, C=None)
    for how in (wish(a), wish(nobody_knows), wish()):
        with pytest.raises(Refused, match="Tick more rooms"):
            done(bio, how, planner)
    assert set(seats(bio).values()) == {("", "")}


def test_another_plan_than_the_one_that_was_shown_is_not_carried_out(bio: Test, planner: User) -> None:
    (a,) = rooms(A=10)
    shown = spreading_of(bio, wish(a)).digest
    add(bio, planner, "0007")
    with pytest.raises(Conflict, match="Look at the table again"):
        spread(test=bio, wish=wish(a), digest=shown, by=planner)
    assert set(seats(bio).values()) == {("", "")}


def test_a_printed_slip_is_out_of_date_only_where_the_room_changes(bio: Test, planner: User) -> None:
    (a,) = rooms(A=10)
    Candidate.objects.of_test(bio).update(slip_printed_version=1)
    Candidate.objects.filter(candidate_id="0001").update(location=a)
    Candidate.objects.filter(candidate_id="0002").update(slip_printed_version=None)
    done(bio, wish(a), planner)
    versions = dict(Candidate.objects.of_test(bio).values_list("candidate_id", "slip_version"))
    assert versions == {"0001": 1, "0002": 1, "0003": 2, "0004": 2, "0005": 2, "0006": 2}


# Undo ---------------------------------------------------------------------------------------------------------------


def test_undoing_gives_back_what_everybody_had_and_is_recorded(bio: Test, planner: User, colleague: User) -> None:
    a, b = rooms(A=10, B=10)
    for seat, one in enumerate(["0001", "0002", "0003"], 1):
        Candidate.objects.filter(candidate_id=one).update(location=a, seat=str(seat))
    before = seats(bio)
    one = done(bio, wish(a, b, seed=1), planner)
    assert seats(bio) != before
    undo_spread(one=one, printed=0, by=colleague)
    assert seats(bio) == before
    event = AuditEvent.objects.get(action="spread_undone")
    assert (event.actor, event.test, event.count) == (colleague, bio, SpreadMove.objects.count())
    assert last_spread(bio) is None
    with pytest.raises(Refused, match="undone already"):
        undo_spread(one=one, printed=0, by=planner)


def test_who_was_moved_since_or_has_started_stays_when_it_is_undone(bio: Test, planner: User) -> None:
    (a,) = rooms(A=10)
    one = done(bio, wish(a), planner)
    moved = Candidate.objects.get(candidate_id="0004")
    change_location(test=bio, public_ids=[moved.public_id], building="Hall", room="Z", by=planner)
    Candidate.objects.filter(candidate_id="0006").update(started_at=timezone.now())
    found = undo_spread(one=one, printed=0, by=planner)
    assert (found.kept, found.started) == (("0004",), ("0006",))
    assert [room for room, _seat in seats(bio).values()] == ["", "", "", "Z", "", "A"]


def test_who_finds_somebody_on_the_former_seat_gets_the_room_back_without_it(bio: Test, planner: User) -> None:
    a, b = rooms(A=10, B=10)
    Candidate.objects.filter(candidate_id="0001").update(location=a, seat="A1")
    one = done(bio, wish(b), planner)
    Candidate.objects.filter(pk=add(bio, planner, "0007")[0].pk).update(location=a, seat="a1")
    assert undo_spread(one=one, printed=0, by=planner).without_seat == ("0001",)
    assert seats(bio)["0001"] == ("A", "")


def test_slips_with_the_new_room_are_named_before_it_is_undone(bio: Test, planner: User) -> None:
    (a,) = rooms(A=10)
    activated(bio, planner)
    Candidate.objects.filter(candidate_id="0001").update(slip_printed_version=1)  # says no room
    one = done(bio, wish(a), planner)
    assert undoing_of(one).printed == ()
    Candidate.objects.filter(candidate_id="0001").update(slip_printed_version=2)
    Candidate.objects.filter(candidate_id="0002").update(slip_printed_version=1)
    assert undoing_of(one).printed == ("0001", "0002")
    with pytest.raises(Conflict, match="More slips were printed"):
        undo_spread(one=one, printed=1, by=planner)
    undo_spread(one=one, printed=2, by=planner)
    versions = dict(Candidate.objects.of_test(bio).values_list("candidate_id", "slip_version"))
    assert (versions["0001"], versions["0002"], versions["0003"]) == (3, 2, 1)


def test_of_two_spreadings_the_later_one_is_undone_first(bio: Test, planner: User) -> None:
    a, b = rooms(A=10, B=10)
    first, second = done(bio, wish(a), planner), done(bio, wish(b), planner)
    with pytest.raises(Conflict, match="Undo that one first"):
        undo_spread(one=first, printed=0, by=planner)
    undo_spread(one=second, printed=0, by=planner)
    assert {room for room, _seat in seats(bio).values()} == {"A"}
    undo_spread(one=first, printed=0, by=planner)
    assert set(seats(bio).values()) == {("", "")}


def test_two_who_had_one_seat_in_rooms_that_were_merged_since_both_go_back(bio: Test, planner: User) -> None:
    a, b, c = rooms(A=9, B=9, C=9)
    for candidate_id, room in (("0001", a), ("0002", b)):
        Candidate.objects.filter(candidate_id=candidate_id).update(location=room, seat="5")
    one = done(bio, wish(c), planner)
    merge_rooms(source=a, target=b, by=planner)
    found = undo_spread(one=one, printed=0, by=planner)
    assert found.without_seat == ("0002",)
    assert (seats(bio)["0001"], seats(bio)["0002"]) == (("B", "5"), ("B", ""))
