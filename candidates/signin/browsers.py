"""Tell one browser on the login page from another, so that guessing in one does not slow its neighbour (T2).

An anonymous cookie that we sign: a random id and when it was given. Nothing is stored here, and it is used for nothing
but counting tries.
"""

import secrets
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

# Until then all browsers of an address that are this new share their tries: taking a new cookie for each try is of no
# use, and who sits beside somebody who guesses waits no longer than this.
OWN_AFTER = timedelta(seconds=30)
KEPT_FOR = timedelta(days=30)
SALT = "candidates.signin.browsers"


class Known(NamedTuple):
    """A browser: its id, empty where it brought no cookie of ours, and the seconds until its tries are its own."""

    browser: str
    seconds_left: int

    @property
    def has_own_tries(self) -> bool:
        """Say whether its tries are counted by themselves."""
        return bool(self.browser) and not self.seconds_left


def browser_of(request: HttpRequest) -> Known:
    """Return what the cookie of the request says; worked out once, so that one request is counted in one place."""
    known: Known | None = getattr(request, "known_browser", None)
    if known is None:
        known = _read(request.COOKIES.get(settings.BROWSER_COOKIE_NAME, ""))
        request.known_browser = known  # type: ignore[attr-defined]
    return known


def keep_browser(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give the browser a cookie where it has none of ours; the age of the one that it has goes on."""
    if browser_of(request).browser:
        return
    value = Signer(salt=SALT).sign(f"{secrets.token_hex(16)}.{int(timezone.now().timestamp())}")
    give_cookie(response, settings.BROWSER_COOKIE_NAME, value, lasts=KEPT_FOR)


def give_cookie(response: HttpResponseBase, name: str, value: str, *, lasts: timedelta) -> None:
    """Give the browser a cookie that no script reads and no other site sends."""
    secure = not settings.PLAIN_HTTP
    response.set_cookie(name, value, max_age=lasts, httponly=True, samesite="Lax", secure=secure)


def _read(value: str) -> Known:
    all_of_it = int(OWN_AFTER.total_seconds())
    try:
        browser, _, given = Signer(salt=SALT).unsign(value).partition(".")
    except BadSignature:
        return Known("", all_of_it)
    age = int(timezone.now().timestamp()) - int(given)
    # given later than now: the clock was put back
    return Known(browser, max(0, all_of_it - max(0, age)))
