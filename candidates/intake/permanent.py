"""Check permanent users who were chosen for a test: who is ready, who is on it, who may not be (D17, D21, C12)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.intake.cells import (
    CellProblem,
    clean_candidate_id,
    looks_personal,
)
from candidates.intake.columns import MappedRow
from candidates.intake.extra_time import parse_extra_time
from candidates.intake.findings import Already, CandidateRow, Checked, Notice, NoticeKind, Present, Problem
from candidates.intake.headings import CANDIDATE_ID, EXTRA_TIME
from candidates.intake.present import PRESENT
from candidates.models import Candidate, PermanentUser, Test, User

# What a row of such a draft holds beside its two columns, and what nobody can mend.
ACCOUNT, USERNAME, NAME = "account", "username", "name"
MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class PeopleAround:
    """What chosen people are checked against: who is on the test, who may log in, and who works on the test.

    `existing` maps the folded Candidate IDs on the test to the IDs as shown, `named` to the user names of permanent
    users; `on_test` the accounts on it to their places.
    """

    existing: Mapping[str, str]
    named: Mapping[str, str]
    on_test: Mapping[int, Present]
    able: frozenset[int]
    working: frozenset[int]

    @classmethod
    def of(cls, test: Test, rows: Iterable[MappedRow]) -> PeopleAround:
        """Load them: three queries, however many people there are."""
        existing, named, on_test = {}, {}, {}
        columns = ("candidate_key", "pk", "candidate_id", "user", "kind", "user__username")
        found = Candidate.objects.of_test(test).order_by().values_list(*columns, *PRESENT)
        for key, pk, shown, user, kind, username, extra, building, room, started, *more in found:
            existing[key] = shown
            if user is not None:
                place = (building or "", room or "")
                on_test[user] = Present(pk, shown, "", extra, place, started is not None, *more)
            if kind == Candidate.Kind.PERMANENT:
                named[key] = username
        accounts = [account_of(row) for row in rows]
        able = User.objects.filter(pk__in=accounts, kind=User.Kind.PERMANENT, is_active=True)
        working = test.contributors.filter(user__in=accounts)
        return cls(
            existing,
            named,
            on_test,
            frozenset(able.values_list("pk", flat=True)),
            frozenset(working.values_list("user", flat=True)),
        )


def rows_of_people(people: Sequence[PermanentUser], around: PeopleAround) -> list[MappedRow]:
    """Return a row for each person, with first name and last name as Candidate ID.

    Whoever has the name of somebody before, or of somebody on the test, gets a number behind it: "Kari Nordmann 2"
    (D17). Whoever is on the test already keeps the Candidate ID that is there.
    """
    taken = set(around.existing)
    rows = []
    for number, person in enumerate(people, 1):
        present = around.on_test.get(person.pk)
        candidate_id = present.candidate_id if present else distinct(person.full_name, taken)
        taken.add(candidate_key(candidate_id))
        values = {
            CANDIDATE_ID: candidate_id,
            EXTRA_TIME: "",
            USERNAME: person.user.shown_username,
            NAME: person.full_name,
            ACCOUNT: str(person.pk),
        }
        rows.append(MappedRow(number, values))
    return rows


def distinct(name: str, taken: Collection[str]) -> str:
    """Return the name, with the first number behind it that makes it nobody else's Candidate ID (folded keys)."""
    shown, number = name, 1
    while candidate_key(shown) in taken:
        number += 1
        shown = f"{name} {number}"
    return shown


def account_of(row: MappedRow) -> int:
    """Return the key of the account that a row stands for."""
    return int(row.values[ACCOUNT])


def check_selection(rows: Sequence[MappedRow], around: PeopleAround, *, duration: int, limit: int) -> Checked:
    """Return who is ready, all problems of all rows, what to look at, and who is on the test already.

    `duration` is the base of percentages (D12), both are minutes. Makes no query.
    """
    return _People(rows, around, duration, limit).checked()


