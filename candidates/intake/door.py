"""The one door: the only function that inserts candidates (docs/decisions/0025)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.candidate_ids import candidate_key, generated_ids, highest_number, sort_key, spare_ids
from candidates.credentials.issuing import make_one_time_users
from candidates.errors import Refused
from candidates.intake.findings import CandidateRow, Problem
from candidates.intake.people import UnknownType, person_of, sso_users
from candidates.intake.prepared import kept_for_others
from candidates.lifecycle.joining import forget_requests
from candidates.lifecycle.seats import seat_key, seat_taken
from candidates.models import Candidate, Import, Location, PermanentUser, Test, User
from candidates.models.tests import MAX_CANDIDATES
from candidates.timing import Stage, stage_of

Kind = Candidate.Kind


class NoRoom(Refused):
    """The test has fewer places left than the batch needs; `places_left` says how many."""

    def __init__(self, wanted: int, places_left: int) -> None:
        super().__init__(
            ngettext(
                "%(wanted)d is too many: this test has room for %(left)d more. Nothing is added.",
                "%(wanted)d are too many: this test has room for %(left)d more. Nothing is added.",
                wanted,
            )
            % {"wanted": wanted, "left": places_left}
        )
        self.places_left = places_left


class RowsRefused(Refused):
    """Rows clash with each other or with candidates who are on the test; `problems` names each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(_("Some Candidate IDs are already on this test. Nothing is added."))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Added:
    """What came through the door: how many candidates, their IDs in order, and whether login details were made."""

    count: int
    candidate_ids: tuple[str, ...]
    with_login_details: bool


def add_candidates(
    *,
    test: Test,
    rows: Sequence[CandidateRow],
    by: User | None,
    source: str,
    imported_by: Import | None = None,
    by_code: bool = False,
) -> Added:
    """Put candidates on the test, one-time users, SSO candidates and permanent users: all rows or none.

    Places are reserved first, by one conditional update that also takes the lock of the test's row (D4). On an
    activated test every one-time user gets login details in the same transaction (D5); everybody else has them.
    Who had asked to join by the code (`by_code` False) has no need to any more.
    Raises NoRoom, RowsRefused, or Refused where the test has ended, takes no candidates, or an authentication type is
    not known (C47).
    """
    if not rows:
        raise Refused(_("There is nobody to add. Nothing was changed."))
    with transaction.atomic():
        # Closes the race of writers at the cap: whoever updates second waits, and is then counted against what the
        # first one left. No count is read before the places are taken.
        reserved = Test.objects.filter(
            pk=test.pk, is_demo=False, candidate_count__lte=MAX_CANDIDATES - len(rows)
        ).update(candidate_count=F("candidate_count") + len(rows))
        test = Test.objects.get(pk=test.pk)
        if test.is_demo:
            raise Refused(_("A demo test has no candidates: everybody may try it. Nothing is added."))
        if not reserved:
            raise NoRoom(len(rows), test.places_left)
        if stage_of(test) == Stage.FINISHED:
            raise Refused(_("The test has ended, so nobody can be added any more."))
        existing = existing_ids(test)
        complete = _numbered(test, rows, existing)
        problems = clashes(complete, existing) or _taken_seats(test, complete)
        if problems:
            raise RowsRefused(problems)
        candidates = _inserted(test, complete, _users(test, complete), imported_by)
        if not by_code:
            forget_requests(test, [one.user_id for one in candidates if one.user_id and one.kind != Kind.ONE_TIME])
        Test.objects.filter(pk=test.pk).update(
            last_number=Greatest(F("last_number"), _highest(complete, spares=False)),
            last_spare_number=Greatest(F("last_spare_number"), _highest(complete, spares=True)),
        )
        audit.record(
            audit.Action.CANDIDATES_ADDED,
            by=by,
            test=test,
            count=len(candidates),
            detail={"source": source, "login_details": test.is_activated},
        )
    made = test.is_activated and any(_kind(row) == Kind.ONE_TIME for row in complete)
    return Added(len(candidates), tuple(row.candidate_id for row in complete), made)


def _highest(rows: Sequence[CandidateRow], *, spares: bool) -> int:
    return highest_number(row.candidate_id for row in rows if row.is_spare == spares)


def existing_ids(test: Test) -> dict[str, str]:
    """Return the folded keys of the Candidate IDs on the test, each with the ID as it is shown."""
    return dict(Candidate.objects.of_test(test).values_list("candidate_key", "candidate_id"))


def clashes(rows: Sequence[CandidateRow], existing: dict[str, str]) -> list[Problem]:
    """Return a problem for every row whose Candidate ID is taken, by the test or by an earlier row."""
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for row in rows:
        key = candidate_key(row.candidate_id)
        if key in existing:
            message = _("%(id)s is already on this test.") % {"id": existing[key]}
        elif key in seen:
            message = _("Row %(row)d has the same Candidate ID.") % {"row": seen[key]}
        else:
            seen[key] = row.number
            continue
        problems.append(Problem(row=row.number, column="candidate_id", cell=row.candidate_id, message=message))
    return problems


def _taken_seats(test: Test, rows: Sequence[CandidateRow]) -> list[Problem]:
    """Return a problem for every row whose seat is somebody's in that room, on the test or in an earlier row."""
    if not any(row.seat for row in rows):
        return []
    places = ("location__building", "location__room", "seat", "candidate_id")
    found = Candidate.objects.of_test(test).exclude(seat="").order_by().values_list(*places)
    taken = {seat_key((building or "", room or ""), seat): shown for building, room, seat, shown in found}
    problems = []
    for row in rows:
        place = row.location or ("", "")
        shown = taken.setdefault(seat_key(place, row.seat), row.candidate_id) if row.seat else ""
        if shown not in ("", row.candidate_id):
            problems.append(Problem(row.number, "seat", row.seat, seat_taken(shown, place)))
    return problems


