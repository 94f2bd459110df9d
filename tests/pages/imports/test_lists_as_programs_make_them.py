"""Lists as programs really make them (tests/data/lists/README.md): each kind through the pages, to its expected end."""

import io
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from candidates.intake.drafts import rows_now, rows_read
from candidates.models import Import
from tests.intake.samples import saved, workbook
from tests.pages.imports.test_imports import at, ids_on, plain, press

LISTS = Path(__file__).resolve().parents[2] / "data" / "lists"


@pytest.fixture
def browser(planner, client_of, sso_offered):
    """A browser in which the planner is logged in."""
    return client_of(planner)


def upload(browser, exam, name, way="add-from-file", data=b""):
    sent = SimpleUploadedFile(name, data or (LISTS / name).read_bytes())
    return browser.post(reverse(way, args=[exam.public_id]), {"file": sent, "authentication_type": "campus"})


def preview_of(browser, exam, name, way="add-from-file", data=b""):
    """Return the draft of an uploaded file, and what its preview says."""
    answer = upload(browser, exam, name, way, data)
    assert answer.status_code == 302, plain(answer)
    draft = Import.objects.latest("pk")
    return draft, plain(browser.get(at("import-preview", draft)))


def cells_of(draft, *names):
    rows = rows_now(draft, rows_read(draft))
    return [tuple(row.values.get(name, "") for name in names) for row in rows]


def test_escaped_line_ends_of_a_workbook_are_no_part_of_an_id(browser, exam):
    draft, _text = preview_of(browser, exam, "01-escaped-line-ends.xlsx")
    assert cells_of(draft, "candidate_id") == [("2001",), ("2002",), ("2003",)]
    press(browser, draft)
    assert ids_on(exam) == ["2001", "2002", "2003"]


@pytest.mark.parametrize(
    ("name", "separator", "first"),
    [
        ("02a-lines-in-quotes.csv", "Comma", "0311"),
        ("02b-lines-in-quotes-with-header.csv", "Comma", "0311"),
        ("02c-all-in-column-a.xlsx", "Semicolon", "0301"),
    ],
)
def test_a_whole_row_in_one_cell_is_split_and_the_page_says_so(browser, exam, name, separator, first):
    draft, text = preview_of(browser, exam, name)
    assert cells_of(draft, "candidate_id", "extra_time")[0] == (first, "30")
    assert f"Each row stood in a single cell. It was split at this separator: {separator}." in text
    again = browser.post(at("read-import-again", draft), {"delimiter": "none", "header": "none"})
    assert again.status_code == 302
    draft.refresh_from_db()
    assert "0311,30" in str(cells_of(draft, "candidate_id")) or "0301;30" in str(cells_of(draft, "candidate_id"))


def test_a_whole_row_in_one_cell_is_split_for_sso_too(browser, exam):
    draft, _text = preview_of(browser, exam, "02e-lines-in-quotes-sso.csv", "add-from-sso")
    wanted = [("0311", "a@havnes.example", "30"), ("0312", "b@havnes.example", "")]
    assert cells_of(draft, "candidate_id", "sso_user_id", "extra_time") == wanted


def test_merged_rooms_are_filled_down_with_a_word_and_can_be_left_empty(browser, exam):
    draft, text = preview_of(browser, exam, "03-merged-rooms.xlsx", "add-from-sso")
    assert cells_of(draft, "building", "room") == [("Vesthall", "V1")] * 4 + [("Vesthall", "V2")] * 4
    assert "Merged cells were filled down, so that each row has their text: D2:D5, D6:D9, E2:E5, E6:E9." in text
    browser.post(at("read-import-again", draft), {"fill_down": "no", "header": "1", "authentication_type": "campus"})
    draft.refresh_from_db()
    assert cells_of(draft, "room")[:3] == [("V1",), ("",), ("",)]
    assert "only the first row of each has the text: D2:D5" in plain(browser.get(at("import-preview", draft)))
    browser.post(at("mend-import", draft), {f"cell-{row}-sso_user_id": "two words" for row in (2, 3)})
    assert [row[3:5] for row in wrong_rows(browser, draft)[1:]] == [("Vesthall", "V1"), (None, None)]


