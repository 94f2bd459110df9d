"""Give one candidate a new password (D9)."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.credentials.sealing import seal
from candidates.credentials.secrets import new_password
from candidates.credentials.verifier import make_verifier
from candidates.lifecycle.errors import Refused
from candidates.models import Candidate, SealedPassword, Test, User


def renew_password(*, candidate: Candidate, by: User) -> None:
    """Replace the password of a one-time candidate: the old one and its sessions die at once.

    The user name stays; the slip gets the next version. Raises Refused where the test is not activated.
    """
    with transaction.atomic():
        # The test's row first, as everywhere: a deactivation waits, or is seen here.
        test = Test.objects.select_for_update().get(pk=candidate.test_id)
        user = User.objects.select_for_update().filter(candidacies=candidate, kind=User.Kind.ONE_TIME).first()
        if not test.is_activated or user is None:
            raise Refused(_("This candidate has no login details yet. They are made when the test is activated."))
        password = new_password()
        # The verifier lies in User.password, so the session hash changes with it (traps.md H6).
        User.objects.filter(pk=user.pk).update(password=make_verifier(user.username, password))
        SealedPassword.objects.update_or_create(
            user=user, defaults={"token": seal(user.username, password), "made_at": timezone.now()}
        )
        Candidate.objects.filter(pk=candidate.pk).update(slip_version=F("slip_version") + 1)
        audit.record(
            audit.Action.PASSWORD_RENEWED, by=by, test=test, count=1, detail={"candidates": [candidate.public_id]}
        )
