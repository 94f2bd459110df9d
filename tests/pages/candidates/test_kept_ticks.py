"""A search or filter drops no tick: who is ticked stays so, also who is not shown, with a script and without."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from candidates.models import Candidate, Location, Test, User
from candidates.pages.shared.ticked import MAX_BOXES
from tests.factories import add, add_many


@pytest.fixture
def people(exam: Test, planner: User) -> dict[str, str]:
    """Four candidates, 0001 to 0003 and kari who sits in V101; their public ids by Candidate ID."""
    add(exam, planner, "0001", "0002", "0003")
    add(exam, planner, "kari", location=("Vesthall", "V101"))
    return dict(Candidate.objects.of_test(exam).values_list("candidate_id", "public_id"))


@pytest.fixture
def ingrid(client_of, planner: User) -> Client:
    return client_of(planner)


def shown(browser: Client, address: str, data: dict[str, Any]) -> str:
    """Send the form of the list as the page does, and return the page that it leads to."""
    return browser.post(address, data, follow=True).content.decode()


def ticked(page: str) -> set[str]:
    """Return whose boxes are ticked."""
    return set(re.findall(r'name="c" value="(\w+)" checked', page))


def picked(page: str) -> list[str]:
    """Return who is ticked and not shown, as the page carries them."""
    found = re.search(r'name="picked" value="([^"]*)"', page)
    assert found is not None
    return [one for one in found[1].split(",") if one]


# as the script sends boxes, and as they come without it
WAYS = {"script": lambda ids: {"ids": ",".join(ids)}, "boxes": lambda ids: {"c": ids}}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "asked", [{"q": "kari"}, {"place": "at:Vesthall V101"}, {"q": "kari", "sort": "-end"}, {"q": "kari", "kind": ""}]
)
def test_who_is_ticked_stays_so_when_a_search_hides_them(
    exam: Test, ingrid: Client, people: dict[str, str], way: str, asked: dict[str, str]
) -> None:
    address = reverse("candidates", args=[exam.public_id])
    both = [people["0002"], people["kari"]]
    page = shown(ingrid, address, asked | WAYS[way](both))
    assert "1 of 4 candidates" in page
    assert (ticked(page), picked(page)) == ({people["kari"]}, [people["0002"]])
    assert "1 ticked is not shown" in page
    assert "0002" in page
    # and comes back with everybody
    carried = WAYS[way]([people["kari"]]) | {"picked": ",".join(picked(page))}
    page = shown(ingrid, address, {"all": "1", "q": "kari"} | carried)
    assert (ticked(page), picked(page)) == (set(both), [])
    assert "not shown" not in page.replace("of them not shown", "")


def test_acts_are_done_with_all_who_are_ticked_and_confirm_pages_show_them(
    exam: Test, ingrid: Client, people: dict[str, str]
) -> None:
    room = Location.objects.get(room="V101")
    sent = {"c": [people["kari"]], "picked": people["0002"]}
    for act in ("candidates-extra-time", "candidates-location", "candidates-remove"):
        page = ingrid.post(reverse(act, args=[exam.public_id]) + "?q=kari", sent).content.decode()
        assert "2 candidates" in page, act
        assert re.findall(r'class="id"[^>]*>(?:<[^>]+>)?(0002|kari)', page) == ["0002", "kari"], act
    ingrid.post(reverse("candidates-location-save", args=[exam.public_id]) + "?q=kari", sent | {"where": room.pk})
    assert set(Candidate.objects.filter(location=room).values_list("candidate_id", flat=True)) == {"0002", "kari"}
    # select-all means whom the search shows, and who was ticked before it
    every = {"all_matching": "1", "picked": people["0003"]}
    page = ingrid.post(reverse("candidates-remove", args=[exam.public_id]) + "?q=kari", every).content.decode()
    assert "Remove 2 candidates from the test?" in page


def test_those_not_shown_can_be_unticked(exam: Test, ingrid: Client, people: dict[str, str]) -> None:
    address = reverse("candidates", args=[exam.public_id])
    sent = {"q": "kari", "c": [people["kari"]], "picked": people["0002"], "drop_picked": "1"}
    page = shown(ingrid, address, sent)
    assert (ticked(page), picked(page)) == ({people["kari"]}, [])


def test_no_match_keeps_them_too_and_an_address_says_nothing_of_them(
    exam: Test, ingrid: Client, people: dict[str, str]
) -> None:
    address = reverse("candidates", args=[exam.public_id])
    answer = ingrid.post(address, {"q": "nobody", "c": [people["0001"]]})
    assert re.fullmatch(re.escape(address) + r"\?q=nobody&ticks=[2-9a-z]{12}", answer["Location"])
    page = ingrid.get(answer["Location"]).content.decode()
    assert "No candidate matches" in page
    assert picked(page) == [people["0001"]]
    assert ingrid.post(address, {"q": "kari"})["Location"] == f"{address}?q=kari"
    assert ingrid.post(address, {})["Location"] == address


def test_who_is_gone_or_of_another_test_is_not_ticked(
    exam: Test, ingrid: Client, people: dict[str, str], planner: User
) -> None:
    address = reverse("candidates", args=[exam.public_id])
    page = shown(ingrid, address, {"c": [people["0001"], "AAAAAAAAAAAA", "<b>", "\0"], "q": "kari"})
    assert picked(page) == [people["0001"]]
    assert "<b>" not in page
    page = ingrid.get(f"{address}?ticks=unknown12345").content.decode()
    assert "Your earlier ticks are no longer kept." in page


def test_1500_ticks_are_kept_whether_all_are_shown_or_none(exam: Test, ingrid: Client, planner: User) -> None:
    add_many(exam, planner, 1500)
    address = reverse("candidates", args=[exam.public_id])
    page = shown(ingrid, address, {"all_matching": "1500", "q": "0007"})
    assert (len(ticked(page)), len(picked(page))) == (1, 1499)
    assert "1499 ticked are not shown" in page
    carried = {"c": list(ticked(page)), "picked": ",".join(picked(page))}
    page = shown(ingrid, address, carried | {"all": "1"})
    assert MAX_BOXES < 1500
    assert 'name="all_matching" value="1500" checked' in page  # more boxes than a page without a script could send
    assert ticked(page) == set()
    removed = ingrid.post(reverse("candidates-remove", args=[exam.public_id]), {"all_matching": "1500"})
    assert "Remove 1500 candidates from the test?" in removed.content.decode()
