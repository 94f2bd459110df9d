"""Fill a database that an older version left with 100,000 candidates on 100 tests, in SQL that both databases know.

Of each table those columns are filled that it has at that version.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

CANDIDATES = 100_000
TESTS = 100
STAFF = 50  # planners of two tests each
FILES = 9  # imports of permanent users, a third of which wait, run and are done; and lists that wait
ACCOUNT = 1000  # where the keys of candidates' accounts begin
SLIP = 1_000_000  # and those of one-time logins that stand in for SSO

Columns = Mapping[str, str]
NO_ROLE = dict.fromkeys(
    ("is_superuser", "is_staff", "is_planner", "is_invigilator", "is_grader", "is_administrator"), "FALSE"
)
PERSON = {**NO_ROLE, "name": "''", "email": "''", "is_active": "n.i % 50 <> 0", "date_joined": ":now"}
# Seven of ten are one-time users, two come from an institution, one is permanent or, in versions that have no pages for
# such users, a one-time user without login details.
KIND = "CASE WHEN n.i % 10 IN (7, 8) THEN 'sso' WHEN n.i % 10 = 9 AND :permanent THEN 'permanent' ELSE 'one_time' END"
HAS_ACCOUNT = "(n.i % 10 < 9 OR :permanent)"
DIGITS = "substr(CAST(1000000 + n.i AS text), 2)"
MADE = "'deliver_hmac_sha256$nonce' || n.i || '$key$digest' || n.i"
BYTES = "CAST('' AS bytea)" if connection.vendor == "postgresql" else "X''"
TEST = f"1 + (n.i - 1) / {CANDIDATES // TESTS}"

# table, how many rows, of which numbers, and the columns
ROWS: tuple[tuple[str, int, str, Columns], ...] = (
    (
        "user",
        STAFF,
        "TRUE",
        {**PERSON, "id": "n.i", "username": "'planner.' || n.i", "kind": "'staff'", "password": "'!' || n.i"}
        | {"is_planner": "TRUE"},
    ),
    (
        "user",
        CANDIDATES,
        HAS_ACCOUNT,
        {
            **PERSON,
            "id": f"{ACCOUNT} + n.i",
            "kind": KIND,
            "username": f"CASE WHEN n.i % 10 < 7 THEN '2a' ELSE 'person-' END || {DIGITS}",
            "password": f"CASE WHEN n.i % 10 < 7 THEN {MADE} ELSE '!' || n.i END",
            "name": "CASE WHEN n.i % 10 = 9 THEN 'Kari Nordmann ' || n.i ELSE '' END",
        },
    ),
    (
        "user",
        CANDIDATES,
        "n.i % 100 = 7",
        {
            **PERSON,
            "id": f"{SLIP} + n.i",
            "kind": "'one_time'",
            "username": f"'3b' || {DIGITS}",
            "password": MADE,
        },
    ),
    (
        "sealedpassword",
        CANDIDATES,
        "n.i % 10 < 7 AND n.i % 3 = 0",
        {"user_id": f"{ACCOUNT} + n.i", "token": "'gAAAA' || n.i", "made_at": ":now"},
    ),
    (
        "ssoidentity",
        CANDIDATES,
        "n.i % 10 IN (7, 8)",
        {
            "user_id": f"{ACCOUNT} + n.i",
            "authentication_type": "'campus'",
            "sso_user_id": "'Person' || n.i || '@havnes.example'",
            "sso_key": "'person' || n.i || '@havnes.example'",
            "subject": "CASE WHEN n.i % 2 = 0 THEN 'sub-' || n.i END",
            "pinned_issuer": "''",
        },
    ),
    (
        "permanentuser",
        CANDIDATES,
        "n.i % 10 = 9 AND :permanent",
        {
            "user_id": f"{ACCOUNT} + n.i",
            "first_name": "'Kari'",
            "last_name": "'Nordmann ' || n.i",
            "external_id": "'ext-' || n.i",
            "public_id": f"'p' || {DIGITS}",
            "search_key": "'kari nordmann ' || n.i",
            "sort_key": f"'nordmann ' || {DIGITS}",
        },
    ),
    ("location", TESTS, "TRUE", {"id": "n.i", "building": "'Vesthall'", "room": "'V' || n.i"}),
    (
        "test",
        TESTS,
        "TRUE",
        {
            "id": "n.i",
            "public_id": f"'t' || {DIGITS}",
            "name": "'BIO' || n.i || ' Grønn økologi'",
            "information": "''",
            "questions": "'Explain.'",
            "opens_at": ":then",
            "ends_at": ":now",
            "is_demo": "FALSE",
            "invigilators_may_open_logins": "TRUE",
            "created_at": ":then",
            "activated_at": ":then",
            "first_opened_at": ":then",
            "candidate_count": str(CANDIDATES // TESTS),
            "last_number": str(CANDIDATES),
        },
    ),
    (
        "contributor",
        TESTS,
        "TRUE",
        {
            "public_id": f"'c' || {DIGITS}",
            "test_id": "n.i",
            "user_id": f"1 + n.i % {STAFF}",
            "role": "'planner'",
            "added_at": ":then",
        },
    ),
    (
        "candidateimport",
        TESTS,
        "TRUE",
        {
            "public_id": f"'i' || {DIGITS}",
            "test_id": "n.i",
            "kind": "'one_time'",
            "authentication_type": "''",
            "file_name": "'list.csv'",
            "file_sha256": "'abc' || n.i",
            "by_name": "'planner'",
            "at": ":then",
            "added": "700",
            "updated": "0",
            "skipped": "0",
            "left_out": "0",
        },
    ),
    (
        "userimport",
        FILES,
        "TRUE",
        {
            "public_id": f"'f' || {DIGITS}",
            "owner_id": f"1 + n.i % {STAFF}",
            "status": "CASE n.i % 3 WHEN 0 THEN 'done' WHEN 1 THEN 'waiting' ELSE 'running' END",
            "format_name": "'Registry'",
            "columns": """'[["first_name", "", true]]'""",
            "file_name": "'users.csv'",
            "file_sha256": "'def' || n.i",
            "encoding": "'UTF-8'",
            "delimiter": "';'",
            "header_row": "1",
            "letters_to_confirm": "'[]'",
            "has_passwords": "FALSE",
            "source": BYTES,
            "mends": """'{"3": {"first_name": "Ase"}}'""",
            "left_out": "'[4]'",
            "report": """'{"new": 2}'""",
            "existing": "'skip'",
            "change_passwords": "FALSE",
            "add_to_name": "'All'",
            "back_to_test": "''",
            "total": "4",
            "done": "2",
            "made": "1",
            "updated": "1",
            "skipped": "0",
            "problems": "'[]'",
            "created_at": ":then",
            "expires_at": ":now",
            "started_at": "CASE WHEN n.i % 3 <> 1 THEN :then END",
            "finished_at": "CASE WHEN n.i % 3 = 0 THEN :now END",
            "lease": "''",
        },
    ),
    (
        "userimportchunk",
        FILES,
        "n.i % 3 > 0",
        {"source_id": "n.i", "number": "1", "rows": """'[[2, {"first_name": "Kari"}, {}, ""]]'"""},
    ),
    (
        "importdraft",
        FILES,
        "TRUE",
        {
            "public_id": f"'d' || {DIGITS}",
            "test_id": "n.i",
            "owner_id": f"1 + n.i % {STAFF}",
            "kind": "'one_time'",
            "authentication_type": "''",
            "file_name": "'list.csv'",
            "file_sha256": "'abc'",
            "encoding": "'UTF-8'",
            "delimiter": "';'",
            "letters_to_confirm": "'[]'",
            "rows": "'[]'",
            "source": BYTES,
            "mends": "'{}'",
            "left_out": "'[]'",
            "existing": "''",
            "created_at": ":then",
            "expires_at": ":now",
        },
    ),
    (
        "candidate",
        CANDIDATES,
        "TRUE",
        {
            "id": "n.i",
            "public_id": f"'k' || {DIGITS}",
            "test_id": TEST,
            "kind": KIND,
            "candidate_id": "'Kand-' || n.i",
            "candidate_key": "'kand-' || n.i",
            "sort_key": f"'kand-' || {DIGITS}",
            "user_id": f"CASE WHEN {HAS_ACCOUNT} THEN {ACCOUNT} + n.i END",
            "one_time_login_id": f"CASE WHEN n.i % 100 = 7 THEN {SLIP} + n.i END",
            "authentication_type": "CASE WHEN n.i % 10 IN (7, 8) THEN 'campus' ELSE '' END",
            "sso_user_id": "CASE WHEN n.i % 10 IN (7, 8) THEN 'Person' || n.i || '@havnes.example' ELSE '' END",
            "private_reference": "CASE WHEN n.i % 5 = 0 THEN 'Row ' || n.i ELSE '' END",
            "location_id": TEST,
            "imported_by_id": f"CASE WHEN n.i % 10 < 7 THEN {TEST} END",
            "extra_minutes": "n.i % 60",
            "incident_minutes": "n.i % 7",
            "slip_version": "1 + n.i % 3",
            "added_at": ":then",
            "started_at": "CASE WHEN n.i % 9 > 0 THEN :then END",
            "submitted_at": "CASE WHEN n.i % 9 > 1 THEN :now END",
        },
    ),
    (
        "submission",
        CANDIDATES,
        "n.i % 9 > 0",
        {"candidate_id": "n.i", "answer": "'Svaret æøå ' || n.i", "revision": "n.i % 40", "saved_at": ":now"},
    ),
    (
        "mark",
        CANDIDATES,
        "n.i % 9 > 4",
        {
            "candidate_id": "n.i",
            "mark": "(n.i % 1000) + 0.5",
            "comment": "'ok'",
            "marked_by_id": "1",
            "marked_at": ":now",
        },
    ),
    (
        "auditevent",
        CANDIDATES,
        "TRUE",
        {
            "at": ":now",
            "action": "CASE WHEN n.i % 4 = 0 THEN 'login' ELSE 'submitted' END",
            "outcome": "'done'",
            # of one in 25 the account is gone, and the name stays
            "actor_id": f"CASE WHEN n.i % 25 > 0 THEN 1 + n.i % {STAFF} END",
            "actor_name": f"'2a' || {DIGITS}",
            "address": "'192.0.2.7'",
            "test_id": f"1 + n.i % {TESTS}",
            "test_name": "'BIO'",
            "count": "1",
            "detail": """'{"by": "æ"}'""",
        },
    ),
)
NOT_CARRIED_OVER = {"importdraft"}  # lists that wait live for a day, and are uploaded again
TABLES = tuple(dict.fromkeys(f"candidates_{table}" for table, *_rest in ROWS if table not in NOT_CARRIED_OVER))
# Columns that are made of others, which a migration may make anew.
MADE_ANEW = {"search_key", "sort_key"}
# Where the rows of a table are that is no more, under the names that its columns had; and what they have anew.
MOVED = {
    "candidates_candidateimport": (
        "(SELECT *, owner_id AS by_id, owner_name AS by_name, finished_at AS at, created_at AS list_read_at "
        "FROM candidates_import WHERE test_id IS NOT NULL) AS moved"
    ),
    "candidates_userimport": "(SELECT *, added AS made FROM candidates_import WHERE test_id IS NULL) AS moved",
    "candidates_userimportchunk": "candidates_importchunk",
}
ANEW = {
    "candidates_candidateimport": {"list_read_at", "left_out"},
    "candidates_userimport": {"id"},
    "candidates_userimportchunk": {"id", "source_id"},
}


def fill(*, permanent: bool, most: int = CANDIDATES) -> None:
    """Fill the database that is looked at; `permanent` says whether that version has permanent users.

    Fewer than all are those of the first tests.
    """
    now = timezone.now()
    moments = {"now": now, "then": now - timedelta(hours=4)}
    named = {name: connection.ops.adapt_datetimefield_value(moment) for name, moment in moments.items()}
    with connection.cursor() as cursor, transaction.atomic():
        existing = connection.introspection.table_names(cursor)
        for table, count, which, columns in ROWS:
            name = f"candidates_{table}"
            if name not in existing:
                continue
            has = _columns(name)
            kept = {column: value for column, value in columns.items() if column in has}
            sql = (
                f"INSERT INTO {name} ({', '.join(kept)}) "
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {min(count, most)}) "
                f"SELECT {', '.join(kept.values())} FROM n WHERE {which}"
            )
            cursor.execute(re.sub(r":(\w+)", r"%(\1)s", sql.replace("%", "%%")), named | {"permanent": permanent})
        for statement in connection.ops.sequence_reset_sql(no_style(), list(apps.get_models())):
            if any(f'"{table}"' in statement for table in TABLES if table in existing):
                cursor.execute(statement)


def keep() -> dict[str, int]:
    """Keep a copy of each table that has rows, and return how many there are."""
    return {table: _keep(table) for table in TABLES if table in connection.introspection.table_names()}


def lost_or_changed(table: str) -> int:
    """Return how many rows are not as they were kept, in the columns of that time that are made of no others."""
    anew = MADE_ANEW | ANEW.get(table, set())
    columns = ", ".join(f'"{name}"' for name in _columns(f"kept_{table}") if name not in anew)
    now = _now(table)
    return _number(
        f"SELECT count(*) FROM (SELECT {columns} FROM kept_{table} EXCEPT SELECT {columns} FROM {now}) AS gone"
    )


def rows_of(table: str) -> int:
    """Return how many rows a table has, wherever a migration has put them."""
    return _number(f"SELECT count(*) FROM {_now(table)}")


def _now(table: str) -> str:
    is_there = table in connection.introspection.table_names()
    return table if is_there else MOVED[table]


def _keep(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")
    return rows_of(table)


def _columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        return [column[0] for column in cursor.description]


def _number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def migrate_to(version: str) -> None:
    """Bring the product's tables to an older version, on the way on which every step was once taken.

    A new database takes 0001_squashed_0048_exports instead, which no older version knew.
    """
    executor = MigrationExecutor(connection)
    executor.loader.replace_migrations = False  # type: ignore[attr-defined]  # the stubs misspell it
    executor.loader.build_graph()
    found = [key for key in executor.loader.graph.nodes if key[0] == "candidates" and key[1].startswith(version)]
    (target,) = [key for key in found if "_squashed_" not in key[1]]
    executor.migrate([target])
