"""A connection that was in use a moment ago is used again without a question, and one that has ended is not."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection as the_database
from django.db.utils import OperationalError
from pytest_django import DjangoDbBlocker

from inspera_deliver.postgresql import base
from inspera_deliver.postgresql.base import DatabaseWrapper

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(the_database.vendor != "postgresql", reason="is about connections to PostgreSQL"),
]


@pytest.fixture
def connection(django_db_blocker: DjangoDbBlocker) -> Iterator[DatabaseWrapper]:
    """A connection of its own to the database of the tests, as the product opens it."""
    made = DatabaseWrapper({**the_database.settings_dict, "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60}, alias="own")
    with django_db_blocker.unblock():
        yield made
        made.close()


@pytest.fixture
def asked(connection: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each time the connection is asked whether it is usable."""
    questions: list[str] = []
    real: Callable[[], bool] = connection.is_usable
    monkeypatch.setattr(connection, "is_usable", lambda: questions.append("?") or real())  # type: ignore[func-returns-value]
    return questions


def request(connection: DatabaseWrapper) -> int:
    """Use the connection as a request does, and return which server process answered."""
    connection.close_if_unusable_or_obsolete()  # as Django does when a request begins, and when it ends
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
    connection.close_if_unusable_or_obsolete()
    return int(process)


def end(process: int) -> None:
    """End a connection from the side of the server, and return when it is gone."""
    with the_database.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])


def test_requests_that_follow_at_once_ask_for_nothing(connection: DatabaseWrapper, asked: list[str]) -> None:
    assert len({request(connection) for _time in range(3)}) == 1
    assert asked == []


def test_after_a_pause_the_connection_is_asked(
    connection: DatabaseWrapper, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = request(connection)
    monkeypatch.setattr(base, "FRESH_SECONDS", -1.0)
    assert request(connection) == process
    assert asked == ["?"]


def test_one_that_the_server_has_ended_a_moment_ago_is_opened_anew(
    connection: DatabaseWrapper, asked: list[str]
) -> None:
    process = request(connection)
    end(process)
    assert request(connection) != process
    assert asked == ["?"]


def test_one_that_was_closed_here_is_opened_anew(connection: DatabaseWrapper) -> None:
    process = request(connection)
    connection.connection.close()
    assert request(connection) != process


def test_after_an_error_the_connection_is_asked(connection: DatabaseWrapper, asked: list[str]) -> None:
    process = request(connection)
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1; SELECT pg_sleep(1)")
    connection.close_if_unusable_or_obsolete()
    assert asked == ["?"]
    assert request(connection) == process


def test_within_a_request_it_is_asked_once_at_most(connection: DatabaseWrapper, asked: list[str]) -> None:
    request(connection)
    connection._answered_at = -base.FRESH_SECONDS
    connection.close_if_unusable_or_obsolete()
    for _time in range(3):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    assert asked == ["?"]
