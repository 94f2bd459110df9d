"""Read the columns of a file of permanent users, and say where a password may stand that nobody reads as one."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates.intake.accounts.cleaning import clean_email
from candidates.intake.accounts.formats import Format
from candidates.intake.accounts.headings import EMAIL, LIST_NAME, PASSWORD, usual_field_of
from candidates.intake.cells import CellProblem
from candidates.intake.columns import IGNORED, Mapped, map_columns
from candidates.tabular.table import Table, UnreadableFile

MOST_LISTS = 300
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
    if len(lists) > MOST_LISTS:
        message = _(
            "The column %(label)s names %(n)d different lists; a file may name %(most)d. Does it hold something else "
            "than lists? Then choose another format; else divide the file into several."
        )
        raise OtherOrder(message % {"label": form.spec.words.label(LIST_NAME), "n": len(lists), "most": MOST_LISTS})
    return mapped


def _is_no_address(cell: str) -> bool:
    try:
        clean_email(cell)
    except CellProblem:
        return True
    return False


def has_unread_cells(form: Format, table: Table, mapped: Mapped) -> bool:
    """Say whether a file holds more than the columns that are read: a first password may stand in any of it.

    That is in columns that are not read, in cells beside the columns, and in rows above the headings; or a heading says
    so of a column that is read as something else.
    """
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
