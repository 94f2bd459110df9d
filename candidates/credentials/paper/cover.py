"""The cover sheet of a room: times, who ends when, what is in the pack, whom to call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.credentials.paper import attendance
from candidates.credentials.paper.canvas import INNER
from candidates.credentials.paper.facts import Person, Room
from candidates.credentials.paper.kinds import PaperKind
from candidates.credentials.paper.sheet import SMALL, Column, Sheet, when_words
from candidates.credentials.pdf_text import fit, printable
from candidates.credentials.scripts import BOLD, SANS, text_width
from candidates.text import clock

MAX_ENDS = 7
HALF = INNER / 2 - 14


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What lies in the pack of a room beside its lists."""

    kinds: frozenset[PaperKind]
    door_pages: int
    slips: int
    spares: Sequence[str]
    void: Sequence[str]
    changes: int


def draw_cover(sheet: Sheet, room: Room, *, number: int, rooms: int, enclosed: Enclosed) -> None:
    """Draw the cover sheet of a room, the `number`th of so many rooms."""
    sheet.head(_("Cover sheet, room %(number)d of %(rooms)d") % {"number": number, "rooms": rooms})
    sheet.line(_("Room"), SANS, SMALL, 0, 84)
    title = fit(printable(room.name, BOLD)[0], BOLD, width=INNER, height=76, largest=42, smallest=9)
    y = sheet.block(title, BOLD, 0, 88)
    name = fit(printable(sheet.hall.test.name, BOLD)[0], BOLD, width=INNER, height=46, largest=17, smallest=6)
    y = sheet.block(name, BOLD, 0, y + 8)
    sheet.fitted(when_words(sheet.hall), SANS, 0, y + 13, INNER, size=11)
    y = _draw_figures(sheet, room, y + 30)
    y = _draw_ends(sheet, room, y + 26)
    _draw_enclosed(sheet, room, enclosed, y + 26)
    _draw_contacts(sheet, y + 26)
    _draw_closing(sheet, room, len(enclosed.spares))
    sheet.foot(_("For staff: hand it back with the pack."), sheet.hall.made)
    sheet.canvas.showPage()


def _draw_figures(sheet: Sheet, room: Room, top: float) -> float:
    ends = sorted({person.ends_at for person in room.people}) or [sheet.hall.test.window[1]]
    figures = [
        (_("Candidates"), str(len(room.people))),
        (_("With extra time"), str(room.with_extra)),
        (_("Opens"), clock(sheet.hall.test.opens_at)),
        (_("First end"), sheet.hall.end_words(ends[0])),
        (_("Last end"), sheet.hall.end_words(ends[-1])),
    ]
    sheet.rule(top, INNER)
    x = 0.0
    for label, value in figures:
        size = 21 if len(value) < 6 else 12
        sheet.line(label, SANS, SMALL, x, top + 20)
        sheet.line(value, BOLD, size, x, top + 42)
        x += max(text_width(label, SANS, SMALL), text_width(value, BOLD, size)) + 30
    sheet.rule(top + 54, INNER)
    return top + 54


def _draw_ends(sheet: Sheet, room: Room, top: float) -> float:
    """Draw who ends when, by Candidate ID, but those who end when everybody does."""
    columns = (
        Column(_("Ends"), 0, 90),
        Column(_("Extra"), 148, 46, right=True),
        Column(_("Candidates"), 214, 60, right=True),
        Column(_("Candidate IDs, in the order of the seats"), 228, INNER - 228),
    )
    sheet.line(_("Who ends when"), BOLD, 11, 0, top)
    sheet.heads(columns, top + 17)
    y = top + 22
    groups = _by_end(room.people)
    for number, ((ends_at, extra), people) in enumerate(groups):
        if number == MAX_ENDS and len(groups) > MAX_ENDS + 1:
            left = sum(len(here) for _end, here in groups[number:])
            words = ngettext("%(n)d more, each with an end of their own", "%(n)d more, with ends of their own", left)
            sheet.line(words % {"n": left} + _(": see the attendance list"), SANS, SMALL, 0, y + 16)
            y += 24
            sheet.rule(y, INNER, thickness=0.5)
            break
        ids = ", ".join(person.candidate_id for person in people)
        if sheet.hall.is_usual(people[0]) and len(people) > 30:
            ids = _("All others")
        fitted = fit(printable(ids, SANS)[0], SANS, width=INNER - 228, height=38, largest=SMALL, smallest=5.5)
        sheet.fitted(sheet.hall.end_words(ends_at), BOLD, 0, y + 15, 98, size=10.5)
        if extra:
            sheet.line(_("%(minutes)d min") % {"minutes": extra}, SANS, 10, 148, y + 15, right=True)
        sheet.line(str(len(people)), SANS, 10, 214, y + 15, right=True)
        sheet.block(fitted, SANS, 228, y + 6)
        y += max(24, fitted.height + 11)
        sheet.rule(y, INNER, thickness=0.5)
    return y


