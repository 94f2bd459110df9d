"""Distinguish an outage of the database from a fault of ours (C59)."""

import sqlite3

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import InterfaceError, OperationalError

# Busy, locked, no memory, read-only, interrupted, input or output, damaged, full, cannot open, protocol, no database:
# SQLite's primary codes. A table or column that is not there has another one, though Django's class is the same.
SQLITE_CODES = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})
# PostgreSQL's classes of codes: connection, resources, object in use, operator (shut down, cancelled), system.
POSTGRESQL_CLASSES = frozenset({"08", "53", "55", "57", "58"})
# Read-only; a session that the server ended because it was idle within a transaction: a machine that stood still.
POSTGRESQL_CODES = frozenset({"25006", "25P03"})
POSTGRESQL_DEADLOCK = "40P01"


def is_outage(error: BaseException | None) -> bool:
    """Say whether an error means that the database is down, full, locked or read-only: a retry may help."""
    if error is None:
        return False
    if isinstance(error, SessionInterrupted | UpdateError):
        # Django reports any failure to store a session as a deleted session, without the cause.
        return is_outage(error.__context__)
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        # only errors of the library itself have a code, not those of Python's module about its use
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in SQLITE_CODES
    if (code := getattr(cause, "sqlstate", None)) is not None:
        return code[:2] in POSTGRESQL_CLASSES or code in POSTGRESQL_CODES
    # without a connection there is no code; or an error was raised from one of the above
    return isinstance(error, OperationalError | InterfaceError) or is_outage(cause)


def is_deadlock(error: BaseException | None) -> bool:
    """Say whether PostgreSQL ended this transaction because it and another waited for each other.

    A fault of ours, logged with a traceback (tests/support/lock_order.py looks for such); but nothing was stored, and a
    retry helps.
    """
    while error is not None:
        if getattr(error, "sqlstate", None) == POSTGRESQL_DEADLOCK:
            return True
        hidden = isinstance(error, SessionInterrupted | UpdateError)  # as above
        error = error.__context__ if hidden else error.__cause__
    return False


def describe_error(error: BaseException) -> str:
    """Return the classes and codes of an error and its causes, for the log; their texts may contain stored data."""
    parts: list[str] = []
    step: BaseException | None = error
    while step is not None:
        code = getattr(step, "sqlite_errorname", None) or getattr(step, "sqlstate", None) or ""
        parts.append(" ".join([type(step).__name__, *([str(code)] if code else [])]))
        step = step.__cause__
    return ", from ".join(parts)
