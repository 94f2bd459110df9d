"""Which exam is looked for, and what of a plan is ticked."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.models.rosters import MAX_ENROLMENTS, MAX_SOURCE_KEY_LENGTH
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import DayField
from candidates.pages.shared.student_system import usable_sources
from candidates.rosters.roster_plan import RosterPlan
from candidates.rosters.source import ExamSearch

MAX_WORDS = 200
NOTHING, JOINS, LEAVES = "", "joins", "leaves"
_KEY = re.compile(r"[0-9a-z]{1,20}")


class FindForm(DeliverForm):
    """An exam of a student system, by words and days."""

    source = forms.ChoiceField(label=gettext_lazy("Student system"))
    text = forms.CharField(
        label=gettext_lazy("Course code or name"),
        required=False,
        max_length=MAX_WORDS,
        widget=forms.TextInput(attrs={"class": "w-20", "autocomplete": "off"}),
    )
    first_day = DayField(label=gettext_lazy("Held from"), required=False)
    last_day = DayField(label=gettext_lazy("Held until"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the sources that can be asked."""
        super().__init__(*args, **kwargs)
        source = self.fields["source"]
        assert isinstance(source, forms.ChoiceField)  # noqa: S101
        source.choices = usable_sources()

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError where the days are the wrong way round."""
        data = super().clean() or {}
        first, last = data.get("first_day"), data.get("last_day")
        if isinstance(first, date) and isinstance(last, date) and last < first:
            self.add_error("last_day", ValidationError(_("This day is before the first one.")))
        return data

    @property
    def search(self) -> ExamSearch:
        """Return what is looked for."""
        data = self.cleaned_data
        return ExamSearch(data["text"].strip(), data["first_day"], data["last_day"])


class ChosenForm(FindForm):
    """The exam that was chosen, with the search that found it, so that nothing typed is lost."""

    exam = forms.CharField(max_length=MAX_SOURCE_KEY_LENGTH, widget=forms.HiddenInput)


class ItselfForm(DeliverForm):
    """What is applied without a planner."""

    applies = forms.ChoiceField(
        label=gettext_lazy("Applied by itself"),
        required=False,
        choices=[
            (NOTHING, gettext_lazy("Nothing: a planner applies each change")),
            (JOINS, gettext_lazy("Who joins and what changes")),
            (LEAVES, gettext_lazy("Who joins, what changes, and who leaves")),
        ],
        widget=forms.RadioSelect,
    )


def ticked_of(plan: RosterPlan, sent: QueryDict) -> set[str]:
    """Return what is ticked: of what the page showed what was sent, and the rest as it is proposed."""
    shown = set(_keys(sent.get("ticks_shown", "")))
    ticked = {*sent.getlist("tick"), *sent.get("ticks", "").split(",")}
    proposed = {line.key for line in (*plan.join, *plan.change, *plan.leave) if line.is_ticked}
    return (proposed - shown) | (shown & ticked)


def _keys(text: str) -> Iterable[str]:
    return (key for key in text.split(",")[: 2 * MAX_ENROLMENTS] if _KEY.fullmatch(key))
