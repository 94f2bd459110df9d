"""The tables of the preview: cells to fix, rows to look at, candidates on the test already, and rows that are ready."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.cells import looks_personal
from candidates.intake.columns import MappedRow
from candidates.intake.findings import Already, Notice, NoticeKind, Problem
from candidates.intake.headings import BUILDING, CANDIDATE_ID, EXTRA_TIME, ROOM, SSO_USER_ID, column_label
from candidates.intake.listing import SURPLUS
from candidates.intake.rows import CandidateRow

COLUMNS = (SSO_USER_ID, BUILDING, ROOM)
"""Columns of the table of ready rows that are there only where the list has them."""
LONGEST_CELL = 200
LONGEST_USE = 12
MOST_FIELDS = 200
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


@dataclass(frozen=True, slots=True)
class AlreadyLine:
    """One row whose candidate is on the test: what there is, and what an update would make of it ("" for no change)."""

    row: int
    candidate_id: str
    extra: str
    extra_after: str
    place: str
    place_after: str
    note: str


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One row to look at, with what its repair would write ("" for none)."""

    row: int
    cell: str
    message: str
    repaired: str


@dataclass(frozen=True, slots=True)
class NoticeGroup:
    """Rows of one kind of notice, and the button that repairs them all ("" for none)."""

    key: str
    heading: str
    caption: str
    notices: Sequence[NoticeLine]
    button: str
    name: str
    shape: str = "is-warn"


def problem_lines(problems: Sequence[Problem], read: Mapping[int, MappedRow]) -> list[ProblemLine]:
    """Return a line per problem; only the first one of a cell has its field, and only MOST_FIELDS have one at all."""
    lines: list[ProblemLine] = []
    fields: set[str] = set()
    for problem in problems:
        field = f"cell-{problem.row}-{problem.column}"
        mendable = field not in fields and len(fields) < MOST_FIELDS
        fields.add(field)
        name = column_label(problem.column) if problem.column else _("Cells too many")
        row = read.get(problem.row)
        before = "" if row is None else row.surplus if problem.column == SURPLUS else row.values.get(problem.column, "")
        proposal = problem.proposal
        lines.append(
            ProblemLine(
                row=problem.row,
                column=name if problem.column else _("Whole row"),
                cell=_short(before),
                message=problem.message,
                field=field if mendable else "",
                was=f"was-{problem.row}-{problem.column}",
                value=problem.cell,
                label=_("%(column)s, row %(row)d") % {"column": name, "row": problem.row},
                use=f"{problem.row}-{problem.column}" if proposal is not None and mendable else "",
                use_words=_use_words(problem.cell, proposal or ""),
            )
        )
    return lines


def _use_words(cell: str, proposal: str) -> str:
    """Return what the button of a proposal says: the value, or what is done where the value is long."""
    if len(proposal) <= LONGEST_USE:
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
                note=_("Has started, so extra time and location stay.") if now.started else "",
            )
        )
    return lines


def notice_groups(notices: Sequence[Notice]) -> list[NoticeGroup]:
    """Return what should be looked at: first who graders would recognise (D21), then what may be damaged (D2, F8)."""
    by_kind: dict[NoticeKind, list[Notice]] = {}
    for notice in notices:
        by_kind.setdefault("personal" if notice.kind == "same_as_sso" else notice.kind, []).append(notice)
    return [_group(kind, found) for kind, found in by_kind.items()]


def _group(kind: NoticeKind, found: Sequence[Notice]) -> NoticeGroup:
    count = len(found)
    repairable = sum(bool(notice.fixes) for notice in found)
    heading, caption, button = _GROUPS[kind](found, count)
    lines = [
        NoticeLine(one.row, _short(one.cell), one.message, _short(one.proposal or "") if one.fixes else "")
        for one in found
    ]
    generates = kind == "personal"
    return NoticeGroup(
        key=kind,
        heading=heading % {"n": count},
        caption=caption,
        notices=lines,
        button=button if generates or repairable else "",
        name="generate" if generates else "repair",
        shape="" if kind == "tidied" else "is-warn",
    )


def _known(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext(
        "%(n)d candidate may be on the test already, under a number",
        "%(n)d candidates may be on the test already, under a number",
        count,
    )
    return heading, _("Add these rows only if they are other people: each would be on the test twice."), ""


def _personal(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    if all(notice.kind == "personal" and looks_personal(notice.cell) == "name" for notice in found):
        heading = ngettext("%(n)d Candidate ID looks like a name", "%(n)d Candidate IDs look like names", count)
    else:
        heading = ngettext("%(n)d Candidate ID looks personal", "%(n)d Candidate IDs look personal", count)
    caption = _(
        "Graders see the Candidate ID. You may add these as they are, but graders then see who it is. "
        "Generated numbers are dealt out at random; the ID from your list is kept as private reference, for planners."
    )
    return heading, caption, _("Use generated numbers instead")


def _zeros(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    return (
        ngettext("%(n)d Candidate ID may have lost its zeros", "%(n)d Candidate IDs may have lost their zeros", count),
        _("Spreadsheets drop zeros at the beginning of a number. You may add these as they are."),
        _("Put the zeros back"),
    )


def _letters(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    return (
        ngettext("%(n)d Candidate ID has a look-alike letter", "%(n)d Candidate IDs have look-alike letters", count),
        _("They look the same on paper and are not. Who types the ID from a list will not find it."),
        _("Use the usual letters"),
    )


def _places(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    return (
        ngettext("%(n)d location is written like another one", "%(n)d locations are written like others", count),
        _("Invigilators' rooms are compared to the letter: these would be rooms of their own."),
        _("Use the names that exist"),
    )


def _tidied(found: Sequence[Notice], count: int) -> tuple[str, str, str]:
    heading = ngettext("%(n)d cell was tidied", "%(n)d cells were tidied", count)
    return heading, _("Nothing to do: this is what is stored, and it looks the same."), ""


_GROUPS = {
    "known": _known,
    "personal": _personal,
    "zeros": _zeros,
    "letters": _letters,
    "places": _places,
    "tidied": _tidied,
}


def _short(cell: str) -> str:
    return Truncator(cell).chars(LONGEST_CELL) if len(cell) > LONGEST_CELL else cell
