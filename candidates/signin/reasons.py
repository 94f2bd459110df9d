"""Why somebody is asked to log in again, in the words of the login page; the reason stands in its address."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

IDLE, SENT, IDLE_AND_SENT = "idle", "sent", "idle-sent"


def reason_of(*, was_idle: bool, sent: bool) -> str:
    """Return the reason for an address: nobody did anything for a while, or a form came to nothing; "" for neither."""
    if was_idle:
        return IDLE_AND_SENT if sent else IDLE
    return SENT if sent else ""


def sentence_of(reason: str) -> str:
    """Return what the login page says for a reason, "" for everything else that an address may hold."""
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
    }.get(reason, "")
