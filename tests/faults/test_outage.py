"""The database is read-only, full or locked: 503 with a sentence, nothing by half, no fault of ours hidden (C59)."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.test import Client, RequestFactory
from django.urls import reverse

from candidates.audit import NotRecorded
from candidates.credentials.secrets import show_password
from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, Submission, Test, User
from candidates.outage import describe_error, is_outage
from candidates.site import errors
from candidates.site.logs import OutageFilter
from tests.factories import password_of

ClientOf = Callable[[User | None], Client]
JSON = {"Accept": "application/json"}
SENTENCE = "Its database cannot be reached."


# Which errors are an outage --------------------------------------------------------------------------------------


def of_sqlite(code: int, name: str) -> Exception:
    cause = sqlite3.OperationalError("a text")
    cause.sqlite_errorcode, cause.sqlite_errorname = code, name
    return caused(OperationalError("a text"), cause)


def of_postgresql(code: str) -> Exception:
    cause = psycopg.errors.lookup(code)("a text")
    return caused(OperationalError("a text"), cause)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (of_sqlite(5, "SQLITE_BUSY"), True),
        (of_sqlite(6, "SQLITE_LOCKED"), True),
        (of_sqlite(8, "SQLITE_READONLY"), True),
        (of_sqlite(1032, "SQLITE_READONLY_DBMOVED"), True),
        (of_sqlite(10, "SQLITE_IOERR"), True),
        (of_sqlite(13, "SQLITE_FULL"), True),
        (of_sqlite(14, "SQLITE_CANTOPEN"), True),
        (of_sqlite(1, "SQLITE_ERROR"), False),  # no such table, no such column
        (caused(InterfaceError("a text"), sqlite3.InterfaceError("a text")), False),
        (of_postgresql("57P01"), True),  # shut down
        (of_postgresql("57014"), True),  # cancelled
        (of_postgresql("53100"), True),  # disk full
        (of_postgresql("53300"), True),  # too many connections
        (of_postgresql("55P03"), True),  # lock not available
        (of_postgresql("58030"), True),  # input or output
        (of_postgresql("25006"), True),  # read-only
        (of_postgresql("25P03"), True),  # idle in a transaction for too long
        (of_postgresql("25001"), False),  # the rest of that class: ours
        (of_postgresql("42P01"), False),  # no such table
        (of_postgresql("40P01"), False),  # deadlock: ours; test_deadlock.py
        (of_postgresql("23505"), False),  # unique
        (caused(OperationalError("a text"), psycopg.OperationalError("connection refused")), True),
        (caused(InterfaceError("a text"), psycopg.InterfaceError("the connection is closed")), True),
        (caused(NotRecorded("login"), of_sqlite(13, "SQLITE_FULL")), True),
        (caused(NotRecorded("login"), ProgrammingError("a text")), False),
        (ValueError(), False),
        (None, False),
    ],
    ids=lambda value: None if isinstance(value, bool) else describe_error(value) if value else "nothing",
)
def test_what_trying_again_may_mend(error: Exception | None, expected: bool) -> None:
    assert is_outage(error) == expected


@pytest.mark.django_db
def test_a_table_that_is_not_there_is_a_fault_of_ours(client: Client) -> None:
    with pytest.raises(Exception, match="nowhere") as raised, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")
    assert not is_outage(raised.value)


@pytest.mark.parametrize("error", [of_sqlite(13, "SQLITE_FULL"), of_sqlite(1, "SQLITE_ERROR"), ValueError("a text")])
def test_an_outage_is_one_line_in_the_log_and_a_fault_of_ours_a_traceback(error: Exception) -> None:
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "Internal: %s", ("/page/",), (type(error), error, None))
    assert OutageFilter().filter(record)
    if is_outage(error):
        assert record.exc_info is None
        assert record.getMessage() == "Internal: /page/: OperationalError, from OperationalError SQLITE_FULL"
    else:
        assert record.exc_info is not None
        assert record.getMessage() == "Internal: /page/"


def test_a_session_that_cannot_be_stored_was_not_deleted_by_somebody() -> None:
    # Django names no cause there: without more this would be a 400, "this request cannot be answered".
    try:
        try:
            raise of_sqlite(13, "SQLITE_FULL")
        except OperationalError:
            raise UpdateError  # noqa: B904  as Django does
    except UpdateError:
        try:
            raise SessionInterrupted("deleted")
        except SessionInterrupted as interrupted:
            response = errors.bad_request(RequestFactory().get("/"), interrupted)
    assert response.status_code == 503
    assert errors.bad_request(RequestFactory().get("/"), SessionInterrupted("deleted")).status_code == 400


def test_a_script_is_answered_in_its_own_language() -> None:
    try:
        raise of_sqlite(5, "SQLITE_BUSY")
    except OperationalError:
        response = errors.server_error(RequestFactory().get("/", headers=JSON))
    assert (response.status_code, response["Content-Type"], response["Retry-After"]) == (503, "application/json", "30")
    assert b'"unavailable"' in response.content


# What people see -----------------------------------------------------------------------------------------------------


def run(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return str(row[0]) if row else ""


@contextmanager
def read_only() -> Iterator[None]:
    """Let the database refuse to write, on the connection that the pages use."""
    on, off = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
    }[connection.vendor]
    run(on)
    try:
        yield
    finally:
        run(off)


@contextmanager
def full() -> Iterator[None]:
    """Let the database's file not grow any more, nor have room left inside that earlier tests have freed."""
    run("VACUUM")
    before = run("PRAGMA max_page_count")
    run(f"PRAGMA max_page_count = {run('PRAGMA page_count')}")
    try:
        yield
    finally:
        run(f"PRAGMA max_page_count = {before}")


