"""Find out which column of a table is what: by a header in four languages, else by the published order (D13)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.headings import (
    BUILDING,
    CANDIDATE_WORDS,
    LOGS_IN_WITH,
    ONE_TIME,
    PROBLEM,
    ROOM,
    SSO,
    SSO_USER_ID,
    Spec,
    Vocabulary,
    fold_heading,
    has_digit,
    is_formula,
)
from candidates.tabular.table import (
    CellKind,
    Row,
    Table,
    UnreadableFile,
)

_SEARCHED_FOR_HEADER = 10
SURPLUS = ""
"""The name of the cells right of the last column, among what was mended in a row."""
IGNORED = "ignored"
"""Columns that a format names and nobody reads: ignored-2 is the second column."""
# Our own export (candidates/pages/candidates/export.py) is known by these two headings; the others are left out of
# it, too.
_KIND = "kind"
_EXPORTED = frozenset({_KIND, LOGS_IN_WITH})
_EXPORTED_ALONE = frozenset({_KIND, "ends", "privatereference"})
# "Row 17: Write whole minutes", in whatever language the download was made
_MENDS = re.compile(r"\s*[^\W\d_]+ ([0-9]{1,6}):")


@dataclass(frozen=True, slots=True)
class MappedRow:
    """Hold one data row by field name. `surplus` is what stands right of the last column of the list.

    `mends` is the number of the row that this one corrects: a download of wrong rows names it; 0 for every other row.
    """

    number: int
    values: dict[str, str]
    kinds: dict[str, CellKind] = field(default_factory=dict)
    surplus: str = ""
    mends: int = 0

    def as_json(self) -> list[Any]:
        """Return what a draft stores: number, values, kinds, surplus, mends."""
        return [self.number, dict(self.values), dict(self.kinds), self.surplus, self.mends]

    @classmethod
    def from_json(cls, stored: list[Any]) -> MappedRow:
        """Return the row that `as_json` gave, also where it was stored before the last of its parts were known."""
        number, values, *rest = stored
        return cls(number, values, *rest)


@dataclass(frozen=True, slots=True)
class Mapped:
    """Hold the data rows of a table. `header_row` and `skipped` (title rows above it) are row numbers; `total` counts
    the data rows of the file, also those past the cap that are not kept. `left_out` are the headings of columns of our
    own export that this list does not take."""

    rows: tuple[MappedRow, ...]
    fields: tuple[str, ...]
    header_row: int | None
    skipped: tuple[int, ...]
    total: int
    left_out: tuple[str, ...] = ()


def map_columns(table: Table, spec: Spec, *, header: int | Literal["find"] | None = "find") -> Mapped:
    """Return the data rows of a table by the columns of a list.

    `header` is the number of the row that a person says is the header, None where they say that there is none.
    Raises UnreadableFile for headings that are unknown, doubled, missing or not for such lists, for a table that is
    wider than the list, and for one without data rows.
    """
    position = _find_header(table.rows, spec.words) if header == "find" else _chosen_header(table.rows, header)
    if position is None:
        if header == "find" and spec.words is CANDIDATE_WORDS:
            _refuse_unknown_heading(table.rows, spec)
        if header == "find" and spec.headed:
            first = table.rows[0]
            raise UnreadableFile(spec.words.headless(first.number, _labels(spec)), first.number)
        return _map_rows(table, spec, None, {name: place for place, name in enumerate(spec.places)})
    return _map_rows(table, spec, position, _read_header(table.rows[position], spec))


def _map_rows(table: Table, spec: Spec, position: int | None, places: dict[str, int]) -> Mapped:
    """Return the rows under the header at `position`; `places` also holds what the list does not take."""
    if position is None:
        above, heading, data = table.rows[:0], None, table.rows
        _refuse_missing_columns(data, spec)
    else:
        above, heading, data = table.rows[:position], table.rows[position], table.rows[position + 1 :]
    if heading and not data:
        raise UnreadableFile(spec.words.nobody(), heading.number)
    _refuse_too_wide(table, data, places, spec, headed=heading is not None)
    others = [name for name in places if name not in spec.fields and name != PROBLEM]
    return Mapped(
        rows=tuple(_map_row(row, places, spec) for row in data),
        fields=tuple(name for name in spec.fields if name in places),
        header_row=heading.number if heading else None,
        skipped=tuple(row.number for row in above),
        total=table.total - (len(table.rows) - len(data)),
        left_out=tuple(heading.cells[places[name]].strip() for name in others) if heading else (),
    )


def _map_row(row: Row, places: dict[str, int], spec: Spec) -> MappedRow:
    def cell(place: int) -> str:
        return row.cells[place] if place < len(row.cells) else ""

    taken = {name: place for name, place in places.items() if name in spec.fields}
    found = dict(row.kinds)
    mends = _MENDS.match(cell(places[PROBLEM])) if PROBLEM in places else None
    values = {name: cell(place) for name, place in taken.items()}
    if spec is SSO and _KIND in places and fold_heading(cell(places[_KIND])) != SSO.kind:
        values[SSO_USER_ID] = ""  # our own export names the user name of a one-time user there: nobody's SSO user ID
    return MappedRow(
        row.number,
        values,
        {name: found[place] for name, place in taken.items() if place in found},
        ", ".join(cell.strip() for cell in _surplus(row, places) if cell.strip()),
        int(mends[1]) if mends else 0,
    )


def _chosen_header(rows: tuple[Row, ...], number: int | None) -> int | None:
    """Return the position of the row that a person chose as the header. Raises UnreadableFile where it is not there."""
    if number is None:
        return None
    for position, row in enumerate(rows):
        if row.number == number:
            return position
    message = _("Row %(row)d is empty or not there. Choose the row with the headings, or that the list has none.")
    raise UnreadableFile(message % {"row": number}, number)


def _find_header(rows: tuple[Row, ...], words: Vocabulary) -> int | None:
    """Return the position of the header: the first row, or one under title rows of one cell each.

    Raises UnreadableFile where rows above a header look like candidates: they would be lost.
    """
    for position, row in enumerate(rows[:_SEARCHED_FOR_HEADER]):
        cells = [cell for cell in row.cells if cell.strip()]
        known = [cell for cell in cells if words.field_of(cell)]
        if position == 0 and words.is_heading_row(cells):
            return 0
        alone = len(cells) == 1 and words.field_of(cells[0]) == words.alone  # the header of a list of one column
        if (len(known) >= 2 or alone) and words.is_heading_row(cells):
            for above in rows[:position]:
                filled = [cell.strip() for cell in above.cells if cell.strip()]
                # where every row has one cell, only what has words in it is a title; "Anna01" may be somebody
                titled = len(filled) == 1 and any(character.isalpha() for character in filled[0])
                if not titled or (alone and " " not in filled[0]):
                    message = (
                        _("Row %(row)d is a header, but row %(above)d above it holds a candidate. Move it down.")
                        if words is CANDIDATE_WORDS
                        else _("Row %(row)d is a header, but row %(above)d above it holds a person. Move it down.")
                    )
                    raise UnreadableFile(message % {"row": row.number, "above": above.number}, above.number)
            return position
    return None


def _read_header(header: Row, spec: Spec) -> dict[str, int]:
    """Return the place of each column. Raises UnreadableFile for every heading that a list may not have (C36)."""
    places: dict[str, int] = {}
    ours = spec.words is CANDIDATE_WORDS
    exported = ours and _EXPORTED.issubset(fold_heading(heading) for heading in header.cells)
    for place, heading in enumerate(header.cells):
        if not heading.strip():
            continue
        name = _column_of(heading, spec, exported=exported) or _passed_over(place, spec)
        if name is None:
            message = spec.words.refusal(heading, header.number, place + 1, _labels(spec))
            raise UnreadableFile(message, header.number)
        if name in places:
            message = _("Two columns are headed %(label)s in row %(row)d. Keep one of them.")
            label = spec.words.label(name) if spec.words.field_of(heading) else heading.strip()
            raise UnreadableFile(message % {"label": label, "row": header.number}, header.number)
        places[name] = place
    for name in spec.fields:
        if name in spec.required and name not in places:
            message = _("The header in row %(row)d has no column %(label)s, which this list needs.")
            raise UnreadableFile(message % {"label": spec.words.label(name), "row": header.number}, header.number)
    return places


def _column_of(heading: str, spec: Spec, *, exported: bool) -> str | None:
    """Return the name of the column that a heading stands for, also of one to leave out, None for one to refuse."""
    name, folded = spec.words.field_of(heading), fold_heading(heading)
    if is_formula(heading):
        return None
    if exported and folded == LOGS_IN_WITH:
        return SSO_USER_ID
    if exported and folded in _EXPORTED_ALONE:
        return folded
    if exported and name in (BUILDING, ROOM):
        return name
    return name if name in spec.places or name == PROBLEM else None


def _passed_over(place: int, spec: Spec) -> str | None:
    """Return the name of a column that is not read, where the order has one without a heading of its own here."""
    name = spec.places[place] if place < len(spec.places) else ""
    return name if name.startswith(f"{IGNORED}-") else None


def _refuse_unknown_heading(rows: tuple[Row, ...], spec: Spec) -> None:
    """Refuse a first row that can only be a heading that we do not know: it would become a candidate."""
    first = rows[0]
    others = [row for row in rows[1:] if row.cells and row.cells[0].strip()]
    if len(others) < 2 or not first.cells:
        return
    heading = next((cell.strip() for cell in first.cells if cell.strip()), "")
    wordy = not has_digit("".join(first.cells)) and all(has_digit(row.cells[0]) for row in others)
    titled = " " in heading and all(row.cells[0].strip().isdecimal() for row in others)
    if heading[:1].isalpha() and (wordy or titled):
        raise UnreadableFile(spec.words.refusal(heading, first.number, 1, _labels(spec)), first.number)


def _refuse_missing_columns(data: tuple[Row, ...], spec: Spec) -> None:
    """Refuse a table without header that is narrower than the columns that must be there."""
    widest = max(len(row.cells) for row in data)
    if widest <= max((place for place, name in enumerate(spec.places) if name in spec.required), default=-1):
        message = ngettext(
            "There is only one column. This list takes: %(labels)s, in this order or with a header.",
            "There are only %(count)d columns. This list takes: %(labels)s, in this order or with a header.",
            widest,
        )
        raise UnreadableFile(message % {"count": widest, "labels": _labels(spec)})


def _refuse_too_wide(table: Table, data: tuple[Row, ...], places: dict[str, int], spec: Spec, *, headed: bool) -> None:
    """Refuse a table with more columns than the list (C37); a few long rows are problems of those rows (F5)."""
    long_rows = [row for row in data if any(cell.strip() for cell in _surplus(row, places))]
    far = table.widest > max(len(row.cells) for row in table.rows)
    if not far and len(long_rows) * 2 < len(data):
        return
    columns = table.widest
    number = long_rows[0].number if long_rows else table.widest_row
    found = {"count": columns, "most": len(spec.places), "row": number, "labels": _labels(spec)}
    if headed and not far:
        message = _("Row %(row)d has cells in a column without a heading. The columns are: %(labels)s.")
    elif spec is ONE_TIME and columns <= len(SSO.fields):
        message = _(
            "The table has %(count)d columns. This list takes %(most)d: %(labels)s. "
            "Is it a list for CSV import (SSO)? Then choose that, else remove the other columns."
        )
    else:
        message = _(
            "Row %(row)d has %(count)d columns. This list takes at most %(most)d: %(labels)s. Remove the other columns."
        )
    raise UnreadableFile(message % found, number)


def _surplus(row: Row, places: dict[str, int]) -> list[str]:
    taken = set(places.values())
    return [cell for place, cell in enumerate(row.cells) if place not in taken]


def _labels(spec: Spec) -> str:
    return ", ".join(spec.words.label(name) for name in spec.fields)
