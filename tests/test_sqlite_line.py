"""Writers of a process wait in line for SQLite's write lock, and nobody keeps a turn (S1)."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection as the_database
from django.db import transaction
from django.db.utils import OperationalError
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from inspera_deliver.environment import database
from inspera_deliver.sqlite.base import DatabaseWrapper

LONG = 20.0  # only what hangs reaches it
SHORT = 0.05


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database file of its own, whatever the tests run on, with a table of numbers."""
    made = tmp_path / "line.sqlite3"
    with sqlite3.connect(made) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE numbers (number INTEGER)")
    connection.close()
    return made


@pytest.fixture
def connected(path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[..., DatabaseWrapper]]:
    """Return a function that opens a connection as the product does."""
    opened: list[DatabaseWrapper] = []

    def connect(timeout: float = LONG, name: str = str(path)) -> DatabaseWrapper:
        settings = {**database(f"sqlite:///{path}"), "NAME": name, "TIME_ZONE": None, "AUTOCOMMIT": True}
        settings["OPTIONS"] = {**settings["OPTIONS"], "timeout": timeout}  # type: ignore[dict-item]
        made = DatabaseWrapper({"CONN_HEALTH_CHECKS": False, "ATOMIC_REQUESTS": False, **settings}, alias="line")
        made.inc_thread_sharing()
        made.connect()
        opened.append(made)
        return made

    with django_db_blocker.unblock():
        yield connect
        for one in opened:
            one.close()


def begin(connection: DatabaseWrapper) -> None:
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def in_thread(connection: DatabaseWrapper) -> tuple[threading.Thread, threading.Event]:
    """Begin a transaction in a thread, store a number and commit; the event says when it has begun."""
    begun = threading.Event()

    def act() -> None:
        begin(connection)
        begun.set()
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO numbers VALUES (1)")
        connection.commit()

    thread = threading.Thread(target=act)
    thread.start()
    return thread, begun


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["commit", "rollback", "close"])
def test_the_next_in_line_begins_when_the_one_before_has_ended(
    connected: Callable[..., DatabaseWrapper], ends: str
) -> None:
    first, second = connected(), connected()
    begin(first)
    thread, begun = in_thread(second)
    assert not begun.wait(SHORT)
    getattr(first, ends)()
    assert begun.wait(LONG)
    thread.join(LONG)


def test_who_waits_in_line_leaves_the_lock_of_sqlite_alone(connected: Callable[..., DatabaseWrapper]) -> None:
    first, second = connected(), connected()
    asked: list[str] = []
    second.connection.set_trace_callback(asked.append)
    begin(first)
    thread, begun = in_thread(second)
    assert not begun.wait(SHORT)
    assert "BEGIN IMMEDIATE" not in asked
    first.commit()
    thread.join(LONG)
    assert "BEGIN IMMEDIATE" in asked


def test_another_process_that_writes_is_waited_for(connected: Callable[..., DatabaseWrapper], path: Path) -> None:
    elsewhere = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    elsewhere.execute("BEGIN IMMEDIATE")
    thread, begun = in_thread(connected())
    assert not begun.wait(SHORT)
    elsewhere.execute("COMMIT")
    assert begun.wait(LONG)
    thread.join(LONG)
    elsewhere.close()


def test_who_has_waited_for_as_long_as_the_settings_say_is_told_as_sqlite_tells_it_and_hands_the_turn_on(
    connected: Callable[..., DatabaseWrapper], path: Path
) -> None:
    elsewhere = sqlite3.connect(path, isolation_level=None)
    elsewhere.execute("BEGIN IMMEDIATE")
    first, second = connected(SHORT), connected(SHORT)
    for connection in (first, second, first):
        with pytest.raises(OperationalError, match="database is locked"):
            begin(connection)
    elsewhere.execute("COMMIT")
    elsewhere.close()
    begin(first)
    with pytest.raises(OperationalError, match="database is locked"):
        begin(second)
    first.rollback()
    begin(second)


def test_what_is_no_lock_is_raised_at_once_and_hands_the_turn_on(connected: Callable[..., DatabaseWrapper]) -> None:
    first, second = connected(), connected()
    begin(first)
    with pytest.raises(OperationalError, match="within a transaction"):
        first._begin(0.0, round(1000 * LONG))
    first.rollback()
    begin(second)


def test_outside_of_a_beginning_sqlite_waits_by_itself(connected: Callable[..., DatabaseWrapper]) -> None:
    connection = connected(7)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 6000")  # a connection may have been told otherwise than the settings say
        begin(connection)
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (6000,)


def test_a_child_of_a_process_that_writes_has_a_line_of_its_own(connected: Callable[..., DatabaseWrapper]) -> None:
    first, second = connected(), connected()
    begin(first)
    child = os.fork()
    if child == 0:
        asked: list[str] = []
        second.connection.set_trace_callback(asked.append)
        _thread, begun = in_thread(second)
        is_early = begun.wait(10 * SHORT)  # SQLite itself says who writes, and is asked
        os._exit(0 if "BEGIN IMMEDIATE" in asked and not is_early else 1)
    assert os.waitpid(child, 0)[1] == 0
    first.commit()
    begin(second)


def test_a_database_in_memory_has_no_line(connected: Callable[..., DatabaseWrapper]) -> None:
    one, other = (connected(name=":memory:") for _ in range(2))
    begin(one)
    begin(other)  # in a line it would wait for the first one, and fail
    assert one.connection.in_transaction
    assert other.connection.in_transaction


@pytest.mark.django_db(transaction=True)
def test_a_transaction_within_another_waits_for_nobody() -> None:
    with CaptureQueriesContext(the_database) as asked:
        with transaction.atomic(), transaction.atomic(), transaction.atomic(durable=False):
            pass
        with transaction.atomic():
            pass
    begun = [one["sql"] for one in asked if one["sql"].startswith("BEGIN")]
    assert len(begun) == 2
