"""Let people in who join by test code: through the one door, in order, within the cap (docs/domain.md E14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.authentication_types import enabled_types
from candidates.errors import Refused
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.prepared import give_prepared
from candidates.lifecycle.joining import (
    find_by_code,
    identity_to_join_with,
    is_open,
    may_join,
    next_turn,
    places_freed,
)
from candidates.models import Candidate, Joining, JoinRequest, Test, User
from candidates.models.test_codes import read_code
from candidates.timing import Stage, stage_of

State = JoinRequest.State
BY_CODE, LET_IN, FROM_WAITING_LIST = "test_code", "let_in", "waiting_list"
"""By what somebody came on the test, as the audit says."""


class NoSuchCode(Refused):
    """No test takes this code now: wrong, replaced, not yet or no longer working, all alike."""

    def __init__(self) -> None:
        super().__init__(
            _("No test can be joined with this code now. Look at it again, or ask who gave it to you."), about="code"
        )


class MayNotJoin(Refused):
    """The code is right, and this person may not join with it."""


@dataclass(frozen=True, slots=True)
class LetIn:
    """What letting in did: how many are on the test now, and how many on the waiting list, for it is full."""

    joined: int
    queued: int


def why_not_joining(joining: Joining, user: User) -> str:
    """Return why a person cannot join with a right code, or nothing."""
    if user.kind not in (User.Kind.SSO, User.Kind.PERMANENT):
        return _("Only people who log in at their institution, and permanent users, can join by a test code.")
    if not may_join(joining, user):
        return _("You are not among those who may join this test. Ask who gave you the code.")
    return ""


def look_up(*, code: str, by: User) -> tuple[Joining, JoinRequest | None]:
    """Return how the test is joined that a code opens, and how the person stands there, for the page that asks first.

    Raises NoSuchCode, MayNotJoin as `join` does. Writes nothing.
    """
    joining = find_by_code(code)
    if joining is None:
        raise NoSuchCode
    if reason := why_not_joining(joining, by):
        raise MayNotJoin(reason)
    mine = JoinRequest.objects.filter(test=joining.test, user=by).select_related("test", "candidate").first()
    if mine is not None and mine.state == State.REMOVED:
        raise MayNotJoin(_("You were taken off this test. Only its planner can let you in again."))
    return joining, mine


def join(*, code: str, by: User) -> JoinRequest:
    """Put the person who typed a code on its test, or in line, and return how it stands; twice is once.

    One transaction, through the door: who is let in has the next generated Candidate ID. Who must be approved, or was
    refused before, is asked about; who finds the test full is on the waiting list, in order. Raises NoSuchCode,
    MayNotJoin, Refused.
    """
    found = find_by_code(code)
    if found is None:
        raise NoSuchCode
    with transaction.atomic():
        # Closes the races at the cap, of one person on two devices, and with a code that is replaced at this moment:
        # one after the other takes the lock of the test, and sees what the one before has written.
        test = Test.objects.select_for_update(no_key=True).get(pk=found.pk)
        joining = Joining.objects.filter(test=test, code=read_code(code)).first()
        if joining is None or not is_open(joining, test):
            raise NoSuchCode
        if reason := why_not_joining(joining, by):
            raise MayNotJoin(reason)
        request = JoinRequest.objects.filter(test=test, user=by).first()
        if request is not None and request.state in (State.JOINED, State.ASKED, State.QUEUED):
            # who could not log in when a place was free is not passed over for ever
            if request.state == State.QUEUED and move_up(test, by=by, source=BY_CODE):
                request.refresh_from_db()
            return request
        if request is not None and request.state == State.REMOVED:
            raise MayNotJoin(_("You were taken off this test. Only its planner can let you in again."))
        if Candidate.objects.of_test(test).filter(user=by).exists():
            raise Refused(_("You are on this test already. It stands on your Dashboard."))
        asks = joining.approves_each or request is not None
        request = request or JoinRequest(test=test, user=by)
        request.identity = identity_to_join_with(joining, by)
        request.state = State.ASKED if asks else State.QUEUED
        request.turn, request.asked_at = next_turn(joining), timezone.now()
        request.sentence = ""  # when and by whom it was refused stays
        request.save()
        if not asks:
            move_up(test, by=by, source=BY_CODE)
            request.refresh_from_db()
        if request.state != State.JOINED:
            audit.record(audit.Action.JOIN_ASKED, by=by, test=test, detail={"full": request.state == State.QUEUED})
    return request


def approve(*, test: Test, public_ids: Sequence[str] | None, by: User) -> LetIn:
    """Let in people who wait to be approved, None: all of them; who finds the test full goes on the waiting list.

    Raises Refused where nobody of them waits any more, or the test is over.
    """
    return _let_in(test, State.ASKED, public_ids, by)


def let_in_again(*, test: Test, public_ids: Sequence[str], by: User) -> LetIn:
    """Let in people who were refused or removed. Raises Refused as above."""
    return _let_in(test, (State.REFUSED, State.REMOVED), public_ids, by)


def _let_in(test: Test, states: str | tuple[str, ...], public_ids: Sequence[str] | None, by: User) -> LetIn:
    with transaction.atomic():
        # The lock of the test: of two planners who press at once the second finds nobody who waits.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if stage_of(test) == Stage.FINISHED:
            raise Refused(_("The test has ended, so nobody can be let in any more. Nothing was changed."))
        if not test.is_activated:
            raise Refused(_("The test is deactivated. Activate it, then let people in. Nothing was changed."))
        again = isinstance(states, tuple)
        chosen = JoinRequest.objects.filter(test=test, state__in=states if again else [states])
        if public_ids is not None:
            chosen = chosen.filter(public_id__in=public_ids)
        found = list(chosen.order_by("turn"))
        if not found:
            raise Refused(_("Nobody of them waits any more. Nothing was changed."))
        joining = Joining.objects.get(test=test)
        if again:
            for request in found:
                request.turn = next_turn(joining)
                request.save(update_fields=["turn"])
        keys = [request.pk for request in found]
        JoinRequest.objects.filter(pk__in=keys).update(
            state=State.QUEUED, sentence="", decided_at=timezone.now(), decided_by=by
        )
        move_up(test, by=by, source=LET_IN)
        joined = JoinRequest.objects.filter(pk__in=keys, state=State.JOINED).count()
        if joined < len(found):
            audit.record(
                audit.Action.JOIN_QUEUED,
                by=by,
                test=test,
                count=len(found) - joined,
                detail={"requests": [request.public_id for request in found]},
            )
    return LetIn(joined, len(found) - joined)


def move_up(test: Test, *, by: User | None, source: str = FROM_WAITING_LIST) -> int:
    """Put on the test who is on its waiting list, in order, as many as there is room for; return how many.

    The caller holds the lock of the test's row. Whose account ended meanwhile, or whose authentication type is switched
    off, is passed over; nobody is let in when the test is over.
    """
    joining = Joining.objects.filter(test=test).first()
    if joining is None or stage_of(test) in (Stage.CREATED, Stage.FINISHED):
        return 0
    test.refresh_from_db(fields=["candidate_count"])
    room = min(joining.places_left, test.places_left)
    requests = _able(test, room) if room > 0 else []
    if not requests:
        return 0
    # One conditional update at the cap, as the door's own at 1500.
    taken = Joining.objects.filter(pk=joining.pk, joined_count__lte=F("max_joiners") - len(requests)).update(
        joined_count=F("joined_count") + len(requests)
    )
    if not taken:
        raise IntegrityError("places were given without the lock of the test")
    given = give_prepared(
        test, [_row(number, request) for number, request in enumerate(requests, 1)], [one.user for one in requests]
    )
    actor = by or requests[0].user
    add_candidates(test=test, rows=given.rows, by=actor, source=source, by_code=True)
    people = [request.user_id for request in requests]
    places = dict(Candidate.objects.of_test(test).filter(user__in=people).values_list("user", "pk"))
    given.note_joined(test, places, by=actor)
    # one statement for all: their places are found by their accounts
    place = Candidate.objects.of_test(test).filter(user=OuterRef("user")).order_by().values("pk")[:1]
    JoinRequest.objects.filter(pk__in=[request.pk for request in requests]).update(
        state=State.JOINED, candidate=Subquery(place), decided_at=timezone.now()
    )
    return len(requests)


def _able(test: Test, room: int) -> list[JoinRequest]:
    """Return who is next on the waiting list and may log in, at most `room`."""
    types = enabled_types()
    queued = JoinRequest.objects.filter(test=test, state=State.QUEUED).order_by("turn")
    queued = queued.select_related("identity", "user")
    able = []
    for request in queued.filter(user__is_active=True):
        if request.identity is None or request.identity.authentication_type in types:
            able.append(request)
        if len(able) == room:
            break
    # the door's own lock, taken before it refuses: an account that ends at this moment waits, or is passed over here
    keys = [request.user_id for request in able]
    locked = User.objects.select_for_update(no_key=True).filter(pk__in=keys, is_active=True).order_by("pk")
    there = set(locked.values_list("pk", flat=True))
    return [request for request in able if request.user_id in there]


def _row(number: int, request: JoinRequest) -> CandidateRow:
    """Return the person as the door takes them; the Candidate ID is the next generated one."""
    if request.identity is not None:
        return CandidateRow(
            number=number,
            candidate_id="",
            extra_minutes=0,
            sso_user_id=request.identity.sso_user_id,
            authentication_type=request.identity.authentication_type,
            name=request.user.name,
        )
    return CandidateRow(number=number, candidate_id="", extra_minutes=0, account=request.user_id)


def fill_freed_places(*, test: Test, by: User | None, **_named: Any) -> None:
    """Let in who waits after somebody made room; receives `places_freed`, in its transaction."""
    move_up(test, by=by)


def connect() -> None:
    """Listen to what frees places."""
    places_freed.connect(fill_freed_places, dispatch_uid="candidates.fill_freed_places")
