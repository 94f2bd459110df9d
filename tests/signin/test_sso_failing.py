"""Providers that fail, hang, babble and lie (R10, R30 to R34, R43; C60)."""

import gzip
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client

from candidates import fetching
from candidates.models import User
from candidates.signin.sso import providers
from candidates.signin.sso.caching import MAX_FAILURES
from tests.signin.conftest import ANNA, EPPN, Witness, coming_back
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_server import ENDPOINTS, Answer, Endpoint
from tests.support.scripted_tokens import LEFT_OUT, Signer, public_jwk
from tests.support.sso_visits import ask_to_start, come_back, log_in, start

BOMB = gzip.compress(b" " * 50_000_000)
# A busy machine adds seconds to whatever is timed here: what is not given up at all takes far longer than this, and
# what waits for the time-out where it need not is told by a time-out that is longer still.
STALL = 15
TIME_OUT = 2 * STALL
TRIES = 3


def refused_within(seconds: float, witness: Witness, opened: Callable[[], Any], *statuses: int) -> str:
    """Assert that an address is answered by a refusal, and in so many seconds; return the page."""
    took, page = seconds_and_page(witness, opened, *statuses)
    assert took < seconds, took
    return page


def seconds_and_page(witness: Witness, opened: Callable[[], Any], *statuses: int) -> tuple[float, str]:
    """Assert that an address is answered by a refusal; return the seconds that it took, and the page."""
    began = time.monotonic()
    response = opened()
    took = time.monotonic() - began
    return took, witness.check(response, *statuses)


def within(seconds: float, attempt: Callable[[], float]) -> bool:
    """Return whether one of three attempts took so long at most: a machine adds to a time, and takes nothing away."""
    return any(attempt() < seconds for _try in range(TRIES))


# What an endpoint answers ---------------------------------------------------------------------------------------------

JSON_OF_NOTHING = [b"null", b"[]", b"7", b'"text"', b"true", b"{", b"", b"\xff\xfe\x00", b"[" * 100_000, b"9" * 100_000]
ANSWERS: dict[str, Answer] = {
    "R30 500": Answer(status=500),
    "R30 502 with HTML": Answer(status=502, body=b"<h1>Bad gateway</h1>", content_type="text/html"),
    "R31 HTML": Answer(body=b"<!doctype html><h1>Log in</h1>", content_type="text/html"),
    "R33 503": Answer(status=503),
    "R33 429": Answer(status=429),
    "204": Answer(status=204, body=b""),
    "hangs up": Answer(manner="closed"),
    "301": Answer(status=301, headers=(("Location", "http://127.0.0.1:9/elsewhere"),)),
    "50 MB": Answer(manner="endless"),
    "gzip bomb": Answer(body=BOMB, headers=(("Content-Encoding", "gzip"),)),
    "gzip bomb in gzip": Answer(body=gzip.compress(BOMB), headers=(("Content-Encoding", "gzip, gzip"),)),
    "gzip that is none": Answer(body=b"no gzip", headers=(("Content-Encoding", "gzip"),)),
    "200 headers": Answer(headers=tuple((f"X-{number}", "x") for number in range(200))),
    "header of 200 kB": Answer(headers=(("X-Long", "x" * 200_000),)),
    "headers of binary": Answer(headers=(("X\x01", "\x02\xff"), ("no colon\r\n\r\n", ""))),
    "length of nonsense": Answer(headers=(("Content-Length", "-1"), ("Transfer-Encoding", "chunked"))),
    **{f"JSON {body[:9]!r}": Answer(body=body) for body in JSON_OF_NOTHING},
}


# All are fetched by one function, and what is fetched is read by one: of each kind one is enough for the others.
FEW = ["R30 500", "R31 HTML", "hangs up", "50 MB", "gzip bomb", *list(ANSWERS)[-len(JSON_OF_NOTHING) :][:4]]
CASES: dict[Endpoint, list[str]] = {
    "metadata": ["301", "gzip that is none", *FEW],
    "token": list(ANSWERS),
    "jwks": FEW,
    "userinfo": FEW,
}


