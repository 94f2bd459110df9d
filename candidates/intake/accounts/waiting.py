"""Files of permanent users that wait for confirmation: kept in chunks, checked once for each change, and mended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from candidates.intake.accounts.checking import check_people
from candidates.intake.accounts.cleaning import WITHHELD
from candidates.intake.accounts.ending import expire_imports, sweep
from candidates.intake.accounts.formats import Format, format_from_json
from candidates.intake.accounts.headings import PASSWORD
from candidates.intake.accounts.passwords import take_password
from candidates.intake.accounts.reading import has_unread_cells
from candidates.intake.accounts.reporting import report_of, rows_state
from candidates.intake.columns import Mapped, MappedRow
from candidates.intake.listing import mended
from candidates.intake.rereading import alternatives
from candidates.lifecycle.user_lists import list_gone_words
from candidates.models import PermanentUserList, User, UserImport, UserImportChunk
from candidates.models.ids import new_public_id
from candidates.models.imports import MAX_FILE_NAME_LENGTH
from candidates.tabular.decoding import Alternative, words_to_confirm
from candidates.tabular.hidden import spell_out
from candidates.tabular.table import Table

CHUNK_ROWS = 1000
CHUNK_ROWS_WITH_PASSWORDS = 100
"""Rows with a slow hash each: what is stopped or cancelled waits a second or so, not fifteen."""
SHOWN = 20


@sensitive_variables()
def keep_upload(
    *,
    by: User,
    form: Format,
    table: Table,
    mapped: Mapped,
    data: bytes,
    file_name: str,
    add_to: PermanentUserList | None = None,
    add_to_name: str = "",
    back_to_test: str = "",
    public_id: str = "",
    storing: AbstractContextManager[object] | None = None,
) -> UserImport:
    """Store what was read, check it, and sweep out older and expired files of this person.

    From here on there is no password: each is a keyed digest, or the reason why it is refused. `data` is the file, or
    the pasted text in UTF-8; it is not kept where there are passwords in it, or cells that nobody has read: a first
    password may stand in a column that the format ignores, beside the columns or above them. `storing` is what the
    rows are stored within, after they were checked, which takes seconds.
    """
    rows = [without_password(row) for row in mapped.rows]
    holds = any(row.values.get(PASSWORD) or PASSWORD in row.kinds or WITHHELD in row.kinds.get("", "") for row in rows)
    holds = holds or has_unread_cells(form, table, mapped)
    now = timezone.now()
    waiting = UserImport(
        public_id=public_id or new_public_id(),
        owner=by,
        format_name=form.name,
        columns=form.as_json(),
        file_name=file_name[:MAX_FILE_NAME_LENGTH],
        file_sha256=hashlib.sha256(data).hexdigest(),
        encoding=table.encoding,
        delimiter=table.delimiter,
        header_row=mapped.header_row,
        letters_to_confirm=letters_of(table, rows),
        has_passwords=holds,
        source=b"" if holds else data,
        add_to=add_to,
        add_to_name=add_to_name,
        back_to_test=back_to_test,
        created_at=now,
        expires_at=now + timedelta(hours=settings.DRAFT_HOURS),
    )
    readings = [[one.encoding, list(one.words)] for one in alternatives(waiting)] if not holds else []
    waiting.report = _checked(waiting, rows) | {"readings": readings}
    expire_imports(now)  # by itself: it locks imports, and below a list is locked before any
    with storing or nullcontext(), transaction.atomic():
        if add_to is not None:
            # Closes the race with whoever deletes the list: it is gone here, or goes once this import names it.
            waiting.add_to = PermanentUserList.objects.select_for_update(no_key=True).filter(pk=add_to.pk).first()
            if waiting.add_to is None:
                waiting.note(list_gone_words(add_to.name))
        waiting.save()
        keep_rows(waiting, rows)
        sweep(by, but=waiting)
    return waiting


@sensitive_variables()
def without_password(row: MappedRow) -> MappedRow:
    """Return a row whose password is a digest, or the reason why it is refused.

    Of a row with more cells than the file has columns nothing is kept, whatever the format: one of the cells that stand
    in the wrong place may be a password.
    """
    if row.surplus:
        return replace(row, values=dict.fromkeys(row.values, ""), kinds={"": WITHHELD}, surplus="")  # type: ignore[dict-item]  # a kind of our own
    if PASSWORD not in row.values:
        return row
    others = {name: value for name, value in row.values.items() if name != PASSWORD}
    kinds: dict[str, Any] = {name: kind for name, kind in row.kinds.items() if name != PASSWORD}
    digest, refused = take_password(row.values[PASSWORD], row.kinds.get(PASSWORD, ""), others)
    return replace(row, values=others | {PASSWORD: digest}, kinds=kinds | ({PASSWORD: refused} if refused else {}))


def letters_of(table: Table, rows: Iterable[MappedRow]) -> list[str]:
    """Return the words to be confirmed where the encoding was guessed (D14): of the cells that are kept, no password.

    Never those of the whole table: a password may stand where nobody reads.
    """
    if not table.confirm_letters:
        return []
    cells = "\n".join(
        value
        for row in rows
        for name, value in row.values.items()
        if name != PASSWORD and value and not value.isascii()
    )
    return list(words_to_confirm(cells))


def keep_rows(waiting: UserImport, rows: Sequence[MappedRow]) -> None:
    digests = any(row.values.get(PASSWORD) for row in rows)
    size = CHUNK_ROWS_WITH_PASSWORDS if digests else CHUNK_ROWS
    parts = (
        UserImportChunk(
            source=waiting, number=start // size, rows=[row.as_json()[:4] for row in rows[start : start + size]]
        )
        for start in range(0, len(rows), size)
    )
    UserImportChunk.objects.bulk_create(parts, batch_size=20)


def rows_read(waiting: UserImport) -> Iterator[MappedRow]:
    """Yield the rows of a waiting import as they were read."""
    for rows in waiting.chunks.order_by("number").values_list("rows", flat=True).iterator(chunk_size=20):
        yield from map(MappedRow.from_json, rows)


def rows_now(waiting: UserImport, rows: Iterable[MappedRow]) -> Iterator[MappedRow]:
    """Yield rows with what was mended in them, without those that were left out."""
    gone = set(waiting.left_out)
    for row in rows:
        if row.number not in gone:
            yield mended(row, waiting.mends) if waiting.mends else row


def format_of(waiting: UserImport) -> Format:
    """Return the format that the file was read by."""
    return format_from_json(waiting.format_name, waiting.columns)


def _checked(waiting: UserImport, rows: Sequence[MappedRow]) -> dict[str, Any]:
    required = format_of(waiting).required
    found = check_people(rows_now(waiting, rows), required=required)
    report = report_of(found, len(rows), rows_state(waiting))
    names = {person.list_name for person in found.everybody() if person.list_name}
    there = PermanentUserList.objects.filter(owner=waiting.owner_id, name__in=names).count() if names else 0
    return report | {"lists_made": len(names) - there}


def check_again(waiting: UserImport) -> None:
    """Check the rows as they are now, and keep the report; nothing where the import has gone or was changed meanwhile.

    What others change at the same time they check themselves: the report says by `state` of which rows it is.
    """
    readings = waiting.report.get("readings", [])
    waiting.report = _checked(waiting, list(rows_read(waiting))) | {"readings": readings}
    UserImport.objects.filter(pk=waiting.pk, status=UserImport.Status.WAITING).update(report=waiting.report)


def readings_of(waiting: UserImport) -> list[Alternative]:
    """Return the encodings under which the file can be read; none where it is not kept."""
    return [Alternative(encoding, tuple(words)) for encoding, words in waiting.report.get("readings", [])]


def is_fresh(waiting: UserImport) -> bool:
    """Say whether the report is of the rows as they are now."""
    return bool(waiting.report.get("state") == rows_state(waiting))


def pasted_rows(waiting: UserImport) -> str:
    """Return pasted rows as they were sent, to be corrected; "" for a file, and where they held passwords (C39)."""
    return "" if waiting.file_name else spell_out(bytes(waiting.source).decode("utf-8", "surrogatepass"))


def shown_imports(user: User) -> list[UserImport]:
    """Return the newest imports: everybody's that were started, and the person's own that wait."""
    started = ~Q(status=UserImport.Status.WAITING)
    mine = Q(owner=user, expires_at__gt=timezone.now())
    found = UserImport.objects.filter(started | mine).select_related("owner")
    return list(found.defer("source", "mends", "left_out", "problems")[:SHOWN])
