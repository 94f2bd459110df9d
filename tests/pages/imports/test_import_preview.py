"""What a planner does in the preview: mend, leave out, choose, read again, take the wrong rows away and back."""

import csv
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from candidates.intake.drafts import rows_read
from candidates.intake.importing import preview
from candidates.models import AuditEvent, Candidate, Import
from tests.factories import add
from tests.intake.lists import waiting
from tests.pages.imports.test_imports import at, ids_on, plain, press, seen_of

HEAD = "Candidate ID;Extra time\n"
WRONG = f"{HEAD}0001;30 min\n0001;\nKari Nordmann;\n0004;10\n"
ACTS = ["mend-import", "read-import-again", "download-wrong-rows", "upload-mended-rows"]


@pytest.fixture
def browser(planner, client_of):
    """A browser in which the planner is logged in."""
    return client_of(planner)


def shown(browser, draft):
    return browser.get(at("import-preview", draft))


def test_every_wrong_cell_has_its_field_its_proposal_and_a_way_out(browser, exam, planner):
    html = shown(browser, waiting(exam, planner, WRONG)).content.decode()
    assert 'name="cell-2-extra_time" value="30 min"' in html
    assert 'aria-label="Extra time, row 2"' in html
    assert 'name="use" value="2-extra_time">Use 30</button>' in html
    assert 'name="leave_out" value="3"' in html
    assert "Check again" in html
    assert "fix or leave out 2 rows, then check again" in plain(shown(browser, Import.objects.get()))


def test_check_again_keeps_what_was_typed_and_leads_back_to_the_preview(browser, exam, planner):
    draft = waiting(exam, planner, WRONG)
    answer = browser.post(at("mend-import", draft), {"cell-2-extra_time": "30", "cell-3-candidate_id": "0001"})
    assert answer["Location"] == at("import-preview", draft)
    text = plain(shown(browser, draft))
    assert "1 problem to fix in 1 row" in text
    assert "30 min → 30 min" in text  # before and after, with the unit
    browser.post(at("mend-import", draft), {"cell-3-candidate_id": "0002"})
    assert "3 candidates" not in plain(shown(browser, draft))
    assert press(browser, draft).status_code == 302
    assert ids_on(exam) == ["0001", "0002", "0004", "Kari Nordmann"]


def test_pressing_add_with_typed_cells_writes_them_and_shows_the_list_once_more(browser, exam, planner):
    draft = waiting(exam, planner, WRONG)
    cells = {"cell-2-extra_time": "30", "cell-3-candidate_id": "0002", "seen": seen_of(browser, draft)}
    answer = browser.post(at("confirm-import", draft), cells)
    assert answer.status_code == 422
    assert "Your changes are in the list, which is not added yet." in plain(answer)
    assert ids_on(exam) == []
    assert press(browser, draft).status_code == 302
    assert len(ids_on(exam)) == 4


def test_a_row_is_left_out_named_and_can_come_back(browser, exam, planner):
    draft = waiting(exam, planner, WRONG)
    browser.post(at("mend-import", draft), {"leave_out": "3", "cell-2-extra_time": "30"})
    text = plain(shown(browser, draft))
    assert "Rows left out 3 Take them back in" in text
    assert "Left out 1 row" in text
    assert "Add 3 candidates" in text
    browser.post(at("mend-import", draft), {"take_back": "1"})
    assert "1 problem to fix" in plain(shown(browser, draft))


def test_names_become_generated_numbers_with_one_press(browser, exam, planner):
    draft = waiting(exam, planner, f"{HEAD}Kari Nordmann;30\nOla Berg;\n0003;\n")
    assert "Use generated numbers instead" in plain(shown(browser, draft))
    browser.post(at("mend-import", draft), {"generate": "personal"})
    text = plain(shown(browser, draft))
    assert "look like names" not in text
    assert "Kari Nordmann →" in text
    press(browser, draft)
    kari = Candidate.objects.get(private_reference="Kari Nordmann")
    assert kari.candidate_id in ("0004", "0005")
    assert kari.extra_minutes == 30


