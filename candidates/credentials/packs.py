"""The newest papers of each room: what they said, and what has changed since (docs/domain.md §14)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.credentials.paper.facts import Person, Room, in_order_of_seats
from candidates.models import RoomPack, Test, User

DIGITS = 6  # of each digest: one change in 16 million is missed
# What papers say beside the Candidate ID, in the order of the digests.
_SAID = (
    gettext_lazy("Name"),
    gettext_lazy("Private reference"),
    gettext_lazy("Seat"),
    gettext_lazy("End"),
    gettext_lazy("Login slip"),
)
Said = Mapping[str, Sequence[str]]


class Change(NamedTuple):
    """What is different about one candidate since a room's papers were made."""

    candidate_id: str
    seat: str
    name: str
    words: str


def said_of(room: Room) -> dict[str, list[str]]:
    """Return what the papers of a room say: Candidate ID, and a digest of each other thing, by public id."""
    return {person.public_id: [person.candidate_id, _digests(person)] for person in room.people}


def _digests(person: Person) -> str:
    things = (person.name, person.private_reference, person.seat, person.ends_at.isoformat(), person.slip_version)
    # with the public id, so that equal names have different digests
    return "".join(
        hashlib.blake2b(f"{person.public_id}/{thing}".encode(), digest_size=DIGITS // 2).hexdigest() for thing in things
    )


def changes_since(said: Said, room: Room, sits: Mapping[str, Room]) -> list[Change]:
    """Return who is new, changed or gone in a room, in this order of seats; `sits` has everybody's room now."""
    found = []
    for person in sorted(room.people, key=in_order_of_seats):
        if words := _words(said.get(person.public_id), person):
            found.append(Change(person.candidate_id, person.seat, person.name, words))
    here = {person.public_id for person in room.people}
    for public_id, (candidate_id, _digest) in said.items():
        if public_id not in here:
            now = sits.get(public_id)
            words = _("Sits in %(room)s now") % {"room": now.name} if now else _("Removed from the test")
            found.append(Change(candidate_id, "", "", words))
    return found


def _words(before: Sequence[str] | None, person: Person) -> str:
    if before is None:
        return _("New here")
    old_id, old = before
    now = _digests(person)
    changed = [_("Candidate ID, was %(id)s") % {"id": old_id}] if old_id != person.candidate_id else []
    for number, label in enumerate(_SAID):
        place = slice(number * DIGITS, (number + 1) * DIGITS)
        if old[place] != now[place]:
            changed.append(str(label))
    return ", ".join(changed)


def packs_of(test: Test) -> dict[int | None, RoomPack]:
    """Return the newest papers of each room of a test, by location; one query."""
    return {pack.location_id: pack for pack in RoomPack.objects.filter(test=test).select_related("by")}


def remember_packs(test: Test, rooms: Iterable[Room], *, by: User, at: datetime) -> None:
    """Store what the papers of these rooms say now; the caller holds the test's lock, under which nobody else does."""
    known = packs_of(test)
    new: list[RoomPack] = []
    old: list[RoomPack] = []
    for room in rooms:
        pack = known.get(room.location_id) or RoomPack(test=test, location_id=room.location_id)
        pack.made_at, pack.by, pack.said = at, by, said_of(room)
        (old if pack.pk else new).append(pack)
    RoomPack.objects.bulk_create(new)
    RoomPack.objects.bulk_update(old, ["made_at", "by", "said"])
