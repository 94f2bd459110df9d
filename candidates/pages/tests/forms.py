"""The set-up of a test, and moving its end."""

import json
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.errors import Conflict, Refused
from candidates.lifecycle.tests import SETUP, TEXTS, fingerprint, fingerprints
from candidates.models import Test
from candidates.models.tests import (
    FIRST_MOMENT,
    LAST_MOMENT,
    MAX_CANDIDATES,
    MAX_INFORMATION_LENGTH,
    MAX_QUESTIONS_LENGTH,
    MAX_WINDOW,
)
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import DateTimeField, LongTextField, WholeNumberField
from candidates.pages.shared.searching import MAX_SEARCH_CHARACTERS
from candidates.pages.tests.times import MAX_DURATION, NamedTestForm, end_after, odd_times, window_too_long
from candidates.text import when


class OfStoredForm(DeliverForm):
    """A form that carries what its page showed as stored, and says so where somebody else changed that meanwhile."""

    def show_refusal(self, refusal: Refused) -> None:
        """Say why the act was refused."""
        if isinstance(refusal, Conflict):
            self.show_conflict(refusal)
        else:
            super().show_refusal(refusal)

    def show_conflict(self, conflict: Conflict) -> None:
        """Say what somebody else has stored meanwhile."""
        raise NotImplementedError


