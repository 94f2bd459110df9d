"""Write what an import changes of candidates who are on the test already (D15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.intake.door import locations_of
from candidates.intake.findings import Already
from candidates.models import Candidate, Import, ImportedChange, Test, User

Change = tuple[int, int | None]
"""Extra time in whole minutes, and the key of the location (None: no location)."""


def update_candidates(*, test: Test, rows: Sequence[Already], record: Import, by: User) -> None:
    """Give candidates who are on the test the extra time and location of their rows, and keep what they had.

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
    locations = locations_of(row.place for row in rows if any(row.place))
    after: dict[int, Change] = {
        row.present.pk: (row.extra_minutes, locations[row.place].pk if any(row.place) else None) for row in rows
    }
    ImportedChange.objects.bulk_create(
        ImportedChange(
            source=record,
            candidate_id=key,
            old_extra_minutes=found[key].extra_minutes,
            new_extra_minutes=minutes,
            old_location_id=found[key].location_id,
            new_location_id=location,
        )
        for key, (minutes, location) in after.items()
    )
    write_changes(test, after)
    audit.record(
        audit.Action.CANDIDATES_UPDATED,
        by=by,
        test=test,
        count=len(rows),
        detail={"import": record.public_id, "candidates": [candidate.public_id for candidate in found.values()]},
    )


def write_changes(test: Test, after: Mapping[int, Change]) -> None:
    """Write extra time and location of many candidates, by their keys; printed slips are then out of date.

    One prepared statement costs a tenth of bulk_update's CASE expression for 1500 rows.
    """
    table = Candidate._meta.db_table
    newer = 1 if test.is_activated else 0
    sql = (
        f"UPDATE {table} SET extra_minutes = %s, location_id = %s, slip_version = slip_version + %s"  # noqa: S608
        " WHERE id = %s AND started_at IS NULL"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(sql, [(minutes, location, newer, key) for key, (minutes, location) in after.items()])
