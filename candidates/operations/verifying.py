"""Look whether the audit is as it was sealed, and name the first row that is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from candidates.models import AuditEvent, AuditSeal, SealedRow, Test, User
from candidates.operations.sealing import (
    BEGINNING,
    frontier,
    hash_of,
    names_in,
    person_digest,
    row_digest,
    unsealed,
)

GRACE = timedelta(hours=2)
"""How much older a row may be than all that were sealed before it: clocks differ, and transactions take long."""
Action = AuditEvent.Action


@dataclass
class Verdict:
    """What was found; `problem` is the first thing that is wrong in the chain, "" where nothing is."""

    seals: int = 0
    rows: int = 0
    last: AuditSeal | None = None
    problem: str = ""
    inserted: str = ""
    waiting: int = 0
    oldest: datetime | None = None
    hashes: dict[str, int] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """Return the sentences about what is wrong."""
        return [one for one in (self.problem, self.inserted) if one]


def verify() -> Verdict:
    """Recompute the chain from its beginning to its end, or to the first thing that is wrong."""
    now, found = timezone.now(), Verdict()
    before: AuditSeal | None = None
    pseudonyms = _pseudonyms()
    for seal in AuditSeal.objects.order_by("number").iterator():
        found.problem = _why_not_next(seal, before) or _wrong_in(seal, before, pseudonyms)
        if found.problem:
            break
        found.seals, found.rows, found.last = found.seals + 1, found.rows + seal.rows, seal
        found.hashes[seal.hash] = seal.number
        before = seal
    _look_at_unsealed(found, now)
    return found


def _why_not_next(seal: AuditSeal, before: AuditSeal | None) -> str:
    """Return why a seal does not follow the one before it, or cannot be the first."""
    if before is None and seal.number == 1:
        return "" if seal.previous == BEGINNING else "Seal 1 is not the one that the chain began with."
    if before is None:
        notes = AuditEvent.objects.filter(action=Action.AUDIT_SHORTENED).values_list("detail", flat=True)
        wanted = {"seal": seal.number - 1, "hash": seal.previous}
        known = any(isinstance(note, dict) and wanted.items() <= note.items() for note in notes)
        return "" if known else f"Seals 1 to {seal.number - 1} are deleted, and the audit does not say by whom."
    if seal.number != before.number + 1:
        return f"Seal {before.number + 1} is deleted, with the row after {before.last_id}."
    return "" if seal.previous == before.hash else f"Seal {seal.number} does not follow seal {before.number}."


def _wrong_in(seal: AuditSeal, before: AuditSeal | None, pseudonyms: dict[str, set[int]]) -> str:
    """Return what is wrong in a seal: the first of its rows that is not as it was, or the seal itself."""
    for last_look in (False, True):
        held = list(seal.sealed.order_by("event_id"))
        rows = AuditEvent.objects.in_bulk([one.event_id for one in held])
        wrong = next(_wrong_rows(seal, before, held, rows, pseudonyms), "")
        if not wrong and hash_of(seal, held) != seal.hash:
            wrong = f"Seal {seal.number} is not as it was made: it, or which rows belong to it, was changed."
        if not wrong or last_look:
            break
        # a person who is erased between the two questions is no fault
        pseudonyms.update(_pseudonyms())
    return wrong


def _wrong_rows(
    seal: AuditSeal,
    before: AuditSeal | None,
    held: Sequence[SealedRow],
    rows: dict[int, AuditEvent],
    pseudonyms: dict[str, set[int]],
) -> Iterator[str]:
    oldest = _oldest_after(before, seal)
    for one in held:
        row = rows.get(one.event_id)
        if row is None:
            yield f"Row {one.event_id} is deleted. It was sealed in seal {seal.number}."
        elif not _is_as_sealed(row, one, pseudonyms):
            yield f"{_named(row)} was changed after it was sealed in seal {seal.number}."
        elif oldest is not None and row.at < oldest:
            yield f"{_named(row)} was put in afterwards: seal {seal.number - 1} already held all rows of its time."


def _is_as_sealed(row: AuditEvent, held: SealedRow, pseudonyms: dict[str, set[int]]) -> bool:
    if row_digest(row, held) != bytes(held.digest):
        return False
    if not _is_there(User, held.actor_key, row.actor_id) or not _is_there(Test, held.test_key, row.test_id):
        return False
    salt = bytes(held.salt)
    if not salt:  # who did it is erased, or whom it names
        named = any(name in pseudonyms for name in names_in(row).values() if isinstance(name, str))
        return named or held.actor_key in pseudonyms.get(row.actor_name, set())
    return person_digest(row, salt) == bytes(held.person)


def _is_there(model: type[User | Test], sealed: int | None, now: int | None) -> bool:
    """Say whether a reference is as it was, or led to what is deleted since."""
    if sealed == now:
        return True
    return sealed is not None and now is None and not model._default_manager.filter(pk=sealed).exists()


def _pseudonyms() -> dict[str, set[int]]:
    """Return the names of no meaning that stand in the audit for people who were erased, with their accounts."""
    notes = AuditEvent.objects.filter(action=Action.NAMES_REPLACED).values_list("detail", flat=True)
    found: dict[str, set[int]] = {}
    for note in notes.iterator():
        name, accounts = (note.get("name"), note.get("accounts")) if isinstance(note, dict) else (None, None)
        if isinstance(name, str) and isinstance(accounts, list):  # else it is a changed row, which its seal tells
            found.setdefault(name, set()).update(one for one in accounts if isinstance(one, int))
    return found


def _oldest_after(before: AuditSeal | None, seal: AuditSeal | None = None) -> datetime | None:
    """Return from when on a row is that was not sealed with those before; None where all may be new."""
    if before is None or before.until is None:
        return None
    # where the clock was put back, rows are older than those before and no fault
    known = [before.until, *([seal.until] if seal is not None and seal.until is not None else [])]
    return min(known) - GRACE


def _look_at_unsealed(found: Verdict, now: datetime) -> None:
    """Count what is not sealed yet, and name the first row among it that was put in below the others."""
    last = AuditSeal.objects.order_by("-number").first()
    edge = frontier(now)
    waiting = unsealed(edge)
    found.waiting = waiting.count()
    found.oldest = waiting.order_by("at").values_list("at", flat=True).first()
    strange = unsealed(0).filter(pk__lte=edge).first()
    if strange is None and (oldest := _oldest_after(last)) is not None and now > oldest:
        strange = waiting.filter(at__lt=oldest).first()
    if strange is not None:
        found.inserted = f"{_named(strange)} was put in afterwards: no seal holds it, and its time is long sealed."


def _named(row: AuditEvent) -> str:
    return f"Row {row.pk} ({row.at:%Y-%m-%d %H:%M:%S} UTC, {row.action})"