@contextmanager
def locked() -> Iterator[None]:
    """Let somebody else write for longer than the pages wait; they wait for a fifth of a second here."""
    before = run("PRAGMA busy_timeout")
    run("PRAGMA busy_timeout = 200")
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()
        run(f"PRAGMA busy_timeout = {before}")


@pytest.fixture(params=["read_only", "locked"])
def outage(request: pytest.FixtureRequest) -> Callable[[], object]:
    """Return what makes the database not take anything."""
    if request.param == "locked" and connection.vendor == "postgresql":
        pytest.skip("PostgreSQL locks rows and waits: nobody holds all of it")
    return {"read_only": read_only, "locked": locked}[request.param]


def quiet(client: Client) -> Client:
    """Answer with the page of the error, as a server does, in the place of raising it."""
    client.raise_request_exception = False
    return client


@pytest.mark.django_db(transaction=True)
def test_nobody_is_half_logged_in(candidate: Candidate, outage: Callable) -> None:
    assert candidate.user is not None
    client = quiet(Client())
    login = {"username": candidate.user.username, "password": password_of(candidate)}
    with outage():
        response = client.post("/login/", login)
        assert response.status_code == 503
        assert SENTENCE in response.content.decode()
        assert response["Retry-After"] == "30"
        assert "sessionid" not in response.cookies
    assert client.post("/login/", login).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_what_is_written_is_not_said_to_be_saved(candidate: Candidate, client_of: ClientOf, outage: Callable) -> None:
    start(candidate=candidate)
    client = quiet(client_of(candidate.user))
    address = f"/test/{candidate.test.public_id}/answer/"
    typed = {"answer": "ATP", "base": 0, "candidate": candidate.public_id}
    with outage():
        response = client.post(address, typed, headers=JSON)
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert client.post(address, typed).status_code == 503  # without script
    assert Submission.objects.get(candidate=candidate).answer == ""
    assert client.post(address, typed, headers=JSON).json()["code"] == "saved"
    assert Submission.objects.get(candidate=candidate).answer == "ATP"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_is_activated_opened_or_changed_by_half(
    exam: Test, candidates: list[Candidate], scheduled_exam: Test, client_of: ClientOf, planner: User, outage: Callable
) -> None:
    secrets = [show_password(password_of(candidate)) for candidate in candidates]
    client = quiet(client_of(planner))
    audits = AuditEvent.objects.count()
    at = [scheduled_exam.public_id]
    one = [*at, candidates[0].public_id]
    with outage():
        answers = [
            client.post(reverse("login-details-list", args=at), {"whose": "all"}),
            client.post(reverse("login-details-csv", args=at), {"whose": "all"}),
            client.post(reverse("reveal-login", args=one)),
            client.post(reverse("renew-password", args=one)),
            client.post(reverse("deactivate-test", args=at)),
        ]
        assert [answer.status_code for answer in answers] == [503] * len(answers)
        assert all(SENTENCE in answer.content.decode() for answer in answers)
        assert not any(secret in answer.content.decode() for answer in answers for secret in secrets)
    scheduled_exam.refresh_from_db()
    assert scheduled_exam.is_activated
    assert AuditEvent.objects.count() == audits
    assert [show_password(password_of(candidate)) for candidate in candidates] == secrets
    assert client.post(reverse("login-details-list", args=at), {"whose": "all"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_takes_no_part_of_an_answer(candidate: Candidate, client_of: ClientOf) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("no limit of PostgreSQL stands for a full disk; its code is in the list above")
    start(candidate=candidate)
    client = quiet(client_of(candidate.user))
    address = f"/test/{candidate.test.public_id}/answer/"
    fields = {"base": 0, "candidate": candidate.public_id}
    with full():
        response = client.post(address, {**fields, "answer": "A long answer. " * 20_000}, headers=JSON)
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert Submission.objects.get(candidate=candidate).answer == ""
    assert client.post(address, {**fields, "answer": "ATP"}, headers=JSON).json()["code"] == "saved"
