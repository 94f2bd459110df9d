"""Find the OneRoster packages of a folder, and read their tables within bounds: zip files, or folders with the files.

Nothing is ever unpacked to disk, and no link is followed.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from django.utils.translation import gettext as _

from candidates.rosters.source import SourceError
from candidates.tabular.table import MIB

SETTLED = 10
"""Seconds without a change after which a package is taken to be written to its end."""
PATIENCE = 600
"""Seconds for which a zip file that cannot be read may still be on its way."""
_CLOCKS_DIFFER = 60  # seconds by which the clock of a file server may be ahead
MAX_PACKAGES = 400  # looked at, the newest first; older ones are left
MAX_FILES = 100  # in one package; the standard has 20
MAX_FILE = 128 * MIB
MAX_WHOLE = 512 * MIB
MAX_RATIO = 250  # of zip files; what is real stays below 30
MAX_CELL = 100_000
_SMALL = MIB  # what is smaller may be as thin as it likes
_CHUNK = 256 * 1024
MANIFEST = "manifest.csv"
_PARTS = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".download", ".lock")
_UNREADABLE = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    csv.Error,
    EOFError,
    ValueError,  # of letters that do not fit, and of sizes that cannot be
    OverflowError,
    NotImplementedError,  # a way to pack that Python does not know
    RuntimeError,  # a password
)


Only = tuple[str, Collection[str]]
"""A column, and the values of the rows that are wanted."""


class Unreadable(SourceError):
    """A package is broken as a file, or not whole: it may still be on its way."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table, by heading in lower case. `number` is the line that it ends on."""

    number: int
    values: Mapping[str, str]

    def __getitem__(self, heading: str) -> str:
        return self.values.get(heading.lower(), "").strip()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package says of itself: the version, and of each table "bulk", "delta" or "absent"."""

    version: str
    tables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Package:
    """One zip file or folder. `changed` is when it was written at its origin, `touched` when it came here (seconds)."""

    path: Path
    changed: float
    touched: float
    size: int

    @property
    def name(self) -> str:
        """Return the name of the file or folder, with signs in it that can be shown."""
        return os.fsencode(self.path.name).decode(errors="replace")[:100]

    def is_on_its_way(self, seconds: float) -> bool:
        """Tell whether it changed less than so many seconds ago; a clock that is far ahead says nothing."""
        return -_CLOCKS_DIFFER < time.time() - self.touched < seconds

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """Hold the package open. Raises SourceError for one that nobody should read."""
        with ExitStack() as stack:
            with _as_words(self.name):
                if self.path.is_dir():
                    files: Files = _Folder(self.path)
                else:
                    stream = stack.enter_context(os.fdopen(_without_links(self.path), "rb"))
                    files = _Archive(self.name, stack.enter_context(zipfile.ZipFile(stream)))
            yield Opened(self.name, files)


def find_packages(folder: Path) -> list[Package]:
    """Return the packages of a folder, the newest last; at most MAX_PACKAGES. Raises SourceError."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == MANIFEST:
                    found.append(_folder_package(folder))
                elif (package := _package(entry)) is not None:
                    found.append(package)
    except OSError as error:
        message = _("The folder of this student system cannot be read (%(why)s).")
        raise SourceError(message % {"why": error.strerror or type(error).__name__}) from None
    return sorted(found, key=lambda one: (one.changed, one.path.name))[-MAX_PACKAGES:]


def _package(entry: os.DirEntry[str]) -> Package | None:
    folded = entry.name.lower()
    if folded.startswith((".", "~")) or folded.endswith(_PARTS):
        return None
    if entry.is_dir(follow_symlinks=False):
        return _folder_package(Path(entry.path)) if Path(entry.path, MANIFEST).is_file() else None
    if not folded.endswith(".zip") or not entry.is_file(follow_symlinks=False):
        return None
    seen = entry.stat(follow_symlinks=False)
    return Package(Path(entry.path), seen.st_mtime, seen.st_ctime, seen.st_size)


def _folder_package(path: Path) -> Package:
    """Return the package of a folder: as new as the newest of its tables."""
    with os.scandir(path) as entries:
        files = [entry.stat(follow_symlinks=False) for entry in entries if entry.name.lower().endswith(".csv")]
    return Package(
        path,
        max(one.st_mtime for one in files),
        max(one.st_ctime for one in files),
        sum(one.st_size for one in files),
    )


