"""Seal the rows of the audit in a chain of hashes, and verify the chain: a later change, deletion or insertion shows.

Only the worker seals, some minutes after the rows were written: no request waits for a seal or writes more for it.
"""

import hashlib
import json
import logging
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from candidates import audit
from candidates.models import AuditEvent, AuditSeal, SealedRow, Test, User

SETTLED = timedelta(minutes=10)
"""The age at which a row is sealed: refused logins are counted in it for a minute, and transactions may be slow."""
LATE = timedelta(days=1)
"""How long to look for rows with lower ids than sealed ones: an id is taken before its row is committed."""
BATCH = 1000
MAX_RUN_SECONDS = 300.0  # seconds, well within the lease of a job
BEGINNING = "0" * 64
"""The previous hash of the first seal."""

log = logging.getLogger(__name__)


def seal_new_rows() -> int:
    """Seal the settled rows in batches, and return how many."""
    done, begun, after = 0, monotonic(), frontier(timezone.now())
    while monotonic() - begun < MAX_RUN_SECONDS:
        try:
            sealed = _seal_batch(after)
        except IntegrityError:
            break  # another worker has sealed these rows; the rest is for the next run
        done += len(sealed)
        if len(sealed) < BATCH:
            break
        after = sealed[-1]
    return done


def frontier(now: datetime) -> int:
    """Return the id below which no more rows are expected: one that appears there was inserted afterwards."""
    settled = AuditSeal.objects.filter(last_at__lt=now - LATE)
    return settled.aggregate(last=Max("last_id"))["last"] or 0


def unsealed(after: int) -> QuerySet[AuditEvent]:
    """Return the rows with higher ids that are in no seal."""
    held = SealedRow.objects.filter(event_id=OuterRef("pk"))
    return AuditEvent.objects.filter(~Exists(held), pk__gt=after).order_by("pk")


def _seal_batch(after: int) -> list[int]:
    """Seal up to BATCH rows in one transaction, and return their ids."""
    with transaction.atomic():
        now = timezone.now()
        # Locked because of erasures: either the sealed name is the replaced one, or the erasure finds the salt of this
        # seal and deletes it. Nobody else changes a row, so nobody else waits.
        waiting = unsealed(after).filter(at__lt=now - SETTLED).select_for_update(no_key=True, of=("self",))
        found = list(waiting[: BATCH + 1])
        rows = found[:BATCH]
        if not rows:
            return []
        last = AuditSeal.objects.order_by("-number").first()
        held = [_held(row) for row in rows]
        seal = AuditSeal(
            number=last.number + 1 if last else 1,
            previous=last.hash if last else BEGINNING,
            rows=len(rows),
            total=len(rows) + (last.total if last else 0),
            last_id=max(row.pk for row in rows),
            last_at=max(row.at for row in rows),
            until=(last.until if last else None) if len(found) > BATCH else now - SETTLED,
            sealed_at=now,
        )
        seal.hash = hash_of(seal, held)
        seal.save(force_insert=True)
        for one in held:
            one.seal = seal
        SealedRow.objects.bulk_create(held)
    return [row.pk for row in rows]


def _held(row: AuditEvent) -> SealedRow:
    salt = secrets.token_bytes(16)
    person = person_digest(row, salt)
    held = SealedRow(event_id=row.pk, actor_key=row.actor_id, test_key=row.test_id, salt=salt, person=person)
    held.digest = row_digest(row, held)
    return held


def person_digest(row: AuditEvent, salt: bytes) -> bytes:
    """Return the digest of the names and the address in a row."""
    return hashlib.sha256(salt + _canonical([row.actor_name, row.address, names_in(row)])).digest()


def names_in(row: AuditEvent) -> dict[str, Any]:
    """Return the user names that the detail of a row holds, by their keys."""
    if not isinstance(row.detail, dict):  # written by somebody with access to the database
        return {}
    return {key: row.detail[key] for key, acts in audit.NAME_KEYS.items() if row.action in acts and key in row.detail}


def row_digest(row: AuditEvent, held: SealedRow) -> bytes:
    """Return the digest of a row, with the accounts, tests and people as they were when it was sealed."""
    said = [row.pk, row.at, row.action, row.outcome, held.actor_key, held.test_key, row.test_name, row.count]
    names = names_in(row)
    detail = {key: value for key, value in row.detail.items() if key not in names} if names else row.detail
    return hashlib.sha256(_canonical([*said, detail]) + bytes(held.person)).digest()


def hash_of(seal: AuditSeal, held: Sequence[SealedRow]) -> str:
    """Return the hash of a seal: of the previous hash, its own columns, and its rows in their order."""
    head = [seal.number, seal.previous, seal.rows, seal.total, seal.last_id, seal.last_at, seal.until, seal.sealed_at]
    whole = hashlib.sha256(_canonical(head))
    for one in held:
        whole.update(one.event_id.to_bytes(8, "big") + bytes(one.digest))
    return whole.hexdigest()


def _canonical(values: list[Any]) -> bytes:
    """Return values as bytes that are the same on every database and machine."""
    plain = [
        one.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(one, datetime) else one for one in values
    ]
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def delete_before(moment: datetime) -> int:
    """Delete the rows of the audit before a time (UTC), whole seals from the front of the chain; return how many.

    A seal with a later row stays, and so does the newest seal. The audit records with which hash the chain begins from
    then on, and that record is sealed too.
    """
    gone = 0
    for seal in AuditSeal.objects.order_by("number").iterator():
        if seal.last_at >= moment or not AuditSeal.objects.filter(number__gt=seal.number).exists():
            break
        with transaction.atomic():
            rows = AuditEvent.objects.filter(pk__in=seal.sealed.values("event_id"))
            # locked in the order of their keys, as by an erasure
            keys = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
            AuditEvent.objects.filter(pk__in=keys).delete()
            detail = {"seal": seal.number, "hash": seal.hash, "before": moment.astimezone(UTC).isoformat()}
            audit.record(audit.Action.AUDIT_SHORTENED, by=None, count=seal.rows, detail=detail)
            seal.delete()
        gone += seal.rows
    return gone


GRACE = timedelta(hours=2)
"""How much older a row may be than those sealed before it: clocks differ, and transactions may be slow."""
Action = AuditEvent.Action


@dataclass
class Verdict:
    """The result; `problems` names the first fault in the chain, and the first row that was inserted beside it."""

    seals: int = 0
    rows: int = 0
    last: AuditSeal | None = None
    waiting: int = 0
    oldest: datetime | None = None
    hashes: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def verify() -> Verdict:
    """Recompute the chain from its beginning to its end, or to the first fault."""
    now, found = timezone.now(), Verdict()
    before: AuditSeal | None = None
    pseudonyms = _pseudonyms()
    for seal in AuditSeal.objects.order_by("number").iterator():
        if problem := _why_not_next(seal, before) or _wrong_in(seal, before, pseudonyms):
            found.problems.append(problem)
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
        # a person may have been erased between the two queries
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
        words = "was put in afterwards: no seal holds it, and its time is long sealed."
        found.problems.append(f"{_named(strange)} {words}")


def _named(row: AuditEvent) -> str:
    return f"Row {row.pk} ({row.at:%Y-%m-%d %H:%M:%S} UTC, {row.action})"
