"""The search of permanent users, and the form that renames one."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.forms.base import DeliverForm
from candidates.intake.accounts.cleaning import is_too_long_a_name
from candidates.intake.cells import MAX_ID_LENGTH
from candidates.intake.hidden import character_name, hidden_character
from candidates.lifecycle.permanent_users import Changed, Details, details_of
from candidates.models import PermanentUser

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

    def __init__(self, *, lists: Sequence[tuple[str, str]], **asked: str) -> None:
        super().__init__(initial=asked)
        self.fields["q"].widget.attrs["placeholder"] = _("Name, username, e-mail or external ID")
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

    def clean(self) -> dict[str, Any]:
        """Refuse what nobody sees, and a name that could be nobody's Candidate ID: none, or a longer one."""
        cleaned = super().clean() or self.cleaned_data
        for name in FIELDS:
            if name in cleaned:
                cleaned[name] = self._plain(name, cleaned[name])
        if self.errors:
            return cleaned
        first, last = cleaned["first_name"], cleaned["last_name"]
        if not (first or last):
            self.add_error("first_name", _("Write a first name, a last name, or both."))
        elif is_too_long_a_name(first, last):
            words = _("First and last name together can have at most %(most)d characters: they are the Candidate ID.")
            self.add_error("first_name" if len(first) >= len(last) else "last_name", words % {"most": MAX_ID_LENGTH})
        return cleaned

    def _plain(self, name: str, typed: str) -> str:
        text = unicodedata.normalize("NFC", " ".join(typed.split()))
        if hidden := hidden_character(text):
            words = _("There is a character in it that cannot be seen (%(name)s). Type the text again.")
            self.add_error(name, ValidationError(words % {"name": character_name(hidden)}, code="hidden"))
        return text

    @property
    def old(self) -> Details:
        """Return what the page showed when it was opened."""
        return Details(*(str(self.cleaned_data.get(f"was_{name}", "")) for name in FIELDS))

    @property
    def new(self) -> Details:
        """Return what is wanted now."""
        return Details(*(str(self.cleaned_data[name]) for name in FIELDS))

    def show_what_is_stored(self, changed: Changed) -> None:
        """Say at each field what somebody else has stored meanwhile; the next save replaces it knowingly."""
        typed = {name: self.data.get(name, "") for name in self.data}
        self.data = typed | {f"was_{name}": getattr(changed.now, name) for name in FIELDS}
        for name in changed.names:
            stored = getattr(changed.now, name) or _("nothing")
            words = _("Somebody else has changed this to “%(stored)s” meanwhile. Save again to replace it.")
            self.add_error(name, words % {"stored": stored})
