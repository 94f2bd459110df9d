"""What the preview of a waiting list shows: everything ready, so that 1500 rows cost only their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.cells import looks_personal
from candidates.intake.columns import CANDIDATE_ID, EXTRA_TIME, MappedRow, column_label
from candidates.intake.drafts import rows_of
from candidates.intake.importing import Report
from candidates.intake.problems import Notice
from candidates.intake.rows import CandidateRow
from candidates.intake.table import delimiter_name
from candidates.lists.adding import manage_trail
from candidates.models import ImportDraft, Test
from candidates.models.tests import MAX_CANDIDATES

FIRST_ROWS = 8
LONGEST_CELL = 200


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One cell that is wrong."""

    row: int
    column: str
    cell: str
    message: str


@dataclass(frozen=True, slots=True)
class ReadyLine:
    """One row that is ready; `id_before` and `extra_before` are the cells where the test will hold something else.

    `plain` rows, nearly all of them, have an ID as it stands in the file and nothing else to show.
    """

    row: str
    candidate_id: str
    extra: str
    id_before: str
    extra_before: str
    plain: bool


@dataclass(frozen=True, slots=True)
class WarningGroup:
    """Rows of one kind of warning."""

    key: str
    heading: str
    caption: str
    notices: Sequence[Notice]


def preview_page(draft: ImportDraft, test: Test, report: Report, *, show_all: bool) -> dict[str, Any]:
    """Return the context of the preview."""
    rows = rows_of(draft)
    wrong = len({problem.row for problem in report.problems})
    shown = report.ready if show_all else report.ready[:FIRST_ROWS]
    args = [test.public_id, draft.public_id]
    again = reverse("add-from-file", args=args[:1])
    words = _words(draft)
    return {
        "draft": draft,
        "heading": _("Check the list before you add it"),
        "name": draft.file_name or _("Pasted rows"),
        "words": words,
        "facts": _facts(words, test, len(rows), report, wrong),
        "reading": _reading(draft, rows),
        "problems": [
            ProblemLine(
                problem.row,
                column_label(problem.column) or _("Whole row"),
                Truncator(problem.cell).chars(LONGEST_CELL) if len(problem.cell) > LONGEST_CELL else problem.cell,
                problem.message,
            )
            for problem in report.problems
        ],
        "problems_heading": _problems_heading(len(report.problems), wrong),
        "refusal": report.refusal,
        "warning_groups": _warning_groups(report.warnings),
        "ready": _ready_lines(shown, rows),
        "ready_count": len(report.ready),
        "rows_shown": _rows_shown(words, shown),
        "more": len(report.ready) > len(shown),
        "submit": _add_words(len(rows)),
        "blocked": _blocked(words, report, wrong),
        "activated": test.is_activated,
        "seen": report.seen(test),
        "confirm_url": reverse("confirm-import", args=args),
        "discard_url": reverse("cancel-import", args=args),
        "again_url": again if draft.file_name else f"{again}?rows={draft.public_id}",
        "trail": [*manage_trail(test), (_("Import from file"), "")],
    }


def _add_words(count: int) -> str:
    return ngettext("Add %(n)d candidate", "Add %(n)d candidates", count) % {"n": count}


@dataclass(frozen=True, slots=True)
class _Words:
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
    one_wrong: str
    many_wrong: str


def _words(draft: ImportDraft) -> _Words:
    if draft.file_name:
        return _Words(
            source=_("uploaded"),
            rows=_("Rows in the file"),
            found=_("How we read the file"),
            cell=_("In the file"),
            id_cell=_("Candidate ID in the file"),
            fix=_(
                "Row numbers are those your spreadsheet shows. Correct these cells in your file and upload it again."
            ),
            again=_("Upload a corrected file"),
            one_row=_("Row %(row)d of the file."),
            many_rows=_("Rows %(first)d to %(last)d of the file."),
            one_wrong=_("%(n)d row has a problem. Correct it in your file and upload the file again."),
            many_wrong=_("%(n)d rows have problems. Correct them in your file and upload the file again."),
        )
    return _Words(
        source=_("sent"),
        rows=_("Rows pasted"),
        found=_("How we read the rows"),
        cell=_("As pasted"),
        id_cell=_("Candidate ID as pasted"),
        fix=_("Row 1 is the first line that you pasted. Go back to the pasted rows and correct these cells there."),
        again=_("Back to the pasted rows"),
        one_row=_("Row %(row)d of those pasted."),
        many_rows=_("Rows %(first)d to %(last)d of those pasted."),
        one_wrong=_("%(n)d row has a problem. Go back to the pasted rows and correct it there."),
        many_wrong=_("%(n)d rows have problems. Go back to the pasted rows and correct them there."),
    )


