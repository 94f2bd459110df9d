"""Log in people who return from a provider: mozilla-django-oidc's flow, for several providers and with more checks."""

import base64
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import jwt
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_variables
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.utils import absolutify

from candidates.models import User
from candidates.signin.sso.binding import bind, claims_of, somebody_waits
from candidates.signin.sso.identities import name_of, pinned_person, sso_user_id_of
from candidates.signin.sso.providers import Provider, all_slots, can_sign
from candidates.signin.sso.refusals import SsoRefused, Why


@dataclass
class SsoReturn:
    """A return from a provider with a state that this browser started; `refused` says why the login failed."""

    provider: Provider
    refused: SsoRefused | None = None
    sso_user_id: str = ""
    has_slot: bool = False

    def take_slot(self) -> bool:
        """Take a slot for calls to the provider, and say whether one was free."""
        self.has_slot = self.provider.slots.acquire(blocking=False)
        if self.has_slot and not all_slots.acquire(blocking=False):
            self.has_slot = False
            self.provider.slots.release()
        return self.has_slot

    def release_slot(self) -> None:
        """Release the slot, as soon as no further call is made."""
        if self.has_slot:
            self.has_slot = False
            all_slots.release()
            self.provider.slots.release()


class SsoBackend(OIDCAuthenticationBackend):
    """Logins through the provider that the request was marked with.

    The library matches by e-mail and makes accounts, checks neither issuer nor audience, and accepts `code` and `state`
    at the address of any login (O1 to O10): those parts are replaced here.
    """

    provider: Provider
    arrival: SsoReturn

    def __init__(self) -> None:
        """Read no settings: there are several providers (O11)."""
        self.UserModel = User

    def get_settings(self, attr: str, *args: Any) -> Any:
        """Return a setting of the library."""
        if attr == "OIDC_AUTHENTICATION_CALLBACK_URL":
            return "login"  # any address without parts; get_token puts in the provider's own
        return super().get_settings(attr, *args)

    @sensitive_variables()
    def authenticate(self, request: HttpRequest | None, nonce: str, code_verifier: str) -> User | None:
        """Return who logged in at the provider; None for requests that are not marked, and where it is refused.

        The strict signature excludes a password form that is posted to an address with `code` and `state` (O10).
        """
        arrival: SsoReturn | None = getattr(request, "sso_return", None)
        if request is None or arrival is None:
            return None
        self.provider, self.arrival = arrival.provider, arrival
        client = self.provider.client
        self.OIDC_RP_CLIENT_ID, self.OIDC_RP_CLIENT_SECRET = client.client_id, client.client_secret
        self.OIDC_RP_SIGN_ALGO, self.OIDC_RP_IDP_SIGN_KEY = client.algorithm, None
        try:
            self.OIDC_OP_TOKEN_ENDPOINT = self.provider.known_addresses().token
            found = super().authenticate(request, nonce=nonce, code_verifier=code_verifier)
        except SsoRefused as refused:
            arrival.refused = refused
            return None
        except SuspiciousOperation:  # pragma: no cover - the library's own checks, which come after ours
            arrival.refused = SsoRefused(Why.TOKEN, "library")
            return None
        return found if isinstance(found, User) else None

    def get_token(self, payload: dict[str, str]) -> dict[str, Any]:
        """Return the provider's answer to the code. Raises SsoRefused."""
        kind = self.provider.kind
        payload["redirect_uri"] = absolutify(self.request, reverse("sso-callback", args=[kind.slug]))
        addresses, headers = self.provider.known_addresses(), {}
        if not addresses.takes_secret_in_form:
            secret = payload.pop("client_secret")
            headers["Authorization"] = _basic(payload["client_id"], secret)
        answer = self.provider.ask_json("POST", addresses.token, data=payload, headers=headers)
        if not isinstance(answer.get("id_token"), str) or not isinstance(answer.get("access_token"), str):
            raise SsoRefused(Why.TOKEN, "missing")
        return answer

    def retrieve_matching_jwk(self, token: str) -> jwt.PyJWK:
        """Return the cached key that the token is signed with. Raises SsoRefused."""
        return algorithm_and_key(self.provider, token)

    def get_payload_data(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        """Return the claims of a signed token; there are no unsigned ones. Raises SsoRefused."""
        return verified(self.provider, token, key)

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        """Return the claims of a token that was made for the login that was started here. Raises SsoRefused."""
        check_nonce(claims := self.get_payload_data(token, self.retrieve_matching_jwk(token)), kwargs["nonce"])
        return claims

    def get_or_create_user(self, access_token: str, id_token: str, payload: dict[str, Any]) -> User:
        """Return the person named by the ID token, or else by the userinfo endpoint. Raises SsoRefused."""
        kind, claims = self.provider.kind, payload
        sso_user_id = sso_user_id_of(kind, payload)
        if sso_user_id is None:
            claims = {**self.get_userinfo(access_token, id_token, payload), **payload}
            sso_user_id = sso_user_id_of(kind, claims)
        if sso_user_id is None:
            raise SsoRefused(Why.CLAIM, self.provider.client.claim)
        waits = somebody_waits(kind, sso_user_id)
        if waits and claims is payload and not claims_of(kind) <= payload.keys():
            # what else a student system may have named the person by; without an answer the login goes on all the same
            with suppress(SsoRefused):
                claims = {**self.get_userinfo(access_token, id_token, payload), **payload}
        self.arrival.release_slot()
        self.arrival.sso_user_id = sso_user_id
        if waits:
            bind(kind, sso_user_id=sso_user_id, subject=payload["sub"], claims=claims)
        return pinned_person(kind, sso_user_id=sso_user_id, subject=payload["sub"], name=name_of(payload))

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Return what else the provider says about the person of the ID token. Raises SsoRefused (O3, R19, R20)."""
        address = self.provider.known_addresses().userinfo
        if not address:
            raise SsoRefused(Why.CLAIM, "userinfo")
        found = self.provider.ask_json("GET", address, headers={"Authorization": f"Bearer {access_token}"})
        if found.get("sub") != payload["sub"]:
            raise SsoRefused(Why.TOKEN, "userinfo")
        return found

    def get_user(self, user_id: int) -> User | None:
        """Return the person of a session, unless deactivated: the library does not check that (O8)."""
        found = ModelBackend.get_user(self, user_id)
        return found if isinstance(found, User) else None


def _basic(client_id: str, secret: str) -> str:
    """Return the header that names the client (RFC 6749, section 2.3.1: both are form-encoded first)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


LEEWAY_SECONDS = 60  # between the provider's clock and ours (O5)
REQUIRED = ("iss", "sub", "aud", "exp", "iat")
MAX_SUBJECT_LENGTH = 255
# The library also raises these: for values of unexpected types, lone surrogates, huge numbers, and deeply nested JSON.
UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, AttributeError, RecursionError)


