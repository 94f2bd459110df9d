"""The search of permanent users, and the form that renames one."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.errors import Conflict
from candidates.intake.accounts.cleaning import clean_external_id, clean_name, why_too_long
from candidates.lifecycle.permanent_users import Details, details_of
from candidates.models import PermanentUser
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import clean_as_cell

STATUSES = (
    ("", gettext_lazy("All")),
    ("active", gettext_lazy("Active")),
    ("deactivated", gettext_lazy("Deactivated")),
)
FIELDS = ("first_name", "last_name", "email", "external_id")


class FilterForm(DeliverForm):
    """What the list of permanent users can be narrowed to; unbound, it shows what the address asks for."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=STATUSES, required=False)
    list = forms.ChoiceField(label=gettext_lazy("List"), required=False)

    def __init__(self, *, lists: Sequence[tuple[str, str]], sees_all: bool, **asked: str) -> None:
        """Show what is asked; `sees_all` says that e-mail and external ID are shown, and found by parts."""
        super().__init__(initial=asked)
        parts = _("Name, username, e-mail or external ID")
        whole = _("Name, username, or a whole e-mail or external ID")
        self.fields["q"].widget.attrs["placeholder"] = parts if sees_all else whole
        if lists:
            field = self.fields["list"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  for mypy
            field.choices = [("", _("All")), *lists]
        else:
            del self.fields["list"]


class RenameForm(DeliverForm):
    """What an administrator can change of a permanent user, with what the page showed when it was opened."""

    first_name = forms.CharField(label=gettext_lazy("First name"), required=False, max_length=100)
    last_name = forms.CharField(label=gettext_lazy("Last name"), required=False, max_length=100)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        max_length=254,
        error_messages={"invalid": gettext_lazy("Write an address like kari@uni.example, or leave it empty.")},
    )
    external_id = forms.CharField(
        label=gettext_lazy("External ID"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("What other systems call this person, like a student number. No two users share one."),
    )

    def __init__(self, data: Any = None, *, user: PermanentUser) -> None:
        stored = details_of(user)
        super().__init__(data, initial={name: getattr(stored, name) for name in FIELDS})
        for name in FIELDS:
            seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
            self.fields[f"was_{name}"] = seen
            self.initial[f"was_{name}"] = getattr(stored, name)

    def clean_first_name(self) -> str:
        """Return the name as an import would store it. Raises ValidationError."""
        return clean_as_cell(self.cleaned_data["first_name"], clean_name)

    def clean_last_name(self) -> str:
        """Return the name as an import would store it. Raises ValidationError."""
        return clean_as_cell(self.cleaned_data["last_name"], clean_name)

    def clean_external_id(self) -> str:
        """Return the ID as an import would store it. Raises ValidationError."""
        return clean_as_cell(self.cleaned_data["external_id"], clean_external_id)

    def clean(self) -> dict[str, Any]:
        """Refuse a name that could be nobody's Candidate ID: none, or one that is too long."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        first, last = cleaned["first_name"], cleaned["last_name"]
        if not (first or last):
            self.add_error("first_name", _("Write a first name, a last name, or both."))
        elif sentence := why_too_long(first, last):
            self.add_error("first_name" if len(first) >= len(last) else "last_name", sentence)
        return cleaned

    @property
    def old(self) -> Details:
        """Return what the page showed when it was opened."""
        return Details(*(str(self.cleaned_data.get(f"was_{name}", "")) for name in FIELDS))

    @property
    def new(self) -> Details:
        """Return what is wanted now."""
        return Details(*(str(self.cleaned_data[name]) for name in FIELDS))

    def show_what_is_stored(self, conflict: Conflict) -> None:
        """Say at each field what somebody else has stored meanwhile; the next save replaces it knowingly."""
        typed = {name: self.data.get(name, "") for name in self.data}
        self.data = typed | {f"was_{name}": getattr(conflict.stored, name) for name in FIELDS}
        for name in conflict.names:
            stored = getattr(conflict.stored, name) or _("nothing")
            words = _("Somebody else has changed this to “%(stored)s” meanwhile. Save again to replace it.")
            self.add_error(name, words % {"stored": stored})
