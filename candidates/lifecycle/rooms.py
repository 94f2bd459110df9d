"""The rooms of the institution: make, rename and remove them; merging_rooms.py makes one of two."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Conflict, Refused
from candidates.lifecycle.room_use import uses_to_come
from candidates.models import (
    Candidate,
    Location,
    Test,
    User,
)

ASIDE = "\ue000"
"""What a name begins with for a moment, while two rooms change names; nobody can type it."""


@dataclass(frozen=True, slots=True)
class Room:
    """What can be said about a room; `capacity` is None where nobody has said it."""

    building: str
    room: str
    capacity: int | None = None
    for_extra_time: bool = False

    @property
    def place(self) -> tuple[str, str]:
        return self.building, self.room

    @property
    def shown(self) -> str:
        """Return its name as pages have it."""
        return " ".join(filter(None, self.place))

    @classmethod
    def of(cls, location: Location) -> "Room":
        return cls(location.building, location.room, location.capacity, location.for_extra_time)


class SameName(Refused):
    """There is a room of this name already: the two can be merged."""

    def __init__(self, other: Location) -> None:
        super().__init__(
            _("There is a room %(name)s already. Merge the two, or choose another name.") % {"name": other},
            about="room" if other.room else "building",
        )
        self.other = other


def add_room(*, new: Room, by: User) -> Location:
    """Store a room, or bring back a removed one of this name. Raises SameName where there is one in use."""
    with transaction.atomic():
        location = _own_row(new.place)
        if location.is_active:
            raise SameName(location)
        Location.objects.filter(pk=location.pk).update(
            capacity=new.capacity, for_extra_time=new.for_extra_time, is_active=True, known_as=None
        )
        location.refresh_from_db()
        record_room(by, location, what="added")
    return location


def change_room(*, location: Location, old: Room, new: Room, by: User) -> tuple[tuple[str, ...], int]:
    """Change what differs between `old`, which the page showed, and `new`.

    Return the names of the changed fields, and how many printed slips say the former name now. The former name goes on
    meaning this room. Raises Conflict where somebody changed the same field meanwhile, SameName for a name in use.
    """
    with transaction.atomic():
        # Tests, candidates, rooms, as everybody locks: who prints a slip at this moment has the test's row, so the slip
        # says the new name or counts as changed.
        slips = _mark_slips(location) if new.place != old.place else {}
        row = Location.objects.select_for_update(no_key=True).get(pk=location.pk)
        now = Room.of(row)
        if row.known_as_id is not None:
            raise Conflict(_("This room was merged into another one meanwhile. Nothing was changed."))
        names = [name for name in asdict(new) if getattr(new, name) != getattr(old, name)]
        changed = tuple(name for name in names if getattr(new, name) != getattr(now, name))
        clash = tuple(name for name in changed if getattr(now, name) != getattr(old, name))
        if clash:
            raise Conflict(
                _("Somebody else changed this room meanwhile: see below. Save again to replace it."), now, clash
            )
        if not changed:
            return (), 0
        wanted = replace(now, **{name: getattr(new, name) for name in changed})
        if wanted.place == ("", ""):
            raise Refused(_("Write a building or a room: one of the two is enough."), about="room")
        if wanted.place != now.place:
            _rename(row, wanted.place)
        Location.objects.filter(pk=row.pk).update(capacity=wanted.capacity, for_extra_time=wanted.for_extra_time)
        row.refresh_from_db()
        record_room(by, row, what="changed", before=str(location), slips=slips)
    return changed, sum(len(found) for found in slips.values())


def change_rooms(*, changes: Sequence[tuple[Room, Room]], by: User) -> tuple[int, int]:
    """Store other seats of many rooms at once, each as it was shown and as it should be; return changed and added.

    Rooms that are not there are made, and removed ones come back. Raises Conflict where somebody changed one of them
    meanwhile: then none is stored.
    """
    with transaction.atomic():
        # The rows of all, locked in one order; those that are new here are seen by nobody else before the end.
        there = set(Location.objects.values_list("building", "room"))
        named = Location.objects.named(new.place for _old, new in changes)
        rows = {row.pk: row for row in locked_rooms(*named.values())}
        for old, new in changes:
            row = rows[named[new.place].pk]
            if Room.of(row) != old:
                raise Conflict(_("Somebody else changed %(room)s meanwhile. This would change now.") % {"room": row})
            is_new, is_back = new.place not in there, not row.is_active
            Location.objects.filter(pk=row.pk).update(
                capacity=new.capacity, for_extra_time=new.for_extra_time, is_active=True
            )
            row.refresh_from_db()
            record_room(by, row, what="added" if is_new else "brought back" if is_back else "changed")
    added = sum(new.place not in there for _old, new in changes)
    return len(changes) - added, added


def renaming_of(location: Location) -> tuple[int, int]:
    """Return how many tests to come a new name holds for, and how many printed slips it makes out of date."""
    tests = _tests_to_come(location)
    printed = Candidate.objects.filter(location=location, test__in=tests, slip_printed_version__isnull=False)
    return len(tests), printed.count()


def remove_room(*, location: Location, by: User) -> Location:
    """Offer a room no more; whoever sits there stays. Raises Refused where it is removed already."""
    return _set_in_use(location, False, _("The room was removed already."), by=by)


def bring_back_room(*, location: Location, by: User) -> Location:
    """Offer a removed room again. Raises Refused where it is in use, or another room's former name."""
    return _set_in_use(location, True, _("The room is in use already."), by=by)


