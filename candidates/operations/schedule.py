"""Scheduled jobs, hourly or nightly, each run once per interval whatever number of workers there are."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from importlib import import_module
from operator import or_

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session as DjangosSession
from django.db import Error
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.credentials.purging import purge_due, rotation_is_due
from candidates.intake.drafts import expire
from candidates.lifecycle.erasing import forget_strangers
from candidates.lifecycle.once import forget_old
from candidates.lifecycle.retention import delete_aged
from candidates.models import AuditSeal, ScheduledJob
from candidates.operations.audit_seals import seal_new_rows
from candidates.operations.exports import forget_expired
from candidates.operations.webhooks.sending import forget_deliveries
from candidates.rosters.looking import forget_old_looks
from candidates.signin.access_keys import forget_old as forget_old_calls
from candidates.signin.lti.launches import forget_used_launches

WORKER = "worker"
"""The row with the heartbeat of the workers; it has no job."""
LEASE = timedelta(minutes=15)
"""How long a job may take before another worker assumes that this one was killed. Running twice does no harm."""
RETRY = timedelta(minutes=1)
"""How long a job that failed waits."""
MISSED_AFTER = timedelta(minutes=3)
"""Warn after this long without a heartbeat."""

CLOCKS_DIFFER = timedelta(minutes=5)
"""How much the clocks of two machines may differ. A time further ahead was written by a clock that was wrong."""

log = logging.getLogger(__name__)

TRIES_KEPT = timedelta(days=1)
"""How long wrong login attempts are kept; they count for AXES_COOLOFF_TIME, some minutes."""
NIGHT = 3
"""The hour (TIME_ZONE) at which nightly jobs are due."""


def purge_login_details() -> str:
    """Delete the sealed copies that are due, and say how many."""
    gone = purge_due()
    return ngettext("%(count)d password deleted.", "%(count)d passwords deleted.", gone) % {"count": gone}


def expire_drafts() -> str:
    """Delete lists that nobody confirmed, and say how many."""
    gone = expire()
    return ngettext("%(count)d expired draft deleted.", "%(count)d expired drafts deleted.", gone) % {"count": gone}


def clear_sessions() -> str:
    """Delete expired sessions, as Django's clearsessions does, and those of Django's own table.

    Only processes of an earlier version, which run until an upgrade is complete, use that table.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    DjangosSession.objects.all().delete()
    return _("Expired sessions deleted.")


def forget_tries() -> str:
    """Delete wrong login attempts that no longer count, with their addresses, and say how many."""
    gone, _per_model = AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - TRIES_KEPT).delete()
    return ngettext("%(count)d old wrong try deleted.", "%(count)d old wrong tries deleted.", gone) % {"count": gone}


def forget_launches() -> str:
    """Forget launches of learning platforms whose state has expired, and say how many."""
    gone = forget_used_launches()
    return ngettext("%(count)d launch forgotten.", "%(count)d launches forgotten.", gone) % {"count": gone}


def forget_sent_forms() -> str:
    """Forget forms that were sent long ago, and say how many."""
    gone = forget_old()
    return ngettext("%(count)d sent form forgotten.", "%(count)d sent forms forgotten.", gone) % {"count": gone}


def forget_people() -> str:
    """Delete people of institutions who joined nothing, and say how many."""
    gone = forget_strangers()
    return ngettext("%(count)d person forgotten.", "%(count)d people forgotten.", gone) % {"count": gone}


def forget_calls() -> str:
    """Delete expired tokens of other systems and old answers to their calls, and say how many."""
    gone = forget_old_calls()
    return ngettext("%(count)d token or answer forgotten.", "%(count)d tokens and answers forgotten.", gone) % {
        "count": gone
    }


def forget_looks() -> str:
    """Delete what student systems told of tests that are over, and say of how many."""
    gone = forget_old_looks()
    return ngettext("%(count)d last look deleted.", "%(count)d last looks deleted.", gone) % {"count": gone}


def delete_by_age() -> str:
    """Delete data past its retention (RETENTION_… settings), and say how much."""
    gone = delete_aged()
    words = {kind: f"{kind.label}: {count}" for kind, count in gone.items()}
    return ", ".join(words.values()) or _("Nothing is deleted by age: no RETENTION_ setting is set.")


def seal_audit() -> str:
    """Seal the new rows of the audit, and say how many and the last hash, which is so kept in the log."""
    done = seal_new_rows()
    last = AuditSeal.objects.order_by("-number").first()
    said = ngettext("%(count)d row sealed", "%(count)d rows sealed", done) % {"count": done}
    return f"{said}; {last.number} {last.hash}" if last else said


def report_keys() -> str:
    """Say whether login details are sealed under an older key.

    It rotates nothing: while servers are restarted one after another, those with the old settings lack the new key.
    Only the operator knows when all of them have it.
    """
    if rotation_is_due():
        return _("Login details lie under an older key: run `manage.py rotate_credential_keys`.")
    return _("All login details lie under the newest keys.")


