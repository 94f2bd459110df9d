"""Lists that wait for confirmation: parsed rows in the database, with an owner, a test and an end (I3, I4)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from candidates.intake.columns import Mapped, MappedRow
from candidates.models import CandidateImport, ImportDraft, Test, User
from candidates.models.imports import MAX_FILE_NAME_LENGTH
from candidates.tabular.hidden import spell_out
from candidates.tabular.table import Table

MOST_DRAFTS = 5
"""Lists of one person that wait on one test at the same time: one tab for each room. Older ones go."""


class DraftGone(Exception):
    """The draft was added or cancelled by somebody who was faster, or newer ones took its place."""


def keep_draft(
    *,
    test: Test,
    by: User,
    kind: str,
    table: Table,
    mapped: Mapped,
    data: bytes,
    file_name: str,
    authentication_type: str = "",
) -> ImportDraft:
    """Store what was read beside this person's newest drafts on the test, and sweep out older and expired ones.

    `data` is the file, or the pasted text in UTF-8; it is kept as long as the draft. `file_name` is "" for pasted rows.
    """
    return keep_rows(
        test=test,
        by=by,
        kind=kind,
        rows=mapped.rows,
        file_name=file_name,
        file_sha256=hashlib.sha256(data).hexdigest(),
        authentication_type=authentication_type,
        source=data,
        encoding=table.encoding,
        delimiter=table.delimiter,
        header_row=mapped.header_row,
        letters_to_confirm=list(table.letters) if table.confirm_letters else [],
    )


def keep_rows(
    *, test: Test, by: User, kind: str, rows: Sequence[MappedRow], file_name: str, file_sha256: str, **more: Any
) -> ImportDraft:
    """Store rows beside this person's newest drafts on the test, and sweep out older and expired ones.

    `more` are further fields of the draft.
    """
    now = timezone.now()
    with transaction.atomic():
        expire_drafts(now)
        draft = ImportDraft.objects.create(
            test=test,
            owner=by,
            kind=kind,
            file_name=file_name[:MAX_FILE_NAME_LENGTH],
            file_sha256=file_sha256,
            rows=[row.as_json() for row in rows],
            created_at=now,
            expires_at=now + timedelta(hours=settings.DRAFT_HOURS),
            **more,
        )
        # Two uploads at the same moment may each miss the other's draft here: the next upload sweeps. The bound keeps
        # the table small; that no list is added twice does not rest on it (claim_draft).
        waiting = ImportDraft.objects.filter(test=test, owner=by, kind=kind).order_by("-created_at", "-pk")
        newest = list(waiting.values_list("pk", flat=True)[:MOST_DRAFTS])
        _sweep(ImportDraft.objects.filter(test=test, owner=by, kind=kind).exclude(pk__in=[*newest, draft.pk]))
        return draft


def pasted_text(draft: ImportDraft) -> str:
    """Return pasted rows as they were sent, to be corrected, "" for a file. Hidden characters are spelt out (C39)."""
    return "" if draft.file_name else spell_out(bytes(draft.source).decode("utf-8", "surrogatepass"))


def source_of(draft: ImportDraft) -> str:
    """Return what the audit writes of where candidates came from: the draft and the digest of its file (C72)."""
    return f"import {draft.public_id} sha256:{draft.file_sha256}"


def claim_draft(draft: ImportDraft) -> ImportDraft:
    """Take the draft as it is now, and delete it, inside the transaction that adds its rows.

    Raises DraftGone where somebody else has. The lock keeps away who mends it at this moment.
    """
    live = ImportDraft.objects.select_for_update().filter(pk=draft.pk, expires_at__gt=timezone.now()).first()
    if live is None:
        raise DraftGone
    ImportDraft.objects.filter(pk=live.pk).delete()
    return live


def discard_draft(draft: ImportDraft) -> None:
    """Delete the draft; one that is gone already is no mistake."""
    ImportDraft.objects.filter(pk=draft.pk).delete()


def was_added(*, test: Test, by: User, public_id: str) -> bool:
    """Tell whether this person has added the draft with this id to the test: the record carries its id."""
    return CandidateImport.objects.filter(test=test, by=by, public_id=public_id).exists()


def expire_drafts(now: datetime | None = None) -> int:
    """Delete the drafts whose time is over, and return how many."""
    return _sweep(ImportDraft.objects.filter(expires_at__lte=now or timezone.now()))


def _sweep(drafts: QuerySet[ImportDraft]) -> int:
    """Delete those of these drafts that nobody holds, and return how many.

    It waits for nobody: who sweeps may hold the row of a list, and who confirms a draft waits for people, whom somebody
    may hold that waits for that list. What is passed by goes with the next sweep, if it was not added.
    """
    with transaction.atomic(savepoint=False):
        free = list(drafts.order_by("pk").select_for_update(skip_locked=True).values_list("pk", flat=True))
        deleted, _per_model = ImportDraft.objects.filter(pk__in=free).delete()
    return deleted
