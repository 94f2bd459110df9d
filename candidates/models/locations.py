"""Where candidates sit, and who was spread over rooms."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.ids import new_public_id

MAX_PLACE_LENGTH = 100
MAX_SEAT_LENGTH = 20
MAX_CAPACITY = 9999
"""Seats of one room: more than any hall has, and what is typed into the wrong field is refused."""


class LocationQuerySet(models.QuerySet["Location"]):
    """Locations in the words of the field."""

    def in_use(self) -> "LocationQuerySet":
        """Return those that are offered: not those that were removed, and no former names."""
        return self.filter(is_active=True)

    def named(self, places: Iterable[tuple[str, str]]) -> "dict[tuple[str, str], Location]":
        """Return the locations of these (building, room), making those that are new; inside a transaction.

        A former name means the room that has another one now.
        """
        wanted = sorted({place for place in places if any(place)})
        # Leans on the unique constraint: two planners who name the same new room get one row. Sorted, because two lists
        # that name the same new rooms in different order would otherwise wait for each other for ever.
        self.bulk_create([Location(building=building, room=room) for building, room in wanted], ignore_conflicts=True)
        found = self.filter(building__in={building for building, _room in wanted}).select_related("known_as")
        return {(one.building, one.room): one.known_as or one for one in found}


class Location(models.Model):
    """A building, a room, or both; compared exactly, as invigilators' room filter does (docs/domain.md §7)."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    building = models.CharField(_("Building"), max_length=MAX_PLACE_LENGTH, blank=True)
    room = models.CharField(_("Room"), max_length=MAX_PLACE_LENGTH, blank=True)
    # None: nobody has said it
    capacity = models.PositiveIntegerField(_("Capacity"), null=True, blank=True)
    for_extra_time = models.BooleanField(_("Extra-time room"), default=False, db_default=False)
    # Whoever sits in a room that was removed stays there; nobody is offered it.
    is_active = models.BooleanField(_("In use"), default=True, db_default=True)
    # The room that has this name no more: lists that were made before go on meaning it.
    known_as = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="former_names")

    objects: ClassVar[Any] = LocationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["building", "room"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["building", "room"], name="location_once"),
            models.CheckConstraint(name="location_has_a_name", condition=~Q(building="") | ~Q(room="")),
            models.CheckConstraint(
                name="location_capacity_in_bounds",
                condition=Q(capacity__isnull=True) | Q(capacity__gte=1, capacity__lte=MAX_CAPACITY),
            ),
            models.CheckConstraint(
                name="location_former_name_is_of_another",
                condition=Q(known_as__isnull=True) | (Q(is_active=False) & ~Q(known_as=F("pk"))),
            ),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.building, self.room) if part)


class Spread(models.Model):
    """One spreading of a test's candidates over rooms, kept so that it can be undone as one act."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    test = models.ForeignKey("candidates.Test", on_delete=models.CASCADE, related_name="spreads")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="spread_undone_by_whom_says_when", condition=Q(undone_by__isnull=True) | Q(undone_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"spread {self.public_id}"


class SpreadMove(models.Model):
    """Where one candidate sat before a spreading and after it.

    `slip_version` is the first version of the slip that says the new room: once that is printed, undoing makes paper
    wrong.
    """

    spread = models.ForeignKey(Spread, on_delete=models.CASCADE, related_name="moves")
    candidate = models.ForeignKey("candidates.Candidate", on_delete=models.CASCADE, related_name="spread_moves")
    # PROTECT: without the location, undoing would take somebody's room away
    old_location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="+")
    old_seat = models.CharField(max_length=MAX_SEAT_LENGTH, blank=True)
    new_location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    new_seat = models.CharField(max_length=MAX_SEAT_LENGTH, blank=True)
    slip_version = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["spread", "candidate"], name="spread_moves_a_candidate_once"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} by {self.spread_id}"
