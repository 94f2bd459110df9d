"""The forms for ticked candidates: extra time and location. Who is meant comes through forms.ticked."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.errors import Refused
from candidates.intake.cells import CellProblem, clean_place
from candidates.intake.extra_time import parse_extra_time
from candidates.lifecycle.accommodations import Change
from candidates.models import Location, Test
from candidates.pages.shared.base import DeliverForm, speak
from candidates.pages.shared.pasting import MAX_PASTED
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


class PlaceFields(DeliverForm):
    """Building and room as they are typed: spaces folded, and a question where a name is nearly one that exists."""

    building = forms.CharField(label=gettext_lazy("Building"), required=False, strip=False)
    room = forms.CharField(label=gettext_lazy("Room"), required=False, strip=False)
    known: Sequence[Location] = ()

    def clean_building(self) -> str:
        """Return the name of the building with its spaces folded."""
        return _place(self.cleaned_data["building"])

    def clean_room(self) -> str:
        """Return the name of the room with its spaces folded."""
        return _place(self.cleaned_data["room"])

    def ask_about_twin(self) -> None:
        """Refuse a name that differs from a known one only in case or spaces, until the box says that it is meant."""
        building, room = self.cleaned_data.get("building", ""), self.cleaned_data.get("room", "")
        twin = near_twin(building, room, self.known)
        if twin is None or self.data.get(self.add_prefix("keep")) == "on":
            return
        self.fields["keep"] = forms.BooleanField(
            required=False,
            label=_("“%(name)s” is another place: keep it as I typed it") % {"name": _name(building, room)},
        )
        speak(self.fields["keep"])
        self.add_error(
            "room" if room else "building",
            _("There is “%(twin)s” already, and names are compared exactly. Use that name, or tick the box below.")
            % {"twin": _quoted(twin)},
        )


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


def near_twin(building: str, room: str, known: Iterable[Location]) -> Location | None:
    """Return a known location whose name differs from this one only in case, width or spaces; None where it exists."""
    exact = [location for location in known if (location.building, location.room) == (building, room)]
    if exact or not (building or room):
        return None
    key = _fold(building + room)
    return next((location for location in known if _fold(location.building + location.room) == key), None)


def _fold(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(folded.split())


def _place(raw: str) -> str:
    try:
        return clean_place(" ".join(raw.split()))
    except CellProblem as problem:
        raise ValidationError(problem.message, code="place") from problem


def _name(building: str, room: str) -> str:
    return " ".join(part for part in (building, room) if part)


def _quoted(location: Location) -> str:
    """Return building and room apart, so that it can be seen where one ends and the other begins."""
    return " / ".join(part for part in (location.building, location.room) if part)
