"""Spreading over rooms against everything else that gives somebody a room, and rooms that are merged meanwhile."""

from collections import Counter

import pytest

from candidates.lifecycle.accommodations import change_location
from candidates.lifecycle.merging_rooms import merge_rooms
from candidates.lifecycle.missing import mark_missing_absent
from candidates.lifecycle.seats import give_seat
from candidates.lifecycle.spreading import Wish, spread, spreading_of
from candidates.lifecycle.undo_spreading import undo_spread
from candidates.models import AttendanceMark, Candidate, Location, Spread, SpreadMove, Test, User
from tests.factories import activated, add, add_many, make_test, open_now
from tests.races.acts import act
from tests.races.support import Act, Outcome, Runner

pytestmark = pytest.mark.django_db(transaction=True)
SEATS = 10


def here(function: str, **keywords: object) -> Act:
    return Act(f"{__name__}:{function}", keywords)


def spread_over(test: int, by: int, rooms: list[int], digest: str) -> int:
    """Spread everybody over these rooms, as a page showed it."""
    wish = Wish(rooms=frozenset(rooms))
    return spread(test=Test.objects.get(pk=test), wish=wish, digest=digest, by=User.objects.get(pk=by)).moves.count()


def undo(one: int, by: int) -> int:
    """Take a spreading back."""
    return len(undo_spread(one=Spread.objects.get(pk=one), printed=0, by=User.objects.get(pk=by)).back)


def move(test: int, by: int, public_ids: list[str], room: str) -> int:
    """Move some of them into a room."""
    found, user = Test.objects.get(pk=test), User.objects.get(pk=by)
    return change_location(test=found, public_ids=public_ids, building="", room=room, by=user).count


def seat(candidate: int, by: int, room: int, number: str) -> None:
    """Give somebody a seat at the door."""
    found = Candidate.objects.select_related("test").get(pk=candidate)
    give_seat(candidate=found, seat=number, room=Location.objects.get(pk=room), by=User.objects.get(pk=by))


def merge(source: int, target: int, by: int) -> int:
    """Make one room of two."""
    rooms = Location.objects.in_bulk([source, target])
    return merge_rooms(source=rooms[source], target=rooms[target], by=User.objects.get(pk=by)).people


def missing(test: int, by: int, public_ids: list[str], press: str) -> int:
    """Mark all who are missing absent."""
    found, user = Test.objects.get(pk=test), User.objects.get(pk=by)
    return mark_missing_absent(test=found, public_ids=public_ids, press=press, by=user, rooms=())


def halls(*names: str, capacity: int = SEATS) -> list[Location]:
    return [Location.objects.create(room=name, capacity=capacity) for name in names]


def spreading(test: Test, by: User, rooms: list[Location]) -> Act:
    """A spreading as the page shows it now."""
    keys = [room.pk for room in rooms]
    digest = spreading_of(test, Wish(rooms=frozenset(keys))).digest
    return here("spread_over", test=test.pk, by=by.pk, rooms=keys, digest=digest)


def refused_politely(*outcomes: Outcome) -> bool:
    """Say whether nothing went wrong that a page does not say."""
    return {one.error for one in outcomes} <= {"", "Refused", "Conflict"}


def doubled() -> list[tuple[object, ...]]:
    """Return each seat of a test that is two people's."""
    rows = Candidate.objects.exclude(seat="").order_by().values_list("test", "location", "seat")
    return [place for place, count in Counter(rows).items() if count > 1]


def overfull() -> list[str]:
    """Return the rooms in which more sit than there are seats."""
    sitting = Counter(Candidate.objects.exclude(location=None).order_by().values_list("location", flat=True))
    return [str(room) for room in Location.objects.in_bulk(list(sitting)).values() if sitting[room.pk] > SEATS]


def test_of_4_who_spread_one_test_at_once_one_does(exam: Test, planner: User, runner: Runner) -> None:
    add_many(exam, planner, 20)
    outcomes = runner.race(*[spreading(exam, planner, halls("A", "B"))] * 4)
    assert refused_politely(*outcomes)
    assert sorted(one.value or 0 for one in outcomes) == [0, 0, 0, 20]
    assert (Spread.objects.count(), SpreadMove.objects.count()) == (1, 20)
    assert (doubled(), overfull()) == ([], [])


