"""Rows of one-time users as a form sends them, and as a page shows them again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from candidates.intake.findings import Notice, Problem
from candidates.intake.headings import CANDIDATE_ID, EXTRA_TIME, NAME, PRIVATE_REFERENCE, SEAT, column_label
from candidates.intake.typed import TypedRow, shown_ids
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import WholeNumberField

MAX_NAMED_ROWS, MAX_WHOLE_ROWS = 400, 180
"""Rows sent as fields of their own, two each, or five with who it is: below DATA_UPLOAD_MAX_NUMBER_FIELDS (J1)."""
FIELDS = {CANDIDATE_ID: "id", EXTRA_TIME: "extra", NAME: "name", PRIVATE_REFERENCE: "reference", SEAT: "seat"}
"""The fields of a row, in the order of TypedRow; the last three may be missing."""
MORE = (NAME, PRIVATE_REFERENCE, SEAT)
MAX_LINES = 20
_SURROGATES = re.compile("[\ud800-\udfff]")


class CountField(WholeNumberField):
    """How many candidates to generate, up to what a test holds (docs/domain.md §2)."""

    def to_python(self, value: Any) -> int | None:
        """Return the number; one with too many digits is too large, not "no number". Raises ValidationError."""
        digits = str(value or "").strip().lstrip("0")
        if len(digits) > 4 and digits.isascii() and digits.isdecimal():
            raise ValidationError(self.error_messages["max_value"], code="max_value")
        return super().to_python(value)


class CountForm(DeliverForm):
    """How many rows to generate."""

    n = CountField(
        label=gettext_lazy("Number of candidates"),
        min_value=1,
        max_value=MAX_CANDIDATES,
        error_messages={
            "required": gettext_lazy("Write how many candidates, like 30."),
            "max_value": gettext_lazy("A test holds at most 1500 candidates. Write a number up to 1500."),
            "min_value": gettext_lazy("Write a number from 1 to 1500."),
        },
    )
    more = forms.BooleanField(
        label=gettext_lazy("With name, private reference and seat"),
        required=False,
    )


class RowsLost(ValueError):
    """The rows did not arrive in a shape that the page sends; `sentence` says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def read_rows(data: QueryDict) -> list[TypedRow]:
    """Return the rows of a form, from fields named as in FIELDS or from the one field `rows` (JSON lists of them).

    Raises RowsLost.
    """
    if "rows" in data:
        rows = _lists(str(data["rows"]), most_rows(more=has_more(data)))
    else:
        columns = [data.getlist(name) for name in FIELDS.values()]
        count = len(columns[0])
        if len(columns[1]) != count or any(len(column) not in (0, count) for column in columns):
            raise RowsLost(_("Some of the rows did not arrive. Nothing is saved. Load the page again."))
        rows = [list(row) for row in zip(*(column or [""] * count for column in columns), strict=True)]
    if len(rows) > MAX_CANDIDATES:
        sentence = _("%(count)d rows are more than a test holds (1500). Nothing is saved.")
        raise RowsLost(sentence % {"count": len(rows)})
    return [TypedRow(*map(_whole, row)) for row in rows]


def has_more(data: QueryDict) -> bool:
    """Say whether the page had fields for name, private reference and seat."""
    return data.get("more") in ("on", "1")


def read_after(data: QueryDict) -> int | None:
    """Return the number after which the page counted on, None where it did not say."""
    text = data.get("after", "")
    return int(text) if re.fullmatch(r"[0-9]{1,8}", text) else None


def read_meant(data: QueryDict) -> frozenset[str]:
    """Return the Candidate IDs that are right as they are typed, one a line: what was doubted and then insisted on."""
    return frozenset(line for value in data.getlist("meant") for line in re.split(r"[\r\n]+", value) if line)


def read_drop(data: QueryDict, rows: Sequence[TypedRow]) -> list[TypedRow]:
    """Return the rows without the one whose "Take out" was pressed."""
    text = data.get("drop", "")
    place = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else 0
    return [row for number, row in enumerate(rows, start=1) if number != place]


def most_rows(*, more: bool) -> int:
    """Return how many rows are sent as fields of their own."""
    return MAX_WHOLE_ROWS if more else MAX_NAMED_ROWS


