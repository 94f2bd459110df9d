"""Read a file of permanent users and keep it without passwords: also those that nobody reads as one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates.intake.accounts.cleaning import WITHHELD, clean_email
from candidates.intake.accounts.formats import Format
from candidates.intake.accounts.headings import EMAIL, LIST_NAME, PASSWORD, usual_field_of
from candidates.intake.accounts.passwords import take_password
from candidates.intake.accounts.reporting import check
from candidates.intake.cells import CellProblem
from candidates.intake.columns import IGNORED, Mapped, MappedRow, map_columns
from candidates.intake.drafts import CHUNK_ROWS, how_read, keep, new_import, other_encodings
from candidates.lifecycle.user_lists import list_gone_words
from candidates.models import Import, PermanentUserList, User
from candidates.models.ids import new_public_id
from candidates.tabular.decoding import words_to_confirm
from candidates.tabular.table import Table, UnreadableFile

CHUNK_ROWS_WITH_PASSWORDS = 100
"""Rows with a slow hash each: what is stopped or cancelled waits a second or so, not fifteen."""
MAX_LISTS = 300
"""Lists that one file may name: more are nobody's lists, but something else that stands in the column."""


class OtherOrder(UnreadableFile):
    """A column of a file does not hold what its format says: anything may stand anywhere."""


@sensitive_variables()
def map_users(table: Table, form: Format, *, header: int | Literal["find"] | None = "find") -> Mapped:
    """Return the rows of a file by the columns of its format. Raises UnreadableFile, and OtherOrder for the whole file.

    A file without headings is refused as a whole where its e-mail column holds something else: the columns stand in
    another order, and what would be shown as a wrong address may be a password. So is one that names very many lists.
    """
    mapped = map_columns(table, form.spec, header=header)
    if mapped.header_row is None and EMAIL in mapped.fields:
        filled = [row.values[EMAIL] for row in mapped.rows if row.values[EMAIL].strip()]
        if filled and 2 * sum(map(_is_no_address, filled)) >= len(filled):
            message = _(
                "The column %(label)s does not hold e-mail addresses. Do the columns of the file stand in the order of "
                "the format?"
            )
            raise OtherOrder(message % {"label": form.spec.words.label(EMAIL)})
    lists = {" ".join(row.values.get(LIST_NAME, "").split()) for row in mapped.rows} - {""}
    if len(lists) > MAX_LISTS:
        message = _(
            "The column %(label)s names %(n)d different lists; a file may name %(most)d. Does it hold something else "
            "than lists? Then choose another format; else divide the file into several."
        )
        raise OtherOrder(message % {"label": form.spec.words.label(LIST_NAME), "n": len(lists), "most": MAX_LISTS})
    return mapped


def _is_no_address(cell: str) -> bool:
    try:
        clean_email(cell)
    except CellProblem:
        return True
    return False


def has_unread_cells(form: Format, table: Table, mapped: Mapped) -> bool:
    """Say whether a file holds more than the columns that are read: a first password may stand in any of it.

    That is in other sheets, in columns that are not read, in cells beside the columns, and in rows above the headings;
    or a heading says so of a column that is read as something else.
    """
    if len(table.sheets) > 1:
        return True
    ignored = bool(mapped.left_out) or any(column.holds == IGNORED for column in form.columns)
    return ignored or bool(mapped.skipped) or _names_a_password(form, table, mapped) or _has_surplus(mapped)


def _has_surplus(mapped: Mapped) -> bool:
    return any(row.surplus for row in mapped.rows)


def _names_a_password(form: Format, table: Table, mapped: Mapped) -> bool:
    field_of = form.spec.words.field_of
    return any(
        usual_field_of(cell) == PASSWORD and (field_of(cell) != PASSWORD or PASSWORD not in mapped.fields)
        for row in table.rows
        if row.number == mapped.header_row
        for cell in row.cells
    )


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
) -> Import:
    """Check what was read, and store it beside this person's newest files.

    From here on there is no password: each is a keyed digest, or the reason why it is refused. `data` is the file, or
    the pasted text in UTF-8; it is not kept where there are passwords in it, or cells that nobody has read: a first
    password may stand in a column that the format ignores, beside the columns or above them. `storing` is what the
    rows are stored within, after they were checked, which takes seconds.
    """
    rows = without_passwords(mapped.rows)
    holds = any(row.values.get(PASSWORD) or PASSWORD in row.kinds or WITHHELD in row.kinds.get("", "") for row in rows)
    holds = holds or has_unread_cells(form, table, mapped)
    waiting = new_import(
        by=by,
        kind=Import.Kind.USERS,
        public_id=public_id or new_public_id(),
        format_name=form.name,
        columns=form.as_json(),
        file_name=file_name,
        file_sha256=hashlib.sha256(data).hexdigest(),
        has_passwords=holds,
        source=b"" if holds else data,
        add_to=add_to,
        add_to_name=add_to_name,
        back_to_test=back_to_test,
        **how_read(table, mapped, user_letters(table, rows)),
    )
    readings = [[one.encoding, list(one.words), one.likely] for one in other_encodings(waiting)] if not holds else []
    waiting.report = check(waiting, rows) | {"readings": readings}
    digests = any(row.values.get(PASSWORD) for row in rows)
    with storing or nullcontext(), transaction.atomic():
        if add_to is not None:
            # Closes the race with whoever deletes the list: it is gone here, or goes once this import names it.
            waiting.add_to = PermanentUserList.objects.select_for_update(no_key=True).filter(pk=add_to.pk).first()
            if waiting.add_to is None:
                waiting.note(list_gone_words(add_to.name))
        keep(waiting, rows, chunk=CHUNK_ROWS_WITH_PASSWORDS if digests else CHUNK_ROWS)
    return waiting


@sensitive_variables()
def without_passwords(rows: Iterable[MappedRow]) -> list[MappedRow]:
    """Return rows in which each password is a digest, or the reason why it is refused.

    Of a row with more cells than the file has columns nothing is kept, whatever the format: one of the cells that stand
    in the wrong place may be a password.
    """
    return [_without_password(row) for row in rows]


@sensitive_variables()
def _without_password(row: MappedRow) -> MappedRow:
    if row.surplus:
        return replace(row, values=dict.fromkeys(row.values, ""), kinds={"": WITHHELD}, surplus="")  # type: ignore[dict-item]  # a kind of our own
    if PASSWORD not in row.values:
        return row
    others = {name: value for name, value in row.values.items() if name != PASSWORD}
    kinds: dict[str, Any] = {name: kind for name, kind in row.kinds.items() if name != PASSWORD}
    digest, refused = take_password(row.values[PASSWORD], row.kinds.get(PASSWORD, ""), others)
    return replace(row, values=others | {PASSWORD: digest}, kinds=kinds | ({PASSWORD: refused} if refused else {}))


def user_letters(table: Table, rows: Sequence[MappedRow]) -> tuple[str, ...]:
    """Return the words to be confirmed where the encoding was guessed (D14): of the cells that are kept, no password.

    Never those of the whole table: a password may stand where nobody reads.
    """
    if not table.confirm_letters:
        return ()
    cells = "\n".join(
        value
        for row in rows
        for name, value in row.values.items()
        if name != PASSWORD and value and not value.isascii()
    )
    return tuple(words_to_confirm(cells))
