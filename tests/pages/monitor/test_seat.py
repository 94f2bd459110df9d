"""An invigilator gives a seat in the own room to somebody who has none, and to nobody else (docs/domain.md D34)."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from candidates.models import Candidate, Contributor, Location, Test, User
from tests.factories import activated, add, contribute
from tests.pages.candidates.test_candidates import text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
V101, V102 = ("Vesthall", "V101"), ("Vesthall", "V102")


@pytest.fixture
def hall(exam: Test, planner: User, invigilator: User) -> Test:
    """0001 sits in V101, which is the invigilator's room, 0002 in V102, and 0003 nowhere."""
    add(exam, planner, "0001", location=V101)
    add(exam, planner, "0002", location=V102)
    add(exam, planner, "0003")
    Contributor.objects.filter(test=exam, user=invigilator).delete()
    contribute(exam, invigilator, "invigilator", Location.objects.get(room="V101"))
    return activated(exam, planner)


def at(test: Test, candidate_id: str, name: str = "monitor-seat") -> str:
    return reverse(name, args=[test.public_id, Candidate.objects.get(test=test, candidate_id=candidate_id).public_id])


def seats() -> list[tuple[str, str]]:
    found = Candidate.objects.order_by("sort_key").select_related("location")
    return [(str(one.location or ""), one.seat) for one in found]


def test_who_has_none_gets_one_in_the_own_room(hall: Test, invigilator: User, client_of: ClientOf) -> None:
    browser = client_of(invigilator)
    assert "Give a seat" in text_of(browser.get(at(hall, "0001", "monitor-candidate")))
    done = browser.post(at(hall, "0001"), {"seat": " 14 "}, follow=True)
    assert "0001 has seat 14 in Vesthall V101." in text_of(done)
    assert "Give a seat" not in text_of(done)
    browser.post(at(hall, "0003"), {"seat": "15"})
    assert seats() == [("Vesthall V101", "14"), ("Vesthall V102", ""), ("Vesthall V101", "15")]


def test_a_taken_seat_is_named_and_what_was_typed_stays(hall: Test, invigilator: User, client_of: ClientOf) -> None:
    browser = client_of(invigilator)
    browser.post(at(hall, "0001"), {"seat": "A1"})
    refused = browser.post(at(hall, "0003"), {"seat": "a1"})
    assert refused.status_code == 409
    assert "Seat A1 is 0001’s. Choose another one." in text_of(refused)
    assert 'value="a1"' in refused.text
    for typed, words in (("", "Write the number or name"), ("x" * 21, "at most 20"), (" ", "Write the number or name")):
        response = browser.post(at(hall, "0003"), {"seat": typed})
        assert response.status_code == 422
        assert words in text_of(response)
    assert seats()[2] == ("", "")


def test_nobody_gets_a_second_seat_or_one_in_another_room(hall: Test, invigilator: User, client_of: ClientOf) -> None:
    browser = client_of(invigilator)
    assert browser.post(at(hall, "0002"), {"seat": "1"}).status_code == 404  # of another room
    browser.post(at(hall, "0001"), {"seat": "1"})
    again = browser.post(at(hall, "0001"), {"seat": "2"}, follow=True)
    assert "0001 has a seat already, or no room of yours." in text_of(again)
    assert seats() == [("Vesthall V101", "1"), ("Vesthall V102", ""), ("", "")]


def test_with_several_rooms_of_ones_own_one_is_chosen(hall: Test, invigilator: User, client_of: ClientOf) -> None:
    contribute(hall, invigilator, "invigilator", Location.objects.get(room="V102"))
    browser = client_of(invigilator)
    chosen = Location.objects.get(room="V102")
    assert browser.post(at(hall, "0003"), {"seat": "7", "room": "elsewhere"}).status_code == 422
    browser.post(at(hall, "0003"), {"seat": "7", "room": chosen.public_id})
    assert seats()[2] == ("Vesthall V102", "7")
