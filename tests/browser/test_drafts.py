"""Text that the server does not have yet: it outlives page, browser and login, and nobody else can read it."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings as project
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, ViewportSize, expect
from pytest_django import Settings

from candidates.credentials.draft_keys import draft_keys
from candidates.lifecycle.sitting import save_answer, start, submit
from candidates.models import Candidate, Test, User
from tests.browser.test_sitting import (
    LINE_GONE,
    NO_LINE,
    REFUSED,
    bar,
    expect_saved,
    expect_stored,
    fresh,
    kept,
    leave_unsaved,
    stored,
    type_in,
)
from tests.factories import add
from tests.support import browser as chromium
from tests.support.browser import DESK, SWITCHES

SECRET = "Blueberries-of-0001 æøå"
BACK = "Text that was not saved yet is back on this page."
NO_COPY = "This browser keeps no copy of your text"
CHANGE_END = """async (ends) => {
  const database = await new Promise((resolve) => {
    indexedDB.open("deliver-drafts").onsuccess = (event) => resolve(event.target.result);
  });
  const rows = database.transaction("deliver-drafts", "readwrite").objectStore("deliver-drafts");
  await new Promise((resolve) => {
    rows.getAll().onsuccess = (event) => {
      for (const row of event.target.result) rows.put({...row, ends});
      rows.transaction.oncomplete = resolve;
    };
  });
  database.close();
}"""


@pytest.fixture(autouse=True)
def question(transactional_db: None, open_exam: Test) -> None:
    """The exam has a question, and the first candidate has started."""
    Test.objects.filter(pk=open_exam.pk).update(questions="Why?")


@pytest.fixture
def writing(page_of: Callable[..., Page], candidate: Candidate, forgiven: list[str]) -> Page:
    """The page of candidate 0001, who has started."""
    forgiven.extend([LINE_GONE, REFUSED])
    start(candidate=fresh(candidate))
    page = page_of(candidate.user)
    page.goto(address(candidate))
    return page


@pytest.fixture
def other(open_exam: Test) -> Candidate:
    """Candidate 0002 of the same test."""
    return fresh(Candidate.objects.get(test=open_exam, candidate_id="0002"))


def address(candidate: Candidate) -> str:
    return f"/test/{candidate.test.public_id}/"


def cut_off(page: Page) -> None:
    """Let no save of this page through."""
    page.route("**/answer/", lambda route: route.abort("internetdisconnected"))


def expect_kept(page: Page, drafts: int) -> None:
    for _time in range(60):
        if len(kept(page)["drafts"]) == drafts:
            return
        page.wait_for_timeout(100)
    assert len(kept(page)["drafts"]) == drafts


# A machine of a hall: one profile, several people --------------------------------------------------------------


class Machine:
    """A browser with a profile on the disk, which outlives it."""

    def __init__(self, browser: Browser, profile: Path, url: str, client_of: Callable[[User | None], Any]) -> None:
        self.browser, self.profile, self.url, self.client_of = browser, profile, url, client_of

    @contextmanager
    def switched_on(self, user: User | None, *switches: str) -> Iterator[Page]:
        """Start the browser, and log in; whoever leaves this closes it."""
        context = self.browser.browser_type.launch_persistent_context(
            self.profile,
            executable_path=chromium.find(),
            args=[*SWITCHES, *switches],
            base_url=self.url,
            viewport=ViewportSize(width=DESK["width"], height=DESK["height"]),
        )
        context.set_default_timeout(60_000)
        self.log_in(context, user)
        try:
            yield context.pages[0]
        finally:
            with suppress(Error):  # where it broke down
                context.close()

    def log_in(self, context: BrowserContext, user: User | None) -> None:
        name = project.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": self.client_of(user).cookies[name].value, "url": self.url}])

    def break_down(self) -> None:
        """Kill the browser, as a machine does that loses its power."""
        switch = f"--user-data-dir={self.profile}"
        for process in psutil.process_iter(["cmdline"]):
            if switch in (process.info["cmdline"] or []):
                process.kill()

    def holds(self, *texts: str | bytes) -> list[str]:
        """Return the files of the profile in which one of the texts lies, as bytes of one of the usual forms."""
        forms: list[bytes] = []
        for text in texts:
            forms += [text] if isinstance(text, bytes) else [text.encode(form) for form in ("utf-8", "utf-16-le")]
        files = [path for path in self.profile.rglob("*") if path.is_file()]
        assert any("IndexedDB" in str(path) for path in files)
        return [str(path) for path in files if any(form in path.read_bytes() for form in forms)]


@pytest.fixture
def machine(browser: Browser, live_server: Any, client_of: Callable[[User | None], Any], tmp_path: Path) -> Machine:
    return Machine(browser, tmp_path / "profile", live_server.url, client_of)


def test_text_outlives_the_browser_and_lies_nowhere_to_be_read(
    machine: Machine, candidate: Candidate, other: Candidate
) -> None:
    key = draft_keys(candidate)
    hidden: list[str | bytes] = [SECRET, SECRET.split()[0], key, base64.b64decode(key)]
    start(candidate=fresh(candidate))
    start(candidate=other)
    with machine.switched_on(candidate.user) as page:
        cut_off(page)
        page.goto(address(candidate))
        type_in(page, SECRET)
        expect(bar(page)).to_contain_text("Not saved since")
        machine.break_down()
    assert machine.holds(*hidden) == []
    with machine.switched_on(candidate.user) as page:  # the line is gone still, and the browser is closed this time
        cut_off(page)
        page.goto(address(candidate))
        expect(page.get_by_text(BACK)).to_be_visible()
        expect(bar(page)).to_contain_text("Not saved since")
    assert machine.holds(*hidden) == []
    with machine.switched_on(other.user) as page:
        page.goto("/dashboard/")
        page.goto(address(other))
        expect(page.get_by_label("Your answer")).to_have_value("")
        type_in(page, "Of 0002.")
        expect_stored(page, other, "Of 0002.")
        assert SECRET not in json.dumps(kept(page), ensure_ascii=False) + page.content()
    assert machine.holds(*hidden) == []
    with machine.switched_on(candidate.user) as page:
        page.goto(address(candidate))
        expect(page.get_by_text(BACK)).to_be_visible()
        expect(page.get_by_label("Your answer")).to_have_value(SECRET)
        expect_stored(page, candidate, SECRET)
        expect_saved(page)
        expect_kept(page, 0)
    assert machine.holds(*hidden) == []


def test_what_lies_readable_would_be_found(machine: Machine, candidate: Candidate) -> None:
    start(candidate=fresh(candidate))
    with machine.switched_on(candidate.user) as page:
        page.goto(address(candidate))
        expect_kept(page, 0)
        page.evaluate("text => sessionStorage.setItem('as before', text)", SECRET)
        page.wait_for_timeout(1000)  # until the browser has written it
    assert machine.holds(SECRET)


def test_what_came_too_late_lies_nowhere_to_be_read_either(machine: Machine, candidate: Candidate) -> None:
    start(candidate=fresh(candidate))
    with machine.switched_on(candidate.user) as page:
        cut_off(page)
        page.goto(address(candidate))
        type_in(page, SECRET)
        expect(bar(page)).to_contain_text("Not saved since")
    submit(candidate=fresh(candidate), answer=None, base_revision=0)
    with machine.switched_on(candidate.user) as page:
        page.goto(address(candidate))
        expect(page.get_by_role("textbox", name="Not saved in time")).to_have_value(SECRET)
    assert machine.holds(SECRET) == []


def test_over_plain_http_the_page_works_and_says_that_it_alone_has_the_text(
    machine: Machine, candidate: Candidate, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["exam.example"]
    machine.url = machine.url.replace("localhost", "exam.example")
    start(candidate=fresh(candidate))
    with machine.switched_on(candidate.user, "--host-resolver-rules=MAP exam.example 127.0.0.1") as page:
        page.goto(address(candidate))
        assert page.evaluate("[isSecureContext, crypto.subtle]") == [False, None]
        type_in(page, "Saved.")
        expect_stored(page, candidate, "Saved.")
        expect_saved(page)
        expect(page.get_by_text(NO_COPY)).to_have_count(0)
        cut_off(page)
        type_in(page, " Not saved.")
        expect(bar(page).get_by_role("alert")).to_contain_text(NO_COPY)
        page.unroute("**/answer/")
        expect_stored(page, candidate, "Saved. Not saved.")
        expect(page.get_by_text(NO_COPY)).to_have_count(0)


# The browser's database --------------------------------------------------------------

NONE = "Object.defineProperty(window, 'indexedDB', {value: undefined})"
FORBIDDEN = (
    "Object.defineProperty(window, 'indexedDB', {get: () => { throw new DOMException('no', 'SecurityError'); }})"
)
FAILS = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); }"
FULL = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }"
HANGS = "IDBFactory.prototype.open = () => ({})"


def test_without_a_database_that_works_everything_else_does(
    page_of: Callable[..., Page], open_exam: Test, planner: User, forgiven: list[str]
) -> None:
    """Each fault has a candidate with a browser, since they wait for saves and new tries together."""
    forgiven.append(LINE_GONE)
    faults = {"none": NONE, "forbidden": FORBIDDEN, "fails": FAILS, "full": FULL, "hangs": HANGS}
    writers: list[tuple[Candidate, Page]] = []
    for candidate, fault in zip(add(open_exam, planner, *faults), faults.values(), strict=True):
        start(candidate=fresh(candidate))
        page = page_of(fresh(candidate).user)
        page.add_init_script(fault)
        page.goto(address(candidate))
        type_in(page, "Saved.")
        writers.append((candidate, page))
    for candidate, page in writers:
        expect_stored(page, candidate, "Saved.")
        cut_off(page)
        type_in(page, " More.")
    for _candidate, page in writers:
        expect(bar(page).get_by_role("alert")).to_contain_text(NO_COPY)
        page.unroute("**/answer/")
    for candidate, page in writers:
        expect_stored(page, candidate, "Saved. More.")
        expect_saved(page)
        page.get_by_role("button", name="Log out", exact=True).click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_the_page_gives_its_key_to_nobody(writing: Page, candidate: Candidate) -> None:
    type_in(writing, "Text.")
    expect_saved(writing)
    assert "data-draft-keys" not in writing.content()
    assert draft_keys(candidate) not in json.dumps(kept(writing)) + writing.content()


# Tabs, devices, the end --------------------------------------------------------------


def test_two_tabs_keep_their_drafts_apart(writing: Page, candidate: Candidate) -> None:
    cut_off(writing)
    type_in(writing, "Of the first tab.")
    expect(bar(writing)).to_contain_text("Not saved since")
    second = writing.context.new_page()
    second.goto(address(candidate))
    expect(second.get_by_label("Your answer")).to_have_value("")
    expect(second.get_by_text(BACK)).to_have_count(0)
    expect_kept(second, 1)
    second.close()
    writing.unroute("**/answer/")
    expect_stored(writing, candidate, "Of the first tab.")
    expect_kept(writing, 0)


def test_a_tab_that_was_closed_leaves_its_draft_to_the_next_one(writing: Page, candidate: Candidate) -> None:
    context = writing.context
    writing.evaluate(NO_LINE)  # what a page sends as it goes would come through
    type_in(writing, "Left behind.")
    expect(bar(writing)).to_contain_text("Not saved since")
    writing.close()
    page = context.new_page()
    page.goto(address(candidate))
    expect(page.get_by_text(BACK)).to_be_visible()
    expect_stored(page, candidate, "Left behind.")
    expect_kept(page, 0)


def test_a_draft_that_is_older_than_what_was_saved_elsewhere_is_asked_about_until_it_is_decided(
    writing: Page, candidate: Candidate
) -> None:
    page = writing
    leave_unsaved(page, "Of this machine.")
    save_answer(candidate=fresh(candidate), answer="Of another one.", base_revision=0)
    for _time in range(2):
        page.goto(address(candidate))
        expect(page.get_by_role("heading", name="Two versions of your answer")).to_be_visible()
        type_in_first(page, "!")
        page.on("dialog", lambda dialog: dialog.accept())
    assert stored(candidate) == "Of another one."
    page.get_by_role("button", name="Go on with what stands on this page").click()
    expect_stored(page, candidate, "!!Of this machine.")
    expect(page.get_by_label("The other version")).to_have_value("Of another one.")
    expect_kept(page, 0)


def type_in_first(page: Page, text: str) -> None:
    """Type at the beginning of the answer."""
    answer = page.get_by_label("Your answer", exact=True)
    answer.press("Control+Home")
    answer.press_sequentially(text)
    page.wait_for_timeout(200)  # until the draft has it, too


def test_a_draft_of_a_test_that_was_handed_in_elsewhere_is_shown_and_goes_when_it_is_thrown_away(
    writing: Page, candidate: Candidate
) -> None:
    page = writing
    leave_unsaved(page, "Too late.")
    submit(candidate=fresh(candidate), answer=None, base_revision=0)
    page.goto(address(candidate))
    expect(page.get_by_role("textbox", name="Not saved in time")).to_have_value("Too late.")
    page.reload()
    expect(page.get_by_role("textbox", name="Not saved in time")).to_have_value("Too late.")
    page.get_by_role("button", name="Throw this text away").click()
    expect(page.get_by_role("heading", name="Not saved in time")).to_be_hidden()
    assert kept(page)["drafts"] == []


def test_drafts_of_others_go_a_day_after_their_end_by_the_servers_clock(
    writing: Page, candidate: Candidate, other: Candidate, page_of: Callable[..., Page]
) -> None:
    page = writing
    leave_unsaved(page, "Of 0001.")
    cookies: Any = page_of(other.user).context.cookies()
    page.context.add_cookies(cookies)
    page.clock.set_fixed_time("2099-01-01")  # the machine's own clock is not asked
    page.goto("/dashboard/")
    expect(page.get_by_role("button", name="Start test")).to_be_visible()
    page.wait_for_timeout(300)
    assert len(kept(page)["drafts"]) == 1
    page.evaluate(CHANGE_END, 1)
    page.goto("/dashboard/")
    expect_kept(page, 0)


def test_what_is_typed_while_a_draft_is_looked_for_is_not_lost(writing: Page, candidate: Candidate) -> None:
    page = writing
    leave_unsaved(page, "Draft.")
    slow = (
        "const open = IDBFactory.prototype.open;"
        "IDBFactory.prototype.open = function (...args) {"
        "  const asked = open.apply(this, args);"
        "  const late = {set onsuccess(act) { asked.onsuccess = (event) => setTimeout(() => act(event), 800); }};"
        "  return new Proxy(asked, {"
        "    set: (_asked, name, value) => { (name === 'onsuccess' ? late : asked)[name] = value; return true; },"
        "    get: (_asked, name) => asked[name],"
        "  });"
        "};"
    )
    page.add_init_script(slow)
    page.goto(address(candidate))
    type_in(page, " On.")
    expect(page.get_by_label("Your answer")).to_have_value("Draft. On.")
    expect_stored(page, candidate, "Draft. On.")


def test_what_is_typed_before_the_script_is_there_is_saved(page_of: Callable[..., Page], candidate: Candidate) -> None:
    start(candidate=fresh(candidate))
    page = page_of(candidate.user)
    page.add_init_script("addEventListener('DOMContentLoaded', () => { window.isLoaded = true; })")
    held: list[Route] = []
    page.route("**/sitting/save.js", lambda route: held.append(route))
    page.goto(address(candidate), wait_until="commit")
    type_in(page, "Typed early.")
    while not held:
        page.wait_for_timeout(50)
    assert not page.evaluate("Boolean(window.isLoaded)")
    held.pop().continue_()
    expect_stored(page, candidate, "Typed early.")
    expect_saved(page)


def test_a_draft_that_no_key_opens_is_thrown_away_and_stops_nobody(
    writing: Page, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = writing
    leave_unsaved(page, "Sealed under a key that was lost.")
    lost = base64.b64encode(bytes(32)).decode()
    monkeypatch.setattr("candidates.pages.sitting.views.draft_keys", lambda place: lost)
    page.goto(address(candidate))
    expect(page.get_by_label("Your answer")).to_have_value("")
    type_in(page, "Anew.")
    expect_stored(page, candidate, "Anew.")
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert kept(page)["drafts"] == []
