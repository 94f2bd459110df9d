"""How long 100,000 candidates of an older version take to migrate, with nothing lost or changed (C62)."""

import time
from pathlib import Path

import pytest
from django.db import connection

from tests.operations.old_database import CANDIDATES
from tests.operations.test_migrating import migrates_and_loses_nothing


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("version", ["0001", "0005"])
def test_100_000_candidates_migrate_and_nothing_is_lost_or_changed(version: str, tmp_path: Path) -> None:
    began = time.monotonic()
    migrates_and_loses_nothing(tmp_path / "old.sqlite3", version, most=CANDIDATES)
    took = time.monotonic() - began
    print(f"{connection.vendor}, from version {version}: filled, migrated and compared in {took:.0f} s")
