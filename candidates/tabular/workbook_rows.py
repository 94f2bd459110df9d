"""Read the rows of one sheet: its cells, and which rows, columns and cells are hidden or merged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from candidates.tabular.table import Merge
from candidates.tabular.workbook import PIECE, Workbook, is_true, local_name, unescaped
from candidates.tabular.workbook_scan import column_number

_COORDINATE = re.compile(r"([A-Z]{1,3})[1-9][0-9]{0,6}")
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6}):\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")


@dataclass(slots=True)
class SheetCell:
    """A cell as the part has it: its type, the number of its style, its value, and its text if it has one inside."""

    kind: str
    style: int
    value: str = ""
    text: str = ""


class RowReader:
    """Yield the rows of a sheet up to a row; then `hidden_rows`, `hidden_columns` and `merged` are known.

    Columns count from 0, rows from 1. Merges of empty cells are left out, and those that lie outside.
    """

    def __init__(self, workbook: Workbook, part: str, *, last: int, columns: int) -> None:
        self.hidden_rows: list[int] = []
        self.hidden_columns: set[int] = set()
        self.merged: list[Merge] = []
        self._workbook, self._part = workbook, part
        self._last, self._columns = last, columns
        self._done: list[tuple[int, dict[int, SheetCell]]] = []
        self._number = 0
        self._place = -1
        self._cells: dict[int, SheetCell] | None = None
        self._cell: SheetCell | None = None
        self._pieces: list[str] | None = None
        self._spoken = False

    def rows(self) -> Iterator[tuple[int, dict[int, SheetCell]]]:
        """Yield number and cells of each row that has any."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        with self._workbook.archive.open(self._part) as source:
            while piece := source.read(PIECE):
                parser.Parse(piece, False)
                yield from self._done
                self._done.clear()
            parser.Parse(b"", True)
        yield from self._done

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag if tag.isalpha() else local_name(tag)
        if name == "c":
            self._start_cell(attributes)
        elif name in ("v", "t"):
            self._pieces = [] if self._cell is not None and not self._spoken else None
        elif name == "row":
            number = attributes.get("r", "")
            self._number = int(number) if number else self._number + 1
            self._place = -1
            self._cells = {} if self._number <= self._last else None
            if self._cells is not None and (is_true(attributes, "hidden") or _is_flat(attributes)):
                self.hidden_rows.append(self._number)
        elif name == "rPh":
            self._spoken = True
        elif name == "col":
            self._take_column(attributes)
        elif name == "mergeCell":
            self._take_merge(attributes.get("ref", ""))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = _COORDINATE.fullmatch(attributes.get("r", ""))
        self._place = column_number(place[1]) - 1 if place else self._place + 1
        if self._cells is not None and self._place < self._columns:
            self._cell = SheetCell(attributes.get("t", "n"), int(attributes.get("s", 0)))
            self._cells[self._place] = self._cell

    def _end(self, tag: str) -> None:
        name = tag if tag.isalpha() else local_name(tag)
        if name == "c":
            self._cell = None
        elif name in ("v", "t"):
            if self._cell is not None and self._pieces is not None:
                self._take_text(name, "".join(self._pieces))
            self._pieces = None
        elif name == "row":
            if self._cells:
                self._done.append((self._number, self._cells))
            self._cells = None
        elif name == "rPh":
            self._spoken = False

    def _take_text(self, name: str, text: str) -> None:
        cell = self._cell
        if cell is None:
            return
        if name == "t":  # of a text in its place, which may come in several pieces
            cell.text += unescaped(text)
        elif cell.kind == "str":
            cell.text = unescaped(text)
            cell.value = text
        else:
            cell.value = text

    def _text(self, data: str) -> None:
        if self._pieces is not None:
            self._pieces.append(data)

    def _take_column(self, attributes: dict[str, str]) -> None:
        if is_true(attributes, "hidden") or _is_zero(attributes.get("width", "")):
            first, last = int(attributes.get("min", 0)) - 1, int(attributes.get("max", 0)) - 1
            self.hidden_columns.update(range(max(first, 0), min(last + 1, self._columns)))

    def _take_merge(self, reference: str) -> None:
        found = _RANGE.fullmatch(reference)
        if found is None:
            return
        column, last_column = column_number(found[1]) - 1, column_number(found[3]) - 1
        if column < self._columns and int(found[2]) <= self._last:
            self.merged.append(Merge(reference.replace("$", ""), int(found[2]), int(found[4]), column, last_column))


def _is_flat(attributes: dict[str, str]) -> bool:
    """Say whether somebody has given a row the height 0."""
    return _is_zero(attributes.get("ht", "")) and is_true(attributes, "customHeight")


def _is_zero(size: str) -> bool:
    """Tell the size 0, however a program writes it: 0.0."""
    return bool(re.fullmatch(r"0+(\.0*)?", size.strip()))
