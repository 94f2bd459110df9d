"""The order of names and rooms: by the alphabet of the institution's language, with numbers as numbers.

One key for everything that is sorted, in Python and in columns of the database (docs/decisions/0097).
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

from django.conf import settings

DIGITS = 10  # of a number as it is stored; longer ones follow, by their length
MAX_ORDER_KEY = 300
"""Characters that a column holds of a key: longer ones are in order by their beginning."""

# What an alphabet adds to a to z, as texts that sort where the letter belongs: "{" follows z, so "a{" follows all of a.
_DANISH = {**dict.fromkeys("æä", "{"), **dict.fromkeys("øöő", "|"), "å": "}", "aa": "}", "ü": "y", "ű": "y"}
_NORWEGIAN = {**_DANISH, "ę": "{", "œ": "|"}
_FINNISH = {"þ": "{", "å": "|", **dict.fromkeys("äæ", "}"), **dict.fromkeys("öø", "~"), "ü": "y"}
_SWEDISH = {"å": "{", **dict.fromkeys("äæę", "|"), **dict.fromkeys("öøőœô", "}"), "ü": "y", "ű": "y"}
_ICELANDIC = {"æ": "z|", "ä": "z|", "ö": "z}", "ø": "z}", "å": "z~", "þ": "z{", "ð": "d{"}
ALPHABETS: Mapping[str, Mapping[str, str]] = {
    "nb": _NORWEGIAN,
    "nn": _NORWEGIAN,
    "da": _DANISH,
    "sv": _SWEDISH,
    "fi": _FINNISH,
    "is": {**_ICELANDIC, "á": "a{", "é": "e{", "í": "i{", "ó": "o{", "ú": "u{", "ý": "y{"},
    "de": {},
    "en": {},
    "fr": {},
    "nl": {},
    "es": {"ñ": "n{"},
    "pl": {"ą": "a{", "ć": "c{", "ę": "e{", "ł": "l{", "ń": "n{", "ó": "o{", "ś": "s{", "ź": "z{", "ż": "z|"},
    "cs": {"č": "c{", "ch": "h{", "ř": "r{", "š": "s{", "ž": "z{"},
}
# Letters that stand for others everywhere, and have no accent that could be taken off.
_PLAIN = {"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t"}
# Spaces and signs come before figures, those of names first; the rest in one place.
_SIGNS = {sign: chr(0x21 + place) for place, sign in enumerate("_-,;:!?.'")}
_OTHER_SIGN = "/"
_NUMBER = re.compile(r"[0-9]+")


def order_key(text: str) -> str:
    """Return the text by which others are in order where they are compared code point by code point.

    Texts that differ in case, accents or letters of one place alone have the same key: whoever sorts breaks the tie.
    """
    return _order_key(text, settings.SORTING_LANGUAGE)


@lru_cache(maxsize=16384)
def _order_key(text: str, language: str) -> str:
    letters, together = _letters_of(language)
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    if together is not None:
        folded = together.sub(lambda found: letters[found.group()], folded)
    if not folded.isascii():
        folded = "".join(letters.get(letter) or _without_accents(letter) for letter in folded)
    folded = " ".join(folded.translate(_TABLE).split())
    return _NUMBER.sub(lambda number: _number(number.group().lstrip("0")), folded)


def _number(digits: str) -> str:
    """Return digits as text that is in the order of numbers; ":" follows every figure."""
    return digits.zfill(DIGITS) if len(digits) <= DIGITS else f":{len(digits):06}{digits}"


@cache
def _letters_of(language: str) -> tuple[Mapping[str, str], re.Pattern[str] | None]:
    """Return where the letters of an alphabet belong, and what finds those that are written with two."""
    letters = ALPHABETS[language]
    pairs = [letter for letter in letters if len(letter) > 1]
    return letters, re.compile("|".join(pairs)) if pairs else None


@lru_cache(maxsize=4096)
def _without_accents(letter: str) -> str:
    """Return the letter that stands for one with accents."""
    return "".join(
        _PLAIN.get(part, part) for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)
    )


# The signs behind the letters, by which alphabets go on after z, stay what they are: nobody is named with them.
_TABLE = {ord(sign): _SIGNS.get(sign, _OTHER_SIGN) for sign in map(chr, range(0x21, 0x7B)) if not sign.isalnum()}
