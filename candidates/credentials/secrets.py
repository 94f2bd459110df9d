"""Make and fold one-time user names and passwords (design.md "Login details", traps.md section 4)."""

import re
import secrets
import unicodedata

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # 31 symbols: no 0, 1, i, l, o
DIGITS = "23456789"
LETTERS = "abcdefghjkmnpqrstuvwxyz"
PASSWORD_LENGTH = 13  # 64.4 bits
NAME_LENGTH = 8
GENERATED_NAME = re.compile(rf"[{DIGITS}][{LETTERS}][{ALPHABET}]{{{NAME_LENGTH - 2}}}")
# What keyboards make of a hyphen beside the dashes that Unicode calls so: minus, hyphen bullet, modifier minus.
DASHES = frozenset("\u2212\u2043\u02d7")
LONGEST_TYPED = 256  # nobody types more: refused before any work is done with it


def new_password() -> str:
    """Return a password of 13 random symbols, folded."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))


def new_username() -> str:
    """Return a random user name of the reserved shape: a digit, a letter, six symbols; it tells nothing."""
    rest = "".join(secrets.choice(ALPHABET) for _ in range(NAME_LENGTH - 2))
    return secrets.choice(DIGITS) + secrets.choice(LETTERS) + rest


def fold(typed: str) -> str:
    """Return what was meant by a typed code: any case, with or without spaces and hyphens of any kind.

    Folding is NFKC and casefold; every dash (Unicode category Pd, minus), space (Z*) and the soft hyphen is dropped.
    """
    text = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).casefold()
    return "".join(
        char
        for char in text
        if char not in DASHES and unicodedata.category(char) not in {"Pd", "Zs", "Zl", "Zp", "Cf", "Cc", "Cs"}
    )


def is_generated_name(folded: str) -> bool:
    """Say whether a folded user name has the shape that is reserved for generated logins."""
    return GENERATED_NAME.fullmatch(folded) is not None


def show_username(username: str) -> str:
    """Return the user name as it is printed: `6cze-p34v`."""
    return f"{username[:4]}-{username[4:]}"


def show_password(password: str) -> str:
    """Return the password as it is printed: `k5dm-3yj8-34ff4`."""
    return f"{password[:4]}-{password[4:8]}-{password[8:]}"