def _lists(text: str, most: int) -> list[list[str]]:
    if not text:
        sentence = _(
            "The rows did not arrive: more than %(n)d rows need this page's script. "
            "Nothing is saved. Generate at most %(n)d at a time."
        )
        raise RowsLost(sentence % {"n": most})
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(_is_row(row) for row in found):
        raise RowsLost(_("Some of the rows did not arrive. Nothing is saved. Load the page again."))
    return found


def _is_row(row: object) -> bool:
    return isinstance(row, list) and 2 <= len(row) <= len(FIELDS) and all(isinstance(cell, str) for cell in row)


def _whole(text: str) -> str:
    """Return a text that can be shown again: half of a character, which JSON may carry, becomes its marker."""
    return _SURROGATES.sub("\ufffd", text)


class MoreCell(NamedTuple):
    """A field for who somebody is, or the seat."""

    name: str
    text: str
    label: str
    head: str
    problem: str


@dataclass(frozen=True, slots=True)
class EditRow:
    """Hold one row of the table as the page shows it; all labels are ready, because 1500 rows are shown at once."""

    number: str
    candidate_id: str
    extra: str
    placeholder: str
    id_label: str
    extra_label: str
    drop_label: str
    plain: bool
    more: list[MoreCell]
    id_problem: str = ""
    extra_problem: str = ""
    notice: str = ""


def edit_rows(
    rows: Sequence[TypedRow],
    *,
    after: int,
    more: bool = False,
    problems: Iterable[Problem] = (),
    warnings: Iterable[Notice] = (),
) -> list[EditRow]:
    """Return the rows for the page: everything as it was typed, with the message of each cell; with `more` all five."""
    wrong = {(problem.row, problem.column): problem.message for problem in problems}
    noticed = {notice.row: notice.message for notice in warnings}
    marked = {row for row, _column in wrong} | noticed.keys()
    id_label, extra_label = _("Candidate ID, row %d"), _("Extra time in minutes, row %d")
    drop_label = _("Take out row %d")
    heads = [(column, FIELDS[column], column_label(column)) for column in MORE] if more else []
    in_row = _("%(column)s, row %(row)d")
    return [
        EditRow(
            str(number),
            row.candidate_id,
            row.extra,
            "" if row.candidate_id else shown,
            id_label % number,
            extra_label % number,
            drop_label % number,
            plain=number not in marked,
            more=[
                MoreCell(
                    name,
                    getattr(row, name),
                    in_row % {"column": head, "row": number},
                    head,
                    wrong.get((number, column), ""),
                )
                for column, name, head in heads
            ],
            id_problem=wrong.get((number, CANDIDATE_ID), ""),
            extra_problem=wrong.get((number, EXTRA_TIME), ""),
            notice=noticed.get(number, ""),
        )
        for number, (row, shown) in enumerate(zip(rows, shown_ids(rows, after), strict=True), start=1)
    ]


def problem_lines(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    """Return (href, text) for the error summary, the first twenty and how many more there are."""
    sentence = _("%(column)s in row %(row)d: %(message)s")
    lines = [
        (
            f"#{FIELDS.get(problem.column, 'id')}-{problem.row}",
            sentence % {"column": column_label(problem.column), "row": problem.row, "message": problem.message},
        )
        for problem in problems[:MAX_LINES]
    ]
    if more := len(problems) - len(lines):
        text = ngettext("%(n)d more cell is marked in the table.", "%(n)d more cells are marked in the table.", more)
        lines.append(("", text % {"n": more}))
    return lines


def cells_to_fix(problems: Sequence[Problem]) -> str:
    """Return the heading of the error summary."""
    count = len(problems)
    text = ngettext("Nothing is saved yet: %(n)d cell to fix", "Nothing is saved yet: %(n)d cells to fix", count)
    return text % {"n": count}


def notices_in_words(warnings: Sequence[Notice]) -> str:
    """Return one sentence about candidates who were added and should be looked at, "" where there are none."""
    if not warnings:
        return ""
    few = "; ".join(f"{notice.cell}: {notice.message.rstrip('.')}" for notice in warnings[:3])
    count = len(warnings)
    text = ngettext("Check %(n)d Candidate ID. %(few)s%(more)s", "Check %(n)d Candidate IDs. %(few)s%(more)s", count)
    more = _("; and %(n)d more.") % {"n": count - 3} if count > 3 else "."
    return text % {"n": count, "few": few, "more": more}
