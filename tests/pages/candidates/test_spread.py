"""Spread over rooms: the table before it is done, the act, what was changed meanwhile, and undoing it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates.models import Candidate, Location, Spread, Test, User
from candidates.pages.candidates.spread_rows import ranges
from tests.factories import activated, add, make_test
from tests.pages.candidates.test_candidates import text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def bio(planner: User) -> Test:
    """Ten candidates, of whom two have extra time, and three rooms of which one is kept for that."""
    test = make_test(planner=planner)
    add(test, planner, *(f"{n:04}" for n in range(1, 11)), extra={"0002": 30, "0005": 60})
    for name, seats in (("A", 8), ("B", 4), ("X", 3)):
        Location.objects.create(building="Hall", room=name, capacity=seats, for_extra_time=name == "X")
    return test


def at(name: str, test: Test, *more: str) -> str:
    return reverse(name, args=[test.public_id, *more])


def form_of(response: Any) -> dict[str, list[str]]:
    """Return what the page's form would send as it came."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", response.text):
        name = re.search(r'name="(\w+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        kind = re.search(r'type="(\w+)"', tag)
        if name and (kind is None or kind[1] == "hidden" or " checked" in tag):
            found.setdefault(name[1], []).append(value[1] if value else "on")
    found.pop("csrfmiddlewaretoken", None)
    return found | {"who": ["all"], "order": ["shuffle"]}


def test_the_table_says_who_would_sit_where_and_the_button_does_it(bio: Test, planner: User, ingrid: Client) -> None:
    other = make_test(planner=planner, name="PHY1010 Physics")
    add(other, planner, "0001", "0002", location=("Hall", "A"))
    page = ingrid.get(at("spread", bio))
    said = text_of(page)
    assert "Spread 10 candidates over 3 rooms" in said
    assert "13 seats are free at that time, for 10 candidates." in said
    assert "Hall A 8 2 5 candidates 1 1–5 Hall A is also used by PHY1010" in said
    assert "2 seats taken Hall B 4 3 candidates 1 1–3 Hall X 3 2 candidates 2 1 1–2" in said
    assert "Every room to 80 %" in said
    assert "1 room with 3 free seats, for 2 candidates" in said
    assert not Candidate.objects.filter(test=bio, location__isnull=False).exists()
    done = ingrid.post(at("spread-save", bio), form_of(page), follow=True)
    assert "10 candidates got the room and seat that was shown." in text_of(done)
    rooms = Candidate.objects.of_test(bio).values_list("location__room", flat=True)
    assert sorted(rooms) == ["A"] * 5 + ["B"] * 3 + ["X"] * 2


def test_what_is_chosen_is_shown_first(bio: Test, ingrid: Client) -> None:
    sent = form_of(ingrid.get(at("spread", bio))) | {"fill": ["full"], "order": ["id"]}
    sent.pop("own")
    page = ingrid.post(at("spread", bio), sent)
    assert "Hall A 8 8 candidates 2 0 1–8" in text_of(page)
    refused = ingrid.post(at("spread-save", bio), sent)
    assert refused.status_code == 409
    assert "You have changed how to spread." in text_of(refused)
    assert not Spread.objects.exists()
    assert ingrid.post(at("spread-save", bio), form_of(page) | {"order": ["id"]}).status_code == 302
    assert Candidate.objects.get(candidate_id="0001").seat == "1"


def test_where_seats_are_missing_the_button_says_why_and_does_nothing(bio: Test, ingrid: Client) -> None:
    b = Location.objects.get(room="B")
    sent = form_of(ingrid.get(at("spread", bio))) | {"room": [b.public_id]}
    page = ingrid.post(at("spread", bio), sent)
    assert "6 candidates have no seat. Tick more rooms." in text_of(page)
    assert 'aria-disabled="true"' in page.text
    refused = ingrid.post(at("spread-save", bio), form_of(page))
    assert refused.status_code == 409
    assert "Not everybody has a seat." in text_of(refused)


def test_who_was_added_meanwhile_makes_another_table(bio: Test, planner: User, ingrid: Client) -> None:
    sent = form_of(ingrid.get(at("spread", bio)))
    add(bio, planner, "0011")
    refused = ingrid.post(at("spread-save", bio), sent)
    assert refused.status_code == 409
    assert "Look at the table again" in text_of(refused)
    assert ingrid.post(at("spread-save", bio), form_of(refused)).status_code == 302
    assert Candidate.objects.of_test(bio).filter(location__isnull=True).count() == 0


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"room": ["nobody", "\0"], "who": ["x"], "order": ["y"], "fill": ["z"], "seed": ["1e9"], "shown": ["\0"]},
        {"seed": ["9" * 500], "room": [""] * 300},
    ],
)
def test_what_no_page_sends_is_a_page_and_no_act(bio: Test, ingrid: Client, sent: dict[str, list[str]]) -> None:
    assert ingrid.post(at("spread", bio), sent).status_code == 200
    assert ingrid.post(at("spread-save", bio), sent).status_code == 409
    assert not Spread.objects.exists()


