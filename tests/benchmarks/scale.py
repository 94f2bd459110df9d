"""Fill a PostgreSQL database with years of exams, in SQL: thousands of tests, millions of candidates and audit rows.

What stands in the rows is as long as what the product writes, so that the sizes of tables and indexes are real. Nobody
of these people logs in: the people whose pages are measured are made by the product before.
"""

from dataclasses import dataclass

from django.db import connection

TESTS = 5000
PERMANENT = 50_000  # people, each on several tests
INSTITUTIONS = 150_000
SESSIONS = 100_000
TRIES = 20_000

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
# 8 x 23 x 31^6 names of the reserved shape; the factor has no divisor in common with that, so each number has its own
NAMES = 8 * 23 * 31**6
FACTOR = 67_280_421_311


def _symbol(at: int) -> str:
    return f"substr('{ALPHABET}', (m / {31**at} % 31)::int + 1, 1)"


GENERATED_NAME = "||".join(
    [
        f"substr('{ALPHABET[:8]}', (m / {23 * 31**6} % 8)::int + 1, 1)",
        f"substr('{ALPHABET[8:]}', (m / {31**6} % 23)::int + 1, 1)",
        *(_symbol(at) for at in range(6)),
    ]
)

# Numbers of keys begin here, beyond all that the product has made before.
FIRST = 10_000_000


# The columns of an import that say nothing here, and what stands in them.
_NOTHING = {
    "''": "format_name encoding delimiter existing add_to_name back_to_test lease",
    "'[]'": "columns letters_to_confirm left_out problems",
    "'{}'": "mends report",
    "''::bytea": "source",
    "false": "has_passwords change_passwords",
    "0": "total done",
}
_EMPTY_IMPORT = ", ".join(name for names in _NOTHING.values() for name in names.split())
_EMPTY_VALUES = ", ".join(value for value, names in _NOTHING.items() for _name in names.split())


def _random_id(salt: str, number: str) -> str:
    return f"substr(translate(encode(sha256(('{salt}' || {number})::bytea), 'base64'), '+/', 'xy'), 1, 12)"


