"""The attendance list of a room: 24 seats on a page, to tick and to sign."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.credentials.paper.canvas import INNER
from candidates.credentials.paper.facts import Hall, Person, Room
from candidates.credentials.paper.sheet import SMALL, TABLE_RULE, Column, Sheet
from candidates.credentials.scripts import BOLD, SANS
from candidates.models.attendance import IdCheck, Presence
from candidates.text import clock

ON_A_PAGE = 24
# Not translated: scripts go by these names.
HEAD = (
    *("Seat", "Candidate ID", "Name", "Private reference", "Ends", "Extra time (minutes)"),
    *("Attendance", "At", "ID check"),
)
_ID_CHECKS = {IdCheck.VERIFIED.value: "✓", IdCheck.REJECTED.value: gettext_lazy("Rejected")}
ROW = 25.5  # 9 mm


def pages_of(room: Room) -> int:
    """Return how many pages the list takes, without names in full."""
    return -(-len(room.people) // ON_A_PAGE)


def columns(room: Room) -> tuple[Column, ...]:
    """Return the columns from seat to signature."""
    latest = any(one.is_latest for one in room.people)
    return (
        Column(_("Seat"), 24, 24, right=True),
        Column(_("Candidate ID"), 30, 62),
        Column(_("Name"), 96, 118),
        Column(_("Private reference"), 220, 66),
        Column(_("Ends at the latest") if latest else _("Ends"), 326, 38, right=True),
        Column(_("Present"), 334, 36),
        Column(_("ID checked"), 376, 40),
        Column(_("Signature"), 420, INNER - 420),
    )


def draw_attendance(sheet: Sheet, room: Room) -> None:
    """Draw the list of a room, and after it what was too long for its line."""
    total, pages = len(room.people), pages_of(room)
    for page in range(pages):
        here = room.people[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
        first = page * ON_A_PAGE + 1
        values = {"first": first, "last": first + len(here) - 1, "total": total, "page": page + 1, "pages": pages}
        sheet.head(_("Attendance list, %(first)d to %(last)d of %(total)d, page %(page)d of %(pages)d") % values)
        sheet.title(room.name)
        seats = columns(room)
        sheet.heads(seats)
        for number, person in enumerate(here):
            _draw_row(sheet, seats, person, TABLE_RULE + number * ROW)
        if page == pages - 1:
            _draw_closing(sheet, total)
        hides = sheet.hall.test.hides_candidate_ids
        sheet.foot(_("For staff.") if hides else _("For staff: it says whose Candidate ID is whose."), sheet.hall.made)
        sheet.canvas.showPage()
    sheet.draw_in_full(_("Attendance list of %(room)s, names in full") % {"room": room.name})


def attendance_lines(hall: Hall, room: Room) -> list[Sequence[str | int]]:
    """Return the list of a room as rows of a sheet, its head first."""
    lines: list[Sequence[str | int]] = [HEAD]
    for one in room.people:
        checked = str(IdCheck(one.id_check).label) if one.id_check else ""
        present = str(Presence(one.presence).label) if one.presence else ""
        who = (one.seat, one.candidate_id, one.name, one.private_reference)
        lines.append((*who, hall.end_words(one.ends_at), one.extra_minutes, present, clock(one.presence_at), checked))
    return lines


def _draw_row(sheet: Sheet, seats: tuple[Column, ...], person: Person, top: float) -> None:
    seat, candidate_id, name, reference, ends, present, checked, _signature = seats
    middle = top + ROW / 2
    # who signs here reads it: a code that is hidden from candidates gives way to the name
    hides = sheet.hall.test.hides_candidate_ids and bool(person.name)
    of = person.name if hides else person.candidate_id
    if person.seat:
        sheet.cell(person.seat, SANS, seat, middle, ROW - 3, size=SMALL, of=of)
    if not hides:
        sheet.cell(person.candidate_id, BOLD, candidate_id, middle, ROW - 3, size=11, of=of)
    if person.name:
        sheet.cell(person.name, SANS, name, middle, ROW - 3, size=SMALL, of=of)
    if person.private_reference:
        sheet.cell(person.private_reference, SANS, reference, middle, ROW - 3, size=SMALL, of=of)
    usual = sheet.hall.is_usual(person)
    sheet.cell(sheet.hall.end_words(person.ends_at), SANS if usual else BOLD, ends, middle, ROW - 3, size=SMALL, of=of)
    _draw_mark(sheet, present, middle, _presence_words(person))
    _draw_mark(sheet, checked, middle, str(_ID_CHECKS.get(person.id_check, "")))
    sheet.rule(top + ROW, INNER, thickness=0.5)


def _presence_words(person: Person) -> str:
    """Return what was marked at the door, with the time; nothing where nothing was."""
    if person.presence == Presence.PRESENT:
        return f"✓ {clock(person.presence_at)}"
    return _("Absent") if person.presence == Presence.ABSENT else ""


def _draw_mark(sheet: Sheet, column: Column, middle: float, words: str) -> None:
    """Draw what is known already, or a box to tick: so the list is a record once the door has marked it."""
    if words:
        sheet.cell(words, BOLD, column, middle, ROW - 3, size=8)
    else:
        sheet.box(column.edge + 10, middle + 4.5)


def _draw_closing(sheet: Sheet, total: int) -> None:
    """Draw where the people of the hall sign that they have counted."""
    y = 769
    end = sheet.blank(_("Present"), 0, y, 40)
    sheet.line(_("of %(total)d") % {"total": total}, SANS, SMALL, end + 5, y)
    sheet.blank(_("Invigilator"), 130, y, 92)
    sheet.blank(_("Signature"), 292, y, 92)
    sheet.blank(_("At"), 450, y, 58)
