"""The forms of Monitor: its filters, its columns, and incident time."""

from collections.abc import Mapping

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.pages.monitor.columns import COLUMNS
from candidates.pages.monitor.rows import BY_CODE, WatchFilter, attention_words
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import MAX_REASON_LENGTH, WholeNumberField
from candidates.pages.shared.time_change import TimeForm


class FilterForm(DeliverForm):
    """The fields of the toolbar, showing what the address asks for; unbound, so that it never refuses."""

    q = forms.CharField(
        label=gettext_lazy("Search candidates"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    room = forms.ChoiceField(label=gettext_lazy("Room"))
    attention = forms.ChoiceField(label=gettext_lazy("Who"))
    use_required_attribute = False

    def __init__(self, wanted: WatchFilter, places: Mapping[str, str], *, bound: bool, some_joined: bool) -> None:
        super().__init__(initial={"q": wanted.q, "room": wanted.room, "attention": wanted.attention})
        words = attention_words()
        if not some_joined and wanted.attention != BY_CODE:
            del words[BY_CODE]
        self.fields["attention"] = forms.ChoiceField(
            label=_("Who"), choices=[("", _("All candidates")), *words.items()]
        )
        self.fields["room"] = forms.ChoiceField(label=_("Room"), choices=[("", _("All rooms")), *places.items()])
        if not places or (bound and len(places) == 1):
            del self.fields["room"]


class ColumnsForm(DeliverForm):
    """The columns that somebody wants to see; none but the Candidate ID is a choice, too."""

    col = forms.MultipleChoiceField(required=False, choices=[(column.key, column.label) for column in COLUMNS])


class IncidentTimeForm(TimeForm):
    """Add, subtract or set incident time, and why (docs/domain.md §6)."""

    minutes = WholeNumberField(label=gettext_lazy("Minutes"), min_value=0, max_value=settings.EXTRA_TIME_LIMIT_MINUTES)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON_LENGTH,
        help_text=gettext_lazy("Kept with the change, such as “Fire alarm in V101, 10:20 to 10:35”."),
    )
    figure = "minutes"
    add_words = gettext_lazy("Add to the incident time they have")
    subtract_words = gettext_lazy("Subtract from the incident time they have")
    nothing_words = gettext_lazy("Write 1 minute or more. To remove all incident time, choose Set and write 0.")
