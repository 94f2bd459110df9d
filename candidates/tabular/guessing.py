"""Tell whether the words of a file look like words in an encoding: what may be right is offered, a person decides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

DOS = "DOS 850 (Western Europe)"
FURTHER = {
    "Windows-1250 (Central Europe)": "cp1250",
    "ISO 8859-2 (Central Europe)": "iso8859_2",
    "Windows-1251 (Cyrillic)": "cp1251",
    "Windows-1253 (Greek)": "cp1253",
    "Windows-1254 (Turkish)": "cp1254",
    "Windows-1257 (Baltic)": "cp1257",
    DOS: "cp850",
}
"""Encodings beside Windows-1252 and Mac Roman, which may be chosen where the words look right in them."""

_MOST = 500
_LOOKED_AT = 20_000  # letters beyond ASCII: a file of 50 MB has millions
_LONGEST = 40
_MARKS = "–—‘’‚“”„«»…•·°§¿¡®©™†‡€‰\xa0"
_BESIDE = re.compile(rb"[A-Za-z\x80-\xff]")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")


def doubtful_words(data: bytes) -> Collection[bytes]:
    """Return the first different words with letters beyond ASCII."""
    words: dict[bytes, None] = {}
    end = 0
    for _number in range(_LOOKED_AT):
        found = _NOT_ASCII.search(data, end)
        if found is None or len(words) == _MOST:
            break
        start = end = found.start()
        while start > 0 and found.start() - start < _LONGEST and _BESIDE.match(data, start - 1):
            start -= 1
        while end < len(data) and end - found.start() < _LONGEST and _BESIDE.match(data, end):
            end += 1
        words[data[start:end]] = None
    return words


def look_right(words: Collection[bytes], codec: str) -> bool:
    """Say whether all words look like words of one script; quotation marks and dashes may stand beside them."""
    try:
        return all(_looks_right(word.decode(codec)) for word in words)
    except UnicodeDecodeError:
        return False


def _looks_right(word: str) -> bool:
    return all(map(_is_word, re.split(f"[{_MARKS}]", word)))


def _is_word(word: str) -> bool:
    """Say whether a word has letters of one script, and capitals where words have them: not BrÜten, not Èâàíîâ."""
    if word.isascii() or len(word) == 1:  # 1/2 and the like stand alone
        return True
    if not word.isalpha() or not (word.islower() or word.isupper() or (word[0].isupper() and word[1:].islower())):
        return False
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    if len(scripts) > 1 or not scripts <= set(_SCRIPTS):
        return False
    runs = re.findall("[^\x00-\x7f]{4,}", word) if scripts == {"LATIN"} else []
    return all(len(set(run.lower())) < 3 for run in runs)