def test_what_happens_to_candidates_on_the_test_is_asked_and_shown(browser, exam, planner):
    add(exam, planner, "0001", extra=15)
    draft = waiting(exam, planner, f"{HEAD}0001;30\n0002;\n")
    text = plain(shown(browser, draft))
    assert "1 candidate is on the test already" in text
    assert "say what happens to the candidate who is on the test already, then check again" in text
    browser.post(at("mend-import", draft), {"existing": "update"})
    text = plain(shown(browser, draft))
    assert "15 → 30" in text
    assert "Add 1 and update 1 candidates" in text
    said = press_and_say(browser, draft)
    assert said == ["1 candidate added. 1 candidate updated."]


def press_and_say(browser, draft):
    assert press(browser, draft).status_code == 302
    manage = browser.get(reverse("candidates", args=[draft.test.public_id]))
    return [str(message) for message in manage.context["messages"]]


def test_a_file_that_was_imported_before_is_recognised(browser, exam, planner, colleague):
    text = f"{HEAD}0001;30\n"
    first = waiting(exam, colleague, text)
    from tests.intake.lists import confirmed

    confirmed(first, colleague)
    again = plain(shown(browser, waiting(exam, planner, text)))
    assert "This file was imported here" in again
    assert "by Marte Aune: 1 added." in again
    assert "imported here" not in plain(shown(browser, waiting(exam, planner, f"{HEAD}0002;\n")))


def test_another_separator_reads_the_file_again_and_drops_what_was_mended(browser, exam, planner):
    draft = waiting(exam, planner, "a;b,1\nc;d,2\n")
    browser.post(at("mend-import", draft), {"leave_out": "1"})
    sent = {"delimiter": ";", "header": "none", "encoding": "UTF-8"}
    answer = browser.post(at("read-import-again", draft), sent)
    assert answer["Location"] == at("import-preview", draft)
    draft.refresh_from_db()
    assert draft.delimiter == ";"
    assert [row.values for row in rows_read(draft)] == [
        {"candidate_id": "a", "extra_time": "b,1"},
        {"candidate_id": "c", "extra_time": "d,2"},
    ]
    assert draft.left_out == []
    assert "What you had changed in it before is dropped." in plain(shown(browser, draft))


