"""Ticks of Monitor in a real browser: rows come and go by themselves, and who is ticked stays so."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from candidates.models import Candidate, Test, User
from tests.factories import activated, add, open_now

pytestmark = pytest.mark.django_db(transaction=True)


def swap(page: Page) -> None:
    """Have the table read again now, as it is every 15 seconds."""
    page.get_by_role("button", name="Pause updates").click()
    with page.expect_response(re.compile("/live/")):
        page.get_by_role("button", name="Go on with updates").click()


def test_ticks_stay_when_rows_go_and_come_by_themselves(
    exam: Test, planner: User, page_of: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    add(exam, planner, "0001", "0002", "0003", "kari")
    open_now(activated(exam, planner))
    page = page_of(planner)
    page.goto(f"/monitor/tests/{exam.public_id}/")

    # a search by Enter, then one of the counts
    page.get_by_label("Select candidate 0002").check()
    page.get_by_label("Select candidate kari").check()
    page.get_by_role("searchbox", name="Search candidates").fill("kari")
    page.keyboard.press("Enter")
    bar = page.locator(".ticked [data-words]")
    expect(bar).to_have_text("2 ticked, 1 of them not shown")
    page.get_by_role("searchbox", name="Search candidates").fill("")
    page.keyboard.press("Enter")
    expect(bar).to_have_text("2 of 4 ticked")
    page.get_by_role("button", name="Inactive 4").click()
    expect(page.locator("caption")).to_contain_text("4 of 4 candidates: Inactive")
    expect(bar).to_have_text("2 of 4 ticked")

    # kari begins to write, and so leaves a table of who has not been seen
    Candidate.objects.filter(candidate_id="kari").update(logged_in_at=timezone.now(), started_at=timezone.now())
    swap(page)
    expect(bar).to_have_text("2 ticked, 1 of them not shown")
    hidden = page.get_by_text("1 ticked is not shown")
    hidden.click()
    expect(page.locator("[data-names]")).to_have_text("kari")
    axe(page)

    # 0002 is removed: that is said, and nobody else is ticked instead
    Candidate.objects.filter(candidate_id="0002").delete()
    swap(page)
    expect(page.get_by_text("1 candidate who was ticked is not on the test any more.").first).to_be_visible()
    expect(bar).to_have_text("1 ticked, 1 of them not shown")

    # all that are shown, and kari: who comes to the table meanwhile is not meant
    page.get_by_label("Select all 2 candidates shown").check()
    add(exam, planner, "0004")
    page.get_by_role("button", name="Incident time").click()
    expect(page.get_by_role("heading", name="Incident time for 3 candidates")).to_be_visible()
    assert page.locator("th.id").all_inner_texts() == ["0001", "0003", "kari"]
    page.get_by_role("link", name="Cancel").click()
    expect(bar).to_have_text("3 ticked, 1 of them not shown")

    # and back: kari has another hour to begin
    Candidate.objects.filter(candidate_id="kari").update(logged_in_at=None, started_at=None)
    swap(page)
    expect(bar).to_have_text("3 of 4 ticked")
    expect(page.locator("[data-picked]")).to_be_hidden()
    page.get_by_role("button", name="Untick all").click()
    expect(page.locator(".tick :checked")).to_have_count(0)
