"""Logging out of what came through SSO: here, at the provider, and for the next person at the machine (O14)."""

import html
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.test import Client

from candidates.credentials.issuing import make_one_time_users
from candidates.credentials.sealing import unseal
from candidates.models import User
from candidates.signin.sso import providers
from tests.signin.conftest import ANNA, BJORN, logged_in_as
from tests.support.scripted_provider import Script, ScriptedProvider
from tests.support.scripted_server import Answer
from tests.support.scripted_tokens import LEFT_OUT
from tests.support.sso_visits import log_in, start


def log_out(client: Client) -> str:
    response = client.post("/logout/")
    assert response.status_code == 200
    assert logged_in_as(client) is None
    return html.unescape(response.content.decode())


def test_the_way_out_leads_through_the_provider_and_carries_no_token(
    campus: ScriptedProvider, anna: User, client: Client
) -> None:
    log_in(client, campus, **ANNA)
    page = log_out(client)
    address = page.partition("0; url=")[2].partition('"')[0]
    assert address.startswith(f"{campus.issuer}/end_session?")
    assert parse_qs(urlsplit(address).query) == {
        "client_id": ["deliver"],
        "post_logout_redirect_uri": ["http://testserver/login/"],
    }
    assert not any(token in page for token in campus.issued)


@pytest.mark.parametrize("reason", ["no address", "no answer"])
def test_where_the_provider_has_no_way_out_the_page_says_to_close_the_browser(
    campus: ScriptedProvider, anna: User, client: Client, reason: str
) -> None:
    if reason == "no address":
        campus.script = Script(metadata={"end_session_endpoint": LEFT_OUT})
    log_in(client, campus, **ANNA)
    if reason == "no answer":
        providers.forget_all()
        campus.script = Script(answers={"metadata": Answer(status=500)})
    page = log_out(client)
    assert "You may still be logged in at Campus login." in page
    assert "http-equiv" not in page


def test_after_somebody_logged_out_the_provider_is_to_ask_who_comes_next(
    campus: ScriptedProvider, entra: ScriptedProvider, people: dict[str, User], client: Client
) -> None:
    assert "prompt" not in start(client, "campus").request
    log_in(client, campus, **ANNA)
    log_out(client)
    assert start(client, "campus").request["prompt"] == "login"
    assert start(client, "entra").request["prompt"] == "login"
    log_in(client, campus, **ANNA)
    assert "prompt" not in start(client, "campus").request


def slip() -> dict[str, str]:
    """Make a one-time login that is somebody else's, and return what stands on the slip."""
    with transaction.atomic():
        (user,) = make_one_time_users(1)
    return {"username": user.username, "password": unseal(user.sealed_password.token, user.username)}


@pytest.mark.parametrize("leaves", [True, False], ids=["who logs out first", "who just leaves"])
def test_somebody_with_a_slip_in_between_does_not_let_the_next_person_in_as_the_first(
    leaves: bool, campus: ScriptedProvider, anna: User, client: Client
) -> None:
    log_in(client, campus, **ANNA)
    if leaves:
        log_out(client)
    assert client.post("/login/", slip()).status_code == 302
    assert start(client, "campus").request["prompt"] == "login"
    client.post("/logout/")
    assert logged_in_as(client) is None
    assert start(client, "campus").request["prompt"] == "login"


def test_somebody_through_another_provider_in_between_does_not_either(
    campus: ScriptedProvider, entra: ScriptedProvider, people: dict[str, User], client: Client
) -> None:
    log_in(client, campus, **ANNA)
    log_in(client, entra, **BJORN)
    assert start(client, "campus").request["prompt"] == "login"
    log_out(client)
    log_in(client, entra, **BJORN)
    assert start(client, "campus").request["prompt"] == "login"


def test_how_a_setup_asks_stays_its_own(campus: ScriptedProvider, anna: User, client: Client, settings: Any) -> None:
    settings.AUTHENTICATION_TYPES = [{**one, "prompt": "select_account"} for one in settings.AUTHENTICATION_TYPES]
    assert start(client, "campus").request["prompt"] == "select_account"
    log_in(client, campus, **ANNA)
    log_out(client)
    assert start(client, "campus").request["prompt"] == "select_account"


def test_who_came_with_a_password_goes_to_the_login_page(campus: ScriptedProvider, planner: User) -> None:
    client = Client()
    client.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
    response = client.post("/logout/")
    assert (response.status_code, response.headers["Location"]) == (302, "/login/")


def test_who_came_through_a_setup_that_is_gone_goes_to_the_login_page(
    campus: ScriptedProvider, anna: User, client: Client, settings: Any
) -> None:
    log_in(client, campus, **ANNA)
    settings.AUTHENTICATION_TYPES = []
    response = client.post("/logout/")
    assert (response.status_code, response.headers["Location"]) == (302, "/login/")


def test_the_head_of_the_page_calls_the_person_as_the_provider_does(
    campus: ScriptedProvider, anna: User, client: Client
) -> None:
    log_in(client, campus, **ANNA)
    page = client.get("/dashboard/").content.decode()
    assert "anna@havnes.example" in page
    assert anna.username not in page
