"""Hand the wrong rows of a list back as the same kind of file, with one more column that says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from candidates import audit
from candidates.intake.columns import SURPLUS
from candidates.intake.drafts import columns_read, table_of
from candidates.intake.findings import Problem
from candidates.intake.found import read_as_before, reading_of
from candidates.intake.headings import PROBLEM, Spec
from candidates.intake.kinds import kind_of
from candidates.models import Import, User
from candidates.tabular import decoding
from candidates.tabular.exporting import MARKED, csv_bytes, xlsx_bytes
from candidates.tabular.table import Row, Table

HEADING = "Problem"  # as the reader knows it, in every language
CODECS = {name: MARKED if codec == "utf-8" else codec for name, codec in decoding.CODECS.items()}


def take_wrong_rows(waiting: Import, problems: Sequence[Problem], *, by: User) -> tuple[str, bytes]:
    """Return the ending and the bytes of a file with the rows that have a problem; recorded before it is made (C72).

    The rows are as they were uploaded; separator, encoding and columns too. The last column begins with the number of
    the row, by which the mended file finds its place again.
    """
    rows = len({problem.row for problem in problems})
    name = "user_import" if waiting.kind == Import.Kind.USERS else "draft"
    detail = {name: waiting.public_id}
    audit.record(audit.Action.WRONG_ROWS_DOWNLOADED, by=by, test=waiting.test, count=rows, detail=detail)
    return _wrong_rows_file(waiting, problems)


def _wrong_rows_file(draft: Import, problems: Sequence[Problem]) -> tuple[str, bytes]:
    kind = kind_of(draft)
    spec, bounds = kind.spec(draft), kind.bounds
    table = read_as_before(table_of(draft, reading_of(draft), bounds), draft)
    why = _reasons(problems, spec)
    fields = _fields_by_place(draft, table, spec)
    usual = [
        spec.words.label(fields[place]) if fields.get(place) else "" for place in range(max(fields, default=0) + 1)
    ]
    heads = next((row.cells for row in table.rows if row.number == draft.header_row), tuple(usual))
    rows = [_with_mends(row, draft, fields) for row in table.rows if row.number in why]
    width = max(len(heads), *(len(row.cells) for row in rows), 0)
    # a file that came back once, and is wrong again, has the last column already
    kept = [place for place in range(width) if fields.get(place) != PROBLEM]
    lines = [[*_cells(heads, kept), heading_for(draft)], *([*_cells(row.cells, kept), why[row.number]] for row in rows)]
    if draft.file_name and not draft.encoding:
        return "xlsx", xlsx_bytes(lines, sheet="Users" if bounds.for_users else "Candidates")
    encoding = CODECS.get(draft.encoding, MARKED)
    return ("csv" if draft.delimiter != "\t" else "txt"), csv_bytes(
        lines, delimiter=draft.delimiter or ",", encoding=encoding
    )


def heading_for(draft: Import) -> str:
    """Return the heading of the last column; what stands in brackets says of which list the rows are."""
    return f"{HEADING} ({draft.public_id})"


def _fields_by_place(draft: Import, table: Table, spec: Spec) -> dict[int, str]:
    """Return what the columns of the file hold, by their place; "" for one that is not read.

    Of a column that only a few rows fill the cells are too many, and no column of the list.
    """
    if draft.test is not None:
        return {one.place: one.field for one in columns_read(draft) if one.why != "few"}
    heads = next((row.cells for row in table.rows if row.number == draft.header_row), None)
    names = [spec.words.field_of(head) or "" for head in heads] if heads else spec.places
    return dict(enumerate(names))


def _with_mends(row: Row, draft: Import, fields: Mapping[int, str]) -> Row:
    """Return a row with what was mended in the preview, so that nothing of that is lost on the way back."""
    changed = dict(draft.mends.get(str(row.number), {}))
    if not changed:
        return row
    surplus = changed.pop(SURPLUS, None)
    width = max(fields, default=-1) + 1
    cells = [*row.cells, *[""] * (width - len(row.cells))]
    written: set[str] = set()
    for place, name in sorted(fields.items()):
        if name in changed:
            cells[place] = "" if name in written else changed[name]  # a name of two parts is in one cell now
            written.add(name)
    if surplus is not None:
        cells = [cell if place in fields else "" for place, cell in enumerate(cells)][:width]
        cells += [surplus] if surplus else []
    return Row(row.number, tuple(cells))


def _cells(cells: Sequence[str], kept: Sequence[int]) -> list[str]:
    return [cells[place] if place < len(cells) else "" for place in kept]


def _reasons(problems: Sequence[Problem], spec: Spec) -> dict[int, str]:
    """Return what is wrong with each row, in one cell that begins with the row's number."""
    found: dict[int, list[str]] = {}
    for problem in problems:
        where = f"{spec.words.label(problem.column)}: " if problem.column else ""
        found.setdefault(problem.row, []).append(f"{where}{problem.message}")
    return {row: _("Row %(row)d: %(said)s") % {"row": row, "said": " ".join(said)} for row, said in found.items()}
