"""Read the first sheet with content of an XLSX workbook, within bounds (F1, F8)."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from candidates.tabular.table import (
    MAX_CELL,
    SPARE_COLUMNS,
    SPARE_ROWS,
    Bounds,
    CellKind,
    Gather,
    Table,
    UnreadableFile,
)
from candidates.tabular.workbook_scan import SheetScan, not_a_workbook, scan_workbook

_EXACT = 10**15  # a workbook keeps 15 digits

_ZEROS = re.compile(r"0{2,}")
_PLAIN = re.compile(r"General|@|#?,?#*0(\.0+)?|#,##0(\.0+)?")
# Excel's "0%", and what others write: "0 %" in Nordic languages, "#,##0.00\\ %", "[$-414]0%", "0%_)".
_GAP = r'(?:\\?\s|"\s*"|_.)*'
_PERCENT = re.compile(rf"(?:\[[^\]]*\])*{_GAP}[#?0,]+(?:\.([#?0]+))?{_GAP}%{_GAP}")

# What openpyxl raises for a workbook that is broken inside; it has no exception of its own for that.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    OSError,
    RuntimeError,
    AssertionError,
)


def read_workbook(data: bytes, *, bounds: Bounds) -> Table:
    """Return the table of the first visible sheet with content.

    Numbers keep the zeros that their format shows, whole numbers have no ".0", dates come as 2026-03-01 and are marked.
    Raises UnreadableFile, for bombs before anything is inflated (C41).
    """
    scans = scan_workbook(data, bounds)
    try:
        # data_only: the results that the spreadsheet stored, not the formulas
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return _read_sheets(workbook, scans, bounds)
        finally:
            workbook.close()
    except _BROKEN as error:
        raise not_a_workbook() from error


def _read_sheets(workbook: Any, scans: dict[str, SheetScan], bounds: Bounds) -> Table:
    # only this attribute of openpyxl tells which part a sheet is, so that its scan can be found
    parts = [(sheet, scans.get(sheet._worksheet_path, SheetScan())) for sheet in workbook.worksheets]
    filled = [(sheet, scan) for sheet, scan in parts if scan.rows]
    visible = [pair for pair in filled if pair[0].sheet_state == "visible"]
    if not visible:
        raise UnreadableFile(_("No visible sheet of the workbook has content. Check that it is the right file."))
    sheet, scan = visible[0]
    _check_place(scan, bounds.farthest_row)
    gather = Gather(bounds)
    last = min(scan.last_row, bounds.farthest_row)
    rows = sheet.iter_rows(min_row=1, max_row=last, min_col=1, max_col=bounds.columns + SPARE_COLUMNS)
    # Stop at the last row with content: the rest of the file would only cost time.
    for number, cells in enumerate(itertools.islice(rows, last), start=1):
        gather.add(number, *_texts(number, cells, scan))
        if gather.total > bounds.rows + SPARE_ROWS:
            break
    if not gather.rows:
        raise UnreadableFile(_("All cells are empty. Check that it is the right file."))
    beyond = scan.widest > bounds.columns + SPARE_COLUMNS
    return Table(
        rows=tuple(gather.rows),
        total=max(gather.total, scan.rows) if gather.truncated or last < scan.last_row else gather.total,
        truncated=gather.truncated or last < scan.last_row,
        widest=scan.widest if beyond else gather.widest,
        widest_row=scan.widest_row if beyond else gather.widest_row,
        sheet=sheet.title,
        other_sheets=tuple(other.title for other, _scan in filled if other is not sheet),
    )


def _check_place(scan: SheetScan, farthest_row: int) -> None:
    """Refuse content far below the list, and rows that openpyxl would skip silently."""
    if not scan.in_order:
        raise not_a_workbook()
    if scan.last_row > farthest_row and scan.rows <= farthest_row:
        row = scan.last_row
        column = get_column_letter(scan.widest) if scan.widest_row == row else ""
        message = _(
            "There is a cell with content far below the list, at %(place)s. "
            "Delete the rows below the list and save again."
        )
        raise UnreadableFile(message % {"place": f"{column}{row}" if column else _("row %d") % row}, row)


def _texts(number: int, cells: tuple[Any, ...], scan: SheetScan) -> tuple[list[str], tuple[tuple[int, CellKind], ...]]:
    """Return one row as texts, with the kinds of cells that are not plain text."""
    texts: list[str] = []
    kinds: list[tuple[int, CellKind]] = []
    for place, cell in enumerate(cells):
        text, kind = ("", None) if cell.value is None else _shown(cell)
        if (number, place + 1) in scan.uncached:
            kind = "formula"
        if kind:
            kinds.append((place, kind))
        _check_text(text, number, place)
        texts.append(text)
    while texts and not texts[-1] and (not kinds or kinds[-1][0] < len(texts) - 1):
        texts.pop()
    return texts, tuple(kinds)


def _check_text(text: str, number: int, place: int) -> None:
    """Refuse cells that are too long, as in a text file (C40)."""
    if len(text) > MAX_CELL:
        where = f"{get_column_letter(place + 1)}{number}"
        message = _("Cell %(place)s has more than %(most)d characters.")
        raise UnreadableFile(message % {"place": where, "most": MAX_CELL}, number)


def _shown(cell: Any) -> tuple[str, CellKind | None]:
    """Return a cell as the spreadsheet shows it."""
    value = cell.value
    if cell.data_type == "e":
        return str(value), "error"
    if isinstance(value, bool):
        return str(value).upper(), None
    if isinstance(value, (int, float)):
        return _shown_number(value, str(cell.number_format).partition(";")[0])
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S"), "date"
    if isinstance(value, (date, time, timedelta)):
        return str(value), "date"
    return str(value), None


def _shown_number(value: int | float, layout: str) -> tuple[str, CellKind | None]:
    """Return a number with the zeros of its format, and "format" for a format that is not known here."""
    percent = _PERCENT.fullmatch(layout)
    if isinstance(value, float) and not value.is_integer():
        if percent:
            # at least two decimals, so that a half per cent is kept where the format hides it
            return _trimmed(f"{Decimal(f'{value:.15g}') * 100:.{max(2, len(percent[1] or ''))}f}") + " %", None
        return repr(value), None if _PLAIN.fullmatch(layout) else "format"
    whole = int(value)
    if abs(whole) >= _EXACT:
        return str(whole)[:40], "digits"
    if percent:
        return f"{whole * 100} %", None
    if _ZEROS.fullmatch(layout):
        return str(whole).zfill(len(layout)), None
    return str(whole), None if _PLAIN.fullmatch(layout) else "format"


def _trimmed(number: str) -> str:
    """Return 25 for 25.00."""
    return number.rstrip("0").rstrip(".")