def _problems_heading(problems: int, rows: int) -> str:
    """Return how many cells are wrong, and in how many rows: a row may have several."""
    found = {
        "problems": ngettext("%(n)d problem to fix", "%(n)d problems to fix", problems) % {"n": problems},
        "rows": ngettext("%(n)d row", "%(n)d rows", rows) % {"n": rows},
    }
    return _("%(problems)s in %(rows)s") % found


def _facts(words: _Words, test: Test, total: int, report: Report, wrong: int) -> list[dict[str, Any]]:
    """Return the totals; "on the test when added" counts every row, because all rows are added or none."""
    most = _("of %(most)d") % {"most": MAX_CANDIDATES}
    ready, look = len(report.ready), len({notice.row for notice in report.warnings})
    counted = [(_("Ready"), ready, ""), (_("To fix"), wrong, "is-fail"), (_("To look at"), look, "is-warn")]
    return [
        {"term": words.rows, "value": total},
        *(
            {"term": term, "value": count, "note": ngettext("row", "rows", count), "shape": shape if count else ""}
            for term, count, shape in counted
        ),
        {"term": _("On the test when added"), "value": test.candidate_count + total, "note": most},
    ]


def _reading(draft: ImportDraft, rows: Sequence[MappedRow]) -> list[dict[str, Any]]:
    """Return how the file was read (D13, D14)."""
    pasted, workbook = not draft.file_name, bool(draft.file_name) and not draft.encoding
    kind = _("Pasted text") if pasted else _("Excel workbook") if workbook else draft.encoding
    header = {"term": _("Header"), "value": _("None, columns in the usual order"), "note": ""}
    if draft.header_row is not None:
        header["value"] = _("Row %(row)d") % {"row": draft.header_row}
        header["note"] = _("(rows above it are left out)") if draft.header_row > 1 else ""
    names = rows[0].values if rows else {}
    columns = ", ".join(column_label(name) for name in (CANDIDATE_ID, EXTRA_TIME) if name in names)
    facts = [{"term": _("Encoding"), "value": kind}]
    if not workbook:
        facts.append({"term": _("Separator"), "value": delimiter_name(draft.delimiter)})  # type: ignore[arg-type]
    return [*facts, header, {"term": _("Columns"), "value": columns}]


def _warning_groups(warnings: Sequence[Notice]) -> list[WarningGroup]:
    """Return what should be looked at, first who graders would recognise (D21), then zeros that may be lost (D2)."""
    people = [notice for notice in warnings if notice.kind != "zeros"]
    zeros = [notice for notice in warnings if notice.kind == "zeros"]
    groups = []
    if people:
        count = len(people)
        if all(looks_personal(notice.cell) == "name" for notice in people):
            heading = ngettext("%(n)d Candidate ID looks like a name", "%(n)d Candidate IDs look like names", count)
        else:
            heading = ngettext("%(n)d Candidate ID looks personal", "%(n)d Candidate IDs look personal", count)
        caption = _("Graders see the Candidate ID. You may add these as they are, but graders then see who it is.")
        groups.append(WarningGroup("people", heading % {"n": count}, caption, people))
    if zeros:
        count = len(zeros)
        heading = ngettext(
            "%(n)d Candidate ID may have lost its zeros", "%(n)d Candidate IDs may have lost their zeros", count
        )
        caption = _("Spreadsheets drop zeros at the beginning of a number. You may add these as they are.")
        groups.append(WarningGroup("zeros", heading % {"n": count}, caption, zeros))
    return groups


def _ready_lines(shown: Sequence[CandidateRow], rows: Sequence[MappedRow]) -> list[ReadyLine]:
    raw = {row.number: row.values for row in rows}
    lines = []
    for row in shown:
        candidate_id, extra = raw[row.number].get(CANDIDATE_ID, ""), raw[row.number].get(EXTRA_TIME, "")
        minutes = str(row.extra_minutes) if row.extra_minutes else ""
        id_before = candidate_id if candidate_id != row.candidate_id else ""
        extra_before = extra.strip() if extra.strip() not in (minutes, "0", "") else ""
        plain = not (id_before or minutes or extra_before)
        lines.append(ReadyLine(str(row.number), row.candidate_id, minutes, id_before, extra_before, plain))
    return lines


def _rows_shown(words: _Words, shown: Sequence[CandidateRow]) -> str:
    if not shown:
        return ""
    if len(shown) == 1:
        return words.one_row % {"row": shown[0].number}
    return words.many_rows % {"first": shown[0].number, "last": shown[-1].number}


def _blocked(words: _Words, report: Report, wrong: int) -> SafeString | str:
    """Return why the button cannot work, "" where it can."""
    if report.refusal:
        reason = report.refusal
    elif wrong:
        reason = (words.one_wrong if wrong == 1 else words.many_wrong) % {"n": wrong}
    else:
        return ""
    return format_html("<strong>{}</strong> {}", _("You cannot add yet:"), reason)
