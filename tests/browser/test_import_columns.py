"""The export of a student system in a real browser: columns assigned, the format kept, and the complete list undone."""

import pytest
from playwright.sync_api import Page, expect

from candidates.models import Candidate, ListFormat, User

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "Kode;Student;Etternavn;Fornavn;Bygg;Sal;Bord;Kull;Studieprogram;Merke;Telefon"
COUNT = 40


def row(number: int) -> str:
    person, seat = f"s{number};Nordmann{number};Kari", f"Vesthall;V10{number % 4};{number // 4}"
    return f"{number:04};{person};{seat};2024;BIO-BACH;x{number};22 00 00 {number:03}"


def file_of(numbers: list[int]) -> bytes:
    return "\r\n".join([HEAD, *map(row, numbers), ""]).encode("utf-8-sig")


def upload(page: Page, test_id: str, numbers: list[int]) -> None:
    page.goto(f"/deliver/tests/{test_id}/candidates/add/one-time/import/")
    page.get_by_label("File").set_input_files({"name": "fs.csv", "mimeType": "text/csv", "buffer": file_of(numbers)})
    page.get_by_role("button", name="Continue").click()


def test_the_export_of_a_student_system_from_its_columns_to_undo(page_of, exam, planner: User) -> None:
    page = page_of(planner)
    upload(page, exam.public_id, list(range(1, COUNT + 1)))
    expect(page.get_by_role("heading", name="4 of 11 columns are read")).to_be_visible()
    expect(page.get_by_text("No column is read as Candidate ID: choose it.").first).to_be_visible()
    page.get_by_label("Read Kode as").select_option("Candidate ID")
    page.get_by_label("Read Student as").select_option("Private reference")
    page.get_by_label("Read Bord as").select_option("Seat")
    page.get_by_label("Remember this as a format").check()
    page.get_by_label("Name of the format").fill("Student system")
    page.locator("#columns-form").get_by_role("button", name="Read it again").click()
    expect(page.get_by_role("heading", name="7 of 11 columns are read")).to_be_visible()
    page.get_by_role("button", name=f"Add {COUNT} candidates").click()
    expect(page.get_by_text(f"{COUNT} candidates added.")).to_be_visible()
    found = Candidate.objects.select_related("location").get(candidate_id="0007")
    assert (found.name, found.private_reference, str(found.location), found.seat) == (
        "Nordmann7, Kari",
        "s7",
        "Vesthall V103",
        "1",
    )
    assert ListFormat.objects.get().name == "Student system"

    # The next export: two are missing, three are new, one has moved to another seat.
    upload(page, exam.public_id, [*range(3, COUNT + 1), 501, 502, 503])
    expect(page.get_by_text("By the format Student system").first).to_be_visible()
    page.get_by_role("checkbox", name="This file is the complete list").check()
    page.get_by_role("button", name="Show what would change").click()
    for heading in ("Would join 3", "Would leave 2"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.locator(".commit button").first.click()
    expect(page.get_by_text("3 candidates added.")).to_be_visible()
    ids = set(Candidate.objects.values_list("candidate_id", flat=True))
    assert ids == {f"{number:04}" for number in [*range(3, COUNT + 1), 501, 502, 503]}
    page.get_by_role("link", name="Imports").click()
    page.get_by_role("link", name="Undo").first.click()
    page.locator("main form button.ds-button").first.click()
    page.wait_for_load_state()
    back = {one.candidate_id: (one.name, one.seat) for one in Candidate.objects.all()}
    assert back.keys() == {f"{number:04}" for number in range(1, COUNT + 1)}
    assert back["0001"] == ("Nordmann1, Kari", "0")
