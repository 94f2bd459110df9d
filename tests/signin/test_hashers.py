"""Passwords that came in a file: a keyed digest at once, Argon2id of it later."""

import base64
import secrets
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, verify_password

from candidates.signin.hashers import KeyedArgon2Hasher, digest_of

PASSWORD = "rødgrød med fløde"


def new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def stored() -> str:
    return KeyedArgon2Hasher().hash_digest(digest_of(PASSWORD))


def test_the_password_of_a_digest_opens_and_others_do_not(stored: str) -> None:
    assert check_password(PASSWORD, stored)
    assert not check_password(PASSWORD.upper(), stored)
    assert not check_password("", stored)


def test_it_is_argon2id_with_the_parameters_of_owasp(stored: str) -> None:
    assert stored.startswith("deliver_argon2$")
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in stored
    assert isinstance(identify_hasher(stored), KeyedArgon2Hasher)
    assert len(stored) <= 256


def test_neither_the_digest_nor_what_is_stored_holds_the_password(stored: str) -> None:
    digest = digest_of("correcthorse")
    assert "correct" not in digest + stored
    assert digest != digest_of("correcthorse"), "two people with the same password can be told"


def test_a_password_counts_however_its_letters_are_put_together() -> None:
    stored = KeyedArgon2Hasher().hash_digest(digest_of("A\u030ase-og-de-andre"))
    assert check_password("\u00c5se-og-de-andre", stored)


def test_the_database_alone_gives_nothing_to_guess_against(stored: str, settings: Any) -> None:
    settings.VERIFIER_KEYS = [new_key()]
    assert not check_password(PASSWORD, stored)


def test_under_a_new_key_the_password_still_opens_and_is_to_be_stored_anew(stored: str, settings: Any) -> None:
    assert not KeyedArgon2Hasher().must_update(stored)
    settings.VERIFIER_KEYS = [new_key(), *settings.VERIFIER_KEYS]
    assert verify_password(PASSWORD, stored) == (True, True)
    again = KeyedArgon2Hasher().encode(PASSWORD, "")
    assert not KeyedArgon2Hasher().must_update(again)
    assert check_password(PASSWORD, again)


def test_its_summary_shows_no_whole_hash(stored: str) -> None:
    summary = KeyedArgon2Hasher().safe_summary(stored)
    assert summary
    assert stored.rpartition("$")[2] not in str(summary)
