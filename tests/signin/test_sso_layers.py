"""Layers of which another one refuses the same: each refuses alone (R7, R8, R37, O10)."""

from typing import Any

import jwt
import pytest
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.test import Client, RequestFactory

from candidates.models import User
from candidates.signin.sso.backend import SsoBackend, SsoReturn, algorithm_and_key, verified
from candidates.signin.sso.providers import Provider, provider_of
from candidates.signin.sso.refusals import SsoRefused, Why
from tests.signin.conftest import ANNA
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_tokens import Signer, base64url, public_jwk, public_pem, signed
from tests.support.sso_visits import start

pytestmark = pytest.mark.django_db
SECRET = ScriptedProvider.client_secret.encode()
OTHERS: dict[str, tuple[Signer, dict[str, Any]]] = {
    "R8 HS256 with the client secret": (Signer(algorithm="HS256", material=SECRET), {}),
    "R8 HS256 with the public key": (Signer(algorithm="HS256", material=public_pem("rsa")), {}),
    "R8 RS512": (Signer("rsa", "RS512"), public_jwk("rsa")),
    "R8 ES256": (Signer("ec", "ES256"), public_jwk("ec")),
}


@pytest.fixture
def provider(campus: ScriptedProvider) -> Provider:
    """The campus, as this process knows it: its tokens are signed by RS256."""
    found = provider_of("campus")
    assert found is not None
    return found


def token_of(provider: Provider, signer: Signer) -> str:
    """Return a token that is right in everything but who signed it and how."""
    claims = {"iss": provider.client.issuer, "aud": provider.client.client_id, "sub": ANNA["sub"]}
    return signed({**claims, "iat": 1, "exp": 2**33}, signer, {"kid": "rsa"})


# The algorithm: the header, the list of those that are taken, and the key ---------------------------------------------


@pytest.mark.parametrize("case", [*OTHERS, "R7 none"])
def test_no_key_is_looked_for_by_the_header_of_another_algorithm(
    case: str, provider: Provider, campus: ScriptedProvider
) -> None:
    signer, _key = OTHERS.get(case, (Signer(algorithm="none"), {}))
    with pytest.raises(SsoRefused) as refused:
        algorithm_and_key(provider, token_of(provider, signer))
    assert (refused.value.why, refused.value.about) == (Why.TOKEN, "alg")
    assert campus.seen == []


@pytest.mark.parametrize("case", OTHERS)
def test_a_token_of_another_algorithm_is_refused_even_beside_the_key_that_signed_it(
    case: str, provider: Provider
) -> None:
    signer, key = OTHERS[case]
    key = key or {"kty": "oct", "k": base64url(signer.material or b"")}
    with pytest.raises(SsoRefused) as refused:
        verified(provider, token_of(provider, signer), jwt.PyJWK(key, algorithm=signer.algorithm))
    assert (refused.value.why, refused.value.about) == (Why.TOKEN, "InvalidAlgorithmError")


def test_the_key_of_the_provider_is_for_the_algorithm_of_the_setup(provider: Provider) -> None:
    token = token_of(provider, Signer())
    key = algorithm_and_key(provider, token)
    assert key.algorithm_name == provider.client.algorithm
    assert verified(provider, token, key)["sub"] == ANNA["sub"]


# A password form with code and state: what the backend is called with, and the mark of the request --------------------


@pytest.fixture
def posted(campus: ScriptedProvider, client: Client) -> HttpRequest:
    """A form that is sent to the login page with a code and a state that are good."""
    visit = start(client, "campus")
    code = campus.authorise(visit.request, **ANNA)
    request = RequestFactory().post(f"/login/?code={code}&state={visit.state}")
    request.session = client.session
    return request


@pytest.mark.parametrize("more", [{}, {"nonce": "n"}, {"nonce": "n", "code_verifier": "v"}], ids=repr)
def test_r37_a_name_and_a_password_ask_no_provider_even_of_a_request_that_is_marked(
    more: dict[str, str], posted: HttpRequest, provider: Provider, campus: ScriptedProvider, anna: User
) -> None:
    posted.sso_return = SsoReturn(provider)  # type: ignore[attr-defined]
    asked = campus.calls.total()
    assert authenticate(posted, username="planner", password="x", **more) is None
    assert campus.calls.total() == asked


def test_r37_a_request_that_is_not_marked_asks_no_provider(
    posted: HttpRequest, provider: Provider, campus: ScriptedProvider, anna: User
) -> None:
    asked = campus.calls.total()
    assert SsoBackend().authenticate(posted, nonce="n", code_verifier="v") is None
    assert campus.calls.total() == asked
