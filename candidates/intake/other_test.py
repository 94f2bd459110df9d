"""Take the candidates of another test: by person where there is one, else by private reference and Candidate ID."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.authentication_types import enabled_types
from candidates.candidate_ids import candidate_key
from candidates.errors import Conflict, Refused
from candidates.intake.door import Added, add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.seats import Place, seat_key
from candidates.models import Candidate, Test, User
from candidates.models.candidates import CandidateQuerySet
from candidates.timing import Stage, stage_of

Kind = Candidate.Kind
FROM_TEST = "test: "


class Who(models.TextChoices):
    """Which candidates of a test come along to another one."""

    NOBODY = "nobody", gettext_lazy("None")
    EVERYBODY = "all", gettext_lazy("All, without extra time")
    WITH_EXTRA = "extra", gettext_lazy("All, with planned extra time")
    NOTHING_HANDED_IN = "nothing", gettext_lazy("Only those who handed in nothing, with planned extra time")


class Left(models.TextChoices):
    """Why somebody does not come along."""

    THERE = "there", gettext_lazy("On this test already")
    WORKS = "works", gettext_lazy("Plans, invigilates or grades this test")
    GONE = "gone", gettext_lazy("May not log in any more: the account was deactivated, deleted or erased")
    SPARE = "spare", gettext_lazy("Had a spare login, and is not joined with anybody of the list")
    SSO = "sso", gettext_lazy("Logs in through an SSO setup that is not switched on")


@dataclass(frozen=True, slots=True)
class Plan:
    """Who would come from another test, and who would not; by the Candidate IDs there.

    `renumbered` get the next free number, because somebody else has their Candidate ID here; `roomless` come without
    their room, which is out of use, and `seatless` without their seat, which is taken.
    """

    rows: tuple[CandidateRow, ...] = ()
    left: Mapping[Left, tuple[str, ...]] = field(default_factory=dict)
    renumbered: tuple[str, ...] = ()
    roomless: tuple[str, ...] = ()
    seatless: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Return a short hash, by which a page says what it showed."""
        return sha256(repr(self).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class _There(NamedTuple):
    """One candidate of the other test, as far as anything of them comes along."""

    candidate_id: str
    key: str
    kind: str
    user: int | None
    is_active: bool | None
    authentication_type: str
    sso_user_id: str
    reference: str
    name: str
    extra_minutes: int
    building: str | None
    room: str | None
    room_in_use: bool | None
    seat: str
    is_spare: bool


_COLUMNS = (
    *("candidate_id", "candidate_key", "kind", "user", "user__is_active", "authentication_type", "sso_user_id"),
    *("private_reference", "name", "extra_minutes", "location__building", "location__room", "location__is_active"),
    *("seat", "is_spare"),
)


def chosen_candidates(test: Test, who: Who) -> CandidateQuerySet:
    """Return the candidates of a test that are chosen; nothing was handed in by who never started or wrote nothing.

    Raises Refused for these while the test is not over: they may still hand something in.
    """
    everybody: CandidateQuerySet = Candidate.objects.of_test(test).people()
    if who == Who.NOBODY:
        return everybody.none()
    if who != Who.NOTHING_HANDED_IN:
        return everybody
    if stage_of(test) != Stage.FINISHED:
        raise Refused(_("The test is not over, so nobody can say yet who hands in nothing. Choose other candidates."))
    nothing = Q(started_at__isnull=True)
    if test.answers_deleted_at is None:  # else nobody has an answer any more
        nothing |= Q(submission__isnull=True) | Q(submission__answer="")
    return everybody.filter(nothing)


def plan_from(source: Test, *, to: Test, who: Who, rooms: bool) -> Plan:
    """Return what adding the chosen candidates of `source` to a test would do: a few queries, however many there are.

    With `rooms` they keep room and seat. Raises Refused as `chosen_candidates` does.
    """
    chosen = chosen_candidates(source, who).order_by("sort_key", "pk").values_list(*_COLUMNS)
    with_extra = who in (Who.WITH_EXTRA, Who.NOTHING_HANDED_IN)
    return _Planned(to, [_There._make(row) for row in chosen], with_extra=with_extra, with_rooms=rooms).plan()


def add_from(source: Test, *, to: Test, who: Who, rooms: bool, seen: str, by: User) -> Added:
    """Add the chosen candidates of another test as the page showed that asked; `seen` is the fingerprint of its plan.

    Raises Conflict where they are others by now, and what the door raises.
    """
    plan = plan_from(source, to=to, who=who, rooms=rooms)
    if plan.fingerprint != seen:
        raise Conflict(_("The candidates of one of the tests have changed since you looked. Check again."))
    return add_candidates(test=to, rows=plan.rows, by=by, source=from_test(source))


def from_test(source: Test) -> str:
    """Return by what the history says where candidates came from (pages/tests/history_words.py)."""
    return f"{FROM_TEST}{source.name}"


class _Planned:
    """Compare people of another test with those of this one, one by one."""

    def __init__(self, to: Test, people: Sequence[_There], *, with_extra: bool, with_rooms: bool) -> None:
        self.people, self.with_extra, self.with_rooms = people, with_extra, with_rooms
        here = list(
            Candidate.objects.of_test(to)
            .order_by()
            .values_list(
                *("candidate_key", "is_spare", "user", "private_reference"),
                *("location__building", "location__room", "seat"),
            )
        )
        # what was written for a spare login is not yet of a candidate of this test: it is joined with one
        self.taken = {key: "" if spare else candidate_key(reference) for key, spare, _user, reference, *_place in here}
        self.spares = {key for key, spare, *_rest in here if spare}
        self.users = {user for _key, _spare, user, *_rest in here if user is not None}
        self.seats = {seat_key((building or "", room or ""), seat) for *_who, building, room, seat in here if seat}
        # what several share, such as a course code, is nobody's own
        there = Counter(candidate_key(one.reference) for one in people)
        known = Counter(self.taken.values())
        self.references = {one for one, count in known.items() if one and count == 1 and there[one] == 1}
        self.working = set(to.contributors.values_list("user", flat=True))
        self.types = enabled_types()

    def plan(self) -> Plan:
        rows: list[CandidateRow] = []
        left: dict[Left, list[str]] = {}
        renumbered, roomless, seatless = [], [], []
        for one in self.people:
            if (reason := self._why_not(one)) is not None:
                left.setdefault(reason, []).append(one.candidate_id)
                continue
            row = self._row(one, len(rows) + 1)
            if one.key in self.taken:
                renumbered.append(one.candidate_id)
            if self.with_rooms and one.room_in_use is False:
                roomless.append(one.candidate_id)
            elif self.with_rooms and one.seat and not row.seat:
                seatless.append(one.candidate_id)
            rows.append(row)
        return Plan(
            rows=tuple(rows),
            left={reason: tuple(left[reason]) for reason in Left if reason in left},
            renumbered=tuple(renumbered),
            roomless=tuple(roomless),
            seatless=tuple(seatless),
        )

    def _why_not(self, one: _There) -> Left | None:
        if one.is_spare:
            return Left.SPARE
        if one.user in self.users or (one.reference and candidate_key(one.reference) in self.references):
            return Left.THERE
        if one.kind == Kind.ONE_TIME and one.key in self.taken and not self._is_somebody_else(one):
            return Left.THERE
        if one.user in self.working:
            return Left.WORKS
        if one.is_active is False:
            return Left.GONE
        if one.kind == Kind.SSO and one.authentication_type not in self.types:
            return Left.SSO
        return None

    def _is_somebody_else(self, one: _There) -> bool:
        """Say whether who has this Candidate ID here is another person, by private references where both have one."""
        if one.key in self.spares:
            return True
        here = self.taken[one.key]
        return bool(here and one.reference and here != candidate_key(one.reference))

    def _row(self, one: _There, number: int) -> CandidateRow:
        place = (one.building or "", one.room or "")
        keeps_room = self.with_rooms and one.room_in_use is not False
        row = CandidateRow(
            number=number,
            # somebody else has this Candidate ID: the door gives the next free number
            candidate_id="" if one.key in self.taken else one.candidate_id,
            extra_minutes=one.extra_minutes if self.with_extra else 0,
            location=place if keeps_room and any(place) else None,
            private_reference=one.reference,
            name=one.name,
            seat=self._seat(place, one.seat) if keeps_room else "",
        )
        if one.kind == Kind.SSO:
            account = None if one.sso_user_id else one.user  # whose first login is waited for there too
            slug = one.authentication_type
            return replace(row, sso_user_id=one.sso_user_id, authentication_type=slug, account=account)
        return replace(row, account=one.user) if one.kind == Kind.PERMANENT else row

    def _seat(self, place: Place, seat: str) -> str:
        """Return the seat, "" where somebody of this test has it."""
        return "" if seat_key(place, seat) in self.seats else seat
