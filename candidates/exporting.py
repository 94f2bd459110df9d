"""What every export has in common: no cell that somebody typed runs as a formula, and no zero is lost in one."""

import io
import re
from collections.abc import Iterable, Sequence

import openpyxl
from openpyxl.cell import WriteOnlyCell

# A leading apostrophe is part of the pattern, so that a text which already has one gets a second: what the guard adds,
# and only that, can then be taken off again.
_FORMULA = re.compile(r"'*(?:[\t\r\n\0]|\s*[=+\-@＝＋－＠])")


def guard_formula(text: str) -> str:
    """Return the text with an apostrophe in front if a spreadsheet could take it for a formula (traps.md I12, C42).

    Meant are = + - @ and their full-width forms, also after spaces, and TAB, CR, LF, NUL at the beginning. Headers need
    it as much as cells. Everything else, 'x among it, stays as it is.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguard_formula(text: str) -> str:
    """Return what `guard_formula` was given, so that an export can be imported again without a change (traps.md C42).

    Holds for every text: ``unguard_formula(guard_formula(text)) == text``.
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def text_workbook(lines: Iterable[Sequence[str]], *, sheet: str) -> bytes:
    """Return an XLSX file with one sheet of this name, whose cells are text, empty ones too: Excel keeps their zeros.

    The caller guards what somebody typed (`guard_formula`).
    """
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet(sheet)
    for line in lines:
        cells = [WriteOnlyCell(page, value=cell or None) for cell in line]
        for cell in cells:
            cell.number_format = "@"
        page.append(cells)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
