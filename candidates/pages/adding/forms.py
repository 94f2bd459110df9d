"""Rows of one-time users as a form sends them, and as a page shows them again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from candidates.intake.findings import Notice, Problem
from candidates.intake.headings import CANDIDATE_ID, EXTRA_TIME, column_label
from candidates.intake.typed import TypedRow, shown_ids
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import WholeNumberField

MAX_NAMED_ROWS = 400
"""Rows sent as fields of their own; two each stay below DATA_UPLOAD_MAX_NUMBER_FIELDS (J1)."""
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


class RowsLost(ValueError):
    """The rows did not arrive in a shape that the page sends; `sentence` says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def read_rows(data: QueryDict) -> list[TypedRow]:
    """Return the rows of a form, from fields named `id` and `extra` or from the one field `rows` (JSON pairs).

    Raises RowsLost.
    """
    if "rows" in data:
        pairs = _pairs(str(data["rows"]))
    else:
        ids, extras = data.getlist("id"), data.getlist("extra")
        if len(ids) != len(extras):
            raise RowsLost(_("Some of the rows did not arrive. Nothing is saved. Load the page again."))
        pairs = list(zip(ids, extras, strict=True))
    if len(pairs) > MAX_CANDIDATES:
        sentence = _("%(count)d rows are more than a test holds (1500). Nothing is saved.")
        raise RowsLost(sentence % {"count": len(pairs)})
    return [TypedRow(_whole(candidate_id), _whole(extra)) for candidate_id, extra in pairs]


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


def _pairs(text: str) -> list[tuple[str, str]]:
    if not text:
        sentence = _(
            "The rows did not arrive: more than 400 rows need this page's script. "
            "Nothing is saved. Generate at most 400 at a time."
        )
        raise RowsLost(sentence)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(_is_pair(pair) for pair in found):
        raise RowsLost(_("Some of the rows did not arrive. Nothing is saved. Load the page again."))
    return [(pair[0], pair[1]) for pair in found]


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(cell, str) for cell in pair)


def _whole(text: str) -> str:
    """Return a text that can be shown again: half of a character, which JSON may carry, becomes its marker."""
    return _SURROGATES.sub("\ufffd", text)


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
    id_problem: str = ""
    extra_problem: str = ""
    notice: str = ""


def edit_rows(
    rows: Sequence[TypedRow], *, after: int, problems: Iterable[Problem] = (), warnings: Iterable[Notice] = ()
) -> list[EditRow]:
    """Return the rows for the page: everything as it was typed, with the message of each cell."""
    wrong = {(problem.row, problem.column): problem.message for problem in problems}
    noticed = {notice.row: notice.message for notice in warnings}
    marked = {row for row, _column in wrong} | noticed.keys()
    id_label, extra_label = _("Candidate ID, row %d"), _("Extra time in minutes, row %d")
    drop_label = _("Take out row %d")
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
            f"#{'id' if problem.column == CANDIDATE_ID else 'extra'}-{problem.row}",
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
