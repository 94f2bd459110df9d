"""Erase one-time users, and accounts of staff who have left: nothing says any more who they were."""

import secrets

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.lifecycle.contributors import planned_alone
from candidates.lifecycle.forgetting import forget_locked, lock_account
from candidates.lifecycle.user_lists import hand_over_lists, heir_of
from candidates.models import (
    CandidateImport,
    ListShare,
    PermanentUserList,
    SecondStep,
    User,
)
from candidates.models.accounts import no_password
from candidates.timing import Stage, stage_of

ROLES = ("is_staff", "is_superuser", "is_planner", "is_invigilator", "is_grader", "is_administrator")
MOST_NAMED = 3


def erase_one_time_user(*, account: User, by: User) -> None:
    """Erase a one-time user whose tests are over: Candidate ID, answer and mark stay, and nothing leads to a slip.

    Raises Refused while a test is not over or its login details can still be shown, Http404 where somebody was faster.
    """
    with transaction.atomic():
        current = lock_account(account.pk)
        if current is None or not current.candidacies.exists():
            raise Http404
        tests = forget_locked(current, by)
        test = tests[0] if len(tests) == 1 else None
        audit.record(audit.Action.ONE_TIME_USER_ERASED, by=by, test=test, count=1, detail={"tests": len(tests)})


def why_staff_is_not_erased(account: User, by: User) -> str:
    """Return why an account of staff cannot be erased yet and what to do, or nothing."""
    if account.pk == by.pk:
        return _("This is your own account. Another administrator can erase it when you have left.")
    if account.is_active:
        return _("This account may still log in. Deactivate it when the person has left, then erase it.")
    left = _tests_without_another_planner(account)
    if left:
        names = ", ".join(left[:MOST_NAMED]) + (" …" if len(left) > MOST_NAMED else "")
        return _("Nobody else plans %(names)s. Give it another planner first.") % {"names": names}
    return ""


def erase_staff(*, account: User, by: User) -> None:
    """Erase an account of staff who have left; their lists pass to an administrator, and what they did stays.

    In the audit, and beside imports and marks, stands a name of no meaning. Raises Refused, Http404.
    """
    if reason := why_staff_is_not_erased(account, by):
        raise Refused(reason)
    # Lists first, in a transaction of their own: whoever works with them locks lists before accounts of staff.
    heir = heir_of(account, by)
    if heir is not None:
        hand_over_lists(of=account, to=heir, by=by)
    with transaction.atomic():
        # The account's strong lock: who makes it a contributor or lets it in again waits, or is seen here.
        current = User.objects.select_for_update().filter(pk=account.pk, kind=User.Kind.STAFF).first()
        if current is None:
            raise Http404
        if reason := why_staff_is_not_erased(current, by):
            raise Refused(reason)
        if PermanentUserList.objects.filter(owner=current).exists():
            raise Refused(_("This person keeps lists of permanent users. Hand them over first."))
        name = f"deleted-{secrets.token_hex(8)}"
        was = current.username
        User.objects.filter(pk=current.pk).update(
            username=name, name="", email="", password=no_password(), last_login=None, **dict.fromkeys(ROLES, False)
        )
        if second_step := SecondStep.objects.select_for_update(no_key=True).filter(user=current).first():
            second_step.delete()
        current.groups.clear()
        current.user_permissions.clear()
        audit.replace_names({current.pk}, name, by=by, was=was)
        ListShare.objects.filter(user=current).delete()
        CandidateImport.objects.filter(by=current).update(by_name=name)
        # Django's own log of the back office names whose account was changed
        kind = ContentType.objects.get_for_model(User)
        LogEntry.objects.filter(content_type=kind, object_id=str(current.pk)).update(object_repr=name)
        audit.record(audit.Action.STAFF_ERASED, by=by, count=1, detail={"account": name})


def _tests_without_another_planner(account: User) -> list[str]:
    """Return the names of tests that are not over and that nobody else can plan."""
    rows = planned_alone(account).in_use().with_longest_extra().defer("questions", "information").order_by("name")
    return [test.name for test in rows if stage_of(test) != Stage.FINISHED]