def _set_in_use(location: Location, wanted: bool, otherwise: str, *, by: User) -> Location:
    with transaction.atomic():
        rows = Location.objects.filter(pk=location.pk, known_as=None)
        if not rows.exclude(is_active=wanted).update(is_active=wanted):
            raise Refused(otherwise)
        location.refresh_from_db()
        record_room(by, location, what="brought back" if wanted else "removed")
    return location


def _own_row(place: tuple[str, str]) -> Location:
    """Return the locked row of this name, made where there is none; not yet in use where it is new."""
    made, _new = Location.objects.get_or_create(building=place[0], room=place[1], defaults={"is_active": False})
    return Location.objects.select_for_update(no_key=True).get(pk=made.pk)


def _rename(row: Location, place: tuple[str, str]) -> None:
    """Give a room another name; its former one becomes a name of it. A former name of a room is free to be taken."""
    former = (row.building, row.room)
    building, room = place
    other = Location.objects.select_for_update(no_key=True).filter(building=building, room=room).first()
    if other is not None and other.known_as_id is None:
        raise SameName(other)
    if other is None:
        Location.objects.filter(pk=row.pk).update(building=building, room=room)
        Location.objects.bulk_create(
            [Location(building=former[0], room=former[1], known_as_id=row.pk, is_active=False)], ignore_conflicts=True
        )
        return
    Location.objects.filter(pk=other.pk).update(building=f"{ASIDE}{other.pk}")
    Location.objects.filter(pk=row.pk).update(building=building, room=room)
    Location.objects.filter(pk=other.pk).update(building=former[0], room=former[1], known_as=row.pk)


def _tests_to_come(location: Location) -> list[int]:
    return sorted({use.test.pk for use in uses_to_come(timezone.now()) if use.location == location.pk})


def _mark_slips(location: Location) -> dict[tuple[int, str], list[str]]:
    """Count the printed slips of tests that are not over up by one; return whose, by key and name of the test."""
    tests = _tests_to_come(location)
    list(locked_keys(Test.objects.filter(pk__in=tests)))
    printed = Candidate.objects.filter(location=location, test__in=tests, slip_printed_version__isnull=False)
    printed.lock_in_order()
    found = slips_of(printed)
    printed.update(slip_version=F("slip_version") + 1)
    return found


def slips_of(candidates: "QuerySet[Candidate]") -> dict[tuple[int, str], list[str]]:
    found: dict[tuple[int, str], list[str]] = {}
    for test, name, public_id in candidates.order_by("pk").values_list("test", "test__name", "public_id"):
        found.setdefault((test, name), []).append(public_id)
    return found


def locked_keys(rows: "QuerySet[Any]") -> "QuerySet[Any, Any]":
    """Return the keys of these rows, which are locked in their order as soon as they are read."""
    return rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True)


def locked_rooms(*locations: Location) -> "QuerySet[Location]":
    return Location.objects.filter(pk__in=[one.pk for one in locations]).order_by("pk").select_for_update(no_key=True)


def record_room(
    by: User, location: Location, *, what: str, before: str = "", slips: Mapping[tuple[int, str], Sequence[str]] = {}
) -> None:
    """Record what happened to a room, and in the history of each test whose printed slips are out of date by it."""
    name = str(location)
    detail: dict[str, Any] = {"what": what, "room": name, "capacity": location.capacity}
    detail |= {"for_extra_time": location.for_extra_time} | ({"was": before} if before not in ("", name) else {})
    audit.record(audit.Action.ROOM_CHANGED, by=by, count=sum(map(len, slips.values())), detail=detail)
    if slips:
        where = _("Rooms: %(was)s is %(name)s now") % {"was": before, "name": name}
        audit.record_on_tests(audit.Action.SLIPS_OUT_OF_DATE, by=by, rows=slips, where=where)
