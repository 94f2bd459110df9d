"""The second step of a login: a code of an app, or a recovery code where the phone is lost."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models.accounts import VERIFIER, User


class SecondStep(models.Model):
    """What somebody's app and we have in common, sealed under CREDENTIAL_KEYS; a row is there once a code has fitted.

    `last_step` is the time step of the newest code that was taken: none is taken twice. `wrong` counts the wrong
    codes since `wrong_since`.
    """

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="second_step")
    sealed_key = models.CharField(max_length=400)
    since = models.DateTimeField(default=timezone.now)
    last_step = models.BigIntegerField(default=0)
    wrong = models.PositiveSmallIntegerField(default=0)
    wrong_since = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="second_step_key_is_sealed", condition=Q(sealed_key__startswith="gAAAA")),
        ]

    def __str__(self) -> str:
        return f"second step of user {self.user_id}"


class RecoveryCode(models.Model):
    """A code that opens once, as a keyed digest: it is shown when it is made, and nobody can read it afterwards."""

    second_step = models.ForeignKey(SecondStep, on_delete=models.CASCADE, related_name="recovery_codes")
    verifier = models.CharField(max_length=256)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="recovery_code_is_a_digest", condition=Q(verifier__startswith=f"{VERIFIER}$")),
        ]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"
