"""The forms of Grade: the search, and a mark with its comment."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.models.submissions import MAX_COMMENT_LENGTH
from candidates.models.tests import MAX_POINTS
from candidates.pages.grade.rows import GradeFilter, GradeLine
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import LongTextField

ASKED = "asked "  # in front of the time of a mark that the grader was asked about
TYPED = re.compile(r"(\d{1,4})(?:[.,](\d{1,2}))?", re.ASCII)


class MarkField(forms.CharField):
    """A mark as it is typed, with a comma or a point, cleaned to a Decimal; None for nothing."""

    def clean(self, value: Any) -> Any:
        """Return the mark; raise ValidationError for anything but a number from 0 to MAX_POINTS."""
        text = super().clean(value)
        if not text:
            return None
        typed = TYPED.fullmatch(text)
        mark = Decimal(f"{typed[1]}.{typed[2] or 0}") if typed else None
        if mark is None or mark > MAX_POINTS:
            words = _("Write a number from 0 to %(most)d, with at most two decimals, like 24 or 24.5.")
            raise ValidationError(words % {"most": MAX_POINTS}, code="mark")
        return mark

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return the attributes of a short figure."""
        return {"inputmode": "decimal", "autocomplete": "off", "class": "w-5 num"}


class MarkForm(DeliverForm):
    """A mark and a comment, and which mark the page showed."""

    mark = MarkField(label=gettext_lazy("Mark"), required=False)
    comment = LongTextField(
        label=gettext_lazy("Comment"),
        required=False,
        max_length=MAX_COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def showing(cls, line: GradeLine) -> "MarkForm":
        """Return the form with what is stored."""
        return cls(initial={"mark": line.mark_text, "comment": line.comment, "seen": seen_text(line.marked_at)})

    @property
    def replacing(self) -> bool:
        """Say whether the grader was asked whether to replace the mark that was seen."""
        return str(self.data.get("seen", "")).startswith(ASKED)

    def clean_seen(self) -> datetime | None:
        """Return when the mark was made that the page showed."""
        text = self.cleaned_data["seen"].removeprefix(ASKED)
        if not text:
            return None
        try:
            seen = datetime.fromisoformat(text)
        except ValueError:
            seen = datetime.min
        if seen.tzinfo is None:
            raise ValidationError(
                _("The page was changed before it arrived here. Copy what you typed, and load it again.")
            )
        return seen

    def clean(self) -> dict[str, Any]:
        """Refuse to save nothing where nothing is; over a mark that was seen it takes the mark away."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and cleaned["seen"] is None and cleaned["mark"] is None and not cleaned["comment"]:
            self.add_error("mark", _("Write a mark, a comment, or both."))
        return cleaned

    def over(self, stored_at: datetime) -> None:
        """Let the page that asks replace the mark that stands there now, and no other one."""
        self.data = {name: self.data.get(name, "") for name in self.fields} | {"seen": ASKED + seen_text(stored_at)}

    @classmethod
    def typed(cls, sent: Mapping[str, str]) -> "MarkForm":
        """Return the form with what was typed before the page asked, to be changed; saving it asks again."""
        kept = {name: sent.get(name, "") for name in ("mark", "comment", "seen")}
        return cls(initial=kept | {"seen": kept["seen"].removeprefix(ASKED)})


class SearchForm(DeliverForm):
    """The search of the list, by Candidate ID and nothing else; unbound, so that it never refuses."""

    q = forms.CharField(
        label=gettext_lazy("Search Candidate IDs"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    use_required_attribute = False

    def __init__(self, wanted: GradeFilter) -> None:
        super().__init__(initial={"q": wanted.q})


def seen_text(marked_at: datetime | None) -> str:
    """Return a moment as the hidden field carries it, empty for none."""
    return marked_at.isoformat() if marked_at else ""