class TestForm(OfStoredForm, NamedTestForm):
    """Everything of a test that its planners set up."""

    __test__ = False
    field_order = SETUP

    information = LongTextField(
        label=gettext_lazy("Information for candidates"),
        required=False,
        max_length=MAX_INFORMATION_LENGTH,
        help_text=gettext_lazy("Shown on the dashboard, before the test opens. At most 10,000 characters."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    questions = LongTextField(
        label=gettext_lazy("Questions"),
        required=False,
        max_length=MAX_QUESTIONS_LENGTH,
        help_text=gettext_lazy("Candidates see them only after starting the test. At most 200,000 characters."),
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    duration_minutes = WholeNumberField(
        label=gettext_lazy("Duration (minutes)"),
        required=False,
        min_value=1,
        max_value=MAX_DURATION,
        help_text=gettext_lazy("Counts from each candidate’s own start. Empty means: until the test ends."),
    )
    is_demo = forms.BooleanField(
        label=gettext_lazy("Demo test"),
        required=False,
        help_text=gettext_lazy(
            "Everybody who can log in may try it. It has no candidates and stores no answers; its times may stay empty."
        ),
    )
    invigilators_may_open_logins = forms.BooleanField(
        label=gettext_lazy(
            "Invigilators may open the login details of one candidate at a time, from 60 minutes before the start"
        ),
        required=False,
        initial=True,
        help_text=gettext_lazy("Until the last candidate’s end. Every opening is logged with name and time."),
    )
    invigilators_may_open_key_list = forms.BooleanField(
        label=gettext_lazy("Invigilators may open the key list of their room, from 60 minutes before the start"),
        required=False,
        help_text=gettext_lazy(
            "It says who has which Candidate ID, and is needed to hand out slips while SSO is down. You can also "
            "allow it on the day of the test, under Candidate login details."
        ),
    )
    invigilators_see_names = forms.BooleanField(
        label=gettext_lazy("Invigilators see who the candidates are: name and private reference"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "In Monitor, at the door, where they look for people by name or card number, and on the papers of the "
            "hall; without it there is no key list for them either. Planners always see names. Graders never do, nor "
            "does an invigilator who also grades this test."
        ),
    )
    newest_device_writes = forms.BooleanField(
        label=gettext_lazy("Only the newest device may write"),
        required=False,
        help_text=gettext_lazy(
            "If a candidate logs in on a second device, the first one keeps its text and stops saving until the "
            "candidate presses “Write here” on it. With or without this, both pages and Monitor say that there are "
            "two devices."
        ),
    )
    # What the page was filled with, so that a save changes only what this planner changed.
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, test: Test | None = None) -> None:
        """Build the form for a new test, or filled with a test that exists."""
        initial = {} if test is None else {field: getattr(test, field) for field in SETUP}
        if test is not None:
            initial["seen"] = json.dumps(fingerprints(test))
        super().__init__(data, initial=initial)
        if test is None:
            del self.fields["seen"]
            return
        for name in TEXTS:
            self.fields[name].stored = getattr(test, name)  # type: ignore[attr-defined]  # both are LongTextField

    @property
    def values(self) -> dict[str, Any]:
        """Return the set-up fields of a valid form."""
        return {field: self.cleaned_data[field] for field in SETUP}

    @property
    def oddities(self) -> list[str]:
        """Return what is allowed but odd in a valid form."""
        opens_at, ends_at, duration = (self.cleaned_data[f] for f in ("opens_at", "ends_at", "duration_minutes"))
        odd = odd_times(opens_at, ends_at)
        if duration and opens_at and ends_at and timedelta(minutes=duration) > ends_at - opens_at:
            odd.append(_("The duration is longer than the test is open. Nobody gets more than the window."))
        return odd

    def clean_seen(self) -> dict[str, str]:
        """Return the fingerprints of what the page was filled with."""
        try:
            seen = json.loads(self.cleaned_data["seen"])
        except (ValueError, RecursionError):
            seen = None
        if not isinstance(seen, dict) or not set(SETUP) <= set(seen):
            raise ValidationError(_("The page was not complete. Load it again."), code="incomplete")
        return {field: str(seen[field]) for field in SETUP}

    def show_conflict(self, conflict: Conflict) -> None:
        """Say at each field what somebody else has stored meanwhile; saving the page again then keeps what it shows."""
        seen = dict(self.cleaned_data["seen"])
        for field, value in conflict.stored.items():
            self.add_error(field, _changed_meanwhile(value))
            seen[field] = fingerprint(value)
        self.data = _with(self.data, seen=json.dumps(seen))


class QuestionsForm(OfStoredForm):
    """The questions alone: they can be written when the rest of the set-up is locked."""

    questions = LongTextField(
        label=gettext_lazy("Questions"),
        required=False,
        max_length=MAX_QUESTIONS_LENGTH,
        help_text=gettext_lazy("Candidates see them only after starting the test. At most 200,000 characters."),
        widget=forms.Textarea(attrs={"rows": 20}),
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, test: Test) -> None:
        """Build the form, filled with the questions of the test."""
        super().__init__(data, initial={"questions": test.questions, "seen": fingerprint(test.questions)})
        self.fields["questions"].stored = test.questions  # type: ignore[attr-defined]  # it is a LongTextField

    def show_conflict(self, conflict: Conflict) -> None:
        """Say what somebody else has stored meanwhile; saving the page again then replaces it."""
        stored = conflict.stored["questions"]
        self.add_error("questions", _changed_meanwhile(stored))
        self.data = _with(self.data, seen=fingerprint(stored))


class MomentField(forms.CharField):
    """A moment that a page carries in a hidden field, as ISO 8601 with its offset."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        """Return the moment; raise ValidationError for what no page sends."""
        try:
            moment = datetime.fromisoformat(super().clean(value))
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None and FIRST_MOMENT <= moment < LAST_MOMENT:
            return moment
        # Also another time than a test can have: near the first and the last year there is none in every zone.
        raise ValidationError(_("The page was not complete. Load it again."), code="incomplete")


class MoveEndForm(OfStoredForm):
    """A new end for an activated test."""

    ends_at = DateTimeField(
        label=gettext_lazy("Test ends"),
        help_text=gettext_lazy("Extra time of a candidate stays on top. You check who ends when before it is moved."),
    )
    seen = MomentField()

    def __init__(self, data: Any = None, *, test: Test) -> None:
        """Build the form, filled with the end of the test."""
        end = test.ends_at
        super().__init__(data, initial={"ends_at": end, "seen": end.isoformat() if end else ""})
        self.opens_at, self.end_until_now = test.opens_at, end

    def clean_ends_at(self) -> datetime:
        """Return the end; raise ValidationError where it does not lie after the opening, or too far from it.

        A test that is open longer already can be shortened to any end.
        """
        end: datetime = self.cleaned_data["ends_at"]
        if self.opens_at is None:
            return end
        if end <= self.opens_at:
            raise end_after(self.opens_at)
        if end - self.opens_at > MAX_WINDOW and (self.end_until_now is None or end > self.end_until_now):
            raise window_too_long(self.opens_at)
        return end

    def show_conflict(self, conflict: Conflict) -> None:
        """Say where the end is now; saving the page again then moves it from there."""
        end: datetime = conflict.stored["ends_at"]
        words = _("Somebody else moved the end meanwhile, to %(value)s. Save again to move it to what stands here.")
        self.add_error("ends_at", ValidationError(words % {"value": when(end)}, code="conflict"))
        self.data = _with(self.data, seen=end.isoformat())


class ConfirmedEndForm(DeliverForm):
    """What the page that asks once more showed: the new end, the end until now, and for how many it ends at once."""

    ends_at = MomentField()
    seen = MomentField()
    over = forms.IntegerField(min_value=0, max_value=MAX_CANDIDATES, widget=forms.HiddenInput)


def _changed_meanwhile(value: Any) -> ValidationError:
    words = _("Somebody else changed this meanwhile, to: %(value)s. Save again to keep what stands here instead.")
    return ValidationError(words % {"value": _shown(value)}, code="conflict")


def _with(data: Any, **changes: str) -> Any:
    """Return a copy of what was posted with other values; the query dictionary of a request cannot be changed."""
    changed = data.copy()
    for name, value in changes.items():
        changed[name] = value
    return changed


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    text = str(value if value is not None else "") or _("nothing")
    return text if len(text) <= 300 else f"{text[:300]}…"


class SearchForm(DeliverForm):
    """The search on the list of tests."""

    q = forms.CharField(
        label=gettext_lazy("Search tests"), required=False, max_length=MAX_SEARCH_CHARACTERS, widget=forms.SearchInput
    )
