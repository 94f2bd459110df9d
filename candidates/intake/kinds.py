"""What differs from one kind of list to another: columns, bounds, checks and repairs; the rest is written once."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key, generated_ids, highest_number
from candidates.intake.accounts import checking, reporting
from candidates.intake.accounts.cleaning import MADE
from candidates.intake.accounts.formats import format_of
from candidates.intake.accounts.headings import PASSWORD, USERNAME
from candidates.intake.accounts.reading import map_users, user_letters, without_passwords
from candidates.intake.assigning import KnownFormat
from candidates.intake.cells import looks_personal
from candidates.intake.columns import SURPLUS, Mapped, MappedRow, map_columns
from candidates.intake.door import existing_ids
from candidates.intake.drafts import columns_of, letters_of, rows_now, rows_read
from candidates.intake.findings import Fix, NoticeKind, Problem
from candidates.intake.headings import (
    CANDIDATE_ID,
    NAME,
    NUMBERED,
    ONE_TIME,
    PERMANENT,
    PREPARED,
    PRIVATE_REFERENCE,
    SSO,
    Spec,
)
from candidates.intake.importing import preview
from candidates.intake.prepared import kept_for_others
from candidates.intake.reading import CANDIDATE_BOUNDS, USER_BOUNDS
from candidates.models import Import
from candidates.models.accounts import MAX_REFERENCE_LENGTH
from candidates.tabular.table import Bounds, Table, UnreadableFile

Header = int | Literal["find"] | None
Chosen = Mapping[int, str] | None
NUMBERS = "numbers"
"""The repair of all Candidate IDs by which graders would know who somebody is; other repairs are called as notices."""
LEAVE_OUT_NOBODY, EMPTY_NOTHING = "nobody", "empty"
"""The repairs that leave out all rows that look like no person, and that empty cells of NULL where a name belongs."""
LEAVE_OUT_WRONG, LEAVE_OUT_STORED, MAKE_PASSWORDS, USUAL_LETTERS = "wrong", "stored", "passwords", "letters"
"""The repairs of all rows of a file of users."""
_PERSONAL: frozenset[NoticeKind] = frozenset({"personal", "same_as_sso", "names"})


class KindOfList(Protocol):
    """What a kind of list says of itself. `rows` are those of a list as they were read."""

    bounds: Bounds = CANDIDATE_BOUNDS

    def spec(self, waiting: Import) -> Spec:
        """Return the columns of the list."""

    def fields(self, waiting: Import, *, trusted: bool) -> Collection[str]:
        """Return the columns that may be mended, `trusted` those too that only a repair of ours may."""

    def read(
        self, waiting: Import, table: Table, header: Header, chosen: Chosen = None, formats: Sequence[KnownFormat] = ()
    ) -> tuple[Mapped, Sequence[MappedRow], Sequence[str]]:
        """Return what a table holds, its rows as they are kept, and words to be confirmed. Raises UnreadableFile.

        `chosen` is what the columns are read as, by place, where a person said it, `formats` what was remembered.
        """

    def columns_read(self, mapped: Mapped) -> Mapping[str, Any]:
        """Return the fields of an import that say what its columns were read as."""

    def problems(self, waiting: Import, rows: Sequence[MappedRow] | None = None) -> Sequence[Problem]:
        """Return all problems of the list as it stands now."""

    def repairs(self, live: Import, rows: Sequence[MappedRow], name: str) -> Iterable[Fix]:
        """Yield what a repair of all rows of its kind writes: as the list stands now, not an old page of it."""

    def leaves_out(self, live: Import, rows: Sequence[MappedRow], name: str) -> Collection[int]:
        """Return the rows that a repair of all rows of its kind leaves out."""

    def new_passwords(self, rows: Sequence[MappedRow], number: int) -> Iterable[Fix]:
        """Yield what gives the person of a row a password of the system in the place of a refused one."""

    def check_again(self, waiting: Import) -> None:
        """Check the rows as they are now where the outcome is kept beside them."""

    def is_checked(self, waiting: Import) -> bool:
        """Say whether what is kept of a check is of the rows as they are now."""


@dataclass(frozen=True, slots=True)
class CandidateList(KindOfList):
    """A list of candidates for a test: checked whenever it is looked at, because the test changes meanwhile."""

    columns: Spec

    def spec(self, waiting: Import) -> Spec:
        return self.columns

    def fields(self, waiting: Import, *, trusted: bool) -> Collection[str]:
        return {*self.columns.fields, SURPLUS, *((PRIVATE_REFERENCE, NUMBERED) if trusted else ())}

    def read(
        self, waiting: Import, table: Table, header: Header, chosen: Chosen = None, formats: Sequence[KnownFormat] = ()
    ) -> tuple[Mapped, Sequence[MappedRow], Sequence[str]]:
        mapped = map_columns(table, self.columns, header=header, chosen=chosen, formats=formats)
        if mapped.total > self.bounds.rows:
            raise UnreadableFile(
                _("Read in this way, the list has %(n)d rows, more than a test holds.") % {"n": mapped.total}
            )
        return mapped, mapped.rows, letters_of(table)

    def columns_read(self, mapped: Mapped) -> Mapping[str, Any]:
        return columns_of(mapped)

    def problems(self, waiting: Import, rows: Sequence[MappedRow] | None = None) -> Sequence[Problem]:
        return preview(waiting, read=rows).problems

    def repairs(self, live: Import, rows: Sequence[MappedRow], name: str) -> Iterator[Fix]:
        warnings = preview(live, read=rows).warnings
        if name == NUMBERS:
            yield from self._numbers(live, rows, {notice.row for notice in warnings if notice.kind in _PERSONAL})
        for notice in warnings:
            if notice.kind == name:
                yield from notice.fixes

    def leaves_out(self, live: Import, rows: Sequence[MappedRow], name: str) -> Collection[int]:
        if name == LEAVE_OUT_NOBODY:
            return {problem.row for problem in self.problems(live, rows) if problem.doubt == "nobody"}
        return ()

    def new_passwords(self, rows: Sequence[MappedRow], number: int) -> Iterable[Fix]:
        return ()

    def check_again(self, waiting: Import) -> None:
        """Do nothing: no outcome is kept."""

    def is_checked(self, waiting: Import) -> bool:
        return True

    def _numbers(self, live: Import, read: Sequence[MappedRow], personal: Collection[int]) -> Iterator[Fix]:
        """Yield generated numbers for the IDs by which graders would know who somebody is (D21).

        Those IDs are kept as private references (D19), and names as names too. The numbers are dealt out at random: in
        the list's order they would repeat its names' (D27).
        """
        test, rows = live.required_test, {row.number: row for row in rows_now(live, read)}
        ids = [row.values.get(CANDIDATE_ID, "") for row in rows.values()]
        taken = {candidate_key(one) for one in ids} | existing_ids(test).keys() | kept_for_others(test)
        numbers = generated_ids(max(test.last_number, highest_number(ids)), taken)
        dealt = [next(numbers) for _row in personal]
        secrets.SystemRandom().shuffle(dealt)
        for number, generated in zip(sorted(personal), dealt, strict=True):
            yield Fix(number, CANDIDATE_ID, generated)
            if live.kind == Import.Kind.PERMANENT:
                continue  # the name is in the row, and goes with every ID
            values = rows[number].values
            kept = [values.get(PRIVATE_REFERENCE, "").strip(), values[CANDIDATE_ID].strip()]
            yield Fix(number, PRIVATE_REFERENCE, ", ".join(filter(None, kept))[:MAX_REFERENCE_LENGTH])
            if looks_personal(values[CANDIDATE_ID].strip()) == "name" and not values.get(NAME, "").strip():
                yield Fix(number, NAME, values[CANDIDATE_ID].strip())
            yield Fix(number, NUMBERED, "1")


class UserFile(KindOfList):
    """A file of permanent users: it may have 150,000 rows, so what a check has found is kept beside it."""

    bounds = USER_BOUNDS

    def spec(self, waiting: Import) -> Spec:
        return format_of(waiting).spec

    def fields(self, waiting: Import, *, trusted: bool) -> Collection[str]:
        fields = set(self.spec(waiting).fields)
        return fields if trusted else fields - {PASSWORD}

    def read(
        self, waiting: Import, table: Table, header: Header, chosen: Chosen = None, formats: Sequence[KnownFormat] = ()
    ) -> tuple[Mapped, Sequence[MappedRow], Sequence[str]]:
        mapped = map_users(table, format_of(waiting), header=header)
        if mapped.total > self.bounds.rows:
            raise UnreadableFile(
                _("Read in this way, the file has %(n)d rows, more than can be read.") % {"n": mapped.total}
            )
        if any(row.values.get(PASSWORD, "").strip() for row in mapped.rows):
            raise UnreadableFile(_("Read in this way, the file holds passwords. Upload it again for that."))
        rows = without_passwords(mapped.rows)
        return mapped, rows, user_letters(table, rows)

    def columns_read(self, mapped: Mapped) -> Mapping[str, Any]:
        return {}  # they are those of the format, which does not change

    def problems(self, waiting: Import, rows: Sequence[MappedRow] | None = None) -> Sequence[Problem]:
        return self._found(waiting, rows).problems

    def repairs(self, live: Import, rows: Sequence[MappedRow], name: str) -> Iterator[Fix]:
        if name == MAKE_PASSWORDS:
            wrong = {problem.row for problem in self.problems(live, rows) if problem.column == PASSWORD}
            yield from (Fix(number, PASSWORD, MADE) for number in sorted(wrong))
        elif name == EMPTY_NOTHING:
            doubted = (one for one in self.problems(live, rows) if one.doubt == "nothing")
            yield from (Fix(one.row, one.column, one.proposal) for one in doubted if one.proposal is not None)
        elif name == USUAL_LETTERS:
            letters = self._found(live, rows).letters
            yield from (Fix(one.number, USERNAME, usual) for one, usual in letters)

    def leaves_out(self, live: Import, rows: Sequence[MappedRow], name: str) -> Collection[int]:
        if name == LEAVE_OUT_NOBODY:
            return {problem.row for problem in self.problems(live, rows) if problem.doubt == "nobody"}
        if name == LEAVE_OUT_WRONG:
            return {problem.row for problem in self.problems(live, rows)}
        if name == LEAVE_OUT_STORED:
            return {one.person.number for one in self._found(live, rows).stored}
        return ()

    def new_passwords(self, rows: Sequence[MappedRow], number: int) -> Iterator[Fix]:
        yield from (Fix(number, PASSWORD, MADE) for row in rows if row.number == number and PASSWORD in row.kinds)

    def check_again(self, waiting: Import) -> None:
        reporting.check_again(waiting)

    def is_checked(self, waiting: Import) -> bool:
        return reporting.is_fresh(waiting)

    def _found(self, waiting: Import, rows: Sequence[MappedRow] | None) -> checking.Findings:
        read = rows_read(waiting) if rows is None else rows
        form = format_of(waiting)
        return checking.check_users(rows_now(waiting, read), required=form.required, field_of=form.spec.words.field_of)


_KINDS: dict[str, KindOfList] = {
    Import.Kind.ONE_TIME: CandidateList(ONE_TIME),
    Import.Kind.SSO: CandidateList(SSO),
    Import.Kind.PERMANENT: CandidateList(PERMANENT),
    Import.Kind.PREPARED: CandidateList(PREPARED),
    Import.Kind.USERS: UserFile(),
}


def kind_of(waiting: Import) -> KindOfList:
    """Return what is special about this import's kind of list."""
    return _KINDS[waiting.kind]
