"""A permanent user who can also log in through an institution: one account, one Dashboard."""

from typing import Any

import pytest
from django.test import Client

from candidates.intake.door import RowsRefused, add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.removal import remove_candidates
from candidates.models import Candidate, PermanentUser, SsoIdentity, Test, User
from tests.factories import activated, make_permanent, make_test, open_now
from tests.support.permanent import put_on

PASSWORD = "a long winter evening"
ANNA = "anna@havnes.example"


@pytest.fixture
def anna(db: None) -> PermanentUser:
    person = make_permanent("Anna", "Berg", username="anna.berg", password=PASSWORD)
    SsoIdentity.objects.create(user=person.user, authentication_type="campus", sso_user_id=ANNA, sso_key=ANNA)
    return person


@pytest.fixture
def tests_of_anna(anna: PermanentUser, planner: User) -> dict[str, Test]:
    """One test that she is on as a permanent user, and one through SSO; both are open."""
    found = {name: make_test(planner=planner, name=f"Through {name}") for name in ("password", "campus")}
    put_on(anna, found["password"])
    row: dict[str, Any] = {"sso_user_id": ANNA, "authentication_type": "campus"}
    add_candidates(test=found["campus"], rows=[CandidateRow(1, "0001", 0, **row)], by=planner, source="test")
    for test in found.values():
        test.refresh_from_db()
        open_now(activated(test, planner))
    return found


def logged_in() -> Client:
    browser = Client()
    assert browser.post("/login/", {"username": "anna.berg", "password": PASSWORD}).status_code == 302
    return browser


def test_one_dashboard_shows_both_tests(tests_of_anna: dict[str, Test], anna: PermanentUser) -> None:
    page = logged_in().get("/dashboard/").content.decode()
    assert "Through password" in page
    assert "Through campus" in page
    assert User.objects.filter(candidacies__isnull=False).distinct().count() == 1


def test_whoever_is_taken_off_the_sso_test_stays_logged_in(
    tests_of_anna: dict[str, Test], anna: PermanentUser, planner: User
) -> None:
    browser = logged_in()
    Candidate.objects.update(last_seen_at=None)
    for test in tests_of_anna.values():
        [candidate] = Candidate.objects.of_test(test)
        remove_candidates(test=test, public_ids=[candidate.public_id], by=planner)
        assert browser.get("/dashboard/").status_code == 200
    anna.user.refresh_from_db()
    assert anna.user.is_active
    assert logged_in().get("/dashboard/").status_code == 200


def test_on_one_test_she_is_once(tests_of_anna: dict[str, Test], anna: PermanentUser, planner: User) -> None:
    row: dict[str, Any] = {"sso_user_id": ANNA, "authentication_type": "campus"}
    with pytest.raises(RowsRefused):
        add_candidates(
            test=tests_of_anna["password"], rows=[CandidateRow(1, "0002", 0, **row)], by=planner, source="test"
        )
