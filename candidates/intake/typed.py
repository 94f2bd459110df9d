"""Rows that somebody types or lets the product number: checked like a file, and added through the same door."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key, generated_ids, highest_number
from candidates.intake.cells import trim
from candidates.intake.columns import MappedRow
from candidates.intake.door import Added, NoRoom, RowsRefused, add_candidates, existing_ids
from candidates.intake.findings import Checked, Notice, Problem
from candidates.intake.headings import CANDIDATE_ID, EXTRA_TIME, NAME, PRIVATE_REFERENCE, SEAT
from candidates.intake.problems import check_rows
from candidates.models import Test, User


@dataclass(frozen=True, slots=True)
class TypedRow:
    """Hold one row as it was typed; its number is its place in the form. An empty ID means the next generated one."""

    candidate_id: str = ""
    extra: str = ""
    name: str = ""
    reference: str = ""
    seat: str = ""


class TypedRefused(Exception):
    """Cells are wrong; `problems` names each, and nothing is stored. `warnings` never block."""

    def __init__(self, problems: Sequence[Problem], warnings: Sequence[Notice] = ()) -> None:
        super().__init__(len(problems))
        self.problems = tuple(problems)
        self.warnings = tuple(warnings)


def generate(*, test: Test, count: int) -> list[TypedRow]:
    """Return that many rows with the next generated Candidate IDs (D1). Stores nothing.

    Raises NoRoom where they are more than the places left.
    """
    if count > test.places_left:
        raise NoRoom(count, test.places_left)
    ids = generated_ids(test.last_number)
    return [TypedRow(next(ids)) for _row in range(count)]


def shown_ids(rows: Sequence[TypedRow], after: int) -> list[str]:
    """Return the Candidate ID of each row, with the generated one, after this number, where the cell is empty."""
    ids = generated_ids(after, {candidate_key(row.candidate_id) for row in rows})
    return [row.candidate_id if trim(row.candidate_id) else next(ids) for row in rows]


def renumbered(*, test: Test, rows: Sequence[TypedRow]) -> list[TypedRow]:
    """Give rows whose Candidate ID is taken the next free numbers, and leave the others as they are."""
    existing = existing_ids(test)
    taken, free = set(existing), list[bool]()
    for row in rows:
        key = candidate_key(row.candidate_id)
        free.append(key not in taken)
        taken.add(key)
    kept = highest_number(row.candidate_id for row, is_free in zip(rows, free, strict=True) if is_free)
    ids = generated_ids(max(test.last_number, kept), taken)
    return [row if is_free else replace(row, candidate_id=next(ids)) for row, is_free in zip(rows, free, strict=True)]


def add_typed(
    *, test: Test, rows: Sequence[TypedRow], after: int | None, by: User, source: str, meant: Collection[str] = ()
) -> tuple[Added, tuple[Notice, ...]]:
    """Add the rows, all or none, and return them with what should be looked at.

    Empty IDs become the numbers after `after`, the last number when the page was shown: what people saw is what they
    get, and a form that is sent twice clashes with itself instead of adding everybody twice. The IDs in `meant` are
    right as they stand, also where they look like a date. Raises TypedRefused, NoRoom, Refused.
    """
    shown = shown_ids(rows, test.last_number if after is None else after)
    checked = _check(test, rows, shown, meant)
    if checked.problems:
        raise TypedRefused(_explained(rows, checked.problems), checked.warnings)
    try:
        added = add_candidates(test=test, rows=checked.ready, by=by, source=source)
    except RowsRefused as refused:
        # somebody took the same Candidate IDs between the check and the door's lock
        raise TypedRefused(_explained(rows, refused.problems), checked.warnings) from refused
    return added, checked.warnings


def check_typed(*, test: Test, rows: Sequence[TypedRow], meant: Collection[str] = ()) -> Checked:
    """Return what is wrong with the rows now. Stores nothing."""
    return _check(test, rows, shown_ids(rows, test.last_number), meant)


def _check(test: Test, rows: Sequence[TypedRow], shown: Sequence[str], meant: Collection[str]) -> Checked:
    """Return what is ready, wrong and to look at; whoever is on the test already is a problem."""
    mapped = [
        MappedRow(
            number,
            {
                CANDIDATE_ID: candidate_id,
                EXTRA_TIME: row.extra,
                NAME: row.name,
                PRIVATE_REFERENCE: row.reference,
                SEAT: row.seat,
            },
            kinds={CANDIDATE_ID: "meant"} if trim(candidate_id) in meant else {},
        )
        for number, (row, candidate_id) in enumerate(zip(rows, shown, strict=True), start=1)
    ]
    return check_rows(
        mapped,
        existing=existing_ids(test),
        duration=test.percent_base_minutes,
        limit=settings.EXTRA_TIME_LIMIT_MINUTES,
    )


def _explained(rows: Sequence[TypedRow], problems: Sequence[Problem]) -> list[Problem]:
    """Say of a generated number that is taken meanwhile what happened: nobody typed it; and how to insist on an ID."""
    taken = _("%(id)s was given to somebody else since this page was opened. Save again for the next one.")
    doubted = _("This looks like a date, a sum or nothing. If it is the Candidate ID, tick the box under the rows.")
    explained = []
    for problem in problems:
        if problem.column == CANDIDATE_ID and not trim(rows[problem.row - 1].candidate_id):
            explained.append(replace(problem, cell="", message=taken % {"id": problem.cell}))
        elif problem.column == CANDIDATE_ID and problem.doubt:
            explained.append(replace(problem, message=doubted))
        else:
            explained.append(problem)
    return explained