STEPS = (
    # Foreign keys hold by the way the rows are made; checking millions of them one by one would take longer.
    "SET session_replication_role = replica",
    "SELECT setseed(0.5)",
    # --- tests: most of them over, some open now, some to come -----------------------------------------------------
    f"""
    INSERT INTO candidates_test (id, public_id, name, information, questions, opens_at, ends_at, duration_minutes,
        is_demo, invigilators_may_open_logins, created_at, activated_at, first_opened_at, candidate_count, last_number)
    SELECT {FIRST} + k, {_random_id("test", "k")}, 'TST' || k || ' Written examination in a subject', '', 'Explain.',
        day, day + interval '4 hours', 240, false, true, day - interval '20 days',
        CASE WHEN k % 50 <> 0 OR day < now() THEN day - interval '9 days' END, CASE WHEN day < now() THEN day END, 0, 0
    FROM generate_series(1, :tests) AS k,
        LATERAL (SELECT now() + interval '60 days' - (k * interval '1885 days' / :tests)) AS at (day)
    """,
    """
    CREATE TEMP TABLE sizes AS
    SELECT id AS test, (1 + floor(1500 * power(random(), 2.75)))::int AS size, ends_at < now() AS over,
        opens_at, activated_at IS NOT NULL AS activated
    FROM candidates_test WHERE candidate_count = 0 AND NOT is_demo AND name LIKE 'TST%'
    """,
    "UPDATE candidates_test SET candidate_count = size, last_number = size FROM sizes WHERE id = test",
    # --- who works on them ------------------------------------------------------------------------------------------
    f"""
    INSERT INTO candidates_user (id, password, is_superuser, username, kind, name, email, is_active, is_staff,
        is_planner, is_invigilator, is_grader, is_administrator, date_joined)
    SELECT {FIRST} + n, '!' || md5('s' || n), false, 'staff.' || n, 'staff', 'Member of staff ' || n, '', true, false,
        n % 3 = 0, n % 3 = 1, n % 3 = 2, false, now() FROM generate_series(1, 1500) AS n
    """,
    """
    INSERT INTO candidates_contributor (public_id, role, added_at, user_id, test_id)
    SELECT """
    + _random_id("contributor", "test || '-' || r")
    + f""", (ARRAY['planner', 'invigilator', 'grader'])[r + 1], now(),
        {FIRST} + 3 * (1 + floor(random() * 499)::int) + r, test FROM sizes, generate_series(0, 2) AS r
    """,
    """
    INSERT INTO candidates_import (public_id, kind, status, authentication_type, file_name, file_sha256, owner_name,
        created_at, expires_at, finished_at, added, updated, skipped, left_out_count, test_id, """
    + _EMPTY_IMPORT
    + """)
    SELECT """
    + _random_id("import", "test")
    + """, 'one_time', 'done', '', 'candidates.xlsx', encode(sha256(test::text::bytea), 'hex'), 'staff',
        opens_at - interval '1 hour', opens_at, opens_at, size, 0, 0, 0, test, """
    + _EMPTY_VALUES
    + """ FROM sizes
    """,
    """
    INSERT INTO candidates_import (public_id, kind, status, authentication_type, file_name, file_sha256, owner_name,
        created_at, expires_at, added, updated, skipped, left_out_count, owner_id, test_id, """
    + _EMPTY_IMPORT
    + """)
    SELECT """
    + _random_id("draft", "test")
    + """, 'one_time', 'waiting', '', 'list.csv', encode(sha256(test::text::bytea), 'hex'), 'staff', now(),
        now() + interval '1 hour', 0, 0, 0, 0, (SELECT min(user_id) FROM candidates_contributor
        WHERE test_id = test AND role = 'planner'), test, """
    + _EMPTY_VALUES
    + """ FROM sizes WHERE test % 10 = 0
    """,
    # --- candidates: seven of ten are one-time users, two permanent, one comes from an institution ------------------
    f"""
    CREATE TEMP TABLE places AS
    SELECT {FIRST} + row_number() OVER () AS id, test, i, size, over, activated, opens_at,
        (ARRAY['one_time', 'permanent', 'sso', 'one_time', 'one_time', 'one_time', 'one_time', 'permanent', 'one_time',
        'one_time'])[i % 10 + 1] AS kind, random() < 0.93 AS came
    FROM sizes, generate_series(1, size) AS i
    """,
    f"""
    INSERT INTO candidates_user (id, password, is_superuser, username, kind, name, email, is_active, is_staff,
        is_planner, is_invigilator, is_grader, is_administrator, date_joined)
    SELECT 2 * {FIRST} + n, 'deliver_argon2$' || substr(md5('k' || n), 1, 16) || '$' || md5('n' || n)
        || '$argon2id$v=19$m=19456,t=2,p=1$' || md5('a' || n) || md5('b' || n), false, 'person.' || n, 'permanent',
        'First Last' || n, 'person' || n || '@havnes.example', true, false, false, false, false, false, now()
    FROM generate_series(0, {PERMANENT} - 1) AS n
    UNION ALL
    SELECT 3 * {FIRST} + n, '!' || md5('i' || n), false, 'sso.' || md5('u' || n), 'sso', '', '', true, false, false,
        false, false, false, now() FROM generate_series(0, {INSTITUTIONS} - 1) AS n
    UNION ALL
    SELECT 4 * {FIRST} + id, 'deliver_hmac_sha256$' || substr(md5('o' || id), 1, 16) || '$' || 'abcd1234' || '$'
        || md5('p' || id) || md5('q' || id), false, {GENERATED_NAME}, 'one_time', '', '', true, false, false, false,
        false, false, opens_at
    FROM places, LATERAL (SELECT (id * {FACTOR}) % {NAMES}) AS name (m) WHERE kind = 'one_time' AND activated
    ORDER BY 1
    """,
    f"""
    INSERT INTO candidates_permanentuser (user_id, public_id, first_name, last_name, external_id, search_key, sort_key)
    SELECT 2 * {FIRST} + n, {_random_id("person", "n")}, 'First', 'Last' || n, 'X' || n,
        'first last' || n || ' person.' || n || ' person' || n || '@havnes.example x' || n, 'last' || n || ' first'
    FROM generate_series(0, {PERMANENT} - 1) AS n
    """,
    f"""
    INSERT INTO candidates_ssoidentity (authentication_type, sso_user_id, sso_key, subject, pinned_issuer, pinned_at,
        user_id)
    SELECT 'campus', 'student' || n || '@havnes.example', 'student' || n || '@havnes.example', md5('sub' || n),
        'https://login.havnes.example', now(), 3 * {FIRST} + n FROM generate_series(0, {INSTITUTIONS} - 1) AS n
    """,
    f"""
    INSERT INTO candidates_candidate (id, public_id, test_id, kind, candidate_id, candidate_key, sort_key, user_id,
        authentication_type, sso_user_id, private_reference, location_id, imported_by_id, extra_minutes,
        incident_minutes, slip_version, added_at, logged_in_at, last_seen_at, started_at, submitted_at)
    SELECT id, {_random_id("candidate", "id")}, test, kind, lpad(i::text, 4, '0'), lpad(i::text, 4, '0'),
        lpad(i::text, 10, '0'),
        CASE kind WHEN 'one_time' THEN CASE WHEN activated THEN 4 * {FIRST} + id END
            WHEN 'permanent' THEN 2 * {FIRST} + (test * 1009 + i) % {PERMANENT}
            ELSE 3 * {FIRST} + (test * 1013 + i) % {INSTITUTIONS} END,
        CASE kind WHEN 'sso' THEN 'campus' ELSE '' END,
        CASE kind WHEN 'sso' THEN 'student' || (test * 1013 + i) % {INSTITUTIONS} || '@havnes.example' ELSE '' END, '',
        (SELECT min(l.id) FROM candidates_location l) + (test * 7 + i / 40) % 400, NULL,
        CASE i % 20 WHEN 0 THEN 30 ELSE 0 END, 0, 1, opens_at - interval '10 days',
        CASE WHEN over AND came THEN opens_at END, CASE WHEN over AND came THEN opens_at + interval '3 hours' END,
        CASE WHEN over AND came THEN opens_at END,
        CASE WHEN over AND came THEN opens_at + interval '3 hours' END
    FROM places ORDER BY test, i
    """,
    """
    INSERT INTO candidates_submission (candidate_id, answer, revision, saved_at)
    SELECT id, repeat('An answer of a few words. ', 4), 40, opens_at + interval '3 hours'
    FROM places WHERE over AND came ORDER BY id
    """,
    """
    INSERT INTO candidates_mark (candidate_id, mark, comment, marked_at)
    SELECT id, i % 100, '', opens_at + interval '9 days' FROM places WHERE over AND came ORDER BY id
    """,
    f"""
    INSERT INTO candidates_sealedpassword (user_id, token, made_at)
    SELECT 4 * {FIRST} + id, 'gAAAAA' || repeat(md5('t' || id), 5), opens_at - interval '9 days'
    FROM places WHERE kind = 'one_time' AND activated AND opens_at > now() - interval '2 days' ORDER BY id
    """,
    # --- the audit: two logins, a log-out and a submission of each, a few refusals, the acts of planners ------------
    f"""
    INSERT INTO candidates_auditevent (at, action, outcome, actor_name, address, test_name, count, detail, actor_id,
        test_id)
    SELECT * FROM (
        SELECT opens_at + e * interval '50 minutes' + i * interval '1 second',
            (ARRAY['login', 'login', 'logout', 'submitted'])[e + 1], 'done', md5('u' || id),
            ('10.20.' || i % 250 || '.' || e)::inet,
            CASE e WHEN 3 THEN 'TST' || test || ' Written examination in a subject' ELSE '' END, e / 3,
            CASE WHEN e < 2 THEN jsonb_build_object('kind', kind) ELSE '{{}}' END,
            CASE kind WHEN 'one_time' THEN 4 * {FIRST} + id WHEN 'permanent' THEN
            2 * {FIRST} + (test * 1009 + i) % {PERMANENT} ELSE 3 * {FIRST} + (test * 1013 + i) % {INSTITUTIONS} END,
            CASE e WHEN 3 THEN test END
        FROM places, generate_series(0, 3) AS e WHERE over AND came AND NOT (e = 1 AND i % 2 = 0)
        UNION ALL
        SELECT opens_at - e * interval '1 hour', (ARRAY['test_created', 'candidates_added', 'activated',
            'details_pdf', 'candidate_changed', 'list_downloaded'])[e % 6 + 1], 'done', 'staff', '10.9.8.7',
            'TST' || test || ' Written examination in a subject', size, '{{}}', {FIRST} + 3, test
        FROM sizes, generate_series(1, 30) AS e
        UNION ALL
        SELECT now() - n * interval '8 minutes', 'login_refused', 'refused', '', '10.9.8.7', '', 0,
            jsonb_build_object('name_digest', md5('d' || n)), NULL, NULL FROM generate_series(1, 300000) AS n
    ) AS events (at, action, outcome, actor_name, address, test_name, count, detail, actor_id, test_id) ORDER BY at
    """,
    # --- sessions and counted tries ---------------------------------------------------------------------------------
    f"""
    INSERT INTO candidates_session (session_key, session_data, expire_date, device)
    SELECT substr(md5('session' || n), 1, 32), repeat(md5('data' || n), 10), now() + n * interval '6 seconds', ''
    FROM generate_series(1, {SESSIONS}) AS n
    """,
    f"""
    INSERT INTO axes_accessattempt (user_agent, ip_address, username, http_accept, path_info, attempt_time, get_data,
        post_data, failures_since_start)
    SELECT 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', ('10.20.' || n % 250 || '.7')::inet, md5('tried' || n),
        'text/html', '/login/', now() - n * interval '1 second', '', 'csrfmiddlewaretoken=x', 3
    FROM generate_series(1, {TRIES}) AS n
    """,
    "DROP TABLE places",
    "DROP TABLE sizes",
    "SET session_replication_role = DEFAULT",
    *(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 9 * {FIRST})"
        for table in ("candidates_test", "candidates_user", "candidates_candidate")
    ),
    "VACUUM ANALYZE",
)


@dataclass(frozen=True)
class Size:
    """Rows and bytes of one table, its indexes included."""

    table: str
    rows: int
    table_bytes: int
    index_bytes: int


def fill(tests: int = TESTS) -> None:
    """Store so many tests with 400 candidates each in the mean, and what has become of them."""
    with connection.cursor() as cursor:
        for step in STEPS:
            cursor.execute(step.replace(":tests", str(tests)))


def sizes() -> list[Size]:
    """Return the tables with more than a thousand rows, the largest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname, reltuples::bigint, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 1000
            ORDER BY pg_total_relation_size(oid) DESC
            """
        )
        return [Size(*row) for row in cursor.fetchall()]
