"""What shows later that no row of the audit was changed: seals in a chain, and what each sealed row was."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class AuditSeal(models.Model):
    """Some rows of the audit under one hash, which holds the hash of the seal before (operations/sealing.py)."""

    number = models.PositiveBigIntegerField(primary_key=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    total = models.PositiveBigIntegerField()  # rows of this seal and of all before it
    last_id = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()
    # All rows before this time that could be seen are sealed; none where the seal before it goes on
    until = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # of two workers that seal at once the second one finds its number and its place taken
            models.UniqueConstraint(fields=["previous"], name="audit_seal_follows_one"),
            models.CheckConstraint(name="audit_seal_is_numbered", condition=Q(number__gte=1)),
            models.CheckConstraint(name="audit_seal_has_rows", condition=Q(rows__gte=1, total__gte=models.F("rows"))),
        ]

    def __str__(self) -> str:
        return f"seal {self.number}"


class SealedRow(models.Model):
    """What one row of the audit was when it was sealed; the primary key keeps it in one seal.

    No foreign keys: rows of the audit outlive account and test, whose numbers stay here and are part of the digest, and
    a row that is deleted is to be missed. `person` is the digest of who it says it was, under a salt of its own. Where
    a person is erased the salt goes, and nobody can tell any more whose name it was made of.
    """

    event_id = models.PositiveBigIntegerField(primary_key=True)
    seal = models.ForeignKey(AuditSeal, on_delete=models.CASCADE, related_name="sealed")
    actor_key = models.BigIntegerField(null=True)
    test_key = models.BigIntegerField(null=True)
    salt = models.BinaryField(max_length=16)
    person = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"row {self.event_id}"
