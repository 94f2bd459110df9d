"""A search among the members of a list, or for people, drops no tick: not the next page and not "Show everybody"."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.user_lists import add_members, make_list
from candidates.models import PermanentUser, PermanentUserList, Test, User
from tests.factories import make_permanent


@pytest.fixture
def people(db: None) -> list[PermanentUser]:
    return [make_permanent(name, "Nordmann") for name in ("Anne", "Berit", "Cato")]


@pytest.fixture
def one(planner: User, people: list[PermanentUser]) -> PermanentUserList:
    made = make_list(name="BIO2150", by=planner)
    add_members(one=made, keys=[person.pk for person in people], by=planner)
    return made


@pytest.fixture
def ingrid(client_of, planner: User) -> Client:
    return client_of(planner)


def carried(page: str) -> str:
    """Return who is ticked and not shown, as the page carries them."""
    found = re.search(r'name="picked" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_members_who_are_ticked_stay_so_and_are_removed_together(
    ingrid: Client, one: PermanentUserList, people: list[PermanentUser]
) -> None:
    address = reverse("user-list", args=[one.public_id])
    page = ingrid.post(address, {"q": "berit", "c": people[0].public_id}, follow=True).content.decode()
    assert "1 selected elsewhere" in page
    assert "they are removed as well" in page
    sent = {"c": people[1].public_id, "picked": carried(page)}
    nobody = ingrid.post(address, sent | {"q": "zzz"}, follow=True).content.decode()
    assert "No member matches ‘zzz’." in nobody
    every = ingrid.post(address, {"q": "zzz", "everybody": "1", "picked": carried(nobody)}, follow=True)
    assert every.content.decode().count(" checked") == 2
    ingrid.post(reverse("user-list-remove-members", args=[one.public_id]), sent)
    assert list(one.members.all()) == [people[2]]


def test_show_everybody_after_nobody_was_found_keeps_who_is_ticked(
    ingrid: Client, exam: Test, planner: User, people: list[PermanentUser]
) -> None:
    other = make_list(name="Other", by=planner)
    for address in (reverse("add-permanent", args=[exam.public_id]), reverse("user-list-find", args=[other.public_id])):
        page = ingrid.post(address, {"q": "zzz", "picked": people[0].public_id}, follow=True).content.decode()
        assert 'name="everybody"' in page
        sent = {"q": "zzz", "everybody": "1", "picked": carried(page)}
        page = ingrid.post(address, sent, follow=True).content.decode()
        assert page.count(" checked") == 1
        assert 'value="zzz"' not in page
