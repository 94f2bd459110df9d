"""Record logins, log-outs and refused logins in the audit, and logins on Monitor."""

from collections.abc import Mapping
from typing import Any, cast

from django.contrib.auth.models import update_last_login
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from candidates import audit
from candidates.models import Candidate, User
from candidates.signin.own_password import note_password_entered
from candidates.signin.sessions import SessionStore, device_of
from candidates.signin.sso.backend import SsoReturn
from candidates.signin.sso.refusals import SsoRefused
from candidates.signin.throttling import digest_of_username
from candidates.timing import is_arriving_for


def connect() -> None:
    """Listen to Django's own signals, so that every way to log in is covered."""
    # Replaces Django's listener, in whatever order they are connected: it writes the account's row at every login,
    # which 1500 candidates at once do not need.
    user_logged_in.disconnect(dispatch_uid="update_last_login")
    user_logged_in.connect(note_login, dispatch_uid="update_last_login")
    user_logged_out.connect(note_logout, dispatch_uid="candidates.note_logout")
    user_login_failed.connect(note_refusal, dispatch_uid="candidates.note_refusal")


def note_login(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record a login in the audit, the session and, for candidates, on Monitor."""
    now = timezone.now()
    agent = request.headers.get("User-Agent", "")
    cast(SessionStore, request.session).begin(user, user_agent=agent)
    if user.kind == User.Kind.ONE_TIME:
        Candidate.objects.note_login_with_slip(user, at=now)
    elif user.is_candidate:
        places = Candidate.objects.of_person(user).filter(submitted_at__isnull=True)
        places = places.defer("test__questions", "test__information")
        here = [place.pk for place in places if is_arriving_for(place, place.test, now=now)]
        if here:
            Candidate.objects.update_in_order(here, logged_in_at=Coalesce("logged_in_at", now), last_seen_at=now)
    else:
        note_password_entered(request)
        update_last_login(sender, user)
    detail = {"kind": user.kind}
    if device := device_of(agent):
        detail["device"] = device
    if arrival := _sso_return_of(request):
        detail["sso"] = arrival.provider.kind.slug
    audit.record_if_possible(audit.Action.LOGIN, by=user, detail=detail)


def note_logout(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        audit.record_if_possible(audit.Action.LOGOUT, by=user)


def note_refusal(
    sender: Any, credentials: Mapping[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Record a refused login by the digest of the name: people type passwords into the name field."""
    if getattr(request, "asks_own_password", False):  # not a login: own_password.py records it
        return
    if (arrival := _sso_return_of(request)) is not None:
        if arrival.refused is not None:
            note_sso_refusal(arrival.provider.kind.slug, arrival.refused)
        return
    name = digest_of_username(request, credentials) if request is not None else ""
    audit.record_refused_login({"name_digest": name})


def note_sso_refusal(slug: str, refused: SsoRefused) -> None:
    """Record a refused login through SSO by type and reason, without saying who it was."""
    audit.record_refused_login({"sso": slug, "reason": refused.why.value, "about": refused.about})


def _sso_return_of(request: HttpRequest | None) -> SsoReturn | None:
    return getattr(request, "sso_return", None)
