"""The result of reading a file or a pasted text: cells as text, with the row numbers that a spreadsheet shows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from django.utils.translation import gettext as _

from candidates.tabular.hidden import spell_out, spelt_out

SPARE_ROWS = 20
"""Rows kept beyond the limit, for titles, a header, and to show that there are more."""
MAX_COLUMNS = 5
"""Columns of the widest list, the SSO list (docs/domain.md §7)."""
SPARE_COLUMNS = 5
"""Columns kept beyond the widest list, to show them: an export of ours has 8, with its problems 9."""

MAX_CELL = 10_000
"""Characters of one cell; columns have smaller limits, each with its own message."""

MIB = 1024 * 1024

_HEADER_ROWS = 3
"""Rows over which a heading may be merged."""

Delimiter = Literal[",", ";", "\t", "|", ""]
CellKind = Literal["date", "formula", "error", "digits", "format", "layout", "across", "hidden", "meant"]


class UnreadableFile(Exception):
    """A file or pasted text cannot be read; `message` says why, in a sentence for people.

    `line` is the line of the text file or the row of the sheet that is named in the sentence, None where it is about
    the whole file.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a file is read: data rows and columns, bytes of a text and of a workbook.

    In a workbook also the last row that is searched for content, the elements of a sheet (cells) and of its texts, and
    the inflated bytes.
    """

    rows: int
    columns: int = MAX_COLUMNS
    text: int = 1 * MIB
    paste: int = 1 * MIB
    workbook: int = 5 * MIB
    farthest_row: int = 20_000
    cells: int = 400_000
    strings: int = 150_000
    inflated: int = 16 * MIB
    for_users: bool = False  # a list of permanent users, and not of candidates: for the sentences


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank.

    `number` counts as a spreadsheet does: the first row is 1, blank rows count, a cell of several lines is one row.
    `kinds` names cells of a workbook that are not plain text or numbers, by position: "date" and "format" (shown as
    text that may differ from what was typed), "layout" (shown in a way that is not known here), "formula" (without a
    stored result), "error" (#N/A and the like), "digits" (more digits than the workbook keeps), "across" (merged over
    columns with headings of their own, and alone in its row). "hidden" is a cell with characters that nobody can see,
    in a text file too: they are spelt out in it (C39), so that no such character goes any further than this.
    No file has "meant": somebody has said of the cell that it is right as it stands.
    """

    number: int
    cells: tuple[str, ...]
    kinds: tuple[tuple[int, CellKind], ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells of a workbook that are merged into one: rows, and columns from 0; the text stands in the first cell."""

    reference: str
    row: int
    last_row: int
    column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file, up to its bounds and `SPARE_ROWS`, and what was found while reading.

    `total` counts all rows that are not blank, also those that are not kept (`truncated`). `widest` is the number of
    columns of the widest row and `widest_row` its number; cells past the cap are cut, so check `widest` first.
    `letters` are up to five words to show for confirmation where `confirm_letters` is set (D14). Where every row
    stood in one cell, `split` is the delimiter at which they were taken apart; `split_rows` are those of a table of
    several columns that stood in one cell.

    Of a workbook also: the sheet that was read, all sheets with content as (number, name, hidden), rows with content
    that are hidden, columns (from 0) that are hidden where one of them has content, the letters of those that were
    left out for that, and merged cells; `filled` and `across` name those that were filled down, and those that reach
    over several columns.
    """

    rows: tuple[Row, ...]
    encoding: str = ""
    delimiter: Delimiter = ""
    total: int = 0
    truncated: bool = False
    widest: int = 0
    widest_row: int = 0
    confirm_letters: bool = False
    letters: tuple[str, ...] = ()
    split: Delimiter = ""
    split_rows: tuple[int, ...] = ()
    sheet: str = ""
    sheet_number: int = 0
    sheets: tuple[tuple[int, str, bool], ...] = ()
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    left_out_columns: tuple[str, ...] = ()
    merged: tuple[Merge, ...] = ()
    filled: tuple[str, ...] = ()
    across: tuple[str, ...] = ()
    filled_from_above_in: tuple[str, ...] = ()

    def without_hidden_columns(self) -> Table:
        """Return the table that people see in the spreadsheet."""
        gone = set(self.hidden_columns)
        if not gone:
            return self
        places = [place for place in range(max(len(row.cells) for row in self.rows)) if place not in gone]
        new = {place: number for number, place in enumerate(places)}
        rows = tuple(
            Row(
                row.number,
                tuple(row.cells[place] for place in places if place < len(row.cells)),
                tuple((new[place], kind) for place, kind in row.kinds if place in new),
            )
            for row in self.rows
        )
        return replace(
            self,
            rows=tuple(row for row in rows if row.kinds or any(cell.strip() for cell in row.cells)),
            widest=max(len(row.cells) for row in rows),
            hidden_columns=(),
            left_out_columns=tuple(map(column_letter, self.hidden_columns)),
            merged=tuple(replace(one, column=new[one.column]) for one in self.merged if one.column in new),
        )

    def filled_from_above(self, places: Iterable[int], header: int | None) -> Table:
        """Return the table with blank cells of these columns, below the header, filled from the row above."""
        rows, chosen = list(self.rows), tuple(places)
        start = bisect_right([row.number for row in rows], header or 0)
        for place in chosen:
            for number in range(start + 1, len(rows)):
                above = _cell_of(rows[number - 1], place)
                if above[0].strip():
                    _fill(rows, number, place, *above)
        return replace(self, rows=tuple(rows), filled_from_above_in=tuple(map(column_letter, chosen)))

    def with_one_header(self, header: int | None) -> Table:
        """Return the table with the lower of two rows of headings, where some of the upper reach down to it."""
        upper = next((row for row in self.rows if row.number == header), None)
        deep = [one for one in self.merged if one.row == header and one.row < one.last_row <= one.row + _HEADER_ROWS]
        if upper is None or not deep:
            return self
        last = max(one.last_row for one in deep)
        if all(row.number != last for row in self.rows):
            return self
        rows = tuple(row for row in self.filled_down(last).rows if not upper.number <= row.number < last)
        return replace(self, rows=rows, total=self.total - (len(self.rows) - len(rows)))

    def filled_down(self, header: int | None) -> Table:
        """Return the table with the text of merged cells in each of their rows, below the header; blank cells only."""
        rows, numbers = list(self.rows), [row.number for row in self.rows]
        filled, across, heads = [], [], bisect_left(numbers, header or 0)
        used: set[int] = set()
        covered: dict[int, int] = {}  # merged cells do not overlap, or the file was made to cost time
        for merge in sorted(self.merged, key=lambda one: (one.column, one.row)):
            start = bisect_left(numbers, merge.row)
            if merge.row not in numbers[start : start + 1]:
                continue
            text, kind = _cell_of(rows[start], merge.column)
            below = range(start + 1, bisect_right(numbers, merge.last_row))
            if not text.strip() or merge.row <= covered.get(merge.column, 0):
                continue
            if merge.row <= (header or 0):
                if header in numbers[heads : heads + 1] and heads in below:  # of two rows of headings the lower
                    _fill(rows, heads, merge.column, text, kind)
                if merge.row == header and merge.last_column > merge.column:
                    used = used or _places_with_text(rows[heads + 1 :])
                    for place in (one for one in used if merge.column < one <= merge.last_column):
                        _fill(rows, heads, place, text, None)  # a heading over several columns
                continue
            covered[merge.column] = merge.last_row
            others = (cell for place, cell in enumerate(rows[start].cells) if place != merge.column)
            if merge.last_column > merge.column:
                if any(cell.strip() for cell in others):
                    across.append(merge.reference)
                elif header and not kind and merge.row == merge.last_row and _is_headed(rows[heads], merge):
                    row = rows[start]
                    rows[start] = Row(row.number, row.cells, (*row.kinds, (merge.column, "across")))
            changed = [number for number in below if _fill(rows, number, merge.column, text, kind)]
            if changed:
                filled.append(merge.reference)
        return replace(self, rows=tuple(rows), filled=tuple(filled), across=tuple(across))


def _places_with_text(rows: Iterable[Row]) -> set[int]:
    return {place for row in rows for place, cell in enumerate(row.cells) if cell.strip()}


def _is_headed(header: Row, merge: Merge) -> bool:
    """Say whether a merged cell reaches over a column that has a heading of its own."""
    return any(cell.strip() for cell in header.cells[merge.column + 1 : merge.last_column + 1])


def _cell_of(row: Row, place: int) -> tuple[str, CellKind | None]:
    return (row.cells[place] if place < len(row.cells) else ""), dict(row.kinds).get(place)


def _fill(rows: list[Row], number: int, place: int, text: str, kind: CellKind | None) -> bool:
    """Put a text into a blank cell, and say whether it was blank."""
    row = rows[number]
    was, had = _cell_of(row, place)
    if was.strip() or had:
        return False
    cells = [*row.cells, *[""] * (place + 1 - len(row.cells))]
    cells[place] = text
    rows[number] = Row(row.number, tuple(cells), (*row.kinds, (place, kind)) if kind else row.kinds)
    return True


def column_letter(place: int) -> str:
    """Return A for 0, AA for 26."""
    letters = ""
    number = place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def delimiter_name(delimiter: Delimiter) -> str:
    """Name a delimiter in words, for the preview."""
    return {
        ",": _("Comma"),
        ";": _("Semicolon"),
        "\t": _("Tab"),
        "|": _("Bar"),
        "": _("None, one column"),
    }[delimiter]


class Gather:
    """Collect rows up to the limits and count the rest, so that memory does not grow with the file (F7)."""

    def __init__(self, bounds: Bounds) -> None:
        self.rows: list[Row] = []
        self.total = 0
        self.widest = 0
        self.widest_row = 0
        self._keep_rows = bounds.rows + SPARE_ROWS
        self._keep_columns = bounds.columns + SPARE_COLUMNS

    def add(self, number: int, cells: list[str], kinds: tuple[tuple[int, CellKind], ...] = ()) -> None:
        """Take one row, unless it is blank."""
        filled = len(cells)
        while filled and not cells[filled - 1].strip():
            filled -= 1
        if not filled and not kinds:
            return
        self.total += 1
        if filled > self.widest:
            self.widest, self.widest_row = filled, number
        if len(self.rows) < self._keep_rows:
            kept = tuple(cells[: self._keep_columns])
            found = [pair for pair in kinds if pair[0] < len(kept)]
            together = "".join(kept)
            if not (together.isascii() and together.isprintable()):  # nearly every row is, and hides nothing
                kept = tuple(spell_out(cell) for cell in kept)
                found += [(place, "hidden") for place, cell in enumerate(kept) if spelt_out(cell)]
            self.rows.append(Row(number, kept, tuple(found)))

    @property
    def truncated(self) -> bool:
        return self.total > len(self.rows)
