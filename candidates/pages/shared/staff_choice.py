"""One person of the staff chosen by name, in the order of the alphabet."""

from typing import TYPE_CHECKING

from django import forms
from django.db.models import QuerySet

from candidates.models import User
from candidates.text import natural_key

if TYPE_CHECKING:
    StaffChoiceField = forms.ModelChoiceField[User]
else:
    StaffChoiceField = forms.ModelChoiceField


def offer_staff(field: forms.Field, people: "QuerySet[User]") -> None:
    """Offer these people in a field of one choice."""
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  for mypy
    field.queryset = people
    named = sorted(people, key=lambda user: (natural_key(str(user)), user.username))
    field.choices = [("", field.empty_label), *((user.pk, field.label_from_instance(user)) for user in named)]
