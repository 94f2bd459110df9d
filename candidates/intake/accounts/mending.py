"""Mend a waiting import in its preview: cells, rows left out, what happens to known users; never without a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from candidates.intake.accounts.checking import Findings, check_people
from candidates.intake.accounts.cleaning import MADE
from candidates.intake.accounts.headings import PASSWORD, USERNAME
from candidates.intake.accounts.reading import map_users
from candidates.intake.accounts.waiting import (
    check_again,
    format_of,
    keep_rows,
    letters_of,
    rows_now,
    rows_read,
    without_password,
)
from candidates.intake.bounds import USER_BOUNDS
from candidates.intake.columns import MappedRow
from candidates.intake.drafts import DraftGone
from candidates.intake.findings import Fix, Problem, Typed
from candidates.intake.mending import changed_cells, mends_with
from candidates.intake.reading import Reading
from candidates.intake.rereading import table_of
from candidates.models import UserImport
from candidates.tabular.table import UnreadableFile

LEAVE_OUT_WRONG = "wrong"
LEAVE_OUT_STORED = "stored"
MAKE_PASSWORDS = "passwords"
USUAL_LETTERS = "letters"


@dataclass(frozen=True, slots=True)
class UserWish:
    """What a person asks for beside the cells that were typed: at most one of these at a time.

    `make_password` is the row whose person gets a password of the system in the place of the refused one; `for_all`
    names a repair of all rows of its kind.
    """

    leave_out: int = 0
    use: tuple[int, str] | None = None
    make_password: int = 0
    for_all: str = ""
    take_back: bool = False
    start_over: bool = False
    existing: str | None = None
    change_passwords: bool | None = None


def mend_import(waiting: UserImport, cells: Iterable[Typed], wish: UserWish) -> bool:
    """Write what was typed and asked for into the import, check it again, and say whether anything changed.

    Raises DraftGone. No cell of a password can be typed.
    """
    sent = [cell for cell in cells if cell.column != PASSWORD]

    def change(live: UserImport) -> None:
        if wish.start_over:
            live.mends, live.left_out = {}, []
        elif sent or _touches_rows(wish):
            rows = list(rows_read(live))
            _write(live, rows, changed_cells(rows, live.mends, sent))
            _grant(live, rows, wish)
        if wish.existing is not None and wish.existing in {"", *UserImport.Existing.values}:
            live.existing = wish.existing
        if wish.change_passwords is not None:
            live.change_passwords = wish.change_passwords

    before, after = _changed(waiting, change)
    if before[:2] != after[:2]:
        check_again(waiting)
    return before != after


def _changed(waiting: UserImport, change: Callable[[UserImport], None]) -> tuple[list[object], list[object]]:
    """Change a waiting import, and return what it was and is: mends, rows left out, and what was chosen.

    The change is worked out without a lock: with 150,000 rows it takes seconds, in which SQLite would let nobody
    write. Where somebody else was faster it is worked out again from what they have left, so that the cells of two tabs
    add up. Raises DraftGone.
    """
    while True:
        live = _found_waiting(UserImport.objects.filter(pk=waiting.pk))
        read, before = _reading(live), _chosen(live)
        change(live)
        with transaction.atomic():
            now = _found_waiting(UserImport.objects.select_for_update(of=("self",)).filter(pk=waiting.pk))
            if (_reading(now), _chosen(now)) != (read, before):
                continue
            live.save(update_fields=CHANGED)
        for name in CHANGED:
            setattr(waiting, name, getattr(live, name))
        return before, _chosen(live)


CHANGED = ("mends", "left_out", "existing", "change_passwords", "letters_to_confirm")


def _chosen(live: UserImport) -> list[object]:
    # copies: the change is made in what stands there
    return [dict(live.mends), list(live.left_out), live.existing, live.change_passwords, list(live.letters_to_confirm)]


def _reading(live: UserImport) -> list[object]:
    return [live.encoding, live.delimiter, live.header_row]


def _found_waiting(found: QuerySet[UserImport]) -> UserImport:
    live = found.filter(status=UserImport.Status.WAITING).defer("source").first()
    if live is None:
        raise DraftGone
    return live


def _touches_rows(wish: UserWish) -> bool:
    return bool(wish.leave_out or wish.use or wish.make_password or wish.for_all or wish.take_back)


def _write(live: UserImport, rows: Sequence[MappedRow], fixes: Iterable[Fix], *, trusted: bool = False) -> None:
    """Put values into the mends; only a repair of ours (`trusted`) may take a refused password out."""
    fields = set(format_of(live).spec.fields) - (set() if trusted else {PASSWORD})
    live.mends = mends_with(live.mends, rows, fields, fixes, trusted=trusted)


def _grant(live: UserImport, rows: Sequence[MappedRow], wish: UserWish) -> None:
    if wish.take_back:
        live.left_out = []
    if wish.leave_out:
        _leave_out(live, rows, {wish.leave_out})
    if wish.make_password:
        refused = [row for row in rows if row.number == wish.make_password and PASSWORD in row.kinds]
        _write(live, rows, (Fix(row.number, PASSWORD, MADE) for row in refused), trusted=True)
    if wish.use:
        place = wish.use
        found = (one for one in _found(live, rows).problems if (one.row, one.column) == place)
        fixes = [Fix(one.row, one.column, one.proposal) for one in found if one.proposal is not None]
        _write(live, rows, fixes, trusted=True)
    if wish.for_all in _FOR_ALL:
        _FOR_ALL[wish.for_all](live, rows)


def _found(live: UserImport, rows: Sequence[MappedRow]) -> Findings:
    """Return what is wrong now: a repair is not that of a page that is out of date."""
    return check_people(rows_now(live, rows), required=format_of(live).required)


def _leave_out(live: UserImport, rows: Sequence[MappedRow], numbers: set[int]) -> None:
    live.left_out = sorted({*live.left_out, *numbers} & {row.number for row in rows})


def _leave_out_wrong(live: UserImport, rows: Sequence[MappedRow]) -> None:
    _leave_out(live, rows, {problem.row for problem in _found(live, rows).problems})


def _leave_out_stored(live: UserImport, rows: Sequence[MappedRow]) -> None:
    _leave_out(live, rows, {one.person.number for one in _found(live, rows).stored})


def _make_passwords(live: UserImport, rows: Sequence[MappedRow]) -> None:
    wrong = {problem.row for problem in _found(live, rows).problems if problem.column == PASSWORD}
    _write(live, rows, (Fix(number, PASSWORD, MADE) for number in sorted(wrong)), trusted=True)


def _usual_letters(live: UserImport, rows: Sequence[MappedRow]) -> None:
    letters = _found(live, rows).letters
    _write(live, rows, (Fix(one.number, USERNAME, usual) for one, usual in letters), trusted=True)


_FOR_ALL: dict[str, Callable[[UserImport, Sequence[MappedRow]], None]] = {
    LEAVE_OUT_WRONG: _leave_out_wrong,
    LEAVE_OUT_STORED: _leave_out_stored,
    MAKE_PASSWORDS: _make_passwords,
    USUAL_LETTERS: _usual_letters,
}


def problems_now(waiting: UserImport) -> list[Problem]:
    """Return all problems, those too that the report does not keep."""
    return _found(waiting, list(rows_read(waiting))).problems


def bring_back(waiting: UserImport, rows: Mapping[int, Mapping[str, str]], letters: Sequence[str] = ()) -> None:
    """Put whole rows of a mended file in the place of the import's rows with these numbers. Raises DraftGone."""

    def change(live: UserImport) -> None:
        fields = set(format_of(live).spec.fields) - {PASSWORD}
        fixes = (Fix(row, name, value) for row, cells in rows.items() for name, value in cells.items())
        _write(live, list(rows_read(live)), fixes)
        live.left_out = [row for row in live.left_out if row not in rows]
        kept = "\n".join(value for cells in rows.values() for name, value in cells.items() if name in fields)
        read = [word for word in letters if word in kept]  # of the cells that are read, and of no other
        live.letters_to_confirm = list(dict.fromkeys([*read, *live.letters_to_confirm]))

    _changed(waiting, change)
    check_again(waiting)


