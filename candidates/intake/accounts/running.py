"""Run an import of permanent users: started once, worked on chunk by chunk under a lease."""

from __future__ import annotations

import logging
import secrets
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import DataError, IntegrityError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.intake.accounts.checking import account_of, surroundings
from candidates.intake.accounts.cleaning import Person, clean_row
from candidates.intake.accounts.formats import format_of
from candidates.intake.accounts.reporting import is_fresh, seen_of
from candidates.intake.accounts.storing import Stored, lock_chunk, store_people, store_singly
from candidates.intake.columns import MappedRow
from candidates.intake.drafts import claim, finish_users, rows_now
from candidates.intake.found import asks_about_hidden_rows
from candidates.models import Import, ImportChunk
from candidates.signin.hashers import KeyedArgon2Hasher, has_key

LEASE = timedelta(seconds=30)
SECONDS_AT_ONCE = 5.0
"""Seconds that a worker works on one import before the next one has its turn."""
HASHING_THREADS = 2
MAX_KEPT_PROBLEMS = 1000
Status = Import.Status

log = logging.getLogger(__name__)


class ImportChanged(Exception):
    """The import is not what the person has seen, or still has problems: it is not started."""


def start_import(waiting: Import, *, seen: str) -> None:
    """Hand a waiting import over to the worker: once, whoever else starts it at the same time.

    Raises ImportChanged where it is no longer what was seen, DraftGone where it was started or cancelled meanwhile.
    """
    with transaction.atomic():
        # Closes the race of two who start it: one of them finds it waiting no longer.
        live = claim(waiting)
        if seen != seen_of(live) or not is_fresh(live) or live.report["problem_count"] or asks_about_hidden_rows(live):
            raise ImportChanged
        live.status, live.started_at = Status.QUEUED, timezone.now()
        live.total = live.report["new"] + live.report["known"]
        live.source, live.report = b"", {}
        live.save(update_fields=["status", "started_at", "total", "source", "report"])


def work_on_next() -> bool:
    """Work on the import that has waited longest and that nobody works on, and say whether there was one.

    What a killed worker had is among them when its lease has run out.
    """
    waiting = _free().order_by(F("leased_until").asc(nulls_first=True), "started_at", "pk")
    return any(work_on(public_id) for public_id in waiting.values_list("public_id", flat=True))


def work_on(public_id: str) -> bool:
    """Work on an import for SECONDS_AT_ONCE, or to its end; say whether nobody else had it.

    Stopped at any moment, it leaves whole chunks only: the lease runs out, and the next worker goes on.
    """
    lease = secrets.token_hex(16)
    if not _take_lease(public_id, lease):
        return False
    until = time.monotonic() + SECONDS_AT_ONCE
    try:
        while _work_on_chunk(public_id, lease):
            if time.monotonic() >= until:
                _give_back(public_id, lease)
                break
    except OperationalError:
        raise  # the database is busy or away: the lease runs out, and somebody tries again
    except Exception as error:
        # the class and the place alone: what an exception says may be a name, or the digest of a password
        place = traceback.extract_tb(error.__traceback__)[-1]
        found = (public_id, type(error).__name__, place.name, place.lineno)
        log.error("Import %s of permanent users has failed: %s in %s, line %s", *found)
        _fail(public_id, lease)
    return True


def _free() -> QuerySet[Import]:
    """Return the unfinished imports that nobody works on."""
    free = Q(leased_until=None) | Q(leased_until__lte=timezone.now())
    return Import.objects.unfinished().filter(free)


def _take_lease(public_id: str, lease: str) -> bool:
    """Take an unfinished import that nobody works on; of two workers one gets it (the update's condition)."""
    until = timezone.now() + LEASE
    taken = _free().filter(public_id=public_id)
    return bool(taken.update(status=Status.RUNNING, lease=lease, leased_until=until))


def _give_back(public_id: str, lease: str) -> None:
    """Let go of an import: it comes after those that have waited longer."""
    held = Import.objects.filter(public_id=public_id, lease=lease, status=Status.RUNNING)
    held.update(lease="", leased_until=timezone.now())


