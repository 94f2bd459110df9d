"""Make waiting imports of permanent users as an upload makes them, and run them as the worker does."""

from typing import Any

from candidates.intake.accounts.formats import Column, Format, usual_format
from candidates.intake.accounts.reading import keep_upload, map_users
from candidates.intake.accounts.reporting import seen_of
from candidates.intake.accounts.running import start_import, work_on
from candidates.intake.reading import USER_BOUNDS, read_paste, read_upload
from candidates.models import Import, PermanentUserList, User


def form(*holds: str, **more: Any) -> Format:
    """Return a format of these columns; one that ends with ! is required."""
    columns = tuple(Column(one.rstrip("!"), required=one.endswith("!")) for one in holds)
    return Format("Registry", columns, **more)


def waiting_users(
    by: User,
    text: str | bytes,
    *,
    form: Format | None = None,
    name: str = "users.csv",
    add_to: PermanentUserList | None = None,
    add_to_name: str = "",
) -> Import:
    """Return the import of this file, or of pasted rows where it has no name."""
    form = form or usual_format()
    data = text.encode() if isinstance(text, str) else text
    table = read_upload(data, name, bounds=USER_BOUNDS) if name else read_paste(data.decode(), bounds=USER_BOUNDS)
    return keep_upload(
        by=by,
        form=form,
        table=table,
        mapped=map_users(table, form),
        data=data,
        file_name=name,
        add_to=add_to,
        add_to_name=add_to_name,
    )


def run_through(waiting: Import) -> Import:
    """Start the import as its preview shows it now, work on it to the end, and return it."""
    waiting = Import.objects.get(pk=waiting.pk)
    start_import(waiting, seen=seen_of(waiting))
    while work_on(waiting.public_id):
        pass
    return Import.objects.get(pk=waiting.pk)


def sentences(waiting: Import) -> list[tuple[int, str, str]]:
    """Return the problems that the report keeps: row, column, sentence."""
    return [(row, column, message) for row, column, _cell, message, *_rest in waiting.report["problems"]]
