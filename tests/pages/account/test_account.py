"""The own account: where one is logged in, and logging out there."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from candidates.models import AuditEvent, Candidate, Session, User
from tests.conftest import Clock
from tests.factories import make_permanent

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
PAGE = "/account/"


def page_of(browser: Client) -> str:
    return browser.get(PAGE).content.decode()


def names_on(page: str) -> list[str]:
    return re.findall(r'name="out" value="([0-9a-f]+)"', page)


def is_inside(browser: Client) -> bool:
    return browser.get(PAGE).status_code == 200


def test_the_name_in_the_head_of_staff_leads_to_the_own_account(planner: User, client_of: ClientOf) -> None:
    page = client_of(planner).get("/deliver/tests/").content.decode()
    assert f'<a href="{PAGE}">Ingrid Solheim</a>' in page


def test_a_candidate_with_a_slip_has_no_account_page(candidate: Candidate, client_of: ClientOf) -> None:
    browser = client_of(candidate.user)
    assert PAGE not in browser.get("/dashboard/").content.decode()
    assert browser.get(PAGE).status_code == 403


def test_one_device_is_this_one(planner: User, client_of: ClientOf) -> None:
    page = page_of(client_of(planner))
    assert "Ingrid Solheim, planner. Username planner" in page
    assert "Logged in on 1 device<" in page
    assert "This one" in page
    assert names_on(page) == []
    assert "Log out on the" not in page


def test_no_key_of_a_session_stands_on_the_page(planner: User, client_of: ClientOf) -> None:
    browser = client_of(planner)
    client_of(planner)
    page = page_of(browser)
    assert not [one.pk for one in Session.objects.all() if one.pk in page]


def test_one_other_device_is_logged_out_and_the_rest_stay(planner: User, client_of: ClientOf, clock: Clock) -> None:
    first, second = client_of(planner), client_of(planner)
    clock.move(minutes=3)
    here = client_of(planner)
    page = page_of(here)
    assert "Logged in on 3 devices" in page
    assert "Log out on the 2 others" in page
    out = names_on(page)[0]
    assert here.post("/account/log-out-there/", {"out": out}, follow=True).status_code == 200
    assert [is_inside(browser) for browser in (first, second, here)].count(False) == 1
    assert is_inside(here)
    answer = here.post("/account/log-out-there/", {"out": out}, follow=True).content.decode()
    assert "That device is logged out already." in answer


@pytest.mark.parametrize("out", ["", "0" * 32, "\x00", "<script>"])
def test_a_name_that_nothing_has_logs_nobody_out(planner: User, client_of: ClientOf, out: str) -> None:
    other, here = client_of(planner), client_of(planner)
    assert here.post("/account/log-out-there/", {"out": out})["Location"] == PAGE
    assert is_inside(other)
    assert is_inside(here)


def test_a_device_of_somebody_else_is_not_logged_out_by_its_name(
    planner: User, colleague: User, client_of: ClientOf
) -> None:
    theirs, also_theirs = client_of(colleague), client_of(colleague)
    (name,) = names_on(page_of(theirs))
    client_of(planner).post("/account/log-out-there/", {"out": name})
    assert is_inside(also_theirs)


def test_all_others_are_logged_out(planner: User, colleague: User, client_of: ClientOf) -> None:
    others, here, stranger = [client_of(planner) for _n in range(3)], client_of(planner), client_of(colleague)
    page = here.post("/account/log-out-others/", follow=True).content.decode()
    assert "Logged out on 3 other devices." in page
    assert [is_inside(browser) for browser in (*others, here, stranger)] == [False, False, False, True, True]


def test_everywhere_is_here_as_well_also_of_a_permanent_user(client_of: ClientOf) -> None:
    user = make_permanent("Kari", "Nordmann", username="kari", password="a long winter evening").user
    other, here = client_of(user), client_of(user)
    assert "Logged in on 2 devices" in page_of(here)
    assert here.post("/account/log-out-everywhere/")["Location"] == "/login/"
    assert not Session.objects.exists()
    for browser in (other, here):
        assert browser.get("/dashboard/")["Location"].startswith("/login/")


def test_logging_out_elsewhere_is_recorded(planner: User, client_of: ClientOf) -> None:
    Client(headers={"User-Agent": "Firefox/1 Windows"}).force_login(
        planner, backend="candidates.signin.backends.PasswordBackend"
    )
    client_of(planner)
    here = client_of(planner)
    here.post("/account/log-out-there/", {"out": names_on(page_of(here))[0]})
    here.post("/account/log-out-others/")
    rows = AuditEvent.objects.filter(action="sessions_ended").order_by("pk")
    assert [(row.actor, row.count, row.detail) for row in rows] == [(planner, 1, {"devices": [""]})] * 2
