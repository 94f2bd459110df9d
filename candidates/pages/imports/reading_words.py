"""How the preview says the file was read, and what of it nobody may have meant: hidden, merged, split, other sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import type_label
from candidates.intake.found import Found
from candidates.intake.headings import column_label
from candidates.models import Import
from candidates.tabular.table import Delimiter, delimiter_name

_MOST = 5
"""Names of sheets, and places of merged cells, that a sentence has."""
_MOST_RANGES = 12


@dataclass(frozen=True, slots=True)
class ReadingNote:
    """One sentence about how the file was read, and the button that reads it otherwise: its field, value and words."""

    text: str
    field: str = ""
    value: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class HiddenRows:
    """The rows that nobody sees in the spreadsheet: what is asked or was answered, and the answers to choose from."""

    heading: str
    text: str
    answers: list[tuple[str, str]]
    is_open: bool


def reading_facts(
    draft: Import, columns: Sequence[str], label: Callable[[str], str] = column_label
) -> list[dict[str, Any]]:
    """Return how the list was read (D13, D14)."""
    pasted, workbook, found = not draft.file_name, is_workbook(draft), Found.of(draft)
    kind = _("Pasted text") if pasted else _("Excel workbook") if workbook else draft.encoding
    header = {"term": _("Header"), "value": _("None, columns in the usual order"), "note": ""}
    if draft.header_row is not None:
        header["value"] = _("Row %(row)d") % {"row": draft.header_row}
        header["note"] = _("(rows above it are left out)") if draft.header_row > 1 else ""
    term = _("Encoding") if draft.encoding and not pasted else _("Source")
    facts: list[dict[str, Any]] = [{"term": term, "value": kind}]
    if found.sheets:
        facts.append({"term": _("Sheet"), "value": sheet_name(found, found.sheet)})
    if not workbook or found.split:
        delimiter: Delimiter = draft.delimiter  # type: ignore[assignment]  # the database holds no others
        facts.append({"term": _("Separator"), "value": delimiter_name(delimiter)})
    facts.append(header)
    if draft.test is None:  # of candidates they stand below, one by one
        facts.append({"term": _("Columns"), "value": ", ".join(label(name) for name in columns)})
    elif draft.format_name:
        facts.append({"term": _("Format"), "value": draft.format_name})
    if draft.authentication_type:
        facts.append({"term": _("Authentication type"), "value": type_label(draft.authentication_type)})
    return facts


def is_workbook(draft: Import) -> bool:
    """Say whether the list came as a workbook, which has neither encoding nor separator."""
    return bool(draft.file_name) and not draft.encoding


def sheet_name(found: Found, number: int) -> str:
    """Return what a sheet is called, and that it is hidden."""
    for one, title, hidden in found.sheets:
        if one == number:
            return _("%(name)s (hidden)") % {"name": title} if hidden else title
    return ""


def reading_notes(waiting: Import) -> list[ReadingNote]:
    """Return what somebody may not have meant about the way in which the file was read."""
    return list(_notes(Found.of(waiting), is_kept=not waiting.has_passwords))


def _notes(found: Found, *, is_kept: bool) -> Iterator[ReadingNote]:
    others = [sheet_name(found, number) for number, _title, _hidden in found.sheets if number != found.sheet]
    if others:
        names = ", ".join(f"“{name}”" for name in others[:_MOST]) + (" …" if len(others) > _MOST else "")
        text = _("Only the sheet “%(sheet)s” was read. Other sheets with content: %(names)s.")
        if not is_kept:
            text += " " + _("To read another one, save it as a file of its own.")
        yield ReadingNote(text % {"sheet": sheet_name(found, found.sheet), "names": names})
    if found.split:
        text = _("Each row stood in a single cell. It was split at this separator: %(name)s.")
        yield ReadingNote(
            text % {"name": delimiter_name(found.split)}, "delimiter", "none", _("Read it without splitting")
        )
    if found.split_rows:
        text = ngettext(
            "Row %(rows)s stood in a single cell, and was split like the others. Look at it below.",
            "Rows %(rows)s stood in a single cell each, and were split like the others. Look at them below.",
            len(found.split_rows),
        )
        yield ReadingNote(text % {"rows": _ranges(found.split_rows)})
    if found.filled:
        text = _("Merged cells were filled down, so that each row has their text: %(places)s.")
        yield ReadingNote(text % {"places": _places(found.filled)}, "fill_down", "no", _("Leave the other rows empty"))
    if found.not_filled:
        text = _("Cells are merged, and only the first row of each has the text: %(places)s.")
        yield ReadingNote(text % {"places": _places(found.not_filled)}, "fill_down", "yes", _("Fill them down"))
    if found.gaps:
        text = _(
            "Only rows %(rows)s name a building or room, as where cells were merged before. "
            "The rows below them are in no room."
        )
        button = _("Put them in the room of the row above")
        yield ReadingNote(text % {"rows": _ranges(found.gaps)}, "from_above", "yes", button)
    if found.filled_from_above:
        text = _("Rows without a building or room were put in that of the row above.")
        yield ReadingNote(text, "from_above", "no", _("Leave them without"))
    if found.across:
        text = _("Cells are merged over several columns, and only the first column has the text: %(places)s.")
        yield ReadingNote(text % {"places": _places(found.across)})
    if found.hidden_columns:
        text = ngettext(
            "Column %(letters)s is hidden in the spreadsheet, and is read like the others.",
            "Columns %(letters)s are hidden in the spreadsheet, and are read like the others.",
            len(found.hidden_columns),
        )
        if not is_kept:
            text += " " + _("If that is not meant, delete what is hidden, and upload the file again.")
        letters = ", ".join(found.hidden_columns)
        yield ReadingNote(text % {"letters": letters}, "hidden_columns", "out", _("Read it without hidden columns"))
    if found.left_out_columns:
        text = ngettext(
            "Column %(letters)s is hidden in the spreadsheet, and is not read.",
            "Columns %(letters)s are hidden in the spreadsheet, and are not read.",
            len(found.left_out_columns),
        )
        letters = ", ".join(found.left_out_columns)
        yield ReadingNote(text % {"letters": letters}, "hidden_columns", "in", _("Read hidden columns, too"))


def _places(references: Sequence[str]) -> str:
    return ", ".join(references[:_MOST]) + (" …" if len(references) > _MOST else "")


def hidden_rows(waiting: Import) -> HiddenRows | None:
    """Return the question about rows that are hidden in the spreadsheet, or what was answered; None without any."""
    rows = waiting.found.get("hidden_rows", [])
    if not rows:
        return None
    count, are = len(rows), waiting.hidden_rows_are
    heading = ngettext(
        "%(n)d row is hidden in the spreadsheet: does it belong to the list?",
        "%(n)d rows are hidden in the spreadsheet: do they belong to the list?",
        count,
    )
    text = ngettext(
        "Row %(rows)s. A filter may hide it, or somebody has hidden it.",
        "Rows %(rows)s. A filter may hide them, or somebody has hidden them.",
        count,
    )
    said: dict[str, str] = {
        Import.HiddenRows.IN: _("You have said that this belongs to the list."),
        Import.HiddenRows.OUT: _("You have left this out."),
    }
    words: dict[str, str] = {
        Import.HiddenRows.IN: ngettext("It belongs to the list", "They belong to the list", count),
        Import.HiddenRows.OUT: ngettext("Leave it out", "Leave them out", count),
    }
    answers = [(value, label) for value, label in words.items() if value != are]
    found = {"n": count, "rows": _ranges(rows)}
    return HiddenRows(heading % found, f"{text % found} {said.get(are, '')}".strip(), answers, not are)


def _ranges(numbers: Sequence[int]) -> str:
    """Return 3, 5–9 for the numbers of rows."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][-1] == number - 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    named = ["–".join(map(str, one)) for one in ranges[:_MOST_RANGES]]
    return ", ".join(named) + (" …" if len(ranges) > _MOST_RANGES else "")
