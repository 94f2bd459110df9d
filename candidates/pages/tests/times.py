"""Name and times of a test, as whoever makes one or copies one writes them."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.models.tests import MAX_TEST_NAME_LENGTH, MAX_WINDOW
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import DateTimeField
from candidates.tabular.hidden import character_name, hidden_character
from candidates.text import plural, when

MAX_DURATION = 2880  # minutes, 48 h (docs/domain.md §2)
USUAL_WINDOW = timedelta(minutes=MAX_DURATION)
FAR_AHEAD = timedelta(days=365)


def odd_times(opens_at: datetime | None, ends_at: datetime | None) -> list[str]:
    """Return what is allowed but odd about the times (UTC) of a test: mostly a wrong day, month or year."""
    if opens_at is None or ends_at is None:
        return []
    now, odd = timezone.now(), []
    if ends_at <= now:
        odd.append(_("The end of the test has passed already, %(when)s. Look at the date.") % {"when": when(ends_at)})
    if opens_at > now + FAR_AHEAD:
        words = _("The test opens more than a year from now, %(when)s. Look at the year.")
        odd.append(words % {"when": when(opens_at)})
    if ends_at - opens_at > USUAL_WINDOW:
        words = _("The test is open for %(length)s, from %(opens)s to %(ends)s. Look at the dates.")
        length = plural((ends_at - opens_at).days, "day")
        odd.append(words % {"length": length, "opens": when(opens_at), "ends": when(ends_at)})
    return odd


class NamedTestForm(DeliverForm):
    """A test's name, and when it opens and ends."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=MAX_TEST_NAME_LENGTH,
        help_text=gettext_lazy("Candidates see it on their dashboard and on their slip."),
    )
    opens_at = DateTimeField(label=gettext_lazy("Test opens"), required=False)
    ends_at = DateTimeField(
        label=gettext_lazy("Test ends"),
        required=False,
        help_text=gettext_lazy("Extra time of a candidate comes on top."),
    )

    @property
    def may_lack_times(self) -> bool:
        """Say whether the times may stay empty: those of a demo test."""
        return bool(self.cleaned_data.get("is_demo"))

    def clean_name(self) -> str:
        """Return the name in one line; raise ValidationError for what the product does not take (docs/domain.md §2)."""
        name: str = self.cleaned_data["name"]
        if "[" in name or "]" in name:
            raise ValidationError(_("Leave out square brackets, [ and ]."), code="brackets")
        hidden = hidden_character(name) or next((c for c in name if c in "\r\n\t"), None)
        if hidden is not None:
            words = _("There is a character inside that nobody can see: %(name)s. Type the name again without it.")
            raise ValidationError(words % {"name": character_name(hidden)}, code="hidden")
        return name

    def clean(self) -> dict[str, Any]:
        """Check the times against each other."""
        cleaned = super().clean() or self.cleaned_data
        if "opens_at" not in cleaned or "ends_at" not in cleaned:
            return cleaned
        opens_at, ends_at = cleaned["opens_at"], cleaned["ends_at"]
        empty = [field for field in ("opens_at", "ends_at") if cleaned[field] is None]
        if empty and not (len(empty) == 2 and self.may_lack_times):
            for field in empty:
                self.add_error(field, ValidationError(_("Write a date and a time."), code="required"))
        elif opens_at is not None and ends_at <= opens_at:
            self.add_error("ends_at", end_after(opens_at))
        elif opens_at is not None and ends_at - opens_at > MAX_WINDOW:
            self.add_error("ends_at", window_too_long(opens_at, demo=self.may_lack_times))
        return cleaned


def end_after(opens_at: datetime) -> ValidationError:
    """Return what is wrong with an end that does not lie after the opening (UTC)."""
    words = _("The end must lie after the opening, %(opens)s.")
    return ValidationError(words % {"opens": when(opens_at)}, code="order")


def window_too_long(opens_at: datetime, *, demo: bool = False) -> ValidationError:
    """Return what is wrong with an end that lies too far from the opening (UTC)."""
    words = _("A test can be open for %(days)d days at most: choose an end until %(end)s.")
    if demo:
        words += " " + _("A demo test whose times are empty is always open.")
    return ValidationError(words % {"days": MAX_WINDOW.days, "end": when(opens_at + MAX_WINDOW)}, code="long")
