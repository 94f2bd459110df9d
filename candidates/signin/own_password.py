"""A person's own password: asked for again, and changed."""

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.errors import Refused
from candidates.models import AuditEvent, Candidate, SealedPassword, User
from candidates.models.accounts import KEYED
from candidates.signin.backends import is_text
from candidates.text import MAX_TYPED

TYPED_AT = "own_password_typed_at"  # in the session, in seconds of UTC


class AcceptedAtLoginValidator:
    """Refuse a password that the login page would not accept (settings.AUTH_PASSWORD_VALIDATORS)."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for one that is too long, or that no database could hold."""
        if len(password) > MAX_TYPED:
            raise ValidationError(_("Use at most %(n)d characters.") % {"n": MAX_TYPED})
        if not is_text(password):
            raise ValidationError(_("There is a character in it that cannot be typed at a login. Choose another one."))

    def get_help_text(self) -> str:
        """Return what to know beforehand."""
        return _("Your password can have up to %(n)d characters.") % {"n": MAX_TYPED}


@sensitive_variables()
def check_own_password(request: HttpRequest, user: User, password: str, *, for_what: AuditEvent.Action) -> User | None:
    """Return the account as it is stored now if this is its password, else None.

    The same rate limit as for logins holds, by name, browser and address: after too many attempts axes answers the
    request. A wrong password is recorded as a refusal of the act that it was asked for.
    """
    request.asks_own_password = True  # type: ignore[attr-defined]  # events.py does not record a login
    was_free = AxesProxyHandler.is_allowed(request, {"username": user.username})
    found = authenticate(request, username=user.username, password=password)
    if isinstance(found, User) and found.pk == user.pk:
        note_password_entered(request)
        return found
    if was_free:
        audit.record_if_possible(for_what, by=user, refused=True, detail={"what": "wrong password"})
    return None


def note_password_entered(request: HttpRequest) -> None:
    """Note in the session that the own password was typed just now."""
    request.session[TYPED_AT] = timezone.now().timestamp()


def password_entered_recently(request: HttpRequest) -> bool:
    """Say whether the own password was typed in this session within REAUTHENTICATE_MINUTES.

    A time ahead counts too: another server's clock may be a little ahead.
    """
    typed_at = request.session.get(TYPED_AT, 0)
    return bool(abs(timezone.now().timestamp() - typed_at) < settings.REAUTHENTICATE_MINUTES * 60)


@sensitive_variables()
def change_own_password(user: User, new: str) -> None:
    """Store a new password, which ends all sessions of the person; `user` comes from `check_own_password`.

    The sealed copy is deleted, and printed slips are out of date, since they no longer work. Raises Refused where
    somebody else gave a new password meanwhile, or deactivated the account.
    """
    # a permanent user's rests on a key outside the database, as one that came in a file does
    stored = make_password(new, hasher=KEYED if user.kind == User.Kind.PERMANENT else "default")
    now = timezone.now()
    with transaction.atomic():
        # Conditional on the password that was checked: of two simultaneous changes the second is refused.
        live = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
        if not live.update(password=stored, password_changed_at=now, must_change_password=False):
            raise Refused(_("Somebody else has just given you a new password. Log in with that one."))
        SealedPassword.objects.filter(user=user).delete()
        if user.kind == User.Kind.PERMANENT:
            slips = Candidate.objects.filter(user=user, kind=Candidate.Kind.PERMANENT)
            slips.lock_in_order()
            slips.order_by().update(slip_version=F("slip_version") + 1)
        audit.record(audit.Action.PASSWORD_CHANGED, by=user, count=1)
    user.password, user.password_changed_at, user.must_change_password = stored, now, False
