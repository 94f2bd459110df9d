"""Why somebody is asked to log in again, in the words of the login page.

One word in a cookie that the login page takes: who is not logged in makes no row, and reads it once.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.signin.throttling import give_cookie

IDLE, SENT, IDLE_AND_SENT = "idle", "sent", "idle-sent"
NO_CODE, NO_SECOND_STEP = "no-code", "no-second-step"


KEPT_FOR = timedelta(minutes=10)  # until it is no news any more


def give_reason(response: HttpResponseBase, *, was_idle: bool, sent: bool = False, other: str = "") -> None:
    """Let the login page say that nobody did anything for a while, that a form came to nothing, or another reason."""
    reason = (IDLE_AND_SENT if sent else IDLE) if was_idle else SENT if sent else other
    if reason:
        give_cookie(response, settings.REASON_COOKIE_NAME, reason, lasts=KEPT_FOR)


def take_reason(request: HttpRequest, response: HttpResponseBase) -> None:
    """Take the cookie back: what it says has been read."""
    if settings.REASON_COOKIE_NAME in request.COOKIES:
        response.delete_cookie(settings.REASON_COOKIE_NAME, samesite="Lax")


def sentence_for(request: HttpRequest) -> str:
    """Return what the login page says to this browser, "" for nothing and for whatever else the cookie may hold."""
    n = settings.SESSION_IDLE_MINUTES
    idle = ngettext(
        "You were logged out, because nothing was done here for %(n)d minute.",
        "You were logged out, because nothing was done here for %(n)d minutes.",
        n,
    ) % {"n": n}
    nothing_changed = _("Nothing was changed. Log in, then do it once more.")
    return {
        IDLE: f"{idle} " + _("Log in to go on where you were."),
        SENT: _("You were logged out.") + f" {nothing_changed}",
        IDLE_AND_SENT: f"{idle} {nothing_changed}",
        NO_CODE: _("That took too long. Log in again, and type the code within five minutes."),
        NO_SECOND_STEP: _("Two-step login has just been switched off. Log in again."),
    }.get(request.COOKIES.get(settings.REASON_COOKIE_NAME, ""), "")
