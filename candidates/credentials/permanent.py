"""Give a permanent user a new password, for all tests at once (C27)."""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.access import locked_permanent_user
from candidates.credentials.rights import record_on_their_tests
from candidates.credentials.sealing import seal
from candidates.credentials.secrets import new_password, show_password
from candidates.credentials.verifier import make_verifier
from candidates.models import Candidate, PermanentUser, SealedPassword, User


@dataclass(frozen=True, slots=True)
class NewLogin:
    """What to tell the person: user name and password in their shown form."""

    username: str
    password: str = field(repr=False)


@sensitive_variables()
def give_new_password(*, person: PermanentUser, by: User) -> NewLogin:
    """Replace the password by one that this system makes, and return it once; sessions end at once.

    Recorded on all tests of the person before it is given: passes on DatabaseError where the audit rows cannot be
    written, and then nothing is changed. Raises Http404 where the person has been deleted meanwhile.
    """
    with transaction.atomic():
        # The account's lock first: a renewal from a test's page, or a key rotation, at this moment waits.
        user = locked_permanent_user(person).user
        action = audit.Action.PASSWORD_RENEWED
        audit.record(action, by=by, count=1, detail={"user": person.public_id})
        record_on_their_tests(action, by=by, accounts=[user.pk], where="the page of the permanent user")
        password = replace_password(user)
    return NewLogin(user.shown_username, show_password(password))


@sensitive_variables()
def replace_password(user: User) -> str:
    """Make a new password for an account whose row the caller has locked, and return it, folded.

    The verifier lies in User.password, so the session hash changes with it (docs/fault-cases.md H6). Every slip that
    was printed for a permanent user's tests gets the next version: it does not work any more.
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
