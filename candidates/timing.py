"""The stage of a test, when each candidate finishes, and the progress of each (docs/domain.md §3 and §6).

No other module answers these questions. Nothing here writes.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, ExpressionWrapper, F, Func, Q
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models import Candidate, Test, User
from candidates.models.candidates import CandidateQuerySet

ARRIVES_BEFORE = timedelta(hours=12)
OFFLINE_AFTER = timedelta(minutes=3)  # three missed heartbeats; pages send one a minute


class Stage(models.TextChoices):
    """The statuses of a test that this product shows."""

    CREATED = "created", _("Created")
    SCHEDULED = "scheduled", _("Scheduled")
    ACTIVE = "active", _("Active")
    FINISHED = "finished", _("Finished")


def last_end(test: Test, longest_extra_seconds: int) -> datetime | None:
    """Return the last effective end of the test (UTC), None for a demo test without a window."""
    return None if test.ends_at is None else test.ends_at + timedelta(seconds=longest_extra_seconds)


def longest_extra_seconds(test: Test) -> int:
    """Return the largest extra time of a candidate of the test, from the annotation where the query had it."""
    known = getattr(test, "longest_extra_seconds", None)
    if known is not None:
        return int(known)
    row = Candidate.objects.of_test(test).order_by("-extra_seconds").values_list("extra_seconds", flat=True)[:1]
    return int(next(iter(row), 0))


def stage_of(test: Test, *, now: datetime | None = None) -> Stage:
    """Return the stage: Finished begins when the last candidate's effective end has passed."""
    now = now or timezone.now()
    if test.activated_at is None:
        return Stage.CREATED
    if test.opens_at is not None and now < test.opens_at:
        return Stage.SCHEDULED
    end = last_end(test, longest_extra_seconds(test)) if test.ends_at and now >= test.ends_at else None
    return Stage.FINISHED if end is not None and now >= end else Stage.ACTIVE


def demo_is_open(test: Test, now: datetime) -> bool:
    """Say whether a demo test can be tried: always, or within its window where it has one."""
    return (test.opens_at is None or test.opens_at <= now) and (test.ends_at is None or now < test.ends_at)


