"""The search for the person whose data is asked for."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.models.tests import MAX_TEST_NAME_LENGTH
from candidates.pages.shared.base import DeliverForm


class FindPersonForm(DeliverForm):
    """A user name, or a Candidate ID and the name of the test: whole ones, since a part would show other people."""

    username = forms.CharField(
        label=gettext_lazy("Username or SSO user ID"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("The whole name, as on a slip or as the institution sends it."),
    )
    candidate_id = forms.CharField(
        label=gettext_lazy("Or Candidate ID"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("The whole ID, with the test."),
    )
    test = forms.CharField(
        label=gettext_lazy("Test"),
        required=False,
        max_length=MAX_TEST_NAME_LENGTH,
        help_text=gettext_lazy("Its name, or a part of it."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two ways."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned["username"] and (cleaned["candidate_id"] or cleaned["test"]):
            self.add_error("username", _("Write the username, or the Candidate ID and the test: not both."))
        elif not cleaned["username"] and not cleaned["candidate_id"]:
            self.add_error("username", _("Write a username, or a Candidate ID and its test."))
        elif cleaned["candidate_id"] and not cleaned["test"]:
            self.add_error("test", _("Write the name of the test as well: many tests have the same Candidate IDs."))
        return cleaned
