"""How people join by test code: set-up, code, who is refused and who is out (docs/domain.md E14). intake lets in."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Q
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.authentication_types import enabled_types
from candidates.errors import Refused
from candidates.lifecycle.tests import fingerprint
from candidates.models import (
    AllowedJoiner,
    Candidate,
    Joining,
    JoiningList,
    JoinRequest,
    ListMember,
    PermanentUserList,
    SsoIdentity,
    Test,
    User,
)
from candidates.models.accounts import username_key
from candidates.models.test_codes import new_code, read_code
from candidates.timing import Stage, stage_of

State = JoinRequest.State
WAITING = (State.ASKED, State.QUEUED)
MAX_TRIES = 8  # of a random code that another test has; one try in a million fails with a thousand codes

# Sent with `test` and `by` inside the transaction that made room on a test; intake lets in who waits.
places_freed = Signal()


@dataclass(frozen=True, slots=True)
class Setup:
    """How people join: what a planner chose. Times are UTC; `allowed` None: all whom the rest lets."""

    works_from: datetime
    works_until: datetime
    max_joiners: int
    approves_each: bool
    authentication_types: tuple[str, ...] = ()
    permanent: str = Joining.Permanent.NONE
    lists: tuple[PermanentUserList, ...] = ()
    allowed: tuple[str, ...] | None = None


def joining_of(test: Test) -> Joining | None:
    """Return how people join this test, None where planners add the candidates."""
    return Joining.objects.filter(test=test).first()


def asked_count(test: Test) -> Counter[str]:
    """Return how many typed the code, by where they stand; one query."""
    found = JoinRequest.objects.filter(test=test).order_by().values("state").annotate(n=Count("pk"))
    return Counter({one["state"]: one["n"] for one in found})


def not_joined(test: Test) -> list[JoinRequest]:
    """Return who asked and is not on the test, in the order of asking, with account, identity and who decided."""
    found = JoinRequest.objects.filter(test=test).exclude(state=State.JOINED)
    return list(found.select_related("identity", "user__permanent_user", "decided_by").order_by("turn"))


def why_way_stays(test: Test) -> str:
    """Return why candidates go on joining by the code, or nothing."""
    if JoinRequest.objects.filter(test=test, state__in=[State.JOINED, *WAITING]).exists():
        return _("Somebody has joined by the code or waits, so candidates go on joining by it.")
    return ""


def find_by_code(typed: str) -> Joining | None:
    """Return the joining, with its test, that a typed code opens now; None alike for a wrong and for a closed one."""
    code = read_code(typed)
    found = Joining.objects.select_related("test").filter(code=code).first() if code else None
    return found if found is not None and is_open(found, found.test) else None


def is_open(joining: Joining, test: Test) -> bool:
    """Say whether the code of a test works now: activated, not over, within its window (start in, end out, D30)."""
    if joining.code is None or test.archived_at is not None or stage_of(test) in (Stage.CREATED, Stage.FINISHED):
        return False
    return joining.works_from <= timezone.now() < joining.works_until


def identity_to_join_with(joining: Joining, user: User) -> SsoIdentity | None:
    """Return the identity by which a person of an institution may join, None where none may, or the kind is another."""
    if user.kind != User.Kind.SSO:
        return None
    types = enabled_types()
    slugs = [slug for slug in joining.authentication_types if slug in types]
    found = SsoIdentity.objects.filter(user=user, authentication_type__in=slugs).order_by("pk")
    for identity in found:
        exact = types[identity.authentication_type].comparison == "exact"
        if not joining.only_allowed or _is_allowed(joining, identity.sso_user_id, exact=exact):
            return identity
    return None


def may_join(joining: Joining, user: User) -> bool:
    """Say whether the set-up lets this person join: people of institutions and permanent users, never others."""
    if user.kind == User.Kind.SSO:
        return identity_to_join_with(joining, user) is not None
    if user.kind != User.Kind.PERMANENT or joining.permanent == Joining.Permanent.NONE:
        return False
    if joining.permanent == Joining.Permanent.LISTS:
        lists = JoiningList.objects.filter(joining=joining).values("list")
        if not ListMember.objects.filter(list__in=lists, person=user.pk).exists():
            return False
    return not joining.only_allowed or _is_allowed(joining, user.username, exact=False)


def _is_allowed(joining: Joining, user_id: str, *, exact: bool) -> bool:
    found = AllowedJoiner.objects.filter(joining=joining, key=username_key(user_id))
    return (found.filter(user_id=user_id) if exact else found).exists()


def set_joining(*, test: Test, setup: Setup | None, by: User, seen: str | None = None) -> None:
    """Store how people join the test, None: planners add the candidates. Raises Refused.

    `seen` is the mark of the set-up that the page showed: where somebody else has changed it since, nothing is stored.

    The way is changed only while nobody has joined or waits; everything else at any time. On an activated test
    the code is made at once.
    """
    with transaction.atomic():
        # The lock orders this with joining, adding and activation: who joins at this moment is seen here, or waits.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        joining = joining_of(test)
        if test.is_demo and setup is not None:
            raise Refused(_("A demo test has no candidates: everybody may try it without a code."))
        if stage_of(test) == Stage.FINISHED:
            raise Refused(_("The test has ended, so nobody can join any more. Nothing was changed."))
        before = _described(joining)
        if seen is not None and seen != mark_of(joining):
            raise Refused(_("Somebody else changed this meanwhile. Load the page again, and look at what it says now."))
        if setup is None:
            _end_joining(test, joining, by)
            return
        if joining is not None and setup.max_joiners < joining.joined_count:
            sentence = _("%(n)d have joined already: choose at least as many. Nothing was changed.")
            raise Refused(sentence % {"n": joining.joined_count}, about="max_joiners")
        values = {name: getattr(setup, name) for name in ("works_from", "works_until", "max_joiners", "approves_each")}
        values |= {"authentication_types": list(setup.authentication_types), "permanent": setup.permanent}
        values["only_allowed"] = setup.allowed is not None
        # who asked before candidates were added for a while keeps the turn of then
        last = JoinRequest.objects.filter(test=test).aggregate(last=Max("turn"))["last"] or 0
        first_time = {**values, "last_turn": last}
        joining, _made = Joining.objects.update_or_create(test=test, defaults=values, create_defaults=first_time)
        AllowedJoiner.objects.filter(joining=joining).delete()
        AllowedJoiner.objects.bulk_create(
            AllowedJoiner(joining=joining, key=key, user_id=user_id)
            for (key, user_id) in dict.fromkeys((username_key(one), one) for one in setup.allowed or ())
        )
        if test.is_activated:
            make_code(test=test, by=by)
        places_freed.send(sender=Test, test=test, by=by)
        # Lists last, as everywhere, and before the rows that name them, as whoever deletes a list locks. One that is
        # gone by now is left out.
        chosen = PermanentUserList.objects.filter(pk__in=[one.pk for one in setup.lists]).order_by("pk")
        lists = list(chosen.select_for_update(of=("self",), no_key=True))
        JoiningList.objects.filter(joining=joining).delete()
        JoiningList.objects.bulk_create(JoiningList(joining=joining, list=one) for one in lists)
        after = _described(joining)
        if before != after:
            audit.record(audit.Action.JOINING_CHANGED, by=by, test=test, detail={"before": before, "after": after})


def _end_joining(test: Test, joining: Joining | None, by: User) -> None:
    if joining is None:
        return
    if reason := why_way_stays(test):
        raise Refused(reason)
    if test.is_activated and not test.candidates.all().people().exists():
        raise Refused(_("No candidate is on the test. Deactivate it, then let planners add the candidates."))
    audit.record(audit.Action.JOINING_CHANGED, by=by, test=test, detail={"before": _described(joining), "after": None})
    joining.delete()


def mark_of(joining: Joining | None) -> str:
    """Return a short text by which a page says what set-up it showed."""
    allowed = list(joining.allowed.order_by("user_id").values_list("user_id", flat=True)) if joining else []
    return fingerprint([_described(joining), allowed])


def _described(joining: Joining | None) -> dict[str, Any] | None:
    """Return the set-up as the audit keeps it: user IDs as their number."""
    if joining is None:
        return None
    return {
        "works_from": joining.works_from.isoformat(),
        "works_until": joining.works_until.isoformat(),
        "max_joiners": joining.max_joiners,
        "approves_each": joining.approves_each,
        "authentication_types": joining.authentication_types,
        "permanent": joining.permanent,
        "lists": list(JoiningList.objects.filter(joining=joining).order_by("list").values_list("list", flat=True)),
        "allowed": joining.allowed.count() if joining.only_allowed else None,
    }


def make_code(*, test: Test, by: User) -> str:
    """Make the code of a test that has none yet, and return it; "" where nobody joins by code.

    The caller holds the lock of the test's row.
    """
    joining = joining_of(test)
    if joining is None:
        return ""
    return joining.code or _new_code(joining, by, replaced=False)


def replace_code(*, test: Test, by: User) -> str:
    """Give the test another code and return it: the former one is wrong from now on, who has joined stays.

    Raises Refused before the test is activated, and when it is over.
    """
    with transaction.atomic():
        # the lock: of two planners who press at once each makes a code, one after the other, and the later one counts
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        joining = joining_of(test)
        if joining is None:
            raise Refused(_("Candidates do not join this test by a code. Nothing was changed."))
        if joining.code is None:
            raise Refused(_("The code is made when the test is activated. Nothing was changed."))
        if stage_of(test) == Stage.FINISHED:
            raise Refused(_("The test has ended, so nobody can join any more. Nothing was changed."))
        return _new_code(joining, by, replaced=True)


def copy_joining(source: Test, *, to: Test, by: User) -> None:
    """Let people join a new test as they join another one: not by its code, and in a window of its own opening.

    The caller has just made the new test, inside a transaction.
    """
    joining = joining_of(source)
    if joining is None or source.opens_at is None or to.opens_at is None:
        return
    later = to.opens_at - source.opens_at
    setup = Setup(
        works_from=joining.works_from + later,
        works_until=joining.works_until + later,
        max_joiners=joining.max_joiners,
        approves_each=joining.approves_each,
        authentication_types=tuple(joining.authentication_types),
        permanent=joining.permanent,
        lists=tuple(joining.lists.all()),
        allowed=tuple(joining.allowed.values_list("user_id", flat=True)) if joining.only_allowed else None,
    )
    set_joining(test=to, setup=setup, by=by)


def _new_code(joining: Joining, by: User, *, replaced: bool) -> str:
    for _try in range(MAX_TRIES):
        code = new_code(settings.TEST_CODE_LETTERS)
        try:
            # the savepoint: another test may have the same random code, by the constraint
            with transaction.atomic():
                Joining.objects.filter(pk=joining.pk).update(code=code, code_made_at=timezone.now())
        except IntegrityError:
            continue
        audit.record(audit.Action.TEST_CODE_MADE, by=by, test=joining.test, detail={"replaced": replaced})
        return code
    raise IntegrityError("no free test code was found")


def next_turn(joining: Joining) -> int:
    """Return the place at the end of the line; the caller holds the lock of the test's row."""
    Joining.objects.filter(pk=joining.pk).update(last_turn=F("last_turn") + 1)
    joining.refresh_from_db(fields=["last_turn"])
    return joining.last_turn


