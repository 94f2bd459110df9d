"""The two lists of keys, which are kept outside the database: one seals, one verifies (docs/domain.md §14)."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

KEY_BYTES = 32


class KeyProblem(Exception):
    """A key of CREDENTIAL_KEYS or VERIFIER_KEYS cannot be used."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key of the password check, and the short name by which stored verifiers refer to it."""

    key_id: str
    secret: bytes = field(repr=False)


def _decoded(text: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise KeyProblem("a key is not url-safe base64") from error
    if len(raw) != KEY_BYTES:
        raise KeyProblem(f"a key has {len(raw)} bytes instead of {KEY_BYTES}")
    return raw


@lru_cache(maxsize=8)
def _seal_box(keys: tuple[str, ...]) -> MultiFernet:
    for key in keys:
        _decoded(key)
    return MultiFernet([Fernet(key) for key in keys])


@lru_cache(maxsize=8)
def _verifier_keys(keys: tuple[str, ...]) -> dict[str, VerifierKey]:
    found = {}
    for text in keys:
        raw = _decoded(text)
        key_id = hashlib.sha256(b"deliver verifier key id" + raw).hexdigest()[:8]
        found[key_id] = VerifierKey(key_id, raw)
    return found


def seal_box() -> MultiFernet:
    """Return the box that seals under the newest of CREDENTIAL_KEYS and opens under any of them.

    Raises KeyProblem where a key is malformed.
    """
    return _seal_box(tuple(settings.CREDENTIAL_KEYS))


def newest_seal_key() -> MultiFernet:
    """Return the key under which new copies are sealed. Raises KeyProblem where it is malformed."""
    return _seal_box((settings.CREDENTIAL_KEYS[0],))


def verifier_keys() -> dict[str, VerifierKey]:
    """Return the keys of the password check by their ids, newest first.

    Raises KeyProblem where a key is malformed.
    """
    return _verifier_keys(tuple(settings.VERIFIER_KEYS))


def newest_verifier_key() -> VerifierKey:
    """Return the key under which new verifiers are made."""
    return next(iter(verifier_keys().values()))


def check_keys() -> None:
    """Load both lists of keys. Raises KeyProblem where one cannot be used."""
    seal_box()
    verifier_keys()
