"""Add somebody to a test, and choose who plans tests that would have no planner."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.access import known_locations, locations_in_order
from candidates.errors import Refused
from candidates.lifecycle.anonymity import NotAnonymous
from candidates.lifecycle.contributors import ContributorsRefused, staff_to_choose
from candidates.models import Contributor, Location, User
from candidates.pages.shared.base import DeliverForm, speak
from candidates.pages.shared.pasting import MAX_PASTED
from candidates.pages.shared.staff_choice import StaffChoiceField, offer_staff
from candidates.pages.tests.staff_names import staff_by_names

Role = Contributor.Role


if TYPE_CHECKING:
    RoomsChoiceField = forms.ModelMultipleChoiceField[Location]
else:
    RoomsChoiceField = forms.ModelMultipleChoiceField


class PersonField(StaffChoiceField):
    """Choose one of the staff, by name and user name."""

    def label_from_instance(self, obj: User) -> str:
        """Return "Elin Haugland (elin): Grader", so that two people of one name and their roles can be told apart."""
        roles = ", ".join(str(role.label) for role in Role if obj.has_role(role))
        return f"{obj.name or obj.username} ({obj.username}): {roles}"


class RoomsField(RoomsChoiceField):
    """Tick rooms; None of them is a choice, too."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> Any:
        """Return the rooms; raise ValidationError for what is not offered, before the database meets its number."""
        offered = {str(key) for key, _words in self.choices}  # type: ignore[misc, union-attr]  # pairs
        if isinstance(value, list) and not offered.issuperset(map(str, value)):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().clean(value)


class RoleForm(DeliverForm):
    """A form that gives a role, and asks once more where the person would know who is graded."""

    @property
    def role_key(self) -> str:
        """Return who would get what: a tick confirms this and nothing else."""
        return ""

    @property
    def is_confirmed(self) -> bool:
        """Say whether what is asked for was confirmed on the page that said what it does."""
        return bool(self.role_key) and self.data.get(self.add_prefix("confirmed")) == self.role_key

    def show_refusal(self, refusal: Refused) -> None:
        """Say why the act was refused; what only has to be confirmed is asked."""
        if isinstance(refusal, NotAnonymous):
            self.ask_to_confirm(refusal.sentence)
        else:
            super().show_refusal(refusal)

    def ask_to_confirm(self, sentence: str) -> None:
        """Say what the role does to anonymity, with a box to tick."""
        self.fields["confirmed"] = forms.BooleanField(
            label=_("I know, and give the role all the same"),
            required=False,
            widget=forms.CheckboxInput(attrs={"value": self.role_key}),
        )
        speak(self.fields["confirmed"])
        words = _("Choose another role or person, or tick the box below.")
        self.add_error("confirmed", ValidationError(f"{sentence} {words}", code="confirm"))


