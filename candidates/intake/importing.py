"""Check a waiting list of one-time users against the test as it is now, and add it when it is confirmed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from candidates.intake.columns import MappedRow
from candidates.intake.door import Added, NoRoom, RowsRefused, existing_ids
from candidates.intake.drafts import DraftGone, claim_draft, is_waiting, rows_of, source_of
from candidates.intake.problems import Checked, Notice, Problem, check_rows
from candidates.intake.resources import OneTimeCandidateResource
from candidates.intake.rows import CandidateRow
from candidates.lifecycle.errors import Refused
from candidates.lifecycle.stages import Stage, stage_of
from candidates.models import ImportDraft, Test, User


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of the import found; a dry run and a real one of the same rows differ in `added` only.

    `refusal` is a sentence about the whole list (no room, the test has ended), "" where there is none.
    """

    ready: tuple[CandidateRow, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Notice, ...]
    refusal: str = ""
    added: Added | None = None

    @property
    def can_be_added(self) -> bool:
        """Tell whether nothing stands against adding every row."""
        return bool(self.ready) and not self.problems and not self.refusal

    def seen(self, test: Test) -> str:
        """Return a short digest of what a person confirms: the rows, and whether login details are made at once."""
        rows = [[row.candidate_id, row.extra_minutes] for row in self.ready]
        stated = json.dumps([rows, test.is_activated])
        return hashlib.sha256(stated.encode()).hexdigest()[:16]


class NotAdded(Exception):
    """The list was not added; `report` says why, `changed` that it is not what the person had seen (C48)."""

    def __init__(self, report: Report, *, changed: bool) -> None:
        super().__init__(report.refusal)
        self.report = report
        self.changed = changed


def why_nobody(test: Test, wanted: int = 0) -> str:
    """Return the sentence that keeps this many candidates from the test, "" where nothing does (D4, D5).

    Only for showing: the door asks again under its lock.
    """
    if test.is_demo:
        return _("A demo test has no candidates: everybody may try it. Nothing is added.")
    if stage_of(test) == Stage.FINISHED:
        return _("The test has ended, so nobody can be added any more.")
    return NoRoom(wanted, test.places_left).sentence if wanted > test.places_left else ""


def check_for(test: Test, rows: Sequence[MappedRow], *, generate_empty: bool = False) -> Checked:
    """Return what is ready, wrong and to look at, against the candidates who are on the test now; one query."""
    return check_rows(
        rows,
        existing=existing_ids(test),
        duration=test.percent_base_minutes,
        limit=settings.EXTRA_TIME_LIMIT_MINUTES,
        generate_empty=generate_empty,
    )


def preview(*, test: Test, draft: ImportDraft, by: User) -> Report:
    """Return what confirming the draft would do. Writes nothing and takes no lock."""
    return run_import(test=test, rows=rows_of(draft), by=by, source=source_of(draft), dry_run=True)


def confirm(*, test: Test, draft: ImportDraft, by: User, seen: str) -> Added:
    """Add all rows of the draft and end it: once, whoever else confirms it at the same time.

    `seen` is the digest of the report that the person confirmed. Raises NotAdded where the list has a problem, the
    test refuses it, or it is no longer what was seen; DraftGone where it was added or cancelled meanwhile (C48).
    """
    before = preview(test=test, draft=draft, by=by)
    if before.seen(test) != seen or not before.can_be_added:
        raise _not_added(draft, before, changed=before.seen(test) != seen)
    report = run_import(
        test=test,
        rows=rows_of(draft),
        by=by,
        source=source_of(draft),
        dry_run=False,
        # Closes the race of two confirmations: only who deletes the draft may add its rows, in the same transaction.
        claim=lambda: claim_draft(draft),
    )
    if report.added is None:
        raise _not_added(draft, report, changed=True)
    return report.added


def _not_added(draft: ImportDraft, report: Report, *, changed: bool) -> NotAdded | DraftGone:
    """Return why: of two presses of the button the second finds its own candidates on the test, and no draft."""
    return NotAdded(report, changed=changed) if is_waiting(draft) else DraftGone()


def run_import(
    *,
    test: Test,
    rows: Sequence[MappedRow],
    by: User,
    source: str,
    dry_run: bool,
    claim: Callable[[], None] = lambda: None,
) -> Report:
    """Run the rows through the import resource, all or none, and report; what the door refuses stands in the report.

    Raises what `claim` raises.
    """
    resource = OneTimeCandidateResource(
        test=test, by=by, source=source, check=lambda mapped: check_for(test, mapped), claim=claim
    )
    refusal, clashes = why_nobody(test, len(rows)), tuple[Problem, ...]()
    try:
        resource.run(rows, dry_run=dry_run or bool(refusal))
    except RowsRefused as error:
        # somebody added the same Candidate IDs between the check and the lock
        clashes = error.problems
    except Refused as error:
        refusal = error.sentence
    checked = resource.checked
    clashing = {problem.row for problem in clashes}
    return Report(
        ready=tuple(row for row in checked.ready if row.number not in clashing),
        problems=(*checked.problems, *clashes),
        warnings=checked.warnings,
        refusal=refusal,
        added=resource.added,
    )
