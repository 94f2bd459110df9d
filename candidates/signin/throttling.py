"""What django-axes counts, and what it leaves alone (T1, T2)."""

import hmac
from collections.abc import Mapping
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.http import HttpRequest

from candidates.models import User
from candidates.models.accounts import is_generated_name
from candidates.signin.browsers import browser_of
from candidates.text import fold


def typed_username(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """Return the user name of a login attempt as it was typed."""
    return str((credentials or {}).get("username") or request.POST.get("username", ""))


def digest_of_username(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return a keyed digest of the folded name, for the audit: people type passwords into the wrong field."""
    return _digest(User.normalize_username(typed_username(request, credentials)))


def counted_as(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return what axes counts, with the address: a keyed digest of the folded name and the browser.

    Browsers without a cookie of ours, and with one that is younger than OWN_AFTER, are one and the same. So ten wrong
    tries of somebody in the hall close a name for that browser, and for nobody who has had the login page open.
    """
    known = browser_of(request)
    name = User.normalize_username(typed_username(request, credentials))
    return _digest(f"{name}\0{known.browser if known.has_own_tries else ''}")


def _digest(text: str) -> str:
    message = b"axes" + text.encode("utf-8", "surrogatepass")
    return hmac.digest(settings.SECRET_KEY.encode(), message, "sha256").hex()[:32]


def needs_no_throttle(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> bool:
    """Say whether guessing needs no brake: empty names, and generated logins, whose 64 bits nobody guesses.

    Nobody can lock a candidate out of an exam by typing wrong passwords.
    """
    name = typed_username(request, credentials)
    return not name.strip() or is_generated_name(fold(name))


class TriesHandler(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Count tries in the database, and look for none to forget where none are ever counted."""

    def user_logged_in(self, sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        """Forget the tries of a chosen name; a login with a slip has none (`needs_no_throttle`)."""
        if not is_generated_name(user.get_username()):
            super().user_logged_in(sender, request, user, **kwargs)
