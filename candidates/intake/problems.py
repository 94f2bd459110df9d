"""Check all rows of a list at once: every problem of every row, and who is ready."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.intake.cells import (
    CellProblem,
    clean_candidate_id,
    clean_name,
    clean_place,
    clean_reference,
    clean_seat,
    clean_sso_user_id,
    hidden_problem,
    parse_extra_time,
    trim,
)
from candidates.intake.columns import MappedRow
from candidates.intake.door import seat_taken
from candidates.intake.findings import Already, CandidateRow, Checked, Place, Present, Problem
from candidates.intake.headings import (
    BUILDING,
    CANDIDATE_ID,
    EXTRA_TIME,
    NAME,
    NUMBERED,
    PRIVATE_REFERENCE,
    ROOM,
    SEAT,
    SSO_USER_ID,
)
from candidates.intake.notices import Notices
from candidates.models.accounts import MAX_SSO_LENGTH
from candidates.tabular.damage import date_damage, spreadsheet_damage
from candidates.tabular.hidden import spelt_out

Value = TypeVar("Value")
NEEDED = frozenset({CANDIDATE_ID, SSO_USER_ID})


def check_rows(
    rows: Iterable[MappedRow],
    *,
    existing: Mapping[str, str],
    duration: int,
    limit: int,
    people: Mapping[str, str] | None = None,
    on_test: Mapping[str, Present] | None = None,
    staff: Collection[str] = (),
    places: Collection[Place] = (),
    references: Mapping[str, str] | None = None,
    authentication_type: str = "",
    person_key: Callable[[str], str] = candidate_key,
    generate_empty: bool = False,
    complete: bool = False,
) -> Checked:
    """Return the rows that are ready, all problems of all rows, warnings, and whose candidates are on the test already.

    `existing` maps the folded IDs on the test (`candidate_key`) to the IDs as shown, `people` the folded SSO user IDs
    (`person_key`) to the Candidate IDs of those persons, `staff` are the folded SSO user IDs of the test's planners,
    invigilators and graders. With `on_test`, a row whose candidate is on the test is gathered (D15); without, it is a
    problem, as for what is typed. `places` are the locations that are known, `references` the folded private
    references with the Candidate IDs of those persons. `duration` (the base of percentages, D12)
    and `limit` are minutes. `generate_empty` takes an empty Candidate ID as "the next generated one", which forms offer
    and files do not. A `complete` list knows people by their SSO user ID first, and may give them another Candidate ID
    or seat: whether somebody else has it afterwards, the plan says (rosters/plan.py).
    """
    check = _Check(
        existing=existing,
        duration=duration,
        limit=limit,
        people=people or {},
        on_test=on_test or {},
        staff=staff,
        authentication_type=authentication_type,
        person_key=person_key,
        generate_empty=generate_empty,
        complete=complete,
    )
    notices = Notices(existing=existing, places=places, references=references or {})
    for row in rows:
        ready = check.take(row)
        if ready is not None:
            notices.look_at(row, ready)
    check.seats()
    for one in check.already:
        notices.look_at_place(one.number, one.place if one.place != one.present.place else None)
    return Checked(tuple(check.ready), tuple(check.problems), notices.all(), tuple(check.already))


class _Check:
    """Gather what was found, row by row."""

    def __init__(
        self,
        *,
        existing: Mapping[str, str],
        duration: int,
        limit: int,
        people: Mapping[str, str],
        on_test: Mapping[str, Present],
        staff: Collection[str],
        authentication_type: str,
        person_key: Callable[[str], str],
        generate_empty: bool,
        complete: bool,
    ) -> None:
        self.existing = existing
        self.duration = duration
        self.limit = limit
        self.people = people
        self.on_test = on_test
        self.staff = staff
        self.authentication_type = authentication_type
        self.person_key = person_key
        self.generate_empty = generate_empty
        self.complete = complete
        self._by_person = {one.person: one for one in on_test.values() if one.person} if complete else {}
        self.ready: list[CandidateRow] = []
        self.already: list[Already] = []
        self.problems: list[Problem] = []
        self._ids: dict[str, tuple[int, str]] = {}
        self._people: dict[str, int] = {}
        self._seats: dict[tuple[Place, str], list[tuple[MappedRow, str]]] = {}

    def take(self, row: MappedRow) -> CandidateRow | None:
        """Check one row, and return it where it is ready to be added."""
        before = len(self.problems)
        if row.surplus:
            message = _("The row has more cells than the list has columns. Perhaps a name holds the separator.")
            self.problems.append(Problem(row.number, "", row.surplus, message))
        candidate_id, present = self._candidate_id(row)
        minutes = self._cell(row, EXTRA_TIME, self._minutes) or 0
        sso_user_id = ""
        if SSO_USER_ID in row.values:
            sso_user_id, present = self._sso_user_id(row, present)
        building = self._cell(row, BUILDING, clean_place) or ""
        room = self._cell(row, ROOM, clean_place) or ""
        place = self._place_after(row, present.place, (building, room)) if present else (building, room)
        name = self._cell(row, NAME, clean_name) or ""
        reference = self._cell(row, PRIVATE_REFERENCE, clean_reference) or ""
        seat = self._cell(row, SEAT, clean_seat) or ""
        if present:
            name, reference = name or present.name, reference or present.private_reference
            seat = seat or (present.seat if place == present.place else "")  # a seat belongs to its room
        if seat:
            self._seats.setdefault((place, seat), []).append((row, candidate_id))
        if len(self.problems) > before:
            return None
        if present:
            extra = minutes if trim(row.values.get(EXTRA_TIME, "")) else present.extra_minutes
            as_it_is = candidate_key(present.candidate_id) == candidate_key(candidate_id)
            shown = present.candidate_id if as_it_is else candidate_id
            self.already.append(Already(row.number, present, extra, place, name, reference, seat, shown))
            return None
        ready = CandidateRow(
            number=row.number,
            candidate_id=candidate_id,
            extra_minutes=minutes,
            location=place if any(place) else None,
            sso_user_id=sso_user_id,
            authentication_type=self.authentication_type if sso_user_id else "",
            private_reference=reference,
            name=name,
            seat=seat,
        )
        self.ready.append(ready)
        return ready

    def seats(self) -> None:
        """Note who gets a seat that somebody else of the list, or of the test, has in that room."""
        if not self._seats:
            return
        moving = {one.present.pk for one in self.already}
        staying = () if self.complete else (one for one in self.on_test.values() if one.pk not in moving)
        seated = {(one.place, one.seat): one.candidate_id for one in staying}
        wrong: set[int] = set()
        for where, rows in self._seats.items():
            shown = seated.get(where) or rows[0][1]
            for row, _candidate_id in rows if where in seated else rows[1:]:
                self._note(row, SEAT, seat_taken(shown))
                wrong.add(row.number)
        if wrong:
            self.ready = [row for row in self.ready if row.number not in wrong]
            self.already = [row for row in self.already if row.number not in wrong]

    def _minutes(self, raw: str) -> int:
        return parse_extra_time(raw, duration_minutes=self.duration, limit=self.limit)

    def _cell(self, row: MappedRow, column: str, clean: Callable[[str], Value]) -> Value | None:
        """Return a cleaned cell, or None after noting its problem."""
        raw = row.values.get(column, "")
        if not raw and column not in NEEDED and column not in row.kinds:  # most columns of most lists
            return None
        try:
            refuse_kind(row, column)
            return clean(raw)
        except CellProblem as problem:
            self.problems.append(Problem(row.number, column, raw, problem.message, problem.proposal))
            return None

    def _candidate_id(self, row: MappedRow) -> tuple[str, Present | None]:
        """Return the cleaned Candidate ID, "" after noting a problem or where it will be generated, and whose it is."""
        if self.generate_empty and not trim(row.values.get(CANDIDATE_ID, "")):
            return "", None
        value = self._cell(row, CANDIDATE_ID, _undamaged_id)
        if value is None:
            return "", None
        key = candidate_key(value)
        first, shown = self._ids.setdefault(key, (row.number, value))
        # a generated number stands for the person in the reference: whoever has it on the test is somebody else
        present = None if row.values.get(NUMBERED) else self.on_test.get(key)
        if first != row.number:
            self._note(row, CANDIDATE_ID, _same_id(first, shown, value))
        elif present is None and key in self.existing:
            self._note(row, CANDIDATE_ID, _("%(shown)s is already on this test.") % {"shown": self.existing[key]})
        return value, present

    def _sso_user_id(self, row: MappedRow, present: Present | None) -> tuple[str, Present | None]:
        """Return the cleaned SSO user ID, "" after noting a problem, and who on the test is meant by the row.

        One person is on a test once (D23, C12, C44). `present` has the Candidate ID of the row.
        """
        value = self._cell(row, SSO_USER_ID, clean_sso_user_id)
        if value is None:
            return "", present
        key = self.person_key(value)
        if len(key) > MAX_SSO_LENGTH:  # folding can make a text longer than the column that it is stored in
            message = _("It has %(count)d characters. It can have at most %(longest)d.")
            self._note(row, SSO_USER_ID, message % {"count": len(key), "longest": MAX_SSO_LENGTH})
            return "", present
        if self.complete:
            present = self._by_person.get(key)
        first = self._people.setdefault(key, row.number)
        if first != row.number:
            self._note(row, SSO_USER_ID, _("Row %(row)d has the same person.") % {"row": first})
        elif key in self.staff:
            message = _("This person plans, invigilates or grades the test, and cannot be its candidate.")
            self._note(row, SSO_USER_ID, message)
        elif present is not None and present.person != key:
            message = _("%(shown)s is already on this test, as somebody else.")
            self._note(row, CANDIDATE_ID, message % {"shown": present.candidate_id})
        elif present is None and key in self.people:
            message = _("This person is already on the test as candidate %(shown)s.")
            self._note(row, SSO_USER_ID, message % {"shown": self.people[key]})
        return value, present

    def _place_after(self, row: MappedRow, now: Place, wanted: Place) -> Place:
        """Return where somebody on the test sits after an update: half a location would be a guess (D15)."""
        building, room = wanted
        if wanted == ("", "") or (building or now[0], room or now[1]) == now:
            return now
        found = {"place": " ".join(filter(None, now))}
        if not building and now[0]:
            self._note(row, BUILDING, _("Write the building too: this candidate is in %(place)s now.") % found)
        if not room and now[1]:
            self._note(row, ROOM, _("Write the room too: this candidate is in %(place)s now.") % found)
        return wanted

    def _note(self, row: MappedRow, column: str, message: str) -> None:
        self.problems.append(Problem(row.number, column, row.values.get(column, ""), message))


def _same_id(first: int, shown: str, value: str) -> str:
    if shown == value:
        return _("Row %(row)d has the same Candidate ID.") % {"row": first}
    message = _("Row %(row)d has the same Candidate ID, written %(shown)s. Capitals do not tell two candidates apart.")
    return message % {"row": first, "shown": shown}


def refuse_kind(row: MappedRow, column: str) -> None:
    """Raise CellProblem for a cell whose text is not what was typed (F8, C39)."""
    kind = row.kinds.get(column)
    if kind == "hidden" and (found := spelt_out(row.values[column])):
        raise hidden_problem(*found)
    if kind == "formula":
        raise CellProblem(_("The formula has no stored result. Open the workbook, save it, and upload it again."))
    if kind == "date":
        damage = date_damage(row.values[column]) if column == CANDIDATE_ID else None
        message = _("The spreadsheet turned this into a date or a time. Type it from your own list.")
        raise CellProblem(damage.message if damage else message, damage.proposal if damage else None)
    if kind == "error":
        raise CellProblem(_("The spreadsheet shows an error in this cell. Type the value from your own list."))
    if kind == "digits":
        raise CellProblem(_("The spreadsheet keeps only 15 digits of a number. Type it from your own list."))
    if kind == "format":
        shown = row.values[column]
        if column == EXTRA_TIME and "%" not in shown and not shown.isdecimal():
            return  # 30 in the format 0 "min": checked as if "30 min" were typed
        message = _("The spreadsheet shows this number in a format of its own. Check the number.")
        raise CellProblem(message, shown)


def _undamaged_id(raw: str) -> str:
    """Return a cleaned Candidate ID. Raises CellProblem, also for what a spreadsheet has damaged."""
    value = clean_candidate_id(raw)
    damage = spreadsheet_damage(value)
    if damage:
        raise CellProblem(damage.message, damage.proposal)
    return value
