"""Adding one-time users in a real browser: rows that come and go, 1500 of them in one field, a file and its preview."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from candidates.models import Candidate
from tests.factories import add, add_many

REFUSED = "the server responded with a status of 422"
WITH_FAULTS = "Kandidatnummer;Ekstra tid\n1017;\n0001;30 min\nKari Ødegård;\n0002;25 %\n".encode("cp1252")
pytestmark = pytest.mark.django_db(transaction=True)


def address(test, way=""):
    return f"/deliver/tests/{test.public_id}/candidates/add/one-time/{way}"


def ids_on(test):
    return list(Candidate.objects.of_test(test).values_list("candidate_id", flat=True))


def choose(page, name, data):
    page.get_by_label("File").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})
    page.get_by_role("button", name="Continue").click()


def test_rows_are_added_and_taken_out_on_the_page_and_enter_saves(page_of, planner, exam):
    page = page_of(planner)
    page.goto(address(exam))
    page.get_by_label("Candidate ID, row 1").fill("kari")
    page.get_by_role("button", name="Add another").click()
    expect(page.get_by_label("Candidate ID, row 2")).to_be_focused()
    expect(page.get_by_label("Candidate ID, row 2")).to_have_attribute("placeholder", "0001")
    page.keyboard.type("wrong")
    page.get_by_role("button", name="Add another").click()
    page.get_by_role("button", name="Take out row 2").click()
    expect(page.get_by_role("button", name="Take out row 2")).to_be_focused()
    expect(page.locator("caption")).to_contain_text("2 candidates, not saved.")
    page.get_by_label("Extra time in minutes, row 2").fill("30")
    page.get_by_label("Extra time in minutes, row 2").press("Enter")
    expect(page.get_by_text("2 candidates added.")).to_be_visible()
    assert dict(Candidate.objects.values_list("candidate_id", "extra_minutes")) == {"kari": 0, "0001": 30}


def test_a_double_click_on_save_adds_once_and_shows_the_outcome_of_that(page_of, planner, exam):
    page = page_of(planner)
    page.goto(address(exam))
    page.get_by_role("button", name="Save", exact=True).dblclick()
    expect(page.get_by_text("1 candidate added.")).to_be_visible()
    assert ids_on(exam) == ["0001"]


def lose_the_session(page):
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)


def log_in_again(page, user):
    expect(page.get_by_text("You were logged out.")).to_be_visible()
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill("a fjord in the morning")
    page.get_by_role("button", name="Log in").click()


def kept(page):
    return page.evaluate("Object.keys(sessionStorage)")


@pytest.fixture
def with_password(planner):
    planner.set_password("a fjord in the morning")
    planner.save()
    return planner


def test_rows_come_back_after_a_lost_session_and_are_forgotten_once_they_are_added(page_of, with_password, exam):
    page = page_of(with_password)
    page.goto(address(exam))
    page.get_by_label("Candidate ID, row 1").fill("kari")
    page.get_by_label("Extra time in minutes, row 1").fill("30")
    page.get_by_role("button", name="Add another").click()
    page.get_by_role("button", name="Add another").click()
    page.get_by_label("Candidate ID, row 3").fill("ola")
    lose_the_session(page)
    page.get_by_role("button", name="Save", exact=True).click()
    log_in_again(page, with_password)
    expect(page.get_by_text("3 rows that you typed here before are not saved.")).to_be_visible()
    page.get_by_label("Candidate ID, row 1").fill("typed since")
    page.reload()  # nor is what is offered lost by going away
    page.get_by_role("button", name="Bring back the 4 rows you had typed").click()
    expect(page.get_by_label("Candidate ID, row 3")).to_have_value("ola")
    expect(page.get_by_label("Candidate ID, row 4")).to_have_value("typed since")
    page.get_by_role("button", name="Take out row 4").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("3 candidates added.")).to_be_visible()
    assert dict(Candidate.objects.values_list("candidate_id", "extra_minutes")) == {"kari": 30, "0001": 0, "ola": 0}
    assert kept(page) == []
    page.goto(address(exam))
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    expect(page.locator("[data-kept]")).to_be_hidden()


def test_generated_rows_come_back_though_the_page_asks_for_their_number_again(page_of, with_password, exam, forgiven):
    forgiven.append(REFUSED)
    page = page_of(with_password)
    page.goto(address(exam, "generate/?n=3"))
    page.get_by_label("Extra time in minutes, row 2").fill("half an hour")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Extra time in minutes, row 2").fill("30")
    page.get_by_role("button", name="Take out row 3").click()
    lose_the_session(page)
    page.get_by_role("button", name="Save", exact=True).click()
    log_in_again(page, with_password)
    page.get_by_role("button", name="Bring back the 2 rows you had typed").click()
    expect(page.get_by_label("Extra time in minutes, row 2")).to_have_value("30")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("2 candidates added.")).to_be_visible()
    assert Candidate.objects.get(candidate_id="0002").extra_minutes == 30


@pytest.mark.parametrize("way_out", ["Log out", "Cancel"])
def test_typed_rows_are_forgotten_by_logging_out_and_by_cancel(page_of, planner, exam, way_out):
    page = page_of(planner)
    page.goto(address(exam))
    page.get_by_label("Candidate ID, row 1").fill("kari")
    page.get_by_label("Candidate ID, row 1").press("Tab")
    assert len(kept(page)) == 1
    page.get_by_role("button" if way_out == "Log out" else "link", name=way_out).click()
    page.wait_for_url("**/login/" if way_out == "Log out" else "**/candidates/")
    assert kept(page) == []


def test_somebody_else_in_this_tab_is_not_offered_what_was_typed(page_of, planner, colleague, exam):
    page = page_of(planner)
    page.goto(address(exam))
    page.get_by_label("Candidate ID, row 1").fill("kari")
    page.get_by_label("Candidate ID, row 1").press("Tab")
    cookie = page_of(colleague).context.cookies()[0]
    page.context.add_cookies([cookie])
    page.goto(address(exam))
    expect(page.get_by_text("Marte Aune")).to_be_visible()
    expect(page.locator("[data-kept]")).to_be_hidden()
    assert kept(page) == []


def test_without_script_the_server_adds_and_takes_out_rows(page_of, planner, exam):
    page = page_of(planner, java_script_enabled=False)
    page.goto(address(exam))
    page.get_by_label("Candidate ID, row 1").fill("kari")
    page.get_by_role("button", name="Add another").click()
    page.get_by_label("Candidate ID, row 2").fill("ola")
    page.get_by_role("button", name="Take out row 1").click()
    expect(page.get_by_label("Candidate ID, row 1")).to_have_value("ola")
    page.get_by_label("Candidate ID, row 1").press("Enter")
    assert ids_on(exam) == ["ola"]


def test_1500_generated_rows_are_edited_refused_and_saved(page_of, planner, exam, forgiven):
    forgiven.append(REFUSED)
    page = page_of(planner)
    page.goto(address(exam, "generate/"))
    page.get_by_label("Number of candidates").fill("1500")
    page.get_by_role("button", name="Generate candidates").click()
    page.get_by_label("Extra time in minutes, row 700", exact=True).fill("half an hour")
    page.get_by_label("Candidate ID, row 1500", exact=True).fill("last")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Extra time in row 700: Write whole minutes, like 30.")).to_be_visible()
    expect(page.get_by_label("Candidate ID, row 1500", exact=True)).to_have_value("last")
    assert ids_on(exam) == []
    page.get_by_label("Extra time in minutes, row 700", exact=True).fill("30")
    page.get_by_role("button", name="Take out row 2", exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("1499 candidates added.")).to_be_visible()
    found = ids_on(exam)
    assert (len(found), "0002" in found, "last" in found) == (1499, False, True)
    assert Candidate.objects.get(candidate_id="0700").extra_minutes == 30


def test_more_than_400_rows_without_script_are_refused_with_the_reason(page_of, planner, exam, forgiven):
    forgiven.append(REFUSED)
    page = page_of(planner, java_script_enabled=False)
    page.goto(address(exam, "generate/?n=401"))
    # Playwright switches scripts off after the page is read, so that its <noscript> is in the page and not in sight
    assert "More than 400 rows are sent by a script" in page.content()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Generate at most 400 at a time.")
    assert ids_on(exam) == []


def test_a_file_with_faults_is_explained_corrected_and_added(page_of, planner, exam, forgiven):
    forgiven.append(REFUSED)
    add(exam, planner, "1017")
    page = page_of(planner)
    page.goto(address(exam, "import/"))
    choose(page, "kandidater.csv", WITH_FAULTS)
    expect(page.get_by_role("heading", name="1 problem to fix")).to_be_focused()
    expect(page.get_by_role("heading", name="1 candidate is on the test already")).to_be_visible()
    page.get_by_role("button", name="Add 3 candidates").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("tick this box if they are right")
    page.get_by_role("link", name="Upload another file").click()
    choose(page, "kandidater.csv", WITH_FAULTS.replace(b"1017", b"1018").replace(b"30 min", b"30"))
    page.get_by_label("The letters are right: Ødegård").check()
    page.get_by_role("button", name="Add 4 candidates").click()
    expect(page.get_by_text("4 candidates added.")).to_be_visible()
    assert ids_on(exam) == ["0001", "0002", "1017", "1018", "Kari Ødegård"]


@pytest.mark.parametrize("width", [320, 390])
def test_the_menu_to_add_opens_on_the_screen_of_a_phone(exam, planner, page_of, width):
    page = page_of(planner, viewport={"width": width, "height": 700})
    add_many(exam, planner, 1)
    page.goto(f"/deliver/tests/{exam.public_id}/candidates/")
    page.locator("summary", has_text="Add").first.click()
    box = page.locator(".menu-list").first.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
