"""What a list says about rooms is compared with what is known of them: too full, shared, removed, renamed, new."""

import pytest

from candidates.intake.importing import NotAdded
from candidates.lifecycle.rooms import Room, change_room
from candidates.models import Candidate, Location, Test, User
from tests.factories import add, make_test
from tests.intake.lists import complete, confirmed, waiting
from tests.intake.test_notices import notices

pytestmark = pytest.mark.django_db
V101 = ("Vesthall", "V101")
HEAD = "Candidate ID,Building,Room,Seat\n"


@pytest.fixture
def room(db: None) -> Location:
    return Location.objects.create(building="Vesthall", room="V101", capacity=3)


def told(draft) -> list[tuple[int, str, str]]:
    return [(one.row, one.cell, one.message) for one in notices(draft, "rooms")]


def test_a_room_that_would_be_too_full_is_pointed_out_with_who_else_is_there(
    room: Location, exam: Test, planner: User
) -> None:
    add(exam, planner, "0001", "0002", location=V101)
    fits = waiting(exam, planner, f"{HEAD}0003,Vesthall,V101,\n")
    assert told(fits) == []
    over = waiting(exam, planner, f"{HEAD}0003,,,\n0004,Vesthall,V101,\n0005,Vesthall,V101,\n")
    assert told(over) == [(3, "Vesthall V101", "4 candidates for 3 seats.")]
    add(make_test(planner=planner, name="PHY1010 Physics"), planner, "0001", location=V101)
    said = "4 candidates for 3 seats, with PHY1010 at the same time."
    assert told(fits) == [(2, "Vesthall V101", said)]
    Location.objects.update(capacity=9)
    assert told(fits) == [(2, "Vesthall V101", "PHY1010 at the same time: 4 of 9 seats would be taken.")]


def test_who_leaves_the_room_makes_place_in_it(room: Location, exam: Test, planner: User) -> None:
    add(exam, planner, "0001", "0002", "0003", location=V101)
    Location.objects.create(building="Vesthall", room="V102", capacity=1)
    moves = f"{HEAD}0001,Vesthall,V102,\n0004,Vesthall,V101,\n"
    assert told(waiting(exam, planner, moves)) == []
    # a complete list leaves those out who would be removed
    draft = complete(waiting(exam, planner, f"{HEAD}0004,Vesthall,V101,\n0005,Vesthall,V101,\n"))
    assert told(draft) == []


def test_a_former_name_is_read_as_the_room_with_its_seats(room: Location, exam: Test, planner: User) -> None:
    change_room(location=room, old=Room.of(room), new=Room("Vesthall", "V1-01", 3), by=planner)
    Candidate.objects.filter(pk=add(exam, planner, "0001", location=V101)[0].pk).update(seat="1")
    draft = waiting(exam, planner, f"{HEAD}0002,Vesthall,V101,2\n")
    assert told(draft) == [(2, "Vesthall V101", "It is called Vesthall V1-01 now, and that room is meant.")]
    confirmed(draft, planner)
    assert set(Candidate.objects.values_list("location", "seat")) == {(room.pk, "1"), (room.pk, "2")}
    taken = waiting(exam, planner, f"{HEAD}0003,Vesthall,V101,1\n")
    assert notices(taken, "rooms")
    with pytest.raises(NotAdded):
        confirmed(taken, planner)
    assert Candidate.objects.count() == 2


def test_a_removed_room_and_a_new_name_are_pointed_out(room: Location, exam: Test, planner: User) -> None:
    text = f"{HEAD}0001,Vesthall,V101,\n0002,Kai 4,K401,\n0003,Kai 4,K401,\n"
    Location.objects.update(is_active=False)
    assert told(waiting(exam, planner, text)) == [
        (2, "Vesthall V101", "It was removed from the rooms: nobody is offered it any more."),
        (3, "Kai 4 K401", "No room is called so yet. It would be a new one, without a capacity."),
    ]
    # where nobody keeps rooms with seats, every name is a new one
    Location.objects.all().delete()
    assert told(waiting(exam, planner, text)) == []
