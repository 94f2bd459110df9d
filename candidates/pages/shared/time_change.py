"""Change the time of ticked candidates, planned or for an incident: ask, show who ends when, and only then store."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from candidates.errors import Conflict, Refused
from candidates.lifecycle.accommodations import Change, Changed, minutes_after
from candidates.models import Test
from candidates.pages.shared.base import DeliverForm, with_errors_of
from candidates.pages.shared.candidate_lines import CandidateLine
from candidates.pages.shared.fields import SeenMinutesField
from candidates.timing import effective_end


class TimeForm(DeliverForm):
    """Add, subtract or set minutes.

    On the page that shows who ends when, it is hidden and carries the minutes that the page showed.
    """

    how = forms.ChoiceField(label=gettext_lazy("What to do"), initial=Change.ADD.value, widget=forms.RadioSelect)
    figure: ClassVar[str]  # the name of the field with the minutes
    add_words: ClassVar[Promise | str]
    subtract_words: ClassVar[Promise | str]
    nothing_words: ClassVar[Promise | str]

    def __init__(self, *args: Any, test: Test, hidden: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.test = test
        self.is_hidden = hidden
        set_words = gettext_lazy("Set, whatever they have")
        choices = [(Change.ADD, self.add_words), (Change.SUBTRACT, self.subtract_words), (Change.SET, set_words)]
        self.fields["how"].choices = [(how.value, words) for how, words in choices]  # type: ignore[attr-defined]
        if hidden:
            self.fields["seen"] = SeenMinutesField()
            for field in self.fields.values():
                field.widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """Refuse to add or subtract nothing."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get(self.figure) == 0 and cleaned.get("how") in (Change.ADD, Change.SUBTRACT):
            self.add_error(self.figure, str(self.nothing_words))
        return cleaned

    @property
    def change(self) -> Change:
        """Return what is to happen with the minutes, of a valid form."""
        return Change(self.cleaned_data["how"])

    @property
    def amount_asked(self) -> int:
        """Return the minutes that were typed, of a valid form."""
        return int(self.cleaned_data[self.figure])

    def to_confirm(self, lines: Sequence["TimeLine"]) -> Self:
        """Return the hidden form for what was asked, as it is shown; minutes, and no percentage of them."""
        seen = SeenMinutesField.text((one.line.public_id, one.minutes) for one in lines)
        asked = {name: value for name, value in self.cleaned_data.items() if name in self.base_fields}
        return type(self)(test=self.test, hidden=True, initial=asked | {"seen": seen})

    def visible(self) -> Self:
        """Return the form in which the figures can be changed, with what is typed and what is wrong."""
        return with_errors_of(self, type(self)(self.data, test=self.test)) if self.is_hidden else self


@dataclass(frozen=True, slots=True)
class TimeLine:
    """One candidate, whose minutes are to change and who may keep them; ends are UTC, and the line has that of now."""

    line: CandidateLine
    stays: bool
    minutes: int
    new_minutes: int
    new_ends_at: datetime
    is_latest: bool  # a duration may end it earlier: the candidate has not started (D29)
    is_over: bool  # the new end has passed already

    @property
    def changes(self) -> bool:
        """Say whether anything is different afterwards."""
        return not self.stays and self.new_minutes != self.minutes


class TimeChange(ABC):
    """One kind of time, changed for these candidates of a test; how it is asked for, shown and stored."""

    form: ClassVar[type[TimeForm]]

    def __init__(self, request: HttpRequest, test: Test, chosen: Sequence[CandidateLine]) -> None:
        self.request = request
        self.test = test
        self.chosen = chosen

    @abstractmethod
    def minutes_of(self, line: CandidateLine) -> int:
        """Return the minutes of this kind that a candidate has."""

    @abstractmethod
    def stays(self, line: CandidateLine) -> bool:
        """Say whether a candidate keeps the minutes whatever is asked for."""

    @abstractmethod
    def asking(self, form: TimeForm) -> HttpResponse:
        """Render the page that asks; with 422 where what was typed cannot be."""

    @abstractmethod
    def confirming(self, form: TimeForm, refusal: str = "") -> HttpResponse:
        """Render the page that asks for the last word; with a refusal where what it showed is out of date."""

    @abstractmethod
    def store(self, form: TimeForm) -> Changed:
        """Change the minutes. Raises Refused."""

    @abstractmethod
    def done(self, changed: Changed) -> HttpResponse:
        """Say what was done, and lead back to the table."""

    def ask(self) -> HttpResponse:
        """Ask what is to be changed."""
        return self.asking(self.form(test=self.test))

    def check(self) -> HttpResponse:
        """Show who ends when after the change; nothing is stored yet."""
        form = self.form(self.request.POST, test=self.test)
        return self.confirming(form) if form.is_valid() else self.asking(form)

    def save(self) -> HttpResponse:
        """Change the minutes as it was shown."""
        form = self.form(self.request.POST, test=self.test, hidden=True)
        if not form.is_valid():
            return self.asking(form.visible())
        try:
            changed = self.store(form)
        except Conflict as refusal:
            return self.confirming(form, refusal.sentence)
        except Refused as refusal:
            form.show_refusal(refusal)
            return self.asking(form.visible())
        return self.done(changed)

    def lines(self, form: TimeForm | None = None) -> list[TimeLine]:
        """Return the candidates with what the form would do to each; never below 0 (D11)."""
        return [self._line(line, form) for line in self.chosen]

    def _line(self, line: CandidateLine, form: TimeForm | None) -> TimeLine:
        now, stays = self.minutes_of(line), self.stays(line)
        new = now if form is None or stays else minutes_after(now, form.change, form.amount_asked)
        end = effective_end(
            test_ends_at=self.test.window[1],
            duration_minutes=self.test.duration_minutes,
            started_at=line.started_at,
            extra_minutes=line.extra_minutes + line.incident_minutes - now + new,
        )
        is_latest = self.test.duration_minutes is not None and line.started_at is None
        return TimeLine(line, stays, now, new, end, is_latest, is_over=not stays and end <= timezone.now())
