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


# Scripts in which U+200C and U+200D are part of the spelling, and are seen: Persian, Urdu, Sinhala, Hindi and others.
_JOINED_SCRIPTS = frozenset(
    {
        *("ARABIC", "SYRIAC", "MANDAIC", "MONGOLIAN", "NKO", "ADLAM", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI"),
        *("ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN", "BALINESE"),
        *("JAVANESE", "SUNDANESE"),
    }
)
NON_JOINER, JOINER = "\u200c", "\u200d"
_VIRAMA = 9  # the combining class of the sign between consonants that a joiner changes, also at the end of a word

# How a hidden character of a file stands in a table, a draft and a page: ‹U+202E›.
_SPELT_OUT = re.compile("‹U\\+([0-9A-F]{4,6})›")


def hidden_character(text: str) -> str | None:
    """Return the first hidden character of a text, or None. Tab, CR and LF are left to the caller."""
    return next((found.group() for found in HIDDEN.finditer(text) if not _is_spelling(found)), None)


def _is_spelling(found: re.Match[str]) -> bool:
    """Tell whether a joiner stands where its script writes one: between two letters, or behind a virama (RFC 5892)."""
    if found.group() not in (NON_JOINER, JOINER):
        return False
    text, place = found.string, found.start()
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    script = _joined_script(before)
    if not script:
        return False
    behind_virama = found.group() == JOINER and unicodedata.combining(before) == _VIRAMA
    return script == _joined_script(after) or (behind_virama and not after.isalpha() and not HIDDEN.match(after))


def _joined_script(character: str) -> str:
    """Return the script of a letter or mark that is written with joiners, "" for everything else."""
    if not character or unicodedata.category(character)[0] not in "LM":
        return ""
    script = unicodedata.name(character, "").partition(" ")[0]
    return script if script in _JOINED_SCRIPTS else ""


def joiner_in(text: str) -> str:
    """Return the first joiner of a text, "" where it has none; its script may need it."""
    return next((one for one in text if one in (NON_JOINER, JOINER)), "") if not text.isascii() else ""


def without_joiners(text: str) -> str:
    """Return a text without joiners."""
    return text.replace(NON_JOINER, "").replace(JOINER, "")


def character_name(character: str) -> str:
    """Return the Unicode number and name of a hidden character, so that support staff can look it up."""
    number = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    return f"{number} {name}" if name else number


def spell_out(text: str) -> str:
    """Replace every hidden character by its number, ‹U+202E›, which people can see and PostgreSQL can store."""
    return HIDDEN.sub(lambda found: found[0] if _is_spelling(found) else f"‹U+{ord(found[0]):04X}›", text)


def without_hidden(text: str) -> str:
    """Return a text without hidden characters."""
    return HIDDEN.sub(lambda found: found[0] if _is_spelling(found) else "", text)


def spelt_out(text: str) -> tuple[str, str] | None:
    """Return the name of the first character that is spelt out in a text, and the text without any; None without one.

    This includes a text that somebody copied from our page, which is no better than that of the file.
    """
    found = _SPELT_OUT.search(text)
    if found is None or int(found[1], 16) > sys.maxunicode:
        return None
    return character_name(chr(int(found[1], 16))), _SPELT_OUT.sub("", text)