class ContributorForm(RoleForm):
    """One person of the list, or several by pasted names; their role on this test, and rooms for invigilators."""

    person = PersonField(
        label=gettext_lazy("Person"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Choose a person"),
        help_text=gettext_lazy("Staff by name, with what each may be."),
    )
    people = forms.CharField(
        label=gettext_lazy("Or several people"),
        required=False,
        max_length=MAX_PASTED,
        help_text=gettext_lazy(
            "User names or e-mail addresses: one a line, or with commas or spaces between. They get the same role."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role on this test"), choices=[("", gettext_lazy("Choose a role")), *Role.choices]
    )
    location = RoomsField(
        label=gettext_lazy("Rooms"),
        queryset=Location.objects.none(),
        required=False,
        help_text=gettext_lazy(
            "Only for invigilators, who then see the candidates of these rooms alone. None ticked means every room."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build the form with the staff and the locations of now."""
        super().__init__(*args, **kwargs)
        offer_staff(self.fields["person"], staff_to_choose(*Role.values))
        location = self.fields["location"]
        assert isinstance(location, forms.ModelMultipleChoiceField)  # noqa: S101  for mypy: it stands ten lines above
        location.queryset = known_locations().in_use()
        location.choices = [(one.pk, str(one)) for one in locations_in_order() if one.is_active]
        if not location.choices:
            del self.fields["location"]

    @property
    def users(self) -> list[User]:
        """Return who is chosen and pasted, each once."""
        person, pasted = self.cleaned_data.get("person"), self.cleaned_data.get("people") or []
        return list(dict.fromkeys([*([person] if person else []), *pasted]))

    @property
    def rooms(self) -> list[Location]:
        """Return the rooms that are ticked."""
        return list(self.cleaned_data.get("location") or ())

    @property
    def role_key(self) -> str:
        """Return who would get which role."""
        role = self.cleaned_data.get("role")
        return f"{' '.join(str(user.pk) for user in self.users)} {role}" if self.users and role else ""

    def clean_people(self) -> list[User]:
        """Return the staff whose names were pasted; raise ValidationError with those that name nobody, or several."""
        pasted = staff_by_names(self.cleaned_data["people"])
        unknown = _("%(n)d not found among the staff: %(names)s. Correct the names, or leave them out.")
        shared = _("%(n)d fit more than one account: %(names)s. Use the user name.")
        problems = [
            words % {"names": ", ".join(name[:60] for name in names), "n": len(names)}
            for words, names in ((unknown, pasted.missing), (shared, pasted.ambiguous))
            if names
        ]
        if problems:
            raise ValidationError(problems)
        return list(pasted.found)

    def clean(self) -> dict[str, Any]:
        """Check that somebody is named, that the people may have the role, and that rooms go with invigilators."""
        cleaned = super().clean() or self.cleaned_data
        role = str(cleaned.get("role") or "")
        if not self.users and not {"person", "people"} & set(self.errors):
            self.add_error("person", _("Choose a person, or name several people below."))
        for user in self.users if role else ():
            if not user.has_role(role):
                words = _(
                    "%(name)s does not have the role %(role)s. Choose another role, or ask an administrator for it."
                )
                self.add_error("role", words % {"name": user, "role": Role(role).label})
        if self.rooms and role and role != Role.INVIGILATOR:
            self.add_error("location", _("Only an invigilator is bound to a location. Untick the rooms."))
        return cleaned

    def show_refusal(self, refusal: Refused) -> None:
        """Say of each person why the role was refused."""
        if isinstance(refusal, ContributorsRefused):
            for sentence in refusal.sentences:
                self.add_error(None, ValidationError(sentence, code="refused"))
        else:
            super().show_refusal(refusal)


class RoomsForm(DeliverForm):
    """The rooms in which somebody is to lose a role, each by its row."""

    room = forms.MultipleChoiceField(
        label=gettext_lazy("In these rooms"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick the rooms in which the role is to be removed.")},
    )

    def __init__(self, data: Any = None, *, held: Sequence[Contributor]) -> None:
        """Offer the rooms of these rows, all of them ticked."""
        super().__init__(data, initial={"room": [one.public_id for one in held]})
        self.fields["room"].choices = [(one.public_id, str(one.location)) for one in held]  # type: ignore[attr-defined]
        self._held = held

    @property
    def chosen(self) -> list[Contributor]:
        """Return the rows that are ticked."""
        return [one for one in self._held if one.public_id in self.cleaned_data["room"]]


class PlannerForm(RoleForm):
    """A planner who can log in, and where there are boxes the tests that are ticked."""

    planner = PersonField(
        label=gettext_lazy("New planner"),
        queryset=User.objects.none(),
        empty_label=gettext_lazy("Choose a planner"),
        error_messages={"required": gettext_lazy("Choose who is to plan the tests.")},
    )

    def __init__(self, *args: Any, but: User | None = None, ticks: bool = False, **kwargs: Any) -> None:
        """Offer the planners, all `but` the one who leaves."""
        super().__init__(*args, **kwargs)
        planners = staff_to_choose(Role.PLANNER)
        offer_staff(self.fields["planner"], planners.exclude(pk=but.pk) if but else planners)
        self.ticks = ticks

    @property
    def role_key(self) -> str:
        """Return who would be planner."""
        planner = self.cleaned_data.get("planner")
        return str(planner.pk) if planner else ""

    @property
    def ticked(self) -> list[str] | None:
        """Return the public ids of the ticked tests; None where all are meant."""
        if not self.ticks or not hasattr(self.data, "getlist"):
            return None
        return [one for one in self.data.getlist("c") if "\0" not in one]  # which PostgreSQL fails on

    def clean(self) -> dict[str, Any]:
        """Refuse where nothing is ticked: an empty choice never means everything."""
        cleaned = super().clean() or self.cleaned_data
        if self.ticks and not self.ticked:
            self.add_error(None, _("Nothing is ticked, so nothing has changed. Tick tests first."))
        return cleaned
