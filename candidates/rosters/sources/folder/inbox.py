"""Take the files that come into a drop folder: one worker at a time, each file once, and answered by a report.

A file is claimed by moving it into work/, which no two can do, and goes to done/ or refused/ once its report lies
there. A worker that is killed in between leaves it in work/, where the next one finds it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import Error
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import AuthenticationType
from candidates.intake.findings import Problem
from candidates.rosters.sources.folder.lists import ROSTER, NoList, ReadList, read_people
from candidates.rosters.sources.folder.names import (
    REPORT,
    BadName,
    ListName,
    StoredName,
    is_on_its_way,
    read_name,
    read_stored,
    stored_name,
)
from candidates.rosters.sources.folder.store import (
    DONE,
    REFUSED,
    WORK,
    Taken,
    accepted,
    last_time,
    prepare,
    read_whole,
    unusable,
)
from candidates.tabular.exporting import Cell, csv_bytes

SETTLED = 10.0
"""Seconds for which a file has to stay as it is before it is taken."""
SETTLED_EMPTY = 60.0
AT_ONCE = 100
"""Files taken in one look, so that a worker gets to other folders between thousands of them."""
log = logging.getLogger(__name__)
_LOCK = ".lock"
_Seen = tuple[int, int, int, int]


@dataclass(slots=True)
class _Report:
    """What is answered to a file."""

    is_accepted: bool
    message: str
    notices: list[str] = field(default_factory=list)
    remarks: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()

    def lines(self) -> Iterator[list[Cell]]:
        yield ["Result", "Row", "Column", "Cell", "Message"]
        yield ["accepted" if self.is_accepted else "refused", "", "", "", self.message]
        for said in self.notices:
            yield ["notice", "", "", "", said]
        for result, found in (("refused", self.problems), ("notice", self.remarks)):
            for one in found:
                label = ROSTER.words.label(one.column) if one.column else ""
                # what stands right of the list's columns may be anything, a password too
                yield [result, one.row, label, one.cell if one.column else "", one.message]


class Inbox:
    """One drop folder, as one process watches it."""

    def __init__(
        self,
        folder: Path,
        sso: AuthenticationType | None,
        *,
        settled: float = SETTLED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._sso = sso
        self._settled = settled
        self._clock = clock
        self._last = ""
        self._seen: dict[str, tuple[_Seen, float]] = {}
        self.stuck = 0
        """Files that may not be moved or read, at the last look."""

    def look(self) -> int:
        """Take what has come, and return how many files were answered. Raises SourceError where the folder is broken.

        Does nothing while another worker is at it. What fails on the way, as on a full disk, is tried again next time.
        """
        prepare(self._folder)
        try:
            with self._alone() as is_alone:
                return self._take() if is_alone else 0
        except OSError as error:
            raise unusable(error) from None

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Hold the lock of the folder, which the system takes from a process that dies."""
        number = os.open(self._folder / WORK / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o660)
        try:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(number)

    def _take(self) -> int:
        known, self._last = accepted(self._folder), last_time(self._folder)
        done = self.stuck = 0
        # under the lock nobody else is at work: what lies here was left by a worker that died, or was still written to
        for path in sorted((self._folder / WORK).iterdir()):
            stored = read_stored(path.name)
            if stored is not None:
                done += self._answer(path, stored, known)
        for path in self._ready()[:AT_ONCE]:
            stored = stored_name(path.name)
            claimed = self._folder / WORK / str(stored)
            try:
                os.rename(path, claimed)
            except FileNotFoundError:
                continue  # its sender has taken it back
            except PermissionError:
                self.stuck += 1
                continue
            done += self._answer(claimed, stored, known)
        return done

    def _ready(self) -> list[Path]:
        """Return the files that have stayed as they are for long enough, the oldest first."""
        now, found, seen = self._clock(), [], {}
        with os.scandir(self._folder) as entries:
            names = {entry.name: entry for entry in entries}
        for name, entry in names.items():
            if is_on_its_way(name) or f"{name}.lock" in names or entry.is_dir(follow_symlinks=False):
                continue
            try:
                now_is = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            state = (now_is.st_ino, now_is.st_size, now_is.st_mtime_ns, now_is.st_ctime_ns)
            before, since = self._seen.get(name, (state, now))
            since = since if before == state else now
            seen[name] = (state, since)
            wait = self._settled if now_is.st_size else self._settled * SETTLED_EMPTY / SETTLED
            if now - since >= wait:
                found.append((now_is.st_mtime_ns, name))
        self._seen = seen
        return [self._folder / name for _changed, name in sorted(found)]

    def _answer(self, path: Path, stored: StoredName, known: list[Taken]) -> bool:
        """Judge a claimed file, write its report, and move it where it belongs; False where it is still written to."""
        named: ListName | None = None
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                raise NoList(_("It is a link or a device, and no file. Links are not followed."))
            named = read_name(stored.name)
            try:
                data, before = read_whole(path)
            except OSError:
                self.stuck += 1  # a disk that is broken at one place keeps the other files from nobody
                return False
            after = path.lstat()
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                return False
            report = self._judge(named, data, known)
        except (NoList, BadName) as error:
            problems = error.problems if isinstance(error, NoList) else ()
            report = _Report(False, str(error), problems=problems)
        home = self._folder / (DONE if report.is_accepted else REFUSED)
        target = home / path.name
        if stored.taken <= self._last:
            stored = stored_name(stored.name, after=self._last)
            target = home / str(stored)
        # the report first: a file that was moved has one, whenever the worker dies
        _write(Path(f"{target}{REPORT}"), csv_bytes(report.lines()))
        os.rename(path, target)
        self._last = stored.taken
        if report.is_accepted and named is not None:
            known.append(Taken(target, stored, named))
        return True

    def _judge(self, named: ListName, data: bytes, known: list[Taken]) -> _Report:
        """Return the answer to a list. Raises NoList."""
        last = next((one for one in reversed(known) if one.named.exam == named.exam), None)
        if last is not None and named.dated and named.dated < last.named.dated:
            message = _("It is older, by the date in its name, than %(name)s, which was taken already.")
            raise NoList(message % {"name": last.stored.name})
        try:
            found = read_people(data, named.shown, sso=self._sso)
        except (NoList, Error):
            raise
        except Exception:
            # Whatever a file does to the reader: it is answered, and those after it are taken.
            log.exception("a list in a drop folder could not be read")
            raise NoList(_("It could not be read. The log of the worker says more.")) from None
        report = _Report(True, _accepted(named, found), [*found.doubts, *found.notices], remarks=found.remarks)
        if last is not None and _holds(last.path, data):
            report.notices.insert(0, _("It is the same as the last list of this exam: nothing is new."))
        return report


def _accepted(named: ListName, found: ReadList) -> str:
    message = ngettext(
        "The complete list of %(exam)s has %(n)d person. Read as: %(how)s.",
        "The complete list of %(exam)s has %(n)d people. Read as: %(how)s.",
        len(found.people),
    )
    return message % {"exam": named.shown, "n": len(found.people), "how": found.how}


def _holds(path: Path, data: bytes) -> bool:
    try:
        return read_whole(path)[0] == data
    except (OSError, NoList):
        return False


def _write(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    part = path.with_name(f".{path.name[-200:]}.part")
    part.unlink(missing_ok=True)
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o660)
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def waiting_longest(folder: Path) -> float:
    """Return for how many seconds the oldest file has been waiting to be taken, 0 for none. Raises SourceError."""
    oldest = time.time()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not is_on_its_way(entry.name) and not entry.is_dir(follow_symlinks=False):
                    oldest = min(oldest, entry.stat(follow_symlinks=False).st_ctime)
    except OSError as error:
        raise unusable(error) from None
    return time.time() - oldest
