"""Seats: a seat belongs to one candidate of a test in its room."""

from django.db import transaction
from django.db.models import Case, F, When
from django.utils.translation import gettext as _

from candidates import audit
from candidates.candidate_ids import candidate_key
from candidates.errors import Refused
from candidates.models import Candidate, Location, Test, User
from candidates.timing import Stage, stage_of

Place = tuple[str, str]
"""(building, room)"""


def seat_key(place: Place, seat: str) -> tuple[Place, str]:
    """Return by what two seats are one: a1 is A1 on paper and on the desk. The database compares them to the letter."""
    return place, candidate_key(seat)


def seat_taken(shown: str, place: Place) -> str:
    """Say who has a seat already."""
    if any(place):
        return _("%(shown)s has this seat in this room. Give one of them another seat.") % {"shown": shown}
    return _("%(shown)s has this seat. Give one of them another seat, or a room.") % {"shown": shown}


def give_seat(*, candidate: Candidate, seat: str, room: Location, by: User) -> None:
    """Put somebody who has no seat on this one in this room, which is theirs or, where they have none, becomes it.

    Raises Refused where they have a seat or another room, where the seat is somebody's, and once the test is Finished.
    """
    with transaction.atomic():
        # The test's lock keeps away whoever else gives seats on it: of two who give the same one the second is told.
        test = Test.objects.select_for_update(no_key=True).get(pk=candidate.test_id)
        if stage_of(test) == Stage.FINISHED:
            raise Refused(_("The test has ended, so seats stay as they are."), about="seat")
        now = Candidate.objects.select_for_update(no_key=True).filter(pk=candidate.pk, test=test).first()
        if now is None:
            raise Refused(_("The candidate was removed from the test meanwhile. Nothing was changed."), about="seat")
        # as it is now: rooms are merged under the test's lock
        room = Location.objects.select_related("known_as").get(pk=room.pk)
        room = room.known_as or room
        _refuse_seated(now, room)
        _refuse_taken(now, seat, room)
        Candidate.objects.filter(pk=now.pk).update(
            location=room,
            seat=seat,
            slip_version=Case(
                When(location=room, then=F("slip_version")),
                When(slip_printed_version__isnull=True, then=F("slip_version")),
                default=F("slip_version") + 1,
            ),
        )
        detail = {"candidates": [now.public_id], "seat": seat, "room": str(room)}
        audit.record(audit.Action.SEAT_GIVEN, by=by, test=test, count=1, detail=detail)


def next_seat(test: Test, room: Location) -> str:
    """Return a seat of this room that is nobody's on the test: the first one after the highest, or a free one below.

    "" where the room has no numbers, or is full.
    """
    taken = Candidate.objects.of_test(test).filter(location=room).exclude(seat="").values_list("seat", flat=True)
    numbers = {int(seat) for seat in taken if seat.isascii() and seat.isdigit()}
    if not numbers:
        return ""
    most = room.capacity
    if most is None or max(numbers) < most:
        return str(max(numbers) + 1)
    return next((str(number) for number in range(1, most + 1) if number not in numbers), "")


def _refuse_seated(now: Candidate, room: Location) -> None:
    words = {"id": now.candidate_id, "seat": now.seat}
    if now.seat:
        raise Refused(_("%(id)s has seat %(seat)s already. A planner of the test can change it.") % words, about="seat")
    if now.location_id not in (None, room.pk):
        raise Refused(_("%(id)s was given another room meanwhile. Load the page again.") % words, about="seat")


def _refuse_taken(now: Candidate, seat: str, room: Location) -> None:
    """Compare seats as people do, also where the database would take a1 and A1 for two."""
    others = Candidate.objects.filter(test=now.test_id, location=room).exclude(seat="").order_by("sort_key")
    for shown, taken in others.values_list("candidate_id", "seat"):
        if candidate_key(taken) == candidate_key(seat):
            words = {"seat": taken, "shown": shown}
            raise Refused(_("Seat %(seat)s is %(shown)s’s. Choose another one.") % words, about="seat")
