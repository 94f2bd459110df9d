"""Find the small files that are named by their defect, and make workbooks."""

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl

FOLDER = Path(__file__).parent.parent / "data" / "csv"


def sample(name: str) -> bytes:
    """Return the bytes of one file."""
    return (FOLDER / name).read_bytes()


def workbook(rows: list[list[Any]], formats: dict[str, str] | None = None) -> bytes:
    """Return an XLSX with one sheet; `formats` maps cells to number formats."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for place, layout in (formats or {}).items():
        sheet[place].number_format = layout
    return saved(book)


def saved(book: Any) -> bytes:
    """Return the bytes of a workbook."""
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def changed(data: bytes, parts: dict[str, bytes]) -> bytes:
    """Return a workbook with some of its parts replaced or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def with_sheet(body: str) -> bytes:
    """Return a workbook whose sheet data is written by hand."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = f'<worksheet xmlns="{space}"><sheetData>{body}</sheetData></worksheet>'
    return changed(workbook([["x"]]), {SHEET: xml.encode()})


def with_shared_strings(texts: str, body: str) -> bytes:
    """Return a workbook whose texts stand in the shared table, as Excel writes them; openpyxl writes them in place."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    plain = with_sheet(body)
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        types = archive.read("[Content_Types].xml").decode()
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    parts = {
        "[Content_Types].xml": types.replace("</Types>", override).encode(),
        "xl/sharedStrings.xml": f'<sst xmlns="{space}">{texts}</sst>'.encode(),
    }
    return changed(plain, parts)
