"""Lists of what is prepared for people who join a test by its code: checked, stored and undone (docs/domain.md E14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from candidates import audit
from candidates.authentication_types import enabled_types
from candidates.candidate_ids import candidate_key
from candidates.intake.cells import CellProblem, clean_exported
from candidates.intake.columns import MappedRow
from candidates.intake.findings import Already, CandidateRow, Checked, Notice, Present, Problem
from candidates.intake.headings import CANDIDATE_ID, CANDIDATE_WORDS, SEAT, SSO_USER_ID
from candidates.intake.odd_cells import nothing_problem
from candidates.intake.present import people_on, references_on, staff_of
from candidates.intake.problems import check_rows
from candidates.intake.rooms import Rooms
from candidates.lifecycle.seats import Place, seat_key, seat_taken
from candidates.models import Candidate, Import, Location, PreparedPerson, Test, User
from candidates.models.accounts import username_key
from candidates.models.tests import MAX_CANDIDATES
from candidates.timing import Stage, stage_of

MAX_USERNAME = 150


def person_key(slug: str, person: str) -> str:
    """Return the key by which a person is known: by the rule of the authentication type, "" for permanent users."""
    if slug:
        found = enabled_types().get(slug)
        return found.key(person) if found else person
    return username_key(person)


def why_nobody_is_prepared(test: Test, more: int = 0) -> str:
    """Return the sentence that keeps this many more from being prepared for the test, "" where nothing does."""
    if test.is_demo:
        return _("A demo test has no candidates: everybody may try it. Nothing is prepared.")
    if stage_of(test) == Stage.FINISHED:
        return _("The test has ended, so nobody joins it any more. Nothing is prepared.")
    left = MAX_CANDIDATES - prepared_count(test)
    if more > left:
        sentence = _("%(n)d are too many: something can be prepared for %(left)d more (1500 in all). Nothing is added.")
        return sentence % {"n": more, "left": left}
    return ""


def prepared_count(test: Test) -> int:
    """Return for how many something is prepared."""
    return PreparedPerson.objects.of_test(test).count()


def prepared_people(test: Test) -> list[PreparedPerson]:
    """Return for whom something is prepared, by user ID, with rooms and candidates."""
    found = PreparedPerson.objects.of_test(test).select_related("location", "joined_as")
    return list(found.order_by("person_key", "pk"))


def check_prepared(
    test: Test,
    rows: Sequence[MappedRow],
    *,
    slug: str,
    existing: str = "",
    field_of: Callable[[str], str | None] = CANDIDATE_WORDS.field_of,
    without: int | None = None,
) -> Checked:
    """Return who is ready, all problems, what to look at, and for whom something is prepared already.

    `slug` is the authentication type of the people, "" for permanent users; `existing` what happens to those who are
    prepared already, `without` the key of a row that is being replaced. A constant number of queries.
    """
    around = _Around.of(test, slug, without=without)
    sso = enabled_types().get(slug) if slug else None
    checked = check_rows(
        rows,
        existing={},
        on_test=around.prepared,
        people=around.people,
        staff=staff_of(test, sso) if sso else (),
        places=around.rooms.known,
        rooms=around.rooms,
        references=references_on(test),
        sso=sso,
        clean_person=None if slug else clean_username,
        person_key=partial(person_key, slug),
        field_of=field_of,
        generate_empty=True,
        complete=True,
        updates=existing != Import.Existing.SKIP,
        duration=test.percent_base_minutes,
        limit=settings.EXTRA_TIME_LIMIT_MINUTES,
    )
    # a blank cell never erases (D15)
    already = [
        one if one.candidate_id else replace(one, candidate_id=one.present.candidate_id) for one in checked.already
    ]
    changing = [one for one in already if one.changes] if existing != Import.Existing.SKIP else []
    taken = around.clashes(checked.ready, changing, {row.number: row for row in rows})
    wrong = {problem.row for problem in taken}
    return Checked(
        ready=tuple(one for one in checked.ready if one.number not in wrong),
        problems=tuple(sorted((*checked.problems, *taken), key=lambda one: one.row)),
        warnings=checked.warnings if slug else _of_user_names(checked),
        already=tuple(one for one in already if one.number not in wrong),
    )


def clean_username(raw: str) -> str:
    """Return a user name as it was written, trimmed and in NFC. Raises CellProblem where it is empty or too long."""
    value = clean_exported(raw, longest=MAX_USERNAME)
    if not value:
        raise CellProblem(_("Every row needs the username of a permanent user."))
    if problem := nothing_problem(value):
        raise problem
    return value


def _of_user_names(checked: Checked) -> tuple[Notice, ...]:
    """Return what to look at, with each user name that no permanent user has: it is wrong, or of somebody to come.

    How user names are written tells nothing.
    """
    ready = checked.ready
    keys = {one.number: person_key("", one.sso_user_id) for one in ready}
    known = User.objects.filter(username__in=set(keys.values()), kind=User.Kind.PERMANENT)
    names = set(known.values_list("username", flat=True))
    message = _("No permanent user has this username now.")
    unknown = [
        Notice(one.number, SSO_USER_ID, one.sso_user_id, message, kind="unknown")
        for one in ready
        if keys[one.number] not in names
    ]
    return (*unknown, *(one for one in checked.warnings if one.kind != "unlike"))


@dataclass(frozen=True, slots=True)
class _Around:
    """What a list is checked against: who is prepared, by key, all IDs and seats that are somebody's, and rooms."""

    prepared: Mapping[str, Present]
    people: Mapping[str, str]
    ids: Mapping[str, str]
    seats: Mapping[tuple[Place, str], str]
    rooms: Rooms
    others: tuple[Present, ...]

    @classmethod
    def of(cls, test: Test, slug: str, *, without: int | None) -> _Around:
        columns = ("pk", "candidate_id", "person_key", "authentication_type", "extra_minutes")
        more = ("location__building", "location__room", "joined_as", "name", "private_reference", "seat")
        found = PreparedPerson.objects.of_test(test).order_by("pk")
        found = found if without is None else found.exclude(pk=without)
        prepared, others = dict[str, Present](), []
        for pk, shown, key, of_type, extra, building, room, joined, *rest in found.values_list(*columns, *more):
            place = (building or "", room or "")
            one = Present(pk, shown, key, extra, place, joined is not None, *rest)
            if of_type == slug:
                prepared[key] = one
            elif not one.started:
                others.append(one)
        there = Candidate.objects.of_test(test).order_by("sort_key")
        ids, seats = dict[str, str](), dict[tuple[Place, str], str]()
        named = ("candidate_key", "candidate_id", "location__building", "location__room", "seat")
        for key, shown, building, room, seat in there.values_list(*named):
            ids[key] = shown
            if seat:
                seats[seat_key((building or "", room or ""), seat)] = shown
        sso = enabled_types().get(slug) if slug else None
        if slug:
            people = people_on(test, sso) if sso else {}
        else:
            permanent = there.filter(kind=Candidate.Kind.PERMANENT)
            people = dict(permanent.values_list("user__username", "candidate_id"))
        return cls(prepared, people, ids, seats, Rooms.of(test), tuple(others))

    def clashes(
        self, ready: Sequence[CandidateRow], changing: Sequence[Already], rows: Mapping[int, MappedRow]
    ) -> list[Problem]:
        """Return a problem for each row whose Candidate ID or seat is, or would be, somebody else's.

        Who is changed by the list frees what was prepared for them; who has joined has it on the test.
        """
        moving = {one.present.pk for one in changing}
        staying = [one for one in (*self.prepared.values(), *self.others) if one.pk not in moving and not one.started]
        for_whom = _("%(id)s is prepared for %(person)s.")
        ids = {candidate_key(one.candidate_id): (one.candidate_id, one.person) for one in staying if one.candidate_id}
        seats = {seat_key(one.place, one.seat): one.person for one in staying if one.seat}
        problems = []
        coming = [(one.number, one.candidate_id, one.location or ("", ""), one.seat) for one in ready]
        coming += [(one.number, one.candidate_id, one.place, one.seat) for one in changing]
        for number, shown, place, seat in sorted(coming):
            cells, key, where = rows[number].values, candidate_key(shown), seat_key(place, seat)
            if shown and key in self.ids:
                message = _("%(shown)s is already on this test.") % {"shown": self.ids[key]}
                problems.append(Problem(number, CANDIDATE_ID, cells.get(CANDIDATE_ID, ""), message))
            elif shown and key in ids:
                message = for_whom % {"id": ids[key][0], "person": ids[key][1]}
                problems.append(Problem(number, CANDIDATE_ID, cells.get(CANDIDATE_ID, ""), message))
            if seat and where in self.seats:
                problems.append(Problem(number, SEAT, cells.get(SEAT, ""), seat_taken(self.seats[where], place)))
            elif seat and where in seats:
                problems.append(Problem(number, SEAT, cells.get(SEAT, ""), seat_taken(seats[where], place)))
            person = cells.get(SSO_USER_ID, "").strip()
            if shown:
                ids.setdefault(key, (shown, person))
            if seat:
                seats.setdefault(where, person)
        return problems


