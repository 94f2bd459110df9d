"""Lists that wait for confirmation: parsed rows in the database, with an owner, a test and an end (traps.md I3, I4)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from candidates.intake.columns import Mapped, MappedRow
from candidates.intake.table import Table
from candidates.models import AuditEvent, ImportDraft, Test, User

LONGEST_FILE_NAME = 200


class DraftGone(Exception):
    """The draft was added, cancelled or replaced by somebody who was faster."""


def keep_draft(
    *, test: Test, by: User, kind: str, table: Table, mapped: Mapped, data: bytes, file_name: str
) -> ImportDraft:
    """Store what was read, in the place of this person's older draft of the same kind, and sweep out expired ones.

    The file itself is not kept, only its digest. `file_name` is "" for pasted rows.
    """
    now = timezone.now()
    with transaction.atomic():
        expire_drafts(now)
        ImportDraft.objects.filter(test=test, owner=by, kind=kind).delete()
        return ImportDraft.objects.create(
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


def rows_of(draft: ImportDraft) -> list[MappedRow]:
    """Return the rows of a draft."""
    return [MappedRow.from_json(stored) for stored in draft.rows]


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
