"""The exam of tests about one-time logins that stand in for SSO."""

import pytest

from candidates.models import Candidate, Test, User
from tests.factories import activated, add, add_sso, open_now


@pytest.fixture
def sso_exam(exam: Test, planner: User) -> Test:
    """The exam, open, with SSO candidates 5001, 5002 who has 30 minutes, and the one-time user 0001."""
    add_sso(exam, planner, "5001", location=("Vesthall", "V101"))
    add_sso(exam, planner, "5002", extra=30, location=("Nordbygg", "2.02"))
    add(exam, planner, "0001")
    return open_now(activated(exam, planner))


@pytest.fixture
def anna(sso_exam: Test) -> Candidate:
    """Candidate 5001, who logs in through SSO."""
    found: Candidate = Candidate.objects.select_related("test", "user").get(candidate_id="5001")
    return found
