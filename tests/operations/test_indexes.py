"""Indexes come and go while people write, and a migration that was interrupted is run again."""

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates.models import User
from tests.operations.old_database import migrate_to
from tests.operations.restoring import another_database

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ADDED = {"audit_of_an_action", "audit_of_the_gone", "user_staff"}


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index'"
            if connection.vendor == "sqlite"
            else "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
            "WHERE indisvalid AND relname NOT LIKE 'pg_toast%'"  # named by numbers, others after a way back
        )
        return {name for (name,) in cursor.fetchall()}


def test_no_step_holds_a_table_and_an_interruption_is_made_good(tmp_path: Path) -> None:
    """What the way leads to is compared in test_migrating.py."""
    with another_database(tmp_path / "old.sqlite3"):
        migrate_to("0005")
        start = indexes()
        with connection.cursor() as cursor:  # left behind: of another column, so that taking it for done would show
            cursor.execute(f"CREATE INDEX audit_of_an_action ON {User._meta.db_table} (username)")
        with CaptureQueriesContext(connection) as seen:
            migrate_to("0006")
        end = indexes()
        migrate_to("0005")
        assert indexes() == start
    assert end - start == ADDED
    assert {name[: name.rindex("_")] for name in start - end} == {
        "candidates_auditevent_test_id",
        "candidates_candidate_test_id",
    }
    changes = [sql for sql in (query["sql"] for query in seen) if sql.startswith(("CREATE INDEX", "DROP INDEX"))]
    assert [sql.split()[0] for sql in changes] == [*["DROP", "CREATE"] * 3, "DROP", "DROP"]
    assert not [query for query in seen if "ALTER TABLE" in query["sql"] or "new__" in query["sql"]]
    if connection.vendor == "postgresql":
        assert all(" INDEX CONCURRENTLY " in sql for sql in changes)
