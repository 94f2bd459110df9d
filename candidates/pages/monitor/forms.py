"""The forms of Monitor: its filters, its columns, and incident time."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.lifecycle.accommodations import Change
from candidates.pages.monitor.columns import COLUMNS
from candidates.pages.monitor.incident_rows import IncidentLine
from candidates.pages.monitor.rows import WatchFilter, attention_words
from candidates.pages.shared.base import DeliverForm, with_errors_of
from candidates.pages.shared.fields import MAX_REASON_LENGTH, SeenMinutesField, WholeNumberField


class FilterForm(DeliverForm):
    """The fields of the toolbar, showing what the address asks for; unbound, so that it never refuses."""

    q = forms.CharField(
        label=gettext_lazy("Search candidates"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    room = forms.ChoiceField(label=gettext_lazy("Room"))
    attention = forms.ChoiceField(label=gettext_lazy("Who"))
    use_required_attribute = False

    def __init__(self, wanted: WatchFilter, places: Mapping[str, str], *, bound: bool) -> None:
        super().__init__(initial={"q": wanted.q, "room": wanted.room, "attention": wanted.attention})
        self.fields["attention"] = forms.ChoiceField(
            label=_("Who"), choices=[("", _("All candidates")), *attention_words().items()]
        )
        self.fields["room"] = forms.ChoiceField(label=_("Room"), choices=[("", _("All rooms")), *places.items()])
        if not places or (bound and len(places) == 1):
            del self.fields["room"]


class ColumnsForm(DeliverForm):
    """The columns that somebody wants to see; none but the Candidate ID is a choice, too."""

    col = forms.MultipleChoiceField(required=False, choices=[(column.key, column.label) for column in COLUMNS])


class IncidentTimeForm(DeliverForm):
    """Add, subtract or set incident time, and why (docs/domain.md §6)."""

    how = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=[
            (Change.ADD.value, gettext_lazy("Add to the incident time they have")),
            (Change.SUBTRACT.value, gettext_lazy("Subtract from the incident time they have")),
            (Change.SET.value, gettext_lazy("Set, whatever they have")),
        ],
        initial=Change.ADD.value,
        widget=forms.RadioSelect,
    )
    minutes = WholeNumberField(label=gettext_lazy("Minutes"), min_value=0, max_value=settings.EXTRA_TIME_LIMIT_MINUTES)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON_LENGTH,
        help_text=gettext_lazy("Kept with the change, such as “Fire alarm in V101, 10:20 to 10:35”."),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse to add or subtract nothing."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("minutes") == 0 and cleaned.get("how") in (Change.ADD, Change.SUBTRACT):
            self.add_error("minutes", _("Write 1 minute or more. To remove all incident time, choose Set and write 0."))
        return cleaned

    @property
    def change(self) -> Change:
        """Return what is to happen with the minutes, of a valid form."""
        return Change(self.cleaned_data["how"])

    def visible(self) -> "IncidentTimeForm":
        """Return the form in which the figures can be changed, with what is typed and what is wrong."""
        return self


class ConfirmedIncidentTimeForm(IncidentTimeForm):
    """The same on the page that shows who ends when: hidden, with the incident time that the page showed."""

    seen = SeenMinutesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget = forms.HiddenInput()

    @classmethod
    def of(cls, asked: IncidentTimeForm, lines: Sequence[IncidentLine]) -> "ConfirmedIncidentTimeForm":
        """Return the hidden form for what was asked, about candidates as the page shows them."""
        seen = SeenMinutesField.text((line.public_id, line.minutes) for line in lines)
        return cls(initial={name: asked.cleaned_data[name] for name in ("how", "minutes", "reason")} | {"seen": seen})

    def visible(self) -> IncidentTimeForm:
        """Return the form in which the figures can be changed, with what is typed and what is wrong."""
        return with_errors_of(self, IncidentTimeForm(self.data))
