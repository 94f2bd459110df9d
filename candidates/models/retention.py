"""What was deleted of a test because it was old enough."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.tests import Test


class Ages(models.TextChoices):
    """What is kept for a time of its own."""

    ANSWERS = "answers", _("Answers")
    PRIVATE_REFERENCES = "private_references", _("Private references")
    ONE_TIME_USERS = "one_time_users", _("Logins of one-time users")
    TESTS = "tests", _("Tests")


class AgedOut(models.Model):
    """One kind of things of a test that is over was deleted; looked for again where the test was held once more."""

    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="aged_out")
    kind = models.CharField(max_length=20, choices=Ages)
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
