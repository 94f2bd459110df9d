"""Rate limits of login attempts: what django-axes counts, and what it leaves alone (T1, T2).

Attempts are counted for each browser, so that guessing in one does not slow its neighbour. A signed, anonymous cookie
tells browsers apart: a random id and when it was given, used for nothing else and stored nowhere here.
"""

import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, NamedTuple

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from candidates.models import User
from candidates.models.accounts import is_generated_name
from candidates.text import fold


def typed_username(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """Return the user name of a login attempt as it was typed."""
    return str((credentials or {}).get("username") or request.POST.get("username", ""))


def digest_of_username(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return a keyed digest of the folded name, for the audit: people type passwords into the name field."""
    return _digest(User.normalize_username(typed_username(request, credentials)))


def counted_as(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return what axes counts attempts by, with the address: a keyed digest of the folded name and the browser.

    Browsers without a cookie of ours, or with one younger than OWN_AFTER, count as one. So ten wrong attempts in a hall
    close a name for that browser, and for nobody who has had the login page open for a while.
    """
    known = browser_of(request)
    name = User.normalize_username(typed_username(request, credentials))
    return _digest(f"{name}\0{known.browser if known.has_own_tries else ''}")


def _digest(text: str) -> str:
    message = b"axes" + text.encode("utf-8", "surrogatepass")
    return hmac.digest(settings.SECRET_KEY.encode(), message, "sha256").hex()[:32]


def needs_no_throttle(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> bool:
    """Say whether attempts need no rate limit: empty names, and generated logins, whose 64 bits nobody guesses.

    So nobody can lock a candidate out of an exam by typing wrong passwords.
    """
    name = typed_username(request, credentials)
    return not name.strip() or is_generated_name(fold(name))


class AttemptsHandler(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Count attempts in the database; for generated logins, which are never counted, delete none at a login."""

    def user_logged_in(self, sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        """Delete the attempts of a chosen name; a login with a slip has none (`needs_no_throttle`)."""
        if not is_generated_name(user.get_username()):
            super().user_logged_in(sender, request, user, **kwargs)


# Until then all new browsers of an address share their attempts: a new cookie for each attempt is of no use, and
# somebody beside a guesser waits no longer than this.
OWN_AFTER = timedelta(seconds=30)
KEPT_FOR = timedelta(days=30)
SALT = "candidates.signin.browsers"


class Browser(NamedTuple):
    """A browser: its id, empty without a cookie of ours, and the seconds until its attempts are counted apart."""

    browser: str
    seconds_left: int

    @property
    def has_own_tries(self) -> bool:
        """Say whether its attempts are counted apart from those of other browsers."""
        return bool(self.browser) and not self.seconds_left


def browser_of(request: HttpRequest) -> Browser:
    """Return the browser of a request; read once, so that one request always counts as the same browser."""
    known: Browser | None = getattr(request, "known_browser", None)
    if known is None:
        known = _read(request.COOKIES.get(settings.BROWSER_COOKIE_NAME, ""))
        request.known_browser = known  # type: ignore[attr-defined]
    return known


def set_browser_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give the browser a cookie where it has none of ours."""
    if browser_of(request).browser:
        return
    value = Signer(salt=SALT).sign(f"{secrets.token_hex(16)}.{int(timezone.now().timestamp())}")
    set_private_cookie(response, settings.BROWSER_COOKIE_NAME, value, lasts=KEPT_FOR)


def set_private_cookie(response: HttpResponseBase, name: str, value: str, *, lasts: timedelta) -> None:
    """Set a cookie that scripts cannot read and that is not sent from other sites."""
    secure = not settings.PLAIN_HTTP
    response.set_cookie(name, value, max_age=lasts, httponly=True, samesite="Lax", secure=secure)


def _read(value: str) -> Browser:
    own_after = int(OWN_AFTER.total_seconds())
    try:
        browser, _, given = Signer(salt=SALT).unsign(value).partition(".")
    except BadSignature:
        return Browser("", own_after)
    age = int(timezone.now().timestamp()) - int(given)
    # a negative age: the clock was put back
    return Browser(browser, max(0, own_after - max(0, age)))


def client_address(request: HttpRequest) -> str | None:
    """Return the client's network address, None for a socket file (C20).

    X-Forwarded-For counts only behind the configured proxy, and only its last entry, which that proxy wrote.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
        address = str(forwarded).rsplit(",", 1)[-1].strip()
    try:
        return str(ip_address(address))
    except ValueError:
        return None
