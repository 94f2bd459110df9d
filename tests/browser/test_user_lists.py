"""A list of permanent users in a real browser: made, shared, added to a colleague's test, and its new members later."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from candidates.lifecycle.user_lists import add_members, make_list
from candidates.models import Candidate, Test, User
from tests.factories import make_permanent
from tests.support.browser import DESK, PHONE

pytestmark = pytest.mark.django_db(transaction=True)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def find(page: Page, words: str) -> None:
    page.get_by_label("Search people").fill(words)
    page.keyboard.press("Enter")


# What came of each press: whether it was held back. Nothing is sent, so that no machine is too fast for the second one.
PRESSES = """() => {
    window.held = [];
    addEventListener("submit", (event) => { held.push(event.defaultPrevented); event.preventDefault(); });
}"""


def test_a_double_click_is_one_press(administrator: User, page_of: Callable[..., Page]) -> None:
    person = make_permanent("Åse", "Ødegård", username="aase")
    page = page_of(administrator)
    page.goto(f"/permanent-users/{person.public_id}/new-password/")
    page.evaluate(PRESSES)
    page.get_by_role("button", name="Give Åse Ødegård a new password").evaluate(
        "button => { button.click(); button.click(); }"
    )
    assert page.evaluate("held") == [False, True]


def test_another_button_of_the_same_form_is_another_press(administrator: User, page_of: Callable[..., Page]) -> None:
    page = page_of(administrator)
    page.goto("/permanent-users/formats/new/")
    page.evaluate(PRESSES)
    page.evaluate("document.querySelectorAll('main button[type=submit]').forEach((button) => button.click())")
    pressed = page.evaluate("held")
    assert pressed == [False] * len(pressed) != []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_words_without_a_space_do_not_make_a_page_scroll_sideways(
    administrator: User, page_of: Callable[..., Page], size: dict[str, int]
) -> None:
    word = "W" * 180
    make_permanent("Åse", "Ødegård", username="aase")
    made = make_list(name=word, by=administrator)
    page = page_of(administrator, viewport=size)
    for address in (
        f"/permanent-users/?q={word}",
        f"/permanent-users/?list={made.public_id}",
        f"/permanent-users/lists/{made.public_id}/delete/",
        f"/permanent-users/lists/{made.public_id}/members/",
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], address


def test_a_printed_list_holds_its_people_and_nothing_to_press(
    administrator: User, page_of: Callable[..., Page]
) -> None:
    made = make_list(name="Class 3B", by=administrator)
    add_members(one=made, keys=[make_permanent("Åse", "Ødegård", username="aase").pk], by=administrator)
    page = page_of(administrator)
    page.goto(f"/permanent-users/lists/{made.public_id}/")
    page.emulate_media(media="print")
    expect(page.get_by_role("rowheader", name="Åse Ødegård")).to_be_visible()
    for role in ("button", "checkbox", "textbox", "navigation"):
        assert [one.inner_text() for one in page.get_by_role(role).all() if one.is_visible()] == [], role


def test_a_printed_test_has_nothing_to_press(scheduled_exam: Test, planner: User, page_of: Callable[..., Page]) -> None:
    page = page_of(planner)
    page.goto(f"/deliver/tests/{scheduled_exam.public_id}/")
    act = page.get_by_text("Deactivate test", exact=True)
    expect(act).to_be_visible()
    page.emulate_media(media="print")
    expect(act).to_be_hidden()
    expect(page.get_by_role("heading", name="Set-up")).to_be_visible()


def test_the_main_menu_keeps_to_one_line_on_a_phone(administrator: User, page_of: Callable[..., Page]) -> None:
    page = page_of(administrator, viewport=PHONE)
    page.goto("/permanent-users/")
    links = page.get_by_role("navigation", name="Main").get_by_role("link")
    assert links.count() > 1
    heights = links.evaluate_all("links => links.map((link) => link.getBoundingClientRect().height)")
    assert set(heights) == {40}  # the least that a finger needs; two lines take more


def make_a_list_and_share_it(page: Page) -> None:
    page.goto("/permanent-users/lists/")
    page.get_by_role("link", name="New list").click()
    page.get_by_label("Name of the list").fill("Class 3B")
    press(page, "Make the list")
    heading(page, "Add members")
    find(page, "odegard")
    page.get_by_label("Select Åse Ødegård, aase").check()
    find(page, "nordmann")
    expect(page.get_by_text("1 selected elsewhere")).to_be_visible()
    page.get_by_label("Select all 2 people on this page").check()
    press(page, "Add selected")
    expect(page.get_by_text("3 members added to the list.")).to_be_visible()
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_label("Planner", exact=True).select_option(label="Marte Aune (colleague)")
    page.get_by_label("Use the list").check()
    press(page, "Share")
    expect(page.get_by_text("Marte Aune may use the list.")).to_be_visible()


def add_it_to_a_test(page: Page) -> None:
    page.goto("/permanent-users/lists/")
    page.get_by_role("link", name="Class 3B").click()
    expect(page.get_by_role("link", name="Add members")).to_have_count(0)
    page.get_by_role("link", name="Add to a test").click()
    page.get_by_label("Test", exact=True).select_option(index=1)
    press(page, "Continue")
    heading(page, "Check the people before you add them")
    expect(page.get_by_role("heading", name="Graders will see 3 names")).to_be_visible()
    page.get_by_label("Extra time in minutes, row 1").fill("30")
    press(page, "Check again")
    press(page, "Use generated numbers instead")
    expect(page.get_by_role("heading", name="Graders will see")).to_have_count(0)
    press(page, "Add 3 candidates")
    expect(page.get_by_text("3 candidates added.")).to_be_visible()


def add_a_member(page: Page) -> None:
    page.goto("/permanent-users/lists/")
    page.get_by_role("link", name="Class 3B").click()
    page.get_by_role("link", name="Add members").click()
    find(page, "hansen")
    press(page, "Add the 1 who matches")
    expect(page.get_by_text("1 member added to the list.")).to_be_visible()


def add_the_new_member(page: Page, test: Test) -> None:
    page.goto(f"/deliver/tests/{test.public_id}/candidates/")
    expect(page.get_by_text("List Class 3B has 1 new member.")).to_be_visible()
    page.get_by_role("link", name="Show them").click()
    press(page, "Add 1 new member")
    press(page, "Add 1 candidate")
    expect(page.get_by_text("1 candidate added.")).to_be_visible()
    expect(page.get_by_text("new member")).to_have_count(0)


def test_a_list_is_shared_and_added_to_a_test_and_its_new_members_later(
    page_of: Callable[..., Page], exam: Test, planner: User, colleague: User
) -> None:
    for first, last, username in (
        ("Åse", "Ødegård", "aase"),
        ("Kari", "Nordmann", "kari01"),
        ("Kari", "Nordmann", "kari02"),
        ("Ola", "Hansen", "ola"),
    ):
        make_permanent(first, last, username=username)
    owner, other = page_of(planner), page_of(colleague)
    make_a_list_and_share_it(owner)
    add_it_to_a_test(other)
    add_a_member(owner)
    add_the_new_member(other, exam)
    found = Candidate.objects.of_test(exam)
    assert set(found.values_list("user__username", flat=True)) == {"aase", "kari01", "kari02", "ola"}
    assert sum(found.values_list("extra_minutes", flat=True)) == 30
    ids = sorted(found.values_list("candidate_id", flat=True))
    assert ids[:3] == ["0001", "0002", "0003"]
    assert ids[3] == "Ola Hansen"


@pytest.mark.parametrize(("where", "script"), [("test", True), ("list", False)])
def test_back_and_reload_show_a_search_again_with_its_ticks(
    page_of: Callable[..., Page], exam: Test, planner: User, where: str, script: bool
) -> None:
    for number in range(60):
        make_permanent("Kari", f"Nordmann{number:02}", username=f"kari{number:02}")
    one = make_list(name="Class 3B", by=planner)
    select = f"/deliver/tests/{exam.public_id}/candidates/add/permanent/"
    page = page_of(planner, java_script_enabled=script)
    page.goto(select if where == "test" else f"/permanent-users/lists/{one.public_id}/members/")
    find(page, "nordmann")
    expect(page.get_by_text("Page 1 of 2").last).to_be_visible()
    page.get_by_label("Select Kari Nordmann00").check()
    press(page, "Next")
    for again in (lambda: None, page.reload, lambda: (page.goto("/help/"), page.go_back())):
        again()
        expect(page.get_by_text("Page 2 of 2").last).to_be_visible()
        expect(page.get_by_label("Search people")).to_have_value("nordmann")
        expect(page.get_by_text("1 selected elsewhere")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Page 1 of 2").last).to_be_visible()
    expect(page.get_by_label("Search people")).to_have_value("nordmann")
    page.go_forward()
    press(page, "Add selected")
    expect(page.get_by_text(re.compile("Add 1 candidate|1 member added to the list")).first).to_be_visible()


def test_people_are_searched_and_ticked_without_the_script(
    page_of: Callable[..., Page], exam: Test, planner: User
) -> None:
    for number in range(60):
        make_permanent("Kari", f"Nordmann{number:02}", username=f"kari{number:02}")
    page = page_of(planner, java_script_enabled=False)
    page.goto(f"/deliver/tests/{exam.public_id}/candidates/add/permanent/")
    page.get_by_label("Select Kari Nordmann00").check()
    press(page, "Next")
    page.get_by_label("Select Kari Nordmann55").check()
    press(page, "Add selected")
    expect(page.get_by_role("button", name=re.compile("Add 2 candidates"))).to_be_visible()
