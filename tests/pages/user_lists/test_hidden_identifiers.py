"""External IDs and e-mail addresses, which planners do not see, cannot be read out by searching."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.user_lists import add_members, make_list
from candidates.models import AuditEvent, PermanentUser, PermanentUserList, Test, User
from tests.conftest import Clock
from tests.factories import make_permanent

ClientOf = Callable[[User | None], Client]
GUESSES = ("S-104773", "s-1", "104773", "s-10477", "kari@uni.exampl", "@", "s-10477_", "s-%")


@pytest.fixture
def kari(db: None) -> PermanentUser:
    return make_permanent("Kari", "Nordmann", username="kn", email="kari@uni.example", external_id="S-104773")


@pytest.fixture
def one(planner: User, kari: PermanentUser) -> PermanentUserList:
    """A list of the planner with Kari on it."""
    made = make_list(name="BIO2150", by=planner)
    add_members(one=made, keys=[kari.pk], by=planner)
    return made


def pages_of(exam: Test, one: PermanentUserList) -> list[str]:
    """Return the addresses of all pages on which permanent users are searched."""
    other = make_list(name="Other", by=one.owner)
    return [
        reverse("permanent-users"),
        reverse("add-permanent", args=[exam.public_id]),
        reverse("user-list", args=[one.public_id]),
        reverse("user-list-find", args=[other.public_id]),
    ]


def test_no_search_of_a_planner_finds_a_part_of_what_is_hidden(
    exam: Test, planner: User, administrator: User, one: PermanentUserList, client_of: ClientOf
) -> None:
    ingrid, arne = client_of(planner), client_of(administrator)
    for address in pages_of(exam, one):
        found = [words for words in GUESSES if "Kari Nordmann" in ingrid.get(address, {"q": words}).content.decode()]
        assert found == ["S-104773"], address
    assert "Kari Nordmann" in arne.get(reverse("permanent-users"), {"q": "s-1"}).content.decode()
    for words, count in (("s-1", "0"), ("S-104773", "1")):
        # the number that "add all" compares tells nothing more
        sent = {"shown_q": words, "seen": "77"}
        page = ingrid.post(reverse("add-permanent-all", args=[exam.public_id]), sent).content.decode()
        assert f"The search now finds {count} " in page


def test_searches_are_counted_in_one_row_a_minute_without_words(
    exam: Test, planner: User, one: PermanentUserList, client_of: ClientOf, clock: Clock
) -> None:
    browser = client_of(planner)
    for address in pages_of(exam, one):
        browser.get(address)
        browser.get(address, {"q": "s-104773"})
    row = AuditEvent.objects.get(action="users_searched")
    assert (row.actor, row.count, row.detail) == (planner, 4, {})
    clock.move(seconds=61)
    browser.get(reverse("permanent-users"), {"q": "kari"})
    rows = AuditEvent.objects.filter(action="users_searched").order_by("pk")
    assert list(rows.values_list("count", flat=True)) == [4, 1]


def test_who_searches_too_often_waits_and_loses_nothing(
    exam: Test, planner: User, colleague: User, one: PermanentUserList, client_of: ClientOf, clock: Clock, settings: Any
) -> None:
    settings.PERMANENT_SEARCHES_A_MINUTE = 3
    browser, address = client_of(planner), reverse("add-permanent", args=[exam.public_id])
    ola = make_permanent("Ola", "Hansen")
    for number in range(2):
        assert browser.get(address, {"q": f"s-{number}"}).status_code == 200
    kept = browser.post(address, {"q": "kari", "ids": ola.public_id})["Location"]
    assert browser.get(kept).status_code == 200
    refused = browser.get(kept)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "60"
    assert f'href="{kept}"' in refused.content.decode()
    every = browser.post(reverse("add-permanent-all", args=[exam.public_id]), {"shown_q": "kari", "seen": "1"})
    assert every.status_code == 429
    assert "go back with your browser" in every.content.decode()
    assert browser.get(address).status_code == 200  # everybody is shown to who does not search
    assert client_of(colleague).get(address, {"q": "kari"}).status_code == 200
    clock.move(seconds=61)
    page = browser.get(kept).content.decode()
    assert "1 selected elsewhere" in page
    assert "Kari Nordmann" in page


def test_administrators_who_see_it_are_not_counted(
    administrator: User, kari: PermanentUser, client_of: ClientOf, settings: Any
) -> None:
    settings.PERMANENT_SEARCHES_A_MINUTE = 1
    for _number in range(3):
        assert client_of(administrator).get(reverse("permanent-users"), {"q": "s-1"}).status_code == 200
    assert not AuditEvent.objects.filter(action="users_searched").exists()
