"""What the preview of a waiting list shows: everything ready, so that 1500 rows cost only their cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import enabled_types
from candidates.intake.columns import MappedRow
from candidates.intake.drafts import rows_now
from candidates.intake.findings import Already, Problem
from candidates.intake.headings import Spec
from candidates.intake.importing import Report
from candidates.intake.kinds import LEAVE_OUT_NOBODY, kind_of
from candidates.intake.mending import KEEP
from candidates.intake.permanent import USERNAME
from candidates.models import Candidate, Import, PermanentUser, Test
from candidates.pages.imports.columns import ColumnsForm, columns_part
from candidates.pages.imports.notices import notice_groups
from candidates.pages.imports.plan_rows import brake_reason, complete_words, offers_complete, plan_facts, plan_page
from candidates.pages.imports.prepared_words import prepared_part
from candidates.pages.imports.reading_words import hidden_rows, reading_facts, reading_notes
from candidates.pages.imports.rows import (
    COLUMNS,
    MAX_FIELDS,
    already_lines,
    problem_lines,
    ready_lines,
    rows_with,
)
from candidates.pages.imports.words import (
    button_words,
    existing_choices,
    found_words,
    name_of,
    problems_heading,
    rows_shown,
    totals,
    why_not_yet,
    words_for,
)
from candidates.pages.shared.trails import manage_trail
from candidates.rosters.complete import CompleteReport

Row = TypeVar("Row")
FIRST_ROWS = 8
LAST_ROWS = 3
MAX_FOUND = 100
"""Rows of the table of ready ones: how many it begins with, the last of them, and as many as a search shows."""
_ADDRESSES = {
    "preview": "import-preview",
    "confirm": "confirm-import",
    "cancel": "cancel-import",
    "mend": "mend-import",
    "read": "read-import-again",
    "columns": "assign-columns",
    "wrong-rows": "download-wrong-rows",
    "mended-rows": "upload-mended-rows",
}
MAX_PEOPLE = 100
"""People whose Candidate ID and extra time can be changed on one page, each with four fields (J1)."""


def preview_page(
    draft: Import,
    test: Test,
    report: Report,
    rows: Sequence[MappedRow],
    *,
    show_all: bool,
    start: int = 0,
    find: str = "",
    columns_form: ColumnsForm | None = None,
) -> dict[str, Any]:
    """Return the context of the preview; `rows` are those of the list as they were read.

    `start` is the first of the people that can be changed on the page, `find` a search for rows: then those that are
    ready and have it are shown, and where the others are is said.
    """
    is_selection = draft.kind == Candidate.Kind.PERMANENT
    read = {row.number: row for row in rows}
    wrong = len({problem.row for problem in report.problems})
    found = rows_with(find, rows_now(draft, rows)) if find else frozenset()
    matching = [row for row in report.ready if row.number in found] if find else report.ready
    shown = matching[:MAX_FOUND] if find else report.ready if show_all else first_and_last(report.ready)
    if is_selection and not find:
        start = start if 0 <= start < len(report.ready) else 0
        shown = report.ready[start : start + MAX_PEOPLE]
    hidden = 0 if find or is_selection else len(report.ready) - len(shown)
    already = _telling_first(report)
    already = already if show_all else first_and_last(already)
    columns = _columns_of(list(rows_now(draft, rows)) or rows, kind_of(draft).spec(draft))
    words = words_for(draft)
    facts = totals(words, test, len(rows), report, wrong)
    plan: dict[str, Any] = {}
    if isinstance(report, CompleteReport):
        # the plan shows everybody, with the reason and a tick
        shown, already = (), ()
        facts, plan = plan_facts(facts, test, report), plan_page(draft, test, report, show_all=show_all)
    page = {
        "draft": draft,
        "heading": _("Check the people before you add them") if is_selection else _("Check the list before you add it"),
        "name": name_of(draft),
        "is_selection": is_selection,
        "turns": _turns(draft, len(report.ready), start) if is_selection and not find else [],
        "words": words,
        "facts": facts,
        "reading": [] if is_selection else reading_facts(draft, columns),
        "reading_notes": reading_notes(draft),
        "hidden_rows": hidden_rows(draft),
        "problems": problem_lines(
            report.problems, read, label=kind_of(draft).spec(draft).words.label, fixed=_fixed(draft), mends=draft.mends
        ),
        "for_all": _for_all(report.problems),
        "problems_heading": problems_heading(len(report.problems), wrong),
        "many_problems": len(report.problems) > MAX_FIELDS,
        "most_fields": MAX_FIELDS,
        "refusal": report.refusal,
        "has_problems": bool(report.problems or report.refusal),
        "warning_groups": notice_groups(report.warnings),
        "already": already_lines(
            already, update=report.existing == Import.Existing.UPDATE, prepared=report.is_prepared
        ),
        "already_count": len(report.already),
        "already_heading": ngettext(
            "%(n)d candidate is on the test already", "%(n)d candidates are on the test already", len(report.already)
        )
        % {"n": len(report.already)},
        "already_choices": existing_choices(draft),
        "must_choose": report.must_choose,
        "ready": ready_lines(shown, read, gap=(FIRST_ROWS, hidden) if hidden else (0, 0)),
        "ready_count": len(report.ready),
        "extra_columns": [name for name in COLUMNS if name in columns],
        "rows_shown": found_words(find, found, report, len(matching))
        if find
        else rows_shown(words, shown, FIRST_ROWS if hidden else 0),
        "find": find,
        "searchable": find or len(report.ready) > len(shown),
        "more": len(report.ready) > len(shown) or len(report.already) > len(already),
        "left_out": draft.left_out,
        "has_changes": bool(draft.mends or draft.left_out),
        "submit": button_words(report, wrong),
        "check_first": bool(report.problems or report.must_choose or report.asks_about_hidden_rows),
        "blocked": why_not_yet(report, wrong, letters=bool(draft.letters_to_confirm)),
        "gets_logins": test.is_activated and draft.kind == Candidate.Kind.ONE_TIME,
        "seen": report.seen(test),
        "offers_complete": offers_complete(draft, test),
        **complete_words(draft, test),
        "brake_reason": brake_reason(),
        **plan,
        **_addresses(draft, test, start),
        **columns_part(draft, rows, columns_form),
    }
    if draft.kind == Import.Kind.PREPARED:
        page |= prepared_part(draft, test, report, words, len(rows), wrong)
    return page


def first_and_last(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows with which a table begins and ends: what is wrong with a list often stands under it."""
    return rows if len(rows) <= FIRST_ROWS + LAST_ROWS else [*rows[:FIRST_ROWS], *rows[-LAST_ROWS:]]


