"""What every paper of the hall has: head, title and foot, columns, and names in full where they were cut."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

from candidates.credentials.paper.canvas import INNER, Paper
from candidates.credentials.paper.facts import Hall
from candidates.credentials.pdf_text import Fitted, fit, printable
from candidates.credentials.scripts import BOLD, SANS, text_width
from candidates.text import clock, day, when, zone

SMALL = 9.0
TOP_RULE, TABLE_RULE, FOOT_RULE = 54.0, 137.0, 785.0


@dataclass
class Sheet(Paper):
    """The canvas of hall papers.

    `in_full` gathers what did not fit in a readable size, `again` the same of pages that recur.
    """

    hall: Hall = field(kw_only=True)
    in_full: list[tuple[str, str]] = field(default_factory=list)
    again: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def head(self, words: str) -> None:
        """Draw the institution, and which paper this is."""
        self.fitted(self.hall.organisation, SANS, 0, 44.5, INNER / 2 - 10, size=SMALL)
        self.fitted(words, SANS, INNER, 44.5, INNER / 2, size=SMALL, right=True)
        self.rule(TOP_RULE, INNER, thickness=1.75)

    def title(self, words: str, *, size: float = 22) -> None:
        """Draw the largest words of the sheet at the left, the test and its times at the right."""
        left = fit(printable(words, BOLD)[0], BOLD, width=INNER * 0.52, height=34, largest=size, smallest=7)
        self.block(left, BOLD, 0, 98 - left.height + left.size * 0.25)
        test = printable(self.hall.test.name, BOLD)[0]
        name = fit(test, BOLD, width=INNER * 0.46, height=24, largest=SMALL, smallest=4)
        top = 87 - name.height
        for number, line in enumerate(name.lines):
            self.line(line, BOLD, name.size, INNER, top + name.size * (0.95 + number * 1.2), right=True)
        self.fitted(when_words(self.hall), SANS, INNER, 96, INNER * 0.46, size=SMALL, right=True)

    def foot(self, left: str, right: str) -> None:
        """Draw the line at the bottom and what stands under it."""
        self.rule(FOOT_RULE, INNER)
        self.fitted(left, SANS, 0, 799.5, INNER / 2 - 10, size=SMALL)
        self.fitted(right, SANS, INNER, 799.5, INNER / 2 + 10, size=SMALL, right=True)

    def heads(self, columns: Sequence["Column"], baseline: float = TABLE_RULE - 5) -> None:
        """Draw the names of columns over the rule of a table."""
        for column in columns:
            fitted = fit(column.head, BOLD, width=column.width, height=20, largest=8, smallest=5)
            top = baseline - fitted.height + fitted.size * 0.25
            for number, line in enumerate(fitted.lines):
                at = top + fitted.size * (0.95 + number * 1.2)
                self.line(line, BOLD, fitted.size, column.edge, at, right=column.right)
        self.rule(baseline + 5, INNER, thickness=1.25)

    def cell(
        self, text: str, font: str, column: "Column", middle: float, height: float, *, size: float, of: str = ""
    ) -> None:
        """Draw a text in one or two lines around a height, as large as they fit; note what had to be cut."""
        shown, _missing = printable(text, font)
        fitted = fit(shown, font, width=column.width, height=height, largest=size, smallest=min(size, 4.5))
        self._lines(fitted, font, column, middle)
        if not fitted.whole:
            self.in_full.append((of, text))

    def _lines(self, fitted: Fitted, font: str, column: "Column", middle: float) -> None:
        first = middle - (len(fitted.lines) - 1) * fitted.size * 0.6 + fitted.size * 0.36
        for number, line in enumerate(fitted.lines):
            self.line(line, font, fitted.size, column.edge, first + number * fitted.size * 1.2, right=column.right)

    def blank(self, label: str, x: float, baseline: float, length: float) -> float:
        """Draw a word and a line to write on, and return where the line ends."""
        self.line(label, SANS, SMALL, x, baseline)
        start = x + text_width(label, SANS, SMALL) + 5
        self.rule(baseline + 3, length, x=start)
        return start + length

    def draw_in_full(self, words: str) -> None:
        """Draw what was cut on the pages before, on as many pages as it takes, and forget it."""
        while self.in_full:
            self.head(words)
            self.title(_("Names in full"))
            self.line(_("What was too long for its line stands here whole."), SANS, SMALL, 0, 124)
            self.rule(TABLE_RULE, INNER, thickness=1.25)
            y = TABLE_RULE
            while self.in_full:
                of, text = self.in_full[0]
                fitted = fit(printable(text, SANS)[0], SANS, width=INNER - 120, height=200, largest=SMALL, smallest=3)
                height = max(18.0, fitted.height + 8)
                if y + height > FOOT_RULE - 10:
                    break
                self.fitted(of, BOLD, 0, y + 12, 110, size=SMALL)
                self.block(fitted, SANS, 120, y + 3.5)
                y += height
                self.rule(y, INNER, thickness=0.5)
                self.in_full.pop(0)
            self.foot(_("For staff."), self.hall.made)
            self.canvas.showPage()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, its left edge (or the right one, for figures) and its width."""

    head: str
    edge: float
    width: float
    right: bool = False


def when_words(hall: Hall) -> str:
    """Return when the test is, with the weekday in full and the zone."""
    opens, ends = (timezone.localtime(moment) for moment in hall.test.window)
    if day(opens) == day(ends):
        date = dateformat.format(opens, "l j F Y")
        return f"{date}, {clock(opens)}–{clock(ends)} {zone()}"
    return f"{when(opens)} – {when(ends)} {zone()}"
