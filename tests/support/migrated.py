"""Keep a migrated SQLite database from one test run to the next: migrating takes seconds, copying a file does not.

The copy goes by a digest of all that a new database is made of; `migrate` still looks at it and finds nothing to do.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from django.db import connection

MADE_OF = ("candidates/migrations/*.py", "candidates/models/*.py", "inspera_deliver/**/*.py", "requirements.txt")
PROJECT = Path(__file__).resolve().parent.parent.parent
FOLDER = PROJECT / ".pytest_cache" / "migrated"


def _kept() -> Path:
    digest = hashlib.sha256()
    for pattern in MADE_OF:
        for file in sorted(PROJECT.glob(pattern)):
            digest.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    return FOLDER / f"{digest.hexdigest()}.sqlite3"


def _test_database() -> Path:
    creation: Any = connection.creation
    return Path(creation._get_test_db_name())


def lay_down() -> bool:
    """Put the kept database where the test database belongs; say whether there was one."""
    if connection.vendor != "sqlite" or not _kept().exists():
        return False
    shutil.copyfile(_kept(), _test_database())
    return True


def keep() -> None:
    """Keep the test database as it is, right after it was migrated, and none of before."""
    made = Path(connection.settings_dict["NAME"]) == _test_database()  # not where no test asks for one
    if connection.vendor != "sqlite" or not made or _kept().exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.sqlite3"):
        old.unlink(missing_ok=True)
    new = _kept().with_suffix(f".{os.getpid()}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(new)])
    new.replace(_kept())  # another worker may have kept its own meanwhile, which is the same
