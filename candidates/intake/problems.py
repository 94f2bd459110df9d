"""Check all rows of a list at once: every problem of every row, and what should be looked at (examples.md Import)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from django.utils.translation import gettext as _

from candidates.intake.cells import (
    CellProblem,
    candidate_key,
    clean_candidate_id,
    clean_place,
    clean_sso_user_id,
    hidden_problem,
    looks_like_spreadsheet_damage,
    looks_personal,
    parse_extra_time,
    trim,
)
from candidates.intake.columns import BUILDING, CANDIDATE_ID, EXTRA_TIME, ROOM, SSO_USER_ID, MappedRow
from candidates.intake.hidden import spelt_out
from candidates.intake.rows import CandidateRow

Value = TypeVar("Value")
WarningKind = Literal["personal", "zeros", "same_as_sso"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Say what is wrong with one cell: `row` as the spreadsheet shows it, `column` a field name ("" for the whole row),
    `cell` as it stands in the file, `proposal` a repair that a person may choose."""

    row: int
    column: str
    cell: str
    message: str
    proposal: str | None = None


@dataclass(frozen=True, slots=True)
class Notice(Problem):
    """Say what a person should look at; it never blocks."""

    kind: WarningKind = "personal"


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold the outcome of a check. Nothing may be stored while there is a problem (domain.md D15)."""

    ready: tuple[CandidateRow, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Notice, ...]


def check_rows(
    rows: Iterable[MappedRow],
    *,
    existing: Mapping[str, str],
    duration: int,
    limit: int,
    people: Mapping[str, str] | None = None,
    authentication_type: str = "",
    generate_empty: bool = False,
) -> Checked:
    """Return the rows that are ready, all problems of all rows, and warnings.

    `existing` maps the folded IDs on the test (`candidate_key`) to the IDs as shown, `people` the folded SSO user IDs
    to the Candidate IDs of those persons. `duration` (the base of percentages, D12) and `limit` are minutes.
    `generate_empty` takes an empty Candidate ID as "the next generated one", which forms offer and files do not.
    """
    check = _Check(existing, people or {}, duration, limit, authentication_type, generate_empty)
    for row in rows:
        check.take(row)
    check.warn_of_zeros()
    return Checked(
        tuple(check.ready),
        tuple(check.problems),
        tuple(sorted(check.warnings, key=lambda notice: (notice.kind, notice.row))),
    )


class _Check:
    """Gather what was found, row by row."""

    def __init__(
        self,
        existing: Mapping[str, str],
        people: Mapping[str, str],
        duration: int,
        limit: int,
        authentication_type: str,
        generate_empty: bool,
    ) -> None:
        self.existing = existing
        self.people = people
        self.duration = duration
        self.limit = limit
        self.authentication_type = authentication_type
        self.generate_empty = generate_empty
        self.ready: list[CandidateRow] = []
        self.problems: list[Problem] = []
        self.warnings: list[Notice] = []
        self._ids: dict[str, int] = {}
        self._people: dict[str, int] = {}
        self._digits: dict[str, tuple[int, str]] = {}

    def take(self, row: MappedRow) -> None:
        """Check one row; it is ready where it adds no problem."""
        before = len(self.problems)
        if row.surplus:
            message = _("The row has more cells than the list has columns. Perhaps a name holds the separator.")
            self.problems.append(Problem(row.number, "", row.surplus, message))
        candidate_id = self._candidate_id(row)
        minutes = self._cell(row, EXTRA_TIME, self._minutes) or 0
        sso_user_id = self._sso_user_id(row) if SSO_USER_ID in row.values else ""
        building = self._cell(row, BUILDING, clean_place) or ""
        room = self._cell(row, ROOM, clean_place) or ""
        if len(self.problems) > before:
            return
        self._warn(row, candidate_id, sso_user_id)
        location = (building, room) if building or room else None
        kind = self.authentication_type if sso_user_id else ""
        self.ready.append(CandidateRow(row.number, candidate_id, minutes, location, sso_user_id, kind))

    def _minutes(self, raw: str) -> int:
        return parse_extra_time(raw, duration_minutes=self.duration, limit=self.limit)

    def _cell(self, row: MappedRow, column: str, clean: Callable[[str], Value]) -> Value | None:
        """Return a cleaned cell, or None after noting its problem."""
        raw = row.values.get(column, "")
        try:
            self._refuse_kind(row, column)
            return clean(raw)
        except CellProblem as problem:
            self.problems.append(Problem(row.number, column, raw, problem.message, problem.proposal))
            return None

    def _refuse_kind(self, row: MappedRow, column: str) -> None:
        """Raise CellProblem for a cell whose text is not what was typed (traps.md F8, C39)."""
        kind = row.kinds.get(column)
        if kind == "hidden" and (found := spelt_out(row.values[column])):
            raise hidden_problem(*found)
        if kind == "formula":
            raise CellProblem(_("The formula has no stored result. Open the workbook, save it, and upload it again."))
        if kind == "date":
            raise CellProblem(_("The spreadsheet turned this into a date or a time. Type it from your own list."))
        if kind == "error":
            raise CellProblem(_("The spreadsheet shows an error in this cell. Type the value from your own list."))
        if kind == "digits":
            raise CellProblem(_("The spreadsheet keeps only 15 digits of a number. Type it from your own list."))
        if kind == "format":
            message = _("The spreadsheet shows this number in a format of its own. Check the number.")
            raise CellProblem(message, row.values[column])

    def _candidate_id(self, row: MappedRow) -> str:
        """Return the cleaned Candidate ID, "" after noting a problem or where it will be generated."""
        if self.generate_empty and not trim(row.values.get(CANDIDATE_ID, "")):
            return ""
        value = self._cell(row, CANDIDATE_ID, _undamaged_id)
        if value is None:
            return ""
        key = candidate_key(value)
        first = self._ids.setdefault(key, row.number)
        if first != row.number:
            self._note(row, CANDIDATE_ID, _("Row %(row)d has the same Candidate ID.") % {"row": first})
        elif key in self.existing:
            self._note(row, CANDIDATE_ID, _("%(shown)s is already on this test.") % {"shown": self.existing[key]})
        elif _is_number(key):
            self._digits[key] = (row.number, value)
        return value

    def _sso_user_id(self, row: MappedRow) -> str:
        """Return the cleaned SSO user ID, "" after noting a problem; one person is on a test once (D23, C44)."""
        value = self._cell(row, SSO_USER_ID, clean_sso_user_id)
        if value is None:
            return ""
        key = candidate_key(value)
        first = self._people.setdefault(key, row.number)
        if first != row.number:
            self._note(row, SSO_USER_ID, _("Row %(row)d has the same person.") % {"row": first})
        elif key in self.people:
            message = _("This person is already on the test as candidate %(shown)s.")
            self._note(row, SSO_USER_ID, message % {"shown": self.people[key]})
        return value

    def _note(self, row: MappedRow, column: str, message: str) -> None:
        self.problems.append(Problem(row.number, column, row.values[column], message))

    def _warn(self, row: MappedRow, candidate_id: str, sso_user_id: str) -> None:
        """Warn of IDs from which graders learn who somebody is (D21, C69, C70)."""
        folded, person = candidate_key(candidate_id), candidate_key(sso_user_id)
        if folded and person and folded in (person, person.partition("@")[0]):
            message = _("The Candidate ID equals the SSO user ID. Graders see it.")
            self.warnings.append(Notice(row.number, CANDIDATE_ID, candidate_id, message, kind="same_as_sso"))
            return
        personal = looks_personal(candidate_id)
        if personal is None:
            return
        messages = {
            "name": _("Looks like a name. Graders see it."),
            "email": _("Looks like an e-mail address. Graders see it."),
            "national": _("Looks like a national identity number. Graders see it."),
        }
        self.warnings.append(Notice(row.number, CANDIDATE_ID, candidate_id, messages[personal]))

    def warn_of_zeros(self) -> None:
        """Warn of 6 beside 0006, and of an ID shorter than nearly all others: a spreadsheet drops zeros (D2, F8)."""
        by_number = {key.lstrip("0"): shown for key, shown in self.existing.items() if _is_number(key)}
        lengths = Counter(len(key) for key in self._digits)
        usual, count = lengths.most_common(1)[0] if lengths else (0, 0)
        zeros = any(key.startswith("0") for key in self._digits)
        for key, (number, value) in self._digits.items():
            other = by_number.get(key.lstrip("0"))
            by_number.setdefault(key.lstrip("0"), value)
            if other is not None and candidate_key(other) != key:
                message = _("%(value)s and %(other)s are two candidates. Did a spreadsheet drop the zeros of one?")
                self._warn_zeros(number, value, message % {"value": value, "other": other})
            elif zeros and len(key) < usual and count * 5 >= len(self._digits) * 4:
                message = _("Shorter than the other Candidate IDs. Did a spreadsheet drop its zeros?")
                self._warn_zeros(number, value, message, key.zfill(usual))

    def _warn_zeros(self, number: int, value: str, message: str, proposal: str | None = None) -> None:
        self.warnings.append(Notice(number, CANDIDATE_ID, value, message, proposal, kind="zeros"))


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdecimal()


def _undamaged_id(raw: str) -> str:
    """Return a cleaned Candidate ID. Raises CellProblem, also for what a spreadsheet has damaged."""
    value = clean_candidate_id(raw)
    damage = looks_like_spreadsheet_damage(value)
    if damage == "date":
        raise CellProblem(_("Looks like a date that the spreadsheet made. Type the ID from your own list."))
    if damage:
        raise CellProblem(_("Damaged by the spreadsheet. Type the ID from your own list."))
    return value
