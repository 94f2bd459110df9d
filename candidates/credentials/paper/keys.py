"""The key list of a room: who has which slip, so that slips without a name can be handed out."""

from django.utils.translation import gettext as _

from candidates.credentials.paper.canvas import INNER
from candidates.credentials.paper.facts import Person, Room
from candidates.credentials.paper.sheet import SMALL, TABLE_RULE, Column, Sheet
from candidates.credentials.scripts import BOLD, MONO, SANS

ON_A_PAGE = 32
ROW = 19.8


def pages_of(room: Room) -> int:
    """Return how many pages the list of a room takes."""
    return -(-room.with_slip // ON_A_PAGE)


def draw_keys(sheet: Sheet, room: Room) -> None:
    """Draw the key list of a room, on sheets of its own."""
    columns = (
        Column(_("Candidate ID"), 0, 72),
        Column(_("Name"), 78, 140),
        Column(_("Private reference"), 224, 80),
        Column(_("SSO user ID"), 310, 130),
        Column(_("Username"), 446, INNER - 446),
    )
    people = [one for one in room.people if one.slip_version is not None]
    pages = pages_of(room)
    for page in range(pages):
        sheet.head(_("Key list: who has which slip, page %(page)d of %(pages)d") % {"page": page + 1, "pages": pages})
        sheet.title(room.name)
        sheet.heads(columns)
        for number, person in enumerate(people[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]):
            _draw_row(sheet, columns, person, TABLE_RULE + number * ROW)
        sheet.foot(_("For staff. Graders must not see it; destroy it after the test."), sheet.hall.made)
        sheet.canvas.showPage()
    sheet.draw_in_full(_("Key list of %(room)s, names in full") % {"room": room.name})


def _draw_row(sheet: Sheet, columns: tuple[Column, ...], person: Person, top: float) -> None:
    middle = top + ROW / 2
    texts = (person.candidate_id, person.name, person.private_reference, person.sso_user_id, person.username)
    for column, text, font in zip(columns, texts, (BOLD, SANS, SANS, SANS, MONO), strict=True):
        if text:
            sheet.cell(text, font, column, middle, ROW - 2, size=SMALL, of=person.candidate_id)
    sheet.rule(top + ROW, INNER, thickness=0.5)
