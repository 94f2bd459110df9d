"""Look at rows that are ready: what a person should see before adding them, with a repair for each (D2, D21, F8)."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import get_args

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.candidate_ids import candidate_key
from candidates.intake.cells import looks_personal
from candidates.intake.columns import MappedRow
from candidates.intake.decimals import decimals
from candidates.intake.extra_time import whole_time
from candidates.intake.findings import CandidateRow, Fix, Notice, NoticeKind
from candidates.intake.headings import (
    BUILDING,
    CANDIDATE_ID,
    EXTRA_TIME,
    ROOM,
    SSO_USER_ID,
    column_label,
    has_digit,
)
from candidates.intake.sso_ids import Realms
from candidates.lifecycle.seats import Place
from candidates.tabular.damage import digits_meant, tidied, usual_letters

_ORDER: tuple[NoticeKind, ...] = get_args(NoticeKind)
"""What stands first on the page is what harms most."""


class Notices:
    """Gather what should be looked at; nothing here blocks, and nothing is repaired unless a person says so."""

    def __init__(
        self,
        *,
        existing: Mapping[str, str],
        places: Collection[Place],
        references: Mapping[str, str],
        people: Collection[str],
        duration: int,
    ) -> None:
        self.existing = existing
        self.references = references
        self.duration = duration
        self.realms = Realms(people)
        self.found: list[Notice] = []
        self._near = NearNames(places)
        self.misnamed: dict[Place, tuple[Place, list[int]]] = {}
        self._words: list[tuple[int, str]] = []
        self._digits: dict[str, tuple[int, str]] = {}

    def look_at(self, row: MappedRow, ready: CandidateRow) -> None:
        """Take one row that is ready."""
        key = candidate_key(ready.candidate_id)
        self._known(ready, key)
        self._personal(ready, key)
        self._letters(ready)
        self._tidied(row, ready)
        self.look_at_place(ready.number, ready.location)
        self.look_at_time(ready.number, row.values.get(EXTRA_TIME, ""), ready.extra_minutes)
        if ready.sso_user_id:
            self.realms.take(ready.sso_user_id, row=ready.number)
        if _is_number(key):
            self._digits[key] = (ready.number, ready.candidate_id)
        else:
            self._words.append((ready.number, ready.candidate_id))

    def look_at_place(self, number: int, place: Place | None) -> None:
        """Take the location of a row, whoever sits there."""
        if place is None:
            return
        near = self._near.of(place)
        if near is None:
            self._near.add(place)
        else:
            self.misnamed.setdefault(place, (near, []))[1].append(number)

    def look_at_time(self, number: int, cell: str, minutes: int) -> None:
        """Warn of extra time as long as the test and longer: it may be the whole time."""
        on_top = whole_time(minutes, self.duration)
        if on_top is not None:
            message = _("%(minutes)d minutes on top of %(usual)d. If it is the whole time, %(on_top)d are on top.")
            said = message % {"minutes": minutes, "usual": self.duration, "on_top": on_top}
            fixes = (Fix(number, EXTRA_TIME, str(on_top)),)
            self.found.append(Notice(number, EXTRA_TIME, cell.strip(), said, str(on_top), kind="whole", fixes=fixes))

    def note_nothing(self, column: str, cell: str, rows: Sequence[int]) -> None:
        """Say which cells were read as empty, once for each word of a column."""
        message = ngettext(
            "%(column)s of %(n)d row. Read as an empty cell.",
            "%(column)s of %(n)d rows. Read as empty cells.",
            len(rows),
        )
        said = message % {"column": column_label(column), "n": len(rows)}
        self.found.append(Notice(rows[0], column, cell, said, kind="nothing"))

    def all(self, rows: Sequence[MappedRow]) -> tuple[Notice, ...]:
        """Return everything that was found, by kind and row; what only a whole column tells is judged now.

        `rows` are those that may be somebody, whether they are ready or not.
        """
        self.found += decimals(rows)
        self._zeros()
        self._letters_among_digits()
        self._places()
        self._perhaps_nobody()
        self.found += self.realms.unlike()
        return tuple(sorted(self.found, key=lambda notice: (_ORDER.index(notice.kind), notice.row)))

    def _known(self, ready: CandidateRow, key: str) -> None:
        """Warn of who may be on the test already, under the number that took the place of this ID (D19)."""
        shown = self.references.get(candidate_key(ready.private_reference) if ready.private_reference else key)
        if shown is not None:
            message = _(
                "Candidate %(shown)s has this as private reference. Leave the row out if it is the same person."
            )
            self._note(ready, "known", message % {"shown": shown})

    def _personal(self, ready: CandidateRow, key: str) -> None:
        """Warn of IDs from which graders learn who somebody is (D21, C69, C70)."""
        person = candidate_key(ready.sso_user_id)
        if key and person and key in (person, person.partition("@")[0]):
            self._note(ready, "same_as_sso", _("The Candidate ID equals the SSO user ID. Graders see it."))
            return
        personal = looks_personal(ready.candidate_id)
        if personal is not None:
            messages = {
                "name": _("Looks like a name. Graders see it."),
                "email": _("Looks like an e-mail address. Graders see it."),
                "national": _("Looks like a national identity number. Graders see it."),
            }
            self._note(ready, "personal", messages[personal])

    def _perhaps_nobody(self) -> None:
        """Say of words where nearly all IDs have digits that they may be no candidate: a line of a report."""
        digits = len(self._digits) + sum(has_digit(value) for _number, value in self._words)
        wordy = {number for number, value in self._words if not has_digit(value)}
        if len(wordy) * 3 > digits:
            return
        for number, value in self._words:
            if number in wordy and re.search(r"[ :]", value) and looks_personal(value) != "name":
                said = _("Nearly all other Candidate IDs have digits. Is this a candidate?")
                self.found.append(Notice(number, CANDIDATE_ID, value, said, kind="nobody"))
        message = _("Looks like a name, which graders see, or like a line of a report that is no candidate.")
        self.found = [
            replace(one, message=message)
            if one.kind == "personal" and one.row in wordy and looks_personal(one.cell) == "name"
            else one
            for one in self.found
        ]

    def _letters(self, ready: CandidateRow) -> None:
        """Warn of letters of another alphabet that look like Latin ones."""
        usual = usual_letters(ready.candidate_id)
        if usual is not None:
            message = _("It holds letters of another alphabet, or wide ones, that look like usual letters.")
            self._offer(ready.number, ready.candidate_id, "letters", message, usual)

    def _letters_among_digits(self) -> None:
        """Warn of O and l where nearly all other IDs are numbers."""
        if len(self._words) * 5 > len(self._digits):
            return
        for number, value in self._words:
            meant = digits_meant(value)
            if meant is not None:
                message = _("It holds a letter that looks like a digit, and nearly all other IDs are numbers.")
                self._offer(number, value, "letters", message, meant)

    def _tidied(self, row: MappedRow, ready: CandidateRow) -> None:
        """Say what cleaning changed that nobody can see."""
        for column, value in ((CANDIDATE_ID, ready.candidate_id), (SSO_USER_ID, ready.sso_user_id)):
            said = tidied(row.values.get(column, ""), value)
            if said:
                self.found.append(Notice(ready.number, column, value, said, kind="tidied"))

    def _places(self) -> None:
        """Warn of locations that differ from another one only in case, spaces or signs, once for each name."""
        for place, (near, rows) in self.misnamed.items():
            wrong, right = (" ".join(filter(None, name)) for name in (place, near))
            message = ngettext(
                "%(n)d row. It differs from %(right)s only in capitals, spaces or signs.",
                "%(n)d rows. It differs from %(right)s only in capitals, spaces or signs.",
                len(rows),
            )
            fixes = tuple(
                Fix(row, column, value) for row in rows for column, value in ((BUILDING, near[0]), (ROOM, near[1]))
            )
            said = message % {"n": len(rows), "right": right}
            self.found.append(Notice(rows[0], BUILDING, wrong, said, right, kind="places", fixes=fixes))

    def _offer(self, number: int, value: str, kind: NoticeKind, message: str, proposal: str) -> None:
        fixes = (Fix(number, CANDIDATE_ID, proposal),)
        self.found.append(Notice(number, CANDIDATE_ID, value, message, proposal, kind=kind, fixes=fixes))

    def _zeros(self) -> None:
        """Warn of 6 beside 0006, and of an ID shorter than nearly all others: a spreadsheet drops zeros (D2, F8)."""
        by_number = {key.lstrip("0"): shown for key, shown in self.existing.items() if _is_number(key)}
        lengths = Counter(len(key) for key in self._digits)
        usual, count = lengths.most_common(1)[0] if lengths else (0, 0)
        # where all zeros are gone none is left to tell by; numbers that were counted through have no usual length
        zeros = any(key.startswith("0") for key in self._digits) or not _counted(self._digits)
        for key, (number, value) in self._digits.items():
            other = by_number.get(key.lstrip("0"))
            by_number.setdefault(key.lstrip("0"), value)
            if other is not None and candidate_key(other) != key:
                message = _("%(value)s and %(other)s are two candidates. Did a spreadsheet drop the zeros of one?")
                self._zero(number, value, message % {"value": value, "other": other})
            elif zeros and len(key) < usual and count * 5 >= len(self._digits) * 4:
                message = _("Shorter than the other Candidate IDs. Did a spreadsheet drop its zeros?")
                self._zero(number, value, message, key.zfill(usual))

    def _zero(self, number: int, value: str, message: str, proposal: str | None = None) -> None:
        if proposal:
            self._offer(number, value, "zeros", message, proposal)
        else:
            self.found.append(Notice(number, CANDIDATE_ID, value, message, kind="zeros"))

    def _note(self, ready: CandidateRow, kind: NoticeKind, message: str) -> None:
        self.found.append(Notice(ready.number, CANDIDATE_ID, ready.candidate_id, message, kind=kind))


def _counted(keys: Collection[str]) -> bool:
    """Tell whether numbers were given one after the other, with few gaps: 1 to 99 have lost nothing."""
    numbers = {int(key) for key in keys if len(key) <= 18}
    return not numbers or (max(numbers) - min(numbers) + 1) * 4 <= len(numbers) * 5


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdecimal()


class NearNames:
    """An index of known locations, by what people take for the same name."""

    def __init__(self, known: Iterable[Place]) -> None:
        self._exact: set[Place] = set()
        self._near: dict[Place, Place] = {}
        for name in sorted(known):
            self.add(name)

    def add(self, name: Place) -> None:
        """Take a name as known; of several near ones the first counts."""
        if name not in self._exact:
            self._exact.add(name)
            self._near.setdefault(_folded(name), name)

    def of(self, name: Place) -> Place | None:
        """Return the known location that differs only in case, spaces, hyphens or dots; None for a known or new one."""
        if name in self._exact:
            return None
        return self._near.get(_folded(name))


def _folded(name: Place) -> Place:
    building, room = name
    return _one(building), _one(room)


def _one(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    # between two digits a sign tells rooms apart: 1.1 is not 11
    return re.sub(r"(?<!\d)[\W_]+|[\W_]+(?!\d)", "", re.sub(r"(?<=\d)[\W_]+(?=\d)", ".", folded))
