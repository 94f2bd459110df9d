"""Read an uploaded file or a pasted text into a Table, within bounds, deciding by content (F1-F7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from candidates.models.tests import MAX_CANDIDATES
from candidates.tabular.decoding import (
    Decoded,
    decode,
    decode_pasted,
)
from candidates.tabular.hidden import spell_out
from candidates.tabular.other_kinds import is_packed, refuse_other_kinds
from candidates.tabular.separating import find_delimiter, numbered_rows, split_single_cells, take_hint
from candidates.tabular.table import MIB, Bounds, Delimiter, Gather, Table, UnreadableFile
from candidates.tabular.xlsx import Question, read_workbook

CANDIDATE_BOUNDS = Bounds(rows=MAX_CANDIDATES, columns=60)
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
_NO_CELL = re.compile(r"[\s,;|\"']*")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold how a person wants a file to be read: "", 0 and None mean "find out", the delimiter "" means one column.

    Encodings go by the names that `Table.encoding` and `other_readings` give, sheets by their number in the workbook.
    `split` is the separator of rows of which each stands in a single cell, "" where they stay whole.
    """

    encoding: str = ""
    delimiter: Delimiter | None = None
    split: Delimiter | None = None
    sheet: int = 0
    hidden_columns: bool = True
    fill_down: bool = True
    fill_from_above: bool = False


_FIND_OUT = Reading()


def read_upload(data: bytes, name: str, *, reading: Reading = _FIND_OUT, bounds: Bounds = CANDIDATE_BOUNDS) -> Table:
    """Return the table in an uploaded file, of a workbook that of the first sheet, unless another one is chosen.

    Raises UnreadableFile.
    """
    return next(read_tables(data, name, reading=reading, bounds=bounds))


def read_tables(
    data: bytes, name: str, *, reading: Reading = _FIND_OUT, bounds: Bounds, looks_right: Question = any
) -> Iterator[Table]:
    """Yield the table in an uploaded file; its content decides what it is, `name` is only for the sentence.

    Keeps the rows and columns of `bounds` and a few more; the rest is counted (`Table.truncated`). Of a workbook the
    other sheets that people see follow; the first is one whose first rows look right. Raises UnreadableFile.
    """
    if is_packed(data):
        _refuse_size(len(data), bounds.workbook, name, bounds)
        for table in read_workbook(data, bounds=bounds, sheet=reading.sheet, looks_right=looks_right):
            seen = table if reading.hidden_columns else table.without_hidden_columns()
            if not seen.rows:
                raise UnreadableFile(_("All that the sheet holds stands in hidden columns. Read them too."))
            yield split_single_cells(seen, bounds, reading.split)
        return
    refuse_other_kinds(data)
    _refuse_size(len(data), bounds.text, name, bounds)
    yield _read_text(decode(data, reading.encoding), reading, bounds)


def read_paste(text: str, *, reading: Reading = _FIND_OUT, bounds: Bounds = CANDIDATE_BOUNDS) -> Table:
    """Return the table in a text that was pasted from a spreadsheet, or typed with one ID per line.

    Raises UnreadableFile.
    """
    _refuse_size(len(text), bounds.paste, "", bounds)
    return _read_text(decode_pasted(text, reading.encoding), reading, bounds)


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


def _read_text(decoded: Decoded, reading: Reading, bounds: Bounds) -> Table:
    chosen = reading.delimiter
    text, hinted = take_hint(decoded.text)
    if not text.strip():
        raise UnreadableFile(_("There is nothing in it. Check that it is the right file."))
    if _NO_CELL.fullmatch(text):
        raise UnreadableFile(_("All cells are empty. Check that it is the right file."))
    _refuse_binary(text)
    delimiter = chosen if chosen is not None else hinted or find_delimiter(text)
    gather = Gather(bounds)
    for number, cells in numbered_rows(text, delimiter):
        gather.add(number, cells)
    if not gather.rows:
        raise UnreadableFile(_("All cells are empty. Check that it is the right file."))
    separates = gather.widest > 1 or any(len(row.cells) > 1 for row in gather.rows)
    table = Table(
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
    return split_single_cells(table, bounds, reading.split)


def _refuse_binary(text: str) -> None:
    """Refuse what is no text: a quarter of it are control characters. Single ones are problems of their cells (C39)."""
    if len(_CONTROL.findall(text)) * 4 > len(text):
        raise UnreadableFile(_("This is not a text. Choose the .xlsx or CSV file with the list."))
