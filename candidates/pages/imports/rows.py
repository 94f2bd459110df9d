"""The tables of the preview: cells to fix, rows to look at, candidates on the test already, and rows that are ready."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from candidates.intake.columns import SURPLUS, MappedRow
from candidates.intake.findings import Already, CandidateRow, Problem
from candidates.intake.headings import (
    BUILDING,
    CANDIDATE_ID,
    EXTRA_TIME,
    NAME,
    PRIVATE_REFERENCE,
    ROOM,
    SEAT,
    SSO_USER_ID,
    column_label,
)
from candidates.intake.permanent import USERNAME

COLUMNS = (NAME, SSO_USER_ID, BUILDING, ROOM, SEAT, PRIVATE_REFERENCE)
"""Columns of the table of ready rows that are there only where the list has them."""
MAX_CELL = 200
MAX_USE = 12
MAX_FIELDS = 200
"""Cells that can be mended on one page: Django takes 1000 fields, and a person mends more of them in a spreadsheet."""


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One cell that is wrong: as it was read, what is wrong, and the field in which it is mended ("" for none)."""

    row: int
    column: str
    cell: str
    message: str
    field: str
    was: str  # the field that says what the page showed
    value: str
    label: str
    use: str
    use_words: str
    leave_out: bool = False  # offered without a field, too
    secret: bool = False  # what stands in the cell is shown to nobody, and typed by nobody
    make: bool = False  # the cell of a password, in whose place one can be made


@dataclass(frozen=True, slots=True)
class ReadyLine:
    """One row that is ready; `id_before` and `extra_before` are the cells where the test will hold something else.

    `plain` rows, nearly all of them, have an ID as it stands in the file and nothing else to show.
    """

    row: str
    candidate_id: str
    extra: str
    id_before: str
    extra_before: str
    sso_user_id: str
    building: str
    room: str
    plain: bool
    username: str = ""
    name: str = ""
    seat: str = ""
    private_reference: str = ""


@dataclass(frozen=True, slots=True)
class AlreadyLine:
    """One row whose candidate is on the test: what there is, and what an update would make of it ("" for no change)."""

    row: int
    candidate_id: str
    extra: str
    extra_after: str
    place: str
    place_after: str
    more: tuple[tuple[str, str, str], ...]  # what else changes: column, before, after
    note: str


def problem_lines(
    problems: Sequence[Problem],
    read: Mapping[int, MappedRow],
    *,
    label: Callable[[str], str] = column_label,
    secret: Collection[str] = (),
    fixed: Collection[str] = (),
) -> list[ProblemLine]:
    """Return a line per problem; only the first one of a cell has its field, and only MAX_FIELDS have one at all.

    Cells of `secret` columns, which nobody sees, and of `fixed` ones have none.
    """
    lines: list[ProblemLine] = []
    fields: set[str] = set()
    for problem in problems:
        field = f"cell-{problem.row}-{problem.column}"
        hidden = problem.column in secret
        first = field not in fields and len(fields) < MAX_FIELDS
        mendable = first and not hidden and problem.column not in fixed
        fields.add(field)
        name = label(problem.column) if problem.column else _("Too many cells")
        row = read.get(problem.row)
        before = "" if row is None else row.surplus if problem.column == SURPLUS else row.values.get(problem.column, "")
        proposal = problem.proposal
        lines.append(
            ProblemLine(
                row=problem.row,
                column=name if problem.column else _("Whole row"),
                cell=short(before),
                message=problem.message,
                field=field if mendable else "",
                was=f"was-{problem.row}-{problem.column}",
                value=problem.cell,
                label=_("%(column)s, row %(row)d") % {"column": name, "row": problem.row},
                use=f"{problem.row}-{problem.column}" if proposal is not None and mendable else "",
                use_words=_use_words(problem.cell, proposal or ""),
                leave_out=first or hidden,
                secret=hidden,
                make=hidden and bool(problem.column),
            )
        )
    return lines


def _use_words(cell: str, proposal: str) -> str:
    """Return what the button of a proposal says: the value, or what is done where the value is long."""
    if len(proposal) <= MAX_USE:
        return _("Use %(value)s") % {"value": proposal}
    return _("Remove space") if cell.replace(" ", "") == proposal else _("Use proposal")


def ready_lines(shown: Sequence[CandidateRow], read: Mapping[int, MappedRow]) -> list[ReadyLine]:
    """Return the rows that are ready, with the cells that were read where something else will be stored."""
    lines = []
    for row in shown:
        values = read[row.number].values
        candidate_id, extra = values.get(CANDIDATE_ID, ""), values.get(EXTRA_TIME, "")
        minutes = str(row.extra_minutes) if row.extra_minutes else ""
        id_before = candidate_id if candidate_id != row.candidate_id else ""
        extra_before = extra.strip() if extra.strip() not in (minutes, "0", "") else ""
        building, room = row.location or ("", "")
        plain = not (id_before or minutes or extra_before)
        lines.append(
            ReadyLine(
                row=str(row.number),
                candidate_id=row.candidate_id,
                extra=minutes,
                id_before=id_before,
                extra_before=extra_before,
                sso_user_id=row.sso_user_id,
                building=building,
                room=room,
                plain=plain,
                username=values.get(USERNAME, ""),
                name=row.name,
                seat=row.seat,
                private_reference=row.private_reference,
            )
        )
    return lines


def already_lines(already: Iterable[Already], *, update: bool) -> list[AlreadyLine]:
    """Return the rows whose candidates are on the test; with `update`, what changes for each."""
    lines = []
    for row in already:
        now = row.present
        place, after = (" ".join(filter(None, one)) for one in (now.place, row.place))
        changes = update and row.changes
        lines.append(
            AlreadyLine(
                row=row.number,
                candidate_id=now.candidate_id,
                extra=str(now.extra_minutes or ""),
                extra_after=str(row.extra_minutes) if changes and row.extra_minutes != now.extra_minutes else "",
                place=place,
                place_after=after if changes and after != place else "",
                more=_more_changes(row) if changes else (),
                note=_("Has started, so extra time and location stay.") if now.started else "",
            )
        )
    return lines


def _more_changes(row: Already) -> tuple[tuple[str, str, str], ...]:
    """Return which of name, seat and private reference an update changes: column, before, after."""
    found = [(name, getattr(row.present, name), getattr(row, name)) for name in (NAME, SEAT, PRIVATE_REFERENCE)]
    return tuple((column_label(name), before, after) for name, before, after in found if before != after)


def short(cell: str) -> str:
    """Return a cell as a table shows it, cut where it is long."""
    return Truncator(cell).chars(MAX_CELL) if len(cell) > MAX_CELL else cell
