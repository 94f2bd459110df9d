"""Find out which column of a table is what: by a header in four languages, else by the published order (D13)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext as _

from candidates.intake.headings import (
    BUILDING,
    CANDIDATE_ID,
    DANGEROUS,
    EXTRA_TIME,
    FIELD_OF,
    FORMULA_STARTS,
    LEFT_OUT_OF_AN_EXPORT,
    PROBLEM,
    ROOM,
    SSO_USER_ID,
    column_label,
    find_header,
    fold_heading,
    has_digit,
    is_export,
)
from candidates.intake.table import CellKind, Row, Table, UnreadableFile

_ROW_OF_PROBLEM = re.compile(r"Row ([0-9]{1,7}):")


@dataclass(frozen=True, slots=True)
class Spec:
    """Say which columns a kind of list has, in the published order, and which of them must be there."""

    kind: str
    fields: tuple[str, ...]
    required: frozenset[str]


ONE_TIME = Spec("one_time", (CANDIDATE_ID, EXTRA_TIME), frozenset({CANDIDATE_ID}))
SSO = Spec("sso", (CANDIDATE_ID, SSO_USER_ID, EXTRA_TIME, BUILDING, ROOM), frozenset({CANDIDATE_ID, SSO_USER_ID}))


@dataclass(frozen=True, slots=True)
class MappedRow:
    """Hold one data row by field name. `surplus` is what stands right of the last column of the list.

    `mends` is the row of an earlier list that this row is to take the place of, 0 for none: it comes from the column
    Problem of a file with wrong rows, and is not stored.
    """

    number: int
    values: dict[str, str]
    kinds: dict[str, CellKind] = field(default_factory=dict)
    surplus: str = ""
    mends: int = 0

    def as_json(self) -> list[Any]:
        """Return what a draft stores: number, values, kinds, surplus."""
        return [self.number, dict(self.values), dict(self.kinds), self.surplus]

    @classmethod
    def from_json(cls, stored: list[Any]) -> MappedRow:
        """Return the row that `as_json` gave."""
        number, values, *rest = stored
        return cls(number, values, *rest)


@dataclass(slots=True)
class _Columns:
    """Hold where the fields of a list stand, and which columns are not its own but may be there."""

    places: dict[str, int]
    ignored: set[int] = field(default_factory=set)
    problem: int | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """Hold the data rows of a table. `header_row` and `skipped` (title rows above it) are row numbers; `total` counts
    the data rows of the file, also those past the cap that are not kept. `left_out` are the headings of columns that
    no list sets and that are not read."""

    rows: tuple[MappedRow, ...]
    fields: tuple[str, ...]
    header_row: int | None
    skipped: tuple[int, ...]
    total: int
    left_out: tuple[str, ...] = ()


def map_columns(table: Table, spec: Spec, *, header: int | Literal["find"] | None = "find") -> Mapped:
    """Return the data rows of a table by the columns of a list.

    `header` is the number of the row that a person says is the header, None where there is none. Raises UnreadableFile
    for headings that are unknown, doubled, missing or not for such lists, for a table that is wider than the list, and
    for one without data rows.
    """
    position = find_header(table.rows) if header == "find" else _position_of(table, header)
    columns = _Columns({name: place for place, name in enumerate(spec.fields)})
    data, header_row = table.rows, None
    if position is None:
        if header == "find":
            _refuse_unknown_heading(table.rows, spec)
        _refuse_missing_columns(data, spec)
    else:
        columns = _read_header(table.rows[position], spec)
        data, header_row = table.rows[position + 1 :], table.rows[position].number
    skipped = tuple(row.number for row in table.rows[:position]) if position else ()
    if not data:
        raise UnreadableFile(_("There is a header, but no row with a candidate under it."), header_row)
    _refuse_too_wide(table, data, columns, spec, headed=header_row is not None)
    rows = tuple(_map_row(row, columns) for row in data)
    fields = tuple(name for name in spec.fields if name in columns.places)
    total = table.total - (len(table.rows) - len(data))
    return Mapped(rows, fields, header_row, skipped, total, columns.left_out)


def _position_of(table: Table, number: int | None) -> int | None:
    """Return where the row with this number is. Raises UnreadableFile."""
    if number is None:
        return None
    found = next((place for place, row in enumerate(table.rows) if row.number == number), None)
    if found is None:
        message = _("Row %(row)d is empty or not there, so it cannot be the header. Choose another row.")
        raise UnreadableFile(message % {"row": number}, number)
    return found


def _map_row(row: Row, columns: _Columns) -> MappedRow:
    places = columns.places
    values = {name: row.cells[place] if place < len(row.cells) else "" for name, place in places.items()}
    found = dict(row.kinds)
    kinds = {name: found[place] for name, place in places.items() if place in found}
    surplus = [cell.strip() for cell in _surplus(row, columns) if cell.strip()]
    return MappedRow(row.number, values, kinds, ", ".join(surplus), _mends(row, columns.problem))


def _mends(row: Row, problem: int | None) -> int:
    """Return the row that a cell of the column Problem begins with: 17 for "Row 17: Write whole minutes, like 30."."""
    cell = row.cells[problem] if problem is not None and problem < len(row.cells) else ""
    found = _ROW_OF_PROBLEM.match(cell)
    return int(found[1]) if found else 0


def _read_header(header: Row, spec: Spec) -> _Columns:
    """Return the place of each field. Raises UnreadableFile for every heading that a list may not have (C36)."""
    columns = _Columns({})
    export = is_export(header)
    left_out: list[str] = []
    for place, heading in enumerate(header.cells):
        if not heading.strip():
            continue
        folded = fold_heading(heading)
        name = SSO_USER_ID if export and folded == "logsinwith" else FIELD_OF.get(folded)
        if folded in PROBLEM:
            columns.problem = place
        elif export and (folded in LEFT_OUT_OF_AN_EXPORT or (name is not None and name not in spec.fields)):
            left_out.append(heading.strip())
        elif name is None or name not in spec.fields or heading.strip()[0] in FORMULA_STARTS:
            raise UnreadableFile(_unknown_heading(heading, header.number, name, spec), header.number)
        elif name in columns.places:
            message = _("Two columns are headed %(label)s in row %(row)d. Keep one of them.")
            raise UnreadableFile(message % {"label": column_label(name), "row": header.number}, header.number)
        else:
            columns.places[name] = place
            continue
        columns.ignored.add(place)
    for name in spec.fields:
        if name in spec.required and name not in columns.places:
            message = _("The header in row %(row)d has no column %(label)s, which this list needs.")
            raise UnreadableFile(message % {"label": column_label(name), "row": header.number}, header.number)
    columns.left_out = tuple(left_out)
    return columns


def _unknown_heading(heading: str, number: int, name: str | None, spec: Spec) -> str:
    """Say which heading this list does not take, and which it takes."""
    found = {"heading": heading.strip()[:60], "row": number, "labels": _labels(spec)}
    if heading.strip()[0] in FORMULA_STARTS:
        return _("“%(heading)s” in row %(row)d is a formula, not a heading. The columns are: %(labels)s.") % found
    if fold_heading(heading) in DANGEROUS:
        message = _(
            "“%(heading)s” in row %(row)d is not a column that a list of candidates can set. "
            "The columns are: %(labels)s. If it is a Candidate ID, write the heading Candidate ID above it."
        )
        return message % found
    if name is not None:
        message = _(
            "“%(heading)s” in row %(row)d belongs to CSV import (SSO). This list takes: %(labels)s. "
            "Choose CSV import (SSO), or remove the column."
        )
        return message % found
    return _("The heading “%(heading)s” in row %(row)d is not known. The columns are: %(labels)s.") % found


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
        raise UnreadableFile(_unknown_heading(heading, first.number, None, spec), first.number)


def _refuse_missing_columns(data: tuple[Row, ...], spec: Spec) -> None:
    """Refuse a table without header that is narrower than the columns that must be there."""
    if max(len(row.cells) for row in data) < len(spec.required):
        message = _("There is only one column. This list takes: %(labels)s, in this order or with a header.")
        raise UnreadableFile(message % {"labels": _labels(spec)})


def _refuse_too_wide(table: Table, data: tuple[Row, ...], columns: _Columns, spec: Spec, *, headed: bool) -> None:
    """Refuse a table with more columns than the list (C37); a few long rows are problems of those rows (F5)."""
    long_rows = [row for row in data if any(cell.strip() for cell in _surplus(row, columns))]
    far = table.widest > max(len(row.cells) for row in table.rows)
    if not far and len(long_rows) * 2 < len(data):
        return
    number = long_rows[0].number if long_rows else table.widest_row
    found = {"count": table.widest, "most": len(spec.fields), "row": number, "labels": _labels(spec)}
    if headed and not far:
        message = _("Row %(row)d has cells in a column without a heading. The columns are: %(labels)s.")
    elif spec is ONE_TIME and table.widest <= len(SSO.fields):
        message = _(
            "The table has %(count)d columns. This list takes %(most)d: %(labels)s. "
            "Is it a list for CSV import (SSO)? Then choose that, else remove the other columns."
        )
    else:
        message = _(
            "Row %(row)d has %(count)d columns. This list takes at most %(most)d: %(labels)s. Remove the other columns."
        )
    raise UnreadableFile(message % found, number)


def _surplus(row: Row, columns: _Columns) -> list[str]:
    taken = {*columns.places.values(), *columns.ignored}
    return [cell for place, cell in enumerate(row.cells) if place not in taken]


def _labels(spec: Spec) -> str:
    return ", ".join(column_label(name) for name in spec.fields)
