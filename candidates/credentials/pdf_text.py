"""Text on paper: the fonts, letters that they lack, and sizes that keep every text inside its block."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from reportlab.lib.fonts import addMapping
from reportlab.pdfbase.pdfmetrics import getFont, registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont

FONTS = Path(__file__).parent / "fonts"
SANS, BOLD, MONO = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono-Bold"
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


@lru_cache(maxsize=1)
def register_fonts() -> None:
    """Register the vendored fonts with reportlab, also bold for paragraphs; call it under the drawing lock."""
    for name in (SANS, BOLD, MONO):
        registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))
    addMapping(SANS, 0, 0, SANS)
    addMapping(SANS, 1, 0, BOLD)


@lru_cache(maxsize=8192)
def printable(text: str, font: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with a box for each character that cannot be shown, and those characters in their order.

    Right-to-left scripts count among them although the fonts have their letters: unshaped and in the wrong order they
    would be misread. Invisible characters (joiners, variation selectors) go; every kind of space becomes a space.
    """
    glyphs = getFont(font).face.charToGlyph
    shown: list[str] = []
    missing: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        if character.isspace():
            shown.append(" ")
        elif unicodedata.category(character) in ("Cf", "Cc") or "\ufe00" <= character <= "\ufe0f":
            continue
        elif ord(character) not in glyphs or unicodedata.bidirectional(character) in ("R", "AL", "AN"):
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
    if stringWidth(text, font, largest) <= width and largest * LEADING <= height:
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


def _wrapped(text: str, font: str, size: float, width: float) -> tuple[list[str], bool]:
    """Return the text in lines no wider than `width`, and whether a word had to be broken."""
    lines, broken = [""], False
    for word in _WORD.findall(text):
        if stringWidth(lines[-1] + word.rstrip(), font, size) <= width:
            lines[-1] += word
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if lines[-1] and stringWidth((lines[-1] + character).rstrip(), font, size) > width:
                lines.append("")
                broken = True
            lines[-1] += character
    return [line.rstrip() for line in lines], broken


def _cut(line: str, font: str, size: float, width: float) -> str:
    """Return the line with an ellipsis at its end, within `width`."""
    while line and stringWidth(f"{line}…", font, size) > width:
        line = line[:-1]
    return f"{line}…"
