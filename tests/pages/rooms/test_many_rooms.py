"""Seats of many rooms at once: what a list means, what is shown before, and what is stored."""

import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.rooms import Room, change_room
from candidates.models import AuditEvent, Location, User
from tests.pages.candidates.test_candidates import text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
HERE = "/rooms/many/"


@pytest.fixture
def rooms(db: None) -> dict[str, Location]:
    """Four rooms; the last one was removed."""
    made = [
        Location.objects.create(building="Vesthall", room="V101", capacity=120),
        Location.objects.create(building="Vesthall", room="V102", for_extra_time=True),
        Location.objects.create(room="Aula", capacity=300),
        Location.objects.create(building="Kai 4", room="K1", is_active=False),
    ]
    return {str(one): one for one in made}


def stored() -> dict[str, tuple[int | None, bool]]:
    return {str(one): (one.capacity, one.for_extra_time) for one in Location.objects.in_use().filter(known_as=None)}


def press(browser: Client, page: object, **more: object) -> object:
    """Send a page's form as it stands, with what is ticked on it."""
    text = page.content.decode()  # type: ignore[attr-defined]
    seen = re.search(r'name="seen" value="(\w+)"', text)
    ticked = re.findall(r'name="make" value="(\d+)"[^>]* checked', text)
    paste = page.context["form"]["paste"].value()  # type: ignore[attr-defined]
    return browser.post(HERE, {"paste": paste, "make": ticked, "seen": seen[1] if seen else "", "store": "1", **more})


def test_a_list_is_shown_with_what_it_changes_and_stored_as_it_was_shown(
    rooms: dict[str, Location], ingrid: Client
) -> None:
    pasted = "Vesthall V101; 140; no\nVesthall V102; 30; yes\nVesthall V103; 60\nAula; 300; \nKai 4 K1;25\n"
    page = ingrid.post(HERE, {"paste": pasted})
    words = text_of(page)
    assert "2 rooms change" in words
    assert "Vesthall V101 120 → 140" in words
    assert "2 are no rooms here yet" in words
    assert "It was removed, and comes back." in words
    assert "1 more in the list stays as it is." in words
    assert stored()["Vesthall V101"] == (120, False)
    assert press(ingrid, page).status_code == 302  # type: ignore[attr-defined]
    assert stored() == {
        "Vesthall V101": (140, False),
        "Vesthall V102": (30, True),
        "Vesthall V103": (60, False),
        "Aula": (300, False),
        "Kai 4 K1": (25, False),
    }
    assert Location.objects.get(room="V103").building == "Vesthall"
    acts = AuditEvent.objects.filter(action=AuditEvent.Action.ROOM_CHANGED).order_by("pk")
    assert [act.detail["what"] for act in acts] == ["changed", "changed", "added", "brought back"]


def test_what_is_wrong_is_named_by_its_row_and_nothing_that_was_pasted_is_lost(
    rooms: dict[str, Location], ingrid: Client
) -> None:
    pasted = "Room;Capacity;Extra time\nAula;many;no\nVesthall V101;20000;perhaps\n;5;\nAula;3;x"
    page = ingrid.post(HERE, {"paste": pasted, "store": "1"})
    assert page.status_code == 422
    rows = [(one.row, one.column) for one in page.context["found"].problems]
    assert rows == [(2, "capacity"), (3, "capacity"), (3, "extra_time"), (4, "room")]
    assert page.context["form"]["paste"].value() == pasted
    assert stored()["Aula"] == (300, False)


def test_a_file_is_read_as_well_and_its_rows_can_be_mended_in_the_page(
    rooms: dict[str, Location], ingrid: Client
) -> None:
    book = openpyxl.Workbook()
    for line in (
        ["Bygning", "Rom", "Plasser", "Ekstra tid"],
        ["Vesthall", "V101", 90, "ja"],
        [],
        ["", "Aula", "x", ""],
    ):
        book.active.append(line)
    stream = io.BytesIO()
    book.save(stream)
    page = ingrid.post(HERE, {"file": SimpleUploadedFile("rooms.xlsx", stream.getvalue())})
    assert [(one.row, one.cell) for one in page.context["found"].problems] == [(4, "x")]
    text = page.context["form"]["paste"].value()
    mended = ingrid.post(HERE, {"paste": text.replace("x", "310")})
    press(ingrid, mended)
    assert (stored()["Vesthall V101"], stored()["Aula"]) == ((90, True), (310, False))


def test_a_name_that_is_nearly_that_of_a_room_is_not_ticked(rooms: dict[str, Location], ingrid: Client) -> None:
    page = ingrid.post(HERE, {"paste": "Vesthall V-101;140\nVesthall V104;20"})
    assert "Vesthall V101 is nearly called so" in text_of(page)
    press(ingrid, page)
    assert "Vesthall V104" in stored()
    assert "Vesthall V-101" not in stored()


def test_a_former_name_means_the_room_and_a_room_stands_once_in_a_list(
    rooms: dict[str, Location], ingrid: Client, planner: User
) -> None:
    old = Room.of(rooms["Aula"])
    change_room(location=rooms["Aula"], old=old, new=Room("", "Great hall", 300), by=planner)
    page = ingrid.post(HERE, {"paste": "Aula;310\nGreat hall;320"})
    assert [(one.row, one.message) for one in page.context["found"].problems] == [(2, "Row 1 has the same room.")]


def test_what_somebody_else_changed_since_is_shown_before_anything_is_stored(
    rooms: dict[str, Location], ingrid: Client
) -> None:
    page = ingrid.post(HERE, {"paste": "Aula;310"})
    Location.objects.filter(room="Aula").update(capacity=305)
    again = press(ingrid, page)
    assert again.status_code == 409  # type: ignore[attr-defined]
    assert "305 → 310" in text_of(again)
    assert stored()["Aula"] == (305, False)


def test_the_rooms_as_they_are_can_be_begun_with_and_change_nothing(rooms: dict[str, Location], ingrid: Client) -> None:
    text = ingrid.get(f"{HERE}?all").context["form"]["paste"].value()
    assert text.splitlines()[0] == "Building\tRoom\tCapacity\tExtra time"
    assert "\tAula\t300\tno" in text.splitlines()
    assert "Nothing: the rooms have these seats already." in text_of(ingrid.post(HERE, {"paste": text}))


@pytest.mark.parametrize(
    ("pasted", "room"),
    [
        ("Kai 4;401;30;x", ("Kai 4", "401", 30, True)),
        ("Kai 4;401;30", ("Kai 4", "401", 30, False)),
        ("401;30;1", ("", "401", 30, True)),
        ("Room\tSeats\n401\t30", ("", "401", 30, False)),
        ("401", ("", "401", None, False)),
    ],
)
def test_columns_are_told_apart_without_headings_too(
    ingrid: Client, pasted: str, room: tuple[str, str, int | None, bool]
) -> None:
    (row,) = ingrid.post(HERE, {"paste": pasted}).context["found"].rows
    assert row.new == Room(*room)


def test_nothing_pasted_is_said_and_the_rooms_lead_here(ingrid: Client) -> None:
    assert ingrid.post(HERE, {"paste": " "}).status_code == 422
    empty = ingrid.post(HERE, {"file": SimpleUploadedFile("rooms.csv", b"\r\n")})
    assert "There is nothing in it. Check that it is the right file." in empty.text
    assert "Candidate ID" not in empty.text
    assert HERE in ingrid.get(reverse("rooms")).text
