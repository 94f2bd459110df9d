"""A real Chromium against a live server: pages of people who are logged in, axe, and no error in the console."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from candidates.models import User
from tests.support import browser as chromium
from tests.support.browser import DESK, SWITCHES

# Playwright's sync API keeps an event loop in this thread; Django would take every query here for a mistake.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Long enough for a busy machine; what is there sooner is not waited for.
PATIENCE = 60_000  # ms; only what hangs reaches it
expect.set_options(timeout=PATIENCE)

AXE = (Path(__file__).parent / "vendor/axe-core-4.14.1/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests: the machine's own, else Playwright's."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.find(), args=list(SWITCHES))
        yield started
        started.close()


@pytest.fixture
def forgiven() -> list[str]:
    """Parts of console messages that a test expects: Chromium reports refused requests and lost lines as errors."""
    return []


@pytest.fixture
def page_of(
    browser: Browser,
    live_server: Any,
    client_of: Callable[[User | None], Any],
    forgiven: list[str],
) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a browser of its own for a person (None: nobody is logged in).

    Addresses are relative to the live server. Every error in a console or script fails the test at its end.
    """
    contexts = []
    errors: list[str] = []

    def open_page(user: User | None, **options: Any) -> Page:
        options = {"viewport": DESK, "base_url": live_server.url, **options}
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if user is not None:
            name = settings.SESSION_COOKIE_NAME
            value = client_of(user).cookies[name].value
            context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [error for error in errors if not any(part in error for part in forgiven)] == []


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Return a function that finds nothing wrong with a page by WCAG 2.2 AA and axe's best practices."""

    def check(page: Page) -> None:
        if page.evaluate("!window.axe"):  # a page is looked at wide and narrow
            page.evaluate(AXE)
        # only what is wrong: to describe every part of the page that passed takes longer than to look at it
        found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
        said = [
            f"{violation['id']}: {violation['help']}\n    "
            + "\n    ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:5])
            for violation in found["violations"]
        ]
        assert not said, f"{page.url}\n" + "\n".join(said)

    return check