def _telling_first(report: Report) -> Sequence[Already]:
    """Return the rows of candidates on the test: first those pointed out, then those that change, then the others."""
    doubted = {notice.row for notice in report.warnings if notice.kind == "somebody_else"}
    updates = report.existing != Import.Existing.SKIP
    return sorted(report.already, key=lambda row: (row.number not in doubted, not (updates and row.changes)))


def _for_all(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    """Return what can be done to all cells of a kind at once, where there are several: repair and words."""
    counts = Counter(problem.doubt for problem in problems)
    offered = []
    if counts["nobody"] > 1:
        words = _("Leave out the %(n)d rows that are nobody") % {"n": counts["nobody"]}
        offered.append((LEAVE_OUT_NOBODY, words))
    if counts["damage"] > 1:
        words = _("Keep these %(n)d IDs as they are") % {"n": counts["damage"]}
        offered.append((f"{KEEP}damage", words))
    return offered


def _turns(draft: Import, total: int, start: int) -> list[tuple[str, str]]:
    """Return the ways to the people before and after those on the page."""
    here = address_of(draft)
    turns = []
    if start > 0:
        turns.append((_("Those before"), f"{here}?start={max(0, start - MAX_PEOPLE)}#ready"))
    if start + MAX_PEOPLE < total:
        turns.append((_("Those after"), f"{here}?start={start + MAX_PEOPLE}#ready"))
    return turns


def _fixed(draft: Import) -> tuple[str, ...]:
    """Return the columns in which nobody types: who somebody is was selected."""
    return (USERNAME,) if draft.kind == Candidate.Kind.PERMANENT else ()


def _addresses(draft: Import, test: Test, start: int) -> dict[str, Any]:
    """Return where the preview leads to and what its buttons post to."""
    way, title = way_of(draft.kind)
    again = reverse(way, args=[test.public_id])
    selected = draft.kind == Import.Kind.PERMANENT
    return {
        "preview_url": address_of(draft),
        "confirm_url": address_of(draft, "confirm"),
        "mend_url": address_of(draft, "mend") + (f"?start={start}" if start else ""),
        "read_url": address_of(draft, "read"),
        "columns_url": address_of(draft, "columns"),
        "wrong_rows_url": "" if selected else address_of(draft, "wrong-rows"),
        "bring_back_url": "" if selected else address_of(draft, "mended-rows"),
        "discard_url": address_of(draft, "cancel"),
        "again_url": again if draft.file_name or selected else f"{again}?rows={draft.public_id}",
        "trail": [*manage_trail(test), (title, "")],
    }


def address_of(waiting: Import, act: str = "preview") -> str:
    """Return the address of the preview of an import, or of what is done to it there."""
    if waiting.test is None:
        return reverse(f"user-import-{act}", args=[waiting.public_id])
    return reverse(_ADDRESSES[act], args=[waiting.test.public_id, waiting.public_id])


def ways_in() -> list[tuple[str, str]]:
    """Return the addresses where lists are uploaded in this installation, and their titles."""
    kinds = [Candidate.Kind.ONE_TIME, *([Candidate.Kind.SSO] if enabled_types() else [])]
    if PermanentUser.objects.exists():
        kinds.append(Candidate.Kind.PERMANENT)
    return [way_of(kind) for kind in kinds]


def way_of(kind: str) -> tuple[str, str]:
    """Return the name of the address where such lists are uploaded, and its title."""
    if kind == Candidate.Kind.SSO:
        return "add-from-sso", _("CSV import (SSO)")
    if kind == Candidate.Kind.PERMANENT:
        return "add-permanent", _("Permanent users")
    if kind == Import.Kind.PREPARED:
        return "import-prepared", _("Import from file")
    return "add-from-file", _("Import from file")


def _columns_of(rows: Iterable[MappedRow], spec: Spec) -> list[str]:
    """Return the columns that rows have, in the published order; one that was typed in the preview counts, too."""
    names = {name for row in rows for name in row.values}
    return [name for name in spec.fields if name in names]
