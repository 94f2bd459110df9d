"""The forms of Grade: the search, and a mark with its comment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.lifecycle.grading import mark_words
from candidates.lifecycle.scales import Scale
from candidates.models.submissions import MAX_COMMENT_LENGTH
from candidates.pages.grade.rows import GradeFilter, GradeLine, mark_head
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import LongTextField, PointsField

ASKED = "asked "  # in front of the time of a mark that the grader was asked about


class MarkForm(DeliverForm):
    """A mark and a comment, and which mark the page showed."""

    mark = forms.CharField(label=gettext_lazy("Mark"), required=False)
    comment = LongTextField(
        label=gettext_lazy("Comment"),
        required=False,
        max_length=MAX_COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, scale: Scale, initial: Any = None) -> None:
        """Build the form for points, or for the grades of a scale where graders give those."""
        super().__init__(data, initial=initial)
        self.scale = scale
        self.fields["mark"] = _grade_field(scale) if scale.graders_give_grades else _points_field(scale)

    @classmethod
    def showing(cls, line: GradeLine, scale: Scale) -> "MarkForm":
        """Return the form with what is stored."""
        stored = {"mark": line.mark_text, "comment": line.comment, "seen": seen_text(line.marked_at)}
        return cls(initial=stored, scale=scale)

    @property
    def values(self) -> dict[str, Any]:
        """Return what `save_mark` takes of a valid form: points or a grade."""
        mark = self.cleaned_data["mark"]
        given = {"mark": None, "grade": mark} if self.scale.graders_give_grades else {"mark": mark, "grade": ""}
        return given | {name: self.cleaned_data[name] for name in ("comment", "seen")}

    @property
    def mark_text(self) -> str:
        """Return the mark of a valid form as it is written."""
        return mark_words(self.values["mark"], self.values["grade"])

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
        if not self.errors and cleaned["seen"] is None and cleaned["mark"] in (None, "") and not cleaned["comment"]:
            self.add_error("mark", _("Write a mark, a comment, or both."))
        return cleaned

    def over(self, stored_at: datetime) -> None:
        """Let the page that asks replace the mark that stands there now, and no other one."""
        self.data = {name: self.data.get(name, "") for name in self.fields} | {"seen": ASKED + seen_text(stored_at)}

    @classmethod
    def typed(cls, sent: Mapping[str, str], scale: Scale) -> "MarkForm":
        """Return the form with what was typed before the page asked, to be changed; saving it asks again."""
        kept = {name: sent.get(name, "") for name in ("mark", "comment", "seen")}
        return cls(initial=kept | {"seen": kept["seen"].removeprefix(ASKED)}, scale=scale)


def _points_field(scale: Scale) -> PointsField:
    return PointsField(label=mark_head(given=False, most=scale.max_points), required=False, most=scale.most_points)


def _grade_field(scale: Scale) -> forms.ChoiceField:
    choices = [("", _("No mark yet")), *((word, word) for word in scale.words)]
    return forms.ChoiceField(label=_("Mark"), required=False, choices=choices)


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
