"""Imports that wait for confirmation."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.ids import new_public_id
from candidates.models.imports import MAX_FILE_NAME_LENGTH
from candidates.models.permanent_users import PermanentUserList
from candidates.models.tests import Test


class ImportDraft(models.Model):
    """The rows of an uploaded list before they are stored on the test: one owner, one test, an end of its life."""

    class Existing(models.TextChoices):
        """What happens to candidates of the list who are on the test already (D15)."""

        SKIP = "skip", _("Leave them as they are")
        UPDATE = "update", _("Update their extra time and location")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="import_drafts")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="import_drafts")
    kind = models.CharField(max_length=10)
    authentication_type = models.CharField(max_length=50, blank=True)
    file_name = models.CharField(max_length=MAX_FILE_NAME_LENGTH, blank=True)
    file_sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=40, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    header_row = models.PositiveIntegerField(null=True, blank=True)
    letters_to_confirm = models.JSONField(default=list)  # words to look at where the encoding was guessed
    rows = models.JSONField(default=list)  # [row number, {column: cell}], never a password column
    # The upload itself, until the list is added or thrown away: it can be read in another way, and wrong rows can be
    # handed back as the same kind of file. Never of a kind of list that may have a password column.
    source = models.BinaryField(default=bytes)
    # What was mended in the preview: {row number: {column: cell}}; rows that were left out, by number.
    mends = models.JSONField(default=dict)
    left_out = models.JSONField(default=list)
    # What happens to candidates who are on the test already: chosen, never assumed.
    existing = models.CharField(max_length=6, blank=True, choices=Existing)
    # The list of permanent users whose members these are, as they were when the draft was made.
    from_list = models.ForeignKey(
        PermanentUserList, null=True, blank=True, on_delete=models.SET_NULL, related_name="drafts"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["expires_at"], name="draft_expiry")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="draft_kind_known", condition=Q(kind__in=["one_time", "sso", "permanent"])),
            models.CheckConstraint(name="draft_expires_later", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(name="draft_existing_known", condition=Q(existing__in=["", "skip", "update"])),
            models.CheckConstraint(name="draft_type_is_for_sso", condition=Q(kind="sso") ^ Q(authentication_type="")),
            # permanent users are chosen and not uploaded: their own files may hold passwords (I11)
            models.CheckConstraint(name="draft_keeps_no_passwords", condition=~Q(kind="permanent") | Q(source=b"")),
            models.CheckConstraint(
                name="draft_list_is_for_permanent", condition=Q(from_list__isnull=True) | Q(kind="permanent")
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.public_id}"