@pytest.mark.parametrize(("answer", "added"), [("in", 8), ("out", 4)])
def test_hidden_rows_are_asked_about_before_anybody_is_added(browser, exam, answer, added):
    draft, text = preview_of(browser, exam, "04-filtered-rows.xlsx", "add-from-sso")
    assert "4 rows are hidden in the spreadsheet: do they belong to the list? Rows 3, 5, 7, 9." in text
    assert press(browser, draft).status_code == 422
    assert ids_on(exam) == []
    browser.post(at("mend-import", draft), {"hidden_rows": answer})
    assert press(browser, draft).status_code == 302
    assert len(ids_on(exam)) == added


def test_hidden_rows_that_were_left_out_can_be_taken_in_after_all(browser, exam):
    draft, _text = preview_of(browser, exam, "04-filtered-rows.xlsx", "add-from-sso")
    for answer, left_out in (("out", [3, 5, 7, 9]), ("in", []), ("out", [3, 5, 7, 9])):
        browser.post(at("mend-import", draft), {"hidden_rows": answer})
        draft.refresh_from_db()
        assert draft.left_out == left_out
    browser.post(at("mend-import", draft), {"take_back": "1"})
    assert "say whether the hidden rows belong to the list" in plain(browser.get(at("import-preview", draft)))


def test_a_strict_workbook_is_read(browser, exam):
    draft, _text = preview_of(browser, exam, "06-strict-workbook.xlsx")
    assert cells_of(draft, "candidate_id", "extra_time") == [("2101", "30"), ("2102", ""), ("2103", "15")]


def test_the_sheet_that_looks_like_a_list_is_read(browser, exam):
    draft, text = preview_of(browser, exam, "11-instructions-on-first-sheet.xlsx")
    assert cells_of(draft, "candidate_id") == [("0900",), ("0901",), ("0902",)]
    assert "Only the sheet “Candidates” was read. Other sheets with content: “Read me”." in text


def test_numbered_instructions_are_no_list(browser, exam):
    book = openpyxl.Workbook()
    for title, rows in (
        ("Read me", [["1.", "Fill in Deltaker"], ["2)", "At most 1500 rows"], ["3.", "Send it to exam@u.no"]]),
        ("List", [["Deltaker", "Sal"], ["0001", "V1"], ["0002", "V2"]]),
    ):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    form = {"file": SimpleUploadedFile("list.xlsx", saved(book)), "paste": ""}
    browser.post(reverse("add-from-file", args=[exam.public_id]), form)
    assert Import.objects.latest("pk").columns[0][1] == "Deltaker"


def two_lists():
    book = openpyxl.Workbook()
    for title, rows in (("May", [["0001"], ["0002"]]), ("June", [["For whom"], ["Candidate ID"], ["0003"], ["0004"]])):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.create_sheet("Old").append(["0009"])
    book["Old"].sheet_state = "veryHidden"
    return saved(book)


def test_another_sheet_can_be_chosen_and_hidden_ones_are_named(browser, exam):
    draft, text = preview_of(browser, exam, "list.xlsx", data=two_lists())
    assert cells_of(draft, "candidate_id") == [("0001",), ("0002",)]
    assert "Only the sheet “May” was read. Other sheets with content: “June”, “Old (hidden)”." in text
    browser.post(at("read-import-again", draft), {"sheet": "3", "header": "none"})
    draft.refresh_from_db()
    assert (draft.header_row, cells_of(draft, "candidate_id")) == (2, [("0003",), ("0004",)])
    assert "Only the sheet “June” was read." in plain(browser.get(at("import-preview", draft)))


def test_a_prefix_of_a_number_format_is_proposed(browser, exam):
    draft, text = preview_of(browser, exam, "extra-c-prefix-by-number-format.xlsx")
    assert "Use K0012" in text
    browser.post(at("mend-import", draft), {"use": "2-candidate_id"})
    draft.refresh_from_db()
    assert cells_of(draft, "candidate_id")[0] == ("K0012",)
    assert "Use 30" in text  # where the format shows 30 min


