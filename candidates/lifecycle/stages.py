"""In which stage is a test: from activation and the clock alone (domain.md section 3)."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models import Candidate, Test


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
    """Return the largest extra time of a candidate of the test, from the annotation where the query carried it."""
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
