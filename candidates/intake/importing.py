"""Check a list of candidates as it stands and add it: the preview and the confirmation make the same report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from candidates.authentication_types import enabled_types
from candidates.errors import Refused
from candidates.intake.assigning import refusal_of
from candidates.intake.columns import MappedRow
from candidates.intake.door import NoRoom, RowsRefused, add_candidates
from candidates.intake.drafts import claim, columns_read, finish, rows_now, rows_read, source_of
from candidates.intake.findings import CHANGEABLE, Already, CandidateRow, Checked, Notice, Problem
from candidates.intake.found import asks_about_hidden_rows
from candidates.intake.headings import BUILDING, ONE_TIME, PREPARED, ROOM, SSO, Spec, fold_heading
from candidates.intake.leaving import remove_absent
from candidates.intake.list_formats import remember_format
from candidates.intake.permanent import PeopleAround, check_selection
from candidates.intake.prepared_lists import check_prepared, store_prepared, why_nobody_is_prepared
from candidates.intake.present import Surroundings
from candidates.intake.problems import check_rows
from candidates.intake.updating import update_candidates
from candidates.lifecycle.joining import places_freed
from candidates.models import Import, Location, Test, User
from candidates.timing import Stage, stage_of

Existing = Import.Existing
COLUMNS_OF: dict[str, Spec] = {Import.Kind.ONE_TIME: ONE_TIME, Import.Kind.SSO: SSO, Import.Kind.PREPARED: PREPARED}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a confirmation did: candidates added, candidates who were updated, and candidates who were removed."""

    added: int
    updated: int
    with_login_details: bool
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What checking a list found.

    `already` are the rows of candidates who are on the test, `existing` what is to happen to them ("" where nobody has
    said). `leaving` are the public ids of those whom a complete list takes off. `refusal` is a sentence about the whole
    list (no room, the test has ended), "" where there is none.
    """

    ready: tuple[CandidateRow, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Notice, ...]
    already: tuple[Already, ...] = ()
    existing: str = ""
    left_out: int = 0
    refusal: str = ""
    asks_about_hidden_rows: bool = False
    leaving: tuple[str, ...] = ()
    is_prepared: bool = False  # what is prepared for people, and nobody who is on the test

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
        return bool(self.ready or self.updates or self.leaving) and not (
            self.problems or self.refusal or self.must_choose or self.asks_about_hidden_rows
        )

    def seen(self, test: Test) -> str:
        """Return a short digest of what a person confirms: the rows, the updates, and whether logins are made."""
        rows = [
            [
                *(row.candidate_id, row.extra_minutes, row.location),
                *(row.sso_user_id, row.authentication_type, row.private_reference, row.account, row.name, row.seat),
            ]
            for row in self.ready
        ]
        updates = [[row.present.candidate_id, *(getattr(row, name) for name in CHANGEABLE)] for row in self.updates]
        stated = json.dumps([rows, updates, self.existing, test.is_activated, *self.leaving])
        return hashlib.sha256(stated.encode()).hexdigest()[:16]


class NotAdded(Exception):
    """The list was not added; `report` says why, `changed` that it is not what the person had seen (C48)."""

    def __init__(self, report: Report, *, changed: bool) -> None:
        super().__init__(report.refusal)
        self.report = report
        self.changed = changed


def why_nobody(test: Test, wanted: int = 0, *, freed: int = 0) -> str:
    """Return the sentence that keeps this many candidates from the test, "" where nothing does (D4, D5).

    `freed` are places of those who leave before. Only for showing: the door asks again under its lock.
    """
    if test.is_demo:
        return _("A demo test has no candidates: everybody may try it. Nothing is added.")
    if stage_of(test) == Stage.FINISHED:
        return _("The test has ended, so nobody can be added any more.")
    left = test.places_left + freed
    return NoRoom(wanted, left).sentence if wanted > left else ""


def preview(draft: Import, *, read: Iterable[MappedRow] | None = None) -> Report:
    """Return what confirming the list would do, against its test as it is loaded. Writes nothing and takes no lock.

    `read` are its rows as they were read, where the caller has them. A constant number of queries.
    """
    test = draft.required_test
    columns = columns_read(draft)
    if columns and (refusal := refusal_of(columns, COLUMNS_OF[draft.kind])):
        return Report((), (), (), existing=draft.existing, left_out=len(draft.left_out), refusal=refusal)
    rows = tuple(rows_now(draft, rows_read(draft) if read is None else read))
    checked = _check(test, draft, rows)
    report = Report(
        ready=checked.ready,
        problems=checked.problems,
        warnings=checked.warnings,
        already=checked.already,
        existing=draft.existing,
        left_out=len(draft.left_out),
        asks_about_hidden_rows=asks_about_hidden_rows(draft),
    )
    if draft.authentication_type and draft.authentication_type not in enabled_types():
        return replace(report, refusal=_("The authentication type of this list is switched off. Choose another one."))
    if draft.kind == Import.Kind.PREPARED:
        return replace(report, is_prepared=True, refusal=why_nobody_is_prepared(test, len(report.ready)))
    return replace(report, refusal=why_nobody(test, len(report.ready)))


def _check(test: Test, draft: Import, rows: Sequence[MappedRow]) -> Checked:
    limits = {"duration": test.percent_base_minutes, "limit": settings.EXTRA_TIME_LIMIT_MINUTES}
    if draft.kind == Import.Kind.PERMANENT:
        return check_selection(rows, PeopleAround.of(test, rows), **limits)
    if draft.kind == Import.Kind.PREPARED:
        slug, existing = draft.authentication_type, draft.existing
        return check_prepared(test, rows, slug=slug, existing=existing, field_of=_headings_of(draft))
    sso = enabled_types().get(draft.authentication_type)
    around = Surroundings.of(test, sso, places=any(row.values.get(BUILDING) or row.values.get(ROOM) for row in rows))
    return check_rows(
        rows,
        complete=draft.is_complete,
        updates=draft.existing != Existing.SKIP,
        existing=around.existing,
        on_test=around.on_test,
        people=around.people,
        staff=around.staff,
        places=around.rooms.known,
        rooms=around.rooms,
        references=around.references,
        sso=sso,
        field_of=_headings_of(draft),
        **limits,
    )


def _headings_of(draft: Import) -> Callable[[str], str | None]:
    """Return what knows the headings of a list, those too that somebody has assigned to a column."""
    own = {fold_heading(column.heading): column.field for column in columns_read(draft) if column.heading.strip()}
    usual = COLUMNS_OF[draft.kind].words.field_of
    return lambda text: own.get(fold_heading(text)) or usual(text)


def confirm(draft: Import, *, by: User, seen: str | None, look: Callable[[Import], Report] = preview) -> Outcome:
    """Add the rows of the list and end it: once, whoever else confirms it at the same time.

    `seen` is the digest of the report that the person confirmed, which `look` makes; None where nobody looks first, as
    for another system, which has sent the rows in this request. Raises NotAdded where the list has
    a problem, the test refuses it, or it is no longer what was seen; DraftGone where it was added or cancelled
    meanwhile (C48).
    """
    with transaction.atomic():
        # Closes the race of two confirmations: only who takes the import may add its rows, in this transaction.
        draft = claim(draft)
        # Closes the race with everybody else who changes the test: what is checked from here on stays as it is.
        test = draft.test = Test.objects.select_for_update(no_key=True).get(pk=draft.required_test.pk)
        report = look(draft)
        changed = seen is not None and seen != report.seen(test)
        if not report.can_be_added or changed:
            # takes everything back, so that the list waits on
            raise NotAdded(report, changed=changed)
        try:
            return _store(test, draft, report, by)
        except RowsRefused as error:
            refused = {problem.row for problem in error.problems}
            ready = tuple(row for row in report.ready if row.number not in refused)
            report = replace(report, ready=ready, problems=error.problems)
        except Refused as error:
            report = replace(report, refusal=error.sentence)
        raise NotAdded(report, changed=seen is not None and seen != report.seen(test))


def _store(test: Test, draft: Import, report: Report, by: User) -> Outcome:
    if draft.kind == Import.Kind.PREPARED:
        store_prepared(test=test, record=draft, ready=report.ready, updates=report.updates, by=by)
        return _ended(draft, report, by)
    added = None
    # All places at once and in order: two lists that make each other's new rooms would wait for ever.
    Location.objects.named(
        [row.location for row in report.ready if row.location] + [row.place for row in report.updates]
    )
    # Who leaves and who changes first: others may get their IDs and seats.
    remove_absent(test=test, public_ids=report.leaving, record=draft, by=by)
    update_candidates(test=test, rows=report.updates, record=draft, by=by)
    if report.ready:
        added = add_candidates(test=test, rows=report.ready, by=by, source=source_of(draft), imported_by=draft)
    if report.leaving:
        places_freed.send(sender=Test, test=test, by=by)  # after the list's own people
    return _ended(draft, report, by, with_login_details=bool(added and added.with_login_details))


def _ended(draft: Import, report: Report, by: User, *, with_login_details: bool = False) -> Outcome:
    remember_format(draft, by=by)
    draft.added, draft.updated, draft.removed = len(report.ready), len(report.updates), len(report.leaving)
    draft.skipped = len(report.already) - draft.updated
    finish(draft, Import.Status.DONE)
    return Outcome(draft.added, draft.updated, with_login_details, draft.removed)
