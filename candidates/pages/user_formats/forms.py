"""A format of files of permanent users: its name, and its columns as rows of a table that works without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.intake.accounts.formats import MAX_COLUMNS, Column, Format, names_nobody
from candidates.intake.accounts.headings import usual_field_of
from candidates.intake.cells import clean_text
from candidates.intake.columns import IGNORED
from candidates.intake.headings import PROBLEM, fold_heading, is_formula
from candidates.models import UserFileColumn, UserFileFormat
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import clean_as_cell
from candidates.text import whole_number

MAX_HEADING = 100


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One row of the table of columns, as it was typed, and what is wrong with it."""

    number: int
    holds: str = ""
    heading: str = ""
    required: bool = False
    problem: str = ""

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Return what the column may hold: value, words, and whether it is chosen."""
        offered = [("", _("Nothing yet")), *UserFileColumn.Holds.choices]
        return [(value, str(label), value == self.holds) for value, label in offered]


class FormatForm(DeliverForm):
    """The name and the columns; `format` is what they make when the form is valid."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("For example the name of the registry that the files come from."),
    )
    has_header = forms.BooleanField(
        label=gettext_lazy("The first row holds headings"),
        required=False,
        help_text=gettext_lazy(
            "A file without them is refused then. Where a file has headings they win over the order in any case."
        ),
    )

    def __init__(self, *args: Any, columns: Sequence[Column] = (), **kwargs: Any) -> None:
        """Build the form; `columns` are those of the format as it is."""
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.rows = read_columns(self.data)  # type: ignore[arg-type]  # what a browser sent
        else:
            self.rows = [
                ColumnRow(number, one.holds, one.heading, one.required) for number, one in enumerate(columns, start=1)
            ]

    def clean_name(self) -> str:
        """Return the name as it is stored. Raises ValidationError."""
        return clean_as_cell(self.cleaned_data["name"], partial(clean_text, longest=None))

    def clean(self) -> dict[str, Any]:
        """Judge the columns. Raises ValidationError; what is wrong with one row stands in the row."""
        cleaned = super().clean() or self.cleaned_data
        self.rows = [replace(row, problem=why) if (why := self._why(row)) else row for row in self.rows]
        columns = tuple(Column(row.holds, row.heading, row.required) for row in self.rows if row.holds)
        if names_nobody(columns):
            raise ValidationError(_("Add a column with the first name or the last name: nobody can do without."))
        if len(columns) > MAX_COLUMNS:
            raise ValidationError(_("A format can have at most %(most)d columns.") % {"most": MAX_COLUMNS})
        if any(row.problem for row in self.rows):
            raise ValidationError(_("Look at the columns: what is wrong stands beside each."))
        self.format = Format(cleaned.get("name", ""), columns, cleaned.get("has_header", False))
        return cleaned

    def _why(self, row: ColumnRow) -> str:
        """Return what is wrong with a row, "" for nothing."""
        earlier = self.rows[: row.number - 1]
        if row.holds not in {"", *UserFileColumn.Holds.values}:
            return _("Choose from the list.")
        if not row.holds:
            return _("Choose what the column holds, or take it out.") if row.heading else ""
        if row.holds != IGNORED and any(other.holds == row.holds for other in earlier):
            return _("Another column holds this already.")
        if row.holds == IGNORED and row.required:
            return _("A column that is ignored cannot be required.")
        return _heading_problem(row, earlier)


def _heading_problem(row: ColumnRow, earlier: Sequence[ColumnRow]) -> str:
    folded = fold_heading(row.heading)
    if len(row.heading) > MAX_HEADING:
        return _("A heading can have at most %(most)d characters.") % {"most": MAX_HEADING}
    if row.heading and (not folded or is_formula(row.heading) or "\0" in row.heading):
        return _("Write a heading with letters or digits, as it stands in the file.")
    if row.heading and any(fold_heading(other.heading) == folded for other in earlier):
        return _("Another column has this heading.")
    if usual_field_of(row.heading) == PROBLEM:
        return _("“Problem” is the heading that we write over what is wrong. Leave this one empty.")
    return ""


def read_columns(sent: QueryDict) -> list[ColumnRow]:
    """Return the rows of a table as a page sent it, in their order."""
    rows = []
    for number in range(1, MAX_COLUMNS + 6):
        if f"holds-{number}" not in sent:
            break
        heading = str(sent.get(f"heading-{number}", "")).strip()
        rows.append(ColumnRow(number, str(sent[f"holds-{number}"]), heading, f"required-{number}" in sent))
    return rows


def arranged(rows: Sequence[ColumnRow], sent: QueryDict) -> list[ColumnRow]:
    """Return the rows after the button that was pressed: one more, one out, one up or one down."""
    found = list(rows)
    place = next((whole_number(str(sent[name]), digits=2) - 1 for name in ("up", "down", "drop") if name in sent), -1)
    if "more" in sent and len(found) < MAX_COLUMNS:
        found.append(ColumnRow(0))
    elif 0 <= place < len(found):
        row = found.pop(place)
        if "drop" not in sent:
            found.insert(max(0, place - 1) if "up" in sent else place + 1, row)
    return [replace(row, number=number, problem="") for number, row in enumerate(found, start=1)]


def initial_of(stored: UserFileFormat) -> dict[str, Any]:
    """Return the values of the form for a stored format."""
    return {"name": stored.name, "has_header": stored.has_header}
