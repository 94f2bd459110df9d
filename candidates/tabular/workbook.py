"""Open a workbook that was scanned: its sheets, texts and number formats, whatever program wrote it (F1).

We read the XML ourselves, because openpyxl takes escaped line ends for text, and workbooks of other programs for empty
or broken: Strict Open XML, chart sheets, prefixes of namespaces (docs/decisions/0091). Elements are known by their
local names; that a part is small enough was made sure by workbook_scan.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from defusedxml.ElementTree import fromstring

from candidates.tabular.hidden import spell_out
from candidates.tabular.number_formats import format_of_number

PIECE = 64 * 1024
_TRUE = frozenset({"1", "true", "on"})
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_MAX_TITLE = 100


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of cells: its number in the workbook, from 1, its name, its part, and whether people see it."""

    number: int
    title: str
    part: str
    hidden: bool


def unescaped(text: str) -> str:
    """Return a text of a workbook without escapes: _x000D_ is a line end, _x005F_ an underline (ST_Xstring)."""
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def local_name(tag: str) -> str:
    """Return the name of an element without its prefix or namespace."""
    return tag if tag.isalpha() else tag.rpartition("}")[2].rpartition(":")[2]


def is_true(attributes: dict[str, str], name: str) -> bool:
    """Say whether an attribute is set."""
    return attributes.get(name, "").strip().lower() in _TRUE


class Workbook:
    """A workbook that is open: what its sheets share is read once. Errors are those of a broken file (xlsx.BROKEN)."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        # some programs write other capitals than they refer to, or the slashes of Windows
        self._names = {name.replace("\\", "/").casefold(): name for name in archive.namelist()}
        self._main = self._target_of("_rels/.rels", "officeDocument", "") or "xl/workbook.xml"
        folder, name = posixpath.split(self._main)
        self._relations = posixpath.join(folder, "_rels", f"{name}.rels")
        root = self._tree(self._main)
        self.dates_from_1904 = any(
            is_true(node.attrib, "date1904") for node in root if local_name(node.tag) == "workbookPr"
        )
        self.sheets = tuple(self._sheets(root, folder))
        self.formats = tuple(self._formats())
        self._texts: list[str] | None = None

    @property
    def texts(self) -> list[str]:
        """Return the texts that cells name by number."""
        if self._texts is None:
            part = self._part("sharedStrings")
            self._texts = _SharedTexts().read(self, part) if part else []
        return self._texts

    def holds(self, part: str) -> bool:
        """Say whether the file has a part."""
        return part.casefold() in self._names

    def name_of(self, part: str) -> str:
        """Return the name of a part as the zip directory has it."""
        return self._names[part.casefold()]

    def parse(self, part: str, parser: expat.XMLParserType) -> None:
        """Feed a part to a parser, piece by piece."""
        with self.archive.open(self.name_of(part)) as source:
            while piece := source.read(PIECE):
                parser.Parse(piece, False)
            parser.Parse(b"", True)

    def _tree(self, part: str) -> Any:
        return fromstring(self.archive.read(self.name_of(part)))

    def _related(self, relations: str, folder: str) -> Iterator[tuple[str, str, str]]:
        """Yield id, kind and part of each relation."""
        if not self.holds(relations):
            return
        for node in self._tree(relations):
            target = node.attrib.get("Target", "").replace("\\", "/")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            yield node.attrib.get("Id", ""), node.attrib.get("Type", "").rpartition("/")[2], part

    def _part(self, kind: str) -> str:
        """Return the part of a kind that there is once, "" where there is none; not all programs refer to it."""
        folder = posixpath.dirname(self._main)
        part = self._target_of(self._relations, kind, folder) or posixpath.join(folder, f"{kind}.xml")
        return part if self.holds(part) else ""

    def _target_of(self, relations: str, kind: str, folder: str) -> str:
        return next((part for _key, one, part in self._related(relations, folder) if one == kind), "")

    def _sheets(self, root: Any, folder: str) -> Iterator[Sheet]:
        """Yield the sheets that have cells; charts and dialogs have none."""
        parts = {key: part for key, kind, part in self._related(self._relations, folder) if kind == "worksheet"}
        for number, node in enumerate((node for node in root.iter() if local_name(node.tag) == "sheet"), start=1):
            key = next((value for name, value in node.attrib.items() if local_name(name) == "id"), "")
            if key in parts and self.holds(parts[key]):
                title = spell_out(" ".join(unescaped(node.attrib.get("name", "")).split()))[:_MAX_TITLE]
                hidden = node.attrib.get("state", "visible") != "visible"
                yield Sheet(number, title or str(number), self.name_of(parts[key]), hidden)

    def _formats(self) -> Iterator[str]:
        """Yield the number format of each style."""
        part = self._part("styles")
        if not part:
            return
        groups = {local_name(group.tag): group for group in self._tree(part)}
        own = {int(one.attrib["numFmtId"]): one.attrib.get("formatCode", "") for one in groups.get("numFmts", ())}
        for one in groups.get("cellXfs", ()):
            number = int(one.attrib.get("numFmtId", 0))
            yield own.get(number) or format_of_number(number)


class _SharedTexts:
    """Collect the texts of the shared table, without the guides to pronunciation that stand beside some."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._takes = self._spoken = False

    def read(self, workbook: Workbook, part: str) -> list[str]:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        workbook.parse(part, parser)
        return self.texts

    def _start(self, tag: str, _attributes: dict[str, str]) -> None:
        name = tag if tag.isalpha() else local_name(tag)
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._spoken = True
        self._takes = name == "t" and not self._spoken

    def _end(self, tag: str) -> None:
        name = tag if tag.isalpha() else local_name(tag)
        self._takes = False
        if name == "si":
            self.texts.append(unescaped("".join(self._pieces)))
        elif name == "rPh":
            self._spoken = False

    def _text(self, data: str) -> None:
        if self._takes:
            self._pieces.append(data)
