"""Fields that Django does not have: a moment in the institution's zone, and a whole number that is typed."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import dateformat, timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext, gettext_lazy

from candidates.intake.cells import CellProblem
from candidates.models.tests import MAX_POINTS
from candidates.text import plain_number

FIRST_YEAR, LAST_YEAR = 2000, 2100
DATES = (re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})", re.ASCII),
         re.compile(r"(?P<d>\d{1,2})[./] ?(?P<m>\d{1,2})[./] ?(?P<y>\d{4})", re.ASCII))  # fmt: skip
TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?", re.ASCII)
SEEN = re.compile(r"[0-9]{1,6}")
POINTS = re.compile(r"(\d{1,4})(?:[.,](\d{1,2}))?", re.ASCII)
WHOLE = re.compile(r"[+-]?\d{1,1000}", re.ASCII)
MAX_REASON_LENGTH = 300
MAX_TYPED_DIGITS = 9  # more are cut to a number that is too large as well, and that every database takes


def clean_as_cell(typed: str, clean: Callable[[str], str]) -> str:
    """Return what a cell of a file with this text would hold. Raises ValidationError where it would be refused."""
    try:
        return clean(typed)
    except CellProblem as problem:
        raise ValidationError(problem.message, code="cell") from problem


class DateTimeWidget(forms.MultiWidget):
    """A date and a time side by side, and the question "which of the two?" in the night when the clock goes back.

    The hidden ``asked`` carries the date and time for which the question was on the page: an unticked box is an answer
    only then.
    """

    template_name = "django/forms/widgets/moment.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        """Build the four inputs; their names end in _date, _time, _later and _asked."""
        inputs: dict[str, forms.Widget | type[forms.Widget]] = {
            "date": forms.DateInput(
                format="%Y-%m-%d", attrs={"type": "date", "min": f"{FIRST_YEAR}-01-01", "max": f"{LAST_YEAR}-12-31"}
            ),
            "time": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "later": forms.CheckboxInput(),
            "asked": forms.HiddenInput(),
        }
        super().__init__(inputs, attrs)

    def use_required_attribute(self, initial: Any) -> bool:
        """Return False: the box would be required as well."""
        return False

    def decompress(self, value: datetime | None) -> list[Any]:
        """Return what the inputs show of an aware moment, in the institution's zone."""
        if value is None:
            return [None, None, False, ""]
        local = value.astimezone(timezone.get_default_timezone())
        shown = local.strftime("%H:%M:%S" if local.second else "%H:%M")
        return [local.date(), shown, bool(local.fold), f"{local:%Y-%m-%d} {shown}"]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add ``twice``: the clock time that comes twice that night, or nothing."""
        if not isinstance(value, list):
            value = self.decompress(value)
        naive = _read_quietly(value[0], value[1])
        twice = naive is not None and _comes_twice(naive, timezone.get_default_timezone())
        if twice and naive is not None:
            value = [*value[:3], _mark(naive)]
        context = super().get_context(name, value, attrs)
        context["widget"]["twice"] = naive.strftime("%H:%M") if twice and naive else ""
        return context


class DateTimeField(forms.Field):
    """A moment, typed as a date and a clock time of the institution's zone (settings.TIME_ZONE).

    Refuses with a sentence a clock time that does not exist (spring) and one that comes twice until it is said which
    is meant (autumn): J5, C64. Seconds are kept.
    """

    widget = DateTimeWidget
    default_error_messages = {
        "required": gettext_lazy("Write a date and a time."),
        "no_date": gettext_lazy("Write the date as well."),
        "no_time": gettext_lazy("Write the time as well."),
        "date": gettext_lazy("Write the date as day.month.year, like 7.12.2026."),
        "time": gettext_lazy("Write the time as hours and minutes, like 09:00."),
        "year": gettext_lazy("Choose a year from %(first)d to %(last)d."),
        "no_such_day": gettext_lazy("That day does not exist. %(month)s %(year)d has %(days)d days."),
        "gap": gettext_lazy(
            "%(time)s does not exist that night: the clock goes forward on %(day)s. Choose another time, like %(next)s."
        ),
        "twice": gettext_lazy(
            "%(time)s comes twice that night: the clock goes back on %(day)s. "
            "Tick the box for the later one, or leave it unticked for the earlier one, and save again."
        ),
    }

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment in UTC; raise ValidationError with the sentence that says what to change."""
        if value is None or isinstance(value, datetime):
            return value
        date_text, time_text, later, asked = (value[0] or "", value[1] or "", bool(value[2]), value[3] or "")
        if not date_text and not time_text:
            return None
        if not date_text or not time_text:
            raise self._refusal("no_time" if date_text else "no_date")
        naive = datetime.combine(self.read_day(str(date_text)), self._time(str(time_text)))
        zone = timezone.get_default_timezone()
        params = {"time": naive.strftime("%H:%M"), "day": dateformat.format(naive, "D j M Y")}
        instant = naive.replace(tzinfo=zone).astimezone(UTC)
        back = instant.astimezone(zone)
        if back.replace(tzinfo=None) != naive:
            raise self._refusal("gap", params | {"next": back.strftime("%H:%M")})
        if not _comes_twice(naive, zone):
            return instant
        if not later and asked != _mark(naive):
            raise self._refusal("twice", params)
        return naive.replace(tzinfo=zone, fold=int(later)).astimezone(UTC)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether another moment was typed than the page showed."""
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True

    def read_day(self, text: str) -> date:
        """Return a day that was typed; raise ValidationError with the sentence that says what to change."""
        match = next((found for pattern in DATES if (found := pattern.fullmatch(text.strip()))), None)
        if match is None:
            raise self._refusal("date")
        year, month, day = int(match["y"]), int(match["m"]), int(match["d"])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise self._refusal("year", {"first": FIRST_YEAR, "last": LAST_YEAR})
        if not 1 <= month <= 12 or day < 1:
            raise self._refusal("date")
        days = monthrange(year, month)[1]
        if day > days:
            raise self._refusal("no_such_day", {"month": MONTHS[month], "year": year, "days": days})
        return date(year, month, day)

    def _time(self, text: str) -> time:
        match = TIME.fullmatch(text.strip())
        if match is None:
            raise self._refusal("time")
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        if hour > 23 or minute > 59 or second > 59:
            raise self._refusal("time")
        return time(hour, minute, second)

    def _refusal(self, code: str, params: dict[str, Any] | None = None) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)


class LongTextField(forms.CharField):
    """A text of several lines, with the line ends of the database.

    Browsers send others, which would look like a change. `stored` is what is stored already: it may stay, also where it
    is longer than what is taken now.
    """

    widget = forms.Textarea
    stored = ""

    def to_python(self, value: Any) -> str:
        """Return the text with one kind of line ends, before its characters are counted."""
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")

    def run_validators(self, value: Any) -> None:
        """Raise ValidationError for a text that is too long, unless it is the one that is stored."""
        if value != self.stored:
            super().run_validators(value)


class WholeNumberField(forms.IntegerField):
    """A whole number that is typed: no spinner, no "1e3", no digits of another script (C45)."""

    widget = forms.TextInput
    default_error_messages = {"invalid": gettext_lazy("Write a whole number, like 30.")}

    def to_python(self, value: Any) -> int | None:
        """Return the number, or None for nothing; raise ValidationError for anything that is not a whole number."""
        if value in self.empty_values or isinstance(value, int):
            return super().to_python(value)
        text = str(value).strip()
        if not text:
            return None
        if not WHOLE.fullmatch(text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        digits = text.lstrip("+-").lstrip("0") or "0"
        number = int(digits) if len(digits) <= MAX_TYPED_DIGITS else 10**MAX_TYPED_DIGITS
        return -number if text.startswith("-") else number

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return the attributes for short figures that phones type with their number keys."""
        return {"inputmode": "numeric", "autocomplete": "off", "class": "w-5 num"}


