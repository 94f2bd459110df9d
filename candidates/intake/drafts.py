"""Lists that wait for confirmation: parsed rows in the database, with an owner, a test and an end (traps.md I3, I4)."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from candidates.intake.columns import CANDIDATE_ID, EXTRA_TIME, Mapped, MappedRow
from candidates.intake.table import Table
from candidates.models import AuditEvent, ImportDraft, Test, User

LONGEST_FILE_NAME = 200
MOST_DRAFTS = 5
"""Lists of one person that wait on one test at the same time: one tab for each room. Older ones go."""
_HEADINGS = {CANDIDATE_ID: "Candidate ID", EXTRA_TIME: "Extra time"}  # as the reader knows them in every language


class DraftGone(Exception):
    """The draft was added or cancelled by somebody who was faster, or newer ones took its place."""


def keep_draft(
    *, test: Test, by: User, kind: str, table: Table, mapped: Mapped, data: bytes, file_name: str
) -> ImportDraft:
    """Store what was read beside this person's newest drafts on the test, and sweep out older and expired ones.

    The file itself is not kept, only its digest. `file_name` is "" for pasted rows.
    """
    now = timezone.now()
    with transaction.atomic():
        expire_drafts(now)
        draft = ImportDraft.objects.create(
            test=test,
            owner=by,
            kind=kind,
            file_name=file_name[:LONGEST_FILE_NAME],
            file_sha256=hashlib.sha256(data).hexdigest(),
            encoding=table.encoding,
            delimiter=table.delimiter,
            header_row=mapped.header_row,
            letters_to_confirm=list(table.letters) if table.confirm_letters else [],
            rows=[row.as_json() for row in mapped.rows],
            created_at=now,
            expires_at=now + timedelta(hours=settings.DRAFT_HOURS),
        )
        # Two uploads at the same moment may each miss the other's draft here: the next upload sweeps. The bound keeps
        # the table small; that no list is added twice does not rest on it (claim_draft).
        waiting = ImportDraft.objects.filter(test=test, owner=by, kind=kind).order_by("-created_at", "-pk")
        newest = list(waiting.values_list("pk", flat=True)[:MOST_DRAFTS])
        ImportDraft.objects.filter(test=test, owner=by, kind=kind).exclude(pk__in=[*newest, draft.pk]).delete()
        return draft


def rows_of(draft: ImportDraft) -> list[MappedRow]:
    """Return the rows of a draft."""
    return [MappedRow.from_json(stored) for stored in draft.rows]


def pasted_text(draft: ImportDraft) -> str:
    """Return pasted rows as a text to correct and send again, each in its line, "" for a file.

    Written from the rows: titles above a header are blank lines, and hidden characters stay spelt out (C39).
    """
    rows = rows_of(draft)
    if draft.file_name or not rows:
        return ""
    names = [name for name in _HEADINGS if name in rows[0].values]
    if draft.header_row is None and not draft.delimiter:
        names = names[:1]  # one column, without a name
    lines = {row.number: [*(row.values[name] for name in names), *filter(None, [row.surplus])] for row in rows}
    if draft.header_row is not None:
        lines[draft.header_row] = [_HEADINGS[name] for name in names]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=draft.delimiter or "\t", lineterminator="\n")
    writer.writerows(lines.get(number, []) for number in range(1, max(lines) + 1))
    return stream.getvalue()


def source_of(draft: ImportDraft) -> str:
    """Return what the audit writes of where candidates came from: the draft and the digest of its file (C72)."""
    return f"import {draft.public_id} sha256:{draft.file_sha256}"


def claim_draft(draft: ImportDraft) -> None:
    """Delete the draft inside the transaction that adds its rows. Raises DraftGone where somebody else has."""
    deleted, _per_model = ImportDraft.objects.filter(pk=draft.pk, expires_at__gt=timezone.now()).delete()
    if deleted != 1:
        raise DraftGone


def is_waiting(draft: ImportDraft) -> bool:
    """Tell whether the draft is still there."""
    return ImportDraft.objects.filter(pk=draft.pk).exists()


def discard_draft(draft: ImportDraft) -> None:
    """Delete the draft; one that is gone already is no mistake."""
    ImportDraft.objects.filter(pk=draft.pk).delete()


def was_added(*, test: Test, by: User, public_id: str) -> bool:
    """Tell whether this person has added the draft with this id to the test: the audit remembers."""
    return AuditEvent.objects.filter(
        test=test,
        actor=by,
        action=AuditEvent.Action.CANDIDATES_ADDED,
        detail__source__startswith=f"import {public_id} ",
    ).exists()


def expire_drafts(now: datetime | None = None) -> int:
    """Delete the drafts whose time is over, and return how many."""
    deleted, _per_model = ImportDraft.objects.filter(expires_at__lte=now or timezone.now()).delete()
    return deleted
