"""Run what is due, once per interval whatever number of workers there are."""

import logging
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db import Error
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import get_random_string

from candidates.models import ScheduledJob
from candidates.operations.jobs import JOBS, Job

WORKER = "worker"
"""The row in which the workers say that they are there; nothing is run for it."""
LEASE = timedelta(minutes=15)
"""How long a job may take before another worker takes it for killed. Run twice at a time it does no harm either."""
RETRY = timedelta(minutes=1)
"""How long a job that failed waits."""
MISSED_AFTER = timedelta(minutes=3)
"""Silence of the workers from which on people are told."""

CLOCKS_DIFFER = timedelta(minutes=5)
"""What the clocks of two machines may differ by. A time further ahead comes from a clock that has been put right."""

log = logging.getLogger(__name__)


def prepare() -> None:
    """Make the row of the workers, and those of jobs that have none; such a job is due at once."""
    # Two workers that start together both insert: the constraint keeps one row, and neither fails.
    names = [WORKER, *(job.name for job in JOBS)]
    ScheduledJob.objects.bulk_create([ScheduledJob(name=name) for name in names], ignore_conflicts=True)


def run_due() -> list[str]:
    """Run the jobs that are due and that nobody else has; return their names. Raises Error of the database."""
    now = timezone.now()
    free = reduce(or_, (_is_free(job, now) for job in JOBS))
    due = set(ScheduledJob.objects.filter(free).values_list("name", flat=True))
    return [job.name for job in JOBS if job.name in due and _run(job)]


def _run(job: Job) -> bool:
    """Run one job if no other worker takes it first; say whether this one had it."""
    token = get_random_string(32)
    now = timezone.now()
    # Several workers see the same job due: who wins this update runs it. It asks again whether the job is due, for
    # one that another has just done. What a killed worker had is free again when the lease ends.
    if not ScheduledJob.objects.filter(_is_free(job, now)).update(lease=token, leased_until=now + LEASE):
        return False
    try:
        said = job.run()
    except Error as error:
        log.warning("%s: the database did not answer (%s); trying again in a minute", job.name, type(error).__name__)
        _give_back(job, token, due_at=timezone.now() + RETRY)
        return False
    except Exception:
        # The outermost edge of a job: the others go on, and this one is tried again.
        log.exception("%s failed; trying again in a minute", job.name)
        _give_back(job, token, due_at=timezone.now() + RETRY)
        return False
    now = timezone.now()
    _give_back(job, token, due_at=job.due_after(now), done_at=now, said=said)
    log.info("%s: %s", job.name, said)
    return True


def _is_free(job: Job, now: datetime) -> Q:
    """Return the condition under which a job is due and nobody has it.

    What was written by a clock that was far ahead is not waited for: days or years might pass without any job.
    """
    nobodys = Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_until__gt=now + CLOCKS_DIFFER + LEASE)
    due = Q(due_at__lte=now) | Q(due_at__gt=job.due_after(now + CLOCKS_DIFFER))
    return Q(name=job.name) & nobodys & due


def _give_back(job: Job, token: str, **columns: object) -> None:
    """Write when the job is due again, unless its lease has ended and another worker has it."""
    ScheduledJob.objects.filter(name=job.name, lease=token).update(lease="", leased_until=None, **columns)


def be_seen() -> None:
    """Say that a worker is there, whatever it is at and whatever became of others."""
    row = ScheduledJob.objects.filter(name=WORKER)
    if not row.update(done_at=timezone.now()):
        prepare()
        row.update(done_at=timezone.now())


def worker_seen_at() -> datetime | None:
    """Return when a background worker last said that it was there (UTC), None where none ever did."""
    return ScheduledJob.objects.filter(name=WORKER).values_list("done_at", flat=True).first()


def worker_is_missing(now: datetime | None = None) -> bool:
    """Say whether no background worker has been seen for MISSED_AFTER; a time as far ahead says nothing either."""
    seen = worker_seen_at()
    return seen is None or abs((now or timezone.now()) - seen) > MISSED_AFTER
