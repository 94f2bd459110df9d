"""The forms of the results: the filters of the list, and the scale."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.candidate_ids import candidate_key
from candidates.errors import Conflict, Refused
from candidates.intake.cells import clean_text
from candidates.lifecycle.scales import LETTERS, Grade, Scale
from candidates.models import Test
from candidates.models.scales import MAX_GRADE_LENGTH, MAX_GRADES
from candidates.models.tests import MAX_POINTS
from candidates.pages.results.rows import GRADE, MARKED, NOT_SUBMITTED, TO_GRADE, Results, state_words
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import DayField, PointsField, clean_as_cell
from candidates.text import plain_number

Kind = Test.Scale
EMPTY_ROWS = 3  # for more grades in own words than there are
FIRST_ROWS = 6


class FilterForm(DeliverForm):
    """The toolbar of the results; unbound, so that it never refuses."""

    q = forms.CharField(
        label=gettext_lazy("Search candidates"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    show = forms.ChoiceField(label=gettext_lazy("Show"))
    who = forms.CharField(widget=forms.HiddenInput)
    use_required_attribute = False

    def __init__(self, results: Results) -> None:
        wanted = results.wanted
        super().__init__(initial={"q": wanted.q, "show": wanted.show, "who": wanted.who}, auto_id="%s")
        if not wanted.who:
            del self.fields["who"]
        words = state_words()
        self.fields["show"].choices = [  # type: ignore[attr-defined]  # it is a ChoiceField
            ("", _("All %(n)d") % {"n": len(results.everybody)}),
            *((state, words[state]) for state in (TO_GRADE, MARKED, NOT_SUBMITTED)),
            *((GRADE + word, _("Grade %(word)s") % {"word": word}) for word in results.scale.words),
        ]


class WordField(forms.CharField):
    """A grade in own words, in one line."""

    def clean(self, value: Any) -> Any:
        """Return the word trimmed; raise ValidationError for what nobody could read as it is."""
        return clean_as_cell(super().clean(value), lambda raw: clean_text(raw, longest=MAX_GRADE_LENGTH))


class ScaleForm(DeliverForm):
    """The scale of a test: fields of all kinds stand on the page, and those of the chosen one count."""

    max_points = PointsField(
        label=gettext_lazy("Most points that can be reached"),
        required=False,
        help_text=gettext_lazy("Graders cannot give more. Empty means: up to 1000."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What the results say"), choices=Kind, widget=forms.RadioSelect)
    graders_give_grades = forms.ChoiceField(
        label=gettext_lazy("Graders give"),
        required=False,
        choices=[("", gettext_lazy("Points")), ("1", gettext_lazy("The grade itself"))],
        widget=forms.RadioSelect,
    )
    marks_due_on = DayField(
        label=gettext_lazy("Marks are due on"),
        required=False,
        help_text=gettext_lazy("Graders see it in Grade. Empty means: no day is set."),
    )
    pass_from = PointsField(label=gettext_lazy("Pass from, points"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, scale: Scale) -> None:
        """Build the form, filled with the scale of the test."""
        begins = {grade.word: plain_number(grade.from_points) for grade in scale.grades}
        initial: dict[str, Any] = {
            "max_points": plain_number(scale.max_points),
            "kind": scale.kind.value,
            "graders_give_grades": "1" if scale.graders_give_grades else "",
            "marks_due_on": scale.marks_due_on,
            "seen": scale.fingerprint,
        }
        if scale.kind == Kind.PASS_FAIL:
            initial["pass_from"] = next(iter(begins.values()), "")
        if scale.kind == Kind.LETTERS:
            initial |= {f"from_{word}": begins.get(word, "") for word in LETTERS[:-1]}
        own = list(scale.grades) if scale.kind == Kind.WORDS else []
        initial |= {f"word_{row}": grade.word for row, grade in enumerate(own)}
        initial |= {f"begins_{row}": plain_number(grade.from_points) for row, grade in enumerate(own)}
        super().__init__(data, initial=initial, auto_id="%s")
        sent = sum(name.startswith("word_") for name in data or ())
        self.rows = min(MAX_GRADES, max(FIRST_ROWS, len(own) + EMPTY_ROWS, sent))
        self.fields["pass_from"].widget.attrs["aria-label"] = self.fields["pass_from"].label
        for word in LETTERS[:-1]:
            self.fields[f"from_{word}"] = _begins(_("%(grade)s from, points") % {"grade": word})
        for row in range(self.rows):
            self.fields[f"word_{row}"] = _word(_("Grade %(number)d") % {"number": row + 1})
            self.fields[f"begins_{row}"] = _begins(_("Grade %(number)d from, points") % {"number": row + 1})

    def clean(self) -> dict[str, Any]:
        """Keep what belongs to the chosen kind, and check its grades against each other."""
        cleaned = super().clean() or self.cleaned_data
        kind, given = cleaned.get("kind"), bool(cleaned.get("graders_give_grades"))
        given = given and kind != Kind.POINTS
        counting = {"kind", "marks_due_on", "seen", *_counting(kind, given, self.rows)}
        for name in [name for name in self.errors if name not in counting and name != "__all__"]:
            del self.errors[name]
        if kind is not None and not self.errors:
            cleaned["scale"] = Scale(
                kind=Kind(kind),
                graders_give_grades=given,
                max_points=None if given else self._most(),
                marks_due_on=cleaned["marks_due_on"],
                grades=tuple(self._grades(Kind(kind), given)),
            )
        return cleaned

    def _most(self) -> Decimal | None:
        most: Decimal | None = self.cleaned_data["max_points"]
        if most == 0:
            self.add_error("max_points", _("Write more than 0, or leave it empty."))
        return most

    def _grades(self, kind: Kind, given: bool) -> Iterator[Grade]:
        """Yield the grades from the best one; what does not fit is said at its field."""
        if kind == Kind.LETTERS:
            rows = [(f"from_{word}", word) for word in LETTERS]
        elif kind == Kind.PASS_FAIL:
            rows = [("pass_from", _("Pass")), ("", _("Fail"))]
        elif kind == Kind.WORDS:
            rows = self._own_words(given)
        else:
            return
        for place, (name, word) in enumerate(rows):
            lowest = place == len(rows) - 1
            yield Grade(word, None if given or lowest else self.cleaned_data.get(name))
        if not given:
            self._check_begins(rows)

    def _own_words(self, given: bool) -> list[tuple[str, str]]:
        """Return the rows that have a word, those with points by their points, and say what is missing or twice."""
        rows = [(f"begins_{row}", self.cleaned_data[f"word_{row}"]) for row in range(self.rows)]
        for row, (begins, word) in enumerate(rows):
            if not word and self.cleaned_data[begins] is not None:
                self.add_error(f"word_{row}", _("Write the grade that begins there."))
            elif word and candidate_key(word) in [candidate_key(other) for _name, other in rows[:row]]:
                self.add_error(f"word_{row}", _("%(word)s stands there twice.") % {"word": word})
        filled = [(begins, word) for begins, word in rows if word]
        if len(filled) < 2:
            self.add_error(f"word_{len(filled)}", _("Write two grades or more."))
        elif not given:
            without = [name for name, _word in filled if self.cleaned_data[name] is None]
            for name in without[:-1]:
                self.add_error(
                    name, _("Write the points from which it is given. One grade alone, the lowest, has none.")
                )
            if not without:
                self.add_error(filled[-1][0], _("Leave the points of the lowest grade empty: it is below all others."))
            filled.sort(key=lambda row: -(self.cleaned_data.get(row[0]) or 0))
        return filled

    def _check_begins(self, rows: list[tuple[str, str]]) -> None:
        most = self.cleaned_data.get("max_points") or Decimal(MAX_POINTS)
        above: tuple[str, Decimal] | None = None
        for name, word in rows[:-1]:
            points = self.cleaned_data.get(name)
            if name in self.errors:
                continue
            if points is None:
                self.add_error(name, _("Write the points from which %(grade)s is given.") % {"grade": word})
            elif points == 0:
                self.add_error(name, _("Write more than 0: the lowest grade begins there."))
            elif points > most:
                said = {"most": plain_number(most)}
                self.add_error(name, _("Write %(most)s or less, the most that can be reached.") % said)
            elif above is not None and points >= above[1]:
                said = {"points": plain_number(above[1]), "grade": above[0]}
                self.add_error(name, _("Write less than %(points)s, where %(grade)s begins.") % said)
            else:
                above = (word, points)

    def show_refusal(self, refusal: Refused) -> None:
        """Say why the scale was refused; after a conflict, saving the page again replaces what somebody else stored."""
        if isinstance(refusal, Conflict):
            self.data = {name: self.data.get(name, "") for name in self.fields} | {"seen": refusal.stored.fingerprint}
            code = "conflict"
            self.add_error(None, ValidationError(refusal.sentence + " " + _("Save again to replace it."), code=code))
        else:
            super().show_refusal(refusal)


@dataclass(frozen=True, slots=True)
class BoundRow:
    """One grade on the page of the scale; `share` and `count` are of the scale that is saved."""

    word: str | forms.BoundField
    field: forms.BoundField | None
    below: str
    share: str
    count: int


def bounds_of(form: ScaleForm, results: Results) -> dict[str, Any]:
    """Return the tables of the page: where the grades of each kind begin, and how many have them."""
    scale = results.scale
    counts = {word: count for word, _points, count in results.grades}
    begins = {grade.word: grade.from_points for grade in scale.grades}

    def row(kind: Test.Scale, word: str, shown: str | forms.BoundField, name: str, below: str = "") -> BoundRow:
        saved = word if scale.kind == kind else ""
        points, most = begins.get(saved), scale.max_points
        share = f"{round(100 * points / most)} %" if points is not None and most else ""
        return BoundRow(shown, form[name] if name else None, below, share, counts.get(saved, 0))

    own = [*(scale.words if scale.kind == Kind.WORDS else ()), *[""] * MAX_GRADES]
    below = _("below %(grade)s")
    return {
        "of_head": _("Of %(most)s") % {"most": plain_number(scale.max_points)} if scale.max_points else _("Share"),
        "letters": [
            *(row(Kind.LETTERS, word, word, f"from_{word}") for word in LETTERS[:-1]),
            row(Kind.LETTERS, LETTERS[-1], LETTERS[-1], "", below % {"grade": LETTERS[-2]}),
        ],
        "passing": [
            row(Kind.PASS_FAIL, _("Pass"), _("Pass"), "pass_from"),
            row(Kind.PASS_FAIL, _("Fail"), _("Fail"), "", below % {"grade": _("Pass")}),
        ],
        "own": [row(Kind.WORDS, own[place], form[f"word_{place}"], f"begins_{place}") for place in range(form.rows)],
    }


def _counting(kind: str | None, given: bool, rows: int) -> set[str]:
    """Return the fields that count for this kind of scale."""
    counting = set() if kind == Kind.POINTS else {"graders_give_grades"}
    if kind == Kind.WORDS:
        counting |= {f"word_{row}" for row in range(rows)}
    if given:
        return counting
    begins = {
        Kind.LETTERS: {f"from_{word}" for word in LETTERS[:-1]},
        Kind.PASS_FAIL: {"pass_from"},
        Kind.WORDS: {f"begins_{row}" for row in range(rows)},
    }
    return counting | {"max_points"} | (begins.get(Kind(kind), set()) if kind in Kind.values else set())


def _begins(label: str) -> PointsField:
    field = PointsField(label=label, required=False)
    field.widget.attrs["aria-label"] = label
    return field


def _word(label: str) -> WordField:
    attrs = {"autocomplete": "off", "class": "w-20", "aria-label": label}
    return WordField(label=label, required=False, widget=forms.TextInput(attrs=attrs))
