"""What happens around a login: progress for Monitor, and the audit."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import update_last_login
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from candidates import audit
from candidates.models import Candidate, User
from candidates.signin.sso.backend import Arrival
from candidates.signin.sso.refusals import SsoRefused
from candidates.signin.throttling import digest_of_username


def connect() -> None:
    """Listen to Django's own signals, so that every way to log in is covered."""
    # In the place of Django's own listener, whichever of the two comes first: it writes the account's row at every
    # login. For 1500 candidates at once that is a write more than is needed.
    user_logged_in.disconnect(dispatch_uid="update_last_login")
    user_logged_in.connect(note_login, dispatch_uid="update_last_login")
    user_logged_out.connect(note_logout, dispatch_uid="candidates.note_logout")
    user_login_failed.connect(note_refusal, dispatch_uid="candidates.note_refusal")


def note_login(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record a login, and show the candidate as logged in on Monitor."""
    now = timezone.now()
    if user.is_candidate:
        taken = Candidate.objects.of_person(user).filter(submitted_at__isnull=True)
        taken.update(logged_in_at=Coalesce("logged_in_at", now), last_seen_at=now)
    else:
        update_last_login(sender, user)
    detail = {"kind": user.kind}
    if arrival := _arrival(request):
        detail["sso"] = arrival.provider.kind.slug
    audit.record(audit.Action.LOGIN, by=user, detail=detail)


def note_logout(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Record a log-out."""
    if user is not None:
        audit.record(audit.Action.LOGOUT, by=user)


def note_refusal(
    sender: Any, credentials: Mapping[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Record a refused login by the digest of the name: people type passwords into the wrong field."""
    if (arrival := _arrival(request)) is not None:
        if arrival.refused is not None:
            note_sso_refusal(arrival.provider.kind.slug, arrival.refused)
        return
    name = digest_of_username(request, credentials) if request is not None else ""
    audit.record(audit.Action.LOGIN_REFUSED, by=None, refused=True, detail={"name_digest": name})


def note_sso_refusal(slug: str, refused: SsoRefused) -> None:
    """Record a refused login through SSO: the type and the reason, and nothing that says who it was."""
    detail = {"sso": slug, "reason": refused.why.value, "about": refused.about}
    audit.record(audit.Action.LOGIN_REFUSED, by=None, refused=True, detail=detail)


def _arrival(request: HttpRequest | None) -> Arrival | None:
    return getattr(request, "sso_arrival", None)
