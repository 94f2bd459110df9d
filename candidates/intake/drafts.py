"""Imports that wait for confirmation, with an owner, a term and rows in chunks; and how every import ends (I3, I4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from candidates import audit
from candidates.intake.assigning import IGNORE, Column
from candidates.intake.columns import SURPLUS, Mapped, MappedRow
from candidates.intake.findings import Problem
from candidates.intake.found import found_in
from candidates.intake.reading import CANDIDATE_BOUNDS, Reading, read_paste, read_upload
from candidates.models import Import, ImportChunk, Test, User
from candidates.models.imports import MAX_FILE_NAME_LENGTH, ImportQuerySet
from candidates.tabular.decoding import Alternative, other_readings
from candidates.tabular.hidden import spell_out, spelt_out
from candidates.tabular.table import Bounds, CellKind, Table

MAX_WAITING = 5
"""Imports of one person that wait for one test, or for none, at the same time. Older ones go."""
CHUNK_ROWS = 1000
MEANT = "="
"""Stands before a column among what was mended in a row: with the text of a cell that is meant as it stands."""
Kind, Status = Import.Kind, Import.Status

Mends = Mapping[str, Mapping[str, str]]
"""Values by row number (as text, because JSON keys are) and column."""


class DraftGone(Exception):
    """The import was confirmed or cancelled by somebody who was faster, or newer ones took its place."""


# Kept ----------------------------------------------------------------------------------------------------------------


def new_import(*, by: User, kind: str, file_name: str, file_sha256: str, **more: Any) -> Import:
    """Return an import that waits, not stored yet; `file_name` is "" for pasted rows, `more` are further fields."""
    now = timezone.now()
    return Import(
        kind=kind,
        owner=by,
        owner_name=str(by)[:200],
        file_name=file_name[:MAX_FILE_NAME_LENGTH],
        file_sha256=file_sha256,
        created_at=now,
        expires_at=now + timedelta(hours=settings.DRAFT_HOURS),
        **more,
    )


def how_read(table: Table, mapped: Mapped, letters: Sequence[str], reading: Reading | None = None) -> dict[str, Any]:
    """Return the fields of an import that say how its upload was read, in the way that was chosen."""
    return {
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "header_row": mapped.header_row,
        "letters_to_confirm": list(letters),
        "found": found_in(table, mapped, reading or Reading()),
    }


def columns_of(mapped: Mapped) -> dict[str, Any]:
    """Return the fields of a list of candidates that say what its columns are read as."""
    return {"columns": [column.as_json() for column in mapped.columns], "format_name": mapped.format_name}


def columns_read(waiting: Import) -> list[Column]:
    """Return what the columns of a list of candidates are read as; none where people were selected."""
    return [Column.from_json(stored) for stored in waiting.columns] if waiting.test is not None else []


def letters_of(table: Table) -> tuple[str, ...]:
    """Return the words to be confirmed where the encoding was guessed (D14)."""
    return table.letters if table.confirm_letters else ()


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
) -> Import:
    """Store a list of candidates that was read, beside this person's newest ones on the test.

    `data` is the file, or the pasted text in UTF-8; it is kept as long as the list waits.
    """
    draft = new_import(
        by=by,
        kind=kind,
        test=test,
        file_name=file_name,
        file_sha256=hashlib.sha256(data).hexdigest(),
        authentication_type=authentication_type,
        source=data,
        **how_read(table, mapped, letters_of(table)),
        **columns_of(mapped),
    )
    keep(draft, mapped.rows)
    return draft


def keep(waiting: Import, rows: Sequence[MappedRow], *, chunk: int = CHUNK_ROWS) -> None:
    """Store a new import with its rows, and sweep out older and expired ones."""
    expire(waiting.created_at)
    with transaction.atomic():
        waiting.save(force_insert=True)
        keep_rows(waiting, rows, chunk=chunk)
        # Two uploads at the same moment may each miss the other's import here: the next upload sweeps. The bound keeps
        # the table small; that no list is added twice does not rest on it (claim).
        mine = Import.objects.waiting().filter(owner=waiting.owner, test=waiting.test, kind=waiting.kind)
        newest = list(mine.order_by("-created_at", "-pk").values_list("pk", flat=True)[:MAX_WAITING])
        _delete_free(mine.exclude(pk__in=[*newest, waiting.pk]))


def keep_rows(waiting: Import, rows: Sequence[MappedRow], *, chunk: int = CHUNK_ROWS) -> None:
    """Store rows as they were read, in chunks of so many."""
    parts = (
        ImportChunk(source=waiting, number=start // chunk, rows=[row.as_json() for row in rows[start : start + chunk]])
        for start in range(0, len(rows), chunk)
    )
    ImportChunk.objects.bulk_create(parts, batch_size=20)


# Looked at -----------------------------------------------------------------------------------------------------------


def rows_read(waiting: Import) -> Iterator[MappedRow]:
    """Yield the rows of an import as they were read."""
    for rows in waiting.chunks.order_by("number").values_list("rows", flat=True):
        yield from map(MappedRow.from_json, rows)


def rows_now(waiting: Import, rows: Iterable[MappedRow]) -> Iterator[MappedRow]:
    """Yield rows with what was mended in them, without those that were left out."""
    gone = set(waiting.left_out)
    for row in rows:
        if row.number not in gone:
            yield mended(row, waiting.mends) if waiting.mends else row


def mended(row: MappedRow, mends: Mends) -> MappedRow:
    """Return a row with what was mended in it; a mended cell is plain text, whatever the workbook had made of it."""
    changed = mends.get(str(row.number))
    if not changed:
        return row
    typed = {name: value for name, value in changed.items() if name != SURPLUS and not name.startswith(MEANT)}
    values = row.values | typed
    kinds: dict[str, CellKind] = {name: kind for name, kind in row.kinds.items() if name not in changed}
    kinds |= {name: "hidden" for name, value in typed.items() if spelt_out(value)}
    # only as long as the cell holds that very text, and of plain text alone
    for name in (one.removeprefix(MEANT) for one in changed if one.startswith(MEANT)):
        if values.get(name) == changed[MEANT + name] and kinds.get(name) in (None, "across"):
            kinds[name] = "meant"
    return replace(row, values=values, kinds=kinds, surplus=changed.get(SURPLUS, row.surplus))


def with_meant(mends: Mends, problems: Iterable[Problem]) -> dict[str, dict[str, str]]:
    """Return mends that also say of these cells that they are meant as they stand."""
    found = {row: dict(values) for row, values in mends.items()}
    for one in problems:
        found.setdefault(str(one.row), {})[MEANT + one.column] = one.cell
    return found


def pasted_rows(waiting: Import) -> str:
    """Return pasted rows as they were sent, to be corrected; "" for a file, and where they held passwords (C39)."""
    return "" if waiting.file_name else spell_out(bytes(waiting.source).decode("utf-8", "surrogatepass"))


def table_of(waiting: Import, reading: Reading, bounds: Bounds = CANDIDATE_BOUNDS) -> Table:
    """Return the table of what was uploaded. Raises UnreadableFile."""
    source = bytes(waiting.source)
    if waiting.file_name:
        return read_upload(source, waiting.file_name, reading=reading, bounds=bounds)
    return read_paste(source.decode("utf-8", "surrogatepass"), reading=reading, bounds=bounds)


def other_encodings(waiting: Import) -> tuple[Alternative, ...]:
    """Return the encodings under which the file can be read, its own among them; none for other uploads."""
    return other_readings(bytes(waiting.source)) if waiting.file_name and waiting.encoding else ()


def source_of(draft: Import) -> str:
    """Return what the audit writes of where candidates came from: the import and the digest of its file (C72)."""
    return f"import {draft.public_id} sha256:{draft.file_sha256}"


def was_added(*, test: Test, by: User, public_id: str) -> str:
    """Return the kind of the list with this id that this person has added to the test, "" where there is none."""
    added = Import.objects.on_tests().filter(test=test, owner=by, public_id=public_id)
    return added.values_list("kind", flat=True).first() or ""


# Ended ---------------------------------------------------------------------------------------------------------------


def claim(waiting: Import) -> Import:
    """Lock an import that waits, inside the transaction that confirms it, and return it as it is now.

    Raises DraftGone where somebody else has confirmed or cancelled it. The lock keeps away who mends it at this moment.
    """
    locked = Import.objects.select_for_update(of=("self",)).defer("source").filter(pk=waiting.pk)
    live: Import | None = locked.waiting().filter(expires_at__gt=timezone.now()).first()
    if live is None:
        raise DraftGone
    return live


def finish(live: Import, status: Import.Status, *, now: datetime | None = None) -> None:
    """End an import whose row is locked; its rows, digests of passwords among them, and the upload go."""
    live.chunks.all().delete()
    live.status, live.finished_at = status, now or timezone.now()
    live.lease, live.leased_until = "", None
    live.left_out_count = len(live.left_out)
    live.source, live.mends, live.left_out, live.letters_to_confirm, live.found = b"", {}, [], [], {}
    if columns := columns_read(live):  # nothing is kept of columns that were not read, and no cell
        live.columns = [replace(one, cells=()).as_json() for one in columns if one.field != IGNORE]
    live.save()


def finish_users(live: Import, status: Import.Status, action: audit.Action, *, by: User | None) -> None:
    """End a started import of users, recorded, inside a transaction; `by` is None where nobody did it."""
    detail = {
        "import": live.public_id,
        "sha256": live.file_sha256,
        "status": status.value,
        "made": live.added,
        "updated": live.updated,
        "skipped": live.skipped,
        "passwords": live.report.get("passwords", 0),
        "problems": live.report.get("problem_count", 0),
    }
    finish(live, status)
    audit.record(action, by=by, count=live.added, detail=detail)


def cancel(running: Import, *, by: User) -> bool:
    """Stop an import that is queued or runs: what is stored stays; say whether it was not over yet."""
    with transaction.atomic():
        # Waits for the chunk that is being stored, if any; the worker finds another status at the next one.
        live = Import.objects.select_for_update(of=("self",)).unfinished().filter(pk=running.pk).first()
        if live is None:
            return False
        live.cancel_asked_at = timezone.now()
        finish_users(live, Status.CANCELLED, audit.Action.USER_IMPORT_CANCELLED, by=by)
    return True


def discard(waiting: Import) -> bool:
    """Delete an import that waits, with its rows; say whether it waited.

    Who confirms it at this moment is waited for, and then it waits no longer.
    """
    with transaction.atomic():
        locked = Import.objects.select_for_update(of=("self",)).waiting().filter(pk=waiting.pk)
        found = list(locked.values_list("pk", flat=True))
        return bool(Import.objects.filter(pk__in=found).delete_waiting())


def expire(now: datetime | None = None) -> int:
    """End what nobody goes on with, with rows and digests, and return how many imports that were.

    Those that waited too long are deleted; those that were started and that no worker has had for DRAFT_HOURS are
    cancelled.
    """
    now = now or timezone.now()
    deleted = _delete_free(Import.objects.waiting().filter(expires_at__lte=now))
    unheard = now - timedelta(hours=settings.DRAFT_HOURS)
    with transaction.atomic():
        forgotten = Import.objects.unfinished().filter(
            Q(leased_until=None) | Q(leased_until__lte=unheard), started_at__lte=unheard
        )
        found = list(forgotten.order_by("pk").select_for_update(of=("self",), skip_locked=True))
        for live in found:
            finish_users(live, Status.CANCELLED, audit.Action.USER_IMPORT_CANCELLED, by=None)
    return deleted + len(found)


def _delete_free(waiting: ImportQuerySet) -> int:
    """Delete those of these imports that nobody holds, and return how many.

    It waits for nobody: who sweeps may hold the row of a list, and who confirms an import waits for people, whom
    somebody may hold that waits for that list. What is passed by goes with the next sweep, if it was not confirmed.
    """
    with transaction.atomic(savepoint=False):
        free = waiting.order_by("pk").select_for_update(of=("self",), skip_locked=True)
        keys = list(free.values_list("pk", flat=True))
        return Import.objects.filter(pk__in=keys).delete_waiting()
