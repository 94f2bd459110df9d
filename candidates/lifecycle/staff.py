"""Accounts of staff: an installation always has an administrator, and a test a planner, who can work."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.errors import Refused
from candidates.lifecycle.contributors import Role, named, planned_alone
from candidates.models import Test, User
from candidates.timing import Stage, stage_of


class LeavesTests(Refused):
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


def keep_planners(account: User) -> None:
    """Raise LeavesTests where a test that is not over would have no planner without this one; in a transaction.

    To be called before a planner is deactivated or loses the role, and before `keep_an_administrator`: tests are locked
    before people. Of two planners of one test who are deactivated at the same moment the second waits for its lock, and
    then is the last. Tests that are over may be left: an administrator can still hand them over.
    """
    planned = Test.objects.with_role(account, Role.PLANNER)
    held = set(planned.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    # The account, and the administrators' that the next look locks, all in one order. Who is made planner of a test at
    # this moment holds that test and waits for the account (lifecycle/contributors.py), or is seen here.
    administrators = Q(kind=User.Kind.STAFF, is_administrator=True, is_active=True)
    people = User.objects.select_for_update(no_key=True).filter(Q(pk=account.pk) | administrators).order_by("pk")
    current = next((one for one in people if one.pk == account.pk), None)
    if current is None or not (current.is_active and current.is_planner):
        return
    tests = [test for test in planned_alone(account).with_longest_extra() if stage_of(test) != Stage.FINISHED]
    if any(test.pk not in held for test in tests):
        raise Refused(_("%(name)s has just been made planner of a test. Save again.") % {"name": account})
    if tests:
        raise LeavesTests(account, tests)


def keep_an_administrator(account: User, *, by: User) -> None:
    """Raise Refused where nobody could make and change accounts any more once this one cannot; in a transaction.

    To be called before an account is deactivated or loses the role. The rows of all administrators are locked first, in
    one order: of two who deactivate each other at the same moment the second waits here, and sees what the first did.
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