def _by_end(people: Sequence[Person]) -> list[tuple[tuple[datetime, int], list[Person]]]:
    """Return the people of a room by end and extra time, the earliest end first."""

    def key(person: Person) -> tuple[datetime, int]:
        return (person.ends_at, person.extra_minutes)

    return [(end, list(here)) for end, here in groupby(sorted(people, key=key), key=key)]


def _draw_enclosed(sheet: Sheet, room: Room, enclosed: Enclosed, top: float) -> None:
    sheet.line(_("In this pack"), BOLD, 11, 0, top)
    y = top + 6
    for kind, words in _enclosed_lines(room, enclosed):
        if kind in enclosed.kinds:
            y = _draw_pair(sheet, str(kind.label), words, 0, y, split=100)


def _enclosed_lines(room: Room, enclosed: Enclosed) -> list[tuple[PaperKind, str]]:
    people = len(room.people)
    pages = attendance.pages_of(room)
    spares, void = enclosed.spares, enclosed.void
    slips = str(enclosed.slips)
    if enclosed.slips < room.with_slip:  # those that are new, or without some that cannot be shown
        slips = _("%(slips)d of %(total)d") % {"slips": enclosed.slips, "total": room.with_slip}
    if without := people - room.with_slip:
        slips = _("%(slips)s; the other %(others)d need none") % {"slips": slips, "others": without}
    to_take_out = _("%(n)d to take out: %(ids)s")
    span = _("%(n)d, from %(first)s to %(last)s")
    return [
        (PaperKind.CHANGES, _("%(n)d since the last pack") % {"n": enclosed.changes}),
        (PaperKind.ATTENDANCE, _count(pages, people)),
        (PaperKind.DOOR, _pages(enclosed.door_pages) + _(", all rooms")),
        (PaperKind.SLIPS, slips),
        (PaperKind.SPARE, span % {"n": len(spares), "first": spares[0], "last": spares[-1]} if spares else _("None")),
        (PaperKind.VOID, to_take_out % {"n": len(void), "ids": ", ".join(void)} if void else _("None")),
        (PaperKind.KEYS, ngettext("%(n)d candidate", "%(n)d candidates", room.with_slip) % {"n": room.with_slip}),
    ]


def _pages(pages: int) -> str:
    return ngettext("%(n)d page", "%(n)d pages", pages) % {"n": pages}


def _count(pages: int, people: int) -> str:
    return _pages(pages) + ", " + ngettext("%(n)d candidate", "%(n)d candidates", people) % {"n": people}


def _draw_contacts(sheet: Sheet, top: float) -> None:
    if not sheet.hall.contacts:
        return
    x = INNER / 2 + 14
    sheet.line(_("Whom to call"), BOLD, 11, x, top)
    y = top + 6
    for contact in sheet.hall.contacts:
        y = _draw_pair(sheet, contact.number, contact.words, x, y, split=76 if contact.number else 0)


def _draw_pair(sheet: Sheet, left: str, right: str, x: float, top: float, *, split: float) -> float:
    """Draw a bold word and what it means beside it, over a line; return where that is."""
    words = fit(printable(right, SANS)[0], SANS, width=HALF - split, height=26, largest=SMALL, smallest=5)
    if left:
        sheet.fitted(left, BOLD, x, top + 16, split - 6, size=10)
    end = sheet.block(words, SANS, x + split, top + 7.5)
    bottom = max(top + 24, end + 7)
    sheet.rule(bottom, HALF, x=x, thickness=0.5)
    return bottom


def _draw_closing(sheet: Sheet, room: Room, spares: int) -> None:
    y = 769
    end = sheet.blank(_("Present"), 0, y, 40)
    sheet.line(_("of %(total)d") % {"total": len(room.people)}, SANS, SMALL, end + 5, y)
    if spares:
        end = sheet.blank(_("Spare logins given"), 116, y, 40)
        sheet.line(_("of %(total)d") % {"total": spares}, SANS, SMALL, end + 5, y)
    sheet.blank(_("Counted by"), 296, y, 90)
    sheet.blank(_("At"), 458, y, 50)
