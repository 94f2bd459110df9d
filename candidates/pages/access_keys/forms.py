"""A new key: its system, what it may do, on which tests, and until when."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundWidget
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.models import Scope
from candidates.models.access_keys import MAX_SYSTEM_LENGTH
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import DayField
from candidates.signin.access_keys import MAX_LIFE

ABOUT = {
    Scope.TESTS_READ: gettext_lazy("Names, dates, rooms, who works on them, numbers of candidates"),
    Scope.TESTS_WRITE: gettext_lazy("Name, dates and contributors; the set-up of tests that are not activated"),
    Scope.CANDIDATES_READ: gettext_lazy("Candidate ID, extra time, room and seat, progress and attendance"),
    Scope.CANDIDATES_WRITE: gettext_lazy("Through the same checks as an import; never login details"),
    Scope.NAMES_READ: gettext_lazy("Name, SSO user ID and private reference. Each test where it reads them says so"),
    Scope.LOGINS_READ: gettext_lazy("Usernames and passwords of one-time users. Every opening is in the history"),
    Scope.RESULTS_READ: gettext_lazy("Candidate ID and mark; names only together with “Read who candidates are”"),
    Scope.HISTORY_READ: gettext_lazy("Who did what on a test, and when"),
    Scope.USERS_WRITE: gettext_lazy("Lists and adds permanent users, and changes their names"),
}
OWN, ALL = "own", "all"


class KeyForm(DeliverForm):
    """What an administrator says of a new key."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=MAX_SYSTEM_LENGTH,
        help_text=gettext_lazy(
            "The system that comes in with it. It stands in the audit. A second key with the same name reaches the "
            "same tests."
        ),
        widget=forms.TextInput(attrs={"class": "w-20", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least one thing that the key may do.")},
    )
    tests = forms.ChoiceField(
        label=gettext_lazy("Which tests"), initial=OWN, choices=[(ALL, ""), (OWN, "")], widget=forms.RadioSelect
    )
    expires = DayField(
        label=gettext_lazy("Expires on"), help_text=gettext_lazy("At most a year from now. We say so 30 days before.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the institution in the choice of tests."""
        super().__init__(*args, **kwargs)
        every = _("All tests of %(organisation)s") % {"organisation": settings.ORGANISATION}
        tests = self.fields["tests"]
        assert isinstance(tests, forms.ChoiceField)  # noqa: S101
        tests.choices = [
            (ALL, every if settings.ORGANISATION else _("All tests")),
            (OWN, _("Tests that it has made itself")),
        ]

    @property
    def may(self) -> list[tuple[BoundWidget, Promise | str]]:
        """Return the boxes of what the key may do, each with what that means."""
        return list(zip(self["scopes"], ABOUT.values(), strict=True))

    def clean_expires(self) -> datetime:
        """Return the end of the day (the first moment of the next one); raise ValidationError for another time."""
        day: date = self.cleaned_data["expires"]
        end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
        if not timezone.now() < end <= timezone.now() + MAX_LIFE:
            raise ValidationError(_("Choose a day from today on, and at most a year from now."), code="expires")
        return end
