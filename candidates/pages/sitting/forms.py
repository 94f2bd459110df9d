"""What the page of a test sends."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from candidates.pages.shared.base import DeliverForm

LINE_END = re.compile(r"\r\n?")
LAST_REVISION = 2**31 - 1  # that the column holds


class AnswerForm(DeliverForm):
    """The answer as it stands on the page, the revision it is based on, and whose page it is."""

    answer = forms.CharField(
        label=_("Your answer"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "autocomplete": "off"}),
    )
    base = forms.IntegerField(min_value=0, max_value=LAST_REVISION, widget=forms.HiddenInput)
    # Another person may have logged in meanwhile in another window: their session must not take this page's text.
    candidate = forms.CharField(max_length=16, widget=forms.HiddenInput)

    def clean_answer(self) -> str:
        """Return the answer with the line ends that the page has; browsers send others."""
        return LINE_END.sub("\n", self.cleaned_data["answer"])


class SubmitForm(DeliverForm):
    """The confirmation: which revision is to be handed in, and whose."""

    base = forms.IntegerField(min_value=0, max_value=LAST_REVISION, widget=forms.HiddenInput)
    candidate = forms.CharField(max_length=16, widget=forms.HiddenInput)
