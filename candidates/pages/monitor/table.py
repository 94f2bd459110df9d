"""The rows of Monitor's table as the page shows them, and as a file: exactly what is shown (docs/domain.md §10)."""

from collections.abc import Hashable, Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

from django.template.loader import get_template
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.models import User
from candidates.pages.monitor.columns import Column, show_figure
from candidates.pages.monitor.rows import NO_ROOM, Watch, WatchLine
from candidates.pages.shared.room_sheets import download_by_room
from candidates.pages.shared.searching import NAME, PRIVATE_REFERENCE
from candidates.tabular.exporting import Cell, Download, ExportFormat, download_of, file_name
from candidates.text import zone


class Row(NamedTuple):
    """A row of the table: who says where, and its cells; `people` are the cells that say who it is."""

    public_id: str
    candidate_id: str
    label: str
    says_no_room: bool
    found: str
    people: Sequence[str]
    cells: Sequence[str]


def shown_rows(watch: Watch, columns: Sequence[Column]) -> list[Row]:
    """Return the rows that are shown, in order."""
    select = _("Select candidate %(id)s")
    personal = [column for column in columns if column.personal]
    made = [_cells(column, watch) for column in columns if not column.personal]
    cells = zip(*made, strict=True) if made else repeat((), len(watch.shown))
    return [
        Row(
            line.public_id,
            line.candidate_id,
            select % {"id": line.candidate_id},
            watch.says_no_room(line),
            _found(line, watch, personal),
            [column.value(line, watch) for column in personal],
            row,
        )
        for line, row in zip(watch.shown, cells, strict=True)
    ]


def _found(line: WatchLine, watch: Watch, personal: Sequence[Column]) -> str:
    """Return what stands beside the ID of somebody whom a search found by something else, unless a column says it.

    Of a login only that it was found by that: Monitor shows none.
    """
    if line.match is None or not line.match.label:
        return ""
    person, on = watch.people[line.public_id], {column.key for column in personal}
    said = [] if "name" in on else [person.name]
    if line.match.label is PRIVATE_REFERENCE:
        said += [] if "reference" in on else [f"{PRIVATE_REFERENCE} {person.private_reference}"]
    elif line.match.label is not NAME:
        said.append(str(line.match.label))
    return ", ".join(filter(None, said))


def _cells(column: Column, watch: Watch) -> list[str]:
    """Return the cells of one column (docs/look.md "Tables"); each different one is rendered once, of 15,000."""
    template = get_template("monitor/cell.html")
    made: dict[Hashable, str] = {}
    cells = []
    for line in watch.shown:
        value = column.value(line, watch)
        if value not in made:
            cell = column.show(value, watch)
            css = f"{column.css} {cell.mark}" if cell.mark in ("strong", "quiet") else column.css
            made[value] = template.render({"column": column, "cell": cell, "css": css})
        cells.append(made[value])
    return cells


def download_watch(
    watch: Watch, columns: Sequence[Column], wanted: ExportFormat, *, by: User, by_room: bool = False
) -> Download:
    """Return the shown rows as a file, recorded before it is made. Times say their date and zone (D30).

    With `by_room` the file is a workbook with a sheet for each room.
    """
    audit.record(
        audit.Action.MONITOR_DOWNLOADED,
        by=by,
        test=watch.test,
        count=len(watch.shown),
        detail={"columns": [column.key for column in columns], "format": wanted.value},
    )
    zone_words = zone()
    heads = [_("Candidate ID"), *(str(column.head) for column in columns)]
    # on the page this stands beside the ID, which the file keeps as it is
    says_no_room = any(watch.says_no_room(line) for line in watch.shown)
    rows: Iterator[list[Cell]] = (
        [
            line.candidate_id,
            *(_value(column, line, watch, zone_words) for column in columns),
            *([str(NO_ROOM) if watch.says_no_room(line) else ""] if says_no_room else ()),
        ]
        for line in watch.shown
    )
    heads += [_("What to know")] if says_no_room else []
    if by_room:
        places = ((line.stored.building or "", line.stored.room or "") for line in watch.shown)
        return download_by_room(watch.test, "monitor", heads, zip(places, rows, strict=True))
    name = file_name(watch.test, "monitor", ending=wanted.value)
    return download_of(name, [heads, *rows], wanted, sheet=_("Monitor"))


def _value(column: Column, line: WatchLine, watch: Watch, zone_words: str) -> Cell:
    if column.show is show_figure:
        figure: int | None = column.value(line, watch)
        return figure
    if column.moment is None:
        return column.cell(line, watch).text
    moment = column.moment(line)
    return "" if moment is None else f"{timezone.localtime(moment):%Y-%m-%d %H:%M} {zone_words}"