def refuse(*, test: Test, public_ids: Sequence[str], sentence: str, by: User) -> int:
    """Refuse people who wait, with a sentence to them or "", and return how many; they may ask again with the code.

    Raises Refused where nobody of them waits any more.
    """
    with transaction.atomic():
        # The lock of the test: who is let in at this moment is a candidate afterwards, or is refused here.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        waiting = JoinRequest.objects.filter(test=test, public_id__in=public_ids, state__in=WAITING)
        ids = list(waiting.values_list("public_id", flat=True))
        if not ids:
            raise Refused(_("Nobody of them waits any more. Nothing was changed."))
        waiting.update(state=State.REFUSED, sentence=sentence.strip(), decided_at=timezone.now(), decided_by=by)
        # the sentence may name the person, and stays with the request
        audit.record(audit.Action.JOIN_REFUSED, by=by, test=test, count=len(ids), detail={"requests": ids})
    return len(ids)


def withdraw(*, test: Test, by: User) -> None:
    """Take back the own wish to join. Raises Refused where the person does not wait.

    Who was refused before is refused again: else the code would let in whom a planner has not.
    """
    with transaction.atomic():
        # as in refuse(): let in first, or out of the line first
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        mine = JoinRequest.objects.filter(test=test, user=by)
        refused = mine.filter(state=State.ASKED, decided_at__isnull=False).update(state=State.REFUSED)
        gone = refused or mine.filter(state__in=WAITING).delete()[0]
        if not gone:
            raise Refused(_("You do not wait for this test any more. Nothing was changed."))
        audit.record(audit.Action.JOIN_WITHDRAWN, by=by, test=test)