def test_without_rooms_and_without_candidates_the_page_says_what_to_do_first(planner: User, ingrid: Client) -> None:
    test = make_test(planner=planner)
    assert "No candidate is on the test yet" in text_of(ingrid.get(at("spread", test)))
    add(test, planner, "0001")
    assert "No room is here yet" in text_of(ingrid.get(at("spread", test)))
    Location.objects.create(room="Aula")
    page = text_of(ingrid.get(at("spread", test)))
    assert "Nobody has said how many seats it has." in page
    assert "1 candidate has no seat. Tick more rooms." in page


def test_a_spreading_is_undone_after_a_warning_about_printed_slips(bio: Test, planner: User, ingrid: Client) -> None:
    activated(bio, planner)
    ingrid.post(at("spread-save", bio), form_of(ingrid.get(at("spread", bio))))
    one = Spread.objects.get()
    undo = at("spread-undo", bio, one.public_id)
    assert undo in ingrid.get(at("spread", bio)).text
    assert "printed slip" not in text_of(ingrid.get(undo))
    Candidate.objects.filter(candidate_id="0003").update(slip_printed_version=1)
    page = ingrid.get(undo)
    assert "1 printed slip with the new room: print them again afterwards" in text_of(page)
    assert ingrid.post(undo, {"printed": "0"}).status_code == 409
    done = ingrid.post(undo, {"printed": "1"}, follow=True)
    assert "10 candidates have the room again that they had before." in text_of(done)
    assert not Candidate.objects.of_test(bio).filter(location__isnull=False).exists()
    assert ingrid.post(undo, {"printed": "1"}).status_code == 409


def test_a_finished_test_is_not_spread(bio: Test, planner: User, ingrid: Client) -> None:
    sent = form_of(ingrid.get(at("spread", bio)))
    activated(bio, planner)
    past = timezone.now() - timedelta(days=2)
    Test.objects.filter(pk=bio.pk).update(opens_at=past, ends_at=past + timedelta(hours=1))
    refused = ingrid.post(at("spread-save", bio), sent)
    assert refused.status_code == 409
    assert "The test has ended" in text_of(refused)


def test_undoing_costs_the_same_however_many_were_spread(bio: Test, planner: User, ingrid: Client) -> None:
    counts = []
    Location.objects.filter(room="B").update(capacity=100)
    for more in ("2{:03}", "3{:03}"):
        ingrid.post(at("spread-save", bio), form_of(ingrid.get(at("spread", bio))))
        undo = at("spread-undo", bio, Spread.objects.latest("pk").public_id)
        with CaptureQueriesContext(connection) as queries:
            ingrid.get(undo)
        counts.append(len(queries))
        add(bio, planner, *(more.format(n) for n in range(30)))
    assert counts[0] == counts[1]


def test_seats_are_written_as_ranges() -> None:
    assert ranges([3, 1, 2, 7, 9, 10]) == ["1–3", "7", "9–10"]
    assert ranges([]) == []
