"""A provider that is down or slow hurts those alone who need it, and those for seconds (C60, R37, R44)."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.urls import reverse

from candidates import fetching
from candidates.credentials.sealing import unseal
from candidates.models import User
from candidates.signin.hash_slots import BUSY_SECONDS
from candidates.signin.sso import backend, caching, providers
from candidates.signin.sso.refusals import SsoRefused, Why
from tests.signin.conftest import ANNA, BJORN, Witness, coming_back, logged_in_as
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_server import ENDPOINTS, Answer
from tests.support.scripted_tokens import Signer, public_jwk
from tests.support.sso_visits import ask_to_start, come_back, log_in, start

# Circuit and bulkhead -------------------------------------------------------------------------------------------------


def fail(witness: Witness, provider: ScriptedProvider, times: int) -> None:
    for _turn in range(times):
        witness.check(coming_back(witness, provider, ANNA)(), 503)


def test_after_five_failures_nobody_is_sent_there_for_half_a_minute(
    campus: ScriptedProvider, entra: ScriptedProvider, witness: Witness, forward: Callable[[float], None]
) -> None:
    start(witness.client, "campus")
    campus.script.answers["token"] = Answer(manner="closed")
    fail(witness, campus, 5)
    calls = campus.calls.total()
    page = witness.check(ask_to_start(witness.client, "campus"), 503)
    assert "one-time login" in page
    assert "does not answer at the moment" in Client().get("/login/").content.decode()
    assert campus.calls.total() == calls
    assert ask_to_start(Client(), "entra").status_code == 302  # a circuit of its own
    forward(31)
    assert "does not answer at the moment" not in Client().get("/login/").content.decode()
    fail(witness, campus, 1)  # the one that tries again
    assert ask_to_start(witness.client, "campus").status_code == 503
    forward(31)
    campus.script.answers.clear()
    browser = Client()
    assert log_in(browser, campus, **ANNA).status_code == 302
    assert ask_to_start(Client(), "campus").status_code == 302


def test_who_comes_back_while_the_provider_is_known_to_be_down_can_come_back_once_more(
    campus: ScriptedProvider, anna: User, witness: Witness, forward: Callable[[float], None]
) -> None:
    browser = Client()
    visit = start(browser, "campus")
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    campus.script.answers["token"] = Answer(manner="closed")
    fail(witness, campus, 5)
    calls = campus.calls.total()
    assert come_back(browser, "campus", query).status_code == 503
    assert campus.calls.total() == calls
    campus.script.answers.clear()
    forward(31)
    assert come_back(browser, "campus", query).status_code == 302
    assert logged_in_as(browser) == str(anna.pk)


def test_failures_that_lie_half_a_minute_apart_do_not_add_up(
    campus: ScriptedProvider, witness: Witness, forward: Callable[[float], None]
) -> None:
    campus.script.answers["token"] = Answer(manner="closed")
    for _turn in range(8):
        fail(witness, campus, 1)
        forward(8)
    assert ask_to_start(witness.client, "campus").status_code == 302


def test_a_provider_that_dies_after_others_have_come_through_it_is_noticed(
    campus: ScriptedProvider, people: dict[str, User], forward: Callable[[float], None]
) -> None:
    log_in(Client(), campus, **ANNA)  # from here on addresses and keys are kept, and nobody comes back any more
    campus.script.answers = {endpoint: Answer(status=503) for endpoint in ("metadata", "jwks", "token")}
    forward(61)
    statuses = []
    for _turn in range(6):
        statuses.append(ask_to_start(Client(), "campus").status_code)
        forward(4)
    assert statuses == [302, 302, 302, 302, 503, 503]
    assert "Campus login does not answer at the moment" in Client().get("/login/").content.decode()
    forward(31)
    assert ask_to_start(Client(), "campus").status_code == 503  # the one call that looks whether it is back
    campus.script.answers = {}
    forward(31)
    assert ask_to_start(Client(), "campus").status_code == 302
    assert "does not answer at the moment" not in Client().get("/login/").content.decode()


def test_of_many_who_start_while_it_is_dead_one_in_three_seconds_asks(
    campus: ScriptedProvider, people: dict[str, User], forward: Callable[[float], None]
) -> None:
    log_in(Client(), campus, **ANNA)
    campus.script.answers = {"metadata": Answer(status=503)}
    forward(61)
    asked = campus.calls["metadata"]
    assert {ask_to_start(Client(), "campus").status_code for _turn in range(6)} == {302}
    assert campus.calls["metadata"] == asked + 1


def test_codes_that_are_refused_do_not_open_the_circuit(campus: ScriptedProvider, witness: Witness) -> None:
    for _turn in range(7):
        visit = start(witness.client, "campus")
        witness.check(come_back(witness.client, "campus", {"code": "no", "state": visit.state}), 403)
    assert ask_to_start(witness.client, "campus").status_code == 302


@pytest.mark.parametrize(
    "answer", [Answer(status=500), Answer(status=429), Answer(body=b"<h1>Log in</h1>", content_type="text/html")]
)
def test_made_up_codes_that_the_provider_fails_at_close_the_login_to_nobody(
    answer: Answer, campus: ScriptedProvider, anna: User, witness: Witness
) -> None:
    campus.script.answers["token"] = answer
    for _turn in range(7):
        visit = start(witness.client, "campus")
        witness.check(come_back(witness.client, "campus", {"code": "made-up", "state": visit.state}), 503)
    campus.script.answers.clear()
    assert log_in(Client(), campus, **ANNA).status_code == 302


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_with_every_place_taken_the_same_address_works_a_moment_later(
    campus: ScriptedProvider, people: dict[str, User], settings: Any
) -> None:
    settings.SSO_CALLS_AT_ONCE = 2
    settings.AUTHENTICATION_TYPES = settings.AUTHENTICATION_TYPES[:1]
    providers.forget_all()
    browsers = [Client() for _turn in range(3)]
    visits = [start(browser, "campus") for browser in browsers]
    queries = [{"code": campus.authorise(visit.request, **ANNA), "state": visit.state} for visit in visits]
    campus.script.answers["token"] = Answer(manner="drip_body", seconds_a_byte=0.0008)  # a second and more

    def back(number: int) -> int:
        try:
            return come_back(browsers[number], "campus", queries[number]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        held = [pool.submit(back, number) for number in (0, 1)]
        while campus.calls["token"] < 2:
            time.sleep(0.005)
        busy = come_back(browsers[2], "campus", queries[2])
        other = Client().get("/login/").status_code
        assert not any(one.done() for one in held)
        statuses = [one.result() for one in held]
    assert (busy.status_code, other) == (503, 200)
    assert busy.headers["Refresh"] == busy.headers["Retry-After"] == str(BUSY_SECONDS)
    assert "no-store" in busy["Cache-Control"]
    assert statuses == [302, 302]
    campus.script.answers.clear()
    assert back(2) == 302
    assert browsers[2].session[SESSION_KEY] == str(people["anna"].pk)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_who_start_at_a_provider_that_hangs_wait_no_longer_than_one(
    campus: ScriptedProvider, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd, seconds = 6, 1.5  # one after the other they would wait for nine seconds
    monkeypatch.setattr(fetching, "SECONDS", seconds)
    campus.script.answers["metadata"] = Answer(manner="silent")

    def one(_number: int) -> int:
        try:
            return ask_to_start(Client(), "campus").status_code
        finally:
            connection.close()

    began = time.monotonic()
    with ThreadPoolExecutor(crowd) as pool:
        statuses = set(pool.map(one, range(crowd)))
    assert statuses == {503}
    assert time.monotonic() - began < (crowd - 1) * seconds


def test_c60_one_time_logins_are_given_and_open_the_test_while_every_provider_hangs(
    campus: ScriptedProvider, entra: ScriptedProvider, anna: User, planner: User, client_of: Callable[..., Client]
) -> None:
    for provider in (campus, entra):
        provider.script.answers = {endpoint: Answer(manner="silent") for endpoint in ENDPOINTS}
    place = anna.candidacies.get()
    give = reverse("candidates-one-time-login-give", args=[place.test.public_id])
    assert client_of(planner).post(give, {"ids": place.public_id}).status_code == 302
    place.refresh_from_db()
    account, browser = place.one_time_login, Client()
    assert account is not None
    known = {"username": account.username, "password": unseal(account.sealed_password.token, account.username)}
    assert browser.post("/login/", known).headers["Location"] == "/dashboard/"
    assert place.candidate_id in browser.get("/dashboard/").content.decode()
    assert campus.seen == entra.seen == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_provider_that_drips_for_ever_takes_no_place_of_another(
    campus: ScriptedProvider,
    entra: ScriptedProvider,
    people: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
    forward: Callable[[float], None],
) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.02)
    campus.script.answers["metadata"] = Answer(manner="drip_headers", seconds_a_byte=0.01)
    for _turn in range(fetching.MAX_CALLS + 3):
        assert ask_to_start(Client(), "campus").status_code == 503
        forward(31)
    monkeypatch.setattr(fetching, "SECONDS", 3.0)
    assert log_in(Client(), entra, **BJORN).status_code == 302


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_r43_of_several_who_come_with_a_new_key_none_is_refused_while_one_fetches_it(
    campus: ScriptedProvider, people: dict[str, User], forward: Callable[[float], None]
) -> None:
    assert log_in(Client(), campus, **ANNA).status_code == 302
    forward(31)
    campus.script.signer, campus.script.keys = Signer("rsa-next"), [public_jwk("rsa-next")]
    campus.script.answers["jwks"] = Answer(manner="drip_body", seconds_a_byte=0.002)  # most of a second

    def one(_number: int) -> int:
        try:
            return log_in(Client(), campus, **ANNA).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(one, range(2))) == [302, 302]


# Local login ----------------------------------------------------------------------------------------------------------


def test_r37_a_password_form_with_code_and_state_asks_no_provider(
    campus: ScriptedProvider, planner: User, anna: User, client: Client
) -> None:
    visit = start(client, "campus")
    asked = campus.calls.total()
    code = campus.authorise(visit.request, **ANNA)
    for fields in ({"username": "planner", "password": "wrong"}, {"username": "", "password": ""}, {}):
        response = client.post(f"/login/?code={code}&state={visit.state}&nonce={visit.nonce}", fields)
        assert response.status_code == 422
        assert SESSION_KEY not in client.session
    named = {"username": "planner", "password": "x", "nonce": visit.nonce, "code_verifier": "v" * 64}
    assert client.post(f"/login/?code={code}&state={visit.state}", named).status_code == 422
    assert campus.calls.total() == asked


def test_r44_local_login_needs_no_provider(
    campus: ScriptedProvider, planner: User, people: dict[str, User], client: Client, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for endpoint in ENDPOINTS:
        campus.script.answers[endpoint] = Answer(manner="silent")
    planner.set_password("correct horse battery")
    planner.save()
    assert client.get("/login/").status_code == 200
    fields = {"username": "planner", "password": "correct horse battery"}
    assert client.post("/login/?code=c&state=s", fields).status_code == 302
    assert client.session[SESSION_KEY] == str(planner.pk)
    assert campus.seen == []


def test_a_call_that_finds_no_slot_among_all_leaves_those_of_its_provider_free(
    campus: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = threading.BoundedSemaphore(1)
    monkeypatch.setattr(backend, "all_slots", one)
    provider = providers.provider_of("campus")
    assert provider is not None
    before = provider.slots._value
    one.acquire()
    assert not backend.SsoReturn(provider).take_slot()
    assert provider.slots._value == before
    one.release()
    assert backend.SsoReturn(provider).take_slot()


def test_who_waits_in_vain_for_the_first_answer_that_another_fetches_is_told_to_try_again() -> None:
    asked = caching.CachedFetch("SSO campus: keys", lambda: ["a key"])
    with asked._lock, pytest.raises(SsoRefused) as refused:
        asked.get(at_most_old=1, patience=0.01)
    assert refused.value.why == Why.BUSY
    assert asked.get(at_most_old=1) == ["a key"]
    with asked._lock:  # and whoever has an old one goes on with it
        assert asked.get(at_most_old=-1, patience=0.01) == ["a key"]
