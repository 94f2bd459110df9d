"""Put what is stored in the order of names: after an upgrade, and after SORTING_LANGUAGE was changed."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from candidates.candidate_ids import sort_key
from candidates.models import Candidate, PermanentUser
from candidates.models.permanent_users import name_order

ROWS_AT_ONCE = 2000
# As they were when the migrations that call this were made.
KEYS = (("candidates_candidate", 312), ("candidates_permanentuser", 900))


def compare_code_points(apps: object, schema_editor: Any) -> None:
    """Let PostgreSQL compare the keys as Python and SQLite do; a step of migrations."""
    if schema_editor.connection.vendor == "postgresql":
        for table, length in KEYS:
            schema_editor.execute(f'ALTER TABLE {table} ALTER COLUMN sort_key TYPE varchar({length}) COLLATE "C"')


def put_in_order() -> int:
    """Write the sort keys that are not those of the alphabet, some thousand rows at a time; return how many.

    Safe to stop and to run again. Nothing but the order of lists depends on these keys.
    """
    return put_candidates_in_order(Candidate.objects.all()) + put_people_in_order(PermanentUser.objects.all())


def put_candidates_in_order(candidates: "QuerySet[Any]") -> int:
    """Write the sort keys of candidates, also of a migration's own models."""
    return _written(candidates, ("candidate_id",), sort_key)


def put_people_in_order(people: "QuerySet[Any]") -> int:
    """Write the sort keys of permanent users, also of a migration's own models."""
    return _written(people, ("first_name", "last_name"), name_order)


def _written(rows: "QuerySet[Any]", columns: tuple[str, ...], key_of: Callable[..., str]) -> int:
    table, key = (connection.ops.quote_name(name) for name in (rows.model._meta.db_table, rows.model._meta.pk.column))
    # The key that was read is in the condition: who changes the name at this moment writes their own key.
    sql = f"UPDATE {table} SET sort_key = %s WHERE {key} = %s AND sort_key = %s"  # noqa: S608  names of our own models
    written = 0
    for some in _chunks(rows, columns):
        wrong = [(new, pk, old) for pk, old, *names in some if (new := key_of(*names)) != old]
        if wrong:
            locked = rows.filter(pk__in=[pk for _new, pk, _old in wrong]).order_by("pk").select_for_update(no_key=True)
            with transaction.atomic(), connection.cursor() as cursor:
                list(locked.values_list("pk", flat=True))  # in the order in which everybody locks rows
                cursor.executemany(sql, wrong)
            written += len(wrong)
    return written


def _chunks(rows: "QuerySet[Any]", columns: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield rows in the order of their keys, each some thousand read on its own, so that nothing is held meanwhile."""
    after = 0
    while some := list(
        islice(
            rows.filter(pk__gt=after).order_by("pk").values_list("pk", "sort_key", *columns)[:ROWS_AT_ONCE].iterator(),
            ROWS_AT_ONCE,
        )
    ):
        yield some
        after = some[-1][0]
