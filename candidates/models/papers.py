"""What is on paper in the hall: each slip as it was printed, and the newest papers of each room."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models.accounts import MAX_ID_LENGTH, User
from candidates.models.locations import MAX_PLACE_LENGTH, Location
from candidates.models.logins import SlipPrint
from candidates.models.tests import Test


class PrintedSlip(models.Model):
    """One version of a candidate's slip, as its paper says it; the candidate may have left the test since.

    It is void once the candidate is gone or has a newer version. `pile_building` and `pile_room` are the pile that the
    paper was put on. `taken_out_at`: somebody has said that the void paper is out of its pile.
    """

    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="printed_slips", db_index=False)
    printed = models.ForeignKey(SlipPrint, on_delete=models.CASCADE, related_name="printed_slips")
    # no foreign key: the paper outlives the candidate
    candidate_public_id = models.CharField(max_length=16)
    version = models.PositiveSmallIntegerField()
    candidate_id = models.CharField(max_length=MAX_ID_LENGTH)
    pile_building = models.CharField(max_length=MAX_PLACE_LENGTH, blank=True)
    pile_room = models.CharField(max_length=MAX_PLACE_LENGTH, blank=True)
    extra_minutes = models.PositiveIntegerField(default=0)
    taken_out_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # once for each version, however often it is printed: all these papers say the same
            models.UniqueConstraint(
                fields=["test", "candidate_public_id", "version"], name="printed_slip_once_per_version"
            ),
            models.CheckConstraint(
                name="printed_slip_is_named", condition=~Q(candidate_id="") & ~Q(candidate_public_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id}, version {self.version}"


class RoomPack(models.Model):
    """The newest PDF of one room's papers: when it was made, by whom, and what it said of each candidate.

    `said` holds, by the candidate's public ID, the Candidate ID and a digest of each thing that papers say
    (credentials/packs.py), so that what changed since is found without a second copy of names. Without a location it
    is that of the candidates without a room.
    """

    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="room_packs", db_index=False)
    location = models.ForeignKey(Location, null=True, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    said = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["test", "location"], name="room_pack_once"),
            # nulls are distinct to a unique constraint
            models.UniqueConstraint(
                fields=["test"], condition=Q(location__isnull=True), name="room_pack_once_without_room"
            ),
        ]

    def __str__(self) -> str:
        return f"papers of {self.location or 'no room'}, {self.made_at:%Y-%m-%d %H:%M}"
