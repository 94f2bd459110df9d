"""The check of generated passwords."""

import base64
import hmac
import secrets

import pytest

from candidates.credentials import verifier
from candidates.credentials.keys import KeyProblem, newest_seal_key, newest_verifier_key, seal_box, verifier_keys
from candidates.credentials.verifier import make_verifier, matches, renewed
from candidates.models import User


def new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def test_the_right_password_matches_and_nothing_else_does() -> None:
    stored = make_verifier("6czep34v", "k5dm3yj834ff4")
    assert matches(stored, "6czep34v", "k5dm3yj834ff4")
    assert not matches(stored, "6czep34v", "k5dm3yj834ff5")
    assert not matches(stored, "6czep34v", "")
    assert not matches(stored, "7czep34v", "k5dm3yj834ff4")


def test_a_verifier_moved_to_another_row_opens_nothing() -> None:
    assert not matches(make_verifier("6czep34v", "same"), "7czep34v", "same")


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "!",
        "!unusable",
        "deliver_hmac_sha256",
        "deliver_hmac_sha256$",
        "deliver_hmac_sha256$$$",
        "a$b$c$d",
        "x" * 500,
    ],
)
@pytest.mark.parametrize("typed", ["", "k5dm3yj834ff4", "\ud800", "\x00", "ø" * 256])
def test_what_is_no_verifier_matches_nothing_and_breaks_nothing(stored: str, typed: str) -> None:
    assert matches(stored, "6czep34v", typed) is False


def test_a_verifier_whose_digest_was_tampered_with_is_refused() -> None:
    stored = make_verifier("6czep34v", "k5dm3yj834ff4")
    head, _, digest = stored.rpartition("$")
    assert not matches(f"{head}$é", "6czep34v", "k5dm3yj834ff4")
    assert not matches(f"{head}$", "6czep34v", "k5dm3yj834ff4")
    assert not matches(f"{head}${digest}$x", "6czep34v", "k5dm3yj834ff4")


@pytest.mark.parametrize("stored", ["", "!", "right", "wrong", "argon2$argon2id$v=19$m=1,t=1,p=1$abc$def"])
def test_the_work_is_one_digest_and_one_comparison_whatever_is_stored(
    stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if stored in {"right", "wrong"}:
        stored = make_verifier("6czep34v", stored)
    calls: list[str] = []

    class Counted:
        """The module hmac, counted."""

        @staticmethod
        def digest(key: bytes, message: bytes, name: str) -> bytes:
            calls.append("digest")
            return hmac.digest(key, message, name)

        @staticmethod
        def compare_digest(one: bytes, other: bytes) -> bool:
            calls.append("compare")
            return hmac.compare_digest(one, other)

    monkeypatch.setattr(verifier, "hmac", Counted)
    matches(stored, "6czep34v", "right")
    assert calls == ["digest", "compare"]


def test_it_fits_into_the_column_and_tells_nothing() -> None:
    stored = make_verifier("6czep34v", "k5dm3yj834ff4")
    assert len(stored) <= (User._meta.get_field("password").max_length or 0)
    assert "k5dm3yj834ff4" not in stored


def test_a_password_made_under_an_older_key_is_still_right(settings) -> None:
    old, new = new_key(), new_key()
    settings.VERIFIER_KEYS = [old]
    stored = make_verifier("6czep34v", "k5dm3yj834ff4")
    settings.VERIFIER_KEYS = [new, old]
    assert matches(stored, "6czep34v", "k5dm3yj834ff4")
    later = renewed(stored, "6czep34v", "k5dm3yj834ff4")
    assert later != stored
    assert renewed(later, "6czep34v", "k5dm3yj834ff4") == later
    settings.VERIFIER_KEYS = [new]
    assert matches(later, "6czep34v", "k5dm3yj834ff4")
    assert not matches(stored, "6czep34v", "k5dm3yj834ff4")


@pytest.mark.parametrize("stored", ["", "!", "argon2$argon2id$v=19$m=1,t=1,p=1$abc$def"])
def test_what_is_no_verifier_is_left_alone_by_a_rotation(stored: str) -> None:
    assert renewed(stored, "6czep34v", "k5dm3yj834ff4") == stored


@pytest.mark.parametrize(
    "key", ["", "short", "ø" * 43, "%" * 44, "A" * 42 + "=", base64.urlsafe_b64encode(b"x" * 31).decode()]
)
def test_a_malformed_key_is_a_key_problem_that_does_not_repeat_the_key(settings, key: str) -> None:
    settings.VERIFIER_KEYS = settings.CREDENTIAL_KEYS = [key]
    for load in (verifier_keys, newest_verifier_key, seal_box, newest_seal_key):
        with pytest.raises(KeyProblem) as problem:
            load()
        assert not key or key not in str(problem.value)


@pytest.mark.parametrize("part", [1, 2])
def test_a_verifier_with_another_nonce_or_key_id_opens_nothing(part: int) -> None:
    parts = make_verifier("6czep34v", "k5dm3yj834ff4").split("$")
    parts[part] = "00000000"
    assert not matches("$".join(parts), "6czep34v", "k5dm3yj834ff4")
