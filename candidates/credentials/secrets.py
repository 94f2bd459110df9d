"""Make and show one-time user names and passwords (docs/domain.md §14)."""

import secrets

from candidates.models.accounts import DIGITS, LETTERS, NAME_LENGTH
from candidates.models.ids import random_symbols

PASSWORD_LENGTH = 13  # 64.4 bits


def new_password() -> str:
    """Return a password of 13 random symbols, folded."""
    return random_symbols(PASSWORD_LENGTH)


def new_username() -> str:
    """Return a random user name of the reserved shape: a digit, a letter, six symbols; it tells nothing."""
    return secrets.choice(DIGITS) + secrets.choice(LETTERS) + random_symbols(NAME_LENGTH - 2)


def show_password(password: str) -> str:
    """Return the password as it is printed: `k5dm-3yj8-34ff4`."""
    return f"{password[:4]}-{password[4:8]}-{password[8:]}"
