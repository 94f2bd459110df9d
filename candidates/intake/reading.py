"""Read an uploaded file or a pasted text into a Table, within bounds, deciding by content (F1-F7)."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from candidates.models.tests import MAX_CANDIDATES
from candidates.tabular.decoding import (
    Decoded,
    decode,
    decode_pasted,
    is_packed,
    refuse_other_kinds,
)
from candidates.tabular.hidden import spell_out
from candidates.tabular.table import MAX_CELL, MIB, Bounds, Delimiter, Gather, Table, UnreadableFile
from candidates.tabular.xlsx import read_workbook

CANDIDATE_BOUNDS = Bounds(rows=MAX_CANDIDATES)
USER_BOUNDS = Bounds(
    rows=150_000,
    columns=20,
    text=50 * MIB,
    paste=4 * MIB,
    workbook=5 * MIB,
    farthest_row=60_000,
    cells=400_000,
    strings=300_000,
    inflated=48 * MIB,
    for_users=True,
)
"""How much is read: of candidates as many as a test holds, of permanent users more, and of a workbook less."""
SAMPLE_ROWS = 300
"""Rows looked at to find the delimiter."""

# In this order where two fit equally well: the comma is last, because it also stands in decimal numbers and in names.
_DELIMITERS: tuple[Delimiter, ...] = ("\t", ";", "|", ",")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_SECOND_CELL = re.compile(r"([0-9]{1,4}(\s*(%|min\.?))?)?", re.I)


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold how a person wants a text to be read: "" and None mean "find out", the delimiter "" means one column.

    Encodings go by the names that `Table.encoding` and `other_readings` give.
    """

    encoding: str = ""
    delimiter: Delimiter | None = None


_FIND_OUT = Reading()


def read_upload(data: bytes, name: str, *, reading: Reading = _FIND_OUT, bounds: Bounds = CANDIDATE_BOUNDS) -> Table:
    """Return the table in an uploaded file; its content decides what it is, `name` is only for the sentence.

    Keeps the rows and columns of `bounds` and a few more; the rest is counted (`Table.truncated`).
    A workbook needs no `reading`. Raises UnreadableFile.
    """
    if is_packed(data):
        _refuse_size(len(data), bounds.workbook, name, bounds)
        return read_workbook(data, bounds=bounds)
    refuse_other_kinds(data)
    _refuse_size(len(data), bounds.text, name, bounds)
    return _read_text(decode(data, reading.encoding), reading.delimiter, bounds)


def read_paste(text: str, *, reading: Reading = _FIND_OUT, bounds: Bounds = CANDIDATE_BOUNDS) -> Table:
    """Return the table in a text that was pasted from a spreadsheet, or typed with one ID per line.

    Raises UnreadableFile.
    """
    _refuse_size(len(text), bounds.paste, "", bounds)
    return _read_text(decode_pasted(text, reading.encoding), reading.delimiter, bounds)


def _refuse_size(size: int, most: int, name: str, bounds: Bounds) -> None:
    if size <= most:
        return
    if bounds.for_users:
        raise UnreadableFile(_too_large_for_users(size, most, name, bounds))
    message = _(
        "%(name)s has %(size).1f MB; a list can have %(most)d MB. 1500 candidates need far less: "
        "keep only the columns of the list and save it again."
    )
    found = {"name": name[:100] or _("The text"), "size": size / MIB, "most": most // MIB}
    raise UnreadableFile(message % found)


def _too_large_for_users(size: int, most: int, name: str, bounds: Bounds) -> str:
    """Say what to do with a list of permanent users that is too large: a CSV file may have more than anything else."""
    found = {"name": name[:100] or _("The text"), "size": size / MIB, "most": most // MIB, "text": bounds.text // MIB}
    if most < bounds.text:
        return (
            _("%(name)s has %(size).1f MB; so it can have %(most)d MB. Save it as CSV, which can have %(text)d MB.")
            % found
        )
    return _("%(name)s has %(size).1f MB; a file can have %(most)d MB. Divide it into several.") % found


def _read_text(decoded: Decoded, chosen: Delimiter | None, bounds: Bounds) -> Table:
    text, hinted = _take_hint(decoded.text)
    if not text.strip():
        if bounds.for_users:
            raise UnreadableFile(_("There is nothing in it: no row with a person. Check that it is the right file."))
        raise UnreadableFile(_("There is nothing in it: no row with a Candidate ID. Check that it is the right file."))
    if not text.strip(" \t\r\n,;|\"'"):
        raise UnreadableFile(_("All cells are empty. Check that it is the right file."))
    _refuse_binary(text)
    delimiter = chosen if chosen is not None else hinted or _find_delimiter(text)
    gather = Gather(bounds)
    for number, cells in enumerate(_rows(text, delimiter), start=1):
        gather.add(number, cells)
    if not gather.rows:
        raise UnreadableFile(_("All cells are empty. Check that it is the right file."))
    separates = gather.widest > 1 or any(len(row.cells) > 1 for row in gather.rows)
    return Table(
        rows=tuple(gather.rows),
        encoding=decoded.encoding,
        delimiter=delimiter if separates or chosen is not None else "",
        total=gather.total,
        truncated=gather.truncated,
        widest=gather.widest,
        widest_row=gather.widest_row,
        confirm_letters=decoded.confirm,
        letters=tuple(spell_out(word) for word in decoded.words),
    )


def _take_hint(text: str) -> tuple[str, Delimiter]:
    """Take off the line "sep=;" that Excel understands and does not show."""
    for delimiter in _DELIMITERS:
        for newline in ("\r\n", "\n", "\r"):
            hint = f"sep={delimiter}{newline}"
            if text[: len(hint)].lower() == hint:
                return text[len(hint) :], delimiter
    return text, ""


def _rows(text: str, delimiter: Delimiter) -> Iterator[list[str]]:
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


def _absent(text: str) -> str:
    """Return a character that the text does not have: as its delimiter it separates nothing."""
    return next(one for one in map(chr, range(0xF0000, sys.maxunicode)) if one not in text)


def _long_cell(line: int) -> UnreadableFile:
    message = _("Line %(line)d has a cell of more than %(most)d characters. Perhaps a quotation mark is not closed.")
    return UnreadableFile(message % {"line": line, "most": MAX_CELL}, line)


def _find_delimiter(text: str) -> Delimiter:
    """Return the delimiter that gives most rows the same number of columns, "" for one column (F3, D13)."""
    best: Delimiter = ""
    best_share = 0.0
    for delimiter in _DELIMITERS:
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
    for delimiter in _DELIMITERS:
        split = [cells for cells in _sample(text, delimiter) if len(cells) > 1]
        fitting = sum(all(_SECOND_CELL.fullmatch(cell.strip()) for cell in cells[1:]) for cells in split)
        if split and fitting * 2 >= len(split):
            return delimiter
    return ""


def _sample(text: str, delimiter: Delimiter) -> Iterator[list[str]]:
    """Yield the first rows that are not blank, up to the first that this delimiter cannot read."""
    taken = 0
    try:
        for cells in _rows(text, delimiter):
            if any(cell.strip() for cell in cells):
                yield cells
                taken += 1
                if taken == SAMPLE_ROWS:
                    return
    except UnreadableFile:
        return


def _refuse_binary(text: str) -> None:
    """Refuse what is no text: a quarter of it are control characters. Single ones are problems of their cells (C39)."""
    if len(_CONTROL.findall(text)) * 4 > len(text):
        raise UnreadableFile(_("This is not a text. Choose the .xlsx or CSV file with the list."))
