"""Insert many rows at once, past the ORM: three times as fast, which 150,000 accounts need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.views.decorators.debug import sensitive_variables


@sensitive_variables()
def insert_rows(blank: models.Model, changing: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert a row for each of `rows`: its values in the order of `changing`, all other columns as `blank` has them.

    `changing` are attribute names (user_id), and hold what the database takes as it is: texts and numbers. Constraints
    are the database's; raises IntegrityError. On PostgreSQL by COPY, on SQLite by one prepared statement.
    """
    fields = {field.attname: field for field in blank._meta.concrete_fields}
    fixed = [
        field for name, field in fields.items() if name not in changing and not isinstance(field, models.AutoField)
    ]
    values = tuple(field.get_db_prep_save(field.pre_save(blank, add=True), connection) for field in fixed)
    columns = [str(field.column) for field in (*(fields[name] for name in changing), *fixed)]
    named = ", ".join(map(connection.ops.quote_name, columns))
    table = connection.ops.quote_name(blank._meta.db_table)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row((*row, *values))
        else:
            marks = ", ".join(["%s"] * len(columns))
            insert = f"INSERT INTO {table} ({named}) VALUES ({marks})"  # noqa: S608  names of our own models
            cursor.executemany(insert, [(*row, *values) for row in rows])
