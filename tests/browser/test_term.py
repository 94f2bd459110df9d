"""A whole term's exam of an exam office in a real browser: from last term's test to the results with names."""

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from candidates.lifecycle.sitting import start, submit
from candidates.models import Candidate, Location, Test, User
from tests.factories import add, open_now
from tests.support.browser import PHONE

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "Kandidatnr;Studentnr;Etternavn;Fornavn;Ekstra tid;Studieprogram"
ROOMS = {"V101": 30, "V102": 30, "V103": 30, "V104": 30, "V105": 30, "V106": 10}
"""Six rooms with their seats; the last one is kept for extra time."""


def row(number: int) -> str:
    return f"{number:04};stud-{number};Nordmann{number};Kari;{30 if number % 20 == 0 else ''};BIO-BACH"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def upload(page: Page, test: Test, numbers: list[int]) -> None:
    content = "\r\n".join([HEAD, *map(row, numbers), ""]).encode("utf-8-sig")
    page.goto(f"/deliver/tests/{test.public_id}/candidates/add/one-time/import/")
    page.get_by_label("File").set_input_files({"name": "liste.csv", "mimeType": "text/csv", "buffer": content})
    press(page, "Continue")


def copy_last_terms(page: Page, last: Test) -> Test:
    """Copy the test to a day in half a year, with its contributors and rooms, and nobody on it."""
    page.goto(f"/deliver/tests/{last.public_id}/")
    page.get_by_role("link", name="Copy this test").click()
    opens = timezone.localtime(last.opens_at) + timedelta(weeks=26)
    page.get_by_role("group", name="Test opens").locator("input[type=date]").fill(f"{opens:%Y-%m-%d}")
    press(page, "Copy the test")
    expect(page.get_by_role("link", name="Manage")).to_be_visible()
    return Test.objects.exclude(pk=last.pk).get()


def fill(page: Page, test: Test) -> None:
    """Add the list, and make the test as the complete list of a week later says: two are missing, three are new."""
    upload(page, test, list(range(1, 121)))
    press(page, "Add 120 candidates")
    expect(page.get_by_text("120 candidates added.")).to_be_visible()
    upload(page, test, [*range(3, 121), 501, 502, 503])
    page.get_by_role("checkbox", name="This file is the complete list").check()
    press(page, "Show what would change")
    for heading in ("Would join 3", "Would leave 2"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.locator(".commit button").first.click()
    expect(page.get_by_text("3 candidates added.")).to_be_visible()
    assert Candidate.objects.of_test(test).count() == 121


def spread(page: Page, test: Test) -> None:
    """Spread everybody over six rooms, extra time in the one that is kept for it."""
    for name, seats in ROOMS.items():
        Location.objects.create(building="Vesthall", room=name, capacity=seats, for_extra_time=name == "V106")
    page.goto(f"/deliver/tests/{test.public_id}/candidates/spread/")
    page.get_by_label("Keep extra time in own rooms").check()
    page.get_by_label("Number the seats").check()
    press(page, "Show this")
    press(page, "Spread 121 candidates")
    page.wait_for_url("**/candidates/")
    apart = Candidate.objects.of_test(test).filter(location__room="V106")
    assert set(apart.values_list("extra_minutes", flat=True)) == {30}
    assert not Candidate.objects.of_test(test).filter(seat="").exists()


def prepare_the_hall(page: Page, test: Test) -> None:
    """Activate, and make two spare logins."""
    page.goto(f"/deliver/tests/{test.public_id}/activate/")
    press(page, "Activate test")
    page.goto(f"/deliver/tests/{test.public_id}/spare-logins/")
    page.get_by_label("How many").fill("2")
    page.get_by_label("Room", exact=True).select_option("Vesthall V105")
    press(page, "Make them")
    expect(page.get_by_text("2 spare logins left")).to_be_visible()


def paper(page: Page, button: str) -> list[str]:
    """Return the pages of the PDF behind a button, as text."""
    with page.expect_download() as download:
        press(page, button)
    return [" ".join(one.extract_text().split()) for one in PdfReader(download.value.path()).pages]


def print_and_change(page: Page, test: Test) -> None:
    """Print everything, rename two rooms, remove 40 by their pasted IDs, and print again what changed."""
    page.goto(f"/deliver/tests/{test.public_id}/papers/")
    everything = paper(page, "Download PDF")
    for words in ("Nordmann3, Kari", "Vesthall V106", "9001"):
        assert any(words in one for one in everything), words
    for old in ("V101", "V102"):
        page.goto(f"/rooms/{Location.objects.get(room=old).public_id}/")
        page.get_by_label("Room", exact=True).fill(old.replace("10", "20"))
        press(page, "Save")
        expect(page.get_by_role("rowheader", name=f"Vesthall {old.replace('10', '20')}")).to_be_visible()
    page.goto(f"/deliver/tests/{test.public_id}/candidates/remove/")
    withdrawn = Candidate.objects.of_test(test).filter(candidate_id__gt="0080", candidate_id__lt="0121")
    page.get_by_label("Candidate IDs, private").fill("\n".join(withdrawn.values_list("candidate_id", flat=True)))
    press(page, "Continue")
    press(page, "Remove 40 candidates")
    expect(page.get_by_text("40 candidates removed from the test.")).to_be_visible()

    page.goto(f"/deliver/tests/{test.public_id}/papers/")
    moved = Candidate.objects.of_test(test).filter(location__room__startswith="V20").count()
    expect(page.get_by_role("heading", name=f"Void slips: {40 + moved} to take out")).to_be_visible()
    void = paper(page, "Void slips")
    assert any("0081" in one for one in void)
    page.get_by_role("button", name=re.compile(r"Download the \d rooms that changed")).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(r"Download the \d rooms that changed")).click()
    again = [one.extract_text() for one in PdfReader(download.value.path()).pages]
    assert 0 < len(again) < len(everything)
    assert any("V201" in one for one in again)


