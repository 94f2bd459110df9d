"""A test always has a planner who can work, and an installation an administrator: handing over, and what is refused."""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.errors import Refused
from candidates.lifecycle.anonymity import refuse_to_lift_anonymity
from candidates.models import Candidate, Contributor, Test, User
from candidates.models.tests import TestQuerySet
from candidates.timing import Stage, stage_of

Role = Contributor.Role
WORKING_PLANNERS = Contributor.objects.filter(role=Role.PLANNER, user__is_planner=True, user__is_active=True)
MAX_NAMED = 5


def working_planners(test: Test) -> int:
    """Return how many planners of the test may still log in and still have the system role."""
    return WORKING_PLANNERS.filter(test=test).count()


def planned_alone(user: User) -> TestQuerySet:
    """Return the tests that have no other planner than this one who can work."""
    others = WORKING_PLANNERS.filter(test=OuterRef("pk")).exclude(user=user)
    found: TestQuerySet = Test.objects.with_role(user, Role.PLANNER).filter(~Exists(others))
    return found


def without_planner() -> TestQuerySet:
    """Return the tests without a planner who can work: nobody can reach them."""
    found: TestQuerySet = Test.objects.filter(~Exists(WORKING_PLANNERS.filter(test=OuterRef("pk"))))
    return found


def with_planners(tests: TestQuerySet) -> TestQuerySet:
    """Read the planners of each test along with it, as its `contributors`."""
    planners = Contributor.objects.filter(role=Role.PLANNER).select_related("user").order_by("pk")
    return tests.prefetch_related(Prefetch("contributors", planners))


def hand_over_tests(
    *,
    to: User,
    by: User,
    of: User | None = None,
    public_ids: Collection[str] | None = None,
    confirmed: bool = False,
) -> list[Test]:
    """Make somebody planner of the tests that `of` alone plans, or of those without a planner who can work.

    `public_ids` chooses among them; a test that has a planner is never handed over. Raises Refused where none is left,
    and where `to` cannot plan them; NotAnonymous as add_contributor does.
    """
    if by.pk is None or not by.is_administrator:
        raise Refused(_("Only administrators hand tests over."))
    names = {"name": str(to), "role": Role.PLANNER.label}
    with transaction.atomic():
        found = planned_alone(of) if of is not None else without_planner()
        if public_ids is not None:
            found = found.filter(public_id__in=public_ids)
        keys = list(found.order_by("pk").values_list("pk", flat=True))
        # Lock the tests in order, then the person, as everywhere, and query again under the locks: of two simultaneous
        # administrators the second finds that the tests have a planner.
        list(Test.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
        current = User.objects.select_for_update(no_key=True).filter(pk=to.pk).first()
        if current is None or current.kind != User.Kind.STAFF or not current.is_active or not current.is_planner:
            raise Refused(_("%(name)s does not have the role %(role)s. An administrator can give it.") % names)
        tests = list(found.filter(pk__in=keys).order_by("pk"))
        if not tests:
            raise Refused(_("These tests now have a planner who can work. Nothing was changed."))
        sat = [test for test in tests if Candidate.objects.of_test(test).filter(user=to).exists()]
        if sat:
            words = _("%(name)s is a candidate of %(tests)s and so cannot work on it. Choose somebody else.")
            raise Refused(words % {"name": to, "tests": named(sat)})
        if not confirmed:
            refuse_to_lift_anonymity(tests, [to], Role.PLANNER)
        _make_planner(tests, to, by, of)
    return tests


def _make_planner(tests: Sequence[Test], to: User, by: User, of: User | None) -> None:
    for test in tests:
        contributor, _made = Contributor.objects.get_or_create(
            test=test, user=to, role=Role.PLANNER, defaults={"added_by": by}
        )
        detail = contributor_detail(contributor) | {"handed_over_from": of.username if of is not None else ""}
        audit.record(audit.Action.CONTRIBUTOR_ADDED, by=by, test=test, count=1, detail=detail)


def named(tests: Sequence[Test]) -> str:
    """Return the names of the first tests, and how many more there are."""
    names = ", ".join(f"“{test.name}”" for test in tests[:MAX_NAMED])
    more = len(tests) - MAX_NAMED
    if more <= 0:
        return names
    return ngettext("%(names)s and %(n)d more", "%(names)s and %(n)d more", more) % {"names": names, "n": more}


class TestsWithoutPlanner(Refused):
    """Tests that are not over would be left without a planner who can work."""

    def __init__(self, account: User, tests: Sequence[Test]) -> None:
        words = ngettext(
            "%(name)s is the only planner who can work on %(n)d test that is not over: %(tests)s. Nobody could reach "
            "it any more. Hand it over first.",
            "%(name)s is the only planner who can work on %(n)d tests that are not over: %(tests)s. Nobody could "
            "reach them any more. Hand them over first.",
            len(tests),
        )
        super().__init__(words % {"name": account, "n": len(tests), "tests": named(tests)})


def refuse_without_planner(account: User) -> None:
    """Raise TestsWithoutPlanner where a test that is not over would have no planner without this one; in a transaction.

    Call it before a planner is deactivated or loses the role, and before `refuse_without_administrator`, since tests
    are locked before people. Of two planners of one test who are deactivated at the same moment the second waits for
    its lock, and is then the last. Tests that are over may be left: an administrator can still hand them over.
    """
    planned = Test.objects.with_role(account, Role.PLANNER)
    held = set(planned.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    # Lock the account, and those of administrators, which the next check locks, all in one order. Making this person
    # planner of a test at this moment (add_contributor) waits for the account, or is seen here.
    administrators = Q(kind=User.Kind.STAFF, is_administrator=True, is_active=True)
    people = User.objects.select_for_update(no_key=True).filter(Q(pk=account.pk) | administrators).order_by("pk")
    current = next((one for one in people if one.pk == account.pk), None)
    if current is None or not (current.is_active and current.is_planner):
        return
    tests = [test for test in planned_alone(account).with_longest_extra() if stage_of(test) != Stage.FINISHED]
    if any(test.pk not in held for test in tests):
        raise Refused(_("%(name)s has just been made planner of a test. Save again.") % {"name": account})
    if tests:
        raise TestsWithoutPlanner(account, tests)


def refuse_without_administrator(account: User, *, by: User) -> None:
    """Raise Refused where this is the last administrator who can log in; in a transaction.

    Call it before an account is deactivated or loses the role. The rows of all administrators are locked first, in one
    order: of two who deactivate each other at the same moment the second waits here, and sees what the first did.
    """
    administrators = User.objects.filter(kind=User.Kind.STAFF, is_administrator=True, is_active=True)
    held = list(administrators.select_for_update(no_key=True).order_by("pk"))
    if any(one.pk != account.pk and one.can_log_in for one in held) or all(one.pk != account.pk for one in held):
        return
    if account.pk == by.pk:
        words = _(
            "You are the last administrator who can log in, and without one nobody could make accounts any more. "
            "First give another account the role administrator and a password."
        )
    else:
        words = _(
            "%(name)s is the last administrator who can log in, and without one nobody could make accounts any more. "
            "First give another account the role administrator and a password."
        )
    raise Refused(words % {"name": account})


def contributor_detail(contributor: Contributor) -> dict[str, object]:
    """Return what the audit keeps of a contributor."""
    return {
        "user": contributor.user.username,
        "role": contributor.role,
        "location": str(contributor.location) if contributor.location else "",
    }
