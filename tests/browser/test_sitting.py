"""A candidate's way in a real browser: from the slip to the Archive, with a line that breaks."""

import json
import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from candidates.credentials.secrets import show_password
from candidates.lifecycle.accommodations import Change, change_incident_time
from candidates.lifecycle.sitting import save_answer, start, submit
from candidates.lifecycle.versions import restore
from candidates.models import Candidate, Submission, Test
from candidates.models.accounts import show_username
from tests.factories import activated, password_of
from tests.support.browser import DESK, PHONE

LINE_GONE = "net::ERR_INTERNET_DISCONNECTED"
REFUSED = "the server responded with a status of 409"
NO_LINE = "void (window.fetch = () => Promise.reject(new TypeError('no line')))"  # until the page is left
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # the next sign of life, brought forward


@pytest.fixture(autouse=True)
def question(transactional_db, open_exam):
    """The exam has a question."""
    Test.objects.filter(pk=open_exam.pk).update(questions="Why?\n\nGive two reasons.", information="Bring your card.")


def fresh(candidate: Candidate) -> Candidate:
    found: Candidate = Candidate.objects.select_related("test", "user").get(pk=candidate.pk)
    return found


def stored(candidate: Candidate) -> str:
    return Submission.objects.get(candidate=candidate).answer


def type_in(page: Page, text: str) -> None:
    """Type at the end of the answer."""
    answer = page.get_by_label("Your answer")
    answer.press("Control+End")
    answer.press_sequentially(text)


def bar(page: Page):
    return page.get_by_role("region", name="Saved and time left")


def expect_saved(page: Page) -> None:
    expect(bar(page)).to_contain_text(re.compile(r"Saved \d\d:\d\d:\d\d"))


def expect_stored(page: Page, candidate: Candidate, text: str) -> None:
    """Wait until the server has the text."""
    for _time in range(60):
        if stored(candidate) == text:
            return
        page.wait_for_timeout(100)
    assert stored(candidate) == text


@pytest.fixture
def writing(page_of, candidate):
    """The page of candidate 0001, who has started."""
    start(candidate=fresh(candidate))
    page = page_of(candidate.user)
    page.goto(f"/test/{candidate.test.public_id}/")
    return page