def test_another_header_row_can_be_chosen_and_a_wrong_one_changes_nothing(browser, exam, planner):
    draft = waiting(exam, planner, f"{HEAD}0001;30\n0002;\n")
    assert browser.post(at("read-import-again", draft), {"delimiter": ";", "header": "none"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.header_row, len(list(rows_read(draft)))) == (None, 3)
    answer = browser.post(at("read-import-again", draft), {"delimiter": ";", "header": "3"})
    assert answer.status_code == 422
    assert "The list cannot be read in this way; it stays as it was" in plain(answer)
    draft.refresh_from_db()
    assert (draft.header_row, len(list(rows_read(draft)))) == (None, 3)


@pytest.mark.parametrize("sent", [{}, {"header": "77"}, {"header": "none", "delimiter": "x"}])
def test_a_reading_that_is_not_offered_is_refused(browser, exam, planner, sent):
    draft = waiting(exam, planner, WRONG)
    assert browser.post(at("read-import-again", draft), sent).status_code == 422
    draft.refresh_from_db()
    assert draft.header_row == 1


def test_the_wrong_rows_come_as_the_same_kind_of_file_and_go_back_in(browser, exam, planner):
    source = f"Eksamen\n\n{HEAD}0001;30 min\n0001;\nÅse;15\n0004;10\n".encode("cp1252")
    draft = waiting(exam, planner, source)
    answer = browser.post(at("download-wrong-rows", draft))
    assert answer["Content-Disposition"].startswith('attachment; filename="bio2150')
    lines = list(csv.reader(io.StringIO(answer.content.decode("cp1252"), newline=""), delimiter=";"))
    assert lines == [
        ["Candidate ID", "Extra time", f"Problem ({draft.public_id})"],
        ["0001", "30 min", "Row 4: Extra time: Write whole minutes, like 30."],
        ["0001", "", "Row 5: Candidate ID: Row 4 has the same Candidate ID."],
    ]
    event = AuditEvent.objects.get(action="wrong_rows_downloaded")
    assert (event.actor, event.count) == (planner, 2)
    mended = answer.content.replace(b"30 min", b"30").replace(b"\n0001;;", b"\n0002;;")
    browser.post(at("upload-mended-rows", draft), {"file": SimpleUploadedFile("mended.csv", mended)})
    text = plain(shown(browser, draft))
    assert "2 rows were read from the file. The other rows are as they were." in text
    assert "problem" not in text
    press(browser, draft, letters="on")
    stored = dict(Candidate.objects.of_test(exam).values_list("candidate_id", "extra_minutes"))
    assert stored == {"0001": 30, "0002": 0, "Åse": 15, "0004": 10}


def taken(browser, draft):
    return browser.post(at("download-wrong-rows", draft)).content


def handed_back(browser, draft, content, name="m.csv"):
    return browser.post(at("upload-mended-rows", draft), {"file": SimpleUploadedFile(name, content)})


def ready(draft):
    draft = Import.objects.get(pk=draft.pk)
    return [(row.candidate_id, row.extra_minutes) for row in preview(draft).ready]


def test_wrong_rows_of_one_list_change_nothing_of_another(browser, exam, planner):
    other = waiting(exam, planner, f"{HEAD}A1;\nA2;x\n")
    draft = waiting(exam, planner, f"{HEAD}B1;\nB2;y\n")
    assert handed_back(browser, draft, taken(browser, other)).status_code == 422
    assert Import.objects.get(pk=draft.pk).mends == {}


def test_what_was_mended_in_the_preview_is_in_the_file_of_wrong_rows(browser, exam, planner):
    draft = waiting(exam, planner, f"{HEAD}100;\n100;30 min\n")
    browser.post(at("mend-import", draft), {"cell-3-candidate_id": "101", "leave_out": "2"})
    draft.refresh_from_db()
    content = taken(browser, draft)
    assert b"101;30 min;" in content
    handed_back(browser, draft, content.replace(b"30 min", b"30"))
    assert ready(draft) == [("101", 30)]


@pytest.mark.parametrize(("typed", "left"), [(None, ["x"]), ("", []), ("y", ["y"])])
def test_the_cells_too_many_of_a_wrong_row_are_downloaded_as_they_were_mended(browser, exam, planner, typed, left):
    draft = waiting(exam, planner, f"{HEAD}0001;\n0002;30 min;x\n0003;\n")
    browser.post(at("mend-import", draft), {} if typed is None else {"cell-3-": typed})
    draft.refresh_from_db()
    (_heads, row) = csv.reader(io.StringIO(taken(browser, draft).decode("utf-8-sig")), delimiter=";")
    assert row[:-1] == ["0002", "30 min", *left]
    assert row[-1].startswith("Row 3: ")


def test_the_guard_against_formulas_goes_out_and_in_once(browser, exam, planner):
    draft = waiting(exam, planner, f"{HEAD}'=x1;30 min\n")
    handed_back(browser, draft, taken(browser, draft).replace(b"30 min", b"30"))
    assert ready(draft) == [("=x1", 30)]


def test_a_mended_file_is_read_in_the_encoding_of_its_list_and_its_letters_are_confirmed(browser, exam, planner):
    source = f"{HEAD}Bjørn1;\nÅse2;\nKåre4;30 min\n".encode("mac_roman")
    draft = waiting(exam, planner, source)
    assert draft.encoding == "Mac Roman"
    handed_back(browser, draft, taken(browser, draft).replace(b"30 min", b"30"))
    assert ("Kåre4", 30) in ready(draft)
    plain_list = waiting(exam, planner, f"{HEAD}0001;\n0002;30 min\n")
    content = (
        taken(browser, plain_list).removeprefix(b"\xef\xbb\xbf").replace(b"0002;30 min", "Kåre;30".encode("cp1252"))
    )
    handed_back(browser, plain_list, content)
    plain_list.refresh_from_db()
    assert plain_list.letters_to_confirm == ["Kåre"]
    assert press(browser, plain_list).status_code == 422


def test_cells_that_a_spreadsheet_changed_do_not_come_in_through_a_mended_workbook(browser, exam, planner):
    draft = waiting(exam, planner, f"{HEAD}0001;30 min\n")
    book = openpyxl.Workbook()
    book.active.append(["Candidate ID", "Extra time", f"Problem ({draft.public_id})"])
    book.active.append([1234567890123456789, 5, "Row 2: x"])
    stream = io.BytesIO()
    book.save(stream)
    answer = handed_back(browser, draft, stream.getvalue(), "m.xlsx")
    assert answer.status_code == 422
    assert "the spreadsheet changed Candidate ID" in plain(answer)


def test_a_field_that_nobody_touched_joins_no_lines(browser, exam, planner):
    draft = waiting(exam, planner, f'{HEAD}"12\n13";\n0002;30 min\n')
    # a browser takes line breaks out of the value of a text field
    browser.post(at("mend-import", draft), {"cell-2-candidate_id": "1213", "use": "3-extra_time"})
    assert ready(draft) == [("0002", 30)]


def test_a_long_field_that_nobody_touched_is_not_cut(browser, exam, planner):
    long = "x" + "\u2003" * 1500 + "y"
    draft = waiting(exam, planner, f"{HEAD}{long};\n0002;\n")
    browser.post(at("mend-import", draft), {"cell-2-candidate_id": long})
    assert ready(draft) == [("0002", 0)]


def test_wrong_rows_of_a_workbook_come_as_a_workbook_of_text(browser, exam, planner):
    book = openpyxl.Workbook()
    for row in (["Candidate ID", "Extra time"], ["0001", "x"], ["=1+1", 5]):
        book.active.append(row)
        book.active.cell(book.active.max_row, 1).data_type = "s"
    stream = io.BytesIO()
    book.save(stream)
    draft = waiting(exam, planner, stream.getvalue(), name="list.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(browser.post(at("download-wrong-rows", draft)).content)).active
    assert [cell.value for cell in sheet[2]] == ["0001", "x", "Row 2: Extra time: Write whole minutes, like 30."]
    assert sheet[2][0].number_format == "@"


def test_without_a_wrong_row_there_is_nothing_to_download(browser, exam, planner):
    draft = waiting(exam, planner, f"{HEAD}0001;\n")
    assert browser.post(at("download-wrong-rows", draft))["Location"] == at("import-preview", draft)
    assert "No row of this list has a problem now." in plain(shown(browser, draft))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Candidate ID;Extra time\n0002;\n", "does not say in the column Problem which row of the list it is"),
        (b"Candidate ID;Problem\n0002;Row 99: x\n", "would replace row 99 of the list, which is right or not there"),
        (b"Candidate ID;Problem\n0002;Row 5: x\n", "would replace row 5 of the list, which is right or not there"),
        (b"Candidate ID;Problem\n0002;Row 3: x\n", "These are the wrong rows of another list."),
        (b"Candidate ID;Problem\n1;Row 3: x\n2;Row 3: x\n", "Row 3 is a second one for row 3 of the list."),
        (b"Candidate ID;Password;Problem\n0002;42;Row 3: x\n", "Passwords are not taken"),
        (b"", "There is nothing in it"),
    ],
)
def test_a_file_that_does_not_name_its_rows_changes_nothing(browser, exam, planner, content, words):
    draft = waiting(exam, planner, WRONG)
    answer = browser.post(at("upload-mended-rows", draft), {"file": SimpleUploadedFile("m.csv", content)})
    assert answer.status_code == 422
    assert "No row was changed" in plain(answer)
    assert words in plain(answer)
    draft.refresh_from_db()
    assert draft.mends == {}


