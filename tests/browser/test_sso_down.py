"""The morning when SSO is down, in a real browser: give, print, write on, take back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from candidates.credentials.secrets import show_password
from candidates.lifecycle.sitting import save_answer, start
from candidates.models import Candidate, Test, User
from candidates.models.accounts import show_username
from tests.browser.test_story import log_in, press
from tests.factories import activated, add, add_sso, open_now, password_of

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = "Galactose cannot enter glycolysis directly.", "Galactose cannot enter glycolysis. Growth stops."


def answer_of(page: Page, test: Test) -> str:
    page.goto(f"/test/{test.public_id}/")
    return page.get_by_label("Your answer").input_value()


def test_the_morning_when_sso_is_down(
    exam: Test, planner: User, page_of: Callable[..., Page], forgiven: list[str]
) -> None:
    forgiven.append("status of 422")  # the login that was taken back
    anna, _berit = add_sso(exam, planner, "5001", "5002", location=("Vesthall", "V101"))
    add_sso(exam, planner, "5003", extra=30, location=("Nordbygg", "2.02"))
    add(exam, planner, "0001")
    open_now(activated(exam, planner))
    anna.refresh_from_db()
    start(candidate=anna)
    save_answer(candidate=Candidate.objects.select_related("test").get(pk=anna.pk), answer=BEFORE, base_revision=0)

    # SSO breaks: from Monitor, three presses to paper
    page = page_of(planner)
    page.goto(f"/monitor/tests/{exam.public_id}/")
    page.get_by_role("link", name="Give one-time logins").click()
    page.get_by_role("button", name=re.compile("Give 3 one-time logins.*All rooms")).click()
    expect(page.get_by_role("heading", name="Give a one-time login to 3 candidates?")).to_be_visible()
    press(page, "Give a one-time login to 3 candidates")
    expect(page.get_by_role("heading", name="3 candidates have a one-time login")).to_be_visible()
    press(page, "Print slips one per page")
    expect(page.locator("article.slip")).to_have_count(3)
    assert page.locator("article.slip .place dd").all_inner_texts() == [
        "Nordbygg 2.02",
        "Vesthall V101",
        "Vesthall V101",
    ]
    assert "uni.example" not in page.content()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 3

    # the candidate goes on where SSO broke off
    anna.refresh_from_db()
    assert anna.one_time_login is not None
    username, password = show_username(anna.one_time_login.username), show_password(password_of(anna))
    candidate = page_of(None)
    log_in(candidate, username, password)
    expect(candidate.get_by_text("5001", exact=True)).to_be_visible()
    assert answer_of(candidate, exam) == BEFORE
    with candidate.expect_response("**/answer/"):  # "Saved" stands there from before as well
        candidate.get_by_label("Your answer").fill(AFTER)

    # SSO is back: either login opens the same place, until the slips are taken back
    through_sso = page_of(anna.user)
    assert answer_of(through_sso, exam) == AFTER
    page.goto(f"/deliver/tests/{exam.public_id}/one-time-logins/")
    page.get_by_role("button", name=re.compile("Take back 3.*All rooms")).click()
    expect(page.get_by_text("1 candidate is writing now")).to_be_visible()
    press(page, "Take back the one-time login of 3 candidates")
    expect(page.get_by_text("3 one-time logins taken back.")).to_be_visible()
    candidate.goto(f"/test/{exam.public_id}/")
    expect(candidate.get_by_role("button", name="Log in")).to_be_visible()
    log_in(candidate, username, password)
    expect(candidate.get_by_role("alert")).to_be_visible()
    expect(candidate.get_by_role("button", name="Log in")).to_be_visible()
    assert answer_of(through_sso, exam) == AFTER
    left = Candidate.objects.select_related("submission").get(pk=anna.pk)
    assert (left.one_time_login, left.submission.answer) == (None, AFTER)
