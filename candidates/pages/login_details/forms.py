"""Whose login details are opened and how they are laid out on paper, and whose one-time logins are taken back."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.credentials.opening import Choice
from candidates.credentials.overview import Overview
from candidates.credentials.slips import Layout
from candidates.credentials.standing_in import WritingCandidate
from candidates.models import SlipPrint
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.login_details.rows import NOWHERE
from candidates.pages.shared.base import DeliverForm

EVERYBODY, TICKED, NOT_PRINTED, ROOMS = "all", "ticked", "not_printed", "rooms"


class WhoseForm(DeliverForm):
    """All, the ticked candidates, those of the ticked rooms, or whose slip is not printed as it is now.

    `anyway` takes what is not whole. Where candidates were ticked in Manage candidates, rooms choose among them.
    """

    whose = forms.ChoiceField(
        choices=[(value, value) for value in (EVERYBODY, TICKED, NOT_PRINTED, ROOMS)], widget=forms.HiddenInput
    )
    room = forms.MultipleChoiceField(label=gettext_lazy("Room"), required=False, widget=forms.CheckboxSelectMultiple)
    layout = forms.ChoiceField(
        label=gettext_lazy("Layout"), required=False, choices=SlipPrint.Layout.choices, widget=forms.RadioSelect
    )
    ids = forms.CharField(required=False, widget=forms.HiddenInput)
    anyway = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        details: Overview,
        ticked: Sequence[str] = (),
    ) -> None:
        """Offer what there is on the test; `ticked` are public ids, else what was posted."""
        sent = str(data.get("ids", "")).split(",")[: MAX_CANDIDATES + 1] if data is not None else ticked
        self.named = data is not None and bool(data.get("ids"))
        self.ticked = tuple(dict.fromkeys(public_id for public_id in sent if public_id in details.public_ids))
        super().__init__(data, initial={"ids": ",".join(self.ticked)})
        self.not_printed = details.not_printed
        rooms = [(NOWHERE if key is None else str(key), "") for key in details.places]
        self.fields["room"].choices = rooms  # type: ignore[attr-defined]  # it is a ChoiceField

    def clean(self) -> dict[str, Any]:
        """Refuse a choice of nobody: it never means everybody."""
        cleaned = super().clean() or self.cleaned_data
        whose = cleaned.get("whose")
        if whose == ROOMS and not cleaned.get("room") and "room" not in self.errors:
            raise ValidationError({"room": _("No room is ticked. Tick those whose slips you want.")})
        if (whose == TICKED or self.named) and not self.ticked:
            raise ValidationError(_("None of the ticked candidates has login details. Choose rooms."))
        if whose == NOT_PRINTED and not self.not_printed:
            raise ValidationError(_("Nothing has changed since the slips were printed. Choose rooms."))
        return cleaned

    @property
    def choice(self) -> Choice:
        """Return who is meant; nobody where the form does not say."""
        if not self.is_valid():
            return Choice(public_ids=())
        whose = self.cleaned_data["whose"]
        rooms = self.cleaned_data["room"] if whose == ROOMS else []
        return Choice(
            public_ids=self.ticked if whose == TICKED or (whose == ROOMS and self.named) else None,
            location_ids=frozenset(int(room) for room in rooms if room != NOWHERE),
            without_location=NOWHERE in rooms,
            not_printed=whose == NOT_PRINTED,
        )

    def layout_or(self, usual: Layout) -> Layout:
        """Return the layout that was chosen on the page, else that of the address."""
        chosen = getattr(self, "cleaned_data", {}).get("layout")
        return "compact" if chosen == "compact" else "page" if chosen == "page" else usual

    @property
    def again(self) -> list[tuple[str, str]]:
        """Return the fields of the same choice, name and value, for a page that asks before it goes on."""
        cleaned = self.cleaned_data
        rooms = [("room", room) for room in cleaned["room"]]
        return [(name, cleaned[name]) for name in ("whose", "ids", "layout") if cleaned[name]] + rooms


class TakeBackForm(DeliverForm):
    """Who was named as writing when the planner pressed: nobody else is thrown out of the test by that press."""

    writing = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, writing: Sequence[WritingCandidate]) -> "TakeBackForm":
        """Return the form for what the page names."""
        return cls(initial={"writing": ",".join(one.public_id for one in writing)})

    @property
    def named(self) -> frozenset[str]:
        """Return the public ids that the page named."""
        return frozenset(str(self.data.get("writing", "")).split(","))
