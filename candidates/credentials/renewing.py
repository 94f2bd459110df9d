"""Give one candidate a new password (D9)."""

from django.db import transaction
from django.db.models import F
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.credentials.permanent import replace_password
from candidates.credentials.refusals import moved_or_removed, refusals_recorded, why_not_renewed
from candidates.credentials.rights import record_on_their_tests
from candidates.models import Candidate, Test, User


@sensitive_variables()
def renew_password(*, candidate: Candidate, by: User) -> None:
    """Replace the password on a candidate's slip: the old one and its sessions die at once.

    The user name stays; the slip gets the next version, so it counts as not printed. A permanent user's works on all
    tests, and so does the new one, also where the old one came in a file (C27). Raises NotShown, recorded as refused,
    where the test is not activated, the candidate logs in through SSO alone or may not log in, is on or writes a test
    of other planners.
    """
    action = audit.Action.PASSWORD_RENEWED
    with refusals_recorded(action, test=candidate.test, by=by, candidate=candidate), transaction.atomic():
        # The test's row first, as everywhere: a deactivation waits, or is seen here.
        test = Test.objects.select_for_update(no_key=True).get(pk=candidate.test_id)
        found = Candidate.objects.of_test(test).filter(pk=candidate.pk).first()
        if found is None:
            raise moved_or_removed()
        account = Candidate.objects.filter(pk=found.pk).slip_accounts()
        user = User.objects.select_for_update(no_key=True).filter(pk__in=account).first()
        # The account's lock before the look at it: a permanent user can be deactivated or deleted without the test's.
        found = Candidate.objects.select_related("user").get(pk=found.pk)
        if refusal := why_not_renewed(test, found, by=by):
            raise refusal
        if user is None:
            raise moved_or_removed()
        replace_password(user)
        if user.kind != User.Kind.PERMANENT:
            Candidate.objects.filter(pk=candidate.pk).update(slip_version=F("slip_version") + 1)
        detail: dict[str, object] = {"candidates": [candidate.public_id]}
        if user.kind == User.Kind.PERMANENT:
            detail["user"] = user.permanent_user.public_id  # it is a new password on the person's other tests as well
        audit.record(action, by=by, test=test, count=1, detail=detail)
        if user.kind == User.Kind.PERMANENT:
            record_on_their_tests(action, by=by, accounts=[user.pk], where="another test", but=test)
