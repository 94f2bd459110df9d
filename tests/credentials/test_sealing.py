"""The sealed copy of a password."""

import pytest
from cryptography.fernet import Fernet

from candidates.credentials.sealing import SealBroken, resealed, seal, unseal


def test_a_sealed_copy_opens_for_its_own_user_only() -> None:
    token = seal("6czep34v", "k5dm3yj834ff4")
    assert unseal(token, "6czep34v") == "k5dm3yj834ff4"
    assert "k5dm" not in token
    with pytest.raises(SealBroken, match="another user"):
        unseal(token, "7czep34v")


@pytest.mark.parametrize("token", ["", "gAAAA", "gAAAAABm", "é", "x" * 400])
def test_what_is_no_sealed_copy_is_broken_and_no_crash(token: str) -> None:
    with pytest.raises(SealBroken):
        unseal(token, "6czep34v")
    with pytest.raises(SealBroken):
        resealed(token)


def test_a_copy_that_was_tampered_with_does_not_open() -> None:
    token = seal("6czep34v", "k5dm3yj834ff4")
    middle = len(token) // 2
    tampered = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    with pytest.raises(SealBroken):
        unseal(tampered, "6czep34v")


def test_a_rotation_moves_a_copy_under_the_newest_key_once(settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [old]
    token = seal("6czep34v", "k5dm3yj834ff4")
    settings.CREDENTIAL_KEYS = [new, old]
    assert unseal(token, "6czep34v") == "k5dm3yj834ff4"
    moved = resealed(token)
    assert resealed(moved) == moved != token
    settings.CREDENTIAL_KEYS = [new]
    assert unseal(moved, "6czep34v") == "k5dm3yj834ff4"
    with pytest.raises(SealBroken, match="no key"):
        unseal(token, "6czep34v")
    with pytest.raises(SealBroken, match="no key"):
        resealed(token)


def test_the_same_password_never_looks_the_same() -> None:
    assert seal("6czep34v", "same") != seal("6czep34v", "same")