@pytest.mark.parametrize("name", ACTS)
def test_what_is_done_to_a_list_belongs_to_its_owner_and_needs_a_post(client_of, exam, planner, colleague, name):
    draft = waiting(exam, planner, WRONG)
    assert client_of(planner).get(at(name, draft)).status_code == 405
    assert client_of(colleague).post(at(name, draft)).status_code == 404
    draft.refresh_from_db()
    assert (draft.mends, draft.left_out) == ({}, [])


@pytest.mark.parametrize("name", ACTS)
def test_a_list_that_is_gone_says_why(browser, exam, planner, name):
    draft = waiting(exam, planner, WRONG)
    Import.objects.all().delete()
    answer = browser.post(at(name, draft), {"header": "none"})
    assert answer.status_code == 404
    assert "This list is not waiting any more" in plain(answer)


def test_300_wrong_rows_show_200_fields_and_the_way_through_a_file(browser, exam, planner):
    draft = waiting(exam, planner, HEAD + "".join(f"{n:04};x\n" for n in range(300)))
    html = shown(browser, draft).content.decode()
    assert html.count('name="cell-') == 200
    assert "The first 200 can be fixed here." in html
    cells = {f"cell-{n}-extra_time": "5" for n in range(2, 202)}
    assert browser.post(at("mend-import", draft), cells).status_code == 302
    assert "100 problems to fix" in plain(shown(browser, draft))
