"""Whose login details are opened."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.credentials.opening import Choice
from candidates.credentials.showing import Overview
from candidates.forms.base import DeliverForm
from candidates.forms.ticked import MOST
from candidates.templatetags.deliver import plural

EVERYBODY, TICKED, NOT_PRINTED, NOWHERE, ROOM = "all", "ticked", "not_printed", "without_room", "room-"


class WhoseForm(DeliverForm):
    """All, a room, the ticked ones or those who are not printed yet; `anyway` takes what is not whole."""

    whose = forms.ChoiceField(label=gettext_lazy("Whose login details"), widget=forms.Select(attrs={"class": "w-20"}))
    ids = forms.CharField(required=False, widget=forms.HiddenInput)
    anyway = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        details: Overview,
        ticked: Sequence[str] = (),
        not_printed: bool = False,
    ) -> None:
        """Offer what there is on the test, each with its number; `ticked` are public ids, else what was posted.

        `not_printed` chooses those who are not printed yet, where there are some.
        """
        whose = TICKED if ticked else NOT_PRINTED if not_printed and details.not_printed else EVERYBODY
        super().__init__(data, initial={"whose": whose, "ids": ",".join(ticked)})
        sent = str(data.get("ids", "")).split(",")[: MOST + 1] if data is not None else ticked
        self.ticked = tuple(dict.fromkeys(public_id for public_id in sent if public_id in details.public_ids))
        self.fields["whose"].choices = self._choices(details)  # type: ignore[attr-defined]  # it is a ChoiceField

    def _choices(self, details: Overview) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        if self.ticked:
            found.append((TICKED, _("The %(n)d ticked") % {"n": len(self.ticked)}))
        found.append((EVERYBODY, _("All: %(users)s") % {"users": plural(details.total, details.noun)}))
        if details.not_printed:
            found.append((NOT_PRINTED, _("Added or changed since the last print: %(n)d") % {"n": details.not_printed}))
        rooms = [(f"{ROOM}{room.location_id}", f"{room.name}: {room.count}") for room in details.rooms]
        if rooms and details.without_location:
            rooms.append((NOWHERE, _("Without a room: %(n)d") % {"n": details.without_location}))
        return [*found, (_("One room"), rooms)] if rooms else found

    @property
    def choice(self) -> Choice:
        """Return who is meant; everybody where the form was not read."""
        whose = str(getattr(self, "cleaned_data", {}).get("whose", EVERYBODY))
        if whose.startswith(ROOM):
            return Choice(location_ids=frozenset({int(whose.removeprefix(ROOM))}))
        return Choice(
            public_ids=self.ticked if whose == TICKED else None,
            without_location=whose == NOWHERE,
            not_printed=whose == NOT_PRINTED,
        )
