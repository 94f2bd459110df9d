"""Indexes come and go while people write, and a migration that was interrupted is run again."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates.models import User

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ADDED = {"audit_of_an_action", "audit_of_the_gone", "user_staff"}


def migrate(*to: str) -> None:
    call_command("migrate", *to, verbosity=0)


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index'"
            if connection.vendor == "sqlite"
            else "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
            "WHERE indisvalid AND relname NOT LIKE 'pg_toast%'"  # named by numbers, others after a way back
        )
        return {name for (name,) in cursor.fetchall()}


def test_no_step_holds_a_table_and_the_end_is_the_same_again_also_after_an_interruption() -> None:
    end = indexes()
    migrate("candidates", "0005")
    start = indexes()
    with connection.cursor() as cursor:  # left behind: of another column, so that taking it for done would show
        cursor.execute(f"CREATE INDEX audit_of_an_action ON {User._meta.db_table} (username)")
    with CaptureQueriesContext(connection) as seen:
        migrate("candidates", "0006")
    migrate()
    assert indexes() == end
    assert end - start >= ADDED
    # imports have another table since 0028
    dropped = {name[: name.rindex("_")] for name in start - end if "import" not in name and "draft" not in name}
    assert dropped == {"candidates_auditevent_test_id", "candidates_candidate_test_id"}
    changes = [sql for sql in (query["sql"] for query in seen) if sql.startswith(("CREATE INDEX", "DROP INDEX"))]
    assert [sql.split()[0] for sql in changes] == [*["DROP", "CREATE"] * 3, "DROP", "DROP"]
    assert not [query for query in seen if "ALTER TABLE" in query["sql"] or "new__" in query["sql"]]
    if connection.vendor == "postgresql":
        assert all(" INDEX CONCURRENTLY " in sql for sql in changes)
