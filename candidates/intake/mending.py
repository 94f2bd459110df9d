"""Mend a waiting list in its preview: cells, rows left out, repairs that were offered; never without a person."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from candidates.candidate_ids import candidate_key, generated_ids, highest_number
from candidates.intake.columns import MappedRow
from candidates.intake.door import existing_ids
from candidates.intake.drafts import DraftGone
from candidates.intake.findings import Fix, NoticeKind, Typed
from candidates.intake.headings import CANDIDATE_ID, PRIVATE_REFERENCE
from candidates.intake.importing import Report, preview
from candidates.intake.listing import SPECS, SURPLUS, Mends, listing_of, mended, rows_of
from candidates.models import Candidate, ImportDraft, Test
from candidates.models.candidates import MAX_REFERENCE_LENGTH
from candidates.tabular.hidden import spell_out
from candidates.tabular.table import MAX_CELL

PERSONAL: frozenset[NoticeKind] = frozenset({"personal", "same_as_sso", "names"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for beside the cells that were typed: at most one of these at a time."""

    leave_out: int = 0
    use: tuple[int, str] | None = None
    repair: str = ""
    generate: bool = False
    take_back: bool = False
    start_over: bool = False
    existing: str | None = None


def mend(*, draft: ImportDraft, test: Test, cells: Iterable[Typed], wish: Wish) -> bool:
    """Write what was typed and what was asked for into the draft, and say whether anything changed.

    Cells that the list does not have are passed over. Raises DraftGone.
    """
    with transaction.atomic():
        # Closes the race of two tabs that mend the same list: the second one's cells are added to the first one's.
        live = ImportDraft.objects.select_for_update().filter(pk=draft.pk).first()
        if live is None:
            raise DraftGone
        before = (dict(live.mends), list(live.left_out), live.existing)
        if wish.start_over:
            live.mends, live.left_out = {}, []
        else:
            _write(live, _typed(live, cells))
            _grant(live, test, wish)
        live.save(update_fields=["mends", "left_out", "existing"])
    draft.mends, draft.left_out, draft.existing = live.mends, live.left_out, live.existing
    return before != (live.mends, live.left_out, live.existing)


def _typed(live: ImportDraft, cells: Iterable[Typed]) -> Iterable[Fix]:
    """Yield the cells that a person has changed on the page that sent them.

    A page sends all of its fields, those too that nobody touched: they would take back what another tab has mended,
    and a browser takes the line breaks out of them.
    """
    yield from changed_cells(rows_of(live), live.mends, cells)


def changed_cells(read: Iterable[MappedRow], mends: Mends, cells: Iterable[Typed]) -> Iterator[Fix]:
    """Yield the cells that somebody has changed, of rows as they were read and mended so far."""
    wanted = list(cells)
    asked = {cell.row for cell in wanted}
    rows = {row.number: mended(row, mends) for row in read if row.number in asked}
    for cell in wanted:
        row = rows.get(cell.row)
        now = "" if row is None else row.surplus if cell.column == SURPLUS else row.values.get(cell.column, "")
        if _one_line(cell.value) != _one_line(now if cell.shown is None else cell.shown):
            yield cell


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")


def _grant(live: ImportDraft, test: Test, wish: Wish) -> None:
    if wish.existing is not None and wish.existing in {"", *ImportDraft.Existing.values}:
        live.existing = wish.existing
    if wish.take_back:
        live.left_out = []
    if wish.leave_out and wish.leave_out not in live.left_out:
        live.left_out = sorted({*live.left_out, wish.leave_out} & {row.number for row in rows_of(live)})
    if wish.use:
        _repair(live, test, lambda report: _proposed(report, *(wish.use or (0, ""))))
    if wish.repair:
        _repair(live, test, lambda report: _offered(report, wish.repair))
    if wish.generate:
        _repair(live, test, lambda report: _numbers(live, test, report))


def _repair(live: ImportDraft, test: Test, fixes: Callable[[Report], Iterable[Fix]]) -> None:
    """Write the fixes that the list as it stands now calls for: not those of a page that is out of date."""
    _write(live, fixes(preview(test=test, draft=live)), trusted=True)


def _proposed(report: Report, row: int, column: str) -> Iterable[Fix]:
    for problem in report.problems:
        if (problem.row, problem.column) == (row, column) and problem.proposal is not None:
            yield Fix(row, column, problem.proposal)


def _offered(report: Report, kind: str) -> Iterable[Fix]:
    for notice in report.warnings:
        if notice.kind == kind:
            yield from notice.fixes


def _numbers(live: ImportDraft, test: Test, report: Report) -> Iterable[Fix]:
    """Yield generated numbers for the IDs by which graders would know who somebody is, and keep those IDs as private
    references (D19, D21). The numbers are dealt out at random: in the list's order they would repeat its names' (D27).
    """
    rows = {row.number: row for row in listing_of(live).rows}
    personal = sorted({notice.row for notice in report.warnings if notice.kind in PERSONAL})
    ids = [row.values.get(CANDIDATE_ID, "") for row in rows.values()]
    taken = {candidate_key(one) for one in ids} | existing_ids(test).keys()
    numbers = generated_ids(max(test.last_number, highest_number(ids)), taken)
    dealt = [next(numbers) for _row in personal]
    secrets.SystemRandom().shuffle(dealt)
    for number, generated in zip(personal, dealt, strict=True):
        yield Fix(number, CANDIDATE_ID, generated)
        if live.kind == Candidate.Kind.PERMANENT:
            continue  # the name is in the row, and becomes the private reference of every ID that does not show it
        yield Fix(number, PRIVATE_REFERENCE, rows[number].values[CANDIDATE_ID].strip()[:MAX_REFERENCE_LENGTH])


def _write(live: ImportDraft, fixes: Iterable[Fix], *, trusted: bool = False) -> None:
    """Put values into the mends of a draft; only a repair of ours (`trusted`) may set what no column of a file sets."""
    fields = {*SPECS[live.kind].fields, SURPLUS, *((PRIVATE_REFERENCE,) if trusted else ())}
    live.mends = mends_with(live.mends, rows_of(live), fields, fixes, trusted=trusted)


def mends_with(
    before: Mends, read: Iterable[MappedRow], fields: Collection[str], fixes: Iterable[Fix], *, trusted: bool = False
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


def bring_back(*, draft: ImportDraft, rows: Mapping[int, Mapping[str, str]], letters: Sequence[str] = ()) -> None:
    """Put whole rows of a mended file in the place of the draft's rows with these numbers.

    `letters` are words of that file to be confirmed, because its encoding was guessed (D14). Raises DraftGone.
    """
    with transaction.atomic():
        live = ImportDraft.objects.select_for_update().filter(pk=draft.pk).first()
        if live is None:
            raise DraftGone
        _write(live, (Fix(row, column, value) for row, values in rows.items() for column, value in values.items()))
        live.left_out = [row for row in live.left_out if row not in rows]
        live.letters_to_confirm = list(dict.fromkeys([*letters, *live.letters_to_confirm]))
        live.save(update_fields=["mends", "left_out", "letters_to_confirm"])
