"""Rooms of the institution."""

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field, StrictBool, StrictInt

from candidates.access import locations_in_order
from candidates.api.auth import caller, needs
from candidates.api.idempotency import writes
from candidates.api.problems import Problem, Wrong, invalid
from candidates.api.schemas import Answer, Body, Text
from candidates.intake.cells import CellProblem, clean_place
from candidates.lifecycle.rooms import Room, SameName, add_room
from candidates.models import Location, Scope
from candidates.models.locations import MAX_CAPACITY

router = Router(tags=["Rooms"], by_alias=True)


class RoomSent(Body):
    """A room; one of both names is needed."""

    building_name: Text = Field(default="", max_length=1000)
    room_name: Text = Field(default="", max_length=1000)
    capacity: StrictInt | None = Field(default=None, ge=1, le=MAX_CAPACITY)
    for_extra_time: StrictBool = False


class RoomAnswer(Answer):
    """A room."""

    id: str
    building_name: str
    room_name: str
    capacity: int | None
    for_extra_time: bool


def shown(room: Location) -> RoomAnswer:
    """Return a room as it is answered."""
    return RoomAnswer(
        id=room.public_id,
        building_name=room.building,
        room_name=room.room,
        capacity=room.capacity,
        for_extra_time=room.for_extra_time,
    )


@router.get("/rooms", response=list[RoomAnswer], **needs(Scope.TESTS_READ))
def list_rooms(request: HttpRequest) -> list[RoomAnswer]:
    """List the rooms that are in use, by building and room (ours)."""
    return [shown(room) for room in locations_in_order()]


@router.post("/rooms", response={201: RoomAnswer}, **needs(Scope.TESTS_WRITE))
@writes
def send_room(request: HttpRequest, sent: RoomSent) -> Answer:
    """Add a room (ours). Rooms that candidates are sent with come by themselves."""
    names, wrong = [], []
    for typed, member in ((sent.building_name, "buildingName"), (sent.room_name, "roomName")):
        try:
            names.append(clean_place(typed))
        except CellProblem as problem:
            wrong.append(Wrong(detail=problem.message, pointer=f"/{member}"))
    if not wrong and not any(names):
        wrong.append(Wrong(detail=_("Name the building, the room or both."), pointer="/roomName", code="missing"))
    if wrong:
        raise invalid(wrong)
    new = Room(names[0], names[1], sent.capacity, sent.for_extra_time)
    try:
        return shown(add_room(new=new, by=caller(request).account)).made()
    except SameName as refusal:
        raise Problem(409, _("There is a room %(name)s already.") % {"name": refusal.other}, code="exists") from refusal