def read_again(waiting: UserImport, *, reading: Reading, header: int | None) -> None:
    """Read the upload as chosen, in the place of the rows; what was mended in them is dropped.

    Raises UnreadableFile where it cannot be read so, and then the import stays as it is; DraftGone. An import with
    passwords has no upload any more.
    """
    table = table_of(waiting, reading, USER_BOUNDS)
    mapped = map_users(table, format_of(waiting), header=header)
    if mapped.total > USER_BOUNDS.rows:
        raise UnreadableFile(
            _("Read in this way, the file has %(n)d rows, more than can be read.") % {"n": mapped.total}
        )
    if any(row.values.get(PASSWORD, "").strip() for row in mapped.rows):
        raise UnreadableFile(_("Read in this way, the file holds passwords. Upload it again for that."))
    rows = [without_password(row) for row in mapped.rows]
    with transaction.atomic():
        live = _found_waiting(UserImport.objects.select_for_update(of=("self",)).filter(pk=waiting.pk))
        live.encoding, live.delimiter, live.header_row = table.encoding, table.delimiter, mapped.header_row
        live.letters_to_confirm = letters_of(table, rows)
        live.mends, live.left_out = {}, []
        live.save(update_fields=["encoding", "delimiter", "header_row", "letters_to_confirm", "mends", "left_out"])
        live.chunks.all().delete()
        keep_rows(live, rows)
    check_again(live)
