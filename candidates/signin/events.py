"""What happens around a login: progress for Monitor, and the audit."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from candidates import audit
from candidates.models import Candidate, User
from candidates.signin.throttling import digest_of_username


def connect() -> None:
    """Listen to Django's own signals, so that every way to log in is covered."""
    user_logged_in.connect(note_login, dispatch_uid="candidates.note_login")
    user_logged_out.connect(note_logout, dispatch_uid="candidates.note_logout")
    user_login_failed.connect(note_refusal, dispatch_uid="candidates.note_refusal")


def note_login(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record a login, and show the candidate as logged in on Monitor."""
    if user.is_candidate:
        now = timezone.now()
        Candidate.objects.filter(user=user, submitted_at__isnull=True).update(
            logged_in_at=Coalesce("logged_in_at", now), last_seen_at=now
        )
    audit.record(audit.Action.LOGIN, by=user, detail={"kind": user.kind})


def note_logout(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Record a log-out."""
    if user is not None:
        audit.record(audit.Action.LOGOUT, by=user)


def note_refusal(
    sender: Any, credentials: Mapping[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Record a refused login by the digest of the name: people type passwords into the wrong field."""
    name = digest_of_username(request, credentials) if request is not None else ""
    audit.record(audit.Action.LOGIN_REFUSED, by=None, refused=True, detail={"name_digest": name})
