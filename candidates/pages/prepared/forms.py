"""What is prepared for one person, as it is typed."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.authentication_types import enabled_types
from candidates.intake.headings import PREPARED
from candidates.intake.preparing import CellsRefused
from candidates.models import Location, PreparedPerson
from candidates.pages.shared.places import PlaceFields

PERMANENT = "permanent"
"""Chosen for user names of permanent users; no authentication type is called so in the list of choices."""


class PreparedForm(PlaceFields):
    """The cells of one person, checked as those of a list are; who it is cannot be changed afterwards."""

    field_order = ("who", *PREPARED.fields)
    who = forms.ChoiceField(label=gettext_lazy("Logs in with"))
    sso_user_id = forms.CharField(label=gettext_lazy("User ID"), required=False, strip=False)
    extra_time = forms.CharField(
        label=gettext_lazy("Extra time (minutes)"),
        required=False,
        strip=False,
        help_text=gettext_lazy("Minutes, or a percentage like 25 %."),
    )
    candidate_id = forms.CharField(
        label=gettext_lazy("Candidate ID"),
        required=False,
        strip=False,
        help_text=gettext_lazy("Empty: the next generated one, given when the person joins."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), required=False, strip=False)
    private_reference = forms.CharField(label=gettext_lazy("Private reference"), required=False, strip=False)
    seat = forms.CharField(label=gettext_lazy("Seat"), required=False, strip=False)

    def __init__(
        self, *args: Any, known: Iterable[Location] = (), stored: PreparedPerson | None = None, **kwargs: Any
    ) -> None:
        """Build the form, of a new row or with what is stored of one; `known` are the rooms that are offered."""
        if stored is not None:
            place = stored.location
            kwargs["initial"] = {
                "extra_time": str(stored.extra_minutes or ""),
                "building": place.building if place else "",
                "room": place.room if place else "",
                **{name: getattr(stored, name) for name in ("candidate_id", "name", "private_reference", "seat")},
            }
        super().__init__(*args, **kwargs)
        self.known = known
        for name in PREPARED.fields:
            self.fields[name].widget.attrs["autocomplete"] = "off"
            self.fields[name].widget.attrs["class"] = "w-20"
        self.fields["sso_user_id"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        self.fields["extra_time"].widget.attrs["class"] = "w-5 num"
        self.fields["seat"].widget.attrs["class"] = "w-5"
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)  # noqa: S101  for mypy
        who.choices = [
            *((one.slug, one.label) for one in enabled_types().values()),
            (PERMANENT, _("Username and password (permanent user)")),
        ]
        if stored is not None:
            del self.fields["who"], self.fields["sso_user_id"]

    def clean(self) -> dict[str, Any]:
        """Ask about a building or room that is nearly one that exists, where it is another than what is stored."""
        cleaned = super().clean() or self.cleaned_data
        if not {"building", "room"} & self.errors.keys() and {"building", "room"} & set(self.changed_data):
            self.ask_about_twin()
        return cleaned

    @property
    def slug(self) -> str:
        """Return the authentication type that was chosen, "" for permanent users."""
        chosen = str(self.cleaned_data["who"])
        return "" if chosen == PERMANENT else chosen

    @property
    def values(self) -> dict[str, str]:
        """Return the cells, by the columns of a list."""
        return {name: self.cleaned_data[name] for name in PREPARED.fields if name in self.cleaned_data}

    def show_problems(self, refused: CellsRefused) -> None:
        """Say at each field what is wrong with it, with the proposal where there is one."""
        for problem in refused.problems:
            words = problem.message
            if problem.proposal:
                words += " " + _("It could be: %(proposal)s") % {"proposal": problem.proposal}
            self.add_error(problem.column if problem.column in self.fields else None, ValidationError(words))