def keep_out(test: Test, gone: Sequence[Candidate]) -> None:
    """Note that candidates who joined by code were removed: they stay out until they are let in again.

    Called before their rows are deleted, by who holds the lock of the test's row.
    """
    theirs = JoinRequest.objects.filter(test=test, candidate__in=[one.pk for one in gone])
    out = theirs.update(state=State.REMOVED, candidate=None, decided_at=timezone.now(), decided_by=None)
    if out:
        Joining.objects.filter(test=test).update(joined_count=F("joined_count") - out)


def forget_who_asked(test: Test) -> None:
    """Delete who asked to join a test that is over and did not, and the user IDs that were allowed to."""
    JoinRequest.objects.filter(~Q(state=State.JOINED), test=test).delete()
    AllowedJoiner.objects.filter(joining=test.pk).delete()


def forget_requests(test: Test, people: Collection[int]) -> None:
    """Delete the requests of people whom a planner put on the test by hand; who joined by code is on it already."""
    JoinRequest.objects.filter(~Q(state=State.JOINED), test=test, user__in=people).delete()


def requests_of(test: Test) -> list[JoinRequest]:
    """Return who typed the code of a test, in the order of their turns."""
    return list(JoinRequest.objects.filter(test=test).select_related("user", "identity", "candidate").order_by("turn"))


def place_in_line(request: JoinRequest) -> int:
    """Return which place on the waiting list somebody has, from 1."""
    before = JoinRequest.objects.filter(test=request.test_id, state=State.QUEUED, turn__lt=request.turn)
    return before.count() + 1


def waiting_of(user: User) -> list[JoinRequest]:
    """Return for which tests that are not over somebody waits: to be let in, or for a place."""
    mine = JoinRequest.objects.filter(user=user, state__in=WAITING, test__archived_at=None).order_by("asked_at")
    found = mine.select_related("test").defer("test__questions", "test__information")
    return [one for one in found if stage_of(one.test) != Stage.FINISHED]
