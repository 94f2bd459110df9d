"""What a file says beside its cells, as its import keeps it: sheets, hidden and merged cells, how it was split."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from candidates.intake.assigning import missing
from candidates.intake.columns import Mapped
from candidates.intake.headings import BUILDING, ROOM, Spec
from candidates.intake.reading import Reading, read_tables
from candidates.models import Import
from candidates.tabular.table import Bounds, Delimiter, Row, Table, UnreadableFile, column_letter
from candidates.tabular.workbook_scan import column_number
from candidates.tabular.xlsx import Question, Rows

_MOST_SHEETS = 50
_MOST_NAMED = 20
_HEADER_ROWS = 10
_POINT = re.compile(r"[0-9]{1,2}[.):]")  # of instructions: 1. Fill in


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a file, and in which of two ways it was read.

    `sheets` are those with content, as (number, name, hidden); columns are letters; `filled` and `across` are merged
    cells that were filled down, and those that reach over several columns, the first of them by their places; `gaps`
    are the first rows that name a location, where others below do not, and `filled_from_above` the columns of it;
    `split_rows` are the first that stood in a single cell, unlike the others.
    """

    sheet: int = 0
    sheets: tuple[tuple[int, str, bool], ...] = ()
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[str, ...] = ()
    left_out_columns: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    not_filled: tuple[str, ...] = ()
    across: tuple[str, ...] = ()
    gaps: tuple[int, ...] = ()
    filled_from_above: tuple[str, ...] = ()
    split: Delimiter = ""
    not_split: bool = False
    split_rows: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what an import stores: what is not empty."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def of(cls, waiting: Import) -> Found:
        """Return what was found in the file of an import."""
        return cls(**{name: _tuples(value) for name, value in waiting.found.items()})


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


def found_in(table: Table, mapped: Mapped, reading: Reading) -> dict[str, Any]:
    """Return what an import keeps of a table that was read in this way."""
    merged = table.filled_down(mapped.header_row).filled if not reading.fill_down else ()
    rows = {row.number for row in mapped.rows} if table.hidden_rows else set()
    return Found(
        sheet=table.sheet_number,
        sheets=table.sheets[:_MOST_SHEETS] if len(table.sheets) > 1 else (),
        hidden_rows=tuple(number for number in table.hidden_rows if number in rows),
        hidden_columns=tuple(map(column_letter, table.hidden_columns)),
        left_out_columns=table.left_out_columns,
        filled=table.filled[:_MOST_NAMED],
        not_filled=merged[:_MOST_NAMED],
        across=table.across[:_MOST_NAMED],
        gaps=() if merged or table.filled_from_above_in else _rows_with_text(table, mapped)[:_MOST_NAMED],
        filled_from_above=table.filled_from_above_in,
        split=table.split,
        not_split=bool(table.sheet) and reading.split == "",
        split_rows=table.split_rows[:_MOST_NAMED],
    ).as_json()


def reading_of(waiting: Import) -> Reading:
    """Return how an import was read, to read its file in the same way again."""
    found = Found.of(waiting)
    return Reading(
        encoding=waiting.encoding,
        delimiter=waiting.delimiter,  # type: ignore[arg-type]  # the database holds no others
        split=found.split,
        sheet=found.sheet,
        hidden_columns=not found.left_out_columns,
        fill_down=not found.not_filled,
        fill_from_above=bool(found.filled_from_above),
    )


def asks_about_hidden_rows(waiting: Import) -> bool:
    """Say whether somebody has to tell if the hidden rows belong to the list."""
    return bool(waiting.found.get("hidden_rows")) and not waiting.hidden_rows_are


# The sheet that holds the list ---------------------------------------------------------------------------------------


def read_list(
    data: bytes, name: str, *, bounds: Bounds, spec: Spec, map_rows: Callable[[Table], Mapped]
) -> tuple[Table, Mapped]:
    """Return the table of a file and its rows by the columns of the list; of several sheets that of the list.

    That is the first that looks like one; where its columns do not fit, the first whose columns do. Raises
    UnreadableFile.
    """
    tables = read_tables(data, name, bounds=bounds, looks_right=looks_like(spec))
    table = next(tables)
    try:
        first = with_merged_cells(table, map_rows)
    except UnreadableFile as refusal:
        other = _fitting_sheet(tables, spec, map_rows)
        if other is None:
            raise _naming_sheets(refusal, table) from refusal
        return other
    if missing(first[1].columns, spec):
        return _fitting_sheet(tables, spec, map_rows) or first
    return first


