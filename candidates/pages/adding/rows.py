"""What the pages for adding one-time users show: the ways, the places that are left, and the rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.cells import trim
from candidates.intake.door import NoRoom
from candidates.intake.findings import Notice, Problem
from candidates.intake.headings import CANDIDATE_ID, column_label
from candidates.intake.typed import TypedRow
from candidates.models import Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.adding.forms import MORE, cells_to_fix, edit_rows, most_rows, problem_lines

MAX_NAMED = 10
"""IDs that the label of a box names."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Say why nothing was saved: a sentence about the whole, what to do about it, or problems of cells."""

    sentence: str = ""
    advice: str = ""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Notice, ...] = ()

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Return (href, text) for the error summary."""
        if self.problems:
            return problem_lines(self.problems)
        return [("", self.advice or _("Nothing is saved."))]

    @property
    def heading(self) -> str:
        """Return the heading of the error summary."""
        return self.sentence or cells_to_fix(self.problems)


def no_room(wanted: int, full: NoRoom) -> Trouble:
    """Return the refusal of more candidates than there are places, and how many would fit (D4)."""
    left = full.places_left
    places = ngettext("%(left)d place is left", "%(left)d places are left", left) % {"left": left}
    many = ngettext("%(wanted)d is too many", "%(wanted)d are too many", wanted) % {"wanted": wanted}
    sentence = _("%(many)s: %(places)s of %(most)d. Nothing is added.")
    advice = (
        _("Add fewer: this test has room for %(left)d more.")
        if left
        else _("Remove candidates first: this test has room for %(left)d more.")
    )
    return Trouble(sentence % {"many": many, "places": places, "most": MAX_CANDIDATES}, advice=advice % {"left": left})


def _few(ids: Sequence[str]) -> str:
    """Return the IDs as a label names them, the first of many."""
    more = len(ids) - MAX_NAMED
    named = ", ".join(ids[:MAX_NAMED])
    return _("%(ids)s and %(n)d more") % {"ids": named, "n": more} if more > 0 else named


def rows_page(
    test: Test, rows: Sequence[TypedRow], trouble: Trouble | None, meant: Collection[str] = (), *, more: bool = False
) -> dict[str, Any]:
    """Return the rows as the table shows them, the error summary, and what saving does.

    With `more` each has fields for name, private reference and seat. `meant` are the Candidate IDs that somebody has
    insisted on.
    """
    trouble_or_none = trouble or Trouble()
    problems = trouble_or_none.problems
    doubted = list(dict.fromkeys(trim(one.cell) for one in problems if one.doubt and one.column == CANDIDATE_ID))
    count, left = len(rows), test.places_left - len(rows)
    taken = sum(problem.column == CANDIDATE_ID for problem in trouble_or_none.problems)
    adds = ngettext("Adds %(n)d candidate.", "Adds %(n)d candidates.", count) % {"n": count}
    then = ngettext("%(n)d place is left then.", "%(n)d places are left then.", left) % {"n": left}
    many = _("{n} candidates, not saved. Change any ID or extra time; nothing is stored before you press Save.")
    one = _("1 candidate, not saved. Change the ID or extra time; nothing is stored before you press Save.")
    return {
        "rows": edit_rows(
            rows,
            after=test.last_number,
            more=more,
            problems=trouble_or_none.problems,
            warnings=trouble_or_none.warnings,
        ),
        "problems": trouble.lines if trouble else [],
        "problems_heading": trouble.heading if trouble else "",
        "after": test.last_number,
        "more": more,
        "more_heads": [column_label(column) for column in MORE] if more else [],
        "most": most_rows(more=more),
        "one_field": count > most_rows(more=more),
        "renumber": taken,
        "meant": "\n".join(sorted(meant)),
        "doubted": "\n".join(doubted),
        "doubted_words": _few(doubted),
        "one": one,
        "many": many,
        "caption": one if count == 1 else many.replace("{n}", str(count)),
        "note": f"{adds} {then}" if left >= 0 else "",
        "next_id": edit_rows([TypedRow()], after=test.last_number)[0].placeholder,
    }
