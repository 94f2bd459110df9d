"""Find invisible characters: control, zero-width, bidirectional, fillers (C39)."""

from __future__ import annotations

import re
import sys
import unicodedata

# Unicode categories Cc (without tab, CR, LF), Cf, Cs, Zl, Zp, and blank fillers that count as letters. Spelt out,
# because checking 1.1 million code points at import is slow; a test compares this with the tables of Python.
_HIDDEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
# A zero-width joiner within an emoji is visible in effect, and kept (C39).
_PICTURE = "\u2190-\u2bff\U0001f000-\U0001faff"
# A variation selector is visible in effect after a picture or a Chinese character, and in a keycap.
_VARIED = (
    f"{_PICTURE}\u00a9\u00ae\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299"
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_VARIATIONS = "\u17b4\u17b5\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
INVISIBLE = _HIDDEN + _VARIATIONS
"""The same for a class of a regular expression, wherever they stand."""
HIDDEN = re.compile(
    f"[{_HIDDEN}](?!(?<=[\ufe0f{_PICTURE}]\u200d)[{_PICTURE}])|(?<![{_VARIED}])[{_VARIATIONS}](?!\u20e3)"
)


# How a hidden character of a file stands in a table, a draft and a page: ‹U+202E›.
_SPELT_OUT = re.compile("‹U\\+([0-9A-F]{4,6})›")


def hidden_character(text: str) -> str | None:
    """Return the first hidden character of a text, or None. Tab, CR and LF are left to the caller."""
    found = HIDDEN.search(text)
    return found.group() if found else None


def character_name(character: str) -> str:
    """Return the Unicode number and name of a hidden character, so that support staff can look it up."""
    number = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    return f"{number} {name}" if name else number


def spell_out(text: str) -> str:
    """Replace every hidden character by its number, ‹U+202E›, which people can see and PostgreSQL can store."""
    return HIDDEN.sub(lambda found: f"‹U+{ord(found.group()):04X}›", text)


def spelt_out(text: str) -> tuple[str, str] | None:
    """Return the name of the first character that is spelt out in a text, and the text without any; None without one.

    This includes a text that somebody copied from our page, which is no better than that of the file.
    """
    found = _SPELT_OUT.search(text)
    if found is None or int(found[1], 16) > sys.maxunicode:
        return None
    return character_name(chr(int(found[1], 16))), _SPELT_OUT.sub("", text)
