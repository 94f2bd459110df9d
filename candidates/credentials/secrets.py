"""Make and show one-time user names and passwords (design.md "Login details", traps.md section 4)."""

import re
import secrets

from candidates.models.accounts import DIGITS, LETTERS, NAME_LENGTH

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # 31 symbols: no 0, 1, i, l, o
PASSWORD_LENGTH = 13  # 64.4 bits
# The names that are made; the database keeps the whole shape for them, whatever the last six symbols are.
GENERATED_NAME = re.compile(rf"[{DIGITS}][{LETTERS}][{ALPHABET}]{{{NAME_LENGTH - 2}}}")


def new_password() -> str:
    """Return a password of 13 random symbols, folded."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))


def new_username() -> str:
    """Return a random user name of the reserved shape: a digit, a letter, six symbols; it tells nothing."""
    rest = "".join(secrets.choice(ALPHABET) for _ in range(NAME_LENGTH - 2))
    return secrets.choice(DIGITS) + secrets.choice(LETTERS) + rest


def is_generated_name(folded: str) -> bool:
    """Say whether a folded user name is one that could have been made for a generated login."""
    return GENERATED_NAME.fullmatch(folded) is not None


def show_username(username: str) -> str:
    """Return the user name as it is printed: `6cze-p34v`."""
    return f"{username[:4]}-{username[4:]}"


def show_password(password: str) -> str:
    """Return the password as it is printed: `k5dm-3yj8-34ff4`."""
    return f"{password[:4]}-{password[4:8]}-{password[8:]}"
