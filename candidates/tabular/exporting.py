"""Write every CSV and XLSX file of the product, so that no cell runs as a formula and no leading zero is lost.

No other module writes such files, so that no export can forget the guard.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeAlias

import openpyxl
from django.db import models
from django.utils import timezone
from django.utils.text import slugify
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from candidates.tabular.hidden import INVISIBLE

MARKED = "utf-8-sig"
"""UTF-8 with a byte order mark, without which Excel assumes another encoding."""
MAX_SLUG_LENGTH = 40
MAX_SHEET_NAME = 31
_NOT_IN_SHEETS = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
QUOTE = '"'

Cell: TypeAlias = str | int | Decimal | None

# Where a reader with other settings may split a cell: the separators of every locale, wide forms and characters that
# normalise to one, and everything that counts as the end of a line or a record.
_SEPARATORS = (
    ",;|\\t\\n\\r\\v\\f\\x1c-\\x1f\\x85\u2028\u2029"
    "\u037e\u060c\u061b\u3001\ufe10\ufe14\ufe50\ufe51\ufe54\uff0c\uff1b\uff5c\uff64"
)
# The beginnings of formulas, and characters that normalise to one.
_SIGNS = "=+\\-@\u207a\u207c\u208a\u208c\u2a75\u2a76\ufb29\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
# What may hide a sign before it: spaces, quotation marks, and invisible characters. The apostrophe is among them, so
# that a text which already has one gets a second: exactly what the guard adds can be removed again.
_BEFORE = f"(?:(?![{_SEPARATORS}])[\\s'\"\u2018-\u201f\u00ab\u00bb\u2039\u203a`\u00b4{INVISIBLE}])*"
_RUNS = f"(?={_BEFORE}[{_SIGNS}])"
_BEGINNING = f"(?:\\A|(?<=[{_SEPARATORS}]))"
# At the very beginning Excel also skips these.
_BLANK = "\\A(?='*[\\t\\r\\n\\0])"
_TO_GUARD = re.compile(f"{_BLANK}|{_BEGINNING}{_RUNS}")
_GUARDED = re.compile(f"\\A'(?='*[\\t\\r\\n\\0])|{_BEGINNING}'{_RUNS}")
# Needs no quotation marks: no reader can split or trim it.
_PLAIN = re.compile(f"(?![\\s'])[^\"{_SEPARATORS}]*(?<!\\s)|")
_SUSPECT = re.compile(f"[{_SIGNS}]|\\A'*[\\t\\r\\n\\0]")


def guard_formula(text: str) -> str:
    """Return the text with an apostrophe wherever a formula could begin for a spreadsheet (I12, C42).

    That is in front of the whole, and behind each separator inside: `x;=1` is two cells where `;` separates, as in the
    Nordic countries. Meant are = + - @ and their other forms, also after spaces, quotation marks and invisible
    characters, and TAB, CR, LF, NUL at the beginning. Everything else, 'x among it, stays as it is.
    """
    return _TO_GUARD.sub("'", text) if _SUSPECT.search(text) else text


def unguard_formula(text: str) -> str:
    """Return what `guard_formula` was given, so that an export can be imported again without a change (C42).

    Holds for every text: ``unguard_formula(guard_formula(text)) == text``.
    """
    return _GUARDED.sub("", text) if "'" in text else text


def csv_bytes(lines: Iterable[Sequence[Cell]], *, delimiter: str = ",", encoding: str = MARKED) -> bytes:
    """Return the lines as CSV, in UTF-8 where the encoding lacks a letter.

    Every cell is guarded, and quoted where some reader could split it or run it: Python's csv.writer knows the
    separator of this file, but not that of the reader.
    """
    text = "".join(delimiter.join(_quoted(cell) for cell in line) + "\r\n" for line in lines)
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(MARKED)


def xlsx_bytes(lines: Iterable[Sequence[Cell]], *, sheet: str = "Candidates") -> bytes:
    """Return an XLSX file with one sheet of this name and the first line as its head."""
    return workbook_bytes([(sheet, lines)])


def workbook_bytes(sheets: Iterable[tuple[str, Iterable[Sequence[Cell]]]]) -> bytes:
    """Return an XLSX file with these sheets, by name, each with its first line as its head.

    Every text is guarded, because people also save sheets as CSV. Texts, also empty ones, are text cells, so that Excel
    keeps leading zeros. Numbers stay numbers. Names are shortened and told apart as Excel needs it.
    """
    book = openpyxl.Workbook(write_only=True)
    taken: set[str] = set()
    for name, lines in sheets:
        page = book.create_sheet(_sheet_name(name, taken))
        page.freeze_panes = "A2"
        bold: Font | None = Font(bold=True)
        for line in lines:
            cells = []
            for value in line:
                is_number = isinstance(value, int | Decimal)
                cell = WriteOnlyCell(page, value=value if is_number else guard_formula(_shown(value)) or None)
                if not is_number:
                    cell.number_format = "@"
                if bold is not None:
                    cell.font = bold
                cells.append(cell)
            page.append(cells)
            bold = None
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that Excel takes: 31 characters, none of its own signs, and no second one but for case."""
    whole = " ".join(_NOT_IN_SHEETS.sub(" ", name).split()).strip("'") or "Sheet"
    shown, number = whole[:MAX_SHEET_NAME], 1
    while shown.casefold() in taken:
        number += 1
        shown = f"{whole[: MAX_SHEET_NAME - 5]} ({number})"
    taken.add(shown.casefold())
    return shown


def _quoted(cell: Cell) -> str:
    text = guard_formula(_text(cell))
    return text if _PLAIN.fullmatch(text) else f'"{text.replace(QUOTE, QUOTE * 2)}"'


def _shown(cell: Cell) -> str:
    """Return what a workbook can hold of a text: no control characters, which a comment may have."""
    return str(ILLEGAL_CHARACTERS_RE.sub("", _text(cell)))


def _text(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return "" if cell is None else str(cell)


class ExportFormat(models.TextChoices):
    """The formats of a download; the value is the file extension, the label the content type."""

    CSV = "csv", "text/csv; charset=utf-8"
    XLSX = "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Download:
    """A file to send: its name in ASCII, its content type, its bytes."""

    name: str
    content_type: str
    content: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that make a browser store it."""
        return headers_of(self.name, self.content_type)


def headers_of(name: str, content_type: str) -> dict[str, str]:
    """Return the headers that make a browser save a file under this name in ASCII."""
    return {"Content-Type": content_type, "Content-Disposition": f'attachment; filename="{name}"'}


def download_of(
    name: str, lines: Iterable[Sequence[Cell]], wanted: ExportFormat = ExportFormat.CSV, *, sheet: str = "Candidates"
) -> Download:
    """Return the lines, their head first, as a file of this name and format."""
    content = csv_bytes(lines) if wanted is ExportFormat.CSV else xlsx_bytes(lines, sheet=sheet)
    return Download(name, wanted.label, content)


class Named(Protocol):
    """What a file is named after: a test, by its name or, where that has no ASCII letter, by its public ID."""

    name: str
    public_id: str


def file_name(test: Named, kind: str, *, ending: str, layout: str = "") -> str:
    """Return the name of a download: test, kind, layout and time (in the current zone), in ASCII (C43).

    It never contains anything about a candidate.
    """
    words = slugify(test.name)[:MAX_SLUG_LENGTH].strip("-_") or test.public_id
    moment = f"{timezone.localtime():%Y%m%d-%H%M}"
    return "-".join(part for part in (words, kind, layout, moment) if part) + f".{ending}"
