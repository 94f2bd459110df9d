"""Test codes: three letters of the institution and nine random digits, HAV-204 718 533 (docs/domain.md E14)."""

import re
import secrets

from candidates.text import fold

DIGITS = 9
CODE_LENGTH = 3 + DIGITS
LETTERS = re.compile(r"[A-Z]{3}")
_CODE = re.compile(rf"[A-Z]{{3}}[0-9]{{{DIGITS}}}")


def new_code(letters: str) -> str:
    """Return a random code as it is stored: `HAV204718533`."""
    return f"{letters}{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def read_code(typed: str) -> str:
    """Return what somebody typed as a code is stored, "" where it is none; case, spaces and hyphens do not count."""
    folded = fold(typed).upper()
    return folded if _CODE.fullmatch(folded) else ""


def show_code(code: str) -> str:
    """Return a stored code as people read it: `HAV-204 718 533`."""
    digits = code[3:]
    return f"{code[:3]}-" + " ".join(digits[start : start + 3] for start in range(0, len(digits), 3))
