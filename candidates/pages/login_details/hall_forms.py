"""Which papers of which rooms are made, and whom to call from the hall."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.credentials.hall_papers import Wanted
from candidates.credentials.paper.facts import MAX_CONTACTS, contact_lines
from candidates.credentials.paper.kinds import PaperKind
from candidates.credentials.slips import Layout
from candidates.models import SlipPrint
from candidates.models.tests import MAX_HALL_CONTACTS_LENGTH
from candidates.pages.shared.base import DeliverForm

KINDS = tuple(kind for kind in PaperKind if kind != PaperKind.CHANGES)


class PapersForm(DeliverForm):
    """The ticked papers of the ticked rooms, one paper of all rooms, the ticked ones of one room, or what changed."""

    paper = forms.MultipleChoiceField(
        label=gettext_lazy("Papers"),
        required=False,
        choices=[(kind.value, kind.label) for kind in KINDS],
        widget=forms.CheckboxSelectMultiple,
    )
    room = forms.MultipleChoiceField(label=gettext_lazy("Room"), required=False, widget=forms.CheckboxSelectMultiple)
    layout = forms.ChoiceField(
        label=gettext_lazy("Layout of the slips"),
        required=False,
        choices=SlipPrint.Layout.choices,
        widget=forms.RadioSelect,
    )
    one_paper = forms.ChoiceField(
        required=False, choices=[(kind.value, kind.label) for kind in KINDS], widget=forms.HiddenInput
    )
    one_room = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    changed = forms.BooleanField(required=False, widget=forms.HiddenInput)
    anyway = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, rooms: Sequence[str]) -> None:
        """Offer the rooms of the test, by their values."""
        super().__init__(data)
        for name in ("room", "one_room"):
            self.fields[name].choices = [(value, value) for value in rooms]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse what means no paper or no room: it never means all."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors or cleaned["one_paper"]:
            return cleaned
        if not cleaned["paper"]:
            raise ValidationError({"paper": _("No paper is ticked. Tick those that you want.")})
        if not (cleaned["one_room"] or cleaned["changed"] or cleaned["room"]):
            raise ValidationError({"room": _("No room is ticked. Tick those whose papers you want.")})
        return cleaned

    @property
    def wanted(self) -> Wanted:
        """Return what is asked for."""
        cleaned = self.cleaned_data
        if one := cleaned["one_paper"]:
            return Wanted(frozenset({PaperKind(one)}), layout=self.slip_layout)
        kinds = frozenset(map(PaperKind, cleaned["paper"])) | {PaperKind.CHANGES}
        if cleaned["changed"]:
            return Wanted(kinds, only_changed=True, layout=self.slip_layout)
        rooms = [cleaned["one_room"]] if cleaned["one_room"] else cleaned["room"]
        return Wanted(kinds, frozenset(rooms), layout=self.slip_layout)

    @property
    def slip_layout(self) -> Layout:
        """Return how slips are laid out: six to a page, unless one to a page is chosen."""
        return "page" if self["layout"].value() == "page" else "compact"

    @property
    def again(self) -> list[tuple[str, str]]:
        """Return the fields of the same choice, name and value, for a page that asks before it goes on."""
        cleaned = self.cleaned_data
        one = [(name, cleaned[name]) for name in ("one_paper", "one_room", "layout") if cleaned[name]]
        several = [(name, value) for name in ("paper", "room") for value in cleaned[name]]
        return one + several + ([("changed", "1")] if cleaned["changed"] else [])


class ContactsForm(DeliverForm):
    """Whom to call from the hall, a line each: a number, if there is one, then words."""

    contacts = forms.CharField(
        label=gettext_lazy("Whom to call from the hall"),
        required=False,
        max_length=MAX_HALL_CONTACTS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
    )

    def clean_contacts(self) -> str:
        """Return the lines; more than the cover sheet has room for are refused."""
        lines = contact_lines(self.cleaned_data["contacts"].strip())
        if len(lines) > MAX_CONTACTS:
            words = _("These are %(n)d lines, and the cover sheet has room for %(most)d. Leave some out.")
            raise ValidationError(words % {"n": len(lines), "most": MAX_CONTACTS})
        return "\n".join(lines)
