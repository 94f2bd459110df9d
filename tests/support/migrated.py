"""Keep a migrated database from one test run to the next: migrating takes long, reading a copy does not.

The copy goes by a digest of all that a new database is made of; `migrate` still looks at it and finds nothing to do.
On PostgreSQL the throw-away server alone is known to be of the version of the programs that dump and restore.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX

from tests.operations.restoring import address, program

MADE_OF = (
    *("candidates/migrations/*.py", "candidates/models/*.py", "inspera_deliver/**/*.py"),
    *("requirements.txt", "requirements-dev.txt"),
)
PROJECT = Path(__file__).resolve().parent.parent.parent
FOLDER = PROJECT / ".pytest_cache" / "migrated"


def _kept() -> Path:
    digest = hashlib.sha256()
    for pattern in MADE_OF:
        for file in sorted(PROJECT.glob(pattern)):
            digest.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    return FOLDER / f"{digest.hexdigest()}.{connection.vendor}"


def _test_database() -> str:
    creation: Any = connection.creation
    name = str(connection.settings_dict["NAME"])  # has the prefix once the database is made
    return name if name.startswith(TEST_DATABASE_PREFIX) else str(creation._get_test_db_name())


def _can_be_kept() -> bool:
    return connection.vendor == "sqlite" or str(connection.settings_dict["HOST"]).startswith("/")


def lay_down() -> bool:
    """Put the kept database where the test database belongs; say whether there was one."""
    if not _can_be_kept() or not _kept().exists():
        return False
    if connection.vendor == "sqlite":
        shutil.copyfile(_kept(), _test_database())
        return True
    server = address(_test_database())[:4]
    for command in (
        [program("dropdb"), *server, "--if-exists", _test_database()],
        [program("createdb"), *server, _test_database()],
        [program("pg_restore"), *address(_test_database()), "--exit-on-error", "--single-transaction", str(_kept())],
    ):
        subprocess.run(command, check=True)
    return True


def keep() -> None:
    """Keep the test database as it is, right after it was migrated, and none of before."""
    made = str(connection.settings_dict["NAME"]) == _test_database()  # not where no test asks for one
    if not _can_be_kept() or not made or _kept().exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob(f"*.{connection.vendor}"):
        old.unlink(missing_ok=True)
    new = _kept().with_suffix(f".{os.getpid()}")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(new)])
    else:
        dump = [program("pg_dump"), *address(_test_database()), "--format=custom", "--file", str(new)]
        subprocess.run(dump, check=True)
    new.replace(_kept())  # another worker may have kept its own meanwhile, which is the same
