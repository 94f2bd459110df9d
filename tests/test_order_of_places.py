"""Locations come in the order that people expect: Room 2 before Room 10, Østhall behind Zoo, everywhere alike."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from candidates.access import locations_in_order
from candidates.candidate_ids import candidate_key
from candidates.credentials.slips import slip_sort_key
from candidates.text import natural_key, place_key
from tests.intake.lists import confirmed, waiting
from tests.pages.imports.test_imports import plain

LIST = Path(__file__).parent / "data" / "lists" / "14-room-order.csv"
ROOMS = ["Room 1", "Room 2", "Room 3", "Room 10", "Room 11", "Room 20"]
IN_ORDER = [*(f"Vesthall {room}" for room in ROOMS), "Zoo Room 1", "Ærhall Room 1", "Østhall Room 1", "Åshall Room 1"]


@pytest.fixture
def hall(exam, planner):
    """The test with the candidates of the list, in rooms 1 to 20 and halls from A to Å."""
    confirmed(waiting(exam, planner, LIST.read_bytes(), kind="sso"), planner)
    return exam


def places_in(page):
    """Return the locations that a page names, in the order in which it first names them."""
    found = re.findall(r"(?:Vesthall|Zoo|Ærhall|Østhall|Åshall) Room \d+", plain(page))
    return list(dict.fromkeys(found))


def test_manage_candidates_by_location_and_its_filter(hall, planner, client_of):
    manage = reverse("candidates", args=[hall.public_id])
    answer = client_of(planner).get(manage, {"sort": "place"})
    assert [line.place for line in answer.context["candidates"].shown] == IN_ORDER
    assert places_in(answer) == IN_ORDER  # the filter stands first on the page
    backwards = client_of(planner).get(manage, {"sort": "-place"})
    assert [line.place for line in backwards.context["candidates"].shown] == IN_ORDER[::-1]


def test_monitor_offers_its_locations_in_this_order(hall, planner, client_of):
    answer = client_of(planner).get(reverse("monitor-test", args=[hall.public_id]))
    options = re.search(r'<select[^>]*name="room".*?</select>', answer.content.decode(), re.S)
    assert options is not None
    assert re.findall(r"(?:Vesthall|Zoo|Ærhall|Østhall|Åshall) Room \d+", options[0]) == IN_ORDER


def test_whoever_gives_a_location_chooses_in_this_order(hall, planner, client_of):
    assert [str(one) for one in locations_in_order()] == IN_ORDER
    assert places_in(client_of(planner).get(reverse("new-contributor", args=[hall.public_id]))) == IN_ORDER


def test_papers_and_lists_have_one_order():
    places = [("", "Room 2"), ("", ""), ("Vesthall", ""), ("Vesthall", "Room 10"), ("vesthall", "ROOM  2")]
    by_slips = sorted(places, key=lambda place: slip_sort_key(place[0], place[1], ""))
    assert by_slips == sorted(places, key=lambda place: place_key(*place))
    assert by_slips == [
        ("vesthall", "ROOM  2"),
        ("Vesthall", "Room 10"),
        ("Vesthall", ""),
        ("", "Room 2"),
        ("", ""),
    ]


@given(st.text("abøÅ ", max_size=4), st.integers(0, 10**12), st.integers(0, 10**12))
def test_figures_are_compared_as_numbers(words, first, second):
    one, other = natural_key(f"{words}{first}"), natural_key(f"{words}{second}")
    assert (one < other, one == other) == (first < second, first == second)


@given(st.lists(st.text(max_size=20), max_size=6))
def test_any_names_can_be_sorted_and_capitals_do_not_count(names):
    keys = [natural_key(name) for name in names]
    assert sorted(keys) == sorted(natural_key(candidate_key(name)) for name in names)
