"""Ask a drop folder: its exams are those of which a list was taken, and of each the last one counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import AuthenticationType, enabled_types
from candidates.rosters.source import Exam, ExamSearch, Hints, Snapshot, SourceError
from candidates.rosters.sources.folder.inbox import Inbox, waiting_longest
from candidates.rosters.sources.folder.lists import NoList, read_people
from candidates.rosters.sources.folder.store import Taken, accepted, read_whole, refused, unusable
from candidates.text import natural_key, when

if TYPE_CHECKING:
    from inspera_deliver.roster_sources import SourceSettings

MOST_EXAMS = 100
PATIENCE = 600
"""Seconds after which a file that still waits is said to."""


class FolderSource:
    """A folder that complete lists are dropped into, each of one exam."""

    def __init__(self, setup: SourceSettings) -> None:
        self._folder = Path(setup["folder"])
        self._sso = _people_of(setup)

    def inbox(self) -> Inbox:
        """Return what takes the files that come; a process keeps it, since it remembers what it has seen."""
        return Inbox(self._folder, self._sso)

    def exams(self, search: ExamSearch) -> Sequence[Exam]:
        """Return the exams with a list whose names have all words; days are not known here, and leave nothing out."""
        words = search.text.casefold().split()
        last = {one.named.exam: one for one in accepted(self._folder)}
        found = [one for key, one in last.items() if all(word in key for word in words)]
        found.sort(key=lambda one: natural_key(one.named.shown))
        return [Exam(one.named.exam, one.named.shown) for one in found[:MOST_EXAMS]]

    def snapshot(self, exam: str) -> Snapshot:
        """Return everybody on the last list of an exam."""
        last = next((one for one in reversed(accepted(self._folder)) if one.named.exam == exam), None)
        if last is None:
            raise SourceError(_("No list of this exam lies in the folder: none has come, or somebody has removed it."))
        try:
            found = read_people(read_whole(last.path)[0], last.named.shown, sso=self._sso)
        except NoList as error:
            message = _("The last list (%(list)s) can no longer be read: %(why)s")
            raise SourceError(message % {"list": _called(last), "why": error}) from None
        except OSError as error:
            raise unusable(error) from None
        about = _("This is the list %(list)s.") % {"list": _called(last)}
        notices = [about, *self._refused_since(last), *found.notices]
        told = Exam(exam, last.named.shown, is_anonymous=found.has_candidate_ids)
        return Snapshot(told, found.people, tuple(notices), found.doubts)

    def _refused_since(self, last: Taken) -> Iterator[str]:
        """Yield that a newer list of the exam was refused, which nobody else would tell the planner."""
        newer = [one for one in refused(self._folder) if one.named.exam == last.named.exam]
        if newer and newer[-1].stored.taken > last.stored.taken:
            yield _("A newer one was refused: %(list)s. The report beside it says why.") % {"list": _called(newer[-1])}

    def hints(self, marker: str) -> Hints | None:
        """Return the exams of which a list has been accepted or refused since the last one that the marker names."""
        taken = sorted([*accepted(self._folder), *refused(self._folder)], key=lambda one: one.stored.taken)
        now = taken[-1].stored.taken if taken else marker
        newer = dict.fromkeys(one.named.exam for one in taken if one.stored.taken > marker)
        return Hints(now or "-", exams=tuple(newer) if marker else (), everything=not marker)

    def check(self) -> str:
        """Look whether the folder can be read, and whether files wait in it that nobody takes."""
        waiting = waiting_longest(self._folder)
        if waiting > PATIENCE:
            message = ngettext(
                "A file has been waiting in the folder for %(n)d minute: the worker does not run, or may not move it.",
                "A file has been waiting in the folder for %(n)d minutes: the worker does not run, or may not move it.",
                int(waiting // 60),
            )
            raise SourceError(message % {"n": int(waiting // 60)})
        taken = accepted(self._folder)
        if not taken:
            return _("The folder can be read; no list has been taken yet.")
        exams = len({one.named.exam for one in taken})
        message = ngettext(
            "Lists of %(n)d exam; the last one is %(list)s.", "Lists of %(n)d exams; the last one is %(list)s.", exams
        )
        return message % {"n": exams, "list": _called(taken[-1])}


def _people_of(setup: SourceSettings) -> AuthenticationType | None:
    """Return the SSO setup whose user IDs the lists hold, None where another claim stands in them."""
    sso = enabled_types().get(setup["authentication_type"])
    own = sso.client.claim if sso and sso.client else ""
    return sso if setup["claim"] in ("", own) else None


def _called(one: Taken) -> str:
    return _("%(name)s, taken on %(time)s") % {"name": one.stored.name, "time": when(one.stored.taken_at)}
