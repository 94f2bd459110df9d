"""Verify an ID token: whose it is, for whom, from whom and until when (OpenID Connect Core 1.0, section 3.1.3.7)."""

from typing import Any

import jwt
from django.utils.crypto import constant_time_compare

from candidates.signin.sso.providers import Provider, can_sign
from candidates.signin.sso.refusals import SsoRefused, Why

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
