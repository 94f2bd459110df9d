"""Copy a test: its new name and dates, and what comes along."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from candidates.intake.copying import Figures, Parts
from candidates.intake.other_test import Who
from candidates.models import Test
from candidates.pages.shared.fields import DateTimeField
from candidates.pages.tests.times import NamedTestForm
from candidates.text import all_of, plural

OPENS_ON, ENDS_ON = "opens_at_date", "ends_at_date"


class CopyForm(NamedTestForm):
    """The copy's name and dates, and what it takes along of the other test."""

    setup = forms.BooleanField(label=gettext_lazy("Set-up"), required=False, initial=True)
    contributors = forms.BooleanField(label=gettext_lazy("Contributors"), required=False, initial=True)
    rooms = forms.BooleanField(label=gettext_lazy("Rooms"), required=False, initial=True)
    who = forms.ChoiceField(label=gettext_lazy("Candidates"), widget=forms.RadioSelect, initial=Who.NOBODY)

    def __init__(self, data: Any = None, *, source: Test, figures: Figures) -> None:
        """Build the form for a copy of this test: its name and times of the day, days to be chosen."""
        self._source, self.figures = source, figures
        initial: dict[str, Any] = {"name": source.name}
        for name in ("opens_at", "ends_at"):
            initial[name] = _clock_alone(getattr(source, name))
        super().__init__(None if data is None else _end_follows(data, source), initial=initial)
        self.fields["setup"].help_text = _("Information for candidates, questions, duration, grade scale")
        self.fields["contributors"].help_text = _contributors_in_words(figures)
        if source.opens_at is not None:
            self.fields["ends_at"].help_text = _(
                "Leave the day empty, and it follows the opening as before. Extra time comes on top."
            )
        words = ngettext(
            "%(n)d room of candidates, with their seats", "%(n)d rooms of candidates, with their seats", figures.rooms
        )
        self.fields["rooms"].help_text = words % {"n": figures.rooms}
        self.fields["who"].choices = [(who.value, label) for who, label, _words in _choices(figures)]  # type: ignore[attr-defined]
        if source.is_demo:
            del self.fields["rooms"], self.fields["who"]
        elif not figures.rooms:
            del self.fields["rooms"]

    @property
    def may_lack_times(self) -> bool:
        """Say whether the times may stay empty: those of a demo test."""
        return self._source.is_demo

    @property
    def values(self) -> dict[str, Any]:
        """Return name and times of a valid form."""
        return {name: self.cleaned_data[name] for name in ("name", "opens_at", "ends_at")}

    @property
    def parts(self) -> Parts:
        """Return what comes along, of a valid form."""
        return Parts(
            setup=self.cleaned_data["setup"],
            contributors=self.cleaned_data["contributors"],
            rooms=self.cleaned_data.get("rooms", False),
            who=Who(self.cleaned_data.get("who") or Who.NOBODY),
        )

    @property
    def described(self) -> Iterator[tuple[forms.boundfield.BoundWidget, str]]:
        """Yield each choice of candidates with half a sentence on it."""
        for option, (_who, _label, words) in zip(self["who"].subwidgets, _choices(self.figures), strict=True):
            yield option, words


def _choices(figures: Figures) -> list[tuple[Who, str, str]]:
    """Return which candidates can come along, each with its label and half a sentence."""
    everybody = {"n": figures.candidates}
    found = [(Who.NOBODY, _("None"), _("The copy begins empty"))]
    if not figures.candidates:
        return found
    found.append(
        (
            Who.EVERYBODY,
            _("All %(n)d, without extra time") % everybody,
            _("Candidate IDs stay; rooms and seats stay if rooms come along"),
        )
    )
    if figures.with_extra:
        some = ngettext(
            "%(n)d of them has some; incident time stays behind",
            "%(n)d of them have some; incident time stays behind",
            figures.with_extra,
        )
        words = some % {"n": figures.with_extra}
        found.append((Who.WITH_EXTRA, _("All %(n)d, with planned extra time") % everybody, words))
    if figures.nothing:
        words = _("Who never started, or wrote nothing. With planned extra time: for a resit")
        label = _("Only the %(n)d who handed in nothing") % {"n": figures.nothing}
        found.append((Who.NOTHING_HANDED_IN, label, words))
    return found


def _contributors_in_words(figures: Figures) -> str:
    """Return "2 planners, 9 invigilators with their rooms and 3 graders"."""
    counted = (
        (figures.planners, "planner"),
        (figures.invigilators, "invigilator"),
        (figures.graders, "grader"),
    )
    return _("%(who)s; invigilators keep their rooms") % {
        "who": all_of([plural(count, noun) for count, noun in counted if count])
    }


def _clock_alone(moment: Any) -> Any:
    """Return what the inputs of a moment show when the day is still to be chosen: the time of the day."""
    return None if moment is None else ["", timezone.localtime(moment).strftime("%H:%M"), False, ""]


def _end_follows(data: Mapping[str, Any], source: Test) -> Mapping[str, Any]:
    """Return what was posted, with the day of the end as far from the opening as it was, where it is left empty."""
    if data.get(ENDS_ON) or not data.get(OPENS_ON) or source.opens_at is None or source.ends_at is None:
        return data
    try:
        opens = DateTimeField().read_day(str(data[OPENS_ON]))
    except forms.ValidationError:
        return data  # which is said at the opening
    apart = timezone.localdate(source.ends_at) - timezone.localdate(source.opens_at)
    moved: dict[str, Any] = data.copy()  # type: ignore[attr-defined]  # the query dictionary of a request
    moved[ENDS_ON] = (opens + max(apart, timedelta(0))).isoformat()
    return moved
