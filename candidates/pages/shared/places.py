"""Building and room as people type them, and the question whether a name is nearly one that exists."""

import unicodedata
from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.intake.cells import CellProblem, clean_place
from candidates.models import Location
from candidates.pages.shared.base import DeliverForm, speak


class PlaceFields(DeliverForm):
    """Building and room as they are typed: spaces folded, and a question where a name is nearly one that exists."""

    building = forms.CharField(label=gettext_lazy("Building"), required=False, strip=False)
    room = forms.CharField(label=gettext_lazy("Room"), required=False, strip=False)
    known: Iterable[Location] = ()

    def clean_building(self) -> str:
        """Return the name of the building with its spaces folded."""
        return _place(self.cleaned_data["building"])

    def clean_room(self) -> str:
        """Return the name of the room with its spaces folded."""
        return _place(self.cleaned_data["room"])

    def ask_about_twin(self) -> None:
        """Refuse a name that differs from a known one only in case or spaces, until the box says that it is meant."""
        building, room = self.cleaned_data.get("building", ""), self.cleaned_data.get("room", "")
        twin = near_twin(building, room, self.known)
        if twin is None or self.data.get(self.add_prefix("keep")) == "on":
            return
        self.fields["keep"] = forms.BooleanField(
            required=False,
            label=_("“%(name)s” is another place: keep it as I typed it") % {"name": _name(building, room)},
        )
        speak(self.fields["keep"])
        self.add_error(
            "room" if room else "building",
            _("There is “%(twin)s” already, and names are compared exactly. Use that name, or tick the box below.")
            % {"twin": _quoted(twin)},
        )


def near_twin(building: str, room: str, known: Iterable[Location]) -> Location | None:
    """Return a known location whose name differs from this one only in case, width or spaces; None where it exists."""
    exact = [location for location in known if (location.building, location.room) == (building, room)]
    if exact or not (building or room):
        return None
    key = _fold(building + room)
    return next((location for location in known if _fold(location.building + location.room) == key), None)


def _fold(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(folded.split())


def _place(raw: str) -> str:
    try:
        return clean_place(" ".join(raw.split()))
    except CellProblem as problem:
        raise ValidationError(problem.message, code="place") from problem


def _name(building: str, room: str) -> str:
    return " ".join(part for part in (building, room) if part)


def _quoted(location: Location) -> str:
    """Return building and room apart, so that it can be seen where one ends and the other begins."""
    return " / ".join(part for part in (location.building, location.room) if part)
