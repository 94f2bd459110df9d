"""Addresses of the rooms."""

from django.urls import URLPattern, path

from candidates.pages.rooms import many
from candidates.pages.rooms import views as rooms

ROOM = "rooms/<str:room_id>/"

urlpatterns: list[URLPattern] = [
    path("rooms/", rooms.list_rooms, name="rooms"),
    path("rooms/new/", rooms.new_room, name="room-new"),
    path("rooms/many/", many.change_many, name="rooms-many"),
    path(ROOM, rooms.change, name="room"),
    path(f"{ROOM}merge/", rooms.merge, name="room-merge"),
    path(f"{ROOM}remove/", rooms.remove, name="room-remove"),
    path(f"{ROOM}bring-back/", rooms.bring_back, name="room-bring-back"),
]
