"""Where candidates sit."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MAX_PLACE_LENGTH = 100
MAX_SEAT_LENGTH = 20


class Location(models.Model):
    """A building, a room, or both; compared exactly, as invigilators' room filter does (docs/domain.md §7)."""

    building = models.CharField(_("Building"), max_length=MAX_PLACE_LENGTH, blank=True)
    room = models.CharField(_("Room"), max_length=MAX_PLACE_LENGTH, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["building", "room"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["building", "room"], name="location_once"),
            models.CheckConstraint(name="location_has_a_name", condition=~Q(building="") | ~Q(room="")),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.building, self.room) if part)
