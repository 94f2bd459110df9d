"""Monitor as a file: exactly the rows and columns that are shown (docs/domain.md §10)."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.models import User
from candidates.pages.monitor.columns import Column
from candidates.pages.monitor.rows import NO_ROOM, Watch, WatchLine
from candidates.tabular.exporting import Download, download_of, file_name
from candidates.text import zone


def download_watch(watch: Watch, columns: Sequence[Column], *, by: User) -> Download:
    """Return the shown rows as a file, recorded before it is made. Times say their date and zone (D30)."""
    audit.record(
        audit.Action.MONITOR_DOWNLOADED,
        by=by,
        test=watch.test,
        count=len(watch.shown),
        detail={"columns": [column.key for column in columns]},
    )
    zone_words = zone()
    heads = [_("Candidate ID"), *(str(column.head) for column in columns)]
    # on the page this stands beside the ID, which the file keeps as it is
    says_no_room = any(watch.says_no_room(line) for line in watch.shown)
    rows = (
        [
            line.candidate_id,
            *(_text(column, line, watch, zone_words) for column in columns),
            *([str(NO_ROOM) if watch.says_no_room(line) else ""] if says_no_room else ()),
        ]
        for line in watch.shown
    )
    heads += [_("What to know")] if says_no_room else []
    return download_of(file_name(watch.test, "monitor", ending="csv"), [heads, *rows])


def _text(column: Column, line: WatchLine, watch: Watch, zone_words: str) -> str:
    if column.moment is None:
        return column.cell(line, watch).text
    moment = column.moment(line)
    return "" if moment is None else f"{timezone.localtime(moment):%Y-%m-%d %H:%M} {zone_words}"
