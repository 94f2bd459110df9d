"""Spare slips: logins without a person, three on a page, each with a stub on which the name is written."""

from django.utils.html import escape
from django.utils.translation import gettext as _

from candidates.credentials.paper.canvas import HEIGHT, INNER
from candidates.credentials.paper.sheet import Sheet
from candidates.credentials.pdf_text import fit, printable
from candidates.credentials.scripts import BOLD, MONO, SANS, text_width
from candidates.credentials.slips import Slip, SlipSheet, when_for

ON_A_PAGE = 3
TOP, TALL = 54.0, 235.3  # 83 mm
SPLIT = INNER - 176  # the stub is 62 mm wide
GIVEN = SPLIT - 17


def pages_of(count: int) -> int:
    """Return how many pages so many spare slips take."""
    return -(-count // ON_A_PAGE)


def draw_spares(sheet: Sheet, slips: list[Slip], logins: SlipSheet, *, room: str) -> None:
    """Draw the spare slips of a room."""
    pages = pages_of(len(slips))
    for page in range(pages):
        here = slips[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
        values = {"room": room, "page": page + 1, "pages": pages}
        sheet.head(_("Spare logins, %(room)s, page %(page)d of %(pages)d") % values)
        for number, slip in enumerate(here):
            sheet.top = number * TALL
            sheet.stamp(("spare", slip.building, slip.room), lambda form, slip=slip: _draw_frame(form, slip, logins))  # type: ignore[misc]
            _draw_slip(sheet, slip)
        sheet.top = 0.0
        first = page * ON_A_PAGE + 1
        count = {"first": first, "last": first + len(here) - 1, "total": len(slips)}
        sheet.foot(
            _("For who is not on the list, or has lost the slip. They open this test alone."),
            _("Slips %(first)d to %(last)d of %(total)d") % count,
        )
        sheet.canvas.showPage()


def _draw_slip(sheet: Sheet, slip: Slip) -> None:
    """Draw what only this slip says, on the part that is given and on the stub."""
    sheet.fitted(slip.candidate_id, BOLD, 0, TOP + 50, 100, size=25)
    sheet.line(slip.username, MONO, 14.5, 52, TOP + 134)
    sheet.line(slip.password, MONO, 14.5, 52, TOP + 161)
    sheet.fitted(slip.candidate_id, BOLD, SPLIT + 17, TOP + 60, 150, size=16)


def _draw_frame(sheet: Sheet, slip: Slip, logins: SlipSheet) -> None:
    """Draw what is the same on all spare slips of a room."""
    sheet.line(_("Candidate ID"), SANS, 8, 0, TOP + 21)
    sheet.line(_("Room"), SANS, 8, 110, TOP + 34)
    room = printable(slip.place or _("Without a room"), BOLD)[0]
    place = fit(room, BOLD, width=150, height=28, largest=12, smallest=5)
    sheet.block(place, BOLD, 110, TOP + 38)
    name = fit(printable(slip.test_name, BOLD)[0], BOLD, width=GIVEN - 75, height=22, largest=8.5, smallest=4)
    end = sheet.block(name, BOLD, 0, TOP + 63)
    sheet.fitted(when_for(slip, sheet=logins, short=True), SANS, 0, end + 9, GIVEN - 75, size=8.5)
    sheet.qr(logins.login_address, GIVEN - 68, TOP + 12, 70)
    rows = ((_("Address"), 92.0, 23.0), (_("Username"), 115.0, 27.0), (_("Password"), 142.0, 27.0))
    for label, top, height in rows:
        sheet.rule(TOP + top, GIVEN)
        sheet.line(label, SANS, 8, 0, TOP + top + height - 8)
    sheet.rule(TOP + 169, GIVEN)
    sheet.fitted(logins.address_to_type, MONO, 52, TOP + 108, GIVEN - 52, size=12)
    advice = _(
        "Capitals and hyphens do not matter. Keep the slip: with the same login you find what you submitted in the "
        "Archive."
    )
    sheet.paragraph(escape(advice), 8.5, 0, TOP + 174, GIVEN)
    x = SPLIT + 17
    sheet.line(_("Invigilator: cut off and keep"), BOLD, 8.5, x, TOP + 22)
    sheet.line(_("Spare login"), SANS, 8, x, TOP + 40)
    labels = (_("Name as on the ID card"), _("Private reference"), _("Seat"), _("Given at"))
    for number, label in enumerate(labels):
        top = 78 + number * 32
        sheet.line(label, SANS, 8, x, TOP + top)
        after = text_width(label, SANS, 8) + 6
        sheet.rule(TOP + top + 3, INNER - x - after, x=x + after)
    words = _("Write it into the door desk when there is time: until then nobody knows whose answer this is.")
    sheet.paragraph(escape(words), 7.5, x, TOP + 188, INNER - x)
    canvas = sheet.canvas
    canvas.saveState()
    canvas.setDash(3, 3)
    sheet.rule(TOP + TALL, INNER, thickness=0.5)
    canvas.setLineWidth(0.5)
    cut, high = sheet.left + SPLIT, HEIGHT - sheet.top - TOP
    canvas.line(cut, high, cut, high - TALL)
    canvas.restoreState()