def test_letters_that_no_reading_shows_right_have_a_way_out(browser, exam):
    _draft, text = preview_of(browser, exam, "extra-d-windows-1250.csv", "add-from-sso")
    assert "save the list again as CSV UTF-8 or .xlsx" in text


def test_a_further_reading_of_the_letters_is_offered_where_it_looks_right(browser, exam):
    draft, text = preview_of(browser, exam, "extra-d-windows-1250.csv", "add-from-sso")
    assert "As Windows-1250 (Central Europe) they are: Łódź" in text
    chosen = {"encoding": "Windows-1250 (Central Europe)", "delimiter": ";", "header": "1"}
    browser.post(at("read-import-again", draft), {**chosen, "authentication_type": "campus"})
    draft.refresh_from_db()
    assert cells_of(draft, "building", "room") == [("Łódź", "Sala ćwiczeń")]
    assert draft.letters_to_confirm == ["Łódź", "ćwiczeń"]


@pytest.mark.parametrize("way", ["add-from-file", "add-from-sso"])
@pytest.mark.parametrize(
    ("name", "words"),
    [("extra-a-apple.numbers", "Export To, Excel or CSV"), ("extra-b.gsheet", "Download, Microsoft Excel (.xlsx)")],
)
def test_another_kind_of_file_is_refused_by_name_with_what_to_do(browser, exam, way, name, words):
    answer = upload(browser, exam, name, way)
    assert answer.status_code == 422
    assert words in plain(answer)


def with_sheets(**sheets):
    book = openpyxl.Workbook()
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return saved(book)


def test_where_no_sheet_holds_a_list_the_refusal_names_them(browser, exam):
    data = with_sheets(Guidance=[["Write one per row"]], Contact=[["Exam office"]])
    answer = upload(browser, exam, "list.xlsx", "add-from-sso", data)
    assert answer.status_code == 422
    words = "This is the sheet “Guidance”; the others do not fit either: “Contact”. Save the sheet with the list as"
    assert words in plain(answer)


def test_a_sheet_whose_columns_fit_is_read_where_the_first_does_not(browser, exam):
    rows = [["Anna", "anna@havnes.example"], ["Berit", "berit@havnes.example"]]
    data = with_sheets(Guidance=[["1234"], ["5678"]], List=rows)
    draft, text = preview_of(browser, exam, "list.xlsx", "add-from-sso", data)
    assert cells_of(draft, "sso_user_id") == [("anna@havnes.example",), ("berit@havnes.example",)]
    assert "Only the sheet “List” was read. Other sheets with content: “Guidance”." in text


def hidden_column():
    book = openpyxl.Workbook()
    for row in (["0001", "30", "15"], ["0002", "45", "20"]):
        book.active.append(row)
    book.active.column_dimensions["B"].hidden = True
    return saved(book)


def test_hidden_columns_are_named_and_can_be_left_out(browser, exam):
    book = openpyxl.load_workbook(io.BytesIO(hidden_column()))
    book.active.delete_cols(3)
    draft, text = preview_of(browser, exam, "list.xlsx", data=saved(book))
    assert "Column B is hidden in the spreadsheet, and is read like the others." in text
    browser.post(at("read-import-again", draft), {"hidden_columns": "out", "header": "none"})
    draft.refresh_from_db()
    assert cells_of(draft, "candidate_id", "extra_time") == [("0001", ""), ("0002", "")]
    assert "Column B is hidden in the spreadsheet, and is not read." in plain(browser.get(at("import-preview", draft)))


def test_a_sheet_of_hidden_columns_alone_is_not_read_without_them(browser, exam):
    book = openpyxl.load_workbook(io.BytesIO(hidden_column()))
    for letter in "ABC":
        book.active.column_dimensions[letter].hidden = True
    draft, _text = preview_of(browser, exam, "list.xlsx", data=saved(book))
    answer = browser.post(at("read-import-again", draft), {"hidden_columns": "out", "header": "none"})
    assert (answer.status_code, "All that the sheet holds stands in hidden columns." in plain(answer)) == (422, True)


