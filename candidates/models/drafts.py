"""Imports that wait for confirmation."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from candidates.models.accounts import User
from candidates.models.ids import new_public_id
from candidates.models.tests import Test


class ImportDraft(models.Model):
    """The rows of an uploaded list before they are stored on the test: one owner, one test, an end of its life."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="import_drafts")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="import_drafts")
    kind = models.CharField(max_length=10)
    authentication_type = models.CharField(max_length=50, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=40, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    header_row = models.PositiveIntegerField(null=True, blank=True)
    letters_to_confirm = models.JSONField(default=list)  # words to look at where the encoding was guessed
    rows = models.JSONField(default=list)  # [row number, {column: cell}], never a password column
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["expires_at"], name="draft_expiry")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="draft_kind_known", condition=Q(kind__in=["one_time", "sso", "permanent"])),
            models.CheckConstraint(name="draft_expires_later", condition=Q(expires_at__gt=F("created_at"))),
        ]

    def __str__(self) -> str:
        return f"draft {self.public_id}"
