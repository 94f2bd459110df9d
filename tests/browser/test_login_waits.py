"""The login page where it is not somebody's turn: it stays, keeps what was typed, and comes back by itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from candidates.models import User
from candidates.signin import hash_slots
from candidates.signin.hash_slots import HashSlots, NoFreeSlot
from candidates.site import errors

PASSWORD = "a long winter evening"
WAITS = "Many people are logging in at this moment. This page tries again by itself"


class Full(HashSlots):
    """Nobody gets a place while this is full."""

    is_full = True

    def refuse_if_full(self) -> None:
        if self.is_full:
            raise NoFreeSlot


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Full:
    found = Full(2)
    monkeypatch.setattr(hash_slots, "hashing", found)
    monkeypatch.setattr(errors, "BUSY_SECONDS", 1)  # what the page is told to wait
    return found


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.goto("/login/")
    page.get_by_label("Username").fill("planner")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_the_page_tries_again_until_there_is_a_place(
    page_of: Callable[..., Page], planner: User, full: Full, forgiven: list[str]
) -> None:
    forgiven.append("the server responded with a status of 503")
    full.is_full = False
    planner.set_password(PASSWORD)
    planner.save()
    full.is_full = True
    page = page_of(None)
    log_in(page)
    expect(page.get_by_text(WAITS)).to_be_visible()
    expect(page.get_by_label("Password")).to_have_value(PASSWORD)
    assert PASSWORD not in page.content()
    full.is_full = False
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def test_a_wrong_password_is_told_on_the_same_page(
    page_of: Callable[..., Page], planner: User, forgiven: list[str]
) -> None:
    forgiven.append("the server responded with a status of 422")
    page = page_of(None)
    for _ in range(2):  # the page that comes in its place works as it did
        log_in(page, "wrong")
        expect(page.locator(".ds-error-summary")).to_be_focused()
        expect(page.get_by_label("Username")).to_have_value("planner")
        expect(page.get_by_label("Password")).to_have_value("")
        page.get_by_label("Password").fill("wrong again")
        page.get_by_role("button", name="Log in").click()
        expect(page.locator(".ds-error-summary")).to_be_focused()


def test_without_script_the_page_asks_to_press_again(
    page_of: Callable[..., Page], planner: User, full: Full, forgiven: list[str]
) -> None:
    forgiven.append("the server responded with a status of 503")
    page = page_of(None, java_script_enabled=False)
    log_in(page)
    expect(page.get_by_role("alert")).to_contain_text("it was not your turn yet")
    expect(page.get_by_label("Username")).to_have_value("planner")
