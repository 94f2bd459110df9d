"""Change an import in its preview: cells, rows left out, repairs that were offered, another reading of the upload."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from django.db import transaction

from candidates.intake.assigning import KnownFormat
from candidates.intake.columns import SURPLUS, MappedRow
from candidates.intake.drafts import DraftGone, Mends, how_read, keep_rows, mended, rows_read, table_of, with_meant
from candidates.intake.findings import Fix, Typed
from candidates.intake.found import places_with_gaps
from candidates.intake.kinds import Header, kind_of
from candidates.intake.reading import Reading
from candidates.models import Import
from candidates.tabular.hidden import spell_out
from candidates.tabular.table import MAX_CELL

CHANGED = (
    *("mends", "left_out", "existing", "change_passwords", "letters_to_confirm", "hidden_rows_are"),
    *("is_complete", "unticked"),
)
KEEP = "keep-"
"""Stands before a doubt in the name of the repair that says of all such cells that they are meant as they stand."""
READ = ("encoding", "delimiter", "header_row", "authentication_type", "found")


@dataclass(frozen=True, slots=True)
class Ticks:
    """What a page of a complete list sent: the keys of the changes that it showed, and which of them are ticked."""

    shown: frozenset[str]
    ticked: frozenset[str]


@dataclass(frozen=True, slots=True)
class PreviewAction:
    """What a person asks for beside the cells that were typed: at most one of these at a time.

    `keep` is a cell that is meant as it stands, where that was doubted. `make_password` is the row whose person gets a
    password of the system in the place of the refused one; `for_all` names a repair of all rows of its kind
    (intake/kinds.py), or KEEP with a doubt. What is chosen about known people stands beside it.
    """

    leave_out: int = 0
    use: tuple[int, str] | None = None
    keep: tuple[int, str] | None = None
    make_password: int = 0
    for_all: str = ""
    take_back: bool = False
    start_over: bool = False
    existing: str | None = None
    change_passwords: bool | None = None
    hidden_rows: str = ""
    is_complete: bool | None = None
    ticks: Ticks | None = None

    @property
    def touches_rows(self) -> bool:
        """Say whether it changes what is kept of the rows."""
        acts = (self.leave_out, self.use, self.keep, self.make_password, self.for_all, self.take_back)
        return any(acts)


def mend(waiting: Import, cells: Iterable[Typed], action: PreviewAction) -> bool:
    """Write what was typed and asked for into the import, check it again, and say whether anything changed.

    Cells that the list does not have, and those of passwords, are passed over. Raises DraftGone.
    """
    sent = list(cells)

    def change(live: Import) -> None:
        if action.start_over:
            live.mends, live.left_out, live.hidden_rows_are, live.unticked = {}, [], "", []
        elif sent or action.touches_rows:
            rows = list(rows_read(live))
            _write(live, rows, _changed_cells(rows, live.mends, sent))
            _apply(live, rows, action)
        if action.existing is not None and action.existing in {"", *Import.Existing.values}:
            live.existing = action.existing
        if action.hidden_rows in Import.HiddenRows.values:
            _take_hidden_rows(live, Import.HiddenRows(action.hidden_rows))
        if action.change_passwords is not None:
            live.change_passwords = action.change_passwords
        if action.is_complete is not None and live.kind in (Import.Kind.ONE_TIME, Import.Kind.SSO):
            live.is_complete = action.is_complete
        if action.ticks is not None:
            live.unticked = sorted(({*live.unticked} - action.ticks.shown) | (action.ticks.shown - action.ticks.ticked))

    before, after = _change(waiting, change)
    kind = kind_of(waiting)
    if before[:2] != after[:2] or not kind.is_checked(waiting):
        kind.check_again(waiting)
    return before != after


def put_back(waiting: Import, rows: Mapping[int, Mapping[str, str]], letters: Sequence[str] = ()) -> None:
    """Put whole rows of a mended file in the place of the rows with these numbers.

    `letters` are words of that file to be confirmed, because its encoding was guessed (D14). Raises DraftGone.
    """
    fields = kind_of(waiting).fields(waiting, trusted=False)
    kept = "\n".join(value for cells in rows.values() for name, value in cells.items() if name in fields)

    def change(live: Import) -> None:
        fixes = (Fix(row, name, value) for row, cells in rows.items() for name, value in cells.items())
        _write(live, list(rows_read(live)), fixes)
        live.left_out = [row for row in live.left_out if row not in rows]
        read = [word for word in letters if word in kept]  # of the cells that are read, and of no other
        live.letters_to_confirm = list(dict.fromkeys([*read, *live.letters_to_confirm]))

    _change(waiting, change)
    kind_of(waiting).check_again(waiting)


def read_again(
    waiting: Import,
    *,
    reading: Reading,
    header: Header,
    authentication_type: str = "",
    chosen: Mapping[int, str] | None = None,
    formats: Sequence[KnownFormat] = (),
    remember_as: str = "",
    for_everybody: bool = False,
) -> None:
    """Read the upload as chosen, in the place of the rows; what was mended in them is dropped (D13, D14).

    `chosen` is what its columns are read as, by place; without it that is found out again, by `formats` and the usual
    headings. With `remember_as` it is kept as a format once the list is added. Raises UnreadableFile where it cannot be
    read so, and then the import stays as it is; DraftGone.
    """
    kind = kind_of(waiting)
    table = table_of(waiting, reading, kind.bounds)
    mapped, rows, letters = kind.read(waiting, table, header, chosen, formats)
    if reading.fill_down and table.merged:
        table = table.filled_down(mapped.header_row)
        mapped, rows, letters = kind.read(waiting, table, mapped.header_row, chosen, formats)
    if reading.fill_from_above and (places := places_with_gaps(table, mapped)):
        table = table.filled_from_above(places, mapped.header_row)
        mapped, rows, letters = kind.read(waiting, table, mapped.header_row, chosen, formats)
    read = {**how_read(table, mapped, letters, reading), **kind.columns_read(mapped)}
    with transaction.atomic():
        live = _locked(waiting)
        for name, value in read.items():
            setattr(live, name, value)
        live.authentication_type = authentication_type or live.authentication_type
        live.mends, live.left_out = {}, []
        if chosen is None:  # other columns have the same rows
            live.hidden_rows_are, live.unticked = "", []
        elif live.hidden_rows_are == Import.HiddenRows.OUT:
            live.left_out = list(live.found.get("hidden_rows", []))
        live.remember_as, live.is_for_everybody = remember_as, for_everybody and bool(remember_as)
        chosen_too = [
            *("authentication_type", "mends", "left_out", "hidden_rows_are", "unticked"),
            *("remember_as", "is_for_everybody"),
        ]
        live.save(update_fields=[*read, *chosen_too])
        live.chunks.all().delete()
        keep_rows(live, rows)
    kind.check_again(live)


def _change(waiting: Import, change: Callable[[Import], None]) -> tuple[list[object], list[object]]:
    """Change an import that waits, and return what it was and is (CHANGED).

    The change is worked out without a lock: with 150,000 rows it takes seconds, in which SQLite would let nobody
    write. Where somebody else was faster it is worked out again from what they have left, so that the cells of two tabs
    add up. Raises DraftGone.
    """
    while True:
        live = _found(waiting)
        read, before = [getattr(live, name) for name in READ], _chosen(live)
        change(live)
        with transaction.atomic():
            now = _locked(waiting)
            if ([getattr(now, name) for name in READ], _chosen(now)) != (read, before):
                continue
            live.save(update_fields=CHANGED)
        for name in CHANGED:
            setattr(waiting, name, getattr(live, name))
        return before, _chosen(live)


def _chosen(live: Import) -> list[object]:
    # copies: the change is made in what stands there
    return [deepcopy(getattr(live, name)) for name in CHANGED]


def _found(waiting: Import) -> Import:
    found: Import | None = Import.objects.waiting().filter(pk=waiting.pk).select_related("test").defer("source").first()
    if found is None:
        raise DraftGone
    return found


def _locked(waiting: Import) -> Import:
    locked: Import | None = (
        Import.objects.select_for_update(of=("self",)).waiting().filter(pk=waiting.pk).defer("source").first()
    )
    if locked is None:
        raise DraftGone
    return locked


def _apply(live: Import, rows: Sequence[MappedRow], action: PreviewAction) -> None:
    kind = kind_of(live)
    if action.take_back:
        live.left_out, live.hidden_rows_are = [], ""
    leave_out = {action.leave_out} - {0}
    if action.make_password:
        _write(live, rows, kind.new_passwords(rows, action.make_password), trusted=True)
    if action.use:
        found = (one for one in kind.problems(live, rows) if (one.row, one.column) == action.use)
        fixes = [Fix(one.row, one.column, one.proposal) for one in found if one.proposal is not None]
        _write(live, rows, fixes, trusted=True)
    if action.keep or action.for_all.startswith(KEEP):
        doubted = (one for one in kind.problems(live, rows) if one.doubt)
        meant = (one for one in doubted if (one.row, one.column) == action.keep or action.for_all == KEEP + one.doubt)
        live.mends = with_meant(live.mends, meant)
    elif action.for_all:
        leave_out.update(kind.leaves_out(live, rows, action.for_all))
        _write(live, rows, kind.repairs(live, rows, action.for_all), trusted=True)
    live.left_out = sorted({*live.left_out, *leave_out} & {row.number for row in rows})


def _take_hidden_rows(live: Import, are: Import.HiddenRows) -> None:
    """Leave the hidden rows out, or take them in; those that somebody has left out one by one stay out."""
    hidden = set(live.found.get("hidden_rows", []))
    if are == Import.HiddenRows.OUT:
        live.left_out = sorted({*live.left_out, *hidden})
    elif live.hidden_rows_are:
        live.left_out = sorted(set(live.left_out) - hidden)
    live.hidden_rows_are = are.value


def _changed_cells(read: Iterable[MappedRow], mends: Mends, cells: Sequence[Typed]) -> Iterator[Fix]:
    """Yield the cells that a person has changed on the page that sent them.

    A page sends all of its fields, those too that nobody touched: they would take back what another tab has mended,
    and a browser takes the line breaks out of them.
    """
    asked = {cell.row for cell in cells}
    rows = {row.number: mended(row, mends) for row in read if row.number in asked}
    for cell in cells:
        row = rows.get(cell.row)
        now = "" if row is None else row.surplus if cell.column == SURPLUS else row.values.get(cell.column, "")
        if _one_line(cell.value) != _one_line(now if cell.shown is None else cell.shown):
            yield cell


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")


def _write(live: Import, rows: Iterable[MappedRow], fixes: Iterable[Fix], *, trusted: bool = False) -> None:
    """Put values into what is mended; only a repair of ours (`trusted`) may set what no column of a file sets."""
    fields = kind_of(live).fields(live, trusted=trusted)
    live.mends = _mends_with(live.mends, rows, fields, fixes, trusted=trusted)


def _mends_with(
    before: Mends, read: Iterable[MappedRow], fields: Collection[str], fixes: Iterable[Fix], *, trusted: bool
) -> dict[str, dict[str, str]]:
    """Return mends with these fixes added; what has no such row or field, or is as it was read, is passed over."""
    wanted = list(fixes)
    asked = {fix.row for fix in wanted}
    rows = {row.number: row for row in read if row.number in asked}
    mends: dict[str, dict[str, str]] = {row: dict(values) for row, values in before.items()}
    for fix in wanted:
        row = rows.get(fix.row)
        if row is None or fix.column not in fields:
            continue
        was = row.surplus if fix.column == SURPLUS else row.values.get(fix.column, "")
        value = spell_out(fix.value[:MAX_CELL])
        changed = mends.setdefault(str(fix.row), {})
        # A number whose format hid it is the same text, but plain, once a person has said that it is right.
        if value == was and not (trusted and fix.column in row.kinds):
            changed.pop(fix.column, None)
        else:
            changed[fix.column] = value
    return {row: values for row, values in mends.items() if values}
