"""Forms that made something: each counts once, however often it is sent."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models.accounts import User


class SentForm(models.Model):
    """A form of one person that was carried out, by the key that its page carried, and the page of what it made."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    leads_to = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "key"], name="sent_form_counts_once"),
            models.CheckConstraint(name="sent_form_has_a_key", condition=~Q(key="")),
        ]

    def __str__(self) -> str:
        return self.leads_to
