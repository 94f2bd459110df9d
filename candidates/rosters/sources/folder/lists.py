"""Read a file of a drop folder as the complete list of one exam: all of it is right, or nothing of it is taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import AuthenticationType
from candidates.intake.assigning import missing
from candidates.intake.cells import trim
from candidates.intake.columns import Mapped, MappedRow, map_columns
from candidates.intake.findings import CandidateRow, Checked, NoticeKind, Problem
from candidates.intake.found import read_list
from candidates.intake.headings import CANDIDATE_ID, EXTRA_TIME, SEAT, SSO, SSO_USER_ID, Spec
from candidates.intake.list_formats import formats_for_everybody
from candidates.intake.problems import check_rows
from candidates.intake.reading import CANDIDATE_BOUNDS
from candidates.lifecycle.seats import Place, seat_key
from candidates.rosters.source import Accommodation, AccommodationKind, Enrolment
from candidates.tabular.table import MIB, Table, UnreadableFile, column_letter

LARGEST = CANDIDATE_BOUNDS.workbook
ROSTER = Spec(SSO.kind, SSO.fields, frozenset({SSO_USER_ID}), order=SSO.order)
"""The columns of a list with SSO user IDs, which can do without Candidate IDs: they are then generated."""
_PERCENT = re.compile(r"([0-9]{1,4}(?:[.,][0-9]{1,2})?)\s*%")
# What somebody has to look at before it is applied: IDs by which graders would know people, and damaged values.
_DOUBTFUL: frozenset[NoticeKind] = frozenset(
    {"personal", "names", "same_as_sso", "decimals", "zeros", "letters", "unlike"}
)
# These are of the test that a list is for, or of its duration, and a file here is of none.
_NOT_HERE: frozenset[NoticeKind] = frozenset({"whole", "places", "rooms", "known", "unknown", "somebody_else"})


class NoList(Exception):
    """A file is no list that can be taken. `problems` are its wrong rows, where it is about rows."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class ReadList:
    """The people of a file, and how it was read. `remarks` are about single cells, and block nothing."""

    people: tuple[Enrolment, ...]
    has_candidate_ids: bool
    how: str
    notices: tuple[str, ...]
    doubts: tuple[str, ...]
    remarks: tuple[Problem, ...]


def read_people(data: bytes, name: str, *, sso: AuthenticationType | None) -> ReadList:
    """Return the people of a list. Raises NoList, with every wrong row, where anything of it is wrong."""
    formats = formats_for_everybody(ROSTER.kind)
    try:
        table, mapped = read_list(
            data,
            name,
            bounds=CANDIDATE_BOUNDS,
            spec=ROSTER,
            map_rows=lambda found: map_columns(found, ROSTER, formats=formats),
        )
    except UnreadableFile as error:
        raise NoList(error.message) from None
    if mapped.total > CANDIDATE_BOUNDS.rows:
        message = _("The list has %(n)d rows; a test holds %(most)d.")
        raise NoList(message % {"n": mapped.total, "most": CANDIDATE_BOUNDS.rows})
    _refuse_columns(mapped)
    checked = check_rows(
        mapped.rows,
        existing={},
        on_test={},
        duration=1,  # unknown here: percentages are kept as they are, and reckoned for the test
        limit=settings.EXTRA_TIME_LIMIT_MINUTES,
        sso=sso,
        complete=True,
        generate_empty=True,
    )
    problems = _without_duration(_with_seats(checked))
    if problems:
        wrong = len({one.row for one in problems})
        message = ngettext(
            "%(n)d row of %(all)d is wrong, so nothing of the list is taken.",
            "%(n)d rows of %(all)d are wrong, so nothing of the list is taken.",
            wrong,
        )
        raise NoList(message % {"n": wrong, "all": len(mapped.rows)}, problems)
    if not checked.ready:
        raise NoList(_("Nobody is on the list."))
    raw = {row.number: row for row in mapped.rows}
    remarks = [one for one in checked.warnings if one.kind not in _NOT_HERE]
    doubted = [one for one in remarks if one.kind in _DOUBTFUL]
    return ReadList(
        people=tuple(_enrolment(row, raw[row.number], sso) for row in checked.ready),
        has_candidate_ids=CANDIDATE_ID in mapped.fields,
        how=_how(table, mapped),
        notices=tuple(_notices(table, mapped, len(remarks))),
        doubts=tuple(_doubts(table, mapped, len(doubted))),
        remarks=tuple(remarks),
    )


def _refuse_columns(mapped: Mapped) -> None:
    """Refuse a list of which nobody can say what its columns are, unless a format for everybody says so."""
    said = []
    lacking = missing(mapped.columns, ROSTER)
    for name in lacking:
        said.append(_("No column is read as %(label)s.") % {"label": ROSTER.words.label(name)})
    twins = [one.heading.strip()[:60] for one in mapped.columns if one.why == "twice"]
    if twins:
        message = _("Several columns could be the same one: %(columns)s.")
        said.append(message % {"columns": ", ".join(f"“{one}”" for one in twins)})
    if said:
        advice = _("Give each column its usual heading, or remember a format for everybody in the preview of a list.")
        raise NoList(" ".join([*said, advice]))


