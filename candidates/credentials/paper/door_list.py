"""The door list: where everybody sits, found by name; the same pages at every door, 100 names on each."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.alphabet import order_key
from candidates.credentials.paper.canvas import INNER
from candidates.credentials.paper.facts import Hall, Person
from candidates.credentials.paper.sheet import Sheet
from candidates.credentials.pdf_text import fit_line, printable
from candidates.credentials.scripts import BOLD, SANS, text_width
from candidates.text import natural_key

IN_A_COLUMN = 50
ON_A_PAGE = 2 * IN_A_COLUMN
ROW = 12.76  # 4.5 mm
TOP = 125.0
SECOND = INNER / 2 + 11.3
NAME, ID, ROOM, WIDE = 132.0, 30.0, 66.0, INNER / 2 - 11.3
SIZE, SMALLEST = 8.0, 4.5


class Entry(NamedTuple):
    """One line of the list; who has no name stands under the Candidate ID."""

    person: Person
    place: str
    room_key: str

    @property
    def shown(self) -> str:
        return self.person.name or self.person.candidate_id


def entries_of(hall: Hall) -> list[Entry]:
    """Return everybody by name, and after them who has none by Candidate ID."""
    found = [
        Entry(person, room.name if room.location_id is not None else "", room.value)
        for room in hall.rooms
        for person in room.people
    ]
    return sorted(found, key=lambda one: (not one.person.name, natural_key(one.shown), one.person.candidate_id))


def pages_of(count: int) -> int:
    """Return how many pages so many candidates take."""
    return -(-count // ON_A_PAGE)


def draw_door_list(sheet: Sheet, entries: Sequence[Entry], *, rooms: int) -> None:
    """Draw all pages of the list; those that were drawn before are drawn again by reference to them."""
    pages, drawn_before = pages_of(len(entries)), sheet.again.get("door list")
    for page in range(pages):
        sheet.stamp(
            ("door list", page),
            lambda form, page=page: _draw_page(form, entries, page, pages, rooms),  # type: ignore[misc]
        )
        sheet.canvas.showPage()
    if drawn_before is None:
        sheet.again["door list"] = list(sheet.in_full)
    else:
        sheet.in_full = list(drawn_before)
    sheet.draw_in_full(_("Door list, names in full"))


def _draw_page(sheet: Sheet, entries: Sequence[Entry], page: int, pages: int, rooms: int) -> None:
    here = entries[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    words = ngettext(
        "Door list of %(rooms)d room, page %(page)d of %(pages)d",
        "Door list of all %(rooms)d rooms, page %(page)d of %(pages)d",
        rooms,
    )
    sheet.head(words % {"rooms": rooms, "page": page + 1, "pages": pages})
    last = next((one for one in reversed(here) if one.person.name), here[-1])
    span = {"first": _family(here[0].shown), "last": _family(last.shown)}
    sheet.title(_("%(first)s to %(last)s") % span if span["first"] != span["last"] else span["first"], size=18)
    for column in range(2):
        lines = here[column * IN_A_COLUMN : (column + 1) * IN_A_COLUMN]
        if lines:
            _draw_column(sheet, lines, SECOND if column else 0.0, here[IN_A_COLUMN - 1] if column else None)
    sheet.foot(_("For staff, not to be pinned up. Not on it? Give a spare login."), sheet.hall.made_short)


def _draw_column(sheet: Sheet, lines: Sequence[Entry], x: float, before: Entry | None) -> None:
    for words, at in ((_("Name"), 0.0), (_("ID"), NAME), (_("Room"), NAME + ID)):
        sheet.line(words, BOLD, SIZE, x + at, TOP - 4)
    sheet.line(_("Seat"), BOLD, SIZE, x + WIDE, TOP - 4, right=True)
    sheet.rule(TOP, WIDE, x=x, thickness=1.25)
    for number, entry in enumerate(lines):
        top = TOP + number * ROW
        last = lines[number - 1] if number else before
        if last is not None and number and _letter(last) != _letter(entry):
            sheet.rule(top, WIDE, x=x, thickness=1.75)  # a new letter
        _draw_line(sheet, entry, x, top + 9.2)
        sheet.rule(top + ROW, WIDE, x=x, thickness=0.25)


def _draw_line(sheet: Sheet, entry: Entry, x: float, baseline: float) -> None:
    person, cut = entry.person, False
    cut |= not _draw_name(sheet, entry.shown, x, baseline)
    if person.name:
        cut |= not sheet.fitted(person.candidate_id, SANS, x + NAME, baseline, ID - 4, size=SIZE, smallest=SMALLEST)
    cut |= not sheet.fitted(entry.place, SANS, x + NAME + ID, baseline, ROOM - 2, size=SIZE, smallest=SMALLEST)
    cut |= not sheet.fitted(person.seat, SANS, x + WIDE, baseline, WIDE - NAME - ID - ROOM, size=SIZE, right=True)
    if cut:
        parts = (entry.shown, person.candidate_id if person.name else "", entry.place, person.seat)
        sheet.in_full.append((_family(entry.shown)[:30], ", ".join(part for part in parts if part)))


def _draw_name(sheet: Sheet, name: str, x: float, baseline: float) -> bool:
    """Draw a name on one line, the family name bold where a comma says which it is; say whether it fitted."""
    family, comma, given = name.partition(",")
    # each piece for itself: beside a name that is written from right to left the comma would change sides
    pieces = [(printable(family, BOLD)[0], BOLD), (comma and ", ", SANS), (printable(given.strip(), SANS)[0], SANS)]
    whole = sum(text_width(text, font, 1) for text, font in pieces)
    size = min(SIZE, (NAME - 5) / whole) if whole else SIZE
    if size < SMALLEST:
        shown = printable(name, BOLD)[0]
        cut = fit_line(shown, BOLD, width=NAME - 5, largest=SMALLEST, smallest=SMALLEST)
        sheet.line(cut.lines[0], BOLD, cut.size, x, baseline)
        return cut.whole
    for text, font in pieces:
        if text:
            sheet.line(text, font, size, x, baseline)
            x += text_width(text, font, size)
    return True


def _family(name: str) -> str:
    return name.partition(",")[0].strip()


def _letter(entry: Entry) -> str:
    """Return what stands for the first letter in the order of names: Aa and Å may be one."""
    key = order_key(entry.shown)
    return key[:2] if key[1:2] in set("{|}~") else key[:1]
