"""The database is away, in a real browser: nothing that is typed is lost, and the page that says so can be read."""

import pytest
from django.db import OperationalError
from playwright.sync_api import expect

from candidates.lifecycle import sitting
from candidates.models import Candidate
from candidates.site import errors
from tests.browser.test_sitting import expect_saved, fresh, stored, type_in
from tests.support.browser import DESK, PHONE

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


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize(
    ("answer", "heading"),
    [
        (errors.service_unavailable, "Deliver does not answer right now"),
        (errors.not_recorded, "Nothing was opened"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_the_pages_that_say_so_fit_and_can_be_read(
    page_of, forgiven: list[str], monkeypatch: pytest.MonkeyPatch, axe, answer, heading: str, size: dict[str, int]
) -> None:
    forgiven.append(UNAVAILABLE)
    monkeypatch.setattr("candidates.pages.help.views.render", lambda request, *args, **kwargs: answer(request))
    page = page_of(None, viewport=size)
    assert page.goto("/help/").status == 503
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    axe(page)
