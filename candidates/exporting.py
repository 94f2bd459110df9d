"""What every export has in common: a cell that somebody typed must never run as a formula in a spreadsheet."""

import re

# A leading apostrophe is part of the pattern, so that a text which already has one gets a second: what the guard adds,
# and only that, can then be taken off again.
_FORMULA = re.compile(r"'*(?:[\t\r\n\0]|\s*[=+\-@＝＋－＠])")


def guard_formula(text: str) -> str:
    """Return the text with an apostrophe in front if a spreadsheet could take it for a formula (traps.md I12, C42).

    Meant are = + - @ and their full-width forms, also after spaces, and TAB, CR, LF, NUL at the beginning. Headers need
    it as much as cells. Everything else, 'x among it, stays as it is.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguard_formula(text: str) -> str:
    """Return what `guard_formula` was given, so that an export can be imported again without a change (traps.md C42).

    Holds for every text: ``unguard_formula(guard_formula(text)) == text``.
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text
