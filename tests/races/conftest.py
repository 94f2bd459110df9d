"""One runner for all races of a test run."""

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.races.support import Runner


@pytest.fixture(scope="session")
def runner(django_db_setup: None) -> Iterator[Runner]:
    """A runner on this worker's own test database."""
    with Runner(str(connection.settings_dict["NAME"])) as started:
        yield started
