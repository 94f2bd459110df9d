"""Add somebody to a test, and choose who plans tests that would have no planner."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.access import known_locations, locations_in_order
from candidates.errors import Refused
from candidates.lifecycle.contributors import NotAnonymous, staff_to_choose
from candidates.models import Contributor, Location, User
from candidates.pages.shared.base import DeliverForm, speak

Role = Contributor.Role


if TYPE_CHECKING:
    UserChoiceField = forms.ModelChoiceField[User]
else:
    UserChoiceField = forms.ModelChoiceField


class PersonField(UserChoiceField):
    """Choose one of the staff, by name and user name."""

    def label_from_instance(self, obj: User) -> str:
        """Return "Elin Haugland (elin): Grader", so that two people of one name and their roles can be told apart."""
        roles = ", ".join(str(role.label) for role in Role if obj.has_role(role))
        return f"{obj.name or obj.username} ({obj.username}): {roles}"


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
    """A person, the role on this test, and for an invigilator the location."""

    person = PersonField(
        label=gettext_lazy("Person"),
        queryset=User.objects.none(),
        empty_label=gettext_lazy("Choose a person"),
        help_text=gettext_lazy("Staff by name, with what each may be."),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role on this test"), choices=[("", gettext_lazy("Choose a role")), *Role.choices]
    )
    location = forms.ModelChoiceField(
        label=gettext_lazy("Location"),
        queryset=Location.objects.none(),
        required=False,
        empty_label=gettext_lazy("Every location"),
        help_text=gettext_lazy("Only for an invigilator, who then sees the candidates of this location alone."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build the form with the staff and the locations of now."""
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = staff_to_choose(*Role.values)  # type: ignore[attr-defined]
        location = self.fields["location"]
        assert isinstance(location, forms.ModelChoiceField)  # noqa: S101  for mypy: it stands ten lines above
        location.queryset = known_locations()
        location.choices = [("", location.empty_label), *((one.pk, str(one)) for one in locations_in_order())]

    @property
    def role_key(self) -> str:
        """Return who would get which role."""
        person, role = self.cleaned_data.get("person"), self.cleaned_data.get("role")
        return f"{person.pk} {role}" if person and role else ""

    def clean(self) -> dict[str, Any]:
        """Check that the person may have the role, and that a location goes with an invigilator."""
        cleaned = super().clean() or self.cleaned_data
        person, role, location = (cleaned.get(name) for name in ("person", "role", "location"))
        if person and role and not person.has_role(role):
            words = _("%(name)s does not have the role %(role)s. Choose another role, or ask an administrator for it.")
            self.add_error("role", words % {"name": person, "role": Role(role).label})
        if location and role and role != Role.INVIGILATOR:
            self.add_error("location", _("Only an invigilator is bound to a location. Choose “Every location”."))
        return cleaned


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
        self.fields["planner"].queryset = planners.exclude(pk=but.pk) if but else planners  # type: ignore[attr-defined]
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