def test_two_tests_that_are_spread_over_the_same_rooms_share_their_seats(
    exam: Test, planner: User, runner: Runner
) -> None:
    other = make_test(planner=planner, name="PHY1010")
    for test in (exam, other):
        add_many(test, planner, 10)
    rooms = halls("A", "B")
    outcomes = runner.race(*(spreading(test, planner, rooms) for test in (exam, other)))
    assert refused_politely(*outcomes)
    assert sum(one.done for one in outcomes) == 1  # the second sees other seats than its page has shown
    again = [test for test, one in zip((exam, other), outcomes, strict=True) if not one.done]
    assert runner.race(*(spreading(test, planner, rooms) for test in again))[0].done
    assert (doubled(), overfull()) == ([], [])
    assert not Candidate.objects.filter(location=None).exists()


@pytest.mark.parametrize("beside", ["move", "seat", "remove", "activate", "undo", "start"])
def test_who_is_spread_while_something_else_happens_to_them_sits_on_one_seat(
    exam: Test, planner: User, runner: Runner, beside: str
) -> None:
    add_many(exam, planner, 16)
    rooms, exam = halls("A", "B"), Test.objects.get(pk=exam.pk)
    other = Location.objects.create(room="C")
    everybody = list(Candidate.objects.of_test(exam))
    some = [one.public_id for one in everybody[:4]]
    if beside == "undo":
        runner.race(spreading(exam, planner, rooms))
        second = here("undo", one=Spread.objects.get().pk, by=planner.pk)
        rooms = [*rooms, *halls("D")]
    elif beside == "start":
        open_now(activated(exam, planner))
        second = act("start_test", candidate=everybody[0].pk)
    elif beside == "activate":
        second = act("activate_test", test=exam.pk, by=planner.pk)
    elif beside == "seat":
        second = here("seat", candidate=everybody[0].pk, by=planner.pk, room=rooms[0].pk, number="1")
    elif beside == "move":
        second = here("move", test=exam.pk, by=planner.pk, public_ids=some, room=other.room)
    else:
        second = act("remove", test=exam.pk, by=planner.pk, public_ids=some)
    spread_first = spreading(exam, planner, rooms)
    outcomes = runner.race(spread_first, second)
    assert refused_politely(*outcomes)
    assert any(one.done for one in outcomes)
    exam.refresh_from_db()
    left = Candidate.objects.of_test(exam)
    assert exam.candidate_count == left.count() == (12 if beside == "remove" and outcomes[1].done else 16)
    assert (doubled(), overfull()) == ([], [])
    if outcomes[0].done and beside not in ("undo", "move"):
        assert not left.filter(location=None).exists()
        assert set(left.values_list("location", flat=True)) <= {room.pk for room in rooms}


@pytest.mark.parametrize("beside", ["spread", "move", "seat"])
@pytest.mark.parametrize("turn", range(2))
def test_nobody_is_left_in_a_room_that_was_merged_meanwhile(
    exam: Test, planner: User, runner: Runner, beside: str, turn: int
) -> None:
    add_many(exam, planner, 10)
    (source, target) = halls("A", "B")
    everybody = list(Candidate.objects.of_test(exam))
    acts = {
        "spread": spreading(exam, planner, [source]),
        "move": here("move", test=exam.pk, by=planner.pk, public_ids=[one.public_id for one in everybody], room="A"),
        "seat": here("seat", candidate=everybody[0].pk, by=planner.pk, room=source.pk, number="1"),
    }
    pair = [here("merge", source=source.pk, target=target.pk, by=planner.pk), acts[beside]]
    outcomes = runner.race(*(pair if turn else pair[::-1]))
    merged = outcomes[0 if turn else 1]
    assert refused_politely(*outcomes)
    assert merged.done
    assert not Candidate.objects.filter(location=source).exists()
    assert doubled() == []


def test_two_who_mark_everybody_absent_at_once_mark_each_once(exam: Test, planner: User, runner: Runner) -> None:
    people = [one.public_id for one in add(exam, planner, *(f"{number:04}" for number in range(1, 9)))]
    open_now(activated(exam, planner))
    sent = {"test": exam.pk, "by": planner.pk}
    presses = [here("missing", **sent, public_ids=people, press=f"press-{n % 3}") for n in range(4)]
    outcomes = runner.race(*presses)
    assert [one.error for one in outcomes] == [""] * 4
    assert AttendanceMark.objects.count() == 8
    assert AttendanceMark.objects.values("press").distinct().count() == 1
