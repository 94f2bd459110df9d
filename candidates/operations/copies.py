"""Copy an SQLite database while people go on working; for PostgreSQL there is pg_dump."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection


class CopyFailed(Exception):
    """No copy was made, or it is not complete."""


def copy_sqlite(target: Path) -> int:
    """Write a copy of the database as it is at this moment to a new file of mode 600; return its size in bytes.

    VACUUM INTO reads in one transaction, for which nobody waits under WAL, and leaves deleted data out: a plain copy of
    the file would still contain purged login details. The file gets its name only when it is complete, checked and on
    the disk: an interrupted copy, which SQLite would open as an empty database, is named FILE.part. Raises CopyFailed,
    and leaves neither file then.
    """
    if connection.vendor != "sqlite":
        raise CopyFailed("The database is PostgreSQL: pg_dump makes the copy.")
    part = target.with_name(f"{target.name}.part")
    if target.exists():
        raise CopyFailed(f"{target} cannot be written: File exists.")
    try:
        # Created empty with its mode first, so that nobody else can ever read it; never over another file.
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        raise CopyFailed(f"{part} is of a copy that is being made, or was interrupted: then delete it.") from error
    except OSError as error:
        raise CopyFailed(f"{part} cannot be written: {error.strerror}.") from error
    try:
        # not through Django's connection, which would open a transaction
        with closing(sqlite3.connect(str(connection.settings_dict["NAME"]), timeout=20)) as source:
            source.execute("VACUUM INTO ?", (str(part),))
        _check(part)
        _reach_the_disk(part)
        # unlike a rename, this never replaces a file that somebody else has made meanwhile
        os.link(part, target)
    except OSError as error:
        raise CopyFailed(f"{target} cannot be written: {error.strerror}.") from error
    except (sqlite3.Error, CopyFailed) as error:
        raise CopyFailed(f"The copy was not made: {error}.") from error
    finally:
        part.unlink()
    _reach_the_disk(target.parent)
    return target.stat().st_size


def _check(target: Path) -> None:
    with closing(sqlite3.connect(target)) as copy:
        if copy.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise CopyFailed("it is damaged")
        if copy.execute("PRAGMA foreign_key_check").fetchall():
            raise CopyFailed("rows in it refer to others that are not there")


def _reach_the_disk(path: Path) -> None:
    """Write a file, or the names in a folder, out of the system's memory."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
