"""Give one candidate a new password (D9)."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.credentials.refusals import moved_or_removed, refusals_recorded, why_not_shown
from candidates.credentials.sealing import seal
from candidates.credentials.secrets import new_password
from candidates.credentials.verifier import make_verifier
from candidates.models import Candidate, SealedPassword, Test, User


@sensitive_variables()
def renew_password(*, candidate: Candidate, by: User) -> None:
    """Replace the password on a candidate's slip: the old one and its sessions die at once.

    The user name stays; the slip gets the next version, so it counts as not printed. Raises NotShown, recorded as
    refused, where the test is not activated or the candidate has no login details of ours.
    """
    action = audit.Action.PASSWORD_RENEWED
    with refusals_recorded(action, test=candidate.test, by=by, candidate=candidate), transaction.atomic():
        # The test's row first, as everywhere: a deactivation waits, or is seen here.
        test = Test.objects.select_for_update(no_key=True).get(pk=candidate.test_id)
        found = Candidate.objects.of_test(test).filter(pk=candidate.pk).first()
        if found is None:
            raise moved_or_removed()
        if refusal := why_not_shown(test, found, invigilating=False):
            raise refusal
        account = Candidate.objects.filter(pk=found.pk).slip_accounts()
        user = User.objects.select_for_update(no_key=True).get(pk__in=account)
        password = new_password()
        # The verifier lies in User.password, so the session hash changes with it (traps.md H6).
        User.objects.filter(pk=user.pk).update(password=make_verifier(user.username, password))
        SealedPassword.objects.update_or_create(
            user=user, defaults={"token": seal(user.username, password), "made_at": timezone.now()}
        )
        Candidate.objects.filter(pk=candidate.pk).update(slip_version=F("slip_version") + 1)
        audit.record(action, by=by, test=test, count=1, detail={"candidates": [candidate.public_id]})
