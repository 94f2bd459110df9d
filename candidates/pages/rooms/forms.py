"""A room as it is typed, and the room that another one is merged into."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.intake.cells import MAX_DIGITS, CellProblem, clean_capacity, clean_place
from candidates.lifecycle.rooms import Room
from candidates.models import Location
from candidates.pages.shared.base import DeliverForm

OLD = ("building", "room", "capacity", "for_extra_time")


class RoomForm(DeliverForm):
    """Building, room, capacity, and whether it is kept for extra time; with what the page showed of it before."""

    building = forms.CharField(label=gettext_lazy("Building"), required=False, strip=False)
    room = forms.CharField(label=gettext_lazy("Room"), required=False, strip=False)
    capacity = forms.CharField(
        label=gettext_lazy("Capacity"),
        required=False,
        widget=forms.TextInput(attrs={"class": "w-5 num", "inputmode": "numeric"}),
    )
    for_extra_time = forms.BooleanField(label=gettext_lazy("Extra-time room"), required=False)

    def __init__(self, *args: Any, stored: Location | None = None, **kwargs: Any) -> None:
        """Build the form, of a new room or with what is stored of one."""
        if stored is not None:
            now = Room.of(stored)
            kwargs["initial"] = {
                "building": now.building,
                "room": now.room,
                "capacity": "" if now.capacity is None else str(now.capacity),
                "for_extra_time": now.for_extra_time,
            }
        super().__init__(*args, **kwargs)
        for name in ("building", "room", "capacity"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        self.stored = stored
        for name in OLD if stored is not None else ():
            self.fields[f"old_{name}"] = forms.CharField(
                required=False, strip=False, widget=forms.HiddenInput, initial=self._plain(self.initial[name])
            )

    def clean_building(self) -> str:
        """Return the name of the building with its spaces folded."""
        return _name(self.cleaned_data["building"])

    def clean_room(self) -> str:
        """Return the name of the room with its spaces folded."""
        return _name(self.cleaned_data["room"])

    def clean_capacity(self) -> int | None:
        """Return the number of seats, None for nothing typed."""
        try:
            return clean_capacity(self.cleaned_data["capacity"])
        except CellProblem as problem:
            raise ValidationError(problem.message, code="capacity") from problem

    def clean(self) -> dict[str, Any]:
        """Refuse a room without a name."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not (cleaned["building"] or cleaned["room"]):
            self.add_error("building", _("Write a building or a room: one of the two is enough."))
        return cleaned

    @property
    def new(self) -> Room:
        """Return the room as it was typed."""
        return Room(**{name: self.cleaned_data[name] for name in OLD})

    @property
    def old(self) -> Room:
        """Return the room as the page showed it."""
        told = {name: self.cleaned_data.get(f"old_{name}", "") for name in OLD}
        seats = told["capacity"]
        return Room(
            building=told["building"],
            room=told["room"],
            capacity=int(seats) if seats.isascii() and seats.isdecimal() and len(seats) <= MAX_DIGITS else None,
            for_extra_time=told["for_extra_time"] == "on",
        )

    def show_what_is_stored(self, now: Room) -> None:
        """Let a second Save replace what somebody else has written meanwhile."""
        shown = {
            "building": now.building,
            "room": now.room,
            "capacity": "" if now.capacity is None else str(now.capacity),
            "for_extra_time": now.for_extra_time,
        }
        typed = {name: self.data.get(name, "") for name in self.data}
        self.data = typed | {f"old_{name}": self._plain(value) for name, value in shown.items()}

    @staticmethod
    def _plain(value: object) -> str:
        return ("on" if value else "") if isinstance(value, bool) else str(value)


class MergeForm(DeliverForm):
    """Which room another one is merged into."""

    into = forms.ChoiceField(
        label=gettext_lazy("Merge it into"), error_messages={"required": gettext_lazy("Choose a room.")}
    )

    def __init__(self, *args: Any, others: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["into"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  for mypy: it stands ten lines above
        field.choices = [("", _("Choose a room")), *((one.public_id, str(one)) for one in others)]
        field.widget.attrs["class"] = "w-20"


def _name(text: str) -> str:
    try:
        return clean_place(text)
    except CellProblem as problem:
        raise ValidationError(problem.message, code="place") from problem
