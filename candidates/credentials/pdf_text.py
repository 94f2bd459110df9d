"""Text on paper: letters that no font has, and sizes that keep every text inside its block."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from candidates.credentials.scripts import JOINERS, font_of, text_width

BOX = "□"  # stands for a letter that the fonts do not have
LEADING = 1.2
BREAKABLE = 0.4  # of the largest size: above it a word is made smaller rather than broken
_WORD = re.compile(r".+?(?:[ \-/_@]|\.(?=[^\W\d_])|$)")  # a line may end after these, but not within 2.02
EXPLAINED = 6  # boxes of one text that are explained by their code point


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines that fit a block at `size` points; `whole` is False where the text was cut even in the smallest size."""

    size: float
    lines: tuple[str, ...]
    whole: bool

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * LEADING


@lru_cache(maxsize=8192)
def printable(text: str, font: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with a box for each character that no font has, and those characters in their order.

    Invisible characters go (variation selectors; joiners where no letter is joined), every kind of space becomes a
    space.
    """
    shown: list[str] = []
    missing: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        if character.isspace():
            shown.append(" ")
        elif character in JOINERS and shown and font_of(shown[-1], font) != font:
            shown.append(character)
        elif unicodedata.category(character) in ("Cf", "Cc") or "\ufe00" <= character <= "\ufe0f":
            continue
        elif font_of(character, font) is None:
            shown.append(BOX)
            missing.append(character)
        else:
            shown.append(character)
    return "".join(shown), tuple(missing)


def legend(missing: tuple[str, ...]) -> str:
    """Return which letters the boxes of a text stand for, so that no two Candidate IDs look alike on paper."""
    points = ", ".join(f"U+{ord(character):04X}" for character in missing[:EXPLAINED])
    return f"{BOX} = {points}{'…' if len(missing) > EXPLAINED else ''}"


def fit(text: str, font: str, *, width: float, height: float, largest: float, smallest: float) -> Fitted:
    """Return the text in the largest size whose lines stay within width and height (points).

    Lines break between words and after hyphens, slashes and dots; inside a word only where it would become very small
    otherwise. Below `smallest` the text is cut, with an ellipsis in the last line.
    """
    if text_width(text, font, largest) <= width and largest * LEADING <= height:
        return Fitted(largest, (text,), whole=True)
    size = largest
    while True:
        lines, broken = _wrapped(text, font, size, width)
        room = int(height / (size * LEADING))
        if len(lines) <= room and not (broken and size > max(smallest, largest * BREAKABLE)):
            return Fitted(size, tuple(lines), whole=True)
        if size <= smallest:
            room = max(1, room)
            return Fitted(size, (*lines[: room - 1], _cut(lines[room - 1], font, size, width)), whole=False)
        size = max(smallest, size * 0.93)


def fit_line(text: str, font: str, *, width: float, largest: float, smallest: float) -> Fitted:
    """Return the text as one line in the largest size that fits, cut with an ellipsis below the smallest."""
    whole = text_width(text, font, 1)
    size = largest if whole * largest <= width else width / whole
    if size >= smallest:
        return Fitted(size, (text,), whole=True)
    return Fitted(smallest, (_cut(text, font, smallest, width),), whole=False)


def _wrapped(text: str, font: str, size: float, width: float) -> tuple[list[str], bool]:
    """Return the text in lines no wider than `width`, and whether a word had to be broken."""
    lines, broken = [""], False
    for word in _WORD.findall(text):
        if text_width(lines[-1] + word.rstrip(), font, size) <= width:
            lines[-1] += word
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if lines[-1] and text_width((lines[-1] + character).rstrip(), font, size) > width:
                lines.append("")
                broken = True
            lines[-1] += character
    return [line.rstrip() for line in lines], broken


def _cut(line: str, font: str, size: float, width: float) -> str:
    """Return the line with an ellipsis at its end, within `width`."""
    while line and text_width(f"{line}…", font, size) > width:
        line = line[:-1]
    return f"{line}…"