class PointsField(forms.CharField):
    """Points as they are typed, with a comma or a point, cleaned to a Decimal; None for nothing."""

    def __init__(self, *, most: Decimal = Decimal(MAX_POINTS), **kwargs: Any) -> None:
        self.most = most
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        """Return the points; raise ValidationError for anything but a number from 0 to `most`."""
        text = super().clean(value)
        if not text:
            return None
        typed = POINTS.fullmatch(text)
        points = Decimal(f"{typed[1]}.{typed[2] or 0}") if typed else None
        if points is None or points > self.most:
            words = gettext("Write a number from 0 to %(most)s, with at most two decimals, like 24 or 24.5.")
            raise ValidationError(words % {"most": plain_number(self.most)}, code="points")
        return points

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return the attributes of a short figure."""
        return {"inputmode": "decimal", "autocomplete": "off", "class": "w-5 num"}


class DayField(forms.Field):
    """A day of the calendar, typed as a date; cleaned to a date, None for nothing."""

    widget = forms.DateInput

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"type": "date", "class": "date", "min": f"{FIRST_YEAR}-01-01", "max": f"{LAST_YEAR}-12-31"}
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs=attrs), **kwargs)

    def to_python(self, value: Any) -> date | None:
        """Return the day; raise ValidationError with the sentence that says what to change."""
        return DateTimeField().read_day(str(value)) if value and str(value).strip() else None


class SeenMinutesField(forms.CharField):
    """The minutes of each candidate that a page showed, as "public id:minutes,…", cleaned to a dictionary.

    What is stored by then can be compared with it: a form that is sent twice changes nothing the second time.
    """

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    @staticmethod
    def text(shown: Iterable[tuple[str, int]]) -> str:
        """Return the value of the hidden field for (public id, minutes) pairs."""
        return ",".join(f"{public_id}:{minutes}" for public_id, minutes in shown)

    def clean(self, value: Any) -> Any:
        """Return minutes by public id, empty for nothing; raise ValidationError for what no page sends."""
        pairs = [part.partition(":") for part in super().clean(value).split(",") if part]
        if not all(SEEN.fullmatch(minutes) for _id, _colon, minutes in pairs):
            raise ValidationError(
                gettext_lazy("The page was changed before it arrived here. Tick the candidates again."), code="seen"
            )
        return {public_id: int(minutes) for public_id, _colon, minutes in pairs}


def _comes_twice(naive: datetime, zone: tzinfo) -> bool:
    earlier, later = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    # In the spring gap the offsets differ too, but there the second one lies before the first.
    return earlier.astimezone(UTC) < later.astimezone(UTC)


def _mark(naive: datetime) -> str:
    return naive.strftime("%Y-%m-%d %H:%M:%S" if naive.second else "%Y-%m-%d %H:%M")


def _read_quietly(day: Any, clock: Any) -> datetime | None:
    field = DateTimeField()
    try:
        return datetime.combine(field.read_day(str(day)), field._time(str(clock)))
    except ValidationError:
        return None


class CodeField(forms.CharField):
    """The code that an app shows."""

    def __init__(self) -> None:
        attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "otp"}
        super().__init__(label=gettext_lazy("Code from the app"), widget=forms.TextInput(attrs=attrs))
