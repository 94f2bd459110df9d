"""The OpenID providers of this installation: where each has its addresses and keys, and whether it answers."""

import json
import logging
import math
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from candidates import fetching
from candidates.authentication_types import AuthenticationType, Client, enabled_types
from candidates.fetching import Answer, NoAnswer, Tls, fetch
from candidates.signin.sso.caching import CachedFetch, CircuitBreaker
from candidates.signin.sso.refusals import SsoRefused, Why

logger = logging.getLogger(__name__)

KEYS_SECONDS = 600.0  # keys (O7)
START_SECONDS = 60.0  # addresses at the start of a login: the call also tells whether the provider answers
REFETCH_SECONDS = 30.0  # between two fetches because of an unknown key


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a provider's discovery document says (OpenID Connect Discovery 1.0, section 3)."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    takes_secret_in_form: bool
    names_itself: bool  # sends `iss` with every answer (RFC 9207)


class Provider:
    """One provider, as this process knows it."""

    tls: Tls | None = None

    def __init__(self, kind: AuthenticationType, client: Client) -> None:
        self.kind, self.client = kind, client
        self.circuit = CircuitBreaker()
        # Where there are several, a slow one takes half of the slots at most.
        share = settings.SSO_CALLS_AT_ONCE // (1 if len(login_types()) < 2 else 2)
        self.slots = threading.BoundedSemaphore(max(1, share))
        self._addresses = CachedFetch(f"SSO {kind.slug}: addresses", self._read_addresses)
        self._keys = CachedFetch(f"SSO {kind.slug}: keys", self._read_keys)

    def refuse_if_down(self) -> None:
        """Raise SsoRefused at once where the provider is known not to answer, before the code or state is used."""
        if self.circuit.is_open:
            raise SsoRefused(Why.NO_ANSWER, "circuit")

    def addresses(self) -> Addresses:
        """Return the provider's addresses, at most START_SECONDS old where it answers. Raises SsoRefused.

        Nobody returns from a provider that is down: without this call nobody would notice that it is.
        """
        return self._addresses.get(at_most_old=START_SECONDS)

    def known_addresses(self) -> Addresses:
        """Return the cached addresses however old they are: whoever returns was sent there by fresh ones.

        Raises SsoRefused where this process has none and cannot fetch them.
        """
        return self._addresses.get(at_most_old=math.inf)

    def keys(self) -> list[dict[str, Any]]:
        """Return the provider's public keys, at most KEYS_SECONDS old where it answers. Raises SsoRefused."""
        return self._keys.get(at_most_old=KEYS_SECONDS)

    def known_keys(self) -> list[dict[str, Any]]:
        """Return the cached keys however old they are, as known_addresses does; `keys` renews them after the code."""
        return self._keys.get(at_most_old=math.inf)

    def keys_looked_for_again(self) -> list[dict[str, Any]]:
        """Return keys that are at most REFETCH_SECONDS old. Raises SsoRefused.

        Requests wait for another one that fetches them: their code has been used, and the cached keys lack the new one.
        """
        return self._keys.get(at_most_old=REFETCH_SECONDS, patience=fetching.SECONDS)

    def try_connection(self) -> int:
        """Fetch addresses and keys now, and return how many of the keys can sign. Raises SsoRefused."""
        self.circuit.worked()  # an administrator asks, and may just have repaired it
        self._addresses.refetch()
        return sum(can_sign(key, self.client.algorithm) for key in self._keys.refetch())

    def _read_addresses(self) -> Addresses:
        document = self._read_document(f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration")
        if document.get("issuer") != self.client.issuer:
            raise self._unusable_document("issuer")
        methods = document.get("token_endpoint_auth_methods_supported")
        found = Addresses(
            authorization=self._address(document, "authorization_endpoint"),
            token=self._address(document, "token_endpoint"),
            keys=self._address(document, "jwks_uri"),
            userinfo=self._address(document, "userinfo_endpoint", required=False),
            end_session=self._address(document, "end_session_endpoint", required=False),
            # client_secret_basic is the default of the specification
            takes_secret_in_form=isinstance(methods, list) and "client_secret_post" in methods,
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )
        self.circuit.worked()
        return found

    def _address(self, document: Mapping[str, Any], name: str, *, required: bool = True) -> str:
        """Return an address of the document. Raises SsoRefused for one that is less safe than the issuer's."""
        address = document.get(name)
        if address is None and not required:
            return ""
        if not isinstance(address, str) or not _is_address(address, like=self.client.issuer):
            raise self._unusable_document(name)
        return address

    def _read_keys(self) -> list[dict[str, Any]]:
        found = self._read_document(self.known_addresses().keys).get("keys")
        if not isinstance(found, list):
            raise self._unusable_document("keys")
        self.circuit.worked()
        return [key for key in found if isinstance(key, dict)]

    def _read_document(self, url: str) -> dict[str, Any]:
        """Return a public document of the provider; a missing one counts as no answer."""
        answer = self.ask("GET", url)
        found = _object(answer.body)
        if found is None or answer.status != 200:
            raise self._unusable_document(str(answer.status))
        return found

    def _unusable_document(self, about: str) -> SsoRefused:
        """Count an unusable document as no answer, so that the circuit can open."""
        self._failed("document", about)
        return SsoRefused(Why.NO_ANSWER, about)

    def ask(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return any answer of the provider below 500. Raises SsoRefused (NO_ANSWER)."""
        if not self.circuit.admit():
            raise SsoRefused(Why.NO_ANSWER, "circuit")
        try:
            answer = fetch(method, url, data=data, headers=headers, tls=self.tls)
        except NoAnswer as error:
            self._failed(method, str(error))
            raise SsoRefused(Why.NO_ANSWER, str(error)) from error
        if answer.status >= 500 or answer.status == 429:
            raise self._unusable_answer(method, str(answer.status))
        return answer

    def ask_json(self, method: str, url: str, **what: Mapping[str, str]) -> dict[str, Any]:
        """Return the object that the provider answers with. Raises SsoRefused: CODE for an answer of 400 to 499."""
        answer = self.ask(method, url, **what)
        found = _object(answer.body)
        if 400 <= answer.status < 500:
            self.circuit.worked()
            reason = f"{answer.status} {_error_code(found)}".strip()
            logger.warning("SSO %s refuses a %s: %s", self.kind.slug, method, reason)
            raise SsoRefused(Why.CODE, reason)
        if found is None or answer.status != 200:
            raise self._unusable_answer(method, "no JSON object")
        self.circuit.worked()
        return found

    def _unusable_answer(self, method: str, how: str) -> SsoRefused:
        """Count an unusable answer as no answer, but not one to a code: that depends on what was sent.

        Otherwise somebody who invents codes at which the provider fails could close the login for everybody. A
        time-out counts for codes too.
        """
        if method == "POST":
            logger.warning("SSO %s has no answer to a code: %s", self.kind.slug, how)
        else:
            self._failed(method, how)
        return SsoRefused(Why.NO_ANSWER, how)

    def _failed(self, what: str, how: str) -> None:
        self.circuit.failed()
        logger.warning("SSO %s has no answer to %s: %s", self.kind.slug, what, how)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _error_code(found: Mapping[str, Any] | None) -> str:
    """Return the OAuth error code of a refusal, such as invalid_client, for the log."""
    code = (found or {}).get("error")
    return code if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,40}", code) else ""


def can_sign(key: Mapping[str, Any], algorithm: str) -> bool:
    """Say whether a public key is for signatures of this algorithm (RFC 7517, sections 4.1 to 4.4)."""
    family = "EC" if algorithm.startswith("ES") else "RSA"
    uses = key.get("key_ops", ["verify"])
    return (
        key.get("kty") == family
        and key.get("use", "sig") == "sig"
        and isinstance(uses, list)
        and "verify" in uses
        and key.get("alg", algorithm) == algorithm
    )


def _is_address(address: str, *, like: str) -> bool:
    try:
        found = urlsplit(address)
    except ValueError:
        return False
    safe = found.scheme == "https" or found.scheme == urlsplit(like).scheme
    plain = address.isascii() and address.isprintable() and " " not in address and "#" not in address
    return safe and plain and bool(found.hostname)


# Calls to all providers together: the other threads of this process stay free for local logins.
all_slots = threading.BoundedSemaphore(max(1, settings.SSO_CALLS_AT_ONCE))
_providers: dict[AuthenticationType, Provider] = {}
_making = threading.Lock()


def provider_of(slug: str) -> Provider | None:
    """Return the provider of an enabled type through which people can log in, None for every other slug."""
    kind = enabled_types().get(slug)
    if kind is None or kind.client is None:
        return None
    with _making:
        if kind not in _providers:
            _providers[kind] = Provider(kind, kind.client)
        return _providers[kind]


def login_types() -> list[AuthenticationType]:
    """Return the types through which people can log in, in the order of the settings."""
    return [kind for kind in enabled_types().values() if kind.client is not None]


def forget_all() -> None:
    """Forget all cached addresses, keys and failures, for tests."""
    with _making:
        _providers.clear()