def _fitting_sheet(
    tables: Iterator[Table], spec: Spec, map_rows: Callable[[Table], Mapped]
) -> tuple[Table, Mapped] | None:
    """Return the first sheet that has all columns that the list needs; without headings it has to look like one."""
    looks_right = looks_like(spec)
    with suppress(UnreadableFile):  # one that cannot be read ends them
        for table in tables:
            with suppress(UnreadableFile):
                found = with_merged_cells(table, map_rows)
                headed = found[1].header_row is not None
                if not missing(found[1].columns, spec) and (
                    headed or looks_right([row.cells for row in table.rows[:_HEADER_ROWS]])
                ):
                    return found
    return None


def _naming_sheets(refusal: UnreadableFile, table: Table) -> UnreadableFile:
    """Return the refusal of a sheet, with the others that were no list either."""
    others = [title for number, title, _hidden in table.sheets if number != table.sheet_number]
    if not others:
        return type(refusal)(refusal.message, refusal.line)
    words = _(
        "This is the sheet “%(sheet)s”; the others do not fit either: %(names)s. "
        "Save the sheet with the list as a file of its own."
    )
    found = {"sheet": table.sheet, "names": ", ".join(f"“{title}”" for title in others[:5])}
    return type(refusal)(f"{refusal.message} {words % found}", refusal.line)


def with_merged_cells(table: Table, map_rows: Callable[[Table], Mapped]) -> tuple[Table, Mapped]:
    """Return a table with its merged cells filled down below the header, and its rows by columns.

    Raises UnreadableFile.
    """
    mapped = map_rows(table)
    joined = table.with_one_header(mapped.header_row)
    if joined is not table:
        table, mapped = joined, map_rows(joined)
    filled = table.filled_down(mapped.header_row)
    return (filled, mapped) if filled.rows == table.rows else (filled, map_rows(filled))


def looks_like(spec: Spec) -> Question:
    """Return the question whether the first rows of a sheet look like a list: they have its headings, or mostly IDs."""

    def looks_right(rows: Rows) -> bool:
        known = any(_are_headings(cells, spec) for cells in rows[:_HEADER_ROWS])
        return known or 2 * sum(any(map(_may_be_id, cells)) for cells in rows) >= max(len(rows), 1)

    return looks_right


def _are_headings(cells: Collection[str], spec: Spec) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    known = [name for name in map(spec.words.field_of, filled) if name in spec.fields]
    return bool(known) and spec.required <= set(known)


def _may_be_id(cell: str) -> bool:
    text = cell.strip()
    return (
        not _POINT.fullmatch(text)
        and not any(map(str.isspace, text))
        and any(sign == "@" or sign.isdigit() for sign in text)
    )


def read_as_before(table: Table, waiting: Import) -> Table:
    """Return the table of an import with its merged cells, and the gaps below a location, as they were read."""
    found = Found.of(waiting)
    if not found.not_filled:
        table = table.filled_down(waiting.header_row)
    places = [column_number(letters) - 1 for letters in found.filled_from_above]
    return table.filled_from_above(places, waiting.header_row) if places else table


def places_with_gaps(table: Table, mapped: Mapped) -> list[int]:
    """Return the columns of the location that only some rows fill, the first among them, as after merged cells.

    A spreadsheet that saves merged cells as CSV, or that they are copied from, leaves all but the first of them blank.
    """
    rows = [row for row in table.rows if row.number > (mapped.header_row or 0)]
    places = [one.place for one in mapped.columns if one.field in (BUILDING, ROOM)]
    return [place for place in places if _has_gaps([_has_text(row, place) for row in rows])]


def _has_gaps(filled: Sequence[bool]) -> bool:
    return bool(filled) and filled[0] and 2 * sum(filled) <= len(filled)


def _has_text(row: Row, place: int) -> bool:
    return place < len(row.cells) and bool(row.cells[place].strip())


def _rows_with_text(table: Table, mapped: Mapped) -> tuple[int, ...]:
    places = places_with_gaps(table, mapped)
    data = (row for row in table.rows if row.number > (mapped.header_row or 0))
    return tuple(row.number for row in data if any(_has_text(row, place) for place in places))
