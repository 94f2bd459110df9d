"""The forms for ticked candidates: extra time and location. Who is meant comes through forms.ticked."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.errors import Refused
from candidates.intake.cells import CellProblem
from candidates.intake.extra_time import parse_extra_time
from candidates.lifecycle.accommodations import Change
from candidates.models import Location, Test
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.pasting import MAX_PASTED
from candidates.pages.shared.places import PlaceFields
from candidates.pages.shared.time_change import TimeForm
from candidates.text import plural

NEW, NONE = "new", "none"
MINUS = re.compile(r"[-\u2212\u2013]\s*[0-9]")


class AmountField(forms.CharField):
    """Extra time as it is typed: whole minutes, or a percentage of the duration ("25 %"), cleaned to minutes (D12)."""

    base_minutes = 0

    def clean(self, value: Any) -> Any:
        """Return the minutes, 0 for nothing; raise ValidationError with the sentence of the import."""
        text = super().clean(value)
        try:
            return parse_extra_time(text, duration_minutes=self.base_minutes, limit=settings.EXTRA_TIME_LIMIT_MINUTES)
        except CellProblem as problem:
            raise ValidationError(problem.message, code="amount") from problem

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return the attributes for a short figure; no number keys, because "%" is not among them."""
        return {"autocomplete": "off", "class": "w-5 num"}


def percent_help(test: Test) -> str:
    """Return what a percentage is of: "25 % of 180 = 45 minutes", from this test's duration or window (D12)."""
    example = -(-test.percent_base_minutes // 4)  # rounded up; not parsed, since of a long window it passes any limit
    words = (
        _("Whole minutes, or a percentage of the duration. 25 %% of %(base)d is %(minutes)d minutes.")
        if test.duration_minutes
        else _(
            "Whole minutes, or a percentage of the time from opening to end. 25 %% of %(base)d is %(minutes)d minutes."
        )
    )
    return words % {"base": test.percent_base_minutes, "minutes": example}


class ExtraTimeForm(TimeForm):
    """Add, subtract or set planned extra time."""

    amount = AmountField(
        label=gettext_lazy("Minutes or percentage"),
        error_messages={"required": gettext_lazy("Write how many minutes, like 30, or a percentage, like 25 %.")},
    )
    figure = "amount"
    add_words = gettext_lazy("Add to the extra time they have")
    subtract_words = gettext_lazy("Subtract from the extra time they have")
    nothing_words = gettext_lazy("Write 1 minute or more. To remove all extra time, choose Set and write 0.")

    def __init__(self, *args: Any, test: Test, **kwargs: Any) -> None:
        super().__init__(*args, test=test, **kwargs)
        field = self.fields["amount"]
        assert isinstance(field, AmountField)  # noqa: S101  for mypy: it stands ten lines above
        field.base_minutes = test.percent_base_minutes
        field.help_text = percent_help(test)

    def clean(self) -> dict[str, Any]:
        """Refuse to add or subtract less than nothing."""
        cleaned = super().clean()
        how = cleaned.get("how")
        if how in (Change.ADD, Change.SUBTRACT) and MINUS.match(str(self["amount"].value() or "").strip()):
            words = {
                Change.ADD.value: _("Write 1 or more, or choose Subtract."),
                Change.SUBTRACT.value: _("Write 1 or more, without the minus."),
            }
            self.errors["amount"] = self.error_class([words[how]], renderer=self.renderer)
        return cleaned

    def show_refusal(self, refusal: Refused) -> None:
        """Say why the act was refused, at the minutes."""
        self.add_error("amount", refusal.sentence)

    @property
    def sum_in_words(self) -> str:
        """Return "12,5 % of 60 = 7.5, rounded up to 8 minutes" where a percentage was typed, else nothing (D12)."""
        text = str(self["amount"].value() or "").strip()
        if not text.endswith("%"):
            return ""
        percent, base = text.removesuffix("%").strip(), self.test.percent_base_minutes
        minutes = self.cleaned_data["amount"]
        exact = Decimal(percent.replace(",", ".")) * base / 100
        words = {
            "percent": percent,
            "base": base,
            "exact": f"{exact.normalize():f}",
            "minutes": plural(minutes, "minute"),
        }
        if exact == minutes:
            return _("%(percent)s %% of %(base)d = %(minutes)s") % words
        return _("%(percent)s %% of %(base)d = %(exact)s, rounded up to %(minutes)s") % words


class PastedForm(DeliverForm):
    """Say who is meant by a column out of a spreadsheet or a mail."""

    paste = forms.CharField(
        label=gettext_lazy("Candidate IDs, private references, SSO user IDs or usernames"),
        help_text=gettext_lazy(
            "A column out of a spreadsheet or a mail: one per line, or with commas or spaces between."
        ),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        max_length=MAX_PASTED,
        strip=False,
    )


class PastedExtraTimeForm(ExtraTimeForm, PastedForm):
    """Say who is meant and what is to happen with their extra time, in one step."""

    field_order = ("paste", "how", "amount")


class LocationForm(PlaceFields):
    """Choose a location, type a new one, or take the location away; `place` is (building, room), empty for none."""

    field_order = ["where", "building", "room"]
    where = forms.ChoiceField(label=gettext_lazy("Location"), required=False)

    def __init__(self, *args: Any, known: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        self.place = ("", "")
        field = self.fields["where"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  for mypy: it stands ten lines above
        field.choices = [
            ("", _("Choose a location")),
            *((str(location.pk), str(location)) for location in known),
            (NONE, _("No location: remove it")),
            (NEW, _("A new one, typed below")),
        ]
        field.widget.attrs["class"] = "w-20"
        for name in ("building", "room"):
            self.fields[name].widget.attrs["class"] = "w-20"
        self.fields["building"].help_text = _("Only for “A new one, typed below”. Building or room is enough.")
        self.fields["room"].help_text = _("Only for “A new one, typed below”.")

    def clean(self) -> dict[str, Any]:
        """Bring both ways together; raise ValidationError where they contradict each other or say nothing."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        where, typed = cleaned["where"], (cleaned["building"], cleaned["room"])
        if where not in ("", NEW) and any(typed):
            self.add_error("where", _("A location is chosen here and another one is typed below. Keep one of the two."))
        elif where == NONE:
            self.place = ("", "")
        elif where not in ("", NEW):
            chosen = next(location for location in self.known if str(location.pk) == where)
            self.place = (chosen.building, chosen.room)
        elif any(typed):
            self.place = typed
            self.ask_about_twin()
        else:
            self.add_error("building" if where else "where", _("Choose a location, or type a building or a room."))
        return cleaned
