"""Choose who plans tests that would have no planner, or have none."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.models import User
from candidates.pages.tests.contributor_forms import PersonField, RoleForm


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
        planners = User.objects.staff_to_add().filter(is_planner=True)
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