def _work_on_chunk(public_id: str, lease: str) -> bool:
    """Store the next chunk; say whether there may be another one."""
    running = _held(public_id, lease)
    if running is None:
        return False
    chunk = running.chunks.order_by("number").first()
    people, problems = _people_of(running, chunk) if chunk else ([], [])
    hashes = _hashes(running, people)
    try:
        return _store_chunk(running, chunk, people, problems, hashes, store_people)
    except (IntegrityError, DataError) as error:
        log.warning("Rows of import %s are stored one by one: %s", public_id, type(error).__name__)
        return _store_chunk(running, chunk, people, problems, hashes, store_singly)


@sensitive_variables()
def _store_chunk(
    running: Import,
    chunk: ImportChunk | None,
    people: Sequence[Person],
    problems: Sequence[tuple[int, str]],
    hashes: Mapping[str, str],
    store: Callable[[Import, Sequence[Person], Mapping[str, str]], Stored],
) -> bool:
    """Store the rows of a chunk in one transaction, or end the import where there is none; say if there is more."""
    with transaction.atomic():
        # Closes the race with a cancel, and with a worker that holds the lease after ours ran out: whoever has the
        # row's lock either finds its lease still there, or stores nothing. The import comes before people and lists.
        held = Import.objects.select_for_update(of=("self",)).of_users().select_related("owner", "add_to")
        live = held.filter(pk=running.pk, lease=running.lease, status=Status.RUNNING).first()
        if live is None:
            return False
        if live.owner is None:  # nobody is left whose lists these would be
            finish_users(live, Status.CANCELLED, audit.Action.USER_IMPORT_CANCELLED, by=None)
            return False
        if chunk is None:
            finish_users(live, Status.DONE, audit.Action.USERS_IMPORTED, by=live.owner)
            return False
        lock_chunk(live, people)
        ImportChunk.objects.filter(pk=chunk.pk).delete()
        stored = store(live, people, hashes)
        stored.problems += problems
        _count(live, len(people) + len(problems), stored)
    return True


def _held(public_id: str, lease: str) -> Import | None:
    held = Import.objects.filter(public_id=public_id, lease=lease, status=Status.RUNNING)
    found: Import | None = held.defer("source").select_related("owner").first()
    return found


def _people_of(running: Import, chunk: ImportChunk) -> tuple[list[Person], list[tuple[int, str]]]:
    """Return the people of a chunk; what cannot be read any more (nothing, as far as the check knew) is a problem."""
    required = format_of(running).required
    people, problems = [], []
    for row in rows_now(running, map(MappedRow.from_json, chunk.rows)):
        person, wrong = clean_row(row, required)
        if person is not None:
            people.append(person)
        else:
            problems.append((row.number, wrong[0].message))
    return people, problems


@sensitive_variables()
def _hashes(running: Import, people: Sequence[Person]) -> dict[str, str]:
    """Return the slow hashes of the digests that will be stored, made outside of any transaction.

    The hash lets other threads work meanwhile: two of them use two cores.
    """
    # of a key that is gone no hash is made: nobody could log in by it, and store_people says so
    with_digest = [person for person in people if person.digest and has_key(person.digest)]
    if not with_digest:
        return {}
    if not running.change_passwords:
        # Somebody who is deleted between here and the transaction is new there: store_people makes such a hash itself.
        around = surroundings(with_digest)
        with_digest = [person for person in with_digest if account_of(person, around)[0] is None]
    hasher = KeyedArgon2Hasher()
    digests = [person.digest for person in with_digest]
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        return dict(zip(digests, pool.map(hasher.hash_digest, digests), strict=True))


def _count(live: Import, rows: int, stored: Stored) -> None:
    live.done = min(live.total, live.done + rows)
    live.added += stored.made
    live.updated += stored.updated
    live.skipped += stored.skipped
    live.problems = [*live.problems, *map(list, stored.problems)][:MAX_KEPT_PROBLEMS]
    live.report = live.report | {
        "passwords": live.report.get("passwords", 0) + len(stored.renewed),
        "problem_count": live.report.get("problem_count", 0) + sum(row > 0 for row, _why in stored.problems),
    }
    live.leased_until = timezone.now() + LEASE
    live.save(update_fields=["done", "added", "updated", "skipped", "problems", "report", "leased_until"])


def _fail(public_id: str, lease: str) -> None:
    with transaction.atomic():
        held = Import.objects.select_for_update(of=("self",)).of_users().select_related("owner")
        live = held.filter(public_id=public_id, lease=lease, status=Status.RUNNING).first()
        if live is not None:
            finish_users(live, Status.FAILED, audit.Action.USERS_IMPORTED, by=live.owner)
