"""The files of a drop folder that were taken: where they lie, and how they are read, never through a link."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from candidates.rosters.source import SourceError
from candidates.rosters.sources.folder.lists import LARGEST, NoList, too_large
from candidates.rosters.sources.folder.names import BadName, ListName, StoredName, read_name, read_stored

WORK, DONE, REFUSED = "work", "done", "refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """A list that was taken, and accepted or refused."""

    path: Path
    stored: StoredName
    named: ListName


def prepare(folder: Path) -> None:
    """Make the folders that taken files go to. Raises SourceError where that cannot be done."""
    try:
        for name in (WORK, DONE, REFUSED):
            (folder / name).mkdir(exist_ok=True, mode=0o770)
            if not stat.S_ISDIR((folder / name).lstat().st_mode):
                message = _(
                    "%(name)s in the folder of this student system is no folder of its own, but a link or file."
                )
                raise SourceError(message % {"name": name})
    except OSError as error:
        raise unusable(error) from None


def accepted(folder: Path) -> list[Taken]:
    """Return all accepted lists, the last one last. Raises SourceError."""
    return _lists(folder / DONE)


def refused(folder: Path) -> list[Taken]:
    """Return all refused lists whose names say of which exam they are, the last one last. Raises SourceError."""
    return _lists(folder / REFUSED)


def last_time(folder: Path) -> str:
    """Return when the last file was answered, whatever it was called, "" for none. Raises SourceError."""
    try:
        names = [name for home in (DONE, REFUSED) for name in os.listdir(folder / home)]
    except OSError as error:
        raise unusable(error) from None
    return max((stored.taken for name in names if (stored := read_stored(name))), default="")


def _lists(home: Path) -> list[Taken]:
    found = []
    try:
        with os.scandir(home) as entries:
            for entry in entries:
                stored = read_stored(entry.name)
                if stored is None or not entry.is_file(follow_symlinks=False):
                    continue
                with suppress(BadName):  # refused for it, or put there by somebody else
                    found.append(Taken(Path(entry.path), stored, read_name(stored.name)))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unusable(error) from None
    return sorted(found, key=lambda one: one.stored.taken)


def read_whole(path: Path) -> tuple[bytes, os.stat_result]:
    """Return what a file holds, and what it was before it was read. Raises NoList for what is no file or too large.

    Never follows a link, and never waits for a writer at the other end of a pipe.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        raise NoList(_("It may not be read: let the sender give the worker the right to.")) from None
    with os.fdopen(number, "rb") as stream:
        seen = os.fstat(stream.fileno())
        if not stat.S_ISREG(seen.st_mode):
            raise NoList(_("It is no file."))
        if seen.st_size > LARGEST:
            raise NoList(too_large(seen.st_size))
        return stream.read(LARGEST + 1), seen


def unusable(error: OSError) -> SourceError:
    """Return that the folder cannot be used, and why in the words of the system."""
    message = _("The folder of this student system cannot be used (%(why)s).")
    return SourceError(message % {"why": error.strerror or type(error).__name__})