def store_prepared(
    *, test: Test, record: Import, ready: Sequence[CandidateRow], updates: Sequence[Already], by: User
) -> None:
    """Store what a list prepares, and what it changes about people who are prepared already.

    The caller holds the lock of the test's row, under which the rows were checked.
    """
    locations = Location.objects.named(
        [*(one.location for one in ready if one.location), *(one.place for one in updates)]
    )
    changed = list(PreparedPerson.objects.of_test(test).filter(pk__in=[one.present.pk for one in updates]))
    rows = {one.present.pk: one for one in updates}
    # first who is changed, aside: people of the list may change IDs and seats with each other
    PreparedPerson.objects.filter(pk__in=rows).update(candidate_id="", candidate_key="", seat="")
    for one in changed:
        row = rows[one.pk]
        one.before, one.changed_by = values_of(one), record
        one.candidate_id, one.candidate_key = row.candidate_id, candidate_key(row.candidate_id)
        one.extra_minutes, one.seat = row.extra_minutes, row.seat
        one.location = locations[row.place] if any(row.place) else None
        one.name, one.private_reference = row.name, row.private_reference
    write_prepared(changed)
    PreparedPerson.objects.bulk_create(new_prepared(test, row, record, locations) for row in ready)
    if ready:
        detail = {"import": record.public_id}
        audit.record(audit.Action.PREPARED_ADDED, by=by, test=test, count=len(ready), detail=detail)
    if changed:
        detail = {"import": record.public_id}
        audit.record(audit.Action.PREPARED_CHANGED, by=by, test=test, count=len(changed), detail=detail)


