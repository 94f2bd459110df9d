"""What the page of the login details shows: the slips room by room, and what has changed since they were printed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from candidates.credentials.overview import Holder, Overview
from candidates.credentials.slips_pdf import PER_SHEET
from candidates.models import SlipPrint

NOWHERE = "none"  # in the form, for those without a room


@dataclass(frozen=True, slots=True)
class RoomLine:
    """The slips of one room: how many, when the last of them were printed (UTC) and by whom, how many changed since.

    `value` stands for the room in the form. `printed_at` is None where none is printed, or nothing kept when.
    """

    value: str
    name: str
    count: int
    was_printed: bool
    printed_at: datetime | None
    by: str
    changed: int
    is_ticked: bool

    @property
    def sheets(self) -> int:
        """Return how many sheets the slips take six per page: each room begins on one of its own."""
        return -(-self.count // PER_SHEET)


@dataclass(frozen=True, slots=True)
class Slips:
    """The table of rooms and its sums; `layout` is that of the last print."""

    rooms: tuple[RoomLine, ...]
    layout: str

    @property
    def count(self) -> int:
        """Return how many slips there are."""
        return sum(room.count for room in self.rooms)

    @property
    def changed(self) -> int:
        """Return how many changed since they were printed."""
        return sum(room.changed for room in self.rooms)

    @property
    def ticked(self) -> int:
        """Return how many slips the ticked rooms have."""
        return sum(room.count for room in self.rooms if room.is_ticked)

    @property
    def ticked_rooms(self) -> int:
        """Return how many rooms are ticked."""
        return sum(room.is_ticked for room in self.rooms)

    @property
    def ticked_sheets(self) -> int:
        """Return how many sheets the slips of the ticked rooms take six per page."""
        return sum(room.sheets for room in self.rooms if room.is_ticked)


def slips_of(
    details: Overview, *, of: Collection[str] | None = None, ticked: Collection[str] | None = None, layout: str = ""
) -> Slips:
    """Return the slips of a test room by room, or only those `of` these public ids; one query beside the overview's.

    `ticked` are the values of the rooms that were ticked, None for all; `layout` is the one that was chosen.
    """
    of_these = None if of is None else frozenset(of)
    prints = SlipPrint.objects.filter(pk__in={one.print_id for one in details.holders if one.print_id is not None})
    known = {one.pk: one for one in prints.select_related("by")}
    last = max(known.values(), key=lambda one: (one.at, one.pk), default=None)
    rooms = []
    for key, everybody in details.places.items():
        here = [one for one in everybody if of_these is None or one.public_id in of_these]
        if here:
            value = NOWHERE if key is None else str(key)
            is_ticked = ticked is None or value in ticked
            rooms.append(_room(value, here, known, any_printed=bool(details.not_printed), is_ticked=is_ticked))
    return Slips(tuple(rooms), layout or (last.layout if last else SlipPrint.Layout.PAGE))


def _room(
    value: str, here: Sequence[Holder], known: dict[int, SlipPrint], *, any_printed: bool, is_ticked: bool
) -> RoomLine:
    prints = [known[one.print_id] for one in here if one.print_id in known]
    last = max(prints, key=lambda one: (one.at, one.pk), default=None)
    return RoomLine(
        value=value,
        name=here[0].location or _("Without a room"),
        count=len(here),
        was_printed=any(one.was_printed for one in here),
        printed_at=last.at if last else None,
        by=str(last.by) if last and last.by else "",
        changed=sum(not one.is_printed for one in here) if any_printed else 0,
        is_ticked=is_ticked,
    )
