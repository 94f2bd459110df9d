"""What a copy brings back of people: passwords, sessions and accounts as they were, until it is done again (C62)."""

from pathlib import Path

import pytest
from django.test import Client

from candidates.credentials.renewing import renew_password
from candidates.lifecycle.permanent_users import set_person_active
from candidates.models import Candidate, User
from tests.factories import make_permanent, password_of
from tests.operations.restoring import back_up, restored

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
GOOD = "correct horse battery"


def log_in(username: str, password: str) -> Client | None:
    client = Client()
    return client if client.post("/login/", {"username": username, "password": password}).status_code == 302 else None


def test_a_password_a_session_and_a_deactivation_after_the_copy_are_undone_by_it_and_can_be_repeated(
    candidate: Candidate, planner: User, administrator: User, tmp_path: Path
) -> None:
    kari = make_permanent(username="kari", password=GOOD)
    assert candidate.user is not None
    name, old = candidate.user.username, password_of(candidate)
    inside = log_in(name, old)
    assert inside is not None
    key = inside.cookies["sessionid"].value

    def is_inside() -> bool:
        # A browser that is refused forgets its session: each look has the cookie of before.
        browser = Client()
        browser.cookies["sessionid"] = key
        return browser.get(f"/test/{candidate.test.public_id}/").status_code == 200

    copy = back_up(tmp_path)
    renew_password(candidate=candidate, by=planner)
    set_person_active(person=kari, allowed=False, by=administrator)
    assert not is_inside()
    assert [log_in(name, old), log_in("kari", GOOD)] == [None, None]
    new = password_of(candidate)
    with restored(copy):
        # the copy knows nothing of it
        assert is_inside()
        assert log_in("kari", GOOD)
        assert log_in(name, old)
        assert log_in(name, new) is None
        # and takes it again
        renew_password(candidate=Candidate.objects.get(pk=candidate.pk), by=planner)
        set_person_active(person=kari, allowed=False, by=administrator)
        assert not is_inside()
        assert [log_in(name, old), log_in("kari", GOOD)] == [None, None]
