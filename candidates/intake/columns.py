"""Find out which column of a table is what: by a header in four languages, else by the published order (D13)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.assigning import (
    IGNORE,
    KIND,
    Column,
    KnownFormat,
    assigned,
    columns_by_field,
    is_export,
    missing,
)
from candidates.intake.header import chosen_header, find_header, is_only_a_heading, joined_heading, lower_header
from candidates.intake.headings import (
    PROBLEM,
    SSO,
    SSO_USER_ID,
    Spec,
    fold_heading,
    is_formula,
)
from candidates.tabular.table import CellKind, Row, Table, UnreadableFile

SURPLUS = ""
"""The name of the cells right of the last column, among what was mended in a row."""
IGNORED = "ignored"
"""Columns that a format names and nobody reads: ignored-2 is the second column."""
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
    the data rows of the file, also those past the cap that are not kept. `columns` are those of the file, and
    `format_name` is the name of the format by which their headings are known, "" for none."""

    rows: tuple[MappedRow, ...]
    fields: tuple[str, ...]
    header_row: int | None
    skipped: tuple[int, ...]
    total: int
    columns: tuple[Column, ...] = ()
    format_name: str = ""

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the headings of the columns that are not read."""
        return tuple(one.heading.strip() for one in self.columns if one.field == IGNORE and one.heading.strip())


def map_columns(
    table: Table,
    spec: Spec,
    *,
    header: int | Literal["find"] | None = "find",
    chosen: Mapping[int, str] | None = None,
    formats: Sequence[KnownFormat] = (),
) -> Mapped:
    """Return the data rows of a table by the columns of a list.

    `header` is the number of the row that a person says is the header, None where they say that there is none;
    `chosen` is what they say that columns are, by place, and `formats` are those by which headings are known.
    Raises UnreadableFile for a table without data rows or with more columns than are read. What no column of a list of
    candidates is read as can be chosen later; of permanent users, for headings that are doubled, missing or not for
    such lists.
    """
    known = frozenset(key.partition(" ")[0] for one in formats for key in one.fields) - {""}
    position = find_header(table.rows, spec.words, known) if header == "find" else chosen_header(table.rows, header)
    if spec.words.refusal is not None:
        return _map_users(table, spec, position, found=header == "find")
    if position is None and header == "find" and is_only_a_heading(table.rows):
        position = 0
    if position is not None and header == "find":
        position = lower_header(table.rows, position, spec.words)
    heading, data = _parts(table, spec, position)
    if position is not None:
        heading = joined_heading(table.rows, position, spec.words)
    _refuse_cut(table, spec)
    if heading is None:
        _refuse_missing_columns(data, spec)
    columns, format_name = assigned(heading, data, spec, chosen=chosen, formats=formats)
    return replace(_mapped(table, spec, position, columns), format_name=format_name)


def _map_users(table: Table, spec: Spec, position: int | None, *, found: bool) -> Mapped:
    """Return the rows of a file of permanent users, whose columns a format says: any other may hold passwords."""
    if position is None and found and spec.headed and spec.words.headless:
        first = table.rows[0]
        raise UnreadableFile(spec.words.headless(first.number, _labels(spec)), first.number)
    if position is None:
        columns = [Column(place, "", name, "order") for place, name in enumerate(spec.places)]
    else:
        columns = _read_header(table.rows[position], spec)
    heading, data = _parts(table, spec, position)
    if heading is None:
        _refuse_missing_columns(data, spec)
    _refuse_too_wide(table, data, {one.place for one in columns}, spec, headed=heading is not None)
    return _mapped(table, spec, position, columns)


def _parts(table: Table, spec: Spec, position: int | None) -> tuple[Row | None, tuple[Row, ...]]:
    """Return the header and the rows under it. Raises UnreadableFile where there are none."""
    if position is None:
        return None, table.rows
    heading, data = table.rows[position], table.rows[position + 1 :]
    if not data:
        raise UnreadableFile(spec.words.nobody(), heading.number)
    return heading, data


def _mapped(table: Table, spec: Spec, position: int | None, columns: Sequence[Column]) -> Mapped:
    data = table.rows if position is None else table.rows[position + 1 :]
    heads = () if position is None else table.rows[position].cells
    places = columns_by_field(columns)
    kind = [place for place, heading in enumerate(heads) if fold_heading(heading) == KIND] if is_export(heads) else []
    if spec.kind == SSO.kind and kind:
        places[KIND] = kind
    read = frozenset(one.place for one in columns if one.why != "few")
    return Mapped(
        rows=tuple(_map_row(row, places, read, spec) for row in data),
        fields=tuple(name for name in spec.fields if name in places),
        header_row=None if position is None else table.rows[position].number,
        skipped=tuple(row.number for row in table.rows[: position or 0]),
        total=table.total - (len(table.rows) - len(data)),
        columns=tuple(columns),
    )


def _map_row(row: Row, places: Mapping[str, Sequence[int]], read: frozenset[int], spec: Spec) -> MappedRow:
    def cell(name: str) -> str:
        filled = [row.cells[place] for place in places.get(name, ()) if place < len(row.cells)]
        return ", ".join(filter(None, map(str.strip, filled))) if len(filled) > 1 else "".join(filled)

    taken = [name for name in spec.fields if name in places]
    found = dict(row.kinds)
    mends = _MENDS.match(cell(PROBLEM)) if PROBLEM in places else None
    values = {name: cell(name) for name in taken}
    if KIND in places and fold_heading(cell(KIND)) != SSO.kind:
        values[SSO_USER_ID] = ""  # our own export names the user name of a one-time user there: nobody's SSO user ID
    kinds = {name: found[place] for name in taken for place in places[name] if place in found} if found else {}
    surplus = [one.strip() for place, one in enumerate(row.cells) if place not in read and one.strip()]
    return MappedRow(row.number, values, kinds, ", ".join(surplus), int(mends[1]) if mends else 0)


def _read_header(header: Row, spec: Spec) -> list[Column]:
    """Return the columns of a file of permanent users. Raises UnreadableFile for headings that it may not have (C36).

    A column that nobody knows is not read.
    """
    columns: list[Column] = []
    for place, heading in enumerate(header.cells):
        if not heading.strip():
            continue
        name = _field_of_users(place, heading, spec)
        if name is None and spec.words.refusal:
            message = spec.words.refusal(heading, header.number, place + 1, _labels(spec))
            raise UnreadableFile(message, header.number)
        if name and any(one.field == name for one in columns):
            message = _("Two columns are headed %(label)s in row %(row)d. Keep one of them.")
            label = spec.words.label(name) if spec.words.field_of(heading) else heading.strip()
            raise UnreadableFile(message % {"label": label, "row": header.number}, header.number)
        columns.append(Column(place, heading, name or IGNORE, "heading" if name else "unknown"))
    if all(one.field in (IGNORE, PROBLEM) for one in columns):
        message = _("None of the headings in row %(row)d is known. The columns are: %(labels)s.")
        raise UnreadableFile(message % {"row": header.number, "labels": _labels(spec)}, header.number)
    for name in missing(columns, spec):
        message = _("The header in row %(row)d has no column %(label)s, which this list needs.")
        raise UnreadableFile(message % {"label": spec.words.label(name), "row": header.number}, header.number)
    return columns


def _field_of_users(place: int, heading: str, spec: Spec) -> str | None:
    """Return what a heading stands for, IGNORE for one that nobody knows, None for one that is refused."""
    name = spec.words.field_of(heading)
    if name is not None and not is_formula(heading) and (name in spec.places or name == PROBLEM):
        return name
    usual = spec.places[place] if place < len(spec.places) else ""
    if usual.startswith(f"{IGNORED}-"):
        return IGNORE
    return None if name or is_formula(heading) or spec.words.is_dangerous(heading) else IGNORE


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


def _refuse_cut(table: Table, spec: Spec) -> None:
    """Refuse a table of which some columns are not kept (C37)."""
    kept = max(len(row.cells) for row in table.rows)
    if table.widest > kept:
        message = _(
            "Row %(row)d has %(count)d columns; %(most)d are read. Keep the columns of the list (%(labels)s), remove "
            "the others, and upload it again."
        )
        found = {"count": table.widest, "most": kept, "row": table.widest_row, "labels": _labels(spec)}
        raise UnreadableFile(message % found, table.widest_row)


def _refuse_too_wide(table: Table, data: tuple[Row, ...], read: Collection[int], spec: Spec, *, headed: bool) -> None:
    """Refuse a file with more columns than its format has (C37); a few long rows are problems of those rows (F5)."""
    beyond = {row.number: any(one.strip() for place, one in enumerate(row.cells) if place not in read) for row in data}
    long_rows = [number for number, long in beyond.items() if long]
    far = table.widest > max(len(row.cells) for row in table.rows)
    if not far and len(long_rows) * 2 < len(data):
        return
    number = long_rows[0] if long_rows else table.widest_row
    found = {"count": table.widest, "most": len(spec.places), "row": number, "labels": _labels(spec)}
    if headed and not far:
        message = _("Row %(row)d has cells in a column without a heading. The columns are: %(labels)s.")
    else:
        message = _(
            "Row %(row)d has %(count)d columns. This list takes at most %(most)d: %(labels)s. Remove the other columns."
        )
    raise UnreadableFile(message % found, number)


def _labels(spec: Spec) -> str:
    """Return what the columns are called, in the order in which a list without headings has them."""
    return ", ".join(spec.words.label(name) for name in spec.places if not name.startswith(f"{IGNORED}-"))
