"""A list of rooms with their seats, as pasted or from a file: which rooms it means, and what it changes about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeVar

from django.utils.translation import gettext as _

from candidates.intake.cells import CellProblem, clean_capacity, clean_place, clean_text
from candidates.intake.columns import Mapped, MappedRow, map_columns
from candidates.intake.findings import Problem
from candidates.intake.headings import BUILDING, EXTRA_TIME, NAME, ROOM, Spec, Vocabulary, field_of, fold_heading
from candidates.intake.notices import NearNames
from candidates.intake.odd_cells import refuse_kind
from candidates.lifecycle.rooms import Room
from candidates.lifecycle.seats import Place
from candidates.models import Location
from candidates.tabular.table import Bounds, Table

Cleaned = TypeVar("Cleaned")
CAPACITY = "capacity"
_SEATS_HEADINGS = (
    "capacity cap seats places numberofseats numberofplaces kapasitet plasser antallplasser seter antallseter "
    "kapacitet platser antalplatser säten pladser antalpladser kapazität plätze sitzplätze anzahlplätze"
)
_SEATS = frozenset(_SEATS_HEADINGS.split())
_ALSO_EXTRA_TIME = frozenset(["keptfor", "extratimeroom", "forextratime", "ekstratidsrom", "tilrettelagtrom"])
_YES = frozenset(["yes", "y", "x", "1", "true", "ja", "j", "sann", "sant", "extratime", "ekstratid", "zusatzzeit"])
_NO = frozenset(["", "no", "n", "0", "false", "nei", "nej", "nein", "usann", "usant"])
_LONGEST_ANSWER = 100


def _field_of(heading: str) -> str | None:
    folded = fold_heading(heading)
    if folded in _SEATS:
        return CAPACITY
    found = EXTRA_TIME if folded in _ALSO_EXTRA_TIME else field_of(heading)
    return ROOM if found == NAME else found if found in (BUILDING, ROOM, EXTRA_TIME) else None


def _is_heading_row(cells: list[str]) -> bool:
    return any(map(_field_of, cells)) and not any(cell.strip().isdecimal() for cell in cells)


def room_label(name: str) -> str:
    """Return the name of a column as people know it."""
    labels = {BUILDING: _("Building"), ROOM: _("Room"), CAPACITY: _("Capacity"), EXTRA_TIME: _("Extra time")}
    return labels.get(name, name)


_WORDS = Vocabulary(
    field_of=_field_of,
    is_dangerous=lambda _heading: False,
    is_heading_row=_is_heading_row,
    label=room_label,
    nobody=lambda: _("There is a header, but no row with a room under it."),
    alone=ROOM,
)
ROOM_BOUNDS = Bounds(rows=900, columns=60)
"""How much is read: fewer rooms than the fields that one form may send, with a tick for each."""
BY_NAME = Spec("rooms", (ROOM, CAPACITY, EXTRA_TIME, BUILDING), frozenset(), _WORDS, order=(ROOM, CAPACITY, EXTRA_TIME))
_BY_PARTS = replace(BY_NAME, order=(BUILDING, ROOM, CAPACITY, EXTRA_TIME))


@dataclass(frozen=True, slots=True)
class ListedRoom:
    """One row of the list: the room that it means, as it is and as it would be; None where no room is called so.

    `near` is a room whose name differs from the one that is written in signs alone.
    """

    number: int
    location: Location | None
    old: Room
    new: Room
    near: str = ""

    @property
    def is_unknown(self) -> bool:
        """Say whether somebody has to say that there shall be such a room: none is called so, or it was removed."""
        return self.location is None or not self.location.is_active

    @property
    def is_changed(self) -> bool:
        """Say whether the list says anything else about a room than what is stored."""
        return self.is_unknown or self.old != self.new


@dataclass(frozen=True, slots=True)
class RoomList:
    """What a list of rooms would do, row by row, and what is wrong with it."""

    rows: tuple[ListedRoom, ...]
    problems: tuple[Problem, ...]

    @property
    def changed(self) -> list[ListedRoom]:
        """Return the rooms that are there and would be others."""
        return [row for row in self.rows if row.is_changed and not row.is_unknown]

    @property
    def unknown(self) -> list[ListedRoom]:
        """Return the rows that no room in use is called by."""
        return [row for row in self.rows if row.is_unknown]

    @property
    def same(self) -> int:
        """Return how many rooms stay as they are."""
        return sum(not row.is_changed for row in self.rows)

    @property
    def digest(self) -> str:
        """Return a short hash, by which a page says what it showed."""
        shown = [(row.location.pk if row.location else None, row.old, row.new) for row in self.rows]
        return sha256(repr(shown).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def map_rooms(table: Table) -> Mapped:
    """Return the rows of a table by the columns of a list of rooms. Raises UnreadableFile."""
    return map_columns(table, _BY_PARTS if _has_buildings(table) else BY_NAME)


def _has_buildings(table: Table) -> bool:
    """Tell whether a table without headings has the building in a column of its own: seats stand in the third.

    Nothing else that may stand there is a number but 0 and 1, for no and yes; rooms are often called by numbers.
    """
    thirds = [row.cells[2].strip() for row in table.rows if len(row.cells) > 2]
    return 2 * sum(text.isdecimal() and text not in ("0", "1") for text in thirds) > len(thirds)


def read_rooms(mapped: Mapped) -> RoomList:
    """Compare a list with every room, former names among them: what it says of each, and what is wrong."""
    return _Read(mapped, list(Location.objects.select_related("known_as"))).found()


class _Read:
    """Go through a list row by row."""

    def __init__(self, mapped: Mapped, every: Sequence[Location]) -> None:
        self.mapped = mapped
        self.by_place = {(one.building, one.room): one.known_as or one for one in every}
        self.by_name: dict[str, set[Location]] = {}
        for one in every:
            self.by_name.setdefault(str(one), set()).add(one.known_as or one)
        # the longest first: "Kai 4 Nord" before "Kai 4"
        self.buildings = sorted({one.building for one in every if one.building and one.room}, key=len, reverse=True)
        self.near = NearNames((one.building, one.room) for one in every if one.is_active)
        marks = [row.values.get(EXTRA_TIME, "") for row in mapped.rows]
        # a column where no room is marked says nothing; beside a mark an empty cell says no
        self.says_extra_time = any(mark.strip() for mark in marks)
        self.problems: list[Problem] = []
        self.first: dict[int | Place, int] = {}

    def found(self) -> RoomList:
        rows = [found for row in self.mapped.rows if (found := self._row(row)) is not None]
        return RoomList(tuple(rows), tuple(self.problems))

    def _row(self, row: MappedRow) -> ListedRoom | None:
        before = len(self.problems)
        place = self._place(row)
        capacity, for_extra_time = self._cell(row, CAPACITY, clean_capacity), self._cell(row, EXTRA_TIME, _yes_or_no)
        if len(self.problems) > before or place is None:
            return None
        location = self.by_place.get(place)
        first = self.first.setdefault(location.pk if location else place, row.number)
        if first != row.number:
            self._note(row, ROOM, _("Row %(row)d has the same room.") % {"row": first})
            return None
        old = Room.of(location) if location else Room(*place)
        new = replace(old, capacity=old.capacity if capacity is None else capacity)
        if self.says_extra_time and for_extra_time is not None:
            new = replace(new, for_extra_time=for_extra_time)
        near = self.near.of(place) if location is None else None
        return ListedRoom(row.number, location, old, new, " ".join(near).strip() if near else "")

    def _place(self, row: MappedRow) -> Place | None:
        """Return building and room of the room that is meant, or of one that is not there yet."""
        building, name = self._cell(row, BUILDING, clean_place), self._cell(row, ROOM, clean_place)
        if building is None or name is None:
            return None
        if not building and not name:
            self._note(row, ROOM, _("Write the name of a room."))
            return None
        if building or ("", name) in self.by_place:
            return building, name
        meant = self.by_name.get(name, set())
        if len(meant) > 1:
            self._note(row, ROOM, _("Several rooms are called so. Write building and room in two columns."))
            return None
        for one in meant:
            return one.building, one.room
        known = next((one for one in self.buildings if name.startswith(f"{one} ")), "")
        return (known, name[len(known) + 1 :]) if known else ("", name)

    def _cell(self, row: MappedRow, column: str, clean: Callable[[str], Cleaned]) -> Cleaned | None:
        """Return what a cell says, None for one with a problem."""
        raw = row.values.get(column, "")
        try:
            refuse_kind(row, column)
            return clean(raw)
        except CellProblem as problem:
            self._note(row, column, problem.message)
            return None

    def _note(self, row: MappedRow, column: str, message: str) -> None:
        self.problems.append(Problem(row.number, column, row.values.get(column, ""), message))


def _yes_or_no(raw: str) -> bool:
    folded = fold_heading(clean_text(raw, longest=_LONGEST_ANSWER))
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise CellProblem(_("Write yes or no, or x for yes."))


def as_text(rows: Iterable[Sequence[str]]) -> str:
    """Return cells as they are pasted from a spreadsheet."""
    return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in rows)