def at_the_door(phone: Page, test: Test) -> None:
    """Check somebody in by name, send somebody to another room, and give a spare login to a walk-in."""
    phone.goto(f"/monitor/tests/{test.public_id}/door/")
    search = phone.get_by_role("searchbox")
    search.fill("kari nordmann3")
    search.press("Enter")
    phone.get_by_role("link", name="0003").click()  # Nordmann30 is found as well
    press(phone, "Present")
    press(phone, "ID checked")
    expect(phone.get_by_text("Present since")).to_be_visible()
    phone.get_by_role("link", name="Next candidate").click()
    search.fill("lunde, tarjei")
    search.press("Enter")
    phone.get_by_role("link", name="Give a spare login").first.click()
    press(phone, "Give the spare login")
    expect(phone.get_by_text("Hand over the spare slip")).to_be_visible()


def correct_the_record(page: Page, test: Test, candidate: Candidate) -> None:
    """Say afterwards that somebody who was marked present had left before the test began."""
    page.goto(f"/monitor/tests/{test.public_id}/candidates/{candidate.public_id}/attendance/")
    page.get_by_role("radio", name="Absent").check()
    page.get_by_label("Why it is corrected").fill("Left before the test began")
    press(page, "Correct it")
    expect(page.get_by_text("Corrected.")).to_be_visible()


def mark_and_publish(page: Page, reader: Page, test: Test) -> str:
    """Give A and B by a scale of letters as a grader who sees no name, and return the planner's results as CSV."""
    page.goto(f"/deliver/tests/{test.public_id}/results/scale/")
    page.get_by_label("A to F").check()
    page.get_by_label("The grade itself").check()
    press(page, "Save the scale")
    reader.goto(f"/grade/tests/{test.public_id}/")
    seen = reader.content()
    reader.get_by_role("link", name="0004", exact=True).first.click()
    for grade in ("A", "B"):
        seen += reader.content()
        reader.get_by_label("Mark").select_option(grade)
        reader.locator(".side form button").first.click()
        reader.wait_for_load_state()
    for word in ("Nordmann", "Kari", "stud-4", "Lunde", "Vesthall"):
        assert word not in seen
    page.goto(f"/deliver/tests/{test.public_id}/results/")
    with page.expect_download() as download:
        press(page, "Download CSV")
    return Path(download.value.path()).read_text("utf-8-sig")


def hand_in(test: Test, *candidate_ids: str) -> None:
    for one in Candidate.objects.of_test(test).filter(candidate_id__in=candidate_ids):
        start(candidate=one)
        submit(candidate=Candidate.objects.get(pk=one.pk), answer="Growth stops.", base_revision=0)


def test_a_terms_exam_from_last_terms_test_to_the_results(
    page_of, exam: Test, planner: User, invigilator: User, grader: User
) -> None:
    add(exam, planner, "0001")
    page = page_of(planner)
    test = copy_last_terms(page, exam)
    fill(page, test)
    spread(page, test)
    prepare_the_hall(page, test)
    print_and_change(page, test)
    open_now(test)
    at_the_door(page_of(invigilator, viewport=PHONE), test)
    first = Candidate.objects.of_test(test).get(candidate_id="0003")
    correct_the_record(page, test, first)
    hand_in(test, "0004", "0005")
    open_now(test, minutes_ago=60 * 24)
    rows = list(csv.DictReader(io.StringIO(mark_and_publish(page, page_of(grader), test))))
    results = {row["Candidate ID"]: (row["Name"], row["Private reference"], row["Grade"]) for row in rows}
    assert results["0004"] == ("Nordmann4, Kari", "stud-4", "A")
    assert results["0005"] == ("Nordmann5, Kari", "stud-5", "B")
    assert "Tarjei Lunde" in {name for name, _reference, _grade in results.values()}
