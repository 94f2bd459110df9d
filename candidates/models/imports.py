"""Imports that were carried out: what each brought, so that it can be told apart and undone as one act."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models.accounts import User
from candidates.models.locations import Location
from candidates.models.permanent_users import PermanentUserList
from candidates.models.tests import Test

MAX_FILE_NAME_LENGTH = 200


class CandidateImport(models.Model):
    """One list that was added to a test: who, when, from which file, and how many.

    It carries the public id of the draft it came from, so that a list can be confirmed only once.
    """

    public_id = models.CharField(max_length=16, unique=True, editable=False)
    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="imports")
    kind = models.CharField(max_length=10)
    authentication_type = models.CharField(max_length=50, blank=True)
    file_name = models.CharField(max_length=MAX_FILE_NAME_LENGTH, blank=True)  # empty: the rows were pasted
    file_sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now, editable=False)
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    # The list of permanent users that was added, and when its members were read: what changed since is told by this.
    from_list = models.ForeignKey(
        PermanentUserList, null=True, blank=True, on_delete=models.SET_NULL, related_name="additions"
    )
    list_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True, editable=False)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["test", "file_sha256"], name="import_of_a_file"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="import_kind_known", condition=Q(kind__in=["one_time", "sso", "permanent"])),
            models.CheckConstraint(name="import_did_something", condition=Q(added__gt=0) | Q(updated__gt=0)),
        ]

    def __str__(self) -> str:
        return self.file_name or self.public_id


class ImportedChange(models.Model):
    """What an import changed about a candidate who was on the test already: before and after, for undoing it."""

    source = models.ForeignKey(CandidateImport, on_delete=models.CASCADE, related_name="changes")
    candidate = models.ForeignKey("candidates.Candidate", on_delete=models.CASCADE, related_name="imported_changes")
    old_extra_minutes = models.PositiveIntegerField()
    new_extra_minutes = models.PositiveIntegerField()
    # PROTECT: without the location, undoing would take somebody's room away
    old_location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="+")
    new_location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "candidate"], name="import_changes_a_candidate_once"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} by {self.source_id}"