class Opened:
    """A package that is held open."""

    def __init__(self, name: str, files: Files) -> None:
        self.name = name
        self._files = files

    def manifest(self) -> Manifest:
        """Return what the package says of itself. Raises SourceError, also where a table is missing that it names."""
        said: dict[str, str] = {}
        for record in self.rows(MANIFEST, ("propertyName", "value")):
            said[record["propertyName"].lower()] = record["value"].lower()
        version = said.get("oneroster.version", "")
        if not version.startswith(("1.1", "1.2")):
            message = _("%(package)s is OneRoster %(version)s by its manifest.csv; 1.1 and 1.2 are read.")
            raise SourceError(message % {"package": self.name, "version": f"“{version[:20]}”"})
        tables = {}
        for name, state in said.items():
            if not name.startswith("file."):
                continue
            table = name.removeprefix("file.")
            if state not in ("bulk", "delta", "absent"):
                message = _(
                    "manifest.csv of %(package)s says “%(state)s” of %(table)s: bulk, delta or absent is known."
                )
                raise SourceError(message % {"package": self.name, "state": state[:20], "table": table[:40]})
            if state != "absent" and not self._files.has(f"{table}.csv"):
                message = _("manifest.csv of %(package)s names %(table)s.csv, which is not in it.")
                raise Unreadable(message % {"package": self.name, "table": table[:40]})
            tables[table] = state
        return Manifest(version, tables)

    def rows(self, file: str, needed: tuple[str, ...], only: Only | None = None) -> Iterator[Record]:
        """Yield the rows of a file by heading, never by position, all of them or `only` some.

        Raises SourceError where one is broken, those too that are not wanted.
        """
        where = f"{file} ({self.name})"
        with _as_words(where), self._files.open(file) as binary:
            encoding = _encoding(binary, where)
        with _as_words(where), self._files.open(file) as binary:
            text = io.TextIOWrapper(binary, encoding=encoding, errors="strict", newline="")
            first = text.readline(MAX_CELL)
            heads = next(csv.reader([first], delimiter=_delimiter(first)), [])
            names = [head.strip().lower() for head in heads]
            _refuse_heads(names, needed, where)
            reader = csv.reader(text, delimiter=_delimiter(first), strict=True)
            place, wanted = (names.index(only[0].lower()), only[1]) if only else (-1, ())
            for cells in reader:
                if not any(cells):
                    continue
                number = reader.line_num + 1
                if len(cells) != len(names):
                    message = _("Line %(line)d of %(file)s has %(n)d cells, its header %(heads)d.")
                    found = {"line": number, "file": where, "n": len(cells), "heads": len(names)}
                    raise SourceError(message % found)
                if place >= 0 and cells[place].strip() not in wanted:
                    continue  # nearly every row of a whole university
                yield Record(number, dict(zip(names, cells, strict=True)))


class Files:
    """What a package is made of: files by the names of the standard."""

    def has(self, file: str) -> bool:
        """Tell whether there is such a file; capitals do not count."""
        raise NotImplementedError

    def open(self, file: str) -> IO[bytes]:
        """Return a file for reading. Raises SourceError where there is none."""
        raise NotImplementedError


class _Folder(Files):
    def __init__(self, path: Path) -> None:
        with os.scandir(path) as entries:
            self._paths = {one.name.lower(): Path(one.path) for one in entries if one.name.lower().endswith(".csv")}
        self._name = path.name

    def has(self, file: str) -> bool:
        return file.lower() in self._paths

    def open(self, file: str) -> IO[bytes]:
        if not self.has(file):
            raise Unreadable(_("There is no %(file)s in %(package)s.") % {"file": file, "package": self._name[:100]})
        stream = os.fdopen(_without_links(self._paths[file.lower()]), "rb")
        if os.fstat(stream.fileno()).st_size > MAX_FILE:
            stream.close()
            raise _too_large(file)
        return stream