class _People:
    """Gather what was found, row by row."""

    def __init__(self, rows: Sequence[MappedRow], around: PeopleAround, duration: int, limit: int) -> None:
        self.rows = rows
        self.around = around
        self.duration = duration
        self.limit = limit
        self.problems: list[Problem] = []
        self.already: list[Already] = []
        self._ids: dict[str, int] = {}
        self._taken = {*around.existing, *(candidate_key(row.values.get(CANDIDATE_ID, "")) for row in rows)}

    def checked(self) -> Checked:
        ready = [(row, found) for row in self.rows if (found := self._row(row)) is not None]
        notices = tuple(self._notices(ready))
        return Checked(tuple(found for _row, found in ready), tuple(self.problems), notices, tuple(self.already))

    def _row(self, row: MappedRow) -> CandidateRow | None:
        """Return the row as it goes through the door, None for one with a problem or of somebody on the test."""
        account = account_of(row)
        present = self.around.on_test.get(account)
        if present:
            self.already.append(Already.unchanged(row.number, present))
            return None
        before = len(self.problems)
        if account not in self.around.able:
            self._note(row, _("%(name)s may not log in any more: the account was deactivated or deleted."))
        elif account in self.around.working:
            self._note(row, _("%(name)s plans, invigilates or grades the test, and cannot be its candidate."))
        candidate_id, minutes = self._candidate_id(row), self._minutes(row)
        if len(self.problems) > before:
            return None
        return CandidateRow(
            number=row.number,
            candidate_id=candidate_id,
            extra_minutes=minutes,
            private_reference="" if shows_name(row, candidate_id) else _reference(row),
            account=account,
        )

    def _candidate_id(self, row: MappedRow) -> str:
        raw = row.values.get(CANDIDATE_ID, "")
        try:
            value = clean_candidate_id(raw)
        except CellProblem as problem:
            self.problems.append(Problem(row.number, CANDIDATE_ID, raw, problem.message, problem.proposal))
            return ""
        key = candidate_key(value)
        first = self._ids.setdefault(key, row.number)
        proposal = distinct(row.values[NAME], self._taken)
        if key in self.around.existing:
            message = _("%(shown)s is already on this test.") % {"shown": self.around.existing[key]}
        elif first != row.number:
            message = _("Row %(row)d has the same Candidate ID.") % {"row": first}
        else:
            return value
        self.problems.append(Problem(row.number, CANDIDATE_ID, raw, message, proposal))
        return value

    def _minutes(self, row: MappedRow) -> int:
        raw = row.values.get(EXTRA_TIME, "")
        try:
            return parse_extra_time(raw, duration_minutes=self.duration, limit=self.limit)
        except CellProblem as problem:
            self.problems.append(Problem(row.number, EXTRA_TIME, raw, problem.message, problem.proposal))
            return 0

    def _note(self, row: MappedRow, message: str) -> None:
        said = message % {"name": row.values[NAME]}
        self.problems.append(Problem(row.number, USERNAME, row.values[USERNAME], said))

    def _notices(self, ready: Sequence[tuple[MappedRow, CandidateRow]]) -> Iterator[Notice]:
        """Yield whom graders would recognise, and who has the name of somebody else: never silent (D17, D21)."""
        named = [(row, one) for row, one in ready if shows_name(row, one.candidate_id)]
        for row, one in ready:
            if shows_name(row, one.candidate_id):
                yield _notice(one, "names", "")
            elif looks_personal(one.candidate_id) is not None:
                yield _notice(one, "personal", _("Looks personal. Graders see it."))
        namesakes: dict[str, list[tuple[MappedRow, CandidateRow]]] = {}
        for row, one in named:
            namesakes.setdefault(candidate_key(row.values[NAME]), []).append((row, one))
        for key, group in namesakes.items():
            others = [row.values[USERNAME] for row, _one in group]
            if key in self.around.existing:
                others.insert(0, _("%(who)s, on the test already") % {"who": self._on_test(key)})
            if len(others) > 1:
                for row, one in group:
                    yield _notice(one, "namesakes", _namesakes(row.values[USERNAME], others))

    def _on_test(self, key: str) -> str:
        return self.around.named.get(key) or self.around.existing[key]


def shows_name(row: MappedRow, candidate_id: str) -> bool:
    """Tell whether graders would read the person's name or user name in this Candidate ID."""
    key = candidate_key(candidate_id)
    return candidate_key(row.values[NAME]) in key or key == candidate_key(row.values[USERNAME])


def _reference(row: MappedRow) -> str:
    """Return who it is, for planners alone: with the user name where the name is somebody else's too (D19)."""
    return f"{row.values[NAME]} ({row.values[USERNAME]})"[:200]


def _namesakes(username: str, others: Sequence[str]) -> str:
    rest = [one for one in others if one != username]
    names = ", ".join(rest[:MAX_NAMED]) + ("…" if len(rest) > MAX_NAMED else "")
    return _("Username %(username)s. The same name: %(others)s.") % {"username": username, "others": names}


def _notice(one: CandidateRow, kind: NoticeKind, message: str) -> Notice:
    return Notice(one.number, CANDIDATE_ID, one.candidate_id, message, kind=kind)