WRITTEN = (*("candidate_id", "candidate_key", "extra_minutes", "location", "seat", "name", "private_reference"),)
"""The columns that lists and forms write."""


def write_prepared(rows: Sequence[PreparedPerson]) -> None:
    """Write these columns of many rows, with what they had before and the list that changed them.

    One prepared statement costs a tenth of bulk_update's CASE expression for 1500 rows.
    """
    written = {*WRITTEN, "before", "changed_by"}
    columns = [one for one in PreparedPerson._meta.concrete_fields if one.name in written]
    names = ", ".join(f"{one.column} = %s" for one in columns)
    sql = f"UPDATE {PreparedPerson._meta.db_table} SET {names} WHERE id = %s"  # noqa: S608
    values = [
        [*(one.get_db_prep_save(getattr(row, one.attname), connection) for one in columns), row.pk] for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def values_of(one: PreparedPerson) -> dict[str, str | int | None]:
    """Return what is prepared, as it is kept to go back to."""
    kept = {name: getattr(one, name) for name in WRITTEN if name != "location"}
    return {**kept, "location_id": one.location_id}


def new_prepared(
    test: Test, row: CandidateRow, record: Import | None, locations: Mapping[Place, Location]
) -> PreparedPerson:
    """Return a row to store, from what was checked."""
    return PreparedPerson(
        test=test,
        authentication_type=row.authentication_type,
        person=row.sso_user_id,
        person_key=person_key(row.authentication_type, row.sso_user_id),
        candidate_id=row.candidate_id,
        candidate_key=candidate_key(row.candidate_id),
        extra_minutes=row.extra_minutes,
        location=locations[row.location] if row.location else None,
        seat=row.seat,
        name=row.name,
        private_reference=row.private_reference,
        imported_by=record,
    )
