"""Refuse cells that are not what somebody typed: damage by a spreadsheet, hidden characters, words for nothing."""

from __future__ import annotations

import re
from typing import Literal

from django.utils.translation import gettext as _

from candidates.intake.cells import CellProblem, clean_candidate_id, hidden_problem
from candidates.intake.columns import MappedRow
from candidates.intake.headings import CANDIDATE_ID, EXTRA_TIME
from candidates.tabular.damage import date_damage, spreadsheet_damage
from candidates.tabular.hidden import spelt_out

# What programs write where there is nothing; a word of it may also be somebody's ID or name.
_NOTHING = frozenset(
    {
        *("null", "(null)", "<null>", "[null]", "\\n", "n/a", "<n/a>", "n.a.", "<na>", "nat", "undefined"),
        *("-", "--", "---", "\u2013", "\u2014", "\u2212"),
    }
)
_WORDS_OF_NOTHING = frozenset({"none", "nan", "nil", "na"})
_ERRORS = frozenset(
    {
        *(
            "#n/a",
            "#na",
            "#ref!",
            "#value!",
            "#div/0!",
            "#name?",
            "#num!",
            "#null!",
            "#i/t",
            "#nv",
            "#verdi!",
            "#wert!",
        ),
        *("#saknas!", "#värdefel!", "#bezug!", "#referanse!", "#referens!"),
    }
)
_LONGEST = 16
# A comma also stands in names, which are looked at elsewhere.
_SEPARATED = re.compile(r'[;|\t]|".*,|,.*"|^[^,]*[0-9][^,]*,')
Nothing = Literal["", "sure", "word", "error"]
"""How surely a cell says that there is nothing: "error" is what a spreadsheet shows where it lost something."""


def reads_as_nothing(text: str) -> Nothing:
    """Tell whether a program wrote this where there was nothing; of the words of it some may be meant."""
    if len(text) > _LONGEST:
        return ""
    folded = text.strip().casefold()
    if folded in _NOTHING:
        return "sure"
    if folded in _WORDS_OF_NOTHING:
        return "word"
    return "error" if folded in _ERRORS else ""


def nothing_problem(value: str, *, may_be_meant: bool = False, proposal: str | None = None) -> CellProblem | None:
    """Return the problem of a cell that has to say something and says NULL or the like, None for any other."""
    nothing = reads_as_nothing(value)
    if not nothing:
        return None
    message = _("“%(cell)s” is what programs write where there is nothing. Type it from your own list.")
    doubted = may_be_meant and nothing == "word"
    return CellProblem(message % {"cell": value}, proposal, doubt="nothing" if doubted else "")


def refuse_kind(row: MappedRow, column: str) -> None:
    """Raise CellProblem for a cell whose text is not what was typed (F8, C39)."""
    if not row.kinds:  # as of nearly all rows
        return
    kind = row.kinds.get(column)
    if kind == "hidden" and (found := spelt_out(row.values[column])):
        raise hidden_problem(*found)
    if kind == "formula":
        raise CellProblem(_("The formula has no stored result. Open the workbook, save it, and upload it again."))
    if kind == "date":
        if column == CANDIDATE_ID:
            damage = date_damage(row.values[column])
            raise CellProblem(damage.message, damage.proposal)
        clock = re.fullmatch(r"0?([0-9]{1,2}):([0-5][0-9]):00", row.values[column]) if column == EXTRA_TIME else None
        message = _("The spreadsheet turned this into a date or a time. Type it from your own list.")
        raise CellProblem(message, str(int(clock[1]) * 60 + int(clock[2])) if clock else None)
    if kind == "error":
        raise CellProblem(_("The spreadsheet shows an error in this cell. Type the value from your own list."))
    if kind == "digits":
        raise CellProblem(_("The spreadsheet keeps only 15 digits of a number. Type it from your own list."))
    if kind == "across" and column == CANDIDATE_ID:
        message = _("The cell is merged over several columns: it names the rows below, and is nobody. Leave it out.")
        raise CellProblem(message, doubt="nobody")
    if kind == "layout":
        message = _("The spreadsheet shows this number in another way, or not at all. Type it from your own list.")
        raise CellProblem(message)
    if kind == "format":
        shown = row.values[column]
        if column == EXTRA_TIME and "%" not in shown and not shown.isdecimal():
            return  # 30 in the format 0 "min": checked as if "30 min" were typed
        message = _("The spreadsheet shows this number in a format of its own. Check the number.")
        raise CellProblem(message, shown)


def undamaged_id(raw: str) -> str:
    """Return a cleaned Candidate ID. Raises CellProblem, also for what a spreadsheet has damaged."""
    value = clean_candidate_id(raw)
    if problem := nothing_problem(value, may_be_meant=True):
        raise problem
    if damage := spreadsheet_damage(value):
        raise CellProblem(damage.message, damage.proposal, doubt="" if damage.kind == "error" else "damage")
    return value


def refuse_whole_row(row: MappedRow) -> None:
    """Raise CellProblem for a Candidate ID that holds a separator, as a whole row does, and is alone or has quotes."""
    value = row.values[CANDIDATE_ID].strip()
    if not _SEPARATED.search(value):
        return
    others = (text for name, text in row.values.items() if name != CANDIDATE_ID)
    if '"' not in value and (row.surplus or any(map(str.strip, others))):
        return
    message = _(
        "This looks like a whole row that stands in one cell. If it is no Candidate ID, write each value into its own "
        "cell, or read the list in another way."
    )
    raise CellProblem(message, doubt="damage")
