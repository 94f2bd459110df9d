"""Read one sheet of an XLSX workbook, within bounds (F1, F8)."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from defusedxml import DefusedXmlException
from django.utils.translation import gettext as _
from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH, from_excel, from_ISO8601

from candidates.tabular.number_formats import GENERAL, shown_number, shown_text
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
from candidates.tabular.workbook import Sheet, Workbook
from candidates.tabular.workbook_rows import RowReader, SheetCell
from candidates.tabular.workbook_scan import SheetScan, not_a_workbook, scan_workbook

Rows = Sequence[Sequence[str]]
Question = Callable[[Rows], bool]
_FIRST_ROWS = 20
_EXACT = 10**15  # a workbook keeps 15 digits

_ZEROS = re.compile(r"0{2,}")
_PLAIN = re.compile(r"General|@|#?,?#*0(\.0+)?|#,##0(\.0+)?")
# Excel's "0%", and what others write: "0 %" in Nordic languages, "#,##0.00\\ %", "[$-414]0%", "0%_)".
_GAP = r'(?:\\?\s|"\s*"|_.)*'
_PERCENT = re.compile(rf"(?:\[[^\]]*\])*{_GAP}[#?0,]+(?:\.([#?0]+))?{_GAP}%{_GAP}")

# What reading a workbook raises that is broken inside.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    ParseError,
    DefusedXmlException,
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    OverflowError,
    NotImplementedError,
    OSError,
    RuntimeError,
)


def read_workbook(data: bytes, *, bounds: Bounds, sheet: int = 0, looks_right: Question = any) -> Iterator[Table]:
    """Yield the table of the sheet with this number; of 0, of those that people see, what looks right first.

    `looks_right` gets the first rows of a sheet. What is not asked for is not read.
    Numbers keep the zeros that their format shows, whole numbers have no ".0", dates come as 2026-03-01 and are marked.
    Raises UnreadableFile, for bombs before anything is inflated (C41).
    """
    scans = scan_workbook(data, bounds)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            workbook = Workbook(archive)
            filled = [one for one in workbook.sheets if scans[one.part].rows]
            chosen = [one for one in filled if one.number == sheet] if sheet else _seen(filled)
            if not chosen:
                raise UnreadableFile(_("The workbook has no such sheet with content. Choose another one."))
            first = _first(workbook, scans, chosen, bounds, looks_right)
            for one in (first, *(one for one in chosen if one is not first)):
                yield _read_sheet(workbook, one, scans[one.part], filled, bounds)
    except _BROKEN as error:
        raise not_a_workbook() from error


def _seen(filled: Sequence[Sheet]) -> list[Sheet]:
    """Return the sheets that people see. Raises UnreadableFile where there is none."""
    seen = [one for one in filled if not one.hidden]
    if not seen and filled:
        message = _(
            "Only hidden sheets of the workbook have content: %(names)s. "
            "Open it, show the sheet with the list, save it, and upload it again."
        )
        raise UnreadableFile(message % {"names": ", ".join(f"“{one.title}”" for one in filled[:5])})
    if not seen:
        raise UnreadableFile(_("No sheet of the workbook has content. Check that it is the right file."))
    return seen


def _first(
    workbook: Workbook, scans: dict[str, SheetScan], sheets: Sequence[Sheet], bounds: Bounds, looks_right: Question
) -> Sheet:
    """Return the first sheet that looks right, else the first."""
    for one in sheets if len(sheets) > 1 else ():
        with suppress(UnreadableFile):
            rows = _rows(workbook, one, scans[one.part], bounds, most=_FIRST_ROWS)
            if looks_right([texts for _number, texts, _kinds in rows]):
                return one
    return sheets[0]


def _read_sheet(workbook: Workbook, sheet: Sheet, scan: SheetScan, filled: list[Sheet], bounds: Bounds) -> Table:
    _check_place(scan, bounds.farthest_row)
    gather = Gather(bounds)
    last = min(scan.last_row, bounds.farthest_row)
    reader = RowReader(workbook, sheet.part, last=last, columns=bounds.columns + SPARE_COLUMNS)
    for number, texts, kinds in _texts(reader, workbook, scan):
        gather.add(number, texts, kinds)
        if gather.total > bounds.rows + SPARE_ROWS:
            break
    if not gather.rows:
        raise UnreadableFile(_("All cells are empty. Check that it is the right file."))
    beyond = scan.widest > bounds.columns + SPARE_COLUMNS
    truncated = gather.truncated or last < scan.last_row
    kept = {row.number for row in gather.rows}
    return Table(
        rows=tuple(gather.rows),
        total=max(gather.total, scan.rows) if truncated else gather.total,
        truncated=truncated,
        widest=scan.widest if beyond else gather.widest,
        widest_row=scan.widest_row if beyond else gather.widest_row,
        sheet=sheet.title,
        sheet_number=sheet.number,
        sheets=tuple((one.number, one.title, one.hidden) for one in filled),
        hidden_rows=tuple(number for number in reader.hidden_rows if number in kept),
        hidden_columns=tuple(sorted(reader.hidden_columns)) if _hides_content(reader, gather) else (),
        merged=tuple(reader.merged),
    )


def _hides_content(reader: RowReader, gather: Gather) -> bool:
    return any(
        cell.strip() for row in gather.rows for place, cell in enumerate(row.cells) if place in reader.hidden_columns
    )


def _check_place(scan: SheetScan, farthest_row: int) -> None:
    """Refuse content far below the list, and rows out of order: nobody can tell which row is meant."""
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


def _rows(
    workbook: Workbook, sheet: Sheet, scan: SheetScan, bounds: Bounds, most: int
) -> Iterator[tuple[int, list[str], tuple[tuple[int, CellKind], ...]]]:
    """Yield the first rows with content of a sheet, none of one whose rows are out of order."""
    reader = RowReader(workbook, sheet.part, last=scan.last_row, columns=bounds.columns + SPARE_COLUMNS)
    taken = 0
    for row in _texts(reader, workbook, scan) if scan.in_order else ():
        if any(row[1]):
            yield row
            taken += 1
            if taken == most:
                return


def _texts(
    reader: RowReader, workbook: Workbook, scan: SheetScan
) -> Iterator[tuple[int, list[str], tuple[tuple[int, CellKind], ...]]]:
    """Yield each row as texts, with the kinds of cells that are not plain text."""
    for number, cells in reader.rows():
        texts: list[str] = []
        kinds: list[tuple[int, CellKind]] = []
        for place, cell in cells.items():
            text, kind = _shown(cell, workbook)
            if (number, place + 1) in scan.uncached:
                kind = "formula"
            if kind:
                kinds.append((place, kind))
            if text or kind:
                _check_text(text, number, place)
                texts += [""] * (place + 1 - len(texts))
                texts[place] = text
        yield number, texts, tuple(kinds)


def _check_text(text: str, number: int, place: int) -> None:
    """Refuse cells that are too long, as in a text file (C40)."""
    if len(text) > MAX_CELL:
        where = f"{get_column_letter(place + 1)}{number}"
        message = _("Cell %(place)s has more than %(most)d characters.")
        raise UnreadableFile(message % {"place": where, "most": MAX_CELL}, number)


def _shown(cell: SheetCell, workbook: Workbook) -> tuple[str, CellKind | None]:
    """Return a cell as the spreadsheet shows it."""
    if cell.kind == "inlineStr" or not cell.value:
        return _shown_text(cell.text, _layout(cell, workbook))
    if cell.kind == "s":
        return _shown_text(workbook.texts[int(cell.value)], _layout(cell, workbook))
    if cell.kind == "str":
        return _shown_text(cell.text, _layout(cell, workbook))
    if cell.kind == "e":
        return cell.value, "error"
    if cell.kind == "b":
        return ("TRUE" if cell.value.strip() in ("1", "true") else "FALSE"), None
    if cell.kind == "d":
        return _shown_date(from_ISO8601(cell.value))
    value = float(cell.value) if any(sign in cell.value for sign in ".eE") else int(cell.value)
    layout = _layout(cell, workbook)
    if is_date_format(layout):
        return _dated(value, layout, workbook)
    return _shown_number(value, layout)


def _layout(cell: SheetCell, workbook: Workbook) -> str:
    # no formats at all: some programs write none. A style that is not there is a broken file.
    return workbook.formats[cell.style] if workbook.formats else GENERAL


def _shown_text(text: str, layout: str) -> tuple[str, CellKind | None]:
    """Return a text without the line ends around it, which nobody sees, and as its format shows it."""
    text = text.strip("\r\n")
    if "@" not in layout:
        return text, None
    shown = shown_text(text, layout)
    return (text, None) if shown.strip() == text.strip() else (shown, "format")


def _dated(value: float, layout: str, workbook: Workbook) -> tuple[str, CellKind | None]:
    epoch = CALENDAR_MAC_1904 if workbook.dates_from_1904 else WINDOWS_EPOCH
    try:
        return _shown_date(from_excel(value, epoch, timedelta=is_timedelta_format(layout)))
    except (OverflowError, ValueError):
        return "#VALUE!", "error"


def _shown_date(value: date | datetime | time | timedelta) -> tuple[str, CellKind | None]:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S"), "date"
    return str(value), "date"


def _shown_number(value: int | float, layout: str) -> tuple[str, CellKind | None]:
    """Return a number as its format shows it, and "format" where that is more than the number with zeros."""
    percent = _PERCENT.fullmatch(layout.partition(";")[0])
    plain = _PLAIN.fullmatch(layout.partition(";")[0])
    if isinstance(value, float) and not value.is_integer():
        if percent:
            # at least two decimals, so that a half per cent is kept where the format hides it
            return _trimmed(f"{Decimal(f'{value:.15g}') * 100:.{max(2, len(percent[1] or ''))}f}") + " %", None
        return (repr(value), None) if plain else _in_format(value, repr(value), layout)
    whole = int(value)
    if abs(whole) >= _EXACT:
        return str(whole)[:40], "digits"
    if percent:
        return f"{whole * 100} %", None
    if _ZEROS.fullmatch(layout.partition(";")[0]):
        return str(whole).zfill(len(layout.partition(";")[0])), None
    return (str(whole), None) if plain else _in_format(whole, str(whole), layout)


def _in_format(value: int | float, plain: str, layout: str) -> tuple[str, CellKind | None]:
    shown = shown_number(value, layout)
    if shown is None or (not shown and value):
        return plain, "layout"
    if "".join(shown.split()) == plain:  # spaces between thousands: 2 001
        return plain, None
    return shown, None if shown.lstrip("0") == plain.lstrip("0") else "format"


def _trimmed(number: str) -> str:
    """Return 25 for 25.00."""
    return number.rstrip("0").rstrip(".")