def _numbered(test: Test, rows: Sequence[CandidateRow], existing: dict[str, str]) -> list[CandidateRow]:
    """Give rows without a Candidate ID the next generated ones; under the lock, so nobody else gets the same."""
    if all(row.candidate_id for row in rows):
        return list(rows)
    taken = existing.keys() | {candidate_key(row.candidate_id) for row in rows if row.candidate_id}
    taken |= kept_for_others(test)
    if any(row.is_spare for row in rows):
        ids = spare_ids(test.last_spare_number, test.last_number, taken)
    else:
        ids = generated_ids(test.last_number, taken)
    return [row if row.candidate_id else replace(row, candidate_id=next(ids)) for row in rows]


def _users(test: Test, rows: Sequence[CandidateRow]) -> Iterator[User | int | None]:
    """Return the account of each row: a new one-time user once the test is activated, else the person of the row.

    Raises RowsRefused for a person who is on the test already or works on it (D23, C12), and Refused.
    """
    one_time = [row for row in rows if _kind(row) == Kind.ONE_TIME]
    made = iter(make_one_time_users(len(one_time)) if one_time and test.is_activated else ())
    try:
        known = sso_users([row for row in rows if row.sso_user_id])
    except UnknownType as unknown:
        sentence = _("The authentication type “%(type)s” is not switched on. Nothing is added.")
        raise Refused(sentence % {"type": unknown}) from unknown
    people = [known[person_of(row)] if row.sso_user_id else row.account for row in rows]
    _refuse_who_may_not_log_in(rows)
    _refuse_people(test, rows, people)
    return (next(made, None) if person is None else person for person in people)


def _refuse_who_may_not_log_in(rows: Sequence[CandidateRow]) -> None:
    """Raise RowsRefused for accounts that are no permanent user's, or that were deactivated or deleted meanwhile."""
    permanent = [row for row in rows if _kind(row) == Kind.PERMANENT]
    named = {row.account for row in permanent if row.account is not None}
    if not named:
        return
    # The lock of the accounts closes the race with whoever deactivates or deletes one: they wait, and then see this
    # test, or are seen here. In order, because two tests that take the same people would wait for each other for ever.
    accounts = User.objects.select_for_update(no_key=True).filter(pk__in=named, kind=User.Kind.PERMANENT)
    able = set(accounts.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
    message = _("This person may not log in any more: the account was deactivated or deleted.")
    problems = [
        Problem(row=row.number, column="candidate_id", cell=row.candidate_id, message=message)
        for row in permanent
        if row.account not in able
    ]
    if problems:
        raise RowsRefused(problems)


def _refuse_people(test: Test, rows: Sequence[CandidateRow], people: Sequence[int | None]) -> None:
    """Raise RowsRefused for whoever is on the test, twice in the rows, or among the test's contributors."""
    named = {person for person in people if person is not None}
    if not named:
        return
    on_test = dict(Candidate.objects.of_test(test).filter(user__in=named).values_list("user", "candidate_id"))
    working = set(test.contributors.filter(user__in=named).values_list("user", flat=True))
    problems: list[Problem] = []
    seen: dict[int, int] = {}
    for row, person in zip(rows, people, strict=True):
        if person is None:
            continue
        first = seen.setdefault(person, row.number)
        if person in on_test:
            message = _("This person is already on the test as candidate %(shown)s.") % {"shown": on_test[person]}
        elif person in working:
            message = _("This person plans, invigilates or grades the test, and cannot be its candidate.")
        elif first != row.number:
            message = _("Row %(row)d has the same person.") % {"row": first}
        else:
            continue
        column, cell = ("sso_user_id", row.sso_user_id) if row.sso_user_id else ("candidate_id", row.candidate_id)
        problems.append(Problem(row=row.number, column=column, cell=cell, message=message))
    if problems:
        raise RowsRefused(problems)


def _inserted(
    test: Test,
    rows: Sequence[CandidateRow],
    users: Iterable[User | int | None],
    imported_by: Import | None,
) -> list[Candidate]:
    locations = Location.objects.named(row.location for row in rows if row.location)
    # Read under the lock of the accounts: whoever renames one at this moment waits, and then finds this place.
    people = PermanentUser.objects.filter(pk__in=[row.account for row in rows if row.account is not None])
    names = {person.pk: person.listed_name for person in people.only("first_name", "last_name")}
    return Candidate.objects.bulk_create(
        Candidate(
            test=test,
            kind=_kind(row),
            candidate_id=row.candidate_id,
            candidate_key=candidate_key(row.candidate_id),
            sort_key=sort_key(row.candidate_id),
            user_id=user.pk if isinstance(user, User) else user,
            authentication_type=row.authentication_type,
            sso_user_id=row.sso_user_id,
            extra_minutes=row.extra_minutes,
            location=locations[row.location] if row.location else None,
            private_reference=row.private_reference,
            name=names.get(row.account, row.name) if row.account else row.name,
            seat=row.seat,
            is_spare=row.is_spare,
            is_identity_pending=_kind(row) == Kind.SSO and not row.sso_user_id,
            imported_by=imported_by,
        )
        for row, user in zip(rows, users, strict=True)
    )


def _kind(row: CandidateRow) -> Candidate.Kind:
    return Kind.SSO if row.authentication_type else Kind.ONE_TIME if row.account is None else Kind.PERMANENT
