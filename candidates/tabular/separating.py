"""Take the rows of a text apart, and those of which every one stands in a single cell (F3, F6, D13)."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from candidates.tabular.table import MAX_CELL, Bounds, Delimiter, Gather, Row, Table, UnreadableFile

SAMPLE_ROWS = 300
"""Rows looked at to find the delimiter."""

# In this order where two fit equally well: the comma is last, because it also stands in decimal numbers and in names.
DELIMITERS: tuple[Delimiter, ...] = ("\t", ";", "|", ",")
_SECOND_CELL = re.compile(r"([0-9]{1,4}(\s*(%|min\.?))?)?", re.I)
_MOST = 0.8
"""The share of rows that have to look alike before they are taken apart."""
# Signs that stand in no ID, unlike the comma and the bar: "0311;30" in a table of two columns is a whole row.
_NEVER_IN_IDS: tuple[Delimiter, ...] = ("\t", ";")
_DRAWN = frozenset("-+=|: \t")


def take_hint(text: str) -> tuple[str, Delimiter]:
    """Take off the line "sep=;" that Excel understands and does not show."""
    for delimiter in DELIMITERS:
        for newline in ("\r\n", "\n", "\r"):
            hint = f"sep={delimiter}{newline}"
            if text[: len(hint)].lower() == hint:
                return text[len(hint) :], delimiter
    return text, ""


def rows_of(text: str, delimiter: Delimiter) -> Iterator[list[str]]:
    """Yield the cells of every row, blank ones too. Quoting is strict (F6): raises UnreadableFile."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _absent(text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # the parser has a limit of its own, above ours, and names it in these words
            if "field larger" in str(error):
                raise _long_cell(line) from error
            message = _(
                "The row that begins in line %(line)d has a quotation mark that is not closed, or one in the wrong "
                "place. Write the cell without it, or double it inside a quoted cell."
            )
            raise UnreadableFile(message % {"line": line}, line) from error
        if any(len(cell) > MAX_CELL for cell in cells):
            raise _long_cell(line)
        yield cells


