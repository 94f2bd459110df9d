"""Seats: a seat belongs to one candidate of a test in its room."""

from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key

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
