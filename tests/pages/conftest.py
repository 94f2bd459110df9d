"""The exam and the planner's browser of tests about pages for SSO candidates."""

from collections.abc import Callable

import pytest
from django.test import Client

from candidates.models import Test, User
from tests.factories import activated, add, add_sso, open_now

ClientOf = Callable[[User | None], Client]


@pytest.fixture
def sso_exam(exam: Test, planner: User) -> Test:
    """The exam, open, with 5001 and 5002 in V101, 5003 in 2.02, 5004 without a room, and one-time user 0001."""
    add_sso(exam, planner, "5001", "5002", location=("Vesthall", "V101"))
    add_sso(exam, planner, "5003", location=("Nordbygg", "2.02"))
    add_sso(exam, planner, "5004")
    add(exam, planner, "0001", location=("Vesthall", "V101"))
    return open_now(activated(exam, planner))


@pytest.fixture
def ingrid(client_of: ClientOf, planner: User) -> Client:
    """The planner's browser."""
    return client_of(planner)
