"""Check a waiting list as it stands and add it: a dry run and a real one are the same function."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.errors import Refused
from candidates.intake.door import NoRoom, RowsRefused, add_candidates, locations_of
from candidates.intake.drafts import claim_draft, source_of
from candidates.intake.findings import Already, Checked, Notice, Problem
from candidates.intake.headings import BUILDING, ROOM
from candidates.intake.listing import Listing, listing_of
from candidates.intake.permanent import PeopleAround, check_people
from candidates.intake.present import Surroundings
from candidates.intake.problems import check_rows
from candidates.intake.resources import RESOURCES
from candidates.intake.rows import CandidateRow
from candidates.intake.updating import record_import, update_candidates
from candidates.models import Candidate, ImportDraft, Test, User
from candidates.timing import Stage, stage_of

Existing = ImportDraft.Existing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a real run did: candidates added, and candidates on the test who were updated."""

    added: int
    updated: int
    with_login_details: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of the import found; a dry run and a real one of the same rows differ in `outcome` only.

    `already` are the rows of candidates who are on the test, `existing` what is to happen to them ("" where nobody has
    said). `refusal` is a sentence about the whole list (no room, the test has ended), "" where there is none.
    """

    ready: tuple[CandidateRow, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Notice, ...]
    already: tuple[Already, ...] = ()
    existing: str = ""
    left_out: int = 0
    refusal: str = ""
    outcome: Outcome | None = None

    @property
    def updates(self) -> tuple[Already, ...]:
        """Return whom an update would change."""
        return tuple(row for row in self.already if row.changes) if self.existing == Existing.UPDATE else ()

    @property
    def must_choose(self) -> bool:
        """Tell whether somebody has to say what happens to candidates who are on the test already (D15)."""
        return bool(self.already) and not self.existing

    @property
    def can_be_added(self) -> bool:
        """Tell whether there is something to do, and nothing stands against it."""
        return bool(self.ready or self.updates) and not (self.problems or self.refusal or self.must_choose)

    def seen(self, test: Test) -> str:
        """Return a short digest of what a person confirms: the rows, the updates, and whether logins are made."""
        rows = [
            [
                *(row.candidate_id, row.extra_minutes, row.location),
                *(row.sso_user_id, row.authentication_type, row.private_reference, row.account),
            ]
            for row in self.ready
        ]
        updates = [[row.present.candidate_id, row.extra_minutes, row.place] for row in self.updates]
        stated = json.dumps([rows, updates, self.existing, test.is_activated])
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


def check_list(test: Test, listing: Listing) -> Checked:
    """Return what is ready, wrong, to look at and on the test already, against the test as it is now.

    A constant number of queries.
    """
    limits = {"duration": test.percent_base_minutes, "limit": settings.EXTRA_TIME_LIMIT_MINUTES}
    if listing.kind == Candidate.Kind.PERMANENT:
        return check_people(listing.rows, PeopleAround.of(test, listing.rows), **limits)
    names_places = any(row.values.get(BUILDING) or row.values.get(ROOM) for row in listing.rows)
    around = Surroundings.of(test, listing.sso, places=names_places)
    return check_rows(
        listing.rows,
        existing=around.existing,
        on_test=around.on_test,
        people=around.people,
        staff=around.staff,
        places=around.places,
        references=around.references,
        authentication_type=listing.authentication_type,
        person_key=listing.sso.key if listing.sso else candidate_key,
        **limits,
    )


def preview(*, test: Test, draft: ImportDraft) -> Report:
    """Return what confirming the draft would do. Writes nothing and takes no lock."""
    return run_import(test=test, listing=listing_of(draft))


def confirm(*, test: Test, draft: ImportDraft, by: User, seen: str) -> Outcome:
    """Add the rows of the draft and end it: once, whoever else confirms it at the same time.

    `seen` is the digest of the report that the person confirmed. Raises NotAdded where the list has a problem, the
    test refuses it, or it is no longer what was seen; DraftGone where it was added or cancelled meanwhile (C48).
    """
    with transaction.atomic():
        # Closes the race of two confirmations: only who takes the draft may add its rows, in this transaction.
        draft = claim_draft(draft)
        # Closes the race with everybody else who changes the test: what is checked from here on stays as it is.
        test = Test.objects.select_for_update(no_key=True).get(pk=test.pk)

        def store(report: Report, rows: Sequence[CandidateRow]) -> Outcome:
            record = record_import(draft, report_counts(report), by)
            added = None
            # All places at once and in order: two lists that make each other's new rooms would wait for ever.
            locations_of([row.location for row in rows if row.location] + [row.place for row in report.updates])
            if rows:
                added = add_candidates(test=test, rows=rows, by=by, source=source_of(draft), imported_by=record)
            update_candidates(test=test, rows=report.updates, record=record, by=by)
            return Outcome(len(rows), len(report.updates), bool(added and added.with_login_details))

        report = run_import(test=test, listing=listing_of(draft), store=store, seen=seen)
        if report.outcome is None:
            # takes everything back, so that the draft waits on
            raise NotAdded(report, changed=report.seen(test) != seen)
        return report.outcome


def report_counts(report: Report) -> dict[str, int]:
    """Return what the history of imports says of a run."""
    return {
        "added": len(report.ready),
        "updated": len(report.updates),
        "skipped": len(report.already) - len(report.updates),
        "left_out": report.left_out,
    }


def run_import(
    *,
    test: Test,
    listing: Listing,
    store: Callable[[Report, Sequence[CandidateRow]], Outcome] | None = None,
    seen: str | None = None,
) -> Report:
    """Run the list through the import resource, all or none, and report; without `store` it is a dry run.

    With `seen` nothing is stored unless the report has that digest. What the door refuses stands in the report.
    """
    outcome: Outcome | None = None

    def keep(rows: Sequence[CandidateRow]) -> None:
        nonlocal outcome
        report = _report(test, listing, resource.checked)
        if store is not None and report.can_be_added and seen in (None, report.seen(test)):
            outcome = store(report, rows)

    resource = RESOURCES[listing.kind](test=test, check=lambda _rows: check_list(test, listing), store=keep)
    clashes, refusal = tuple[Problem, ...](), ""
    try:
        resource.run(listing.rows, dry_run=store is None)
        if not resource.checked.ready:
            keep(())  # the library hands nothing over where nobody is new, but there may be updates
    except RowsRefused as error:
        clashes = error.problems
    except Refused as error:
        refusal = error.sentence
    report = _report(test, listing, resource.checked, clashes)
    return replace(report, refusal=refusal or report.refusal, outcome=outcome)


def _report(test: Test, listing: Listing, checked: Checked, clashes: Sequence[Problem] = ()) -> Report:
    clashing = {problem.row for problem in clashes}
    report = Report(
        ready=tuple(row for row in checked.ready if row.number not in clashing),
        problems=(*checked.problems, *clashes),
        warnings=checked.warnings,
        already=checked.already,
        existing=listing.existing,
        left_out=listing.left_out,
    )
    return replace(report, refusal=_refusal(test, listing, report))


def _refusal(test: Test, listing: Listing, report: Report) -> str:
    if listing.kind == Candidate.Kind.SSO and listing.sso is None:
        return _("The authentication type of this list is switched off. Choose another one.")
    return why_nobody(test, len(report.ready))
