"""The database is away, in a real browser: nothing that is typed is lost."""

import pytest
from django.db import OperationalError
from playwright.sync_api import expect

from candidates.lifecycle import sitting
from candidates.models import Candidate
from tests.browser.test_sitting import expect_saved, fresh, stored, type_in

UNAVAILABLE = "the server responded with a status of 503"


def away(*args: object, **kwargs: object) -> None:
    raise OperationalError("the database is away")


@pytest.mark.django_db(transaction=True)
def test_what_is_typed_while_the_database_is_away_is_kept_and_saved_afterwards(
    page_of, candidate: Candidate, forgiven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forgiven.append(UNAVAILABLE)
    sitting.start(candidate=fresh(candidate))
    page = page_of(candidate.user)
    page.goto(f"/test/{candidate.test.public_id}/")
    type_in(page, "Saved words.")
    expect_saved(page)
    alert = page.get_by_role("alert").filter(has_text="Not saved since")
    with monkeypatch.context() as patched:
        patched.setattr(sitting, "save_answer", away)
        type_in(page, " Words meanwhile.")
        expect(alert).to_contain_text("Keep writing and leave this page open. We try again every 5 seconds.")
        assert stored(candidate) == "Saved words."
    expect(alert).to_have_count(0)
    expect_saved(page)
    assert stored(candidate) == "Saved words. Words meanwhile."
