"""The part of the preview in which somebody says what each column of a list of candidates is read as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from candidates.intake.assigning import IGNORE, Column, overruled_by_format, refusal_of, too_many_chosen
from candidates.intake.cells import clean_text
from candidates.intake.columns import MappedRow
from candidates.intake.drafts import columns_read
from candidates.intake.found import Found
from candidates.intake.headings import NAME, PROBLEM, SSO_USER_ID, Spec
from candidates.intake.kinds import kind_of
from candidates.models import Import
from candidates.models.file_formats import MAX_FORMAT_NAME_LENGTH
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import clean_as_cell
from candidates.tabular.table import column_letter

EVERYBODY, ME = "everybody", "me"
ASK = "ask"
"""What a column is read as that only a few rows fill: nothing yet."""


class ColumnsForm(DeliverForm):
    """What each column is read as, and whether that is remembered. `chosen` is it by place when the form is valid."""

    remember = forms.BooleanField(label=gettext_lazy("Remember this as a format"), required=False)
    remember_as = forms.CharField(
        label=gettext_lazy("Name of the format"), required=False, max_length=MAX_FORMAT_NAME_LENGTH
    )
    remember_for = forms.ChoiceField(
        label=gettext_lazy("For whose lists"),
        choices=[(ME, gettext_lazy("Only mine")), (EVERYBODY, gettext_lazy("Everybody’s"))],
        required=False,
    )

    def __init__(self, *args: Any, draft: Import, **kwargs: Any) -> None:
        """Build the form with a field for each column of the list."""
        self.spec = kind_of(draft).spec(draft)
        self.columns = [one for one in columns_read(draft) if one.field != PROBLEM]
        letters = letters_of(draft)
        initial: dict[str, Any] = {
            f"column-{one.place}": ASK if one.why == "few" else one.field for one in self.columns
        }
        initial |= {
            "remember": bool(draft.remember_as),
            "remember_as": draft.remember_as,
            "remember_for": EVERYBODY if draft.is_for_everybody else ME,
        }
        super().__init__(*args, initial=initial, **kwargs)
        if draft.header_row is None:  # a format knows columns by their headings
            for name in ("remember", "remember_as", "remember_for"):
                del self.fields[name]
        choices = [*((name, self.spec.words.label(name)) for name in self.spec.fields), (IGNORE, _("Ignore"))]
        for one in self.columns:
            label = _("Read %(column)s as") % {"column": named(one, letters)}
            offered = [(ASK, _("Ask about each row")), *choices] if one.why == "few" else choices
            self.fields[f"column-{one.place}"] = forms.ChoiceField(label=label, choices=offered, required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse columns of which only one can be read, and a format without a name. Raises ValidationError."""
        cleaned = super().clean() or self.cleaned_data
        chosen = {one.place: str(cleaned.get(f"column-{one.place}", one.field)) for one in self.columns}
        self.chosen = {place: field for place, field in chosen.items() if field != ASK}
        for name in too_many_chosen(self.chosen):
            message = (
                _("More than two columns are read as Name. Choose two, or one.")
                if name == NAME
                else _("Several columns are read as %(label)s. Choose one, and ignore the others.")
            )
            raise ValidationError(message % {"label": self.spec.words.label(name)})
        if cleaned.get("remember"):
            if not cleaned.get("remember_as"):
                raise ValidationError({"remember_as": _("Give the format a name, or do not remember it.")})
            cleaned["remember_as"] = clean_as_cell(cleaned["remember_as"], lambda raw: clean_text(raw, longest=None))
        return cleaned

    @property
    def remembered(self) -> str:
        """Return the name under which the columns are remembered, "" where they are not."""
        return str(self.cleaned_data.get("remember_as", "")) if self.cleaned_data.get("remember") else ""


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One column of the file, with its first cells and the field that says what it is read as."""

    letter: str
    heading: str
    cells: tuple[str, ...]
    field: forms.BoundField
    why: str
    ignored: bool


def letters_of(draft: Import) -> list[str]:
    """Return the letters of the columns that were read, by place: where hidden ones are left out, those are missing."""
    left_out = Found.of(draft).left_out_columns
    letters = map(column_letter, range(1 + len(left_out) + max((one.place for one in columns_read(draft)), default=0)))
    return [letter for letter in letters if letter not in left_out]


def named(column: Column, letters: Sequence[str]) -> str:
    """Return what a column is called: by its heading, else by its letter."""
    return column.heading.strip()[:60] or _("column %(letter)s") % {"letter": letters[column.place]}


def columns_part(draft: Import, rows: Sequence[MappedRow], form: ColumnsForm | None) -> dict[str, Any]:
    """Return the context of the part; nothing where people were selected or the list is older than its columns."""
    columns = [one for one in columns_read(draft) if one.field != PROBLEM]
    if not columns:
        return {}
    spec = kind_of(draft).spec(draft)
    form = form or ColumnsForm(draft=draft)
    ignored = [one for one in columns if one.field == IGNORE and one.why != "few"]
    shown = len(columns[0].cells)
    letters = letters_of(draft)
    to_choose = refusal_of(columns_read(draft), spec)
    return {
        "columns_form": form,
        "column_lines": [_line(one, form, draft, letters[one.place]) for one in columns],
        "column_rows": [row.number for row in rows[:shown]],
        "columns_heading": _heading(len(columns), sum(one.field != IGNORE for one in columns)),
        "columns_ignored": _ignored_words([named(one, letters) for one in ignored]),
        "columns_elsewhere": _elsewhere_words(columns, spec),
        "columns_overruled": _overruled_words(columns, spec, draft.format_name),
        "columns_names": _names_words(columns, rows),
        "columns_open": bool(ignored or to_choose or form.errors or draft.remember_as),
        "columns_to_choose": to_choose,
    }


def _line(column: Column, form: ColumnsForm, draft: Import, letter: str) -> ColumnLine:
    words: Mapping[str, str] = {
        "chosen": _("Chosen by you"),
        "format": _("By the format %(name)s") % {"name": draft.format_name},
        "heading": _("By its heading"),
        "order": _("By its place"),
        "unknown": _("Heading not known"),
        "twice": _("Several could be it"),
        "elsewhere": _("Only in CSV import (SSO)"),
        "empty": _("No heading"),
        "few": _("Only in a few rows"),
    }
    field = form[f"column-{column.place}"]
    return ColumnLine(letter, column.heading.strip(), column.cells, field, words[column.why], column.field == IGNORE)


def _heading(count: int, read: int) -> str:
    if read == count:
        return ngettext("The %(n)d column is read", "All %(n)d columns are read", count) % {"n": count}
    words = ngettext("%(read)d of %(n)d column is read", "%(read)d of %(n)d columns are read", count)
    return words % {"read": read, "n": count}


def _ignored_words(names: Sequence[str]) -> str:
    if not names:
        return ""
    words = ngettext("%(n)d is ignored: %(names)s.", "%(n)d are ignored: %(names)s.", len(names))
    return words % {"n": len(names), "names": ", ".join(names)}


def _elsewhere_words(columns: Sequence[Column], spec: Spec) -> str:
    """Return that a list looks like one for SSO, whose people would get logins of their own here; "" for nothing."""
    found = [one.heading.strip()[:60] for one in columns if one.why == "elsewhere"]
    if not found:
        return ""
    words = _(
        "“%(heading)s” looks like %(label)s, which only CSV import (SSO) reads. Here everybody gets a username and "
        "password of their own: if they log in through their institution, cancel and choose CSV import (SSO)."
    )
    return words % {"heading": found[0], "label": spec.words.label(SSO_USER_ID)}


def _overruled_words(columns: Sequence[Column], spec: Spec, format_name: str) -> str:
    """Return which columns are ignored only because a format says so, "" for none."""
    found = overruled_by_format(columns, spec)
    if not found:
        return ""
    words = _("The format “%(format)s” ignores %(names)s, which we would read. Choose below what they are.")
    return words % {"format": format_name, "names": ", ".join(f"“{one.heading.strip()[:60]}”" for one in found)}


def _names_words(columns: Sequence[Column], rows: Sequence[MappedRow]) -> str:
    if sum(one.field == NAME for one in columns) < 2:
        return ""
    example = next((name for row in rows if (name := row.values.get(NAME, ""))), "")
    return _("Two columns are read as Name and joined: %(name)s.") % {"name": example} if example else ""
