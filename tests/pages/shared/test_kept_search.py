"""A search for people is sent by a form and shown by GET: the page can be asked for again, and only by who sent it."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from candidates.lifecycle.user_lists import delete_list, make_list, share_list, unshare_list
from candidates.models import PermanentUser, PermanentUserList, Session, Test, User
from tests.factories import make_permanent, make_test

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
GONE = "Your earlier search and ticks are no longer kept."


@pytest.fixture
def people() -> list[PermanentUser]:
    """Three people of different names."""
    return [make_permanent(first, "Nordmann", username=first.casefold()) for first in ("Anne", "Berit", "Cato")]


@pytest.fixture(params=["test", "list"])
def where(request: pytest.FixtureRequest, exam: Test, planner: User) -> str:
    """Each of the pages on which people are searched and ticked."""
    if request.param == "test":
        return f"/deliver/tests/{exam.public_id}/candidates/add/permanent/"
    return f"/permanent-users/lists/{make_list(name='CHE1100', by=planner).public_id}/members/"


def searched(client: Client, where: str, **sent: str) -> str:
    """Send the form of the page, and return the address that it leads to."""
    answer = client.post(where, sent)
    assert answer.status_code == 302
    return str(answer["Location"])


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_search_is_shown_by_an_address_that_says_nothing_and_can_be_asked_for_again(
    where: str, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    address = searched(client, where, q="berit", ids=f"{people[0].public_id},{people[1].public_id}")
    assert re.fullmatch(re.escape(where) + r"\?kept=[2-9a-z]{12}", address)
    for _time in range(2):
        with CaptureQueriesContext(connection) as captured:
            page = shown(client, address)
        assert "1 person: ‘berit’" in page
        assert 'value="berit"' in page
        assert page.count(" checked") == 1
        assert "1 selected elsewhere" in page
        # searching for people is counted (audit.count_search), and nothing else is written
        written = [query["sql"] for query in captured if not query["sql"].lstrip().startswith("SELECT")]
        assert [sql for sql in written if "candidates_auditevent" not in sql] == []


def test_a_kept_search_asks_as_often_as_one_that_stands_in_the_address(
    where: str, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    counts = []
    for address in (f"{where}?q=nordmann&page=2", searched(client, where, q="nordmann", page="2")):
        shown(client, address)
        with CaptureQueriesContext(connection) as captured:
            shown(client, address)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_two_tabs_keep_their_own_searches_ticks_and_pages(
    where: str, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    for number in range(60):
        make_permanent("Dag", f"Dahl{number:02}")
    client = client_of(planner)
    one = searched(client, where, q="anne", ids=people[0].public_id)
    other = searched(client, where, q="dahl", page="2")
    assert "1 person: ‘anne’" in shown(client, one)
    assert shown(client, one).count(" checked") == 1
    assert "60 people: ‘dahl’. Page 2 of 2" in shown(client, other)
    assert shown(client, other).count(" checked") == 0


@pytest.mark.parametrize("why", ["unknown", "of another page", "of a colleague", "after a log-out", "odd"])
def test_a_search_that_is_not_kept_is_said_so_and_is_nobody_elses(
    why: str,
    where: str,
    planner: User,
    colleague: User,
    exam: Test,
    people: list[PermanentUser],
    client_of: ClientOf,
) -> None:
    client = client_of(planner)
    address = searched(client, where, q="berit", ids=people[0].public_id)
    key = address.partition("?kept=")[2]
    if why == "unknown":
        address = f"{where}?kept=23456789abcd"
    elif why == "of another page":
        other = make_test(planner=planner, name="CHE1100 General Chemistry")
        address = f"/deliver/tests/{other.public_id}/candidates/add/permanent/?kept={key}"
    elif why == "of a colleague":
        client = client_of(colleague)
        address = f"/deliver/tests/{exam.public_id}/candidates/add/permanent/?kept={key}"
    elif why == "after a log-out":
        client.post("/logout/")
        client.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
    else:
        address = f"{where}?kept=%00%27{'x' * 3000}"
    page = shown(client, address)
    assert GONE in page
    assert "berit’" not in page
    assert "3 people, by last name" in page
    assert " checked" not in page
    assert "selected elsewhere" not in page


def test_a_login_of_somebody_else_in_the_same_browser_takes_no_search_over(
    exam: Test, planner: User, colleague: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    address = searched(client, f"/deliver/tests/{exam.public_id}/candidates/add/permanent/", q="berit")
    client.force_login(colleague, backend="candidates.signin.backends.PasswordBackend")
    assert GONE in shown(client, address)


@pytest.mark.parametrize("bound", ["MAX_KEPT", "MAX_TICKS_KEPT"])
def test_the_oldest_search_goes_when_there_are_many(
    bound: str,
    where: str,
    planner: User,
    people: list[PermanentUser],
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"candidates.pages.shared.kept_search.{bound}", 2)
    client = client_of(planner)
    addresses = [searched(client, where, q="berit", ids=person.public_id) for person in people]
    assert [GONE in shown(client, address) for address in addresses] == [True, False, False]


@pytest.mark.parametrize("gone", ["deleted", "shared no longer"])
def test_a_search_in_a_list_that_goes_meanwhile_is_one_among_everybody_with_the_ticks(
    gone: str, where: str, planner: User, colleague: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    one = make_list(name="Class 3B", by=colleague)
    share_list(one=one, user=planner, edits=False, by=colleague)
    client = client_of(planner)
    address = searched(client, where, list=one.public_id, ids=people[2].public_id)
    assert f'value="{one.public_id}" selected' in shown(client, address)
    if gone == "deleted":
        delete_list(one=one, by=colleague)
    else:
        unshare_list(one=one, user=planner, by=colleague)
    page = shown(client, address)
    assert "The list that you searched in was deleted, or is no longer shared with you." in page
    assert "Class 3B" not in page
    assert "3 people, by last name" in page
    assert page.count(" checked") == 1


def test_a_search_in_a_list_of_others_is_not_there_and_nothing_is_kept_of_it(
    where: str, planner: User, stranger: User, client_of: ClientOf
) -> None:
    foreign = make_list(name="Foreign", by=stranger)
    client = client_of(planner)
    assert client.post(where, {"list": foreign.public_id, "q": "berit"}).status_code == 404
    assert not any("berit" in str(session.get_decoded()) for session in Session.objects.all())


def test_the_key_opens_no_page_to_who_may_not_see_it(
    where: str, planner: User, stranger: User, grader: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    address = searched(client, where, q="berit")
    assert client.put(address).status_code == 405
    assert client_of(stranger).get(address).status_code == 404
    assert client_of(grader).get(address).status_code == 403
    assert client_of(None).get(address)["Location"].startswith("/login/")
    PermanentUserList.objects.all().delete()
    Test.objects.all().delete()
    assert client.get(address).status_code == 404
