"""Login slips as PDF: one per A4 page, or six to be cut out. Measures are points from the upper left corner."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates.credentials.paper.canvas import HEIGHT, INNER, MARGIN, WIDTH, Paper, drawing, new_canvas
from candidates.credentials.pdf_text import Fitted, fit, legend, printable
from candidates.credentials.scripts import BOLD, MONO, SANS, register_fonts, text_width
from candidates.credentials.slips import Layout, PrintedSlip, Slip, SlipSheet

CELL_WIDTH, CELL_HEIGHT = INNER / 2, 255.0  # 90 mm
GUTTER = 17.0  # 6 mm between a compact slip and the cut
PER_SHEET = 6


@dataclass
class SlipPaper(Paper):
    """The canvas of slips, with what is the same on all of them."""

    sheet: SlipSheet = field(kw_only=True)

    def draw(self, slips: Sequence[PrintedSlip], layout: Layout) -> None:
        """Draw slips on pages of their own: one on each, or the slips of each room six on a page."""
        if layout == "page":
            for slip in slips:
                _draw_page(self, slip)
                self.canvas.showPage()
        else:
            for _room, here in groupby(slips, key=lambda printed: printed.slip.location):
                _draw_sheets(self, list(here))


@sensitive_variables()
def render_pdf(sheet: SlipSheet, *, layout: Layout = "page") -> bytes:
    """Return the slips as PDF, in the order of the sheet: one per page, or six on a page with lines to cut along.

    The document's properties hold no candidate's data and no test's name (docs/domain.md §14). A letter that the fonts
    lack becomes a box that is explained beside it; `not_printable` lists the candidates concerned.
    """
    buffer = io.BytesIO()
    with drawing:
        register_fonts()
        canvas = new_canvas(buffer, title=_("Candidate login details"), organisation=sheet.organisation)
        SlipPaper(canvas, sheet=sheet).draw(sheet.printed(layout=layout), layout)
        canvas.save()
    return buffer.getvalue()


def not_printable(sheet: SlipSheet, *, layout: Layout = "page") -> list[str]:
    """Return the Candidate IDs whose slip shows a box for a letter, or an ID that had to be cut, in the sheet's order.

    A browser has more fonts: the page can advise to print from there.
    """
    with drawing:
        register_fonts()
        return [slip.candidate_id for slip in sheet.slips if _loses_letters(slip, layout)]


def _loses_letters(slip: Slip, layout: Layout) -> bool:
    if any(printable(text, BOLD)[1] for text in (slip.whose, slip.place, slip.test_name, slip.name)):
        return True
    if slip.has_chosen_name and (printable(slip.username, MONO)[1] or not _fitted_username(slip, layout).whole):
        return True
    return not _fitted_id(slip, layout).whole


def _fitted_id(slip: Slip, layout: Layout) -> Fitted:
    """Return the Candidate ID fitted into its block; a fifth of the width beside it is for the room."""
    text = printable(slip.whose, BOLD)[0]
    if layout == "page":
        return fit(text, BOLD, width=INNER - (190 if slip.place else 0), height=58, largest=48, smallest=7)
    return fit(text, BOLD, width=CELL_WIDTH - GUTTER - (90 if slip.place else 0), height=36, largest=30, smallest=5)


def _fitted_username(slip: Slip, layout: Layout) -> Fitted:
    """Return the user name fitted into its row: a chosen one can be long, and have letters of any script."""
    text = printable(slip.username, MONO)[0]
    if layout == "page":
        return fit(text, MONO, width=INNER - 85, height=40, largest=22, smallest=6)
    return fit(text, MONO, width=CELL_WIDTH - GUTTER - 50, height=23, largest=16, smallest=4.5)


def _draw_page(paper: SlipPaper, printed: PrintedSlip) -> None:
    slip = printed.slip
    paper.left, paper.top = MARGIN, 0.0
    paper.stamp(("frame", printed.start, slip.variant), lambda form: _draw_page_frame(form, printed))
    paper.stamp(("head", slip.test_name, printed.when), lambda form: _draw_page_head(form, printed))
    paper.line(printed.count, SANS, 9.75, INNER, 44, right=True)
    fitted = _fitted_id(slip, "page")
    end = paper.block(fitted, BOLD, 0, 196)
    _draw_legend(paper, slip, size=8, baseline=end + 9)
    if slip.beside:
        paper.fitted(slip.beside, BOLD, 0, 279, INNER, size=13)
    if slip.place:
        x = max(text_width(line, BOLD, fitted.size) for line in fitted.lines) + 40
        place = printable(slip.place, BOLD)[0]
        room = fit(place, BOLD, width=INNER - x, height=40, largest=16, smallest=6)
        paper.line(_("Room"), SANS, 9.75, x, 214)
        paper.block(room, BOLD, x, 221)
    name = _fitted_username(slip, "page")
    paper.block(name, MONO, 85, 330 + (42.5 - name.height) / 2)
    paper.line(slip.password, MONO, 22, 85, 401.5)
    only = _("Only for %(what)s %(whose)s. Slip version %(version)d.") % {
        "what": slip.whose_is,
        "whose": printable(slip.whose, SANS)[0],
        "version": slip.version,
    }
    paper.block(fit(only, SANS, width=INNER - 230, height=26, largest=9.75, smallest=4), SANS, 0, 790)


def _draw_page_head(paper: SlipPaper, printed: PrintedSlip) -> None:
    name = printable(printed.slip.test_name, BOLD)[0]
    end = paper.block(fit(name, BOLD, width=INNER, height=60, largest=20, smallest=6), BOLD, 0, 84)
    when = fit(printable(printed.when, SANS)[0], SANS, width=INNER, height=29, largest=12, smallest=7)
    paper.block(when, SANS, 0, end + 3)


def _draw_page_frame(paper: SlipPaper, printed: PrintedSlip) -> None:
    """Draw what is the same on all pages: labels, rules, address, what to do, QR code, when it was printed."""
    sheet = paper.sheet
    organisation = printable(sheet.organisation, SANS)[0]
    paper.block(fit(organisation, SANS, width=INNER - 110, height=24, largest=9.75, smallest=6), SANS, 0, 34.7)
    paper.rule(60, INNER, thickness=1.75)
    paper.line(printed.slip.whose_is, SANS, 9.75, 0, 190)
    for row, label in enumerate((_("Address"), _("Username"), _("Password"))):
        paper.rule(287.5 + row * 42.5, INNER)
        paper.line(label, SANS, 9.75, 0, 315 + row * 42.5)
    paper.rule(415, INNER)
    address = fit(sheet.address_to_type, MONO, width=INNER - 85, height=32, largest=22, smallest=6)
    paper.block(address, MONO, 85, 287.5 + (42.5 - address.height) / 2)
    y = 438.0
    for number, step in enumerate(printed.steps, start=1):
        paper.line(f"{number}.", SANS, 12, 0, y + 12)
        y = paper.paragraph(step, 12, 20, y, INNER - 20) + 5
    for text in printed.advice:
        y = paper.paragraph(escape(text), 11, 0, y + 12, INNER)
    paper.qr(paper.sheet.login_address, -6, y + 14, 104)
    paper.paragraph(escape(_("QR code of the address. It holds no username and no password.")), 9, 108, y + 27, 200)
    paper.rule(783, INNER)
    stamp = _("Printed %(when)s") % {"when": sheet.printed_when()}
    paper.line(stamp, SANS, 9.75, INNER, 799.3, right=True)


def _draw_sheets(paper: SlipPaper, slips: Sequence[PrintedSlip]) -> None:
    """Draw the slips of one room, six on a page, with lines to cut along; the next room begins on another page."""
    for index, slip in enumerate(slips):
        place = index % PER_SHEET
        if place == 0:
            paper.left, paper.top = MARGIN, 0.0
            paper.stamp("cuts", _draw_cuts)
        _draw_cell(paper, slip, column=place % 2, row=place // 2)
        if place == PER_SHEET - 1 or slip is slips[-1]:
            paper.canvas.showPage()


def _draw_cell(paper: SlipPaper, printed: PrintedSlip, *, column: int, row: int) -> None:
    slip = printed.slip
    width = CELL_WIDTH - GUTTER
    paper.left, paper.top = MARGIN + column * (CELL_WIDTH + GUTTER), MARGIN + row * CELL_HEIGHT
    paper.stamp(("frame", slip.variant), lambda form: _draw_cell_frame(form, printed))
    paper.stamp(("head", slip.test_name, printed.when), lambda form: _draw_cell_head(form, printed))
    fitted = _fitted_id(slip, "compact")
    end = paper.block(fitted, BOLD, 0, 23)
    _draw_legend(paper, slip, size=5, baseline=end + 2)
    if slip.place:
        room_width = width - max(text_width(line, BOLD, fitted.size) for line in fitted.lines) - 10
        room = fit(printable(slip.place, BOLD)[0], BOLD, width=room_width, height=30, largest=11, smallest=5)
        paper.line(_("Room"), SANS, 8, width, 20, right=True)
        paper.block(room, BOLD, width, 24, right=True)
    if slip.beside:
        paper.fitted(slip.beside, BOLD, 62, 20, width - (95 if slip.place else 62), size=9)
    name = _fitted_username(slip, "compact")
    paper.block(name, MONO, 50, 142 + (25 - name.height) / 2)
    paper.line(slip.password, MONO, 16, 50, 185)
    paper.line(printed.count, SANS, 7.5, 0, 246)
    version = _("Version %(version)d, printed %(when)s") % {
        "version": slip.version,
        "when": paper.sheet.printed_when(layout="compact"),
    }
    paper.line(version, SANS, 7.5, 0, 236.5)


def _draw_cell_head(paper: SlipPaper, printed: PrintedSlip) -> None:
    width = CELL_WIDTH - GUTTER
    name = printable(printed.slip.test_name, BOLD)[0]
    end = paper.block(fit(name, BOLD, width=width, height=31, largest=10, smallest=4.5), BOLD, 0, 67)
    when = fit(printable(printed.when, SANS)[0], SANS, width=width, height=21, largest=8.75, smallest=6)
    paper.block(when, SANS, 0, end + 1)


def _draw_cell_frame(paper: SlipPaper, printed: PrintedSlip) -> None:
    width = CELL_WIDTH - GUTTER
    paper.line(printed.slip.whose_is, SANS, 8, 0, 20)
    for label, rule, baseline in ((_("Address"), 121, 134.5), (_("Username"), 142, 159), (_("Password"), 167, 184)):
        paper.rule(rule, width)
        paper.line(label, SANS, 8, 0, baseline)
    paper.rule(191, width)
    address = fit(paper.sheet.address_to_type, MONO, width=width - 50, height=18, largest=12, smallest=4.5)
    paper.block(address, MONO, 50, 121 + (21 - address.height) / 2)
    paper.paragraph(escape(printed.short_advice), 7.5, 0, 195, width - 58)
    paper.qr(paper.sheet.login_address, width - 54, 193, 56)


def _draw_cuts(paper: SlipPaper) -> None:
    """Draw the lines to cut along; black, because nothing on paper depends on colour."""
    canvas = paper.canvas
    canvas.setDash(3, 3)
    canvas.setLineWidth(0.5)
    canvas.line(WIDTH / 2, HEIGHT - MARGIN, WIDTH / 2, HEIGHT - MARGIN - 3 * CELL_HEIGHT)
    for row in (1, 2):
        canvas.line(MARGIN, HEIGHT - MARGIN - row * CELL_HEIGHT, WIDTH - MARGIN, HEIGHT - MARGIN - row * CELL_HEIGHT)


def _draw_legend(paper: SlipPaper, slip: Slip, *, size: float, baseline: float) -> None:
    """Say under the Candidate ID which letters its boxes stand for."""
    missing = printable(slip.whose, BOLD)[1]
    if missing:
        paper.line(legend(missing), SANS, size, 0, baseline)
