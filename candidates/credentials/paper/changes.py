"""What changed in a room since its papers were made, for whoever has the old ones in hand."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.credentials.packs import Change
from candidates.credentials.paper.canvas import INNER
from candidates.credentials.paper.facts import Room
from candidates.credentials.paper.sheet import SMALL, Column, Sheet
from candidates.credentials.scripts import BOLD, SANS
from candidates.text import when, zone

ON_A_PAGE = 28
TOP, ROW = 162.0, 21.8


def pages_of(count: int) -> int:
    """Return how many pages so many changes take."""
    return -(-count // ON_A_PAGE)


def draw_changes(sheet: Sheet, room: Room, changes: Sequence[Change], *, since: datetime) -> None:
    """Draw what changed in a room since a time (UTC)."""
    columns = (
        Column(_("Seat"), 24, 24, right=True),
        Column(_("Candidate ID"), 32, 80),
        Column(_("Name"), 120, 160),
        Column(_("What changed"), 290, INNER - 290),
    )
    pages = pages_of(len(changes))
    words = ngettext(
        "%(n)d candidate changed since the papers of %(when)s %(zone)s.",
        "%(n)d candidates changed since the papers of %(when)s %(zone)s.",
        len(changes),
    ) % {"n": len(changes), "when": when(since), "zone": zone()}
    for page in range(pages):
        sheet.head(_("Changes, page %(page)d of %(pages)d") % {"page": page + 1, "pages": pages})
        sheet.title(room.name)
        sheet.line(words, SANS, SMALL, 0, 124)
        sheet.heads(columns, TOP - 5)
        for number, change in enumerate(changes[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]):
            middle, of = TOP + (number + 0.5) * ROW, change.candidate_id
            cells = (change.seat, change.candidate_id, change.name, change.words)
            for column, text, font in zip(columns, cells, (SANS, BOLD, SANS, SANS), strict=True):
                if text:
                    sheet.cell(text, font, column, middle, ROW - 2, size=SMALL, of=of)
            sheet.rule(TOP + (number + 1) * ROW, INNER, thickness=0.5)
        sheet.foot(_("For staff. The lists of before are void."), sheet.hall.made)
        sheet.canvas.showPage()
    sheet.draw_in_full(_("Changes, names in full"))
