"""Change one candidate: the ID until the start (D3), name, planned extra time, location and seat, private reference."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.candidate_ids import as_number, candidate_key, sort_key
from candidates.errors import Conflict, Refused
from candidates.lifecycle.accommodations import refuse_when_finished, removed_room_words
from candidates.lifecycle.seats import seat_key, seat_taken
from candidates.models import Candidate, Location, Test, User

ON_THE_SLIP = frozenset({"candidate_id", "extra_minutes", "place"})
NAMING = frozenset({"name", "private_reference"})
ONLY_BEFORE_THE_START = ("candidate_id", "extra_minutes")


@dataclass(frozen=True, slots=True)
class Details:
    """What a planner can change about one candidate; `place` is (building, room), minutes are whole."""

    candidate_id: str
    extra_minutes: int
    place: tuple[str, str]
    private_reference: str
    seat: str = ""
    name: str = ""


def details_of(candidate: Candidate) -> Details:
    place = (candidate.location.building, candidate.location.room) if candidate.location else ("", "")
    more = (candidate.private_reference, candidate.seat, candidate.name)
    return Details(candidate.candidate_id, candidate.extra_minutes, place, *more)


def edit_candidate(*, candidate: Candidate, old: Details, new: Details, by: User) -> tuple[str, ...]:
    """Change what differs between `old`, which the page showed, and `new`; return the names of the changed fields.

    Changes that others made meanwhile to other fields survive (C55). Raises Conflict where somebody changed the same
    field to something else, and Refused where the ID (D2) or the seat is somebody's already, the candidate has started
    (D3) or is no longer on the test, and for extra time once the test is Finished. A seat belongs to its room: who is
    moved without a new one has none.
    """
    with transaction.atomic():
        # Lock the test, as additions do, so that nobody adds the same ID between check and write; then the candidate,
        # so that a start at this moment waits, or is seen here.
        test = Test.objects.select_for_update(no_key=True).get(pk=candidate.test_id)
        rows = Candidate.objects.select_for_update(of=("self",)).select_related("location")
        current = rows.filter(pk=candidate.pk, test=test).first()
        if current is None:
            raise Refused(_("The candidate was removed from the test meanwhile. Nothing was changed."))
        now = details_of(current)
        wanted = tuple(name for name in asdict(new) if getattr(new, name) != getattr(old, name))
        changed = tuple(name for name in wanted if getattr(new, name) != getattr(now, name))
        _refuse_after_start(current, changed)
        if "extra_minutes" in changed:
            refuse_when_finished(test)
        _refuse_conflict(old, now, changed)
        if "candidate_id" in changed:
            _refuse_taken(current, new.candidate_id)
        if "place" in changed and any(new.place):
            new = replace(new, place=_room_named(new.place))
        if "place" in changed and "seat" not in wanted and now.seat:
            new, changed = replace(new, seat=""), (*changed, "seat")
        if new.seat and {"place", "seat"}.intersection(changed):
            _refuse_taken_seat(current, new if "place" in changed else replace(new, place=now.place))
        if changed:
            _write(current, test, now, new, changed)
            audit.record(
                audit.Action.CANDIDATE_CHANGED,
                by=by,
                test=test,
                count=1,
                detail={"candidates": [current.public_id], "changes": _changes(now, new, changed)},
            )
    return changed


def _room_named(place: tuple[str, str]) -> tuple[str, str]:
    """Return the name that the room of this name has now, made if it is new. Raises Refused for a removed one."""
    room = Location.objects.named([place])[place]
    if not room.is_active:
        raise Refused(removed_room_words(room), about="building")
    return room.building, room.room


def _refuse_after_start(current: Candidate, changed: tuple[str, ...]) -> None:
    if current.started_at is not None and any(name in changed for name in ONLY_BEFORE_THE_START):
        raise Refused(
            _(
                "The candidate has started meanwhile, so Candidate ID and extra time stay. Nothing was changed. "
                "Give incident time in Monitor."
            )
        )


def _refuse_conflict(old: Details, now: Details, changed: tuple[str, ...]) -> None:
    names = tuple(name for name in changed if getattr(now, name) != getattr(old, name))
    if names:
        said = " ".join(_SENTENCES[name](now) for name in names)
        raise Conflict(
            _("%(what)s Your change is not saved yet. Save again to replace it.") % {"what": said}, now, names
        )


_SENTENCES: dict[str, Callable[[Details], str]] = {
    "candidate_id": lambda now: _("Somebody else changed the Candidate ID to %(value)s.") % {"value": now.candidate_id},
    "extra_minutes": lambda now: (
        ngettext(
            "Somebody else changed the extra time to %(value)d minute.",
            "Somebody else changed the extra time to %(value)d minutes.",
            now.extra_minutes,
        )
        % {"value": now.extra_minutes}
    ),
    "place": lambda now: (
        _("Somebody else changed the location to %(value)s.") % {"value": " ".join(filter(None, now.place))}
        if any(now.place)
        else _("Somebody else removed the location.")
    ),
    "seat": lambda now: (
        _("Somebody else changed the seat to %(value)s.") % {"value": now.seat}
        if now.seat
        else _("Somebody else removed the seat.")
    ),
    "name": lambda now: (
        _("Somebody else changed the name to %(value)s.") % {"value": now.name}
        if now.name
        else _("Somebody else removed the name.")
    ),
    "private_reference": lambda now: (
        _("Somebody else changed the private reference to %(value)s.") % {"value": now.private_reference}
        if now.private_reference
        else _("Somebody else removed the private reference.")
    ),
}


def _refuse_taken(current: Candidate, candidate_id: str) -> None:
    others = Candidate.objects.filter(test_id=current.test_id).exclude(pk=current.pk)
    twin = others.filter(candidate_key=candidate_key(candidate_id)).first()
    if twin is not None:
        raise Refused(_("%(id)s is already on this test.") % {"id": twin.candidate_id}, about="candidate_id")


def _refuse_taken_seat(current: Candidate, new: Details) -> None:
    """Raise Refused for a seat that somebody has in this room, capitals or not; the test is locked, so none comes."""
    seated = Candidate.objects.filter(test_id=current.test_id).exclude(Q(pk=current.pk) | Q(seat=""))
    places = seated.values_list("location__building", "location__room", "seat", "candidate_id")
    for building, room, seat, shown in places:
        if seat_key((building or "", room or ""), seat) == seat_key(new.place, new.seat):
            raise Refused(seat_taken(shown, new.place), about="seat")


def _write(current: Candidate, test: Test, now: Details, new: Details, changed: tuple[str, ...]) -> None:
    values: dict[str, Any] = {name: getattr(new, name) for name in changed if name != "place"}
    if "candidate_id" in changed:
        values |= {"candidate_key": candidate_key(new.candidate_id), "sort_key": sort_key(new.candidate_id)}
        # a number that was ever on the test is not generated for somebody else (D1)
        highest = max(as_number(new.candidate_id), as_number(now.candidate_id))
        Test.objects.filter(pk=test.pk).update(last_number=Greatest(F("last_number"), highest))
    if "place" in changed:
        values["location"] = Location.objects.named([new.place]).get(new.place)
    if test.is_activated and ON_THE_SLIP.intersection(changed):
        values["slip_version"] = F("slip_version") + 1
    Candidate.objects.filter(pk=current.pk).update(**values)


def _changes(now: Details, new: Details, changed: tuple[str, ...]) -> dict[str, Any]:
    """Return old and new values for the audit; of what names people only that it changed.

    Audit rows are never erased (C73).
    """
    return {name: True if name in NAMING else [getattr(now, name), getattr(new, name)] for name in changed}
