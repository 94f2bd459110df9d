"""A permanent user in a real browser: two tests with one password, a new password in between, the Archive."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from candidates.models import Candidate, Submission, Test, User
from tests.factories import activated, make_permanent, make_test, open_now
from tests.support.browser import PHONE
from tests.support.permanent import put_on

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a long winter evening"
ANSWERS = {"BIO2150 Cell Biology": "Galactose cannot enter glycolysis.", "CHE1100 Chemistry": "Two moles of water."}
PageOf = Callable[..., Page]


def log_in(page: Page, password: str) -> None:
    page.goto("/login/")
    page.get_by_label("Username").fill("Kari.Nordmann ")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def sit(page: Page, name: str) -> None:
    """Start a test from the Dashboard, write and submit."""
    page.goto("/dashboard/")
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("button", name="Start test").click()
    page.get_by_label("Your answer").fill(ANSWERS[name])
    page.get_by_role("button", name="Submit").click()
    # The page saves before it leaves: a second press that comes too early would be one on this page again.
    expect(page.get_by_role("heading", level=1)).to_have_text("Submit your answer?")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text(ANSWERS[name])).to_be_visible()


def test_two_tests_with_one_password(page_of: PageOf, planner: User, administrator: User, forgiven: list[str]) -> None:
    forgiven.append("status of 422")  # the old password
    kari = make_permanent(username="kari.nordmann", password=PASSWORD)
    tests: list[Test] = []
    for name in ANSWERS:
        test = make_test(planner=planner, name=name, window=timedelta(hours=8))
        put_on(kari, test)
        tests.append(open_now(activated(test, planner)))
    page = page_of(None, viewport=PHONE)
    log_in(page, PASSWORD)
    for name in ANSWERS:
        expect(page.get_by_role("link", name=name).first).to_be_visible()
    first, second = ANSWERS
    sit(page, first)

    office = page_of(administrator)
    office.goto("/")
    expect(office.get_by_role("heading", level=1)).to_have_text("Permanent users")
    office.get_by_label("Search").fill("nordm")
    office.get_by_role("button", name="Show").click()
    office.get_by_role("link", name="Kari Nordmann").click()
    expect(office.get_by_text("On 2 tests that others plan.")).to_be_visible()
    office.get_by_role("link", name="Give a new password").click()
    office.get_by_role("button", name="Give Kari Nordmann a new password").click()
    given = office.locator(".typed dd").last.inner_text()

    page.goto("/dashboard/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    log_in(page, PASSWORD)
    expect(page.get_by_text("do not fit together").first).to_be_visible()
    log_in(page, given.upper())
    expect(page.get_by_role("link", name=second).first).to_be_visible()  # the page's script logs in, then leads on
    sit(page, second)
    page.goto("/dashboard/archive/")
    for name in ANSWERS:
        expect(page.get_by_text(name).first).to_be_visible()
    for test in tests:
        [candidate] = Candidate.objects.of_test(test)
        assert candidate.candidate_id == "Kari Nordmann"
        assert Submission.objects.get(candidate=candidate).answer == ANSWERS[test.name]
