"""The rows of Monitor's table as HTML: made once for each different cell, because there are 15,000 of them."""

from collections.abc import Collection, Sequence
from itertools import repeat
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from candidates.pages.monitor.columns import Cell, Column
from candidates.pages.monitor.rows import NO_ROOM, Watch

CHECKED = mark_safe(" checked")
TICK = (
    '<td class="tick"><input class="ds-input" type="checkbox" name="c" value="{}"{} autocomplete="off"'
    ' aria-label="{}"></td>'
)
HEAD = '<th scope="row" class="id"><a class="ds-link" href="{}">{}</a>{}</th>'


def shown_rows(
    watch: Watch, columns: Sequence[Column], *, url: str, ticks: bool, ticked: Collection[str] = frozenset()
) -> list[SafeString]:
    """Return the content of the table's rows; `url` is the address of a candidate with {} in the public id's place.

    With `ticks` each row has a box, and those of `ticked` are ticked.
    Made here and not in a template, because 1500 rows of ten cells are 15,000 look-ups there.
    """
    before, after = url.split("{}")
    select = _("Select candidate %(id)s")
    made = (_cells(column, watch) for column in columns)
    cells = zip(*made, strict=True) if columns else repeat((), len(watch.shown))
    no_room = format_html(' <span class="small quiet">{}</span>', NO_ROOM)
    rows = []
    for line, row in zip(watch.shown, cells, strict=True):
        public_id, candidate_id = line.stored.public_id, line.stored.candidate_id
        checked = CHECKED if public_id in ticked else ""
        tick = format_html(TICK, public_id, checked, select % {"id": candidate_id}) if ticks else ""
        mark = no_room if watch.says_no_room(line) else ""
        head = format_html(HEAD, f"{before}{public_id}{after}", candidate_id, mark)
        rows.append(mark_safe("".join((tick, head, *row))))  # noqa: S308  every part comes from format_html
    return rows


def _cells(column: Column, watch: Watch) -> list[SafeString]:
    """Return the cells of one column; each different one is made once."""
    made: dict[Any, SafeString] = {}
    cells = []
    for line in watch.shown:
        value = column.value(line, watch)
        cell = made.get(value)
        if cell is None:
            cell = made[value] = _html(column, column.show(value, watch))
        cells.append(cell)
    return cells


def _html(column: Column, cell: Cell) -> SafeString:
    """Return a cell of the table (docs/look.md "Tables")."""
    css, content = column.css, cell.text
    if cell.mark == "tag":
        content = format_html('<span class="ds-tag is-warn" data-color="warning">{}</span>', cell.text)
    elif cell.mark in ("warn", "done"):
        content = format_html('<span class="is-{}">{}</span>', cell.mark, cell.text)
    elif cell.mark:
        css = f"{css} {cell.mark}"
    classes = format_html(' class="{}"', css) if css else ""
    label = format_html(' data-label="{}"', column.short) if column.short and cell.text else ""
    return format_html("<td{}{}>{}</td>", classes, label, content)
