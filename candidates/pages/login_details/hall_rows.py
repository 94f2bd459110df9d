"""What the page of hall papers shows: the rooms with their figures, and what changed since their PDF was made."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from candidates.credentials.packs import changes_since, packs_of
from candidates.credentials.paper import attendance, door_list, keys, spares, void
from candidates.credentials.paper.facts import Room, rooms_of_test
from candidates.credentials.paper.kinds import PaperKind
from candidates.credentials.slips import Layout
from candidates.credentials.slips_pdf import PER_SHEET
from candidates.credentials.void_slips import VoidSlip, void_slips
from candidates.models import Test

USUAL = tuple(kind for kind in PaperKind if kind not in (PaperKind.CHANGES, PaperKind.KEYS))
"""What is ticked at first: changes come by themselves, and a key list is not for every hall."""


@dataclass(frozen=True, slots=True)
class RoomRow:
    """One room: how many sit there, how many pages each paper takes, when (UTC) its PDF was made, and what changed."""

    value: str
    name: str
    candidates: int
    with_extra: int
    slips: int
    without_seat: int
    pages_by_kind: Mapping[str, int]
    pages: int
    made_at: datetime | None
    by: str
    changed: int
    is_ticked: bool


@dataclass(frozen=True)
class HallRows:
    """The rooms of a test and their sums; `pages` are those of the ticked papers, `kind_pages` of one for all rooms."""

    rooms: tuple[RoomRow, ...]
    void: tuple[VoidSlip, ...]
    spares: int
    kind_pages: Mapping[str, int]

    @cached_property
    def candidates(self) -> int:
        return sum(room.candidates for room in self.rooms)

    @cached_property
    def with_extra(self) -> int:
        return sum(room.with_extra for room in self.rooms)

    @cached_property
    def slips(self) -> int:
        return sum(room.slips for room in self.rooms)

    @cached_property
    def pages(self) -> int:
        return sum(room.pages for room in self.rooms)

    @cached_property
    def without_seat(self) -> int:
        return sum(room.without_seat for room in self.rooms)

    @cached_property
    def changed(self) -> int:
        return sum(room.changed for room in self.rooms)

    @cached_property
    def changed_rooms(self) -> int:
        return sum(room.changed > 0 for room in self.rooms)

    @cached_property
    def ticked(self) -> tuple[RoomRow, ...]:
        return tuple(room for room in self.rooms if room.is_ticked)

    @property
    def ticked_pages(self) -> int:
        return sum(room.pages for room in self.ticked)


def hall_rows(test: Test, *, ticked: Collection[str] | None, papers: Collection[str], layout: Layout) -> HallRows:
    """Return the rooms of a test as the page lists them, in a few queries; `ticked` are their values, None for all.

    The pages of the ticked papers are counted with slips in this layout.
    """
    rooms, packs, out = rooms_of_test(test), packs_of(test), void_slips(test)
    sits = {person.public_id: room for room in rooms for person in room.people}
    everybody = sum(len(room.people) for room in rooms)
    rows = []
    for room in rooms:
        here = sum((one.building, one.room) == (room.building, room.room) for one in out)
        by_kind = _pages(room, everybody, here)
        counted = by_kind | ({PaperKind.SLIPS.value: room.with_slip} if layout == "page" else {})
        pack = packs.get(room.location_id)
        rows.append(
            RoomRow(
                value=room.value,
                name=room.name,
                candidates=len(room.people),
                with_extra=room.with_extra,
                slips=room.with_slip,
                without_seat=room.without_seat,
                pages_by_kind=by_kind,
                pages=sum(counted[kind] for kind in papers if kind in counted),
                made_at=pack.made_at if pack else None,
                by=str(pack.by) if pack and pack.by else "",
                changed=len(changes_since(pack.said, room, sits)) if pack else 0,
                is_ticked=ticked is None or room.value in ticked,
            )
        )
    kind_pages = {kind.value: sum(row.pages_by_kind.get(kind.value, 0) for row in rows) for kind in PaperKind}
    kind_pages |= {"door": door_list.pages_of(everybody), "void": void.pages_of(len(out))}
    return HallRows(tuple(rows), tuple(out), sum(len(room.spares) for room in rooms), kind_pages)


def _pages(room: Room, everybody: int, out: int) -> dict[str, int]:
    return {
        PaperKind.COVER.value: 1,
        PaperKind.ATTENDANCE.value: attendance.pages_of(room),
        PaperKind.DOOR.value: door_list.pages_of(everybody),
        PaperKind.SLIPS.value: -(-room.with_slip // PER_SHEET),
        PaperKind.SPARE.value: spares.pages_of(len(room.spares)),
        PaperKind.VOID.value: void.pages_of(out),
        PaperKind.KEYS.value: keys.pages_of(room),
    }
