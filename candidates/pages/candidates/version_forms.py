"""Putting an earlier version of an answer back."""

from django import forms
from django.utils.translation import gettext_lazy

from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import MAX_REASON_LENGTH


class RestoreForm(DeliverForm):
    """Why a version is put back."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON_LENGTH,
        help_text=gettext_lazy("Kept in the record, such as “Deleted half the answer by mistake, asked at 10:20”."),
    )
