"""What the bar of the test says of a text that is too long or was refused, in every order of states."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from candidates.lifecycle import sitting
from candidates.lifecycle.sitting import save_answer, start
from candidates.models import Candidate
from tests.browser.test_sitting import NO_LINE, bar, expect_saved, expect_stored, fresh, stored
from tests.support.browser import PHONE

LONGEST = 100
THUMB = "\N{THUMBS UP SIGN}"  # one character, two halves in the page's script, four bytes on its way
REFUSED = "the server responded with a status of 4"


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an answer have 100 characters."""
    monkeypatch.setattr(sitting, "MAX_ANSWER_LENGTH", LONGEST)


@pytest.fixture
def page(page_of: Callable[..., Page], candidate: Candidate) -> Page:
    """The page of candidate 0001, who has saved two words."""
    start(candidate=fresh(candidate))
    save_answer(candidate=fresh(candidate), answer="Two words.", base_revision=0)
    page = page_of(candidate.user, viewport=PHONE)
    page.goto(f"/test/{candidate.test.public_id}/")
    expect_saved(page)
    return page


def write(page: Page, text: str) -> None:
    page.get_by_label("Your answer").fill(text)


def expect_not_saved(page: Page, why: str) -> None:
    expect(bar(page).get_by_role("alert")).to_contain_text(re.compile(f"Not saved since .*{why}"))
    expect(bar(page).get_by_text(re.compile(r"^Saved"))).to_be_hidden()


def expect_all_is_well(page: Page) -> None:
    expect_saved(page)
    expect(bar(page).get_by_text("Not saved since")).to_have_count(0)


def test_the_page_says_how_much_room_is_left_and_counts_as_the_server_does(page: Page, candidate: Candidate) -> None:
    room = page.locator("[data-room]")
    write(page, THUMB * 89)
    expect(room).to_be_hidden()
    write(page, THUMB * 80 + "\n" * 10)
    expect(room).to_have_text("Room for 10 more, of 100 characters.")
    write(page, THUMB * 99 + "\n")
    expect(room).to_have_text("Room for 0 more, of 100 characters.")
    expect_stored(page, candidate, THUMB * 99 + "\n")
    expect_all_is_well(page)
    write(page, THUMB * 99 + "\n\n")
    expect_not_saved(page, "too long by 1: 100 characters are possible")
    expect(room).to_be_hidden()


def test_what_is_too_long_is_said_at_once_kept_over_a_reload_and_never_sent(page: Page, candidate: Candidate) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/answer/") else None)
    write(page, "x" * 130)
    expect_not_saved(page, "too long by 30")
    page.wait_for_timeout(2000)  # longer than the pause after which a save begins
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("Your answer")).to_be_focused()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_label("Your answer")).to_have_value("x" * 130)
    expect_not_saved(page, "too long by 30")
    assert (sent, stored(candidate)) == ([], "Two words.")
    write(page, "x" * 100)
    expect_stored(page, candidate, "x" * 100)
    expect_all_is_well(page)


def too_long(page: Page) -> str:
    write(page, "x" * 101)
    return "too long by 1"


def answer_with(page: Page, status: int, body: str, kind: str) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=status, body=body, content_type=kind)

    page.route("**/answer/", refuse, times=1)


def refused(page: Page) -> str:
    answer_with(page, 422, '{"code": "refused", "sentence": "There is a NUL."}', "application/json")
    write(page, "Refused.")
    return "There is a NUL"


def too_large_for_a_proxy(page: Page) -> str:
    answer_with(page, 413, "<h1>413</h1>", "text/html")
    write(page, "Large.")
    return "does not take a text of this size"


def test_going_back_to_what_is_saved_is_all_it_takes(page: Page, candidate: Candidate, forgiven) -> None:
    forgiven.append(REFUSED)
    for trouble in (too_long, refused, too_large_for_a_proxy):
        for _time in range(2):
            expect_not_saved(page, trouble(page))
            write(page, "Two words.")
            expect_all_is_well(page)
    assert stored(candidate) == "Two words."


def test_of_two_troubles_the_bar_names_the_one_that_is(page: Page, candidate: Candidate, forgiven) -> None:
    forgiven.append(REFUSED)
    # each of the three after each of the others
    for trouble in (too_long, refused, too_large_for_a_proxy, refused, too_long, too_large_for_a_proxy, too_long):
        expect_not_saved(page, trouble(page))
    write(page, "Short and good.")
    expect_stored(page, candidate, "Short and good.")
    expect_all_is_well(page)


def test_what_a_proxy_refuses_is_not_sent_again_unchanged(page: Page, candidate: Candidate, forgiven) -> None:
    forgiven.append(REFUSED)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/answer/") else None)
    expect_not_saved(page, too_large_for_a_proxy(page))
    page.wait_for_timeout(6000)  # longer than between two tries when the line is gone
    assert len(sent) == 1


def test_without_a_line_a_text_that_was_too_long_waits_for_the_line(page: Page, candidate: Candidate) -> None:
    page.evaluate("void (window.itsFetch = window.fetch)")
    page.evaluate(NO_LINE)
    expect_not_saved(page, too_long(page))
    write(page, "Short.")
    expect_not_saved(page, "short enough again")
    expect_not_saved(page, "We try again every 5 seconds")
    expect_not_saved(page, too_long(page))
    page.evaluate("void (window.fetch = window.itsFetch)")
    write(page, "Two words.")  # what the server holds; but nobody knows whether the text before has come through
    expect_all_is_well(page)
    assert stored(candidate) == "Two words."
