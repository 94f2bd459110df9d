"""What Monitor, Grade, Dashboard and Archive say about a candidate (domain.md section 10). Nothing here writes."""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from candidates.lifecycle.sitting import Times, end_of
from candidates.models import Test

ARRIVES_BEFORE = timedelta(hours=12)
OFFLINE_AFTER = timedelta(minutes=3)  # three missed signs of life; pages send one a minute


class Progress(models.TextChoices):
    """How far a candidate is."""

    INACTIVE = "inactive", _("Inactive")
    DASHBOARD = "dashboard", _("Dashboard")
    IN_PROGRESS = "in_progress", _("In progress")
    SUBMITTED = "submitted", _("Submitted")


class Standing(models.TextChoices):
    """What a test is to its candidate now: the tags of the Dashboard in their order (domain.md section 13)."""

    IN_PROGRESS = "in_progress", _("IN PROGRESS")
    DUE = "due", _("DUE")
    UPCOMING = "upcoming", _("UPCOMING")
    SUBMITTED = "submitted", _("Submitted")
    NOT_SUBMITTED = "not_submitted", _("Not submitted")


def handed_in_at(candidate: Times, test: Test, *, now: datetime) -> datetime | None:
    """Return when the answer was handed in (UTC): by the candidate, or by the clock at the candidate's own end.

    Derived, not stored: incident time given to somebody whose time ran out opens the test again (domain.md section 6,
    "Timed out"), and no job has to run on time for the end to count.
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


def is_online(candidate: Times, *, now: datetime) -> bool:
    """Say whether one of the candidate's pages gave a sign of life within the last three minutes."""
    return candidate.last_seen_at is not None and now - candidate.last_seen_at < OFFLINE_AFTER


def comes_for(candidate: Times, test: Test, *, now: datetime) -> bool:
    """Say whether somebody with a login for several tests who logs in now comes for this one: Monitor shows it then.

    Not for what is over, and not for what opens in days: who is missing there on the day is who never logged in.
    """
    return not is_over(candidate, test, now=now) and now >= test.window[0] - ARRIVES_BEFORE


def is_over(candidate: Times, test: Test, *, now: datetime) -> bool:
    """Say whether the test belongs into the candidate's Archive: handed in, or never started and the end has passed."""
    return handed_in_at(candidate, test, now=now) is not None or now >= end_of(candidate, test)
