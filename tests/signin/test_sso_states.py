"""What ties a callback to the browser and the provider it started from (R13 to R18, R35 to R39)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client

from candidates.models import AuditEvent, Session, Test, User
from candidates.pages.signin import sso
from tests.signin.conftest import ANNA, BJORN, Witness, logged_in_as
from tests.support.scripted_provider import ScriptedProvider
from tests.support.sso_visits import come_back, log_in, start

AGAIN = "Start it again"


# States that belong to nobody, or to somebody else --------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"code": "c", "state": "never-given"}, id="R13 unknown"),
        pytest.param({"code": "c", "state": ""}, id="R13 empty"),
        pytest.param({"code": "c"}, id="R13 left out"),
        pytest.param({}, id="R13 nothing at all"),
        pytest.param({"code": ["a", "b"], "state": ["a", "b"]}, id="R13 twice"),
        pytest.param({"code": "\x00", "state": "\x00"}, id="R13 NUL"),
        pytest.param({"code": "c", "state": "x" * 10_000}, id="R13 10 kB"),
        pytest.param({"code": "c", "state": "\u202e\n\r"}, id="R13 control characters"),
        pytest.param({"error": "access_denied"}, id="R36 error without state"),
        pytest.param({"error": "access_denied", "state": "never-given"}, id="R36 error with an unknown state"),
    ],
)
def test_a_state_that_was_not_given_changes_nothing(
    query: dict[str, Any], campus: ScriptedProvider, witness: Witness
) -> None:
    assert AGAIN in witness.check(come_back(witness.client, "campus", query), 400)
    assert campus.seen == []


def test_r13_a_state_without_any_session_changes_nothing(campus: ScriptedProvider, anna: User, client: Client) -> None:
    response = come_back(client, "campus", {"code": "c", "state": "s"})
    assert response.status_code == 400
    assert SESSION_KEY not in client.session
    assert campus.seen == []


def test_r14_a_state_works_once(campus: ScriptedProvider, witness: Witness) -> None:
    visit = start(witness.client, "campus")
    refused = {"code": campus.authorise(visit.request, **{**ANNA, "eduPersonPrincipalName": 7}), "state": visit.state}
    witness.check(come_back(witness.client, "campus", refused), 403)
    calls = campus.calls.total()
    again = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    witness.check(come_back(witness.client, "campus", again), 400)
    assert campus.calls.total() == calls


def test_r14_reloading_the_callback_after_a_login_logs_nobody_out(
    campus: ScriptedProvider, anna: User, client: Client
) -> None:
    visit = start(client, "campus")
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    assert come_back(client, "campus", query).status_code == 302
    key, calls = client.session.session_key, campus.calls.total()
    assert come_back(client, "campus", query).status_code in {302, 400}
    assert (client.session.session_key, logged_in_as(client)) == (key, str(anna.pk))
    assert campus.calls.total() == calls


def test_r15_the_state_of_another_session_lets_nobody_in(campus: ScriptedProvider, witness: Witness) -> None:
    visit = start(Client(), "campus")
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    witness.check(come_back(witness.client, "campus", query), 400)
    assert campus.calls["token"] == 0


def test_r15_the_code_of_another_session_with_the_own_state_is_refused(
    campus: ScriptedProvider, witness: Witness
) -> None:
    theirs, own = start(Client(), "campus"), start(witness.client, "campus")
    query = {"code": campus.authorise(theirs.request, **ANNA), "state": own.state}
    witness.check(come_back(witness.client, "campus", query), 403)  # PKCE: the code is for another verifier


def test_r16_the_state_of_one_provider_is_nothing_at_anothers_callback(
    campus: ScriptedProvider, entra: ScriptedProvider, witness: Witness
) -> None:
    visit = start(witness.client, "campus")
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    witness.check(come_back(witness.client, "entra", query), 400)
    assert (campus.calls["token"], entra.calls["token"]) == (0, 0)


@pytest.mark.parametrize("known", [True, False], ids=["R17 of the other provider", "R17 of nobody"])
def test_an_answer_that_names_another_issuer_is_refused(
    known: bool, campus: ScriptedProvider, entra: ScriptedProvider, witness: Witness
) -> None:
    visit = start(witness.client, "campus")
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    issuer = entra.issuer if known else "https://evil.example"
    witness.check(come_back(witness.client, "campus", {**query, "iss": issuer}), 403)
    assert (campus.calls["token"], entra.calls["token"]) == (0, 0)


def test_r17_an_answer_has_to_name_its_issuer_where_the_provider_says_it_does(
    campus: ScriptedProvider, witness: Witness
) -> None:
    campus.script.metadata["authorization_response_iss_parameter_supported"] = True
    witness.check(log_in(witness.client, campus, **ANNA), 403)
    assert campus.calls["token"] == 0


def test_an_answer_that_names_its_own_issuer_lets_in(campus: ScriptedProvider, anna: User, client: Client) -> None:
    campus.script.metadata["authorization_response_iss_parameter_supported"] = True
    visit = start(client, "campus")
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state, "iss": campus.issuer}
    assert come_back(client, "campus", query).status_code == 302
    assert logged_in_as(client) == str(anna.pk)


def test_r18_a_code_of_another_provider_is_refused(
    campus: ScriptedProvider, entra: ScriptedProvider, witness: Witness
) -> None:
    theirs, own = start(witness.client, "entra"), start(witness.client, "campus")
    query = {"code": entra.authorise(theirs.request, **BJORN), "state": own.state}
    witness.check(come_back(witness.client, "campus", query), 403)
    assert entra.calls["token"] == 0


@pytest.mark.parametrize("with_code", [False, True], ids=["alone", "with a code"])
@pytest.mark.parametrize(
    "error",
    ["access_denied", "login_required", "server_error", "temporarily_unavailable", "<b>x</b>", "\x00", "x" * 9000, ""],
    ids=lambda error: f"R35 {error:.20}",
)
def test_r35_a_provider_that_says_no_lets_nobody_in(
    error: str, with_code: bool, campus: ScriptedProvider, witness: Witness
) -> None:
    visit = start(witness.client, "campus")
    query = {"error": error, "error_description": "<script>alert(1)</script>", "state": visit.state}
    if with_code:
        query["code"] = campus.authorise(visit.request, **ANNA)
    page = witness.check(come_back(witness.client, "campus", query), 403, 503)
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    assert campus.calls["token"] == 0
    late = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    witness.check(come_back(witness.client, "campus", late), 400)


@pytest.mark.parametrize("query", [{}, {"code": ""}], ids=["no code", "an empty code"])
def test_a_state_without_a_code_lets_nobody_in(
    query: dict[str, str], campus: ScriptedProvider, witness: Witness
) -> None:
    visit = start(witness.client, "campus")
    witness.check(come_back(witness.client, "campus", {**query, "state": visit.state}), 400, 403)
    assert campus.calls["token"] == 0


@pytest.mark.parametrize("code", ["\x00", "x" * 4000, "\u202e", "a\r\nb: c"], ids=lambda code: f"{code!r:.12}")
def test_a_code_of_odd_characters_is_the_providers_to_refuse(
    code: str, campus: ScriptedProvider, witness: Witness
) -> None:
    visit = start(witness.client, "campus")
    witness.check(come_back(witness.client, "campus", {"code": code, "state": visit.state}), 400, 403)


def test_a_discovery_document_does_not_choose_the_state(campus: ScriptedProvider, anna: User, client: Client) -> None:
    chosen = (
        "state=chosen&nonce=chosen&redirect_uri=https://evil.example/&client_id=chosen&code_challenge=c&tenant=ours"
    )
    campus.script.metadata["authorization_endpoint"] = f"{campus.issuer}/authorize?{chosen}"
    visit = start(client, "campus")
    assert "chosen" not in visit.request.values()
    assert visit.request["tenant"] == "ours"
    assert visit.redirect_uri == "http://testserver/sso/campus/callback/"
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    assert come_back(client, "campus", query).status_code == 302


# Several at once ------------------------------------------------------------------------------------------------------


def test_r42_two_tabs_at_two_providers_each_come_to_their_own_page(
    campus: ScriptedProvider, entra: ScriptedProvider, people: dict[str, User], client: Client
) -> None:
    exam = f"/test/{Test.objects.get().public_id}/"
    first = start(client, "campus", "/dashboard/archive/")
    second = start(client, "entra", exam)
    back = come_back(client, "campus", {"code": campus.authorise(first.request, **ANNA), "state": first.state})
    assert back["Location"] == "/dashboard/archive/"
    assert logged_in_as(client) == str(people["anna"].pk)
    back = come_back(client, "entra", {"code": entra.authorise(second.request, **BJORN), "state": second.state})
    assert (back.status_code, back["Location"]) == (302, exam)
    assert logged_in_as(client) == str(people["bjorn"].pk)


@pytest.mark.parametrize("starts", [11, 51], ids=["R39 11", "R39 51"])
def test_the_last_of_many_starts_works(starts: int, campus: ScriptedProvider, anna: User, client: Client) -> None:
    visits = [start(client, "campus") for _turn in range(starts)]
    assert len({visit.state for visit in visits}) == len({visit.nonce for visit in visits}) == starts
    query = {"code": campus.authorise(visits[-1].request, **ANNA), "state": visits[-1].state}
    assert come_back(client, "campus", query).status_code == 302
    assert logged_in_as(client) == str(anna.pk)


@pytest.mark.parametrize("starts", [11, 51], ids=["R39 11", "R39 51"])
def test_the_first_of_many_starts_works_or_can_be_started_again(
    starts: int, campus: ScriptedProvider, witness: Witness
) -> None:
    visits = [start(witness.client, "campus") for _turn in range(starts)]
    query = {"code": campus.authorise(visits[0].request, **ANNA), "state": visits[0].state}
    response = come_back(witness.client, "campus", query)
    if response.status_code != 302:
        assert AGAIN in witness.check(response, 400)


def test_a_state_whose_session_goes_at_this_very_moment_can_be_started_again(
    campus: ScriptedProvider, anna: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = start(client, "campus")
    check = sso.check_sender

    def another_tab_logs_in(*args: Any) -> None:
        Session.objects.all().delete()
        check(*args)

    monkeypatch.setattr(sso, "check_sender", another_tab_logs_in)
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    response = come_back(client, "campus", query)
    assert response.status_code == 400
    assert campus.calls["token"] == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_who_come_back_with_one_state_one_is_logged_in(campus: ScriptedProvider, anna: User) -> None:
    browser = Client()
    visit = start(browser, "campus")
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    barrier = Barrier(2)

    def tab(_number: int) -> tuple[int, str | None]:
        client = Client()
        client.cookies = browser.cookies
        barrier.wait()
        try:
            return come_back(client, "campus", query).status_code, logged_in_as(client)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(status for status, _who in pool.map(tab, range(2)))
    assert statuses[0] == 302
    assert statuses[1] in {400, 403}
    assert Session.objects.count() <= 2
    sessions = [session.get_decoded().get(SESSION_KEY) for session in Session.objects.all()]
    assert sessions.count(str(anna.pk)) == 1
    assert AuditEvent.objects.filter(action="login").count() == 1