def test_the_wrong_rows_of_a_list_with_merged_and_hidden_cells_come_back_as_they_were_read(browser, exam):
    draft, _text = preview_of(browser, exam, "03-merged-rooms.xlsx", "add-from-sso")
    browser.post(at("mend-import", draft), {"cell-4-sso_user_id": "with space@havnes.example"})
    content = browser.post(at("download-wrong-rows", draft)).content
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    assert rows[1][:5] == ("2303", "with space@havnes.example", None, "Vesthall", "V1")


GAPS = """Candidate ID;SSO user ID;Building;Room
0001;a@havnes.example;Vesthall;V1
0002;b@havnes.example;;
0003;c@havnes.example;;V2
0004;d@havnes.example;;
"""


@pytest.mark.parametrize("name", ["list.csv", "list.xlsx"])
def test_rooms_that_only_the_first_of_a_group_has_are_pointed_out_and_can_be_filled_down(browser, exam, name):
    """So merged cells come in a CSV file, and in rows that are pasted."""
    data = GAPS.encode() if name == "list.csv" else workbook([line.split(";") for line in GAPS.splitlines()])
    draft, text = preview_of(browser, exam, name, "add-from-sso", data)
    assert "Only rows 2, 4 name a building or room, as where cells were merged before." in text
    as_now = {"delimiter": ";", "header": "1", "authentication_type": "campus"}
    browser.post(at("read-import-again", draft), {**as_now, "from_above": "yes"})
    draft.refresh_from_db()
    assert cells_of(draft, "building", "room") == [("Vesthall", "V1")] * 2 + [("Vesthall", "V2")] * 2
    assert "were put in that of the row above" in plain(browser.get(at("import-preview", draft)))
    browser.post(at("mend-import", draft), {"cell-3-sso_user_id": "two words"})
    assert "Vesthall" in str(wrong_rows(browser, draft)[1])
    browser.post(at("read-import-again", draft), {**as_now, "from_above": "no"})
    draft.refresh_from_db()
    assert cells_of(draft, "room")[1] == ("",)


def wrong_rows(browser, draft):
    content = browser.post(at("download-wrong-rows", draft)).content
    if content[:2] == b"PK":
        return list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    return content.decode("utf-8-sig").splitlines()


@pytest.mark.parametrize(
    "rooms", [["V1", "V1", "V2", ""], ["", "V1", "", ""], ["", "", "", ""], ["V1", "V1", "V1", "V2"]]
)
def test_a_list_of_which_some_have_no_room_makes_no_noise(browser, exam, rooms):
    lines = [f"000{number};{number}@havnes.example;;Vesthall;{room}" for number, room in enumerate(rooms, start=1)]
    _draft, text = preview_of(browser, exam, "list.csv", "add-from-sso", "\n".join(lines).encode())
    assert "cells were merged" not in text


def test_of_two_rows_of_headings_the_lower_one_is_read_with_what_reaches_down_to_it(browser, exam):
    book = openpyxl.Workbook()
    for row in (
        ["Candidate ID", "SSO user ID", "Location", None],
        [None, None, "Building", "Room"],
        ["0001", "a@havnes.example", "Vesthall", "V1"],
        ["0002", "b@havnes.example", "Vesthall", "V2"],
    ):
        book.active.append(row)
    for place in ("A1:A2", "B1:B2", "C1:D1"):
        book.active.merge_cells(place)
    draft, text = preview_of(browser, exam, "list.xlsx", "add-from-sso", saved(book))
    wanted = [("0001", "Vesthall", "V1"), ("0002", "Vesthall", "V2")]
    assert (draft.header_row, cells_of(draft, "candidate_id", "building", "room")) == (2, wanted)
    assert "merged" not in text
    browser.post(at("read-import-again", draft), {"header": "2", "authentication_type": "campus"})
    draft.refresh_from_db()
    assert cells_of(draft, "candidate_id", "building", "room") == wanted
