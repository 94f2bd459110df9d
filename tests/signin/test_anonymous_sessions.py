"""Who is not logged in makes no row in the database, whatever is sent (A login through an institution has to)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.models import Session, User
from candidates.operations.schedule import clear_sessions
from tests.conftest import Clock
from tests.signin.conftest import ANNA, logged_in_as
from tests.support.scripted_provider import ScriptedProvider
from tests.support.sso_visits import come_back, log_in, start
from tests.test_access_table import METHODS, PARAMETERS

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
WAYS: list[dict[str, str]] = [
    {},
    {"Referer": "http://testserver/deliver/tests/"},
    {"Accept": "application/json"},
    {"HX-Request": "true"},
    {"Cookie": "sessionid=chosenbysomebodyelse0000000000000"},
]
SAID = "You were logged out."


def filled(name: str) -> str:
    return reverse(name, kwargs=dict.fromkeys(PARAMETERS[name], "23"))


@pytest.mark.slow
def test_no_address_makes_a_session_for_who_is_not_logged_in() -> None:
    back_office = ["/back-office/", "/back-office/login/", "/back-office/logout/", "/back-office/candidates/user/add/"]
    tried = [*(filled(name) for name in PARAMETERS if name != "sso-start"), *back_office, "/nowhere/", "/login/"]
    for address in tried:
        for method in ("GET", "POST"):
            makes_no_session(method, address)


@pytest.mark.parametrize("address", ["/deliver/tests/", "/login/", "/nowhere/"])
def test_no_way_to_ask_makes_a_session_for_who_is_not_logged_in(address: str) -> None:
    for method in METHODS:
        for headers in WAYS:
            makes_no_session(method, address, headers)


def makes_no_session(method: str, address: str, headers: dict[str, str] | None = None) -> None:
    answer = Client(raise_request_exception=False).generic(method, address, headers=headers)
    assert not Session.objects.exists(), f"{method} {address} {headers}"
    assert not answer.cookies.get("sessionid") or not answer.cookies["sessionid"].value


def test_three_hundred_forms_make_no_row_and_one_warning() -> None:
    browser = Client()
    for _turn in range(300):
        answer = browser.post("/deliver/tests/new/", {"name": "x"})
    assert not Session.objects.exists()
    assert browser.get(answer["Location"]).content.decode().count(SAID) == 1
    assert SAID not in browser.get("/login/").content.decode()  # once


def test_wrong_logins_make_no_row() -> None:
    browser = Client()
    for number in range(12):
        browser.post("/login/", {"username": "planner", "password": f"wrong {number}"})
    assert not Session.objects.exists()


def test_a_warning_is_gone_once_a_login_was_tried() -> None:
    browser = Client()
    browser.post("/deliver/tests/new/")
    answer = browser.post("/login/", {"username": "x", "password": "y"})
    assert answer.status_code == 422
    assert SAID not in answer.content.decode()


def test_a_start_at_an_institution_is_one_row_for_half_an_hour(
    campus: ScriptedProvider, anna: User, client: Client, clock: Clock
) -> None:
    for _turn in range(3):
        start(client, "campus")
    (one,) = Session.objects.all()
    assert one.user_id is None
    assert one.expire_date - timezone.now() <= timedelta(minutes=30)
    clock.move(minutes=31)
    clear_sessions()
    assert not Session.objects.exists()


def test_who_comes_back_in_time_is_logged_in_for_as_long_as_anybody(
    campus: ScriptedProvider, anna: User, client: Client, clock: Clock
) -> None:
    visit = start(client, "campus")
    come_back(client, "campus", {"code": campus.authorise(visit.request, **ANNA), "state": visit.state})
    clock.move(days=2)
    assert client.get("/dashboard/").status_code == 200
    assert logged_in_as(client) == str(anna.pk)
    assert SESSION_KEY in client.session


def test_that_somebody_left_an_institution_is_remembered_for_longer(
    campus: ScriptedProvider, anna: User, client: Client, clock: Clock
) -> None:
    log_in(client, campus, **ANNA)
    client.post("/logout/")
    clock.move(hours=5)
    assert start(client, "campus").request["prompt"] == "login"


@pytest.mark.parametrize("what", ["refused", "logged out"])
def test_a_session_that_nobody_is_in_any_more_has_no_row(
    planner: User, client_of: ClientOf, what: str, settings: Any
) -> None:
    browser = client_of(planner)
    if what == "logged out":
        browser.post("/logout/")
    else:
        planner.set_password("a new one of many")
        planner.save()
        browser.get("/deliver/tests/")
    assert not Session.objects.exists()