def opens_in(test: Test, now: datetime) -> int:
    """Return the whole seconds until the test opens, rounded up; 0 once it is open."""
    return max(0, -((now - test.window[0]) // timedelta(seconds=1)))


def own_id(candidate_id: str, test: Test, *, now: datetime) -> str:
    """Return the Candidate ID as its candidate may see it: "" where it is hidden until the test has ended."""
    hidden = test.hides_candidate_ids and (test.ends_at is None or now < test.ends_at)
    return "" if hidden else candidate_id


class Progress(models.TextChoices):
    """How far a candidate is."""

    INACTIVE = "inactive", _("Inactive")
    DASHBOARD = "dashboard", _("Dashboard")
    IN_PROGRESS = "in_progress", _("In progress")
    SUBMITTED = "submitted", _("Submitted")


class Standing(models.TextChoices):
    """The status of a test for one candidate: the tags of the Dashboard in their order (docs/domain.md §13)."""

    IN_PROGRESS = "in_progress", _("IN PROGRESS")
    DUE = "due", _("DUE")
    UPCOMING = "upcoming", _("UPCOMING")
    SUBMITTED = "submitted", _("Submitted")
    NOT_SUBMITTED = "not_submitted", _("Not submitted")


class Clocked(Protocol):
    """When a candidate started, and their extra time."""

    @property
    def started_at(self) -> datetime | None: ...

    @property
    def extra_minutes(self) -> int: ...

    @property
    def incident_minutes(self) -> int: ...


class Times(Clocked, Protocol):
    """All times of a candidate (UTC): of a Candidate, or of a row of a list that was read without making models."""

    @property
    def submitted_at(self) -> datetime | None: ...

    @property
    def logged_in_at(self) -> datetime | None: ...

    @property
    def last_seen_at(self) -> datetime | None: ...


def effective_end(
    *,
    test_ends_at: datetime,
    duration_minutes: int | None,
    started_at: datetime | None,
    extra_minutes: int,
    incident_minutes: int = 0,
) -> datetime:
    """Return the moment (UTC, exclusive) from which nothing more is accepted from this candidate.

    `end = E + x`, and with a duration `min(started_at + d + x, E + x)`, where x is planned and incident time together
    (docs/domain.md §6, fits all published examples). Before the start a duration makes this the latest end (D29).
    """
    extra = timedelta(minutes=extra_minutes + incident_minutes)
    latest = test_ends_at + extra
    if duration_minutes is None or started_at is None:
        return latest
    return min(started_at + timedelta(minutes=duration_minutes) + extra, latest)


def end_of(candidate: Clocked, test: Test) -> datetime:
    """Return this candidate's effective end (UTC); with a duration and before the start it is the latest one."""
    return effective_end(
        test_ends_at=test.window[1],
        duration_minutes=test.duration_minutes,
        started_at=candidate.started_at,
        extra_minutes=candidate.extra_minutes,
        incident_minutes=candidate.incident_minutes,
    )


def handed_in_at(candidate: Times, test: Test, *, now: datetime) -> datetime | None:
    """Return when the answer was handed in (UTC): by the candidate, or by the clock at the candidate's own end.

    Derived, not stored: incident time reopens the test for somebody whose time ran out (docs/domain.md §6, "Timed
    out"), and no job has to run at the end.
    """
    if candidate.submitted_at is not None or candidate.started_at is None:
        return candidate.submitted_at
    end = end_of(candidate, test)
    return end if now >= end else None


def progress_of(candidate: Times, test: Test, *, now: datetime) -> Progress:
    """Return the progress that Monitor shows."""
    if handed_in_at(candidate, test, now=now) is not None:
        return Progress.SUBMITTED
    if candidate.started_at is not None:
        return Progress.IN_PROGRESS
    if candidate.logged_in_at is not None and is_online(candidate, now=now):
        return Progress.DASHBOARD
    return Progress.INACTIVE


def standing_of(candidate: Times, test: Test, *, now: datetime) -> Standing:
    """Return what the candidate can do with the test now; the opening counts, the end does not (D30)."""
    if handed_in_at(candidate, test, now=now) is not None:
        return Standing.SUBMITTED
    if candidate.started_at is not None:
        return Standing.IN_PROGRESS
    if now >= end_of(candidate, test):
        return Standing.NOT_SUBMITTED
    return Standing.DUE if now >= test.window[0] else Standing.UPCOMING


class Seconds(Func):
    """A number of seconds as a length of time, which the databases write differently."""

    template = "(%(expressions)s) * INTERVAL '1 second'"
    output_field = models.DurationField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        """Return microseconds, as SQLite keeps lengths of time."""
        return self.as_sql(compiler, connection, template="(%(expressions)s) * 1000000", **context)


class Figures(NamedTuple):
    """How many candidates of a test do what now; nobody is offline who is not writing."""

    people: int = 0
    writing: int = 0
    not_in: int = 0
    offline: int = 0
    handed_in: int = 0


def figures_of(candidates: CandidateQuerySet, *, now: datetime) -> dict[int, Figures]:
    """Return the figures of each test, by its key: one query for all, which agrees with progress_of and is_online."""
    extra, own = Seconds(F("extra_seconds")), Seconds(F("test__duration_minutes") * 60)
    rows = candidates.annotate(
        latest=ExpressionWrapper(F("test__ends_at") + extra, output_field=models.DateTimeField()),
        own_end=ExpressionWrapper(F("started_at") + own + extra, output_field=models.DateTimeField()),
    )
    open_still = Q(latest__gt=now) & (Q(own_end__isnull=True) | Q(own_end__gt=now))
    started = Q(started_at__isnull=False, submitted_at__isnull=True)
    unseen = Q(last_seen_at__isnull=True) | Q(last_seen_at__lte=now - OFFLINE_AFTER)
    absent = Q(started_at__isnull=True, submitted_at__isnull=True) & (Q(logged_in_at__isnull=True) | unseen)
    closed = Q(latest__lte=now) | Q(own_end__lte=now)
    counted = (
        rows.order_by()
        .values_list("test_id")
        .annotate(
            people=Count("pk"),
            writing=Count("pk", filter=started & open_still),
            not_in=Count("pk", filter=absent & Q(latest__gt=now)),
            offline=Count("pk", filter=started & open_still & unseen),
            handed_in=Count("pk", filter=Q(submitted_at__isnull=False) | (started & closed)),
        )
    )
    return {key: Figures(*figures) for key, *figures in counted}


def is_online(candidate: Times, *, now: datetime) -> bool:
    """Say whether one of the candidate's pages sent a heartbeat within the last three minutes."""
    return candidate.last_seen_at is not None and now - candidate.last_seen_at < OFFLINE_AFTER


def is_arriving_for(candidate: Times, test: Test, *, now: datetime) -> bool:
    """Say whether a login for several tests counts as arriving for this one, which Monitor then shows.

    Not for a test that is over or opens later than in ARRIVES_BEFORE: there the person would seem to have arrived.
    """
    return not is_over(candidate, test, now=now) and now >= test.window[0] - ARRIVES_BEFORE


def is_over(candidate: Times, test: Test, *, now: datetime) -> bool:
    """Say whether the test belongs into the candidate's Archive: it was handed in, or its end has passed."""
    return handed_in_at(candidate, test, now=now) is not None or now >= end_of(candidate, test)


def writing_now(user: User) -> list[Candidate]:
    """Return the places at which a person is writing now, with their tests: logging out would interrupt these."""
    now = timezone.now()
    started: Any = Candidate.objects.of_person(user).filter(started_at__isnull=False, submitted_at__isnull=True)
    started = started.defer("test__questions", "test__information").order_by("pk")
    return [place for place in started if progress_of(place, place.test, now=now) == Progress.IN_PROGRESS]
