"""An A4 page to draw on, in points from its upper left corner: lines, blocks of text, rules, boxes and QR codes."""

import io
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Self

from django.utils.translation import get_language
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from candidates.credentials.pdf_text import LEADING, Fitted, fit_line, printable
from candidates.credentials.qr import dark_runs
from candidates.credentials.scripts import SANS, draw_text, text_width

WIDTH, HEIGHT = A4
MARGIN = 34.0  # 12 mm
INNER = WIDTH - 2 * MARGIN

# reportlab keeps the fonts and a reading position in them in global objects, which threads must not share.
drawing = Lock()


def new_canvas(buffer: io.BytesIO, *, title: str, organisation: str) -> Canvas:
    """Return a canvas whose properties hold nobody and no test's name (docs/domain.md §14)."""
    canvas = Canvas(buffer, pagesize=A4, lang=get_language() or "en", pageCompression=1, initialFontName=SANS)
    canvas.setTitle(title)
    canvas.setSubject(title)
    canvas.setAuthor(organisation)
    canvas.setCreator("Deliver")
    canvas.setProducer("Deliver")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    return canvas


@dataclass
class Paper:
    """A canvas with its origin in the upper left corner; recurring parts are forms that the file holds once."""

    canvas: Canvas
    left: float = MARGIN
    top: float = 0.0
    forms: dict[Hashable, str] = field(default_factory=dict)

    def stamp(self, key: Hashable, draw: Callable[[Self], None]) -> None:
        """Draw what is the same on many slips: once as a form, then as references to it."""
        if key not in self.forms:
            self.forms[key] = f"form{len(self.forms)}"
            self.canvas.beginForm(self.forms[key], -1, -1, WIDTH + 1, HEIGHT + 1)
            place, self.left, self.top = (self.left, self.top), MARGIN, 0.0
            draw(self)
            self.left, self.top = place
            self.canvas.endForm()
        self.canvas.saveState()
        self.canvas.translate(self.left - MARGIN, -self.top)
        self.canvas.doForm(self.forms[key])
        self.canvas.restoreState()

    def line(self, text: str, font: str, size: float, x: float, baseline: float, *, right: bool = False) -> None:
        """Draw one line that fits; with `right`, x is its right edge."""
        left = self.left + x - (text_width(text, font, size) if right else 0)
        draw_text(self.canvas, text, font, size, left, HEIGHT - self.top - baseline)

    def block(self, fitted: Fitted, font: str, x: float, top: float, *, right: bool = False) -> float:
        """Draw fitted lines below `top` and return where they end."""
        for number, text in enumerate(fitted.lines):
            self.line(text, font, fitted.size, x, top + fitted.size * (0.95 + number * LEADING), right=right)
        return top + fitted.height

    def rule(self, y: float, width: float, *, x: float = 0, thickness: float = 0.75) -> None:
        self.canvas.setLineWidth(thickness)
        self.canvas.line(self.left + x, HEIGHT - self.top - y, self.left + x + width, HEIGHT - self.top - y)

    def box(self, x: float, baseline: float, side: float = 12.5) -> None:
        """Draw an empty box to tick, which stands on a line of text."""
        self.canvas.setLineWidth(1)
        self.canvas.rect(self.left + x, HEIGHT - self.top - baseline - 2, side, side)

    def fitted(
        self,
        text: str,
        font: str,
        x: float,
        baseline: float,
        width: float,
        *,
        size: float,
        smallest: float = 4,
        right: bool = False,
    ) -> bool:
        """Draw one line of any text, made smaller until it fits; say whether nothing of it had to be cut."""
        one = fit_line(printable(text, font)[0], font, width=width, largest=size, smallest=smallest)
        self.line(one.lines[0], font, one.size, x, baseline, right=right)
        return one.whole

    def paragraph(self, html: str, size: float, x: float, top: float, width: float) -> float:
        """Draw text with <b> in it and return where it ends."""
        style = ParagraphStyle("slip", fontName=SANS, fontSize=size, leading=size * 1.4)
        flowable = Paragraph(html, style)
        height: float = flowable.wrap(width, HEIGHT)[1]
        flowable.drawOn(self.canvas, self.left + x, HEIGHT - self.top - top - height)
        return top + height

    def qr(self, address: str, x: float, top: float, side: float) -> None:
        """Draw an address as a QR code of `side` points, quiet zone included."""
        modules, runs = dark_runs(address)
        unit = side / modules
        path = self.canvas.beginPath()
        for column, row, length in runs:
            path.rect(self.left + x + column * unit, HEIGHT - self.top - top - (row + 1) * unit, length * unit, unit)
        self.canvas.drawPath(path, stroke=0, fill=1)
