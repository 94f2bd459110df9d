"""What a login through SSO does to sessions, and where it leads (C22, C23, R38)."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from candidates.models import Session, User
from candidates.pages.signin.sso import SESSION_NAME
from tests.signin.conftest import ANNA, Witness, logged_in_as
from tests.support.scripted_provider import ScriptedProvider
from tests.support.sso_visits import ask_to_start, come_back, log_in, start


def test_c22_a_login_gets_a_session_of_its_own(campus: ScriptedProvider, anna: User, client: Client) -> None:
    visit = start(client, "campus")
    before = client.session.session_key
    come_back(client, "campus", {"code": campus.authorise(visit.request, **ANNA), "state": visit.state})
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_c22_the_same_person_again_gets_a_session_of_its_own(
    campus: ScriptedProvider, anna: User, client: Client
) -> None:
    log_in(client, campus, **ANNA)
    before = client.session.session_key
    assert log_in(client, campus, **ANNA).status_code == 302
    assert client.session.session_key != before
    assert logged_in_as(client) == str(anna.pk)


def test_c23_who_logs_in_while_somebody_else_is_logged_in_carries_nothing_over(
    campus: ScriptedProvider, anna: User, witness: Witness
) -> None:
    session = witness.client.session
    session["of_the_planner"] = "a secret"
    session.save()
    assert log_in(witness.client, campus, **ANNA).status_code == 302
    assert logged_in_as(witness.client) == str(anna.pk)
    assert "of_the_planner" not in witness.client.session
    assert not Session.objects.filter(session_key=witness.key).exists()
    assert witness.client.get("/deliver/tests/").status_code in {403, 404}


def test_a_refusal_names_who_is_logged_in_as_the_head_of_the_page_does(
    campus: ScriptedProvider, anna: User, client: Client
) -> None:
    log_in(client, campus, **ANNA)
    page = come_back(client, "campus", {"code": "x", "state": "of nothing"}).content.decode()
    assert f"In this browser {client.session[SESSION_NAME]} is still logged in." in page
    assert anna.username not in page


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/dashboard/\r\nX: y",
    "\x00",
    "http://[",
    "",
    "x" * 9000,
]


@pytest.mark.parametrize("address", ELSEWHERE, ids=lambda address: f"R38 {address!r:.20}")
def test_an_address_elsewhere_is_dropped(address: str, campus: ScriptedProvider, anna: User, client: Client) -> None:
    response = log_in(client, campus, next=address, **ANNA)
    assert response.status_code == 302
    where = urlsplit(response["Location"])
    assert (where.scheme, where.netloc) == ("", "")
    assert where.path == "/dashboard/" or (address.startswith("x") and "evil" not in where.path)


def test_a_callback_cannot_name_another_page(campus: ScriptedProvider, anna: User, client: Client) -> None:
    visit = start(client, "campus")
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state, "next": "https://evil.example/"}
    assert come_back(client, "campus", query)["Location"] == "/dashboard/"


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "evil\\.example"]
)
def test_a_host_that_is_not_ours_starts_nothing(
    host: str, campus: ScriptedProvider, anna: User, client: Client
) -> None:
    assert ask_to_start(client, "campus", HTTP_HOST=host).status_code == 400
    assert come_back(client, "campus", {"code": "c", "state": "s"}, HTTP_HOST=host).status_code == 400
    forwarded = start(client, "campus", HTTP_X_FORWARDED_HOST=host)
    assert urlsplit(forwarded.redirect_uri).netloc == "testserver"


def test_a_start_asks_for_a_code_of_its_own(campus: ScriptedProvider, anna: User, client: Client) -> None:
    visit = start(client, "campus")
    assert visit.address == f"{campus.issuer}/authorize"
    assert visit.redirect_uri == "http://testserver/sso/campus/callback/"
    asked = {key: visit.request[key] for key in ("response_type", "client_id", "scope", "code_challenge_method")}
    assert asked == {
        "response_type": "code",
        "client_id": "deliver",
        "scope": "openid profile",
        "code_challenge_method": "S256",
    }
    assert min(len(visit.state), len(visit.nonce)) >= 32
    assert "deliver-secret" not in visit.request.values()
    assert campus.client_secret not in visit.request.values()


@pytest.mark.parametrize("slug", ["nobody", "CAMPUS", "campus%00", "import-only", "broken"])
@pytest.mark.parametrize("what", ["start", "callback"])
def test_a_setup_nobody_can_log_in_through_has_no_address(
    slug: str, what: str, campus: ScriptedProvider, anna: User, client: Client, settings: Any
) -> None:
    settings.AUTHENTICATION_TYPES = [
        campus.setup(),
        {"slug": "import-only", "label": "Import only", "comparison": "fold"},
        {**campus.setup(), "slug": "broken", "problems": ["SSO_BROKEN_CLIENT_ID is not set."]},
    ]
    assert client.get(f"/sso/{slug}/{what}/").status_code == 404
    assert campus.seen == []


@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize("what", ["start", "callback"])
def test_start_and_callback_are_opened_and_nothing_else(
    method: str, what: str, campus: ScriptedProvider, witness: Witness
) -> None:
    assert getattr(witness.client, method)(f"/sso/campus/{what}/").status_code == 405
    assert witness.untouched()
