"""The sealed copy of a password that this system made."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models.accounts import User


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
