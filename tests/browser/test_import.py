"""A list as planners have them, in a real browser: preview, mending, confirmation, and undo as one act."""

import pytest
from playwright.sync_api import Page, expect

from candidates.models import Candidate, Import, User
from tests.factories import add

pytestmark = pytest.mark.django_db(transaction=True)

# What comes out of a Norwegian Excel: semicolons, Windows-1252, a title, zeros lost, one ID twice, an e-mail as ID.
ROWS = [
    *(f"{number:04};" for number in range(1201, 1241)),
    "77;30",
    "8;",
    "1201;15",
    "1202;",
    "kari.nordmann@uni.example;25 %",
    "1300;30 min",
]
FILE = "\r\n".join(["Eksamen BIO2150 – høst", "", "Kandidatnummer;Ekstra tid (min)", *ROWS, ""]).encode("cp1252")


def upload(page: Page, test_id: str, file: bytes = FILE, name: str = "kandidater.csv") -> None:
    page.goto(f"/deliver/tests/{test_id}/candidates/add/one-time/import/")
    page.get_by_label("File").set_input_files({"name": name, "mimeType": "text/csv", "buffer": file})
    page.get_by_role("button", name="Continue").click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.story
def test_a_list_out_of_excel_from_preview_to_undo(page_of, exam, planner: User, forgiven: list[str]) -> None:
    forgiven.append("status of 422")
    add(exam, planner, "0001")
    page = page_of(planner)
    upload(page, exam.public_id)

    heading = page.get_by_role("heading", name="3 problems to fix in 3 rows")
    expect(heading).to_be_focused()
    expect(page.get_by_role("definition").filter(has_text="Windows-1252")).to_be_visible()
    expect(page.get_by_text("Row 3 (rows above it are left out)")).to_be_visible()
    expect(page.get_by_role("row", name="46 Candidate ID 1201 Row 4 has the same Candidate ID.")).to_be_visible()
    expect(page.get_by_role("heading", name="1 Candidate ID looks personal")).to_be_visible()
    expect(page.get_by_role("heading", name="2 Candidate IDs may have lost their zeros")).to_be_visible()

    # which cannot work yet: nothing is lost and nothing is added
    page.get_by_role("button", name="Add 46 candidates").press("Enter")
    expect(page.get_by_text("You cannot add yet:")).to_be_visible()

    page.get_by_label("Candidate ID, row 46").fill("1301")
    page.get_by_label("Candidate ID, row 46").press("Enter")
    expect(page.get_by_role("heading", name="2 problems to fix in 2 rows")).to_be_visible()
    page.get_by_role("button", name="Leave out Row 47").click()
    press(page, "Use 30")
    expect(page.get_by_role("heading", name="45 rows are ready")).to_be_visible()
    press(page, "Put the zeros back")
    press(page, "Use generated numbers instead")
    expect(page.get_by_role("heading", name="looks personal")).to_have_count(0)
    expect(page.get_by_role("heading", name="lost their zeros")).to_have_count(0)

    press(page, "Add 45 candidates")
    expect(page.get_by_role("heading", name="Nothing is added yet: 1 box to tick")).to_be_visible()
    page.get_by_label("The letters are right").check()
    press(page, "Add 45 candidates")
    expect(page.get_by_text("45 candidates added.")).to_be_visible()

    stored = dict(Candidate.objects.of_test(exam).values_list("candidate_id", "extra_minutes"))
    assert len(stored) == 46
    assert {"0077": 30, "0008": 0, "1301": 15, "1300": 30}.items() <= stored.items()
    kari = Candidate.objects.get(private_reference="kari.nordmann@uni.example")
    assert (kari.candidate_id, kari.extra_minutes) == ("1302", 60)
    expect(page.get_by_text("kari.nordmann@uni.example")).to_be_visible()

    page.get_by_role("link", name="Imports").click()
    expect(page.get_by_text("45 added, 1 row left out")).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    expect(page.get_by_role("heading", name="Undo the import of kandidater.csv?")).to_be_visible()
    press(page, "Remove 45 candidates")
    expect(page.get_by_text("45 candidates taken off the test.")).to_be_visible()
    assert list(Candidate.objects.of_test(exam).values_list("candidate_id", flat=True)) == ["0001"]
    assert Import.objects.get().undone_by == planner


def test_the_wrong_rows_go_through_a_spreadsheet_and_come_back(page_of, exam, planner: User) -> None:
    page = page_of(planner)
    upload(page, exam.public_id)
    with page.expect_download() as download:
        press(page, "Download these rows as a file")
    with open(download.value.path(), "rb") as file:
        wrong = file.read()
    mended = wrong.replace(b"1201;15", b"1301;15").replace(b"1202;;", b"1302;;").replace(b"30 min", b"30")
    page.get_by_text("Upload these rows again, fixed in a spreadsheet").click()
    page.get_by_label("File with the fixed rows").set_input_files(
        {"name": "mended.csv", "mimeType": "text/csv", "buffer": mended}
    )
    press(page, "Upload the fixed rows")
    expect(page.get_by_text("3 rows were read from the file. The other rows are as they were.")).to_be_visible()
    expect(page.get_by_role("heading", name="46 rows are ready")).to_be_visible()


def test_wrong_letters_are_read_in_the_other_encoding(page_of, exam, planner: User) -> None:
    page = page_of(planner)
    upload(page, exam.public_id, "Candidate ID\nSjöström\nHåkon\n".encode("mac_roman"))
    expect(page.get_by_text("HŒkon").first).to_be_visible()
    press(page, "Read it as Mac Roman")
    expect(page.get_by_text("The list was read again.")).to_be_visible()
    expect(page.get_by_label("The letters are right: Sjöström, Håkon")).to_be_visible()


def test_an_sso_list_updates_who_is_on_the_test(page_of, exam, planner: User) -> None:
    page = page_of(planner)
    for text in ("0001\tanna@uni.example\t15\tVesthall\tV101\n", "0001\tanna@uni.example\t30\t\t\n0002\tb@u.no\n"):
        page.goto(f"/deliver/tests/{exam.public_id}/candidates/")
        page.get_by_text("Add", exact=True).click()
        page.get_by_role("link", name="CSV import (SSO)").first.click()
        page.get_by_label("Authentication type").select_option("Havnes Campus")
        page.get_by_label("Paste rows").fill(text)
        press(page, "Continue")
        if page.get_by_role("heading", name="1 candidate is on the test already").count():
            page.get_by_label("Update them with what the list says").check()
            press(page, "Check again")
            press(page, "Add 1 and update 1 candidates")
        else:
            press(page, "Add 1 candidate")
        expect(page.get_by_text("candidate added.", exact=False)).to_be_visible()
    stored = Candidate.objects.of_test(exam).values_list("candidate_id", "extra_minutes", "location__room")
    assert list(stored) == [("0001", 30, "V101"), ("0002", 0, None)]
