"""How the preview speaks of a list: as a file that was uploaded, or as rows that were pasted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.findings import CandidateRow
from candidates.intake.importing import Report
from candidates.lifecycle.spares import people_on
from candidates.models import Import, Test
from candidates.models.tests import MAX_CANDIDATES

MAX_NAMED = 20
"""Rows that a sentence names."""


@dataclass(frozen=True, slots=True)
class Words:
    """Name a list by what it is to the person: a file, or rows that were pasted."""

    source: str
    rows: str
    found: str
    cell: str
    id_cell: str
    fix: str
    again: str
    one_row: str
    many_rows: str
    both_ends: str


def words_for(draft: Import) -> Words:
    """Return the words for a draft."""
    if draft.kind == Import.Kind.PERMANENT:
        return Words(
            source=_("selected"),
            rows=_("People selected"),
            found="",
            cell=_("As it is"),
            id_cell=_("Candidate ID"),
            fix=_("Fix the cell here, or leave the person out."),
            again=_("Select others"),
            one_row=_("Row %(row)d of those selected."),
            many_rows=_("Rows %(first)d to %(last)d of those selected."),
            both_ends=_("Rows %(first)d to %(last)d and %(from)d to %(to)d of those selected."),
        )
    if draft.file_name:
        return Words(
            source=_("uploaded"),
            rows=_("Rows in the file"),
            found=_("How we read the file"),
            cell=_("In the file"),
            id_cell=_("Candidate ID in the file"),
            fix=_("Row numbers are those your spreadsheet shows. Fix the cell here, or leave its row out."),
            again=_("Upload another file"),
            one_row=_("Row %(row)d of the file."),
            many_rows=_("Rows %(first)d to %(last)d of the file."),
            both_ends=_("Rows %(first)d to %(last)d and %(from)d to %(to)d of the file."),
        )
    return Words(
        source=_("sent"),
        rows=_("Rows pasted"),
        found=_("How we read the rows"),
        cell=_("As pasted"),
        id_cell=_("Candidate ID as pasted"),
        fix=_("Row 1 is the first line that you pasted. Fix the cell here, or leave its row out."),
        again=_("Back to the pasted rows"),
        one_row=_("Row %(row)d of those pasted."),
        many_rows=_("Rows %(first)d to %(last)d of those pasted."),
        both_ends=_("Rows %(first)d to %(last)d and %(from)d to %(to)d of those pasted."),
    )


def name_of(one: Import, *, hidden: bool = False) -> str:
    """Return what a list is called: its file, the list of permanent users that it was, or what it was instead.

    `hidden` names no list of permanent users: who may not use it learns only that it was one (C7).
    """
    if one.file_name and one.kind == Import.Kind.PERMANENT and hidden:
        return _("a list of permanent users")
    if one.file_name:
        return one.file_name
    return _("Selected permanent users") if one.kind == Import.Kind.PERMANENT else _("Pasted rows")


def existing_choices(waiting: Import) -> list[tuple[str, str, bool]]:
    """Return what may happen to people who are known already (D15, D16): value, words, whether it is chosen."""
    update = (
        _("Update their names, e-mail and external ID")
        if waiting.kind == Import.Kind.USERS
        else _("Update them with what the list says")
    )
    words = {Import.Existing.SKIP: Import.Existing.SKIP.label, Import.Existing.UPDATE: update}
    return [(value.value, str(label), value == waiting.existing) for value, label in words.items()]


def rows_shown(words: Words, shown: Sequence[CandidateRow], gap: int = 0) -> str:
    """Return which rows a table shows, "" where it shows none; in front of the one at `gap` others are left out."""
    if not shown:
        return ""
    if len(shown) == 1:
        return words.one_row % {"row": shown[0].number}
    if gap:
        ends = {"first": shown[0], "last": shown[gap - 1], "from": shown[gap], "to": shown[-1]}
        return words.both_ends % {name: row.number for name, row in ends.items()}
    return words.many_rows % {"first": shown[0].number, "last": shown[-1].number}


def found_words(find: str, found: frozenset[int], report: Report, count: int) -> str:
    """Return what a search found: how many rows that are ready, and which rows stand elsewhere on the page."""
    said = [ngettext("%(n)d row with “%(find)s” is ready.", "%(n)d rows with “%(find)s” are ready.", count)]
    wrong = sorted(found & {problem.row for problem in report.problems})
    known = sorted(found & {row.number for row in report.already})
    if wrong:
        said.append(ngettext("To fix above: row %(wrong)s.", "To fix above: rows %(wrong)s.", len(wrong)))
    if known:
        said.append(ngettext("On the test already: row %(known)s.", "On the test already: rows %(known)s.", len(known)))
    values = {"n": count, "find": find, "wrong": _few(wrong), "known": _few(known)}
    return " ".join(said) % values


def _few(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:MAX_NAMED])) + (", …" if len(numbers) > MAX_NAMED else "")


def problems_heading(problems: int, rows: int) -> str:
    """Return how many cells are wrong, and in how many rows: a row may have several."""
    found = {
        "problems": ngettext("%(n)d problem to fix", "%(n)d problems to fix", problems) % {"n": problems},
        "rows": ngettext("%(n)d row", "%(n)d rows", rows) % {"n": rows},
    }
    return _("%(problems)s in %(rows)s") % found


def totals(words: Words, test: Test, total: int, report: Report, wrong: int) -> list[dict[str, Any]]:
    """Return the figures on top. The last one counts rows with a problem too: they are added once they are mended."""
    most = _("of %(most)d") % {"most": MAX_CANDIDATES}
    # every name of permanent users is one, which is said once, and not counted
    look = len({notice.row for notice in report.warnings if notice.kind not in ("tidied", "nothing", "names")})
    counted = [
        (_("Ready"), len(report.ready), "", True),
        (_("To fix"), wrong, "is-fail", True),
        (_("On the test already"), len(report.already), "", bool(report.already)),
        (_("Left out"), report.left_out, "", bool(report.left_out)),
        (_("To check"), look, "is-warn", True),
    ]
    return [
        {"term": words.rows, "value": total},
        *(
            {"term": term, "value": count, "note": ngettext("row", "rows", count), "shape": shape if count else ""}
            for term, count, shape, shown in counted
            if shown
        ),
        {
            "term": _("On the test when added"),
            "value": people_on([test])[test.pk] + len(report.ready) + wrong,
            "note": most,
        },
    ]


def button_words(report: Report, wrong: int) -> str:
    """Return what the button says: the effect and the number, as if everything wrong were mended."""
    add, update = len(report.ready) + wrong, len(report.updates)
    if report.leaving:
        parts = ((add, _("add %(n)d")), (update, _("change %(n)d")), (len(report.leaving), _("remove %(n)d")))
        return capfirst(", ".join(words % {"n": count} for count, words in parts if count))
    if add and update:
        return _("Add %(add)d and update %(update)d candidates") % {"add": add, "update": update}
    if update:
        return ngettext("Update %(n)d candidate", "Update %(n)d candidates", update) % {"n": update}
    if not add:
        return _("Add candidates")
    return ngettext("Add %(n)d candidate", "Add %(n)d candidates", add) % {"n": add}


def why_not_yet(report: Report, wrong: int, *, letters: bool) -> str:
    """Return why the button cannot work, "" where it can."""
    if report.refusal:
        return report.refusal
    todo = []
    if wrong:
        todo.append(ngettext("fix or leave out %(n)d row", "fix or leave out %(n)d rows", wrong) % {"n": wrong})
    if report.asks_about_hidden_rows:
        todo.append(_("say whether the hidden rows belong to the list"))
    if report.must_choose:
        n = len(report.already)
        sentence = ngettext(
            "say what happens to the candidate who is on the test already",
            "say what happens to the %(n)d candidates who are on the test already",
            n,
        )
        if report.is_prepared:
            sentence = ngettext(
                "say what happens to the person who is prepared already",
                "say what happens to the %(n)d people who are prepared already",
                n,
            )
        todo.append(sentence % {"n": n})
    if todo and letters:
        todo.append(_("confirm the letters"))
    if todo:
        return _("%(todo)s, then check again.") % {"todo": _(" and ").join(todo)}
    if not report.ready and not report.updates and not report.leaving:
        return _("nobody in this list is new, and nothing about them would change.")
    return ""
