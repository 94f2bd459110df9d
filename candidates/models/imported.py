"""What imports have done to candidates who were on the test already, so that it can be undone."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from candidates.models.accounts import (
    MAX_ID_LENGTH,
    MAX_NAME_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_SSO_LENGTH,
    User,
)
from candidates.models.imports import Import
from candidates.models.locations import MAX_SEAT_LENGTH, Location


class ImportedChangeQuerySet(models.QuerySet["ImportedChange"]):
    """Questions about what imports have changed."""

    def forget_who(self) -> None:
        """Delete the names and private references: undoing gives back what is left."""
        self.update(old_name="", new_name="", old_private_reference="", new_private_reference="")


class ImportedChange(models.Model):
    """What an import changed about a candidate who was on the test already: before and after, for undoing it."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="changes")
    candidate = models.ForeignKey("candidates.Candidate", on_delete=models.CASCADE, related_name="imported_changes")
    old_candidate_id = models.CharField(max_length=MAX_ID_LENGTH, blank=True)
    new_candidate_id = models.CharField(max_length=MAX_ID_LENGTH, blank=True)
    old_extra_minutes = models.PositiveIntegerField()
    new_extra_minutes = models.PositiveIntegerField()
    # PROTECT: without the location, undoing would take somebody's room away
    old_location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="+")
    new_location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="+")
    old_name = models.CharField(max_length=MAX_NAME_LENGTH, blank=True)
    new_name = models.CharField(max_length=MAX_NAME_LENGTH, blank=True)
    old_private_reference = models.CharField(max_length=MAX_REFERENCE_LENGTH, blank=True)
    new_private_reference = models.CharField(max_length=MAX_REFERENCE_LENGTH, blank=True)
    old_seat = models.CharField(max_length=MAX_SEAT_LENGTH, blank=True)
    new_seat = models.CharField(max_length=MAX_SEAT_LENGTH, blank=True)

    objects: ClassVar[Any] = ImportedChangeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "candidate"], name="import_changes_a_candidate_once"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} by {self.source_id}"


class ImportedRemovalQuerySet(models.QuerySet["ImportedRemoval"]):
    """Questions about whom complete lists have removed."""

    def forget_who(self) -> None:
        """Delete the names and private references: undoing brings back what is left."""
        self.update(name="", private_reference="")


class ImportedRemoval(models.Model):
    """Whom a complete list took off the test, with what it takes to bring them back when it is undone.

    Login details are not among it: those have ended, and whoever comes back gets new ones.
    """

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="removals")
    public_id = models.CharField(max_length=16)
    kind = models.CharField(max_length=10)
    candidate_id = models.CharField(max_length=MAX_ID_LENGTH)
    # the person of an SSO candidate: what is kept here goes with the account
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    authentication_type = models.CharField(max_length=50, blank=True)
    sso_user_id = models.CharField(max_length=MAX_SSO_LENGTH, blank=True)
    name = models.CharField(max_length=MAX_NAME_LENGTH, blank=True)
    private_reference = models.CharField(max_length=MAX_REFERENCE_LENGTH, blank=True)
    # PROTECT: without the location, undoing would bring somebody back without a room
    location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="+")
    seat = models.CharField(max_length=MAX_SEAT_LENGTH, blank=True)
    extra_minutes = models.PositiveIntegerField(default=0)
    incident_minutes = models.PositiveIntegerField(default=0)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL, related_name="+")

    objects: ClassVar[Any] = ImportedRemovalQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "public_id"], name="import_removes_a_candidate_once"),
            models.CheckConstraint(
                name="import_removes_who_was_there", condition=~Q(public_id="") & ~Q(candidate_id="")
            ),
            models.CheckConstraint(
                name="import_removal_kind_agrees_with_columns",
                condition=Q(kind="one_time", user__isnull=True, authentication_type="", sso_user_id="")
                | (Q(kind="sso", user__isnull=False) & ~Q(authentication_type="")),
            ),
        ]

    def __str__(self) -> str:
        return self.candidate_id
