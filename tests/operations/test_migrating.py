"""A database that an older version left migrates: nothing is lost, and all rules hold (C62).

10,000 candidates show that, from the first version that had permanent users; `make bench` repeats it with 100,000, from
the very first version too. A new database is made by one step in place of 48: that both end alike is compared here.
"""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from candidates.errors import Refused
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.models import Candidate, Test, User
from tests.operations import old_database
from tests.operations.restoring import another_database, manage

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CANDIDATES = 10_000
SECONDS = 60  # until what waits is seen to wait; only what hangs reaches it


@contextmanager
def filled(file: Path, version: str, *, most: int) -> Iterator[str]:
    """Look at a database that is at a version and has so many candidates; yield its name."""
    with another_database(file) as name:
        old_database.migrate_to(version)
        for app in sorted({app for app, _name in MigrationLoader(connection).disk_migrations} - {"candidates"}):
            call_command("migrate", app, verbosity=0)
        # permanent users came with 0005, and no older version has any
        old_database.fill(permanent=version >= "0005", most=most)
        yield name


def done(process: Any) -> None:
    assert process.returncode == 0, process.stdout + process.stderr


AS_RESTORED = re.compile(r"::(character varying|text)(\[\])?|[()]")
"""Casts and brackets: PostgreSQL writes them otherwise once a rule was dumped and restored (support/migrated.py)."""
OF_DJANGO = re.compile(r"\bcandidates_\w+_(not_null|key|uniq|like|check|pkey|fk_\w+|[0-9a-f]{8})\b")
"""Names that Django and PostgreSQL make: of a table that was renamed they keep the name that it had."""


def schema() -> list[Any]:
    """Return columns, rules and indexes of the product's tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name LIKE 'candidates_%' ORDER BY name"
            if connection.vendor == "sqlite"
            else "SELECT attrelid::regclass::text, attname, "
            "concat_ws(' ', format_type(atttypid, atttypmod), collname, pg_get_expr(adbin, adrelid)), "
            "attnotnull::text "
            "FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid AND relkind = 'r' "
            "LEFT JOIN pg_collation ON pg_collation.oid = attcollation "
            "LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum "
            "WHERE attnum > 0 AND NOT attisdropped AND attrelid::regclass::text LIKE 'candidates_%' "
            "UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '' "
            "FROM pg_constraint WHERE conrelid::regclass::text LIKE 'candidates_%' "
            "UNION ALL SELECT tablename, indexname, indexdef, '' "
            "FROM pg_indexes WHERE tablename LIKE 'candidates_%' ORDER BY 1, 2, 3"
        )
        if connection.vendor == "sqlite":
            return list(cursor.fetchall())
        return sorted(
            (table, OF_DJANGO.sub("", name), OF_DJANGO.sub("", AS_RESTORED.sub("", words)), more)
            for table, name, words, more in cursor.fetchall()
        )


def broken_rules() -> list[Any]:
    """Return the rows that break a rule of the database, and the rules that it has not looked through its rows for."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_key_check")
            broken = list(cursor.fetchall())
            cursor.execute("PRAGMA integrity_check")
            return broken + [row for row in cursor.fetchall() if row != ("ok",)]
        cursor.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated")
        broken = list(cursor.fetchall())
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
        return broken + list(cursor.fetchall())


def test_an_older_database_migrates_and_nothing_is_lost_or_changed(tmp_path: Path) -> None:
    migrates_and_loses_nothing(tmp_path / "old.sqlite3", "0005", most=CANDIDATES)