@dataclass(frozen=True, slots=True)
class Job:
    """A job, and when it is due again after a time (UTC)."""

    name: str
    run: Callable[[], str]
    due_after: Callable[[datetime], datetime]


def hourly(now: datetime) -> datetime:
    return now + timedelta(hours=1)


def every_five_minutes(now: datetime) -> datetime:
    return now + timedelta(minutes=5)


def nightly(now: datetime) -> datetime:
    """Return the next time at which it is NIGHT o'clock in TIME_ZONE."""
    local = timezone.localtime(now)
    tonight = local.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    return tonight if tonight > local else tonight + timedelta(days=1)


JOBS = (
    Job("purge_login_details", purge_login_details, hourly),
    Job("expire_drafts", expire_drafts, hourly),
    Job("forget_expired", forget_expired, hourly),
    Job("clear_sessions", clear_sessions, hourly),
    Job("forget_tries", forget_tries, nightly),
    Job("forget_sent_forms", forget_sent_forms, nightly),
    Job("forget_launches", forget_launches, nightly),
    Job("forget_deliveries", forget_deliveries, nightly),
    Job("forget_people", forget_people, nightly),
    Job("forget_calls", forget_calls, hourly),
    Job("forget_looks", forget_looks, hourly),
    Job("delete_by_age", delete_by_age, nightly),
    Job("report_keys", report_keys, nightly),
    Job("seal_audit", seal_audit, every_five_minutes),
)


def prepare() -> None:
    """Make the missing rows of the workers and of jobs; a new job is due at once."""
    # Two workers that start together both insert: the constraint keeps one row of each, and neither fails.
    names = [WORKER, *(job.name for job in JOBS)]
    ScheduledJob.objects.bulk_create([ScheduledJob(name=name) for name in names], ignore_conflicts=True)


def run_due() -> list[str]:
    """Run the due jobs that no other worker has taken; return their names. Raises Error of the database."""
    now = timezone.now()
    free = reduce(or_, (_is_free(job, now) for job in JOBS))
    due = set(ScheduledJob.objects.filter(free).values_list("name", flat=True))
    return [job.name for job in JOBS if job.name in due and _run(job)]


def _run(job: Job) -> bool:
    """Run one job if no other worker takes it first, and say whether it ran."""
    token = get_random_string(32)
    now = timezone.now()
    # Several workers see the same job due: who wins this update runs it. It checks again whether the job is due,
    # because another worker may just have done it. The job of a killed worker is free again when its lease ends.
    if not ScheduledJob.objects.filter(_is_free(job, now)).update(lease=token, leased_until=now + LEASE):
        return False
    try:
        said = job.run()
    except Error as error:
        log.warning("%s: the database did not answer (%s); trying again in a minute", job.name, type(error).__name__)
        _give_back(job, token, due_at=timezone.now() + RETRY)
        return False
    except Exception:
        # Whatever a job raises: the others continue, and this one is tried again.
        log.exception("%s failed; trying again in a minute", job.name)
        _give_back(job, token, due_at=timezone.now() + RETRY)
        return False
    now = timezone.now()
    _give_back(job, token, due_at=job.due_after(now), done_at=now, said=said)
    log.info("%s: %s", job.name, said)
    return True


def _is_free(job: Job, now: datetime) -> Q:
    """Return the condition under which a job is due and no worker has it.

    Times that a wrong clock has written far ahead are ignored: otherwise the job might not run for days or years.
    """
    nobodys = Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_until__gt=now + CLOCKS_DIFFER + LEASE)
    due = Q(due_at__lte=now) | Q(due_at__gt=job.due_after(now + CLOCKS_DIFFER))
    return Q(name=job.name) & nobodys & due


def _give_back(job: Job, token: str, **columns: object) -> None:
    """Write when the job is due again, unless its lease has ended and another worker has it."""
    ScheduledJob.objects.filter(name=job.name, lease=token).update(lease="", leased_until=None, **columns)


def be_seen() -> None:
    """Write the heartbeat of the workers."""
    row = ScheduledJob.objects.filter(name=WORKER)
    if not row.update(done_at=timezone.now()):
        prepare()
        row.update(done_at=timezone.now())


def worker_seen_at() -> datetime | None:
    """Return the last heartbeat of a background worker (UTC), None where there was none."""
    return ScheduledJob.objects.filter(name=WORKER).values_list("done_at", flat=True).first()


def worker_is_missing(now: datetime | None = None) -> bool:
    """Say whether the last heartbeat is older than MISSED_AFTER, or as far in the future."""
    seen = worker_seen_at()
    return seen is None or abs((now or timezone.now()) - seen) > MISSED_AFTER
