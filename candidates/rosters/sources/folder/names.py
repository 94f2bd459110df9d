"""Names of files in a drop folder: which exam a list is of, from when it is, and how it is called once it is taken."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from candidates.intake.cells import CellProblem, clean_text

MAX_NAME = 100
"""Characters of a name without its ending: once a time stands before it, file systems may take no more."""
REPORT = ".report.csv"
_LONGEST = 190  # bytes, so that file systems take a time before it and the ending of a report behind
_ENDINGS = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm")
_ON_ITS_WAY = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".lock", ".swp")
_DATED = re.compile(
    r"(?P<exam>.*[^ _.-])[ _.-]+(?P<day>20\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01]))"
    r"(?:[T _.-]*(?P<time>(?:[01]\d|2[0-3])[-:.]?[0-5]\d(?:[-:.]?[0-5]\d)?)Z?)?"
)
_STORED = re.compile(r"(?P<taken>\d{8}T\d{6}\.\d{6}Z)-[0-9a-f]{6}_(?P<name>.+)", re.DOTALL)
_TAKEN = "%Y%m%dT%H%M%S.%fZ"


class BadName(ValueError):
    """A file is called as no list can be; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class ListName:
    """What a name says: the exam as it is compared and as it is shown, and digits of the date, "" without one."""

    exam: str
    shown: str
    dated: str


@dataclass(frozen=True, slots=True)
class StoredName:
    """The name of a file that was taken: when, and what it was called."""

    taken: str
    name: str

    @property
    def taken_at(self) -> datetime:
        """Return when it was taken (UTC)."""
        return datetime.strptime(self.taken, _TAKEN).replace(tzinfo=UTC)

    def __str__(self) -> str:
        return f"{self.taken}-{secrets.token_hex(3)}_{self.name}"


def read_name(name: str) -> ListName:
    """Return what a name says: the exam, then a date and a time where there are some, then the ending.

    Raises BadName.
    """
    stem = name
    for ending in _ENDINGS:
        if name.lower().endswith(ending):
            stem = name[: -len(ending)]
            break
    else:
        raise BadName(_("The name has to end in .csv, .txt, .tsv or .xlsx."))
    if name.lower().endswith(REPORT):
        raise BadName(_("This is a report, and no list."))
    try:
        shown = clean_text(stem, longest=MAX_NAME)
    except CellProblem as problem:
        raise BadName(_("The name cannot be used: %(why)s") % {"why": problem.message}) from None
    dated = ""
    if found := _DATED.fullmatch(shown):
        shown = found["exam"]
        dated = re.sub(r"\D", "", found["day"] + (found["time"] or "")).ljust(14, "0")
    if not any(one.isalnum() for one in shown):
        raise BadName(_("The name has to begin with the exam, like INF1000.csv or INF1000_2026-12-01.csv."))
    return ListName(unicodedata.normalize("NFKC", shown).casefold(), shown, dated)


def is_on_its_way(name: str) -> bool:
    """Tell whether a name says that the file is not finished, or nobody's list: hidden, or of a program."""
    folded = name.lower()
    return folded.startswith((".", "~")) or folded.endswith(_ON_ITS_WAY) or folded in ("thumbs.db", "desktop.ini")


def stored_name(name: str, *, after: str = "") -> StoredName:
    """Return the name of a file that is taken now, later than `after`: whatever the clock says, the last one counts.

    Signs that no name should have are replaced, so that it is refused by that name too.
    """
    now = datetime.now(UTC).strftime(_TAKEN)
    if after and now <= after:
        now = (datetime.strptime(after, _TAKEN) + timedelta(microseconds=1)).strftime(_TAKEN)
    shown = os.fsencode(name).decode(errors="replace")
    shown = "".join(one if one.isprintable() and one != "/" else "\ufffd" for one in shown)
    ending = next((shown[-len(one) :] for one in _ENDINGS if shown.lower().endswith(one)), "")
    if len(shown.encode()) > _LONGEST:
        cut = shown.removesuffix(ending).encode()[: _LONGEST - len(ending) - 3].decode(errors="ignore")
        shown = f"{cut}\ufffd{ending}"
    return StoredName(now, shown)


def read_stored(name: str) -> StoredName | None:
    """Return what the name of a taken file says, None for any other file."""
    found = _STORED.fullmatch(name)
    return StoredName(found["taken"], found["name"]) if found and not name.endswith(REPORT) else None
