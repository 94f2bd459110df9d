"""Rows of the background jobs: the jobs themselves, what was deleted by age, and forms that were sent."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.tests import Test


class RetentionKind(models.TextChoices):
    """Kinds of data that have a retention of their own."""

    ANSWERS = "answers", _("Answers")
    PRIVATE_REFERENCES = "private_references", _("Names and private references")
    ONE_TIME_USERS = "one_time_users", _("Logins of one-time users")
    TESTS = "tests", _("Tests")


class AgedOut(models.Model):
    """One kind of data of a test was deleted by age; done again where the test takes place once more."""

    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="aged_out")
    kind = models.CharField(max_length=20, choices=RetentionKind)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["test", "kind"], name="aged_out_once_per_kind"),
            models.CheckConstraint(
                name="aged_out_kind_known", condition=Q(kind__in=["answers", "private_references", "one_time_users"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of test {self.test_id}"


class ScheduledJob(models.Model):
    """One job, for all workers together: when it is due, which worker has it, and what it did last."""

    name = models.CharField(max_length=40)
    due_at = models.DateTimeField(default=timezone.now)
    # the worker that runs it, and until when others must not
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


class SentForm(models.Model):
    """A form of one person that was carried out: the key of its page, and the page of its result."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    leads_to = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "key"], name="sent_form_counts_once"),
            models.CheckConstraint(name="sent_form_has_a_key", condition=~Q(key="")),
        ]

    def __str__(self) -> str:
        return self.leads_to