def algorithm_and_key(provider: Provider, token: str) -> jwt.PyJWK:
    """Return the provider's key that the token names; only the algorithm of the setup is accepted.

    Raises SsoRefused. For an unknown key the keys are fetched again, once in REFETCH_SECONDS: providers change their
    keys, and invented key ids must not cause a fetch each (O7).
    """
    try:
        header = jwt.get_unverified_header(token)
    except UNREADABLE as error:
        raise SsoRefused(Why.TOKEN, "header") from error
    algorithm = provider.client.algorithm
    if header.get("alg") != algorithm:
        raise SsoRefused(Why.TOKEN, "alg")
    found = _matching(provider.keys(), header.get("kid"), algorithm) or _matching(
        provider.keys_looked_for_again(), header.get("kid"), algorithm
    )
    if found is None:
        raise SsoRefused(Why.TOKEN, "kid")
    try:
        return jwt.PyJWK(found, algorithm=algorithm)
    except UNREADABLE as error:
        raise SsoRefused(Why.TOKEN, "key") from error


def _matching(keys: list[dict[str, Any]], kid: object, algorithm: str) -> dict[str, Any] | None:
    """Return the one key of that id, or without an id the only key; None where two match."""
    fitting = [key for key in keys if can_sign(key, algorithm) and (kid is None or key.get("kid") == kid)]
    return fitting[0] if len(fitting) == 1 else None


def verified(provider: Provider, token: str, key: jwt.PyJWK) -> dict[str, Any]:
    """Return the claims of a token that this provider made for this installation. Raises SsoRefused."""
    client = provider.client
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[client.algorithm],
            audience=client.client_id,
            issuer=client.issuer,
            leeway=LEEWAY_SECONDS,
            # short keys can be broken (RFC 7518, section 3.3: 2048 bits)
            options={"require": list(REQUIRED), "enforce_minimum_key_length": True},
        )
    except UNREADABLE as error:
        raise SsoRefused(Why.TOKEN, type(error).__name__) from error
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if claims.get("azp", client.client_id) != client.client_id or (len(audiences) > 1 and "azp" not in claims):
        raise SsoRefused(Why.TOKEN, "azp")
    subject = claims["sub"]
    if not (isinstance(subject, str) and 0 < len(subject) <= MAX_SUBJECT_LENGTH and subject.isprintable()):
        raise SsoRefused(Why.TOKEN, "sub")
    return claims


def check_nonce(claims: dict[str, Any], nonce: str | None) -> None:
    """Raise SsoRefused where the token was not made for the login that was started here."""
    found = claims.get("nonce")
    # ours is ASCII; constant_time_compare cannot take other text
    if not nonce or not isinstance(found, str) or not found.isascii() or not constant_time_compare(found, nonce):
        raise SsoRefused(Why.TOKEN, "nonce")
