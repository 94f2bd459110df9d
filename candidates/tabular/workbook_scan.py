"""Scan a workbook before any library parses it, and refuse zip and XML bombs (F1, C41).

The parts are inflated in small pieces and counted by expat; only counts are kept. A workbook that passes is small
enough to be read within P6's 3 s and 100 MB.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat

from django.utils.translation import gettext as _

from candidates.tabular.other_kinds import refuse_other_archives
from candidates.tabular.table import MIB, Bounds, UnreadableFile

MAX_ENTRIES = 1000
MAX_OTHERS = 20_000
"""Other elements of one part: styles, names, relations. An object is made of each."""
MAX_ROW_CELLS = 16_384
"""Columns that a spreadsheet has."""
MAX_CHARACTERS = 100_000
"""Characters of one text or of the attributes of one element; a spreadsheet cell holds 32,767."""
MAX_DEPTH = 60

# What zipfile raises for files that are broken, compressed in an unknown way, or encrypted.
_NO_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
_PIECE = 64 * 1024
_CELL_TAGS = frozenset({"row", "c", "v", "f"})
_COORDINATE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


@dataclass(slots=True)
class SheetScan:
    """Where the content of one sheet is. `uncached` are formulas without a stored result, as (row, column)."""

    rows: int = 0
    last_row: int = 0
    widest: int = 0
    widest_row: int = 0
    uncached: set[tuple[int, int]] = field(default_factory=set)
    in_order: bool = True


def too_large(bounds: Bounds) -> UnreadableFile:
    """Return the refusal of a workbook that is larger than any list of its kind."""
    if bounds.for_users:
        message = _("The workbook holds more than we read of one. Save its sheet as CSV, which can have %(text)d MB.")
        return UnreadableFile(message % {"text": bounds.text // MIB})
    message = _(
        "The workbook holds far more than a list of candidates. Copy the list alone into a new workbook, "
        "or save its sheet as CSV."
    )
    return UnreadableFile(message)


def not_a_workbook() -> UnreadableFile:
    """Return the refusal of a zip that cannot be read as a workbook."""
    message = _("The file is damaged, or it is not a workbook. Open it in a spreadsheet and save it as .xlsx or CSV.")
    return UnreadableFile(message)


def scan_workbook(data: bytes, bounds: Bounds) -> dict[str, SheetScan]:
    """Return the scan of each part of a workbook, by the part's name. Raises UnreadableFile."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_directory(archive, entries, bounds)
            return {entry.filename: _scan_part(archive, entry, bounds) for entry in entries if not entry.is_dir()}
    except _NO_ZIP as error:
        raise not_a_workbook() from error


def _check_directory(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], bounds: Bounds) -> None:
    """Refuse zip files that are no workbook, and bombs, by the zip directory alone."""
    names = {entry.filename.replace("\\", "/").casefold() for entry in entries}
    refuse_other_archives(archive, names)
    # sizes as the directory declares them: zipfile never inflates more
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > bounds.inflated:
        raise too_large(bounds)
    if any(entry.flag_bits & 1 for entry in entries):
        message = _("This is a packed file with a password. Unpack it, and choose the .xlsx or CSV file inside.")
        raise UnreadableFile(message)
    if "[content_types].xml" not in names or not any(name.endswith("workbook.xml") for name in names):
        raise UnreadableFile(_("This is a packed file (zip), not a workbook. Unpack it and choose the list inside."))
    if len(names) < len(entries):
        raise not_a_workbook()


def _scan_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, bounds: Bounds) -> SheetScan:
    counter = _Counter(bounds)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = counter.start
    parser.EndElementHandler = counter.end
    parser.CharacterDataHandler = counter.text
    parser.StartDoctypeDeclHandler = counter.doctype
    try:
        with archive.open(entry) as part:
            while piece := part.read(_PIECE):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except expat.ExpatError:
        # A picture, or broken XML: the part before is counted, and who reads the part stops at the same place.
        pass
    return counter.scan


class _Counter:
    """Count elements while expat runs, and stop it by raising UnreadableFile as soon as there are too many."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.scan = SheetScan()
        self._cells = self._strings = self._others = self._depth = self._characters = 0
        self._row = self._column = self._row_cells = 0
        self._filled = self._formula = self._value = False
        self._row_filled = False
        self._type = ""

    def doctype(self, *_declaration: object) -> None:
        """Refuse a document type: only entity bombs have one."""
        raise not_a_workbook()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._characters = 0
        name = tag if tag.isalpha() else tag.rpartition(":")[2]
        if name in _CELL_TAGS:
            self._cells += 1
        elif name in {"si", "t", "r", "is"}:
            self._strings += 1
        else:
            self._others += 1
        if (
            self._cells > self.bounds.cells
            or self._strings > self.bounds.strings
            or self._others > MAX_OTHERS
            or self._depth > MAX_DEPTH
            or sum(map(len, attributes.values())) > MAX_CHARACTERS
        ):
            raise too_large(self.bounds)
        if name == "row":
            self._start_row(attributes.get("r", ""))
        elif name == "c":
            self._start_cell(attributes)
        elif name == "f":
            self._formula = True
        elif name == "v":
            self._value = True
        elif name == "is":
            self._filled = True

    def text(self, data: str) -> None:
        self._characters += len(data)
        if self._characters > MAX_CHARACTERS:
            raise too_large(self.bounds)

    def end(self, tag: str) -> None:
        self._depth -= 1
        name = tag if tag.isalpha() else tag.rpartition(":")[2]
        if name == "v" and self._characters:
            self._filled = True
        elif name == "c":
            self._end_cell()
        elif name == "row" and self._row_filled:
            self.scan.rows += 1
            self.scan.last_row = self._row
        self._characters = 0

    def _start_row(self, number: str) -> None:
        row = int(number) if re.fullmatch(r"[1-9][0-9]{0,6}", number) else self._row + 1
        # the reader counts rows on, and people would see a wrong number
        if row <= self._row or (number and str(row) != number):
            self.scan.in_order = False
        self._row, self._column, self._row_cells, self._row_filled = row, 0, 0, False

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._row_cells += 1
        if self._row_cells > MAX_ROW_CELLS:
            raise too_large(self.bounds)
        column = self._column + 1
        if "r" in attributes:
            place = _COORDINATE.fullmatch(attributes["r"])
            column = column_number(place[1]) if place else 0
            if place is None or int(place[2]) != self._row:
                self.scan.in_order = False
        if column <= self._column:
            self.scan.in_order = False
        self._column = column
        self._type = attributes.get("t", "n")
        self._filled = self._formula = self._value = False

    def _end_cell(self) -> None:
        uncached = self._formula and not self._filled and not (self._value and self._type == "str")
        if uncached:
            self.scan.uncached.add((self._row, self._column))
        if self._filled or uncached:
            self._row_filled = True
            if self._column > self.scan.widest:
                self.scan.widest, self.scan.widest_row = self._column, self._row


@lru_cache(maxsize=1000)
def column_number(letters: str) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
