"""Queue the writers of a process for SQLite's write lock; only the first in the queue asks for it.

SQLite has no queue: a writer that finds the lock taken sleeps for up to a tenth of a second and asks again. With dozens
of threads the lock is often free while all of them sleep, and the first may be served last. Here the threads of one
process pass a turn on, and the one that has it asks every millisecond. This closes no race: the lock of SQLite still
decides, and a single statement without a transaction asks for it as before.
"""

import os
import sqlite3
import threading
import time

from django.db.backends.sqlite3 import base
from django.db.backends.utils import debug_transaction
from django.db.utils import OperationalError

SECONDS_BETWEEN_TRIES = 0.001
PRIMARY = 0xFF  # of SQLite's extended error codes, what kind of error it is
_lines: dict[str, threading.Lock] = {}
# A forked child has none of the threads that could pass a turn on.
os.register_at_fork(after_in_child=_lines.clear)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose transactions begin in their turn."""

    _turn: "threading.Lock | None" = None

    def _start_transaction_under_autocommit(self) -> None:
        """Begin a transaction that may write, in turn. Raises OperationalError after the connection's timeout."""
        if self.settings_dict["OPTIONS"].get("transaction_mode") != "IMMEDIATE" or self.is_in_memory_db():
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
            return
        (timeout,) = self.connection.execute("PRAGMA busy_timeout").fetchone()  # ms
        until = time.monotonic() + timeout / 1000
        line = _lines.setdefault(str(self.settings_dict["NAME"]), threading.Lock())
        if not line.acquire(timeout=timeout / 1000):
            raise OperationalError("database is locked")
        self._turn = line
        try:
            self._begin(until, timeout)
        except BaseException:
            self._hand_on()
            raise

    def _begin(self, until: float, timeout: int) -> None:
        """Ask for the write lock until it is granted, without SQLite's own waiting, which sleeps too long."""
        with debug_transaction(self, "BEGIN IMMEDIATE"), self.wrap_database_errors:
            self.connection.execute("PRAGMA busy_timeout = 0")
            try:
                while not self._has_begun(until):
                    time.sleep(SECONDS_BETWEEN_TRIES)
            finally:
                self.connection.execute(f"PRAGMA busy_timeout = {timeout}")

    def _has_begun(self, until: float) -> bool:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            return False
        return True

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._hand_on()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._hand_on()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._hand_on()

    def _hand_on(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.release()
