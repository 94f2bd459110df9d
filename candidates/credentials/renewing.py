"""Give a candidate (D9), or a permanent user for all tests at once (C27), a new password."""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.access import locked_permanent_user
from candidates.credentials.refusals import moved_or_removed, refusals_recorded, why_not_renewed
from candidates.credentials.rights import record_on_their_tests
from candidates.credentials.sealing import seal
from candidates.credentials.secrets import new_password, show_password
from candidates.credentials.verifier import make_verifier
from candidates.models import Candidate, PermanentUser, SealedPassword, Test, User


@sensitive_variables()
def renew_password(*, candidate: Candidate, by: User) -> None:
    """Replace the password on a candidate's slip; the old one and its sessions stop working at once.

    The user name stays. The slip gets the next version, so it counts as not printed. A permanent user's new password is
    for all tests, also where the old one was imported (C27). Raises NotShown, recorded as refused, where the test is
    not activated, and where the candidate logs in through SSO only, may not log in, or is on a test of other planners.
    """
    action = audit.Action.PASSWORD_RENEWED
    with refusals_recorded(action, test=candidate.test, by=by, candidate=candidate), transaction.atomic():
        # Lock the test first, as everywhere: a deactivation waits, or is seen here.
        test = Test.objects.select_for_update(no_key=True).get(pk=candidate.test_id)
        found = Candidate.objects.of_test(test).filter(pk=candidate.pk).first()
        if found is None:
            raise moved_or_removed()
        account = Candidate.objects.filter(pk=found.pk).slip_accounts()
        user = User.objects.select_for_update(no_key=True).filter(pk__in=account).first()
        # Read the account after locking it: a permanent user can be deactivated or deleted without a test's lock.
        found = Candidate.objects.select_related("user").get(pk=found.pk)
        refusal = why_not_renewed(test, found, by=by)
        if refusal or user is None:
            raise refusal or moved_or_removed()
        replace_password(user)
        if user.kind != User.Kind.PERMANENT:
            Candidate.objects.filter(pk=candidate.pk).update(slip_version=F("slip_version") + 1)
        detail: dict[str, object] = {"candidates": [candidate.public_id]}
        if user.kind == User.Kind.PERMANENT:
            detail["user"] = user.permanent_user.public_id  # it is a new password on the person's other tests as well
        audit.record(action, by=by, test=test, count=1, detail=detail)
        if user.kind == User.Kind.PERMANENT:
            record_on_their_tests(action, by=by, accounts=[user.pk], where="another test", but=test)


@dataclass(frozen=True, slots=True)
class NewLogin:
    """What to tell the person: user name and password in their shown form."""

    username: str
    password: str = field(repr=False)


@sensitive_variables()
def give_new_password(*, person: PermanentUser, by: User) -> NewLogin:
    """Replace the password by one that this system makes, and return it once; sessions end at once.

    Recorded on all tests of the person before it is made. Raises DatabaseError where the audit rows cannot be written,
    and Http404 where the person was deleted meanwhile; nothing is changed then.
    """
    with transaction.atomic():
        # Lock the account first: a renewal on a test's page or a key rotation waits.
        user = locked_permanent_user(person).user
        action = audit.Action.PASSWORD_RENEWED
        audit.record(action, by=by, count=1, detail={"user": person.public_id})
        record_on_their_tests(action, by=by, accounts=[user.pk], where="the page of the permanent user")
        password = replace_password(user)
    return NewLogin(user.shown_username, show_password(password))


@sensitive_variables()
def replace_password(user: User) -> str:
    """Make a new password for an account whose row the caller has locked, and return it, folded.

    The verifier is in User.password, so the session hash changes with it (docs/fault-cases.md H6). All slips of a
    permanent user get the next version, since printed ones no longer work.
    """
    password = new_password()
    User.objects.filter(pk=user.pk).update(password=make_verifier(user.username, password))
    SealedPassword.objects.update_or_create(
        user=user, defaults={"token": seal(user.username, password), "made_at": timezone.now()}
    )
    if user.kind == User.Kind.PERMANENT:
        slips = Candidate.objects.filter(user=user, kind=Candidate.Kind.PERMANENT)
        slips.lock_in_order()
        slips.order_by().update(slip_version=F("slip_version") + 1)
    return password
