"""The whole story in a real browser: from a new test to the Archive and the grader, with a file as planners have it."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from candidates.models import Candidate, Test
from tests.factories import make_staff, open_now

pytestmark = pytest.mark.django_db(transaction=True)

STAFF_PASSWORD = "a fjord in the morning"
COUNT = 120  # 1500 at once: tests/intake/test_exports.py and the storm
ANSWERS = {"0001": "Galactose cannot enter glycolysis directly.", "0120": "Å, ø og æ."}


def list_of_all() -> bytes:
    """Return what a planner's spreadsheet saves in Norway: semicolons, a header, every tenth with 30 minutes."""
    rows = [f"{number:04};{30 if number % 10 == 0 else ''}" for number in range(1, COUNT + 1)]
    return "\r\n".join(["Kandidatnummer;Ekstra tid", *rows, ""]).encode("utf-8-sig")


def log_in(page: Page, username: str, password: str) -> None:
    page.goto("/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def make_the_test(page: Page) -> None:
    opens = timezone.localtime() + timedelta(days=3)
    page.get_by_role("link", name="Create new").click()
    page.get_by_label("Name", exact=True).fill("BIO2150 Cell Biology, written exam")
    page.get_by_label("Information for candidates").fill("Bring your student card.")
    page.get_by_label("Questions").fill("Explain what happens in the cell.")
    for group, hour in (("Test opens", "09:00"), ("Test ends", "13:00")):
        fields = page.get_by_role("group", name=group)
        fields.locator("input[type=date]").fill(f"{opens:%Y-%m-%d}")
        fields.locator("input[type=time]").fill(hour)
    press(page, "Save")
    expect(page.get_by_role("heading", level=1)).to_contain_text("BIO2150")


def add_the_candidates(page: Page) -> None:
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name="One-time users").first.click()
    page.get_by_role("link", name="Import from file").click()
    page.get_by_label("File").set_input_files(
        {"name": "kandidater.csv", "mimeType": "text/csv", "buffer": list_of_all()}
    )
    press(page, "Continue")
    expect(page.get_by_text("Nothing is stored on the test yet")).to_be_visible()
    press(page, f"Add {COUNT} candidates")
    expect(page.get_by_text(f"{COUNT} candidates added")).to_be_visible()
    expect(page.get_by_role("caption")).to_contain_text(f"{COUNT} candidates, by")


def slips_of(page: Page) -> dict[str, dict[str, str]]:
    """Return the rows of the downloaded CSV by Candidate ID, after looking at the print page and the PDF."""
    page.get_by_role("link", name="Candidate login details").click()
    press(page, "Print")
    expect(page.locator(".slip")).to_have_count(COUNT)
    page.go_back()
    with page.expect_download() as pdf:
        press(page, "Download PDF")
    with open(pdf.value.path(), "rb") as file:
        assert len(re.findall(rb"/Type /Page\b(?!s)", file.read())) == COUNT
    with page.expect_download() as download:
        press(page, "Download CSV")
    with open(download.value.path(), "rb") as file:
        rows = csv.DictReader(io.StringIO(file.read().decode("utf-8-sig")))
        return {row["Candidate ID"]: row for row in rows}


@pytest.mark.story
def test_from_a_new_test_to_the_archive(page_of) -> None:
    for person in (make_staff("planner", is_planner=True), make_staff("grader", is_grader=True)):
        person.set_password(STAFF_PASSWORD)
        person.save()
    page = page_of(None)
    log_in(page, "planner", STAFF_PASSWORD)
    make_the_test(page)
    add_the_candidates(page)

    test = Test.objects.get()
    assert Candidate.objects.filter(test=test, extra_minutes=30).count() == COUNT // 10
    page.goto(f"/deliver/tests/{test.public_id}/")
    page.get_by_role("link", name="Add contributors").click()
    page.get_by_label("Person").select_option(label="Grader (grader): Grader")
    page.get_by_label("Role on this test").select_option("grader")
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_role("rowheader", name="Grader")).to_be_visible()
    page.get_by_role("link", name="Activate test").click()
    press(page, "Activate test")
    expect(page.get_by_text("Scheduled")).to_be_visible()
    slips = slips_of(page)
    assert len(slips) == COUNT
    open_now(test)

    for candidate_id, answer in ANSWERS.items():
        slip = slips[candidate_id]
        sit(page_of(None), slip["Username"].upper(), slip["Password"].replace("-", " "), candidate_id, answer)

    page.goto(f"/monitor/tests/{test.public_id}/?progress=submitted")
    for candidate_id in ANSWERS:
        expect(page.get_by_role("rowheader", name=candidate_id)).to_be_visible()

    reader = page_of(None)
    log_in(reader, "grader", STAFF_PASSWORD)
    reader.get_by_role("link", name="BIO2150 Cell Biology, written exam", exact=True).click()
    for candidate_id, answer in ANSWERS.items():
        reader.get_by_role("link", name=candidate_id, exact=True).first.click()
        expect(reader.get_by_text(answer)).to_be_visible()
        assert slips[candidate_id]["Username"] not in reader.content()
        reader.goto(f"/grade/tests/{test.public_id}/")


def sit(page: Page, username: str, password: str, candidate_id: str, answer: str) -> None:
    """Log in with what is on the slip, start, write, submit, and find it in the Archive."""
    log_in(page, username, password)
    expect(page.get_by_text("BIO2150 Cell Biology, written exam")).to_be_visible()
    expect(page.get_by_text(candidate_id, exact=True)).to_be_visible()
    press(page, "Start test")
    page.get_by_label("Your answer").fill(answer)
    expect(page.get_by_text("Saved", exact=False).first).to_be_visible()
    press(page, "Submit")
    press(page, "Submit")
    page.get_by_role("link", name="Archive").first.click()
    page.get_by_role("link", name="BIO2150").click()
    expect(page.get_by_text(answer)).to_be_visible()
