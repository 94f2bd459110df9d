"""Login details in a real browser: one page per slip, readable at the door, nothing left behind by the back button."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Page, expect

from candidates.credentials.secrets import show_password
from candidates.models import Candidate, Test, User
from tests.factories import activated, add_many, password_of
from tests.support.browser import PHONE

pytestmark = pytest.mark.django_db(transaction=True)


def details(test: Test) -> str:
    return f"/deliver/tests/{test.public_id}/login-details/"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(("layout", "per_page"), [("One per page", 1), ("Six per page", 6)])
def test_every_slip_has_its_place_on_paper(
    exam: Test, planner: User, page_of: Callable[..., Page], layout: str, per_page: int
) -> None:
    add_many(exam, planner, 30)
    activated(exam, planner)
    page = page_of(planner)
    page.goto(details(exam))
    page.get_by_label(layout).check()
    press(page, "Print")
    expect(page.locator("article.slip")).to_have_count(30)
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 30 // per_page


def test_a_password_stands_on_one_line_also_on_a_phone(
    scheduled_exam: Test, planner: User, page_of: Callable[..., Page]
) -> None:
    candidate = Candidate.objects.get(candidate_id="0001")
    page = page_of(planner, viewport=PHONE)
    page.goto(f"/monitor/tests/{scheduled_exam.public_id}/candidates/{candidate.public_id}/login/")
    press(page, "Show login details")
    shown = page.get_by_text(show_password(password_of(candidate)))
    expect(shown).to_be_visible()
    box = shown.bounding_box()
    assert box is not None
    assert box["height"] < 70


def test_the_downloads_are_files_with_names_of_our_own(
    scheduled_exam: Test, planner: User, page_of: Callable[..., Page]
) -> None:
    page = page_of(planner)
    page.goto(details(scheduled_exam))
    for button, ending in (("Download PDF", "-one-per-page"), ("Download CSV", "")):
        with page.expect_download() as download:
            press(page, button)
        name = rf"bio2150-cell-biology-written-exam-login-details{ending}-\d{{8}}-\d{{4}}\.(pdf|csv)"
        assert re.fullmatch(name, download.value.suggested_filename)


def test_after_logging_out_the_back_button_shows_no_password(
    scheduled_exam: Test, planner: User, page_of: Callable[..., Page]
) -> None:
    password = show_password(password_of(Candidate.objects.get(candidate_id="0001")))
    page = page_of(planner)
    page.goto(details(scheduled_exam))
    press(page, "Show as list")
    expect(page.get_by_text(password)).to_be_visible()
    press(page, "Log out")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the page was not kept: it would have to be asked for again
        page.go_back(wait_until="commit")
    page.wait_for_timeout(500)  # Chromium puts its own error page there
    expect(page.get_by_text(password)).to_have_count(0)