def _with_seats(checked: Checked) -> Iterator[Problem]:
    """Yield all problems, and the seats that two people of the list have, at which a plan would look later."""
    yield from checked.problems
    seats: dict[tuple[Place, str], int] = {}
    for row in checked.ready:
        first = seats.setdefault(seat_key(row.location or ("", ""), row.seat), row.number) if row.seat else row.number
        if first != row.number:
            message = _("Row %(row)d has the same seat.") % {"row": first}
            yield Problem(row.number, SEAT, row.seat, message)


def _without_duration(problems: Iterator[Problem]) -> list[Problem]:
    """Return problems by row, and none that reckons with a duration: the list's test is not known."""
    message = _("Write whole minutes, like 30, or a percentage, like 25 %.")
    found = [
        replace(one, message=message, proposal=None)
        if one.column == EXTRA_TIME and not trim(one.cell).isdecimal()
        else one
        for one in problems
    ]
    return sorted(found, key=lambda one: one.row)


def _enrolment(row: CandidateRow, read: MappedRow, sso: AuthenticationType | None) -> Enrolment:
    building, room = row.location or ("", "")
    person = sso.key(row.sso_user_id) if sso else row.sso_user_id.casefold()
    return Enrolment(
        key=person,
        login=row.sso_user_id,
        candidate_id=row.candidate_id,
        name=row.name,
        student_number=row.private_reference,
        accommodations=tuple(_accommodations(row, read.values)),
        building=building,
        room=room,
        seat=row.seat,
    )


def _accommodations(row: CandidateRow, values: Mapping[str, str]) -> Iterator[Accommodation]:
    if percent := _PERCENT.fullmatch(trim(values.get(EXTRA_TIME, ""))):
        yield Accommodation(AccommodationKind.PERCENT, percent[1].replace(",", "."))
    elif row.extra_minutes:
        yield Accommodation(AccommodationKind.MINUTES, str(row.extra_minutes))


def _how(table: Table, mapped: Mapped) -> str:
    """Say in what way the file was read."""
    parts = []
    if table.sheet:
        parts.append(_("sheet “%(sheet)s”") % {"sheet": table.sheet})
    if table.encoding:
        parts.append(_("letters as %(encoding)s") % {"encoding": table.encoding})
    if mapped.format_name:
        parts.append(_("by the format “%(name)s”") % {"name": mapped.format_name})
    elif mapped.header_row is None:
        parts.append(_("without headings, by the usual order of columns"))
    named = [ROSTER.words.label(name) for name in mapped.fields]
    parts.append(_("columns: %(names)s") % {"names": ", ".join(named)})
    return "; ".join(parts)


def _notices(table: Table, mapped: Mapped, remarks: int) -> Iterator[str]:
    if unread := mapped.left_out:
        shown = ", ".join(f"“{one[:60]}”" for one in unread[:10])
        yield _("Not read are the columns %(names)s.") % {"names": shown}
    if CANDIDATE_ID not in mapped.fields:
        yield _("The list has no Candidate IDs: they are generated.")
    if remarks:
        message = ngettext(
            "%(n)d remark about cells stands in the report beside the file.",
            "%(n)d remarks about cells stand in the report beside the file.",
            remarks,
        )
        yield message % {"n": remarks}
    if len(table.sheets) > 1:
        yield _("The workbook has several sheets; “%(sheet)s” is the list.") % {"sheet": table.sheet}


def _doubts(table: Table, mapped: Mapped, doubted: int) -> Iterator[str]:
    """Yield what somebody has to say yes to, as the preview of an upload asks."""
    if table.confirm_letters:
        message = _("The letters were read as %(encoding)s, which is a guess: look whether the names are right.")
        yield message % {"encoding": table.encoding}
    read = {row.number for row in mapped.rows}
    if hidden := [number for number in table.hidden_rows if number in read]:
        message = ngettext(
            "%(n)d row is hidden in the workbook: look whether it belongs to the list.",
            "%(n)d rows are hidden in the workbook: look whether they belong to the list.",
            len(hidden),
        )
        yield message % {"n": len(hidden)}
    if table.hidden_columns:
        letters = ", ".join(map(column_letter, table.hidden_columns))
        yield _("Hidden columns of the workbook were read too: %(letters)s.") % {"letters": letters}
    if doubted:
        message = ngettext(
            "%(n)d remark is of something that may be wrong, like an ID that names its person: look at the report.",
            "%(n)d remarks are of something that may be wrong, like an ID that names its person: look at the report.",
            doubted,
        )
        yield message % {"n": doubted}


def too_large(size: int) -> str:
    """Say that a file is larger than any list."""
    message = _("It has %(size).1f MB; a list can have %(most)d MB. 1500 candidates need far less.")
    return message % {"size": size / MIB, "most": LARGEST // MIB}
