"""The tables of the preview: cells to fix, rows to look at, candidates on the test already, and rows that are ready."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.intake.columns import SURPLUS, MappedRow
from candidates.intake.drafts import Mends, mended
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
from candidates.intake.odd_cells import reads_as_nothing
from candidates.intake.permanent import USERNAME

COLUMNS = (NAME, SSO_USER_ID, BUILDING, ROOM, SEAT, PRIVATE_REFERENCE)
"""Columns of the table of ready rows that are there only where the list has them."""
_KNOWN_BY = (CANDIDATE_ID, NAME, "first_name", "last_name", SSO_USER_ID, USERNAME, "email", "external_id")
"""Columns by which the person of a row is known, of candidates and of permanent users."""
MAX_CELL = 200
MAX_USE = 12
MAX_FIELDS = 200
"""Cells that can be mended on one page: Django takes 1000 fields, and a person mends more of them in a spreadsheet."""


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One cell that is wrong: as it was read, what is wrong, and the field in which it is mended ("" for none).

    `who` says whose row it is, as far as the other cells say it; `keep` names the button that takes the cell as meant.
    """

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
    who: str = ""
    keep: str = ""
    keep_words: str = ""
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
    skipped: int = 0  # rows that are ready between the row above and this one, and not shown


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
    mends: Mends | None = None,
) -> list[ProblemLine]:
    """Return a line per problem; only the first one of a cell has its field, and only MAX_FIELDS have one at all.

    Cells of `secret` columns, which nobody sees, and of `fixed` ones have none. `mends` are those of the rows.
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
        place = f"{problem.row}-{problem.column}"
        lines.append(
            ProblemLine(
                row=problem.row,
                column=name if problem.column else _("Whole row"),
                cell=short(before),
                message=problem.message,
                field=field if mendable else "",
                was=f"was-{problem.row}-{problem.column}",
                value=problem.cell,
                label=_("%(column)s, row %(row)d") % {"column": name, "row": problem.row} if mendable else "",
                use=place if proposal is not None and mendable else "",
                use_words=_use_words(problem.cell, proposal or "") if mendable else "",
                who=""
                if row is None or problem.doubt == "nobody"
                else _whose(mended(row, mends or {}), problem.column),
                keep=place if problem.doubt and mendable else "",
                keep_words=_keep_words(problem) if problem.doubt and mendable else "",
                leave_out=first or hidden,
                secret=hidden,
                make=hidden and bool(problem.column),
            )
        )
    return lines


def _whose(row: MappedRow, column: str) -> str:
    """Return by what somebody is known in a row, without the cell of this column: the heading names it already."""
    named = (row.values.get(name, "").strip() for name in _KNOWN_BY if name != column)
    return ", ".join(short(text) for text in named if text and not reads_as_nothing(text))


def _keep_words(problem: Problem) -> str:
    """Return what the button says that takes a doubted cell as it stands."""
    if problem.doubt == "nobody" or len(problem.cell) > MAX_USE:
        return _("It is meant so") if problem.doubt != "nobody" else _("Keep this row")
    return _("Keep %(value)s") % {"value": problem.cell.strip()}


def _use_words(cell: str, proposal: str) -> str:
    """Return what the button of a proposal says: the value, or what is done where the value is long."""
    if not proposal:
        return _("Leave it empty")
    if len(proposal) <= MAX_USE:
        return _("Use %(value)s") % {"value": proposal}
    return _("Remove space") if cell.replace(" ", "") == proposal else _("Use proposal")


def rows_with(text: str, rows: Iterable[MappedRow]) -> frozenset[int]:
    """Return the numbers of the rows that have a text in one of their cells, or have this number."""
    key = candidate_key(text)
    return frozenset(
        row.number
        for row in rows
        if str(row.number) == key or any(key in candidate_key(value) for value in row.values.values())
    )


def ready_lines(
    shown: Sequence[CandidateRow], read: Mapping[int, MappedRow], *, gap: tuple[int, int] = (0, 0)
) -> list[ReadyLine]:
    """Return the rows that are ready, with the cells that were read where something else will be stored.

    `gap` is the place of the row above which others are not shown, and how many those are.
    """
    lines = []
    for place, row in enumerate(shown):
        values = read[row.number].values
        candidate_id, extra = values.get(CANDIDATE_ID, ""), values.get(EXTRA_TIME, "")
        minutes = str(row.extra_minutes) if row.extra_minutes else ""
        id_before = candidate_id if candidate_id != row.candidate_id else ""
        plain_extra = extra.strip() in (minutes, "0", "") or (not minutes and reads_as_nothing(extra))
        extra_before = "" if plain_extra else extra.strip()
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
                skipped=gap[1] if place == gap[0] else 0,
            )
        )
    return lines


def already_lines(already: Iterable[Already], *, update: bool, prepared: bool = False) -> list[AlreadyLine]:
    """Return the rows whose candidates are on the test; with `update`, what changes for each.

    `prepared` are people for whom something is prepared, who may have joined.
    """
    lines = []
    started = _("Has joined: change the candidate.") if prepared else _("Has started, so extra time and location stay.")
    for row in already:
        now = row.present
        place, after = (" ".join(filter(None, one)) for one in (now.place, row.place))
        changes = update and row.changes
        lines.append(
            AlreadyLine(
                row=row.number,
                candidate_id=now.person if prepared else now.candidate_id,
                extra=str(now.extra_minutes or ""),
                extra_after=str(row.extra_minutes) if changes and row.extra_minutes != now.extra_minutes else "",
                place=place,
                place_after=after if changes and after != place else "",
                more=_more_changes(row, prepared=prepared) if changes else (),
                note=started if now.started else "",
            )
        )
    return lines


def _more_changes(row: Already, *, prepared: bool) -> tuple[tuple[str, str, str], ...]:
    """Return which of name, seat and private reference an update changes: column, before, after."""
    columns = (*((CANDIDATE_ID,) if prepared else ()), NAME, SEAT, PRIVATE_REFERENCE)
    found = [(name, getattr(row.present, name), getattr(row, name)) for name in columns]
    return tuple((column_label(name), before, after) for name, before, after in found if before != after)


def short(cell: str) -> str:
    """Return a cell as a table shows it, cut where it is long."""
    return Truncator(cell).chars(MAX_CELL) if len(cell) > MAX_CELL else cell