def numbered_rows(text: str, delimiter: Delimiter) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of every row, as a spreadsheet counts, without the frame that databases draw around it."""
    framed = delimiter == "|" and _is_framed(cells for cells in rows_of(text, delimiter) if len(cells) > 1)
    for number, cells in enumerate(rows_of(text, delimiter), start=1):
        if delimiter == "|" and _is_rule(cells):
            continue
        yield number, cells[1:-1] if framed and len(cells) > 1 else cells


def _is_framed(rows: Iterator[list[str]]) -> bool:
    """Say whether every row begins and ends with a bar: | 0001 | 30 |."""
    return all(len(cells) > 2 and not cells[0].strip() and not cells[-1].strip() for cells in rows)


def _is_rule(cells: Sequence[str]) -> bool:
    """Tell a line that is drawn between rows: +------+----+."""
    text = "|".join(cells)
    return ("--" in text or "==" in text) and _DRAWN.issuperset(text)


def _absent(text: str) -> str:
    """Return a character that the text does not have: as its delimiter it separates nothing."""
    return next(one for one in map(chr, range(0xF0000, sys.maxunicode)) if one not in text)


def _long_cell(line: int) -> UnreadableFile:
    message = _("Line %(line)d has a cell of more than %(most)d characters. Perhaps a quotation mark is not closed.")
    return UnreadableFile(message % {"line": line, "most": MAX_CELL}, line)


def find_delimiter(text: str) -> Delimiter:
    """Return the delimiter that gives most rows the same number of columns, "" for one column (F3, D13)."""
    best: Delimiter = ""
    best_share = 0.0
    for delimiter in DELIMITERS:
        widths = Counter(len(cells) for cells in _sample(text, delimiter))
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        share = count / widths.total()
        if width > 1 and share > best_share:
            best, best_share = delimiter, share
    return best or _find_sparse_delimiter(text)


def _find_sparse_delimiter(text: str) -> Delimiter:
    """Return the delimiter of a list where only rows with extra time have one: "0003,30" must not become an ID."""
    for delimiter in DELIMITERS:
        if _have_times([cells for cells in _sample(text, delimiter) if len(cells) > 1]):
            return delimiter
    return ""


def _have_times(split: Sequence[Sequence[str]]) -> bool:
    """Say whether at least half of the rows hold a number of minutes, or nothing, beside their first cell."""
    fitting = sum(all(_SECOND_CELL.fullmatch(cell.strip()) for cell in cells[1:]) for cells in split)
    return bool(split) and fitting * 2 >= len(split)


def _sample(text: str, delimiter: Delimiter) -> Iterator[list[str]]:
    """Yield the first rows that are not blank, up to the first that this delimiter cannot read."""
    taken = 0
    try:
        for cells in rows_of(text, delimiter):
            if any(cell.strip() for cell in cells) and not _is_rule(cells):
                yield cells
                taken += 1
                if taken == SAMPLE_ROWS:
                    return
    except UnreadableFile:
        return


# A whole row in one cell ---------------------------------------------------------------------------------------------


def split_single_cells(table: Table, bounds: Bounds, at: Delimiter | None = None) -> Table:
    """Return the table with its rows taken apart where each stands in its first cell: "0311,30" must not become an ID.

    That is what comes of a file in which every line is in quotes, and of text that was pasted into the first column of
    a spreadsheet. Rows of a single cell that is meant, like the names "Moe, Anna", stay as they are, and so do those
    under a header that does not stand in a single cell, or that nothing takes apart. `at` is the only delimiter that is
    tried, "" for none. In a table of several columns single rows are taken apart that can be nothing else.
    """
    single = [row for row in table.rows if row.cells and not row.kinds and not any(map(str.strip, row.cells[1:]))]
    found = {one: _split(single, one) for one in DELIMITERS if at in (None, one)}
    fitting = [
        one
        for one, split in found.items()
        if len(single) * 2 >= len(table.rows)
        and _belong_apart(list(split.values()), len(single))
        and _is_headed_alike(table.rows, split, are_single=len(single) == len(table.rows))
    ]
    if not fitting:
        return _split_like_the_others(table, bounds, single)
    delimiter = max(fitting, key=lambda one: len(found[one]))
    hint = f"sep={delimiter}"  # the line that Excel understands and does not show
    rows = table.rows[1:] if table.rows[0].cells[:1] == (hint,) else table.rows
    split = _with_rows(table, rows, found[delimiter], bounds)
    return replace(split, delimiter=table.delimiter or delimiter, split=delimiter)


def _with_rows(table: Table, rows: Sequence[Row], split: Mapping[int, list[str]], bounds: Bounds) -> Table:
    """Return the table with these rows, some of which have other cells."""
    gather = Gather(bounds)
    for row in rows:
        gather.add(row.number, split.get(row.number, list(row.cells)), row.kinds)
    return replace(
        table,
        rows=tuple(gather.rows),
        total=table.total - (len(table.rows) - len(rows)),
        widest=max(gather.widest, table.widest),
        widest_row=gather.widest_row if gather.widest > table.widest else table.widest_row,
    )


def _is_headed_alike(rows: Sequence[Row], split: Mapping[int, list[str]], *, are_single: bool) -> bool:
    """Say whether the header is taken apart like the rows under it, or there is none and all rows are single."""
    place = next((place for place, row in enumerate(rows) if _has_digit(split.get(row.number, [""])[0])), 0)
    header = next((row for row in reversed(rows[:place]) if not _has_digit("".join(row.cells))), None)
    return are_single if header is None else header.number in split


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _split_like_the_others(table: Table, bounds: Bounds, single: Sequence[Row]) -> Table:
    """Return a table of several columns with those single rows taken apart that are quoted whole, or hold as many
    cells as the table has columns: Excel quotes a whole row when it saves text that stands in its first column.
    """
    widths = Counter(len(row.cells) for row in table.rows if len(row.cells) > 1 and any(map(str.strip, row.cells[1:])))
    if not widths:
        return table
    width = widths.most_common(1)[0][0]
    split: dict[int, list[str]] = {}
    for row in single:
        for delimiter in dict.fromkeys((table.delimiter, *_NEVER_IN_IDS)):
            cells = _split([row], delimiter).get(row.number) if delimiter else None
            if cells is None or not (_has_digit(cells[0]) or len(cells) > 2):
                continue
            quoted_whole = delimiter == table.delimiter and len(row.cells) == 1 and len(cells) < width
            if quoted_whole or len(cells) == width:
                split[row.number] = cells
                break
    return replace(_with_rows(table, table.rows, split, bounds), split_rows=tuple(split)) if split else table


def _split(rows: Sequence[Row], delimiter: Delimiter) -> dict[int, list[str]]:
    """Return the cells of those rows that the delimiter takes apart, by row number."""
    split = {}
    for row in rows:
        if delimiter in row.cells[0]:
            try:
                cells = next(csv.reader([row.cells[0]], delimiter=delimiter, strict=True))
            except csv.Error:
                continue
            if len(cells) > 1:
                split[row.number] = cells
    return split


def _belong_apart(split: Sequence[Sequence[str]], total: int) -> bool:
    """Say whether rows that a delimiter takes apart are rows of several columns, and no texts with a comma inside."""
    if not any(cell.strip() for cells in split for cell in cells):  # nothing would be left of them
        return False
    width, count = Counter(map(len, split)).most_common(1)[0]
    alike = count >= total * _MOST
    if width == 2 and _have_times(split):
        return True
    addressed = sum(any("@" in cell for cell in cells[1:]) for cells in split) * 2 >= len(split)
    if alike and (addressed or (width > 2 and (count > 1 or _has_digit(split[0][0])))):
        return True
    # under headings, which have no digits: Candidate ID,Room and 0311,Vesthall
    first, *others = split
    numbered = [cells for cells in others if _has_digit(cells[0])]
    heads = not _has_digit("".join(first))
    return alike and heads and bool(numbered) and len(numbered) >= len(others) * _MOST
