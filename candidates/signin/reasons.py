"""Why somebody is asked to log in again, shown once by the login page.

The reason is one word in a cookie: a visitor who is not logged in stores nothing in the database.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.signin.throttling import set_private_cookie

IDLE, SENT, IDLE_AND_SENT = "idle", "sent", "idle-sent"
NO_CODE, NO_SECOND_STEP = "no-code", "no-second-step"


REASON_LASTS = timedelta(minutes=10)


def set_reason_cookie(response: HttpResponseBase, *, was_idle: bool, sent: bool = False, other: str = "") -> None:
    """Let the login page say that the session was idle, that a form was not carried out, or another reason."""
    reason = (IDLE_AND_SENT if sent else IDLE) if was_idle else SENT if sent else other
    if reason:
        set_private_cookie(response, settings.REASON_COOKIE_NAME, reason, lasts=REASON_LASTS)


def clear_reason_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    """Delete the cookie, once its reason was shown."""
    if settings.REASON_COOKIE_NAME in request.COOKIES:
        response.delete_cookie(settings.REASON_COOKIE_NAME, samesite="Lax")


def reason_sentence(request: HttpRequest) -> str:
    """Return what the login page says to this browser, "" without a known reason."""
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
