"""Whatever JSON a provider sends: never a failure of ours, and nobody in unless everything is right."""

from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidates.models import SsoIdentity, User
from candidates.signin.sso import providers
from tests.signin.conftest import ANNA, EPPN
from tests.support.scripted_provider import Script, ScriptedProvider
from tests.support.scripted_tokens import LEFT_OUT, public_jwk
from tests.support.sso_visits import log_in

EXAMPLES = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
TEXTS = st.text(st.characters(codec=None), max_size=20)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.integers(10**300, 10**320)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
MEMBERS = [
    *("alg", "kid", "typ", "crit", "id_token", "access_token", "token_type", "issuer", "authorization_endpoint"),
    *("token_endpoint", "jwks_uri", "userinfo_endpoint", "token_endpoint_auth_methods_supported"),
]
ANYTHING = JSON | st.just(LEFT_OUT)


@pytest.fixture
def pinned(anna: User, campus: ScriptedProvider) -> User:
    """Anna, who has logged in before: another `sub` is another account from now on."""
    SsoIdentity.objects.filter(user=anna).update(subject=ANNA["sub"], pinned_issuer=campus.issuer)
    return anna


def come(campus: ScriptedProvider) -> str | None:
    """Log in by the script; return who is in. Whatever comes of it is a page of ours."""
    browser = Client()
    response = log_in(browser, campus, **ANNA)
    who: str | None = browser.session.get(SESSION_KEY)
    assert response.status_code in {302, 400, 403, 503}
    assert (response.status_code == 302) == (who is not None)
    return who


@pytest.mark.slow
@EXAMPLES
@given(
    changes=st.dictionaries(
        st.sampled_from([EPPN, "sub", "aud", "iss", "nonce", "azp", "exp", "iat"]), ANYTHING, min_size=1, max_size=3
    )
)
def test_any_claims(changes: dict[str, Any], campus: ScriptedProvider, pinned: User) -> None:
    providers.forget_all()  # what failed before is no part of this example
    right = {EPPN: ANNA[EPPN], "sub": ANNA["sub"], "aud": "deliver", "iss": campus.issuer}
    campus.script = Script(claims=changes)
    who = come(campus)
    judged = {name: value for name, value in changes.items() if name not in {"exp", "iat"}}
    wrong = [
        name
        for name, value in judged.items()
        if value != right.get(name, LEFT_OUT) and not (name == "aud" and value == ["deliver"])
    ]
    assert who == (None if wrong else who)
    if who is not None:
        assert who == str(pinned.pk)


@pytest.mark.slow
@EXAMPLES
@given(
    what=st.sampled_from(["header", "token", "userinfo", "metadata"]),
    name=st.sampled_from([*MEMBERS, "sub", EPPN]),
    value=ANYTHING,
)
def test_any_member_of_any_answer(what: str, name: str, value: Any, campus: ScriptedProvider, pinned: User) -> None:
    providers.forget_all()
    campus.script = Script()
    setattr(campus.script, what, {name: value})
    campus.script.claims[EPPN] = LEFT_OUT  # so that userinfo is asked
    browser = Client()
    start = browser.get("/sso/campus/start/")
    assert start.status_code in {302, 503}
    if start.status_code == 302:
        assert come(campus) in {None, str(pinned.pk)}


@pytest.mark.slow
@EXAMPLES
@given(member=st.sampled_from(["kty", "kid", "use", "alg", "n", "e", "key_ops", "x5c", "d"]), value=ANYTHING)
def test_any_key(member: str, value: Any, campus: ScriptedProvider, pinned: User) -> None:
    providers.forget_all()
    campus.script = Script(keys=[public_jwk("rsa", **{member: value})])
    assert come(campus) in {None, str(pinned.pk)}


@pytest.mark.slow
@EXAMPLES
@given(
    query=st.dictionaries(
        st.sampled_from(["code", "state", "iss", "error", "next", "session_state"]),
        st.text(st.characters(codec="utf-8"), max_size=30),
    )
)
def test_any_query(query: dict[str, str], campus: ScriptedProvider, pinned: User) -> None:
    browser = Client()
    browser.get("/sso/campus/start/")
    response = browser.get("/sso/campus/callback/", query)
    assert response.status_code in {400, 403, 503}
    assert SESSION_KEY not in browser.session
