"""A whole term's exam of an exam office in a real browser: from last term's test to the results with names."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from candidates.models import Candidate, Location, Test, User
from tests.factories import add, open_now

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "Kandidatnr;Studentnr;Etternavn;Fornavn;Ekstra tid;Studieprogram"
ROOMS = {"V101": 30, "V102": 30, "V103": 30, "V104": 30, "V105": 30, "V106": 10}
"""Six rooms with their seats; the last one is kept for extra time."""


def row(number: int) -> str:
    return f"{number:04};s{number};Nordmann{number};Kari;{30 if number % 20 == 0 else ''};BIO-BACH"


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


def test_a_terms_exam_from_last_terms_test_to_the_results(page_of, exam: Test, planner: User) -> None:
    add(exam, planner, "0001")
    page = page_of(planner)
    test = copy_last_terms(page, exam)
    fill(page, test)
    spread(page, test)
    open_now(test)