@pytest.mark.story
def test_from_the_slip_to_the_archive(page_of, candidate):
    page = page_of(None)
    page.goto("/")
    page.get_by_label("Username").fill(show_username(candidate.user.username).upper())
    page.get_by_label("Password").fill(show_password(password_of(candidate)))
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/dashboard/$"))
    page.get_by_role("button", name="Start test").click()
    expect(page.get_by_text("Give two reasons.")).to_be_visible()
    type_in(page, "First reason.")
    expect_stored(page, candidate, "First reason.")
    expect_saved(page)
    page.reload()
    expect(page.get_by_label("Your answer")).to_have_value("First reason.")
    expect_saved(page)
    type_in(page, " Second.")
    page.get_by_role("button", name="Submit").click()  # before the pause in typing: the last words come along
    expect(page.get_by_role("heading", name="Submit your answer?")).to_be_visible()
    expect(page.get_by_text("Your answer has 3 words.")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Your answer is handed in.")).to_be_visible()
    page.get_by_role("link", name="To the Archive").click()
    page.get_by_role("link", name=candidate.test.name).click()
    expect(page.get_by_text("First reason. Second.")).to_be_visible()
    assert stored(candidate) == "First reason. Second."
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_lost_line_loses_no_word(writing, candidate, forgiven, axe):
    forgiven.append(LINE_GONE)
    page = writing
    type_in(page, "Saved words.")
    expect_saved(page)
    page.context.set_offline(True)
    type_in(page, " Words without a line.")
    alert = page.get_by_role("alert").filter(has_text="Not saved since")
    expect(alert).to_have_text(
        re.compile(
            r"Not saved since \d\d:\d\d:\d\d Keep writing and leave this page open. We try again every 5 seconds."
        )
    )
    axe(page)
    assert stored(candidate) == "Saved words."
    page.context.set_offline(False)
    expect(alert).to_have_count(0)
    expect_saved(page)
    assert stored(candidate) == "Saved words. Words without a line."


def test_text_survives_a_reload_while_the_line_is_gone(writing, candidate, forgiven):
    forgiven.append(LINE_GONE)
    page = writing
    # "Offline" and routes let requests through that outlive their page, so the page's own line is cut as well.
    page.context.route("**/*", lambda route: route.abort("internetdisconnected"))
    page.evaluate(NO_LINE)
    type_in(page, "Written off line.")
    expect(page.get_by_text("Not saved since")).to_be_visible()
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.reload()
    page.wait_for_url(re.compile("^chrome-error:"))
    page.goto("about:blank")  # Chromium's own page for lost lines would load the address again by itself
    assert stored(candidate) == ""
    page.context.unroute("**/*")
    page.goto(f"/test/{candidate.test.public_id}/")
    expect(page.get_by_text("Text that was not saved yet is back on this page.")).to_be_visible()
    expect(page.get_by_label("Your answer")).to_have_value("Written off line.")
    expect_stored(page, candidate, "Written off line.")
    expect_saved(page)
    page.reload()
    expect(page.get_by_label("Your answer")).to_have_value("Written off line.")
    expect(page.get_by_text("Text that was not saved yet")).to_have_count(0)


def test_a_receipt_that_got_lost_is_no_conflict(writing, candidate, forgiven):
    forgiven.append("net::ERR_FAILED")
    forgiven.append(REFUSED)
    page = writing

    def swallow(route):
        route.fetch()
        route.abort()

    page.route("**/answer/", swallow, times=1)
    type_in(page, "One")
    expect(page.get_by_text("Not saved since")).to_be_visible()
    assert stored(candidate) == "One"
    type_in(page, " two")
    expect_stored(page, candidate, "One two")
    expect_saved(page)
    expect(page.get_by_text("Two versions of your answer")).to_be_hidden()


@pytest.mark.parametrize(
    ("button", "kept", "other"),
    [
        ("Go on with what stands on this page", "On this page.", "Elsewhere."),
        ("Go on with the version that was saved elsewhere", "Elsewhere.", "On this page."),
    ],
)
def test_two_windows_decide_and_lose_nothing(writing, candidate, forgiven, axe, button, kept, other):
    forgiven.append(REFUSED)
    page = writing
    save_answer(candidate=fresh(candidate), answer="Elsewhere.", base_revision=0)
    type_in(page, "On this page.")
    expect(page.get_by_role("heading", name="Two versions of your answer")).to_be_visible()
    axe(page)
    assert stored(candidate) == "Elsewhere."
    page.get_by_role("button", name=button).click()
    expect(page.get_by_label("Your answer", exact=True)).to_have_value(kept)
    page.get_by_text("The other version").click()
    expect(page.get_by_label("The other version")).to_have_value(other)
    expect_stored(page, candidate, kept)
    expect_saved(page)
    type_in(page, " More.")
    expect_stored(page, candidate, f"{kept} More.")


def test_an_idle_page_learns_that_a_planner_put_a_version_back_and_loses_nothing(writing, candidate, planner, forgiven):
    forgiven.append(REFUSED)
    page = writing
    type_in(page, "A long text. " * 5)
    expect_saved(page)
    Submission.objects.update(version_at=timezone.now() - timedelta(minutes=9))
    page.get_by_label("Your answer").fill("Oh no.")
    expect_stored(page, candidate, "Oh no.")
    page.wait_for_timeout(300)  # until the page knows that, too
    restore(candidate=candidate, revision=1, reason="Deleted by mistake", by=planner)
    page.evaluate(LOOK)
    expect(page.get_by_text("A planner of the test has put an earlier version of your answer back.")).to_be_visible()
    page.get_by_role("button", name="Go on with the version that was saved elsewhere").click()
    expect(page.get_by_label("Your answer", exact=True)).to_have_value("A long text. " * 5)
    expect(page.get_by_label("The other version")).to_have_value("Oh no.")
    expect_saved(page)


def test_an_older_device_keeps_its_text_and_takes_over_by_one_press(page_of, candidate, forgiven, axe):
    forgiven.append(REFUSED)
    Test.objects.filter(pk=candidate.test_id).update(newest_device_writes=True)
    start(candidate=fresh(candidate))
    older, newer = page_of(candidate.user), page_of(candidate.user)
    for page in (older, newer):
        page.goto(f"/test/{candidate.test.public_id}/")
    type_in(older, "Of the older one.")
    expect(bar(older)).to_contain_text("Only that one writes now. What stands here is kept on this page.")
    for size in (DESK, PHONE):
        older.set_viewport_size(size)
        expect(older.get_by_text("You are logged in on another device as well")).to_be_visible()
        axe(older)
    type_in(newer, "Of the newer one.")
    expect_stored(newer, candidate, "Of the newer one.")
    older.get_by_role("button", name="Write here").click()
    older.get_by_role("button", name="Go on with what stands on this page").click()
    expect_stored(older, candidate, "Of the older one.")
    expect_saved(older)
    expect(older.get_by_role("button", name="Write here")).to_be_hidden()
    newer.evaluate(LOOK)  # learns of it without having typed
    expect(newer.get_by_role("button", name="Write here")).to_be_visible()


def test_extra_time_stays_where_two_versions_are_shown(page_of, open_exam, forgiven):
    forgiven.append(REFUSED)
    candidate = fresh(Candidate.objects.get(test=open_exam, candidate_id="0002"))
    start(candidate=candidate)
    page = page_of(candidate.user)
    page.goto(f"/test/{candidate.test.public_id}/")
    extra = bar(page).get_by_text("with your 30 minutes extra time")
    expect(extra).to_be_visible()
    save_answer(candidate=fresh(candidate), answer="Elsewhere.", base_revision=0)
    with page.expect_response("**/answer/") as refused:
        type_in(page, "On this page.")
    assert refused.value.json()["extra"] == "with your 30 minutes extra time"
    expect(page.get_by_role("heading", name="Two versions of your answer")).to_be_visible()
    expect(bar(page)).to_contain_text("Not saved since")
    expect(extra).to_be_visible()


def test_the_choice_the_other_version_and_the_answer_stand_apart(writing, candidate, forgiven):
    forgiven.append(REFUSED)
    page = writing
    save_answer(candidate=fresh(candidate), answer="Elsewhere.", base_revision=0)
    type_in(page, "On this page.")
    other = page.locator("details", has_text="The other version")
    expect(other).to_be_visible()
    for size, is_pressed in ((DESK, False), (PHONE, False), (PHONE, True), (DESK, False)):
        page.set_viewport_size(size)
        if is_pressed:
            other.locator("summary").click()
        parts = [page.locator("[data-conflict]"), other, page.locator(".ds-field", has_text="Your answer")]
        boxes = [part.bounding_box() or {} for part in parts]
        gaps = [lower["y"] - upper["y"] - upper["height"] for upper, lower in pairwise(boxes)]
        assert gaps == pytest.approx([20, 20], abs=0.1)


def test_submitting_leads_to_the_choice_between_two_versions(writing, candidate, forgiven, axe):
    forgiven.append(REFUSED)
    page = writing
    save_answer(candidate=fresh(candidate), answer="Elsewhere.", base_revision=0)
    typed = "On this page.\n" * 30
    page.get_by_label("Your answer").fill(typed)
    heading = page.get_by_role("heading", name="Two versions of your answer")
    expect(heading).to_be_visible()
    sentence = page.get_by_text("Choose a version first. You can submit after that.")
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        expect(sentence).to_be_hidden()
        page.get_by_role("button", name="Submit").click()
        expect(heading).to_be_focused()
        expect(sentence).to_be_in_viewport(ratio=1)
        clock, top = bar(page).bounding_box(), heading.bounding_box()
        assert clock
        assert top
        assert top["y"] >= clock["y"] + clock["height"]
        axe(page)
        page.get_by_role("button", name="Go on with what stands on this page").click()
        expect_stored(page, candidate, typed)
        revision = Submission.objects.get(candidate=candidate).revision
        save_answer(candidate=fresh(candidate), answer="Elsewhere again.", base_revision=revision)
        typed += "More."
        type_in(page, "More.")
        expect(heading).to_be_visible()
    page.get_by_role("button", name="Go on with the version that was saved elsewhere").click()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Submit your answer?")).to_be_visible()
    assert stored(candidate) == "Elsewhere again."


def test_an_ended_session_is_explained_and_heals_itself(writing, candidate):
    page = writing
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    type_in(page, "Still here.")
    expect(page.get_by_text("You are logged out. Leave this page open")).to_be_visible()
    page.context.add_cookies(cookies)  # what logging in again in another tab does
    expect_stored(page, candidate, "Still here.")
    expect_saved(page)


def test_another_persons_login_in_this_browser_takes_nothing(writing, candidate, page_of, open_exam, forgiven):
    forgiven.append(REFUSED)
    page = writing
    other = fresh(Candidate.objects.get(test=open_exam, candidate_id="0002"))
    start(candidate=other)
    others = page_of(other.user)
    mine = page.context.cookies()
    page.context.add_cookies(others.context.cookies())
    type_in(page, "Text of 0001.")
    expect(page.get_by_text("Somebody else is logged in in this browser now.")).to_be_visible()
    assert stored(other) == ""
    page.context.add_cookies(mine)
    expect_stored(page, candidate, "Text of 0001.")


def test_deleted_cookies_are_said_to_be_a_log_out_and_heal(writing, candidate, forgiven):
    forgiven.append("the server responded with a status of 403")
    page = writing
    cookies = page.context.cookies()
    page.context.clear_cookies()
    type_in(page, "Still here.")
    expect(page.get_by_text("You are logged out. Leave this page open")).to_be_visible()
    expect(page.get_by_text("Somebody logged in again")).to_have_count(0)
    page.context.add_cookies(cookies)  # what logging in again in another tab does
    expect_stored(page, candidate, "Still here.")


# Loading the page again while typing ----------------------------------------------------------------------------------


def test_a_page_loaded_again_while_typing_meets_no_second_version(writing, candidate, forgiven):
    forgiven.append(REFUSED)
    page = writing
    type_in(page, "Slow")
    expect_saved(page)
    typed = "Slow"
    for pause in (0, 300, 1400, 1600):  # a save begins after 1500 ms
        for word in (" FAST", " FASTER"):
            type_in(page, word)
            page.wait_for_timeout(pause)
            page.reload()
            type_in(page, " on")
            typed += f"{word} on"
        expect_stored(page, candidate, typed)
        expect_saved(page)
        expect(page.get_by_text("Two versions of your answer")).to_be_hidden()


def test_what_the_old_page_sent_may_come_through_after_the_new_page_is_there(writing, candidate, forgiven):
    forgiven.append(REFUSED)
    page = writing
    type_in(page, "Slow")
    expect_saved(page)
    # The save of the page that goes away is held back, and arrives when the new page is loaded already.
    page.route("**/answer/", lambda route: route.abort("aborted"), times=1)
    forgiven.append("net::ERR_ABORTED")
    page.evaluate("Object.defineProperty(document, 'visibilityState', {get: () => 'visible'})")
    type_in(page, " FAST")
    expect(page.get_by_text("Not saved since")).to_be_visible()
    page.reload()
    save_answer(candidate=fresh(candidate), answer="Slow FAST", base_revision=1)
    type_in(page, " on")
    page.get_by_role("button", name="Submit").click()  # one press is enough
    expect(page.get_by_text("Your answer has 3 words.")).to_be_visible()
    assert stored(candidate) == "Slow FAST on"


def test_a_text_taken_back_while_its_receipt_is_lost_is_taken_back_on_the_server_too(writing, candidate, forgiven):
    forgiven.extend(["net::ERR_FAILED", REFUSED])
    page = writing

    def swallow(route):
        route.fetch()
        route.abort()

    page.route("**/answer/", swallow, times=1)
    type_in(page, "Wrong")
    expect(page.get_by_text("Not saved since")).to_be_visible()
    assert stored(candidate) == "Wrong"
    page.get_by_label("Your answer").fill("")
    expect_stored(page, candidate, "")
    expect_saved(page)


# Logging out ----------------------------------------------------------------------------------------------------------


KEPT = """async () => {
  const bytes = (buffer) => new TextDecoder("latin1").decode(buffer);
  const rows = await new Promise((resolve) => {
    indexedDB.open("deliver-drafts").onsuccess = (event) => {
      const database = event.target.result;
      if (!database.objectStoreNames.length) return resolve([]);
      const asked = database.transaction("deliver-drafts").objectStore("deliver-drafts").getAll();
      asked.onsuccess = () => { database.close(); resolve(asked.result); };
    };
  });
  return {
    drafts: rows.map((row) => ({...row, iv: bytes(row.iv), sealed: bytes(row.sealed)})),
    tab: {...sessionStorage},
    browser: {...localStorage},
  };
}"""


def kept(page: Page) -> dict[str, Any]:
    """Return all that the browser keeps for the site: drafts, and what lies readable."""
    found: dict[str, Any] = page.evaluate(KEPT)
    return found


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out", exact=True).click()


def test_logging_out_saves_first_and_leaves_nothing_behind(writing, candidate):
    page = writing
    type_in(page, "Typed and gone.")
    log_out(page)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert stored(candidate) == "Typed and gone."
    assert kept(page)["drafts"] == []


def test_logging_out_asks_before_it_throws_away(writing, candidate, forgiven, axe):
    forgiven.append(LINE_GONE)
    page = writing
    page.context.route("**/answer/", lambda route: route.abort("internetdisconnected"))
    type_in(page, "Not saved.")
    log_out(page)
    panel = page.get_by_role("group", name="You are not logged out yet")
    expect(panel).to_contain_text("could not be saved: it is on this page only. Logging out now throws it away.")
    expect(panel).to_be_focused()
    axe(page)
    panel.get_by_role("button", name="Stay on this page").click()
    expect(panel).to_be_hidden()
    type_in(page, " More.")
    log_out(page)
    panel.get_by_role("button", name="Log out and throw the text away").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert kept(page)["drafts"] == []
    assert stored(candidate) == ""


def test_logging_out_goes_on_when_the_line_is_back(writing, candidate, forgiven):
    forgiven.append(LINE_GONE)
    page = writing
    page.context.route("**/answer/", lambda route: route.abort("internetdisconnected"))
    type_in(page, "Saved late.")
    log_out(page)
    expect(page.get_by_role("button", name="Save and log out")).to_be_visible()
    page.context.unroute("**/answer/")
    page.get_by_role("button", name="Save and log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert stored(candidate) == "Saved late."


def leave_unsaved(page: Page, text: str) -> None:
    """Write without a line and go to the Dashboard."""
    page.evaluate(NO_LINE)
    type_in(page, text)
    expect(page.get_by_text("Not saved since")).to_be_visible()
    page.goto("/dashboard/")
    found = kept(page)
    assert len(found["drafts"]) == 1
    assert text not in json.dumps(found)


def test_logging_out_on_the_dashboard_saves_what_the_test_left(writing, candidate, forgiven):
    forgiven.append(LINE_GONE)
    page = writing
    leave_unsaved(page, "Left behind.")
    log_out(page)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert stored(candidate) == "Left behind."
    assert kept(page)["drafts"] == []


def test_the_next_person_in_this_tab_finds_no_text_to_read(writing, candidate, page_of, open_exam, forgiven):
    forgiven.append(LINE_GONE)
    page = writing
    leave_unsaved(page, "Of 0001.")
    mine = page.context.cookies()
    other = fresh(Candidate.objects.get(test=open_exam, candidate_id="0002"))
    page.context.add_cookies(page_of(other.user).context.cookies())
    page.reload()
    page.get_by_role("button", name="Start test").click()
    expect(page.get_by_label("Your answer")).to_have_value("")
    type_in(page, "Of 0002.")
    expect_stored(page, other, "Of 0002.")
    assert "Of 0001." not in json.dumps(kept(page)) + page.content()
    page.context.add_cookies(mine)
    page.goto(f"/test/{candidate.test.public_id}/")
    expect_stored(page, candidate, "Of 0001.")
    expect_saved(page)
    assert kept(page)["drafts"] == []


def end_in(candidate: Candidate, seconds: float) -> None:
    Test.objects.filter(pk=candidate.test_id).update(ends_at=timezone.now() + timedelta(seconds=seconds))


def test_the_last_words_are_saved_before_the_end_and_the_receipt_follows(writing, candidate):
    page = writing
    end_in(candidate, 4)
    page.reload()
    expect(bar(page)).to_contain_text("less than 1 min left")
    type_in(page, "Last words.")
    expect(page.get_by_text("Your time is over. What was saved before is handed in.")).to_be_visible()
    expect(page.get_by_text("Last words.")).to_be_visible()
    assert stored(candidate) == "Last words."


def test_in_the_last_seconds_words_are_sent_without_a_pause_and_without_a_storm(writing, candidate):
    page = writing
    page.add_init_script("Math.random = () => 0")  # this page's last calls: 2 and 0.5 seconds before the end
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/answer/") else None)
    end_in(candidate, 9)
    page.reload()
    page.get_by_label("Your answer").press_sequentially("x" * 100, delay=100)  # on and on, past the end
    expect(page.get_by_text("Your time is over.").first).to_be_visible()
    assert len(stored(candidate)) > 55
    assert 2 <= len(sent) <= 5


def test_an_idle_page_looks_at_the_time_more_often_near_the_end(writing, candidate):
    page = writing
    page.clock.install()
    looks: list[str] = []
    page.on("request", lambda request: looks.append(request.url) if request.url.endswith("/seen/") else None)

    def looks_in_a_minute() -> int:
        looks.clear()
        page.reload()
        for _time in range(60):
            page.clock.run_for(1000)
            page.wait_for_timeout(20)
        return len(looks)

    assert looks_in_a_minute() == 1
    end_in(candidate, 280)
    assert looks_in_a_minute() in {3, 4}


def test_the_question_whether_to_submit_counts_down_and_gives_way_to_the_receipt(writing, candidate, axe):
    page = writing
    type_in(page, "Saved.")
    expect_saved(page)
    end_in(candidate, 62)
    page.goto(f"/test/{candidate.test.public_id}/submit/")
    expect(page.get_by_text("You have 1 min left: your test ends")).to_be_visible()
    expect(page.get_by_text("You have less than 1 min left")).to_be_visible()
    axe(page)
    end_in(candidate, 2)
    page.reload()
    expect(page.get_by_text("Your time is over. What was saved before is handed in.")).to_be_visible()


def test_what_comes_too_late_is_kept_on_the_page_and_said_so(writing, candidate, forgiven, axe):
    forgiven.extend([LINE_GONE, REFUSED])
    page = writing
    type_in(page, "In time.")
    expect_saved(page)
    end_in(candidate, 5)
    page.reload()
    page.context.set_offline(True)
    type_in(page, " Too late.")
    expect(page.get_by_text(re.compile("This page cannot reach the server now"))).to_be_visible()
    assert page.get_by_label("Your answer").get_attribute("readonly") is not None
    page.context.set_offline(False)
    page.goto(f"/test/{candidate.test.public_id}/")
    expect(page.get_by_role("heading", name="Not saved in time")).to_be_visible()
    expect(page.get_by_role("textbox", name="Not saved in time")).to_have_value("In time. Too late.")
    axe(page)
    assert stored(candidate) == "In time."


@pytest.mark.parametrize("learns_by", ["saving", "looking"])
def test_a_submission_from_elsewhere_is_not_said_to_be_the_end_of_the_time(
    writing, candidate, forgiven, axe, learns_by
):
    forgiven.extend([LINE_GONE, REFUSED])
    page = writing
    type_in(page, "Handed in.")
    expect_saved(page)
    if learns_by == "looking":
        page.route("**/answer/", lambda route: route.abort("internetdisconnected"))
    submit(candidate=fresh(candidate), answer=None, base_revision=1)
    type_in(page, " Not taken.")
    if learns_by == "looking":
        expect(page.get_by_text("Not saved since")).to_be_visible()
        page.evaluate(LOOK)
    expect(bar(page)).to_contain_text("The test was submitted from another window or device. Nothing more is taken")
    expect(bar(page)).not_to_contain_text("Your time is over")
    expect(page.get_by_text("Saved as you type.")).to_be_hidden()
    expect(page.get_by_text(re.compile("min left"))).to_be_hidden()
    expect(page.get_by_label("Your answer")).to_have_attribute("readonly", "")
    axe(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("alert").get_by_role("link", name=candidate.test.name).click()
    expect(page.get_by_role("textbox", name="Not saved in time")).to_have_value("Handed in. Not taken.")
    expect(page.get_by_text("did not reach us before the test was submitted")).to_be_visible()
    assert stored(candidate) == "Handed in."


def test_incident_time_opens_the_page_again(writing, candidate, planner, forgiven):
    forgiven.append(LINE_GONE)
    page = writing
    end_in(candidate, 3)
    page.reload()
    page.context.set_offline(True)
    type_in(page, "Half")
    expect(page.get_by_text("Your time is over.")).to_be_visible()
    change_incident_time(
        test=candidate.test, public_ids=[candidate.public_id], how=Change.ADD, minutes=10, reason="alarm", by=planner
    )
    page.context.set_offline(False)
    page.evaluate(LOOK)
    expect(bar(page)).to_contain_text("9 min left, ends")
    expect(bar(page)).to_contain_text("with your 10 minutes extra time")
    expect(page.get_by_text("Saved as you type.")).to_be_visible()
    type_in(page, " and half")
    expect_stored(page, candidate, "Half and half")


def test_start_comes_by_itself_at_the_opening(page_of, candidate):
    Test.objects.filter(pk=candidate.test_id).update(opens_at=timezone.now() + timedelta(seconds=3))
    page = page_of(candidate.user)
    page.goto(f"/test/{candidate.test.public_id}/")
    expect(page.get_by_text("The button to start comes when the test opens")).to_be_visible()
    expect(page.get_by_role("button", name="Start test")).to_be_hidden()
    page.get_by_role("button", name="Start test").click()
    expect(page.get_by_label("Your answer")).to_be_visible()


def test_without_script_a_candidate_writes_saves_and_submits(page_of, candidate):
    page = page_of(candidate.user, java_script_enabled=False)
    page.goto("/dashboard/")
    page.get_by_role("button", name="Start test").click()
    expect(page.locator(".below noscript p")).to_be_visible()  # "Press “Save” often"
    expect(page.get_by_text("Saved as you type")).to_be_hidden()
    page.get_by_label("Your answer").fill("By hand.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile(r"Saved \d\d:\d\d:\d\d\."))).to_be_visible()
    page.get_by_label("Your answer").fill("By hand. More.")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Your answer has 3 words.")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Your answer is handed in.")).to_be_visible()
    assert stored(candidate) == "By hand. More."


def test_a_demo_test_from_start_to_end(page_of, planner, axe):
    demo = activated(Test.objects.create(name="Writing an answer", is_demo=True, questions="Try."), planner)
    page = page_of(planner)
    page.goto(f"/test/{demo.public_id}/")
    axe(page)
    page.get_by_role("button", name="Start test").click()
    with page.expect_response("**/answer/"):
        type_in(page, "Trying this.")
    with page.expect_response("**/answer/"):  # the answer before it has reached the page
        type_in(page, " Again.")
    expect(bar(page).get_by_text("Demo test. Nothing you write is kept.")).to_be_visible()
    expect(bar(page)).not_to_contain_text("Saved")
    axe(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Your answer has 3 words.")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Nothing you wrote was kept.")).to_be_visible()
    axe(page)
    assert not Submission.objects.exists()