def opened_where(endpoint: Endpoint, answer: Answer, campus: ScriptedProvider, witness: Witness) -> Callable[[], Any]:
    """Return how to open the address at which this endpoint is asked, which answers so from now on."""
    if endpoint == "metadata":
        campus.script.answers[endpoint] = answer
        return lambda: ask_to_start(witness.client, "campus")
    opened = coming_back(witness, campus, ANNA)
    campus.script.answers[endpoint] = answer
    return opened


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_failing_endpoint_lets_nobody_in_and_says_so(
    endpoint: Endpoint, witness: Witness, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    monkeypatch.setattr(fetching, "SECONDS", TIME_OUT)
    for case in CASES[endpoint]:
        with subtests.test(case):
            campus = witness.another_case()
            page = refused_within(STALL, witness, opened_where(endpoint, ANSWERS[case], campus, witness), 503, 403)
            assert "invigilator" in page
            assert campus.bytes_sent < 20_000_000


@pytest.mark.parametrize(
    ("endpoint", "manner"),
    [
        *(("token", manner) for manner in ("silent", "drip_headers", "drip_body")),
        *((endpoint, "drip_body") for endpoint in ENDPOINTS if endpoint != "token"),
    ],
)
def test_r32_a_slow_endpoint_is_given_up(
    endpoint: Endpoint, manner: Any, campus: ScriptedProvider, witness: Witness, short: float
) -> None:
    opened = opened_where(endpoint, Answer(manner=manner), campus, witness)
    refused_within(short + STALL, witness, opened, 503)
    assert "unparsed" not in witness.told()


@pytest.mark.parametrize("what", ["start", "callback"])
def test_r32_who_comes_when_everything_kept_is_old_and_nothing_answers_waits_once(
    what: str, campus: ScriptedProvider, witness: Witness, short: float, forward: Callable[[float], None]
) -> None:
    log_in(Client(), campus, **{**ANNA, EPPN: "nobody@havnes.example"})  # from here on addresses and keys are kept
    opened = coming_back(witness, campus, ANNA)
    forward(601)
    campus.script.answers = {endpoint: Answer(manner="silent") for endpoint in ENDPOINTS}
    asked = campus.calls.total()
    if what == "callback":
        witness.check(opened(), 503)
    else:
        assert ask_to_start(witness.client, "campus").status_code == 302  # by the addresses from before
    assert campus.calls.total() == asked + 1


@pytest.mark.slow
@pytest.mark.parametrize("manner", ["silent", "drip_headers", "drip_body"])
def test_r32_in_real_time_nobody_waits_longer_than_three_seconds_and_a_half(
    manner: Any, campus: ScriptedProvider, witness: Witness
) -> None:
    slow = Answer(manner=manner, seconds_a_byte=1)

    def asked_for_a_token() -> float:
        providers.forget_all()
        campus.script.answers = {}
        opened = coming_back(witness, campus, ANNA)
        campus.script.answers = {"token": slow}
        return seconds_and_page(witness, opened, 503)[0]

    def asked_for_metadata() -> float:
        providers.forget_all()
        campus.script.answers = {"metadata": slow}
        return seconds_and_page(witness, lambda: ask_to_start(witness.client, "campus"), 503)[0]

    assert within(3.5, asked_for_a_token)
    assert within(3.5, asked_for_metadata)


def test_nobody_there_is_said_at_once(
    campus: ScriptedProvider, witness: Witness, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SECONDS", TIME_OUT)
    settings.AUTHENTICATION_TYPES = [campus.setup(issuer="http://127.0.0.1:9")]
    page = refused_within(STALL, witness, lambda: ask_to_start(witness.client, "campus"), 503)
    assert "does not answer" in page


@pytest.mark.parametrize("lookup", ["fails", "hangs"])
def test_c60_a_name_that_is_not_found_is_given_up(
    lookup: str,
    campus: ScriptedProvider,
    witness: Witness,
    settings: Any,
    short: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, over = socket.getaddrinfo, threading.Event()

    def lookups(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "sso.nowhere.example":
            return real(host, *args, **kwargs)
        if lookup == "hangs":
            over.wait(30)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookups)
    settings.AUTHENTICATION_TYPES = [campus.setup(issuer="http://sso.nowhere.example")]
    try:
        page = refused_within(short + STALL, witness, lambda: ask_to_start(witness.client, "campus"), 503)
    finally:
        over.set()
    assert "does not answer" in page


# Metadata and keys that lie -------------------------------------------------------------------------------------------

LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": "https://evil.example"},
    "issuer with a slash more": {"issuer": "http://127.0.0.1/"},
    "no issuer": {"issuer": LEFT_OUT},
    "issuer is a list": {"issuer": []},
    "no token endpoint": {"token_endpoint": LEFT_OUT},
    "token endpoint is a number": {"token_endpoint": 7},
    "token endpoint is a file": {"token_endpoint": "file:///etc/passwd"},
    "token endpoint is no address": {"token_endpoint": "http://["},
    "no keys": {"jwks_uri": LEFT_OUT},
    "no authorization endpoint": {"authorization_endpoint": None},
    "authorization endpoint is a script": {"authorization_endpoint": "javascript:alert(1)"},
    "authorization endpoint with a fragment": {"authorization_endpoint": "http://127.0.0.1/#a"},
    "authorization endpoint with a line break": {"authorization_endpoint": "http://127.0.0.1/\r\nX: y"},
}


def test_a_discovery_document_that_cannot_be_right_starts_nothing(witness: Witness, subtests: pytest.Subtests) -> None:
    for case, lie in LIES.items():
        with subtests.test(case):
            campus = witness.another_case()
            campus.script.metadata = lie
            witness.check(ask_to_start(witness.client, "campus"), 503)
            assert campus.calls["token"] == 0


KEYS: dict[str, list[Any]] = {
    "R34 none": [],
    "R34 of wrong types": [None, 7, "key", [], True],
    "R34 without members": [{}, {"kid": "rsa"}, {"kid": "rsa", "kty": "RSA"}],
    "R34 numbers for texts": [{**public_jwk("rsa"), "n": 7}],
    "R34 nothing in it": [{**public_jwk("rsa"), "n": "", "e": ""}],
    "R34 no base64": [{**public_jwk("rsa"), "n": "é", "e": "%"}],
    "R34 half a surrogate pair": [{**public_jwk("rsa"), "n": "\ud800"}],
    "R34 tiny": [{**public_jwk("rsa"), "n": "AQ", "e": "AQ"}],
    "R34 private by mistake": [{**public_jwk("rsa"), "d": 7}],
    "R34 oct": [{"kty": "oct", "kid": "rsa", "k": "AAAA", "alg": "RS256"}],
    "R34 another kind": [{**public_jwk("ec"), "kid": "rsa"}],
    "R34 two of one id": [public_jwk("rsa"), public_jwk("rsa-next", kid="rsa")],
    "R34 kty is a list": [{**public_jwk("rsa"), "kty": ["RSA"]}],
    "R34 use is an object": [{**public_jwk("rsa"), "use": {"sig": 1}}],
    "R34 key_ops is a number": [{**public_jwk("rsa"), "key_ops": 7}],
    "R34 alg is a list": [{**public_jwk("rsa"), "alg": ["RS256"]}],
}


@pytest.mark.slow
def test_keys_that_are_none_let_nobody_in(witness: Witness, subtests: pytest.Subtests) -> None:
    for case, keys in KEYS.items():
        with subtests.test(case):
            campus = witness.another_case()
            campus.script.keys = keys
            witness.check(log_in(witness.client, campus, **ANNA), 403, 503)


def test_a_provider_whose_document_is_not_there_is_soon_asked_no_more(
    campus: ScriptedProvider, witness: Witness, forward: Callable[[float], None]
) -> None:
    campus.script.answers["metadata"] = Answer(status=404, body=b"{}")
    for _time in range(MAX_FAILURES + TRIES):
        assert "does not answer" in witness.check(ask_to_start(witness.client, "campus"), 503)
        forward(1)
    assert campus.calls["metadata"] == MAX_FAILURES


@pytest.mark.parametrize("document", [b'{"keys": {}}', b'{"kyes": []}'])
def test_a_document_without_a_list_of_keys_lets_nobody_in(
    document: bytes, campus: ScriptedProvider, witness: Witness
) -> None:
    campus.script.answers["jwks"] = Answer(body=document)
    witness.check(log_in(witness.client, campus, **ANNA), 403, 503)


def test_r10_unknown_key_ids_are_looked_for_once_in_half_a_minute(
    campus: ScriptedProvider, witness: Witness, forward: Callable[[float], None]
) -> None:
    campus.script.header = {"kid": "made-up-1"}
    witness.check(log_in(witness.client, campus, **ANNA), 403, 503)
    forward(31)
    asked = campus.calls["jwks"]
    for number in range(3):
        campus.script.header = {"kid": f"made-up-{number}"}
        witness.check(log_in(witness.client, campus, **ANNA), 403, 503)
    assert campus.calls["jwks"] == asked + 1


def test_r43_a_new_key_is_found_and_the_old_one_is_forgotten(
    campus: ScriptedProvider, anna: User, client: Client, forward: Callable[[float], None]
) -> None:
    assert log_in(client, campus, **ANNA).status_code == 302
    forward(31)
    campus.script.keys = [public_jwk("rsa-next")]
    campus.script.signer = Signer("rsa-next")
    assert log_in(client, campus, **ANNA).status_code == 302
    assert client.session[SESSION_KEY] == str(anna.pk)
    campus.script.signer = Signer("rsa")
    assert log_in(Client(), campus, **ANNA).status_code == 403


def test_two_setups_at_one_provider_share_no_cache_that_matters(
    campus: ScriptedProvider, witness: Witness, settings: Any
) -> None:
    other = campus.setup(slug="other", client_id="other", claim=EPPN)
    settings.AUTHENTICATION_TYPES = [campus.setup(claim=EPPN), other]
    visit = start(witness.client, "other")
    assert visit.request["client_id"] == "other"
    query = {"code": campus.authorise(visit.request, **ANNA), "state": visit.state}
    witness.check(come_back(witness.client, "other", query), 403)


# Secrets stay where they belong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_no_secret_follows_a_redirect(
    endpoint: Endpoint, entra: ScriptedProvider, witness: Witness, subtests: pytest.Subtests
) -> None:
    for status in (301, 302, 303, 307, 308):
        with subtests.test(str(status)):
            campus = witness.another_case()
            away = (("Location", f"{entra.issuer}/{endpoint}"),)
            opened = opened_where(endpoint, Answer(status=status, body=b"", headers=away), campus, witness)
            witness.check(opened(), 403, 503)
            assert entra.seen == []


@pytest.mark.parametrize(
    ("methods", "basic"),
    [
        (["client_secret_post"], False),
        (["client_secret_basic"], True),
        (["client_secret_basic", "client_secret_post"], False),
        (["private_key_jwt", "client_secret_basic"], True),
    ],
)
def test_the_secret_goes_once_and_as_the_provider_takes_it(
    methods: list[str], basic: bool, campus: ScriptedProvider, anna: User, client: Client
) -> None:
    campus.script.metadata["token_endpoint_auth_methods_supported"] = methods
    assert log_in(client, campus, **ANNA).status_code == 302
    (call,) = (call for call in campus.seen if call.endpoint == "token")
    assert ("client_secret" in call.form, "Authorization" in call.headers) == (not basic, basic)


def test_what_the_machine_keeps_for_other_programs_is_not_sent(
    campus: ScriptedProvider, anna: User, client: Client, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert log_in(client, campus, sub=ANNA["sub"], userinfo={EPPN: ANNA[EPPN]}).status_code == 302
    assert not [call for call in campus.seen if "Basic" in call.headers.get("Authorization", "")]
