"""Files that other systems have ordered, made by the worker and kept for a while."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.ids import new_public_id
from candidates.models.tests import Test


class Export(models.Model):
    """The results of a test as one file; `content` is compressed, and lies in the database as uploads do.

    Worker and web process need no folder in common, and no web server can give it away.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="exports")
    # an access key acts by its account, which is never deleted
    ordered_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    with_names = models.BooleanField(default=False)
    ordered_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    content = models.BinaryField(default=bytes)
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="export_expires", condition=Q(expires_at__gt=F("ordered_at"))),
            models.CheckConstraint(name="export_state_known", condition=Q(state__in=["waiting", "done", "failed"])),
            models.CheckConstraint(
                name="export_has_content_when_done",
                condition=(Q(state="done") & ~Q(content=b"")) | (~Q(state="done") & Q(content=b"")),
            ),
            models.CheckConstraint(
                name="export_lease_ends",
                condition=Q(lease="", leased_until__isnull=True) | (~Q(lease="") & Q(leased_until__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
