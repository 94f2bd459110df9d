"""The filters of Manage candidates, and the form of one candidate's page."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.intake.cells import CellProblem, clean_candidate_id, clean_name, clean_seat, clean_text
from candidates.lifecycle.editing import Details
from candidates.models import Candidate, Location, Test
from candidates.models.accounts import MAX_REFERENCE_LENGTH
from candidates.pages.candidates.bulk_forms import AmountField, percent_help
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.candidate_list import AT, WITHOUT_ROOM, CandidateList, came_words, login_words
from candidates.pages.shared.places import PlaceFields
from candidates.text import natural_key, whole_number

PLAIN = ("seat", "name", "private_reference")
"""Fields that are stored as they are shown."""


class FilterForm(DeliverForm):
    """The toolbar: shows the filter in force; what an address asks for is read by ListFilter."""

    q = forms.CharField(label=gettext_lazy("Search candidates"), required=False, widget=forms.TextInput)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    place = forms.ChoiceField(label=gettext_lazy("Location"), required=False)
    extra = forms.ChoiceField(
        label=gettext_lazy("Extra time"),
        required=False,
        choices=[
            ("", gettext_lazy("With or without")),
            ("with", gettext_lazy("With extra time")),
            ("without", gettext_lazy("Without extra time")),
        ],
    )
    login = forms.ChoiceField(label=gettext_lazy("One-time login"), required=False)
    came = forms.ChoiceField(label=gettext_lazy("How they came"), required=False)
    look = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, candidates: CandidateList) -> None:
        wanted = candidates.wanted
        names = ("q", "kind", "place", "extra", "login", "came", "look")
        super().__init__(initial={name: getattr(wanted, name) for name in names}, auto_id="%s")
        self.fields["q"].widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off"})
        if not wanted.look:
            del self.fields["look"]
        places = [*candidates.places]
        if wanted.place.startswith(AT) and wanted.place.removeprefix(AT) not in places:
            places.append(wanted.place.removeprefix(AT))  # nobody sits there any more, but it is what is shown
        kinds = [kind for kind in Candidate.Kind if kind in candidates.kinds or kind == wanted.kind]
        _choices(self, "kind", [("", _("All kinds")), *((kind.value, kind.label) for kind in kinds)])
        _choices(self, "login", [("", _("With or without one")), *login_words().items()])
        if not candidates.with_one_time_login and not wanted.login:
            del self.fields["login"]
        _choices(self, "came", [("", _("By code or added")), *came_words().items()])
        if not candidates.joined_by_code and not wanted.came:
            del self.fields["came"]
        if len(kinds) < 2 and not wanted.kind:
            del self.fields["kind"]
        _choices(
            self,
            "place",
            [
                ("", _("All locations")),
                *((AT + place, place) for place in places),
                (WITHOUT_ROOM, _("Without a room")),
            ],
        )


class CandidateForm(PlaceFields):
    """One candidate's details, with what the page showed in hidden fields: no change of others is lost (C55)."""

    field_order = ["candidate_id", "name", "private_reference", "amount", "building", "room", "seat"]
    candidate_id = forms.CharField(label=gettext_lazy("Candidate ID"), required=False, strip=False)
    amount = AmountField(label=gettext_lazy("Extra time"), required=False)
    name = forms.CharField(label=gettext_lazy("Name"), required=False, strip=False)
    private_reference = forms.CharField(
        label=gettext_lazy("Private reference"),
        required=False,
        strip=False,
        help_text=gettext_lazy("A student or card number, by which somebody is found at the door."),
    )
    seat = forms.CharField(
        label=gettext_lazy("Seat"),
        required=False,
        strip=False,
        help_text=gettext_lazy("In this room, for one candidate. Another room without another seat takes it away."),
    )

    def __init__(self, *args: Any, test: Test, stored: Details, started: bool, known: Sequence[Location]) -> None:
        super().__init__(*args, initial=_shown(stored))
        self.known = known
        self.stored = stored
        amount = self.fields["amount"]
        assert isinstance(amount, AmountField)  # noqa: S101  for mypy: it stands ten lines above
        amount.base_minutes, amount.help_text = test.percent_base_minutes, percent_help(test)
        self.fields["name"].help_text = (
            _("Like “Aas, Reidun”. Planners and the invigilators of this test see it; graders never do.")
            if test.invigilators_see_names
            else _("Like “Aas, Reidun”. Planners see it; invigilators of this test and graders never do.")
        )
        self.fields["seat"].widget.attrs["class"] = "w-5"
        for name in ("candidate_id", "name", "building", "room", "private_reference"):
            self.fields[name].widget.attrs["class"] = "w-20"
        for name in ("building", "room"):
            self.fields[name].widget.attrs["list"] = f"known-{name}s"
        # A page that was opened before the start still sends both: then the refusal says why they stay.
        if started and not (self.is_bound and "candidate_id" in self.data):
            del self.fields["candidate_id"], self.fields["amount"]
        for name in list(self.fields):
            self.fields[f"was_{name}"] = forms.CharField(
                required=False, strip=False, widget=forms.HiddenInput, initial=_shown(stored)[name]
            )

    def clean_candidate_id(self) -> str:
        """Return the Candidate ID; one that was not touched stays exactly as it is stored."""
        typed = str(self.cleaned_data["candidate_id"])
        return typed if typed == self.old.candidate_id else _cell(clean_candidate_id, typed)

    def clean_name(self) -> str:
        """Return the name, trimmed and with single spaces."""
        return self._cleaned("name", clean_name)

    def clean_private_reference(self) -> str:
        """Return the private reference, trimmed."""
        return self._cleaned("private_reference", lambda raw: clean_text(raw, longest=MAX_REFERENCE_LENGTH))

    def clean_seat(self) -> str:
        """Return the seat, trimmed and with single spaces."""
        return self._cleaned("seat", clean_seat)

    def _cleaned(self, name: str, cleaner: Callable[[str], str]) -> str:
        """Return a field cleaned; one that was not touched stays exactly as it is stored."""
        typed = str(self.cleaned_data[name])
        return typed if typed == getattr(self.old, name) else _cell(cleaner, typed)

    def clean(self) -> dict[str, Any]:
        """Ask about a building or room that is nearly one that exists, where it was changed."""
        cleaned = super().clean() or self.cleaned_data
        if not {"building", "room"} & self.errors.keys() and self.new.place != self.old.place:
            self.ask_about_twin()
        return cleaned

    @property
    def old(self) -> Details:
        """Return what the page showed."""
        return self._details({name: self.data.get(f"was_{name}") for name in _shown(self.stored)})

    @property
    def new(self) -> Details:
        """Return what is wanted now; fields that the page did not have stay as they are."""
        return self._details(self.cleaned_data)

    @property
    def proposals(self) -> list[tuple[str, list[str]]]:
        """Return the names that the fields propose while somebody types, each with the id of its list."""
        buildings, rooms = {place.building for place in self.known}, {place.room for place in self.known}
        return [
            (name, sorted(filter(None, known), key=natural_key))
            for name, known in (("known-buildings", buildings), ("known-rooms", rooms))
        ]

    def show_what_is_stored(self, now: Details) -> None:
        """Take what is stored now as seen, keeping what was typed: the next save replaces it knowingly."""
        typed = {name: self.data.get(name, "") for name in self.data}
        self.data = typed | {f"was_{name}": value for name, value in _shown(now).items()}

    def _details(self, values: dict[str, Any]) -> Details:
        stored = _shown(self.stored)
        full = {name: stored[name] if values.get(name) is None else values[name] for name in stored}
        return replace(
            self.stored,
            candidate_id=str(full["candidate_id"]),
            extra_minutes=whole_number(str(full["amount"]), digits=8),
            place=(str(full["building"]), str(full["room"])),
            **{name: str(full[name]) for name in PLAIN},
        )


def _shown(details: Details) -> dict[str, str]:
    """Return details as the page's fields show them."""
    return {
        "candidate_id": details.candidate_id,
        "amount": str(details.extra_minutes),
        "building": details.place[0],
        "room": details.place[1],
        **{name: getattr(details, name) for name in PLAIN},
    }


def _cell(cleaner: Callable[[str], str], raw: str) -> str:
    try:
        return cleaner(raw)
    except CellProblem as problem:
        words = problem.message
        if problem.proposal:
            words += " " + _("It could be: %(proposal)s") % {"proposal": problem.proposal}
        raise ValidationError(words, code="cell") from problem


def _choices(form: forms.BaseForm, name: str, choices: list[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  for mypy
    field.choices = choices
