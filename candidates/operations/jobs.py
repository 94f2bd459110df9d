"""What is done every hour or every night, by the worker or by hand. Each job can be run at any time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session as DjangosSession
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.credentials.purging import purge_due, rotation_is_due
from candidates.intake.accounts.ending import expire_imports
from candidates.intake.drafts import expire_drafts as expire_drafts_of_tests
from candidates.lifecycle.once import forget_old
from candidates.lifecycle.retention import delete_aged
from candidates.models import AuditSeal
from candidates.operations.sealing import seal_new_rows

TRIES_KEPT = timedelta(days=1)
"""How long wrong tries at a password are kept; they count for AXES_COOLOFF_TIME, some minutes."""
NIGHT = 3
"""The hour (TIME_ZONE) from which what is done nightly is due."""


def purge_login_details() -> str:
    """Delete the sealed copies that are due, and say how many."""
    gone = purge_due()
    return ngettext("%(count)d password deleted.", "%(count)d passwords deleted.", gone) % {"count": gone}


def expire_drafts() -> str:
    """Delete lists that nobody confirmed, and say how many."""
    gone = expire_drafts_of_tests() + expire_imports()
    return ngettext("%(count)d expired draft deleted.", "%(count)d expired drafts deleted.", gone) % {"count": gone}


def clear_sessions() -> str:
    """Delete sessions whose time is over, as Django's clearsessions does, and those of Django's own table.

    The product has its own; what it found there when it was made, the processes of the version before went on with.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    DjangosSession.objects.all().delete()
    return _("Expired sessions deleted.")


def forget_tries() -> str:
    """Delete wrong tries at passwords that no longer count, with their addresses, and say how many."""
    gone, _per_model = AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - TRIES_KEPT).delete()
    return ngettext("%(count)d old wrong try deleted.", "%(count)d old wrong tries deleted.", gone) % {"count": gone}


def forget_sent_forms() -> str:
    """Delete what is known of forms that nobody sends any more, and say of how many."""
    gone = forget_old()
    return ngettext("%(count)d sent form forgotten.", "%(count)d sent forms forgotten.", gone) % {"count": gone}


def delete_by_age() -> str:
    """Delete what is kept no longer (RETENTION_… settings), and say how much."""
    gone = delete_aged()
    words = {kind: f"{kind.label}: {count}" for kind, count in gone.items()}
    return ", ".join(words.values()) or _("Nothing is deleted by age: no RETENTION_ setting is set.")


def seal_audit() -> str:
    """Seal the new rows of the audit, and say how many, and the last hash: the log is a place where it is kept."""
    done = seal_new_rows()
    last = AuditSeal.objects.order_by("-number").first()
    said = ngettext("%(count)d row sealed", "%(count)d rows sealed", done) % {"count": done}
    return f"{said}; {last.number} {last.hash}" if last else said


def report_keys() -> str:
    """Say whether login details lie under an older key.

    It rotates nothing: while servers are restarted one after another, those with the old settings could not open what
    this one seals under a key that they do not have. Only the operator knows when all of them have it.
    """
    if rotation_is_due():
        return _("Login details lie under an older key: run `manage.py rotate_credential_keys`.")
    return _("All login details lie under the newest keys.")


@dataclass(frozen=True, slots=True)
class Job:
    """A job and when it is due again after a time (UTC)."""

    name: str
    run: Callable[[], str]
    due_after: Callable[[datetime], datetime]


def hourly(now: datetime) -> datetime:
    """Return the time in an hour."""
    return now + timedelta(hours=1)


def every_five_minutes(now: datetime) -> datetime:
    """Return the time in five minutes."""
    return now + timedelta(minutes=5)


def nightly(now: datetime) -> datetime:
    """Return the next time at which it is NIGHT o'clock in TIME_ZONE."""
    local = timezone.localtime(now)
    tonight = local.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    return tonight if tonight > local else tonight + timedelta(days=1)


JOBS = (
    Job("purge_login_details", purge_login_details, hourly),
    Job("expire_drafts", expire_drafts, hourly),
    Job("clear_sessions", clear_sessions, hourly),
    Job("forget_tries", forget_tries, nightly),
    Job("forget_sent_forms", forget_sent_forms, nightly),
    Job("delete_by_age", delete_by_age, nightly),
    Job("report_keys", report_keys, nightly),
    Job("seal_audit", seal_audit, every_five_minutes),
)
