"""The pages of the rooms: what is shown, typed wrongly, renamed, merged and removed."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from candidates.lifecycle.rooms import Room, change_room
from candidates.models import Candidate, Location, User
from tests.factories import add, make_test
from tests.pages.candidates.test_candidates import text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
V101 = ("Vesthall", "V101")


def at(name: str, room: Location | None = None) -> str:
    return reverse(name, args=[room.public_id] if room else [])


def sent(stored: Location, /, **typed: str) -> dict[str, str]:
    """Return what the form of a room sends, with what was typed into it."""
    old = {"building": stored.building, "room": stored.room, "capacity": str(stored.capacity or "")}
    return old | {f"old_{name}": value for name, value in old.items()} | typed


@pytest.fixture
def room(db: None) -> Location:
    return Location.objects.create(building="Vesthall", room="V101", capacity=2)


def test_the_list_shows_seats_tests_to_come_and_where_they_are_too_many(
    room: Location, planner: User, ingrid: Client
) -> None:
    Location.objects.create(room="Aula", capacity=30, for_extra_time=True)
    Location.objects.create(building="Kai 4")
    add(make_test(planner=planner), planner, "0001", "0002", location=V101)
    add(make_test(planner=planner, name="PHY1010 Physics"), planner, "0001", location=V101)
    page = text_of(ingrid.get(at("rooms")))
    assert "Rooms 3 Seats 32 Seats in extra-time rooms 30 Without a capacity 1" in page
    assert "Vesthall V101 2 2 BIO2150 and PHY1010" in page
    assert "3 candidates for 2 seats: BIO2150 and PHY1010 at the same time" in page


def test_the_list_costs_the_same_however_many_rooms_there_are(room: Location, planner: User, ingrid: Client) -> None:
    add(make_test(planner=planner), planner, "0001", location=V101)
    counts = []
    for number in (1, 30):
        Location.objects.bulk_create([Location(room=f"{number}.{n}", capacity=9) for n in range(number)])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert ingrid.get(at("rooms")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_administrators_have_rooms_in_their_navigation(client_of: ClientOf, administrator: User) -> None:
    browser = client_of(administrator)
    assert 'href="/rooms/"' in browser.get("/sso/setups/").text
    assert browser.get(at("rooms")).status_code == 200


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"capacity": "many"}, "Write a whole number of seats from 1 to 9999"),
        ({"capacity": "0"}, "Write a whole number of seats"),
        ({"capacity": "10000"}, "Write a whole number of seats"),
        ({"capacity": "१२"}, "Write a whole number of seats"),
        ({"building": " ", "room": ""}, "Write a building or a room"),
        ({"room": "x" * 101}, "at most 100"),
        ({"room": "V\x00"}, "cannot be stored"),
    ],
)
def test_what_is_typed_wrongly_stays_in_its_field_and_nothing_is_stored(
    room: Location, ingrid: Client, typed: dict[str, str], words: str
) -> None:
    for address, data in ((at("room", room), sent(room, **typed)), (at("room-new"), {"room": "", **typed})):
        response = ingrid.post(address, data)
        assert response.status_code == 422
        assert words in text_of(response)
    assert list(Location.objects.values_list("building", "room", "capacity")) == [("Vesthall", "V101", 2)]


def test_a_room_is_added_and_changed(room: Location, ingrid: Client) -> None:
    response = ingrid.post(at("room-new"), {"building": "Kai  4", "room": "K401", "capacity": "140"}, follow=True)
    assert "Kai 4 K401 is added." in text_of(response)
    data = sent(room, room="V1-01", capacity="44", for_extra_time="on")
    response = ingrid.post(at("room", room), data, follow=True)
    assert "Vesthall V1-01 is changed." in text_of(response)
    room.refresh_from_db()
    assert Room.of(room) == Room("Vesthall", "V1-01", 44, for_extra_time=True)
    assert "Called before: Vesthall V101." in text_of(ingrid.get(at("room", room)))


def test_what_somebody_else_has_changed_meanwhile_is_said_before_it_is_replaced(
    room: Location, colleague: User, ingrid: Client
) -> None:
    shown = sent(room, capacity="50")
    change_room(location=room, old=Room.of(room), new=Room(*V101, 40), by=colleague)
    response = ingrid.post(at("room", room), shown)
    assert response.status_code == 409
    assert "Somebody else changed this room meanwhile" in text_of(response)
    assert 'name="old_capacity" value="40"' in response.text
    ingrid.post(at("room", room), shown | {"old_capacity": "40"})
    room.refresh_from_db()
    assert room.capacity == 50


def test_a_name_that_is_there_leads_to_merging_the_two(room: Location, planner: User, ingrid: Client) -> None:
    other = Location.objects.create(building="Vesthall", room="V 101")
    add(make_test(planner=planner), planner, "0001", location=("Vesthall", "V 101"))
    response = ingrid.post(at("room", other), sent(other, room="V101"))
    assert response.status_code == 409
    merge = f"{at('room-merge', other)}?into={room.public_id}"
    assert merge in response.text
    page = text_of(ingrid.get(merge))
    assert "In Vesthall V101 then: 1 candidate of 1 test." in page
    response = ingrid.post(at("room-merge", other), {"into": room.public_id}, follow=True)
    assert "Vesthall V 101 is Vesthall V101 now: 1 candidate moved." in text_of(response)
    assert Candidate.objects.get().location == room
    assert ingrid.get(at("room", other)).status_code == 404


def test_a_removed_room_is_said_to_hold_people_and_comes_back(room: Location, planner: User, ingrid: Client) -> None:
    exam = make_test(planner=planner)
    add(exam, planner, "0001", location=V101)
    assert "1 candidate of 1 test to come sit there" in text_of(ingrid.get(at("room-remove", room)))
    page = text_of(ingrid.post(at("room-remove", room), follow=True))
    assert "Vesthall V101 is removed." in page
    assert "Removed, and 1 candidate of tests to come sit here." in page
    assert "V101" not in ingrid.get(reverse("new-contributor", args=[exam.public_id])).text
    assert "Vesthall V101 is in use again." in text_of(ingrid.post(at("room-bring-back", room), follow=True))
