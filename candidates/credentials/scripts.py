"""Text of any script on paper: which of the vendored fonts has a letter, and glyphs in the order and shape of print.

reportlab draws one font from left to right, letter by letter. A name may need several: `runs` cuts it, turns what is
written from right to left, and lets HarfBuzz choose the glyphs of scripts whose letters join or move.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from reportlab.lib.fonts import addMapping
from reportlab.pdfbase.pdfmetrics import getFont, registerFont
from reportlab.pdfbase.pdfmetrics import stringWidth as width_of_plain
from reportlab.pdfbase.ttfonts import ShapedStr, TTFont, shapeStr
from reportlab.pdfgen.canvas import Canvas

FONTS = Path(__file__).parent / "fonts"
SANS, BOLD, MONO = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono-Bold"
EAST_ASIAN, KOREAN = "DroidSansFallbackFull", "NanumSquareR"
USUAL = frozenset({SANS, BOLD, MONO})
UNSHAPED = frozenset({EAST_ASIAN, KOREAN})
JOINERS = frozenset("\u200c\u200d")
RIGHT_TO_LEFT = frozenset({"R", "AL"})
AS_THEY_ARE = 0x300
"""All characters before it are drawn from left to right, one by one."""
_MIRROR = str.maketrans("()[]{}<>«»", ")(][}{><»«")

# First and last character of each block, and the font that has it; what is in none of them is DejaVu's.
_BLOCKS: tuple[tuple[int, int, str], ...] = (
    (0x0590, 0x05FF, "NotoSansHebrew-Regular"),
    (0xFB1D, 0xFB4F, "NotoSansHebrew-Regular"),
    *(
        (first, last, "NotoSansArabic-Regular")
        for first, last in ((0x0600, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF))
    ),
    *((first, last, "NotoSansArabic-Regular") for first, last in ((0xFB50, 0xFDFF), (0xFE70, 0xFEFE))),
    (0x0780, 0x07BF, "NotoSansThaana-Regular"),
    (0x0900, 0x097F, "NotoSansDevanagari-Regular"),
    (0xA8E0, 0xA8FF, "NotoSansDevanagari-Regular"),
    (0x0980, 0x09FF, "NotoSansBengali-Regular"),
    (0x0A00, 0x0A7F, "NotoSansGurmukhi-Regular"),
    (0x0A80, 0x0AFF, "NotoSansGujarati-Regular"),
    (0x0B00, 0x0B7F, "NotoSansOriya-Regular"),
    (0x0B80, 0x0BFF, "NotoSansTamil-Regular"),
    (0x0C00, 0x0C7F, "NotoSansTelugu-Regular"),
    (0x0C80, 0x0CFF, "NotoSansKannada-Regular"),
    (0x0D00, 0x0D7F, "NotoSansMalayalam-Regular"),
    (0x0D80, 0x0DFF, "NotoSansSinhala-Regular"),
    (0x0E00, 0x0E7F, "NotoSansThai-Regular"),
    (0x1000, 0x109F, "NotoSansMyanmar-Regular"),
    (0xA9E0, 0xA9FF, "NotoSansMyanmar-Regular"),
    (0xAA60, 0xAA7F, "NotoSansMyanmar-Regular"),
    (0x1780, 0x17FF, "NotoSansKhmer-Regular"),
    (0x1200, 0x139F, "NotoSansEthiopic-Regular"),
    (0x2D80, 0x2DDF, "NotoSansEthiopic-Regular"),
    (0x1100, 0x11FF, KOREAN),
    (0x3130, 0x318F, KOREAN),
    (0xAC00, 0xD7AF, KOREAN),
    (0x2E80, 0x312F, EAST_ASIAN),
    (0x31A0, 0x4DBF, EAST_ASIAN),
    (0x4E00, 0x9FFF, EAST_ASIAN),
    (0xF900, 0xFAFF, EAST_ASIAN),
    (0xFF00, 0xFFEF, EAST_ASIAN),
)


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs of one font, in the order in which they are drawn; `width` is that of one point of size."""

    font: str
    text: str
    width: float


@lru_cache(maxsize=1)
def register_fonts() -> None:
    """Register the fonts of every page with reportlab, also bold for paragraphs; call it under the drawing lock."""
    for name in (SANS, BOLD, MONO):
        registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))
    addMapping(SANS, 0, 0, SANS)
    addMapping(SANS, 1, 0, BOLD)


