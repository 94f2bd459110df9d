"""Extra time, location and removing for those whose IDs are pasted, without a tick in the list."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from candidates.models import Candidate, Test, User
from tests.factories import add, make_test
from tests.pages.candidates.test_candidates import list_url, text_of

ClientOf = Callable[[User | None], Client]
ACTS = ["candidates-extra-time", "candidates-location", "candidates-remove"]


def at(name: str, test: Test) -> str:
    return reverse(name, args=[test.public_id])


@pytest.fixture
def people(exam: Test, planner: User) -> list[Candidate]:
    """Five on the test."""
    return add(exam, planner, "0001", "0002", "0003", "0004", "0005")


@pytest.mark.parametrize("name", ACTS)
def test_the_page_asks_whom_and_a_next_step_names_who_is_not_found(
    client_of: ClientOf, exam: Test, planner: User, people: list[Candidate], name: str
) -> None:
    client = client_of(planner)
    page = client.get(at(name, exam))
    assert page.status_code == 200
    assert 'name="paste"' in page.content.decode()
    assert text_of(client.get(list_url(exam))).count("Without ticking, paste and change in one go:") == 1
    answer = client.post(at(name, exam), {"from": "box", "paste": "0002; 0004\n0815", "how": "add", "amount": "30"})
    words = text_of(answer)
    assert answer.status_code == 200
    assert "2 of those pasted are ticked. 1 not found: 0815." in words
    assert answer.context["ids"] == f"{people[1].public_id},{people[3].public_id}"


@pytest.mark.parametrize("name", [*ACTS, "candidates-extra-time-check"])
@pytest.mark.parametrize(
    ("pasted", "words"), [("0815 0816", "2 not found: 0815, 0816."), (" \n ", "Nothing is ticked")]
)
def test_where_the_box_means_nobody_the_page_says_so_and_keeps_what_is_typed(
    client_of: ClientOf, exam: Test, planner: User, people: list[Candidate], name: str, pasted: str, words: str
) -> None:
    sent = {"from": "box", "paste": pasted, "how": "set", "amount": "25 %"}
    answer = client_of(planner).post(at(name, exam), sent)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert answer.context["form"]["paste"].value() == pasted
    if "amount" in answer.context["form"].fields:
        assert answer.context["form"]["amount"].value() == "25 %"
        assert answer.context["form"]["how"].value() == "set"


def test_a_wrong_figure_is_said_where_it_can_be_changed_for_the_same_people(
    client_of: ClientOf, exam: Test, planner: User, people: list[Candidate]
) -> None:
    sent = {"from": "box", "paste": "0001", "how": "add", "amount": "soon"}
    answer = client_of(planner).post(at("candidates-extra-time-check", exam), sent)
    assert answer.status_code == 422
    assert "Extra time for 1 candidate" in text_of(answer)
    assert answer.context["ids"] == people[0].public_id


def test_what_stands_in_the_box_of_the_list_counts_beside_the_ticks(
    client_of: ClientOf, exam: Test, planner: User, people: list[Candidate]
) -> None:
    sent = {"c": people[0].public_id, "paste": "0003"}
    page = client_of(planner).post(at("candidates-remove", exam), sent)
    assert "Remove 2 candidates from the test?" in text_of(page)
    left = client_of(planner).post(at("candidates-remove-confirmed", exam), {"paste": "0815"}, follow=True)
    assert "Nobody is meant by what was pasted. 1 not found: 0815." in text_of(left)
    assert Candidate.objects.of_test(exam).count() == 5


def test_an_id_of_another_test_names_nobody_here(
    client_of: ClientOf, exam: Test, planner: User, people: list[Candidate]
) -> None:
    add(make_test(planner=planner, name="CHE1100"), planner, "9001")
    answer = client_of(planner).post(at("candidates-remove", exam), {"from": "box", "paste": "9001"})
    assert answer.status_code == 422
    assert "1 not found: 9001." in text_of(answer)