def migrates_and_loses_nothing(file: Path, version: str, *, most: int) -> None:
    """Migrate a database of a version with so many candidates, compare it with what it held, and go on with it."""
    fresh = schema()
    with filled(file, version, most=most) as name:
        kept = old_database.keep()
        assert kept["candidates_candidate"] == most
        newer = ("permanent", "userimport") if version < "0005" else ()
        assert 0 not in {count for table, count in kept.items() if not any(name in table for name in newer)}
        done(manage(name, "migrate"))
        call_command("migrate", check_unapplied=True, verbosity=0)
        assert {table: old_database.rows_of(table) for table in kept} == kept
        assert {table: old_database.lost_or_changed(table) for table in kept} == dict.fromkeys(kept, 0)
        assert schema() == fresh
        assert broken_rules() == []
        the_product_goes_on(most)


def the_product_goes_on(most: int) -> None:
    """Add to the last test of the old version, and be refused by its rules, as on a new one."""
    test, planner = Candidate.objects.get(public_id=f"k{most:06}").test, User.objects.get(username="planner.1")
    Test.objects.filter(pk=test.pk).update(ends_at="2100-01-01T00:00Z")
    assert add_candidates(test=test, rows=[CandidateRow(1, "", 0)], by=planner, source="typed").candidate_ids == (
        "100001",
    )
    with pytest.raises(Refused):
        add_candidates(test=test, rows=[CandidateRow(1, f"KAND-{most - 1}", 0)], by=planner, source="typed")
    with pytest.raises(IntegrityError), transaction.atomic():
        Test.objects.filter(pk=test.pk).update(candidate_count=1501)
    with pytest.raises(IntegrityError), transaction.atomic():
        Candidate.objects.filter(public_id="k000001").update(sso_user_id="somebody")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite each index is made in one statement")
def test_people_go_on_writing_while_each_step_of_a_migration_waits_for_somebody(tmp_path: Path) -> None:
    """Somebody has written to a table and has not ended: the step waits, and would keep all others waiting too."""
    few = 1000
    filled_database = filled(tmp_path / "old", "0005", most=few)
    with filled_database as name, ThreadPoolExecutor(1) as beside, ExitStack() as open_ones:
        writers = {
            table: open_ones.enter_context(closing(writer(table))) for table in ("auditevent", "user", "candidate")
        }
        migration = beside.submit(manage, name, "migrate")
        for table, one in writers.items():
            wait_for_a_step_on(table)
            people_write()
            one.commit()
        done(migration.result())
        assert old_database.rows_of("candidates_auditevent") == few + len(writers)


def writer(table: str) -> Any:
    """Write to a table in a connection of its own, and leave it open."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute(f"UPDATE candidates_{table} SET id = id WHERE id = (SELECT max(id) FROM candidates_{table})")  # noqa: S608  our own names
    return other


def wait_for_a_step_on(table: str) -> None:
    """Wait until a statement about an index of a table waits for a lock."""
    until = time.monotonic() + SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity JOIN pg_locks USING (pid) "
                "JOIN pg_class ON pg_class.oid = relation "
                "WHERE wait_event_type = 'Lock' AND query LIKE '%%INDEX CONCURRENTLY%%' AND relname = %s",
                [f"candidates_{table}"],
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError(f"no step on {table} waits")


def people_write() -> None:
    """Save an answer, be seen, log in and be audited, each at once or not at all.

    As the version before writes it: today's models have columns that are not there yet.
    """
    written = (
        "UPDATE candidates_submission SET answer = 'written meanwhile', revision = revision + 1 "
        "WHERE candidate_id = (SELECT id FROM candidates_candidate WHERE public_id = %s)",
        "UPDATE candidates_candidate SET last_seen_at = now() WHERE public_id = %s",
        "UPDATE candidates_user SET last_login = now() "
        "WHERE id = (SELECT user_id FROM candidates_candidate WHERE public_id = %s)",
        "INSERT INTO candidates_auditevent (at, action, outcome, actor_id, actor_name, test_name, count, detail) "
        "SELECT now(), 'login', 'done', user_id, '', '', 0, '{}' FROM candidates_candidate WHERE public_id = %s",
    )
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1s'")
        for statement in written:
            cursor.execute(statement, ["k000001"])
            assert cursor.rowcount == 1
