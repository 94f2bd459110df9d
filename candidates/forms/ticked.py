"""What was ticked in a table: from the one field that the script sends, or from the boxes without it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from candidates.forms.base import DeliverForm

MOST = 1500


class TickedForm(DeliverForm):
    """The ticked rows of a ``.selects`` table.

    ``cleaned_data["ids"]`` holds their values in page order without repeats; ``cleaned_data["all_matching"]`` is the
    number of rows that the page showed when select-all was ticked, else None. Nothing ticked is refused: an empty
    selection never means everybody.
    """

    ids = forms.CharField(required=False, widget=forms.HiddenInput)
    all_matching = forms.IntegerField(required=False, min_value=1, max_value=MOST, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Merge both ways of sending; raise ValidationError when nothing, or more than a test can hold, is ticked."""
        cleaned = super().clean() or self.cleaned_data
        boxes = self.data.getlist("c") if hasattr(self.data, "getlist") else []
        ids = [text.strip() for text in [*str(cleaned.get("ids") or "").split(","), *boxes]]
        cleaned["ids"] = list(dict.fromkeys(text for text in ids if text and "\0" not in text))
        if len(cleaned["ids"]) > MOST:
            raise ValidationError(_("More rows are ticked than a test can hold. Load the page again."), code="too_many")
        if not cleaned["ids"] and not cleaned.get("all_matching") and not self.errors:
            raise ValidationError(_("Nothing is ticked, so nothing has changed. Tick rows first."), code="nothing")
        return cleaned
