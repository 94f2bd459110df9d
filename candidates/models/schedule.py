"""When the background workers do again what they do every hour and every night."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ScheduledJob(models.Model):
    """One job, for all workers together: when it is due, who has it, and what it did last."""

    name = models.CharField(max_length=40)
    due_at = models.DateTimeField(default=timezone.now)
    # Who is at it, and until when others keep away
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    said = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["name"], name="scheduled_job_once"),
            models.CheckConstraint(name="scheduled_job_is_named", condition=~Q(name="")),
            models.CheckConstraint(
                name="scheduled_job_lease_ends",
                condition=Q(lease="", leased_until__isnull=True) | (~Q(lease="") & Q(leased_until__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.name