@cache
def _of_script(name: str) -> str:
    """Register the font of one script when the first name needs it, and return its name."""
    registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))
    return name


@lru_cache(maxsize=8192)
def font_of(character: str, usual: str) -> str | None:
    """Return the font that shows a character: that of its script, else the usual one, else None."""
    point = ord(character)
    for first, last, name in _BLOCKS:
        if first <= point <= last:
            return name if point in getFont(_of_script(name)).face.charToGlyph else None
    # From right to left only with a font that HarfBuzz shapes: letter by letter it would be misread.
    is_turned = unicodedata.bidirectional(character) in RIGHT_TO_LEFT
    return usual if point in getFont(usual).face.charToGlyph and not is_turned else None


@lru_cache(maxsize=16384)
def runs(text: str, font: str) -> tuple[Run, ...]:
    """Return a text, of whose characters each has a font, in runs from left to right."""
    if all(ord(character) < AS_THEY_ARE for character in text):
        return (Run(font, text, width_of_plain(text, font, 1)),)
    return tuple(_run(name, part) for name, part in _in_order(text, font))


def text_width(text: str, font: str, size: float) -> float:
    """Return the width of a text in points."""
    return sum(run.width for run in runs(text, font)) * size


def draw_text(canvas: Canvas, text: str, font: str, size: float, x: float, y: float) -> None:
    """Draw a text with its left edge at x and its baseline at y."""
    for run in runs(text, font):
        canvas.setFont(run.font, size)
        canvas.drawString(x, y, run.text)
        x += run.width * size


def _in_order(text: str, font: str) -> Iterator[tuple[str, str]]:
    """Yield font and characters from left to right; characters of one run stay in the order of reading."""
    turned = _turned(text)
    # the whole is written in the direction of its first letter
    parts = [list(part) for _is, part in groupby(range(len(text)), key=lambda place: turned[place])]
    is_turned = next((turned[place] for place, one in enumerate(text) if _direction(one) is not None), False)
    for part in reversed(parts) if is_turned else parts:
        fonts = _fonts([text[place] for place in part], font)
        here = [
            (name, "".join(text[part[place]] for place in places))
            for name, places in groupby(range(len(part)), key=lambda place: fonts[place])
        ]
        yield from map(_mirrored, reversed(here)) if turned[part[0]] else here


def _mirrored(run: tuple[str, str]) -> tuple[str, str]:
    """Turn what stands between letters that go from right to left; HarfBuzz turns the letters themselves."""
    font, text = run
    return (font, text[::-1].translate(_MIRROR)) if font in USUAL else run


def _direction(character: str) -> bool | None:
    """Say whether a letter is written from right to left; None for what takes the direction of what is around."""
    kind = unicodedata.bidirectional(character)
    return True if kind in RIGHT_TO_LEFT else False if kind in ("L", "EN", "AN") else None


def _turned(text: str) -> list[bool]:
    """Say of each character whether it is written from right to left; of others where both neighbours are, or all."""
    known = [_direction(character) for character in text]
    strong = [one for one in known if one is not None]
    whole = strong[0] if strong else False
    before, after = [whole] * len(text), [whole] * len(text)
    for places, beside in ((range(len(text)), before), (range(len(text) - 1, -1, -1), after)):
        last = whole
        for place in places:
            last = beside[place] = last if (one := known[place]) is None else one
    return [
        (before[place] if before[place] == after[place] else whole) if one is None else one
        for place, one in enumerate(known)
    ]


def _fonts(characters: list[str], usual: str) -> list[str]:
    """Return the font of each character; marks, joiners and what stands between letters stay with those before."""
    found: list[str] = []
    for character in characters:
        last = found[-1] if found else None
        stays = last is not None and (character in JOINERS or character == " " or unicodedata.combining(character))
        if stays and last is not None and (character in JOINERS or ord(character) in getFont(last).face.charToGlyph):
            found.append(last)
        else:
            found.append(font_of(character, usual) or usual)
    return found


def _run(font: str, text: str) -> Run:
    if font in UNSHAPED or (font in USUAL and not any(map(unicodedata.combining, text))):
        return Run(font, text, width_of_plain(text, font, 1))
    shaped = shapeStr(text, font, 1, force=True)
    if not isinstance(shaped, ShapedStr):
        return Run(font, text, width_of_plain(text, font, 1))
    return Run(font, shaped, sum(glyph.x_advance for glyph in shaped.__shapeData__) / 1000)
