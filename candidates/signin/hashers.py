"""How chosen passwords are stored, and checked by one slow hash whatever is wrong (docs/fault-cases.md H4, P10)."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    PBKDF2PasswordHasher,
    get_hasher,
    identify_hasher,
    is_password_usable,
    make_password,
)
from django.utils.crypto import get_random_string
from django.views.decorators.debug import sensitive_variables

from candidates.credentials.keys import newest_verifier_key, verifier_keys
from candidates.credentials.verifier import matches, renewed
from candidates.models.accounts import KEYED, VERIFIER
from candidates.signin import hash_slots
from candidates.text import fold

LABEL = b"inspera_deliver chosen password v1"
NONCE_BYTES = 8


class OwaspArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters: 19 MiB, two rounds, one lane (docs/benchmarks.md: 73 logins a second and core).

    Each hash takes a slot (hash_slots.py), as those of the next class do.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    @sensitive_variables()
    def encode(self, password: str, salt: str) -> str:
        """Return what is stored for a password. Raises NoFreeSlot."""
        return hash_slots.hashing.run(partial(super().encode, password, salt))

    @sensitive_variables()
    def verify(self, password: str, encoded: str) -> bool:
        """Say whether a password is the right one. Raises NoFreeSlot."""
        return hash_slots.hashing.run(partial(super().verify, password, encoded))


class OldPBKDF2Hasher(PBKDF2PasswordHasher):
    """Django's default, for accounts of staff from before Argon2id."""

    @sensitive_variables()
    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Return what is stored for a password; checking one is the same. Raises NoFreeSlot."""
        return hash_slots.hashing.run(partial(super().encode, password, salt, iterations))


@sensitive_variables()
def digest_of(password: str) -> str:
    """Return a keyed digest of a chosen password, as `key id$nonce$digest`; it takes microseconds.

    An import keeps it until a worker has made the hash that is stored. Without the key, which is outside the database,
    nobody can test guesses, and the nonce hides who has the same password. Passwords are compared in NFKC.
    """
    return _digest(newest_verifier_key().key_id, secrets.token_hex(NONCE_BYTES), password)


def has_key(digest: str) -> bool:
    """Say whether the key of a digest of `digest_of` is still among VERIFIER_KEYS: else it cannot be checked."""
    return digest.partition("$")[0] in verifier_keys()


def _digest(key_id: str, nonce: str, password: str) -> str:
    key = verifier_keys().get(key_id) or newest_verifier_key()
    message = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    made = hmac.digest(key.secret, b"\x00".join((LABEL, nonce.encode(), message)), "sha256")
    return f"{key_id}${nonce}${made.hex()}"


class KeyedArgon2Hasher(OwaspArgon2Hasher):
    """Argon2id over the keyed digest of a password: for permanent users whose password was imported.

    Stored as `deliver_argon2$key id$nonce$argon2id$…`. With a dump of the database alone nobody can test guesses.
    """

    algorithm = KEYED

    def hash_digest(self, digest: str) -> str:
        """Return what is stored for a digest of `digest_of`; one slow hash."""
        key_id, nonce, _hex = digest.split("$")
        # the library's own encoding, without the name of its algorithm: `argon2id$v=19$…`
        hashed = super().encode(digest, self.salt()).partition("$")[2]
        return f"{self.algorithm}${key_id}${nonce}${hashed}"

    def encode(self, password: str, salt: str) -> str:
        """Return what is stored for a password; the salt is made here."""
        return self.hash_digest(digest_of(password))

    @sensitive_variables()
    def renewed(self, password: str, encoded: str) -> str:
        """Return what is stored for the same password under the newest key; the nonce stays, and so do the sessions."""
        nonce = encoded.split("$", 3)[2]
        return self.hash_digest(_digest(newest_verifier_key().key_id, nonce, password))

    @sensitive_variables()
    def verify(self, password: str, encoded: str) -> bool:
        """Say whether a password is right; the work is the same whatever key it was stored under."""
        _algorithm, key_id, nonce, rest = encoded.split("$", 3)
        return super().verify(_digest(key_id, nonce, password), f"{self.algorithm}${rest}")

    def decode(self, encoded: str) -> dict[str, Any]:
        _algorithm, _key_id, _nonce, rest = encoded.split("$", 3)
        return super().decode(f"{self.algorithm}${rest}")

    def must_update(self, encoded: str) -> bool:
        """Say whether the next login should store it anew: under a newer key, or by a more expensive hash."""
        key_id = encoded.split("$", 2)[1]
        return key_id != newest_verifier_key().key_id or super().must_update(encoded)


class PasswordCheck(NamedTuple):
    """Whether the password is right, and a function that returns its newer stored form where one is due."""

    is_right: bool
    better: Callable[[], str] | None = None


@sensitive_variables()
def check_password(password: str, stored: str, name: str) -> PasswordCheck:
    """Check a typed password of a chosen name; `stored` is empty where nobody has the name.

    Whatever is stored, this costs one slow hash; only accounts that still have PBKDF2 cost another one, until their
    next login.
    """
    if stored.startswith(f"{VERIFIER}$"):
        _slow_hash()
        typed = fold(password)
        return PasswordCheck(matches(stored, name, typed), lambda: renewed(stored, name, typed))
    try:
        hasher = identify_hasher(stored) if stored and is_password_usable(stored) else None
    except ValueError:  # of a hasher that is no longer installed
        hasher = None
    if hasher is None:
        _slow_hash()
        return PasswordCheck(False)
    is_right = hasher.verify(password, stored)
    if isinstance(hasher, KeyedArgon2Hasher):
        keyed = hasher
        return PasswordCheck(is_right, (lambda: keyed.renewed(password, stored)) if keyed.must_update(stored) else None)
    usual = get_hasher()
    is_old = hasher.algorithm != usual.algorithm or usual.must_update(stored)
    return PasswordCheck(is_right, (lambda: make_password(password)) if is_old else None)


def _slow_hash() -> None:
    """Take as long as a check of a password."""
    make_password(get_random_string(20))
