"""Write what an import changes of candidates who are on the test already (D15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from candidates import audit
from candidates.candidate_ids import candidate_key, highest_number, sort_key
from candidates.errors import Refused
from candidates.intake.findings import Already
from candidates.models import Candidate, Import, ImportedChange, Location, Test, User

ASIDE = "\ue000"


class Change(NamedTuple):
    """What an import may change about a candidate: minutes are whole, the location is a key (None: no location)."""

    extra_minutes: int
    location: int | None
    name: str
    private_reference: str
    seat: str
    candidate_id: str

    @classmethod
    def written(cls, change: ImportedChange) -> Change:
        """Return what an import has written."""
        more = (change.new_name, change.new_private_reference, change.new_seat, change.new_candidate_id)
        return cls(change.new_extra_minutes, change.new_location_id, *more)

    @classmethod
    def before(cls, change: ImportedChange) -> Change:
        """Return what there was before an import."""
        more = (change.old_name, change.old_private_reference, change.old_seat, change.old_candidate_id)
        return cls(change.old_extra_minutes, change.old_location_id, *more)

    @classmethod
    def now(cls, candidate: Candidate) -> Change:
        """Return what a candidate has."""
        more = (candidate.name, candidate.private_reference, candidate.seat, candidate.candidate_id)
        return cls(candidate.extra_minutes, candidate.location_id, *more)


def update_candidates(*, test: Test, rows: Sequence[Already], record: Import, by: User | None) -> None:
    """Give candidates who are on the test what their rows say, and keep what they had.

    The caller holds the lock of the test's row, under which the rows were checked. Raises Refused where somebody of
    them has started since: planned extra time stays then (docs/domain.md §6).
    """
    if not rows:
        return
    # The test's lock keeps planners away, the candidates' keeps those who start: either is seen here, or starts after.
    chosen = Candidate.objects.filter(pk__in=[row.present.pk for row in rows]).order_by("sort_key")
    locked = chosen.select_for_update()
    found = {candidate.pk: candidate for candidate in locked}
    if any(candidate.started_at is not None for candidate in found.values()):
        raise Refused(_("A candidate of this list has started meanwhile. Nothing was changed: check the list again."))
    locations = Location.objects.named(row.place for row in rows)
    before = {key: Change.now(candidate) for key, candidate in found.items()}
    after = {
        row.present.pk: Change(
            row.extra_minutes,
            locations[row.place].pk if any(row.place) else None,
            *(row.name, row.private_reference, row.seat, row.candidate_id),
        )
        for row in rows
    }
    _refuse_taken(test, before, after)
    ImportedChange.objects.bulk_create(
        ImportedChange(
            source=record,
            candidate_id=key,
            old_candidate_id=before[key].candidate_id,
            new_candidate_id=change.candidate_id,
            old_extra_minutes=before[key].extra_minutes,
            new_extra_minutes=change.extra_minutes,
            old_location_id=before[key].location,
            new_location_id=change.location,
            old_name=before[key].name,
            new_name=change.name,
            old_private_reference=before[key].private_reference,
            new_private_reference=change.private_reference,
            old_seat=before[key].seat,
            new_seat=change.seat,
        )
        for key, change in after.items()
    )
    write_changes(test, before, after)
    audit.record(
        audit.Action.CANDIDATES_UPDATED,
        by=by,
        test=test,
        count=len(rows),
        detail={"import": record.public_id, "candidates": [candidate.public_id for candidate in found.values()]},
    )


def _refuse_taken(test: Test, before: Mapping[int, Change], after: Mapping[int, Change]) -> None:
    """Raise Refused for a Candidate ID or a seat that somebody has who keeps it, or that two would get.

    The check has seen that all are free; what it overlooks is a sentence here, and no constraint that breaks.
    """
    renamed = {key for key, change in after.items() if change.candidate_id != before[key].candidate_id}
    moving = {key for key, change in after.items() if _seat(change) != _seat(before[key])}
    if not renamed and not any(after[key].seat for key in moving):
        return
    ids: dict[str, str] = {}
    seats: dict[tuple[int | None, str], str] = {}
    there = Candidate.objects.of_test(test).order_by("sort_key").values_list("pk", "candidate_id", "location", "seat")
    for key, shown, place, seat in there:
        if key not in renamed:
            ids[candidate_key(shown)] = shown
        if seat and key not in moving:
            seats[place, candidate_key(seat)] = shown
    for key in sorted(renamed | moving):
        shown, seat = after[key].candidate_id, after[key].seat
        if key in renamed:
            if (folded := candidate_key(shown)) in ids:
                sentence = _("%(id)s is already on this test. Nothing was changed: check the list again.")
                raise Refused(sentence % {"id": ids[folded]})
            ids[folded] = shown
        if seat and key in moving:
            if (where := (after[key].location, candidate_key(seat))) in seats:
                sentence = _("Seat %(seat)s is %(shown)s’s. Nothing was changed: check the list again.")
                raise Refused(sentence % {"seat": seat, "shown": seats[where]})
            seats[where] = shown


def write_changes(test: Test, before: Mapping[int, Change], after: Mapping[int, Change]) -> None:
    """Write what changes about many candidates, by their keys; slips with another ID, time or place are out of date.

    The caller holds the lock of the test's row, under which it has seen that IDs and seats are free. One prepared
    statement costs a tenth of bulk_update's CASE expression for 1500 rows.
    """
    table = Candidate._meta.db_table
    sql = (
        f"UPDATE {table} SET extra_minutes = %s, location_id = %s, name = %s, private_reference = %s, seat = %s,"  # noqa: S608
        " slip_version = slip_version + %s WHERE id = %s AND started_at IS NULL"
    )
    renamed = {key for key, change in after.items() if change.candidate_id != before[key].candidate_id}
    values = []
    for key, change in after.items():
        on_slip = key in renamed or change[:2] != before[key][:2]
        values.append((*change[:-1], int(test.is_activated and on_slip), key))
    moving = [key for key, change in after.items() if before[key].seat and _seat(change) != _seat(before[key])]
    with transaction.atomic(), connection.cursor() as cursor:
        # who change seats with each other would be in one for a moment
        Candidate.objects.filter(pk__in=moving, started_at=None).update(seat="")
        cursor.executemany(sql, values)
        _rename(test, {key: after[key].candidate_id for key in renamed}, [before[key].candidate_id for key in renamed])


def _seat(change: Change) -> tuple[int | None, str]:
    return change.location, change.seat


def _rename(test: Test, ids: Mapping[int, str], before: Sequence[str]) -> None:
    """Give candidates other Candidate IDs, also those of each other; a number that was there is not made again."""
    if not ids:
        return
    table = Candidate._meta.db_table
    # Nobody's key begins with a private character: for a moment, so that people may change IDs with each other.
    aside = f"UPDATE {table} SET candidate_key = %s WHERE id = %s AND started_at IS NULL"  # noqa: S608
    sql = (
        f"UPDATE {table} SET candidate_id = %s, candidate_key = %s, sort_key = %s WHERE id = %s AND started_at IS NULL"  # noqa: S608
    )
    with connection.cursor() as cursor:
        cursor.executemany(aside, [(f"{ASIDE}{key}", key) for key in ids])
        cursor.executemany(sql, [(shown, candidate_key(shown), sort_key(shown), key) for key, shown in ids.items()])
    highest = highest_number([*ids.values(), *before])
    Test.objects.filter(pk=test.pk).update(last_number=Greatest(F("last_number"), highest))