class _Archive(Files):
    def __init__(self, name: str, archive: zipfile.ZipFile) -> None:
        self._archive, self._name = archive, name
        members = archive.infolist()
        self._refuse_odd(members)
        files = [one for one in members if not one.is_dir()]
        # programs that pack a folder put its name before each file
        tops = {PurePosixPath(one.filename).parts[0] for one in files if "/" in one.filename}
        below = f"{tops.pop()}/" if len(tops) == 1 and all("/" in one.filename for one in files) else ""
        self._members: dict[str, zipfile.ZipInfo] = {}
        for one in files:
            short = one.filename.removeprefix(below).lower()
            if short in self._members:
                message = _("%(package)s holds %(file)s twice.")
                raise SourceError(message % {"package": name, "file": short[:60]})
            self._members[short] = one

    def _refuse_odd(self, members: list[zipfile.ZipInfo]) -> None:
        if len(members) > MAX_FILES:
            message = _("%(package)s holds %(n)d files; a OneRoster package has at most %(most)d.")
            raise SourceError(message % {"package": self._name, "n": len(members), "most": MAX_FILES})
        if sum(one.file_size for one in members) > MAX_WHOLE:
            raise _too_large(self._name)
        for one in members:
            path = PurePosixPath(one.filename)
            if path.is_absolute() or ".." in path.parts or "\\" in one.orig_filename or ":" in one.filename:
                message = _("%(package)s holds a file with a path that leads out of it. Nothing of it is read.")
                raise SourceError(message % {"package": self._name})
            if stat.S_ISLNK(one.external_attr >> 16):
                raise SourceError(_("%(package)s holds a link. Nothing of it is read.") % {"package": self._name})
            if one.flag_bits & 0x1:
                message = _("%(package)s has a password. Let the student system send it without one.")
                raise SourceError(message % {"package": self._name})
            if path.suffix.lower() in (".zip", ".gz", ".7z", ".rar", ".tar", ".bz2", ".xz"):
                message = _("%(package)s holds another packed file. The tables have to lie in the zip file itself.")
                raise SourceError(message % {"package": self._name})
            if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                message = _("%(package)s is packed in a way that is not read: use the usual zip (deflate).")
                raise SourceError(message % {"package": self._name})
            packed_tightly = one.file_size > MAX_RATIO * max(one.compress_size, 1)
            if one.file_size > MAX_FILE or (packed_tightly and one.file_size > _SMALL):
                raise _too_large(one.filename[:60])

    def has(self, file: str) -> bool:
        return file.lower() in self._members

    def open(self, file: str) -> IO[bytes]:
        if not self.has(file):
            raise Unreadable(_("There is no %(file)s in %(package)s.") % {"file": file, "package": self._name})
        return self._archive.open(self._members[file.lower()])


def _without_links(path: Path) -> int:
    """Open a file for reading, never through a link and never one that waits for a writer."""
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError("no file")
    return number


@contextmanager
def _as_words(where: str) -> Iterator[None]:
    """Turn what reading broken files raises into a sentence."""
    try:
        yield
    except _UNREADABLE as error:
        why = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
        message = _("%(file)s cannot be read (%(why)s). Let the student system send it again.")
        raise Unreadable(message % {"file": where, "why": why}) from None


def _encoding(binary: IO[bytes], where: str) -> str:
    """Return the encoding of a file, all of which is read: UTF-8, as the standard says, or UTF-16 with its mark."""
    start = binary.read(2)
    name = "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    decoder = codecs.getincrementaldecoder(name)()
    try:
        text = decoder.decode(start)
        while chunk := binary.read(_CHUNK):
            text = decoder.decode(chunk)
            if "\0" in text:
                raise SourceError(_("%(file)s is no text.") % {"file": where})
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        message = _(
            "%(file)s is not UTF-8, as OneRoster files are. Let the student system send UTF-8: names would be wrong."
        )
        raise SourceError(message % {"file": where}) from None
    return name


def _delimiter(first: str) -> str:
    return ";" if ";" in first and "," not in first else ","


def _refuse_heads(names: list[str], needed: tuple[str, ...], where: str) -> None:
    if lacking := [name for name in needed if name.lower() not in names]:
        message = _("%(file)s has no column %(names)s. Look up whether the student system calls it otherwise now.")
        raise SourceError(message % {"file": where, "names": ", ".join(lacking)})
    if twice := {name for name in names if name and names.count(name) > 1}:
        message = _("%(file)s has the column %(name)s twice.")
        raise SourceError(message % {"file": where, "name": min(twice)[:60]})


def _too_large(name: str) -> SourceError:
    message = _("%(file)s is larger than anything that is read (%(most)d MB a file, %(whole)d MB together).")
    found = {"file": name, "most": MAX_FILE // MIB, "whole": MAX_WHOLE // MIB}
    return SourceError(message % found)
