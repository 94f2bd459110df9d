"""Check all rows of a list at once: every problem of every row, and who is ready."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from candidates.authentication_types import AuthenticationType
from candidates.candidate_ids import candidate_key
from candidates.intake.cells import (
    CellProblem,
    clean_candidate_id,
    clean_name,
    clean_place,
    clean_reference,
    clean_seat,
    trim,
)
from candidates.intake.columns import MappedRow
from candidates.intake.decimals import with_decimals
from candidates.intake.extra_time import parse_extra_time
from candidates.intake.findings import Already, CandidateRow, Checked, Present, Problem
from candidates.intake.headings import (
    BUILDING,
    CANDIDATE_ID,
    CANDIDATE_WORDS,
    EXTRA_TIME,
    NAME,
    NUMBERED,
    PRIVATE_REFERENCE,
    ROOM,
    SEAT,
    SSO_USER_ID,
)
from candidates.intake.nobody import rows_of_nobody
from candidates.intake.notices import Notices
from candidates.intake.odd_cells import reads_as_nothing, refuse_kind, refuse_whole_row, undamaged_id
from candidates.intake.other_people import about_others, same_references
from candidates.intake.rooms import Rooms, room_notices
from candidates.intake.sso_ids import clean_sso_user_id
from candidates.lifecycle.seats import Place, seat_key, seat_taken
from candidates.models.accounts import MAX_SSO_LENGTH

Value = TypeVar("Value")
_NOT_AVAILABLE = "na"  # what statistics programs write for nothing; a room may be called so


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
    rooms: Rooms | None = None,
    references: Mapping[str, str] | None = None,
    sso: AuthenticationType | None = None,
    field_of: Callable[[str], str | None] = CANDIDATE_WORDS.field_of,
    generate_empty: bool = False,
    complete: bool = False,
    updates: bool = True,
    clean_person: Callable[[str], str] | None = None,
    person_key: Callable[[str], str] | None = None,
) -> Checked:
    """Return the rows that are ready, all problems of all rows, warnings, and whose candidates are on the test already.

    `existing` maps the folded IDs on the test (`candidate_key`) to the IDs as shown. `sso` is the setup of the list, by
    which SSO user IDs are folded: `people` maps them to the Candidate IDs of those persons, `staff` are those of the
    test's planners, invigilators and graders. With `on_test`, a row whose candidate is on the test is gathered (D15);
    without, it is a problem, as for what is typed. `places` are the locations that are known, `rooms` what there is to
    know about them,
    `references` the folded private references with the Candidate IDs of those persons. `duration` (the base of
    percentages, D12) and `limit` are minutes. `generate_empty` takes an empty Candidate ID as "the next generated one",
    which forms offer and files do not. `field_of` knows headings, which may come once more among the rows. A `complete`
    list knows people by their SSO user ID first, and may give them another Candidate ID or seat: whether somebody else
    has it afterwards, the plan says (rosters/plan.py). With `updates` candidates who are on the test get what their row
    says, which frees their seat, unless they have started; without, they keep what they have.
    """
    check = _Check(
        existing=existing,
        duration=duration,
        limit=limit,
        people=people or {},
        on_test=on_test or {},
        reads_a_list=on_test is not None,
        staff=staff,
        sso=sso,
        generate_empty=generate_empty,
        complete=complete,
        updates=updates,
        rooms=rooms or Rooms(),
        clean_person=clean_person,
        person_key=person_key,
    )
    notices = Notices(
        existing=existing, places=places, references=references or {}, duration=duration, people=people or {}
    )
    rows = list(rows)
    nobody = rows_of_nobody(rows, field_of=field_of, person=(CANDIDATE_ID, SSO_USER_ID))
    check.decimal_ids = {number for number, _text, _whole in with_decimals(rows, CANDIDATE_ID)}
    for row in rows:
        if row.number in nobody:
            column, message = nobody[row.number]
            check.problems.append(Problem(row.number, column, row.values[column], message, doubt="nobody"))
            continue
        ready = check.take(row)
        if ready is not None:
            notices.look_at(row, ready)
    for meant in check.proposed_people:
        notices.realms.take(meant)
    check.seats()
    by_number = {row.number: row for row in rows} if check.already else {}
    for one in check.already:
        notices.look_at_place(one.number, one.place if one.place != one.present.place else None)
        if one.extra_minutes != one.present.extra_minutes:
            notices.look_at_time(one.number, by_number[one.number].values.get(EXTRA_TIME, ""), one.extra_minutes)
    staying = [one.present for one in check.already] if complete else check.on_test.values()
    notices.found += room_notices(
        check.rooms,
        ready=check.ready,
        already=check.already if updates else (),
        on_test=staying,
        former=check.former,
        near=notices.misnamed,
    )
    notices.found += about_others(check.already, by_number, check.on_test.values())
    notices.found += same_references(rows)
    for (column, cell), numbers in check.nothing.items():
        notices.note_nothing(column, cell, numbers)
    somebody = [row for row in rows if row.number not in nobody]
    return Checked(tuple(check.ready), tuple(check.problems), notices.all(somebody), tuple(check.already))


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
        reads_a_list: bool,
        staff: Collection[str],
        sso: AuthenticationType | None,
        generate_empty: bool,
        complete: bool,
        updates: bool,
        rooms: Rooms,
        clean_person: Callable[[str], str] | None,
        person_key: Callable[[str], str] | None,
    ) -> None:
        self.existing = existing
        self.duration = duration
        self.limit = limit
        self.people = people
        self.on_test = on_test
        self.reads_a_list = reads_a_list
        self.staff = staff
        self.sso = sso
        self.person_key = person_key or (sso.key if sso else candidate_key)
        self.clean_person = clean_person or self._clean_sso_user_id
        self.generate_empty = generate_empty
        self.complete = complete
        self.updates = updates
        self.rooms = rooms
        self.former: dict[Place, int] = {}
        self._by_person = {one.person: one for one in on_test.values() if one.person} if complete else {}
        self.ready: list[CandidateRow] = []
        self.already: list[Already] = []
        self.problems: list[Problem] = []
        self._cleaned: dict[tuple[str, str], Any] = {}
        self.nothing: dict[tuple[str, str], list[int]] = {}
        self.proposed_people: list[str] = []
        self.decimal_ids: Collection[int] = ()
        self._ids: dict[str, tuple[int, str]] = {}
        self._people: dict[str, int] = {}
        self._seats: dict[tuple[Place, str], list[tuple[MappedRow, str]]] = {}
        self._moving: set[int] = set()

    def take(self, row: MappedRow) -> CandidateRow | None:
        """Check one row, and return it where it is ready to be added."""
        before = len(self.problems)
        if row.surplus:
            message = _("The row has more cells than the list has columns. Perhaps a name holds the separator.")
            self.problems.append(Problem(row.number, "", row.surplus, message))
        candidate_id, present = self._candidate_id(row)
        minutes = self._optional(row, EXTRA_TIME, self._minutes)
        sso_user_id = ""
        if SSO_USER_ID in row.values:
            sso_user_id, present = self._sso_user_id(row, present)
        building, room = self._optional(row, BUILDING, clean_place) or "", self._optional(row, ROOM, clean_place) or ""
        if building.casefold() == room.casefold() == _NOT_AVAILABLE:  # either of them may be a name, both are none
            building = room = ""
        named = self._named_now(row, (building, room))
        place = self._place_after(row, present.place, named) if present else named
        name = self._optional(row, NAME, clean_name) or ""
        reference = self._optional(row, PRIVATE_REFERENCE, clean_reference) or ""
        seat = self._optional(row, SEAT, clean_seat) or ""
        if present:
            name, reference = name or present.name, reference or present.private_reference
            seat = seat or (present.seat if place == present.place else "")  # a seat belongs to its room
        takes = present is None or self._moves(present, place, seat)
        if seat and takes:
            self._seats.setdefault(seat_key(place, seat), []).append((row, candidate_id))
        if len(self.problems) > before:
            return None
        if present:
            extra = present.extra_minutes if minutes is None else minutes
            as_it_is = candidate_key(present.candidate_id) == candidate_key(candidate_id)
            shown = present.candidate_id if as_it_is else candidate_id
            self.already.append(Already(row.number, present, extra, place, name, reference, seat, shown))
            return None
        ready = CandidateRow(
            number=row.number,
            candidate_id=candidate_id,
            extra_minutes=minutes or 0,
            location=place if any(place) else None,
            sso_user_id=sso_user_id,
            authentication_type=self.sso.slug if self.sso and sso_user_id else "",
            private_reference=reference,
            name=name,
            seat=seat,
        )
        self.ready.append(ready)
        return ready

    def _named_now(self, row: MappedRow, place: Place) -> Place:
        """Return what a room is called now, and note its former name."""
        now = self.rooms.now(place)
        if now != place:
            self.former.setdefault(place, row.number)
        return now

    def _moves(self, present: Present, place: Place, seat: str) -> bool:
        """Tell whether somebody on the test leaves a seat or takes one, which who has started never does; keep it."""
        if not self.updates or present.started or (place, seat) == (present.place, present.seat):
            return False
        self._moving.add(present.pk)
        return True

    def seats(self) -> None:
        """Note who gets a seat that somebody else of the list, or of the test, has in that room."""
        if self.complete:
            return
        staying = (one for one in self.on_test.values() if one.seat and one.pk not in self._moving)
        seated = {seat_key(one.place, one.seat): one.candidate_id for one in staying}
        wrong: set[int] = set()
        for where, rows in self._seats.items():
            shown = seated.get(where) or rows[0][1]
            for row, _candidate_id in rows if where in seated else rows[1:]:
                self._note(row, SEAT, seat_taken(shown, where[0]))
                wrong.add(row.number)
        if wrong:
            self.ready = [row for row in self.ready if row.number not in wrong]
            self.already = [row for row in self.already if row.number not in wrong]

    def _minutes(self, raw: str) -> int:
        return parse_extra_time(raw, duration_minutes=self.duration, limit=self.limit)

    def _cell(self, row: MappedRow, column: str, clean: Callable[[str], Value]) -> Value | None:
        """Return a cleaned cell, or None after noting its problem."""
        raw = row.values.get(column, "")
        try:
            refuse_kind(row, column)
            return clean(raw)
        except CellProblem as problem:
            self.problems.append(
                Problem(row.number, column, raw, problem.message, problem.proposal, doubt=problem.doubt)
            )
            return None

    def _optional(self, row: MappedRow, column: str, clean: Callable[[str], Value]) -> Value | None:
        """Return a cleaned cell that may be empty, None for nothing in it, also in the words of a program (NULL)."""
        raw = row.values.get(column, "")
        if not (raw or row.kinds) or not (trim(raw) or column in row.kinds):
            return None
        if not row.kinds and (column, raw) in self._cleaned:  # rooms and extra times come again and again
            return self._cleaned[column, raw]  # type: ignore[no-any-return]  # what `clean` of this column gave
        nothing = reads_as_nothing(raw)
        if nothing == "error":
            message = _("The spreadsheet found nothing here, or had an error. Type the value from your own list.")
            self.problems.append(Problem(row.number, column, raw, message, ""))
            return None
        if nothing == "sure" or (nothing and (column == EXTRA_TIME or not _is_name(column, raw.strip()))):
            self.nothing.setdefault((column, raw.strip()), []).append(row.number)
            return None
        value = self._cell(row, column, clean)
        if value is not None and not row.kinds:
            self._cleaned[column, raw] = value
        return value

    def _candidate_id(self, row: MappedRow) -> tuple[str, Present | None]:
        """Return the cleaned Candidate ID, "" after noting a problem or where it will be generated, and whose it is."""
        if self.generate_empty and not trim(row.values.get(CANDIDATE_ID, "")):
            return "", None
        is_meant = row.kinds.get(CANDIDATE_ID) == "meant"
        value = self._cell(row, CANDIDATE_ID, clean_candidate_id if is_meant else partial(self._undamaged_id, row))
        if value is None:
            return "", None
        key = candidate_key(value)
        first, shown = self._ids.setdefault(key, (row.number, value))
        # a generated number stands for the person in the reference: whoever has it on the test is somebody else
        present = None if row.values.get(NUMBERED) else self.on_test.get(key)
        if first != row.number:
            self._note(row, CANDIDATE_ID, _same_id(first, shown, value, row.values[CANDIDATE_ID]))
        elif present is None and key in self.existing:
            self._note(row, CANDIDATE_ID, _("%(shown)s is already on this test.") % {"shown": self.existing[key]})
        return value, present

    def _undamaged_id(self, row: MappedRow, raw: str) -> str:
        value = undamaged_id(raw)
        if self.reads_a_list and row.number not in self.decimal_ids:  # those are pointed out, with their repair
            refuse_whole_row(row)
        return value

    def _sso_user_id(self, row: MappedRow, present: Present | None) -> tuple[str, Present | None]:
        """Return the cleaned SSO user ID, "" after noting a problem, and who on the test is meant by the row.

        One person is on a test once (D23, C12, C44). `present` has the Candidate ID of the row.
        """
        value = self._cell(row, SSO_USER_ID, self.clean_person)
        if value is None:
            self.proposed_people += [proposal] if (proposal := self.problems[-1].proposal) else []
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

    def _clean_sso_user_id(self, raw: str) -> str:
        """Return an SSO user ID that can be one of this setup. Raises CellProblem."""
        value = clean_sso_user_id(raw, prefix=self.sso.client.claim_prefix if self.sso and self.sso.client else "")
        if self.sso and not self.sso.fits(value):
            message = _("This is no SSO user ID of %(label)s: it does not look as the setup of this installation says.")
            raise CellProblem(message % {"label": self.sso.label})
        return value

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


def _is_name(column: str, word: str) -> bool:
    """Tell whether a word for nothing may be a name: a room NA, a person called Nan; None is what Python writes."""
    return word.casefold() == _NOT_AVAILABLE or (column == NAME and word.istitle() and word != "None")


def _same_id(first: int, shown: str, value: str, raw: str) -> str:
    if shown != value:
        message = _(
            "Row %(row)d has the same Candidate ID, written %(shown)s. Capitals do not tell two candidates apart."
        )
    elif " " in value and trim(raw) != value:
        message = _("Row %(row)d has the same Candidate ID. Only spaces inside differ, and nobody sees those.")
    else:
        message = _("Row %(row)d has the same Candidate ID.")
    return message % {"row": first, "shown": shown}
