"""Check a password against what is stored, with one slow hash of work in any case (docs/fault-cases.md H4, P10)."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib.auth.hashers import get_hasher, identify_hasher, is_password_usable, make_password
from django.utils.crypto import get_random_string
from django.views.decorators.debug import sensitive_variables

from candidates.credentials.verifier import matches, renewed
from candidates.models.accounts import VERIFIER
from candidates.signin.hashers import KeyedArgon2Hasher
from candidates.text import fold


class Checked(NamedTuple):
    """Whether the password is the right one, and what makes the better form of it that should be stored, if any."""

    is_right: bool
    better: Callable[[], str] | None = None


@sensitive_variables()
def check_password(password: str, stored: str, name: str) -> Checked:
    """Check a typed password of a chosen name; `stored` is empty where nobody has the name.

    Nobody, an unusable password, a keyed or a plain hash and a password that this system made cost one slow hash each.
    Only the PBKDF2 of an account from before Argon2id costs another one, until its next login.
    """
    if stored.startswith(f"{VERIFIER}$"):
        _slow_hash()
        typed = fold(password)
        return Checked(matches(stored, name, typed), lambda: renewed(stored, name, typed))
    try:
        hasher = identify_hasher(stored) if stored and is_password_usable(stored) else None
    except ValueError:  # of a hasher that is no longer installed
        hasher = None
    if hasher is None:
        _slow_hash()
        return Checked(False)
    is_right = hasher.verify(password, stored)
    if isinstance(hasher, KeyedArgon2Hasher):
        keyed = hasher
        return Checked(is_right, (lambda: keyed.renewed(password, stored)) if keyed.must_update(stored) else None)
    usual = get_hasher()
    is_old = hasher.algorithm != usual.algorithm or usual.must_update(stored)
    return Checked(is_right, (lambda: make_password(password)) if is_old else None)


def _slow_hash() -> None:
    """Take as long as checking a password of a chosen name does."""
    make_password(get_random_string(20))
