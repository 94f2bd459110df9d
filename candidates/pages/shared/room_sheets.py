"""A list as a workbook with a sheet for each room."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from candidates.tabular.exporting import Cell, Download, ExportFormat, Named, file_name, workbook_bytes
from candidates.text import place_key

Place = tuple[str, str]


def download_by_room(
    test: Named, kind: str, head: Sequence[Cell], rows: Iterable[tuple[Place, Sequence[Cell]]]
) -> Download:
    """Return rows, each with its building and room, on a sheet for each room, in the order of rooms everywhere."""
    rooms: dict[Place, list[Sequence[Cell]]] = {}
    for place, row in rows:
        rooms.setdefault(place, []).append(row)
    sheets = [
        (" ".join(filter(None, place)) or _("Without a room"), [head, *rooms[place]])
        for place in sorted(rooms, key=lambda place: place_key(*place))
    ]
    name = file_name(test, kind, layout="by-room", ending="xlsx")
    return Download(name, ExportFormat.XLSX.label, workbook_bytes(sheets))
