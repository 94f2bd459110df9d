"""The list of void slips: papers of earlier prints that are wrong now, to be taken out of their piles."""

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.credentials.paper.canvas import INNER
from candidates.credentials.paper.sheet import SMALL, Column, Sheet
from candidates.credentials.scripts import BOLD, SANS
from candidates.credentials.void_slips import VoidSlip

ON_A_PAGE = 18
TOP, ROW = 175.0, 33.0


def pages_of(count: int) -> int:
    """Return how many pages so many void slips take."""
    return -(-count // ON_A_PAGE)


def draw_void(sheet: Sheet, void: Sequence[VoidSlip], *, of: str) -> None:
    """Draw the void slips, `of` one room or of all."""
    columns = (
        Column(_("Out"), 0, 24),
        Column(_("Candidate ID"), 28, 80),
        Column(_("Version"), 152, 40, right=True),
        Column(_("Pile of"), 162, 84),
        Column(_("Why"), 252, 148),
        Column(_("Instead"), 406, INNER - 406),
    )
    pages = pages_of(len(void))
    title = ngettext("%(n)d slip to take out", "%(n)d slips to take out", len(void)) % {"n": len(void)}
    advice = _(
        "These slips were printed and are wrong now. Look for Candidate ID and version at the foot of the slip, take "
        "it out of its pile and tick it here."
    )
    for page in range(pages):
        sheet.head(_("Void slips, %(of)s, page %(page)d of %(pages)d") % {"of": of, "page": page + 1, "pages": pages})
        sheet.title(title)
        sheet.paragraph(escape(advice), SMALL, 0, 112, INNER)
        sheet.heads(columns, TOP - 5)
        for number, one in enumerate(void[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]):
            _draw_row(sheet, columns, one, TOP + number * ROW)
        sheet.foot(_("For staff. Tear void slips up."), sheet.hall.made)
        sheet.canvas.showPage()
    sheet.draw_in_full(_("Void slips, names in full"))


def _draw_row(sheet: Sheet, columns: tuple[Column, ...], one: VoidSlip, top: float) -> None:
    out, candidate_id, version, pile, why, instead = columns
    middle, of = top + ROW / 2, one.candidate_id
    sheet.box(out.edge + 2, middle + 4.5)
    sheet.cell(one.candidate_id, BOLD, candidate_id, middle, ROW - 4, size=13, of=of)
    sheet.cell(str(one.version), SANS, version, middle, ROW - 4, size=SMALL)
    sheet.cell(one.pile or _("Without a room"), SANS, pile, middle, ROW - 4, size=SMALL, of=of)
    sheet.cell(one.why, SANS, why, middle, ROW - 4, size=SMALL, of=of)
    sheet.cell(instead_words(one), SANS, instead, middle, ROW - 4, size=SMALL, of=of)
    sheet.rule(top + ROW, INNER, thickness=0.5)


def instead_words(one: VoidSlip) -> str:
    """Return what is right instead of a void slip."""
    if one.version_now is None:
        return _("None")
    if one.place_now and one.place_now != one.pile:
        return _("Version %(version)d, in the pile of %(place)s") % {"version": one.version_now, "place": one.place_now}
    return _("Version %(version)d") % {"version": one.version_now}
