"""The sealed copy of a password that this system made, and when slips were put on paper."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.tests import Test


class SealedPassword(models.Model):
    """A password that can be shown again: sealed under CREDENTIAL_KEYS, bound to its user, purged after the test."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="sealed_password")
    token = models.CharField(max_length=400)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="sealed_password_is_a_token",
                condition=Q(token__startswith="gAAAA"),  # noqa: S106  how every Fernet token begins
            ),
        ]

    def __str__(self) -> str:
        return f"sealed password of user {self.user_id}"


class SlipPrint(models.Model):
    """One printing of slips of a test, or PDF of them; each candidate knows by which the slip was printed last."""

    class Layout(models.TextChoices):
        """How many slips a page holds."""

        PAGE = "page", _("One per page")
        COMPACT = "compact", _("Six per page")

    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="slip_prints")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    layout = models.CharField(max_length=8, choices=Layout)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="slip_print_layout_known", condition=Q(layout__in=["page", "compact"])),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.layout}"
