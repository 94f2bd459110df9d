"""Adding one-time users from a file: upload, preview, confirm, cancel."""

import io
import os
import re
import tempfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from candidates.models import Candidate, Import, Test
from tests.data.csv.make import FILES
from tests.factories import activated, add, add_many, make_test
from tests.intake.samples import sample, workbook
from tests.intake.test_corpus import CORPUS, OWN, lists_in

GOOD = b"Candidate ID;Extra time\r\n0001;30\r\n0002;\r\n0003;25 %\r\n"


@pytest.fixture
def browser(client_of, planner):
    return client_of(planner)


def page(test):
    return reverse("add-from-file", args=[test.public_id])


def upload(browser, test, data=GOOD, name="list.csv", **more):
    return browser.post(page(test), {"file": SimpleUploadedFile(name, data), "paste": "", **more})


def the_draft(browser, test, data=GOOD, name="list.csv"):
    response = upload(browser, test, data, name)
    assert response.status_code == 302, response.content.decode()
    draft = Import.objects.filter(test=test).latest("pk")
    assert response["Location"] == f"/deliver/tests/{test.public_id}/candidates/imports/{draft.public_id}/"
    return draft


def at(name, draft):
    return reverse(name, args=[draft.test.public_id, draft.public_id])


def press(browser, draft, **more):
    """Press the button of the preview, with what its form carries."""
    return browser.post(at("confirm-import", draft), {"seen": seen_of(browser, draft), **more})


def seen_of(browser, draft):
    text = browser.get(at("import-preview", draft)).content.decode()
    return re.findall(r'name="seen" value="([^"]+)"', text)[0]


def ids_on(test):
    return list(Candidate.objects.of_test(test).values_list("candidate_id", flat=True))


def plain(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# Upload -------------------------------------------------------------------------------------------------------------


def test_the_page_asks_for_a_file_or_rows(browser, exam):
    response = browser.get(page(exam))
    assert page(exam) == f"/deliver/tests/{exam.public_id}/candidates/add/one-time/import/"
    for words in ("Add one-time users", "File", "Paste rows", "Continue", 'enctype="multipart/form-data"'):
        assert words in response.content.decode()


def test_pasted_rows_lead_to_the_preview(browser, exam):
    response = browser.post(page(exam), {"paste": "0001\t30\r\n0002\t\r\n"})
    draft = Import.objects.get()
    assert response["Location"] == at("import-preview", draft)
    text = plain(browser.get(at("import-preview", draft)))
    assert "Pasted rows, sent" in text
    assert "Rows pasted 2" in text
    assert "Rows 1 to 2 of those pasted." in text
    assert "file" not in text.replace("Import from file", "")
    assert "Separator Tab" in text
    press(browser, draft)
    assert ids_on(exam) == ["0001", "0002"]


def test_a_workbook_keeps_its_zeros_and_names_other_sheets(browser, exam):
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(workbook([["Candidate ID", "Extra time"], [7, 30]], {"A2": "0000"})))
    book.create_sheet("Old").append(["x"])
    stream = io.BytesIO()
    book.save(stream)
    response = browser.post(page(exam), {"file": SimpleUploadedFile("list.csv", stream.getvalue())}, follow=True)
    assert "Only the sheet “Sheet” was read. Other sheets with content: “Old”." in response.content.decode()
    press(browser, Import.objects.get())
    assert ids_on(exam) == ["0007"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"paste": ""}, "Choose a file, or paste rows below."),
        ({"paste": "  \n "}, "Choose a file, or paste rows below."),
        (
            {"paste": "0001", "file": SimpleUploadedFile("a.csv", b"0001")},
            "There is a file, and there are pasted rows.",
        ),
        ({"file": SimpleUploadedFile("a.csv", b"")}, "There is nothing in it"),
        ({"paste": "7" * (1024 * 1024 + 1)}, "The text has 1.0 MB"),
        ({"file": SimpleUploadedFile("a.csv", b"7" * (1024 * 1024 + 1))}, "a.csv has 1.0 MB"),
        ({"file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04" + bytes(5 * 1024 * 1024 - 3))}, "a.xlsx has 5.0 MB"),
        ({"paste": "Candidate ID,Password\n0001,42\n"}, "Passwords are not taken with candidates"),
    ],
)
def test_what_cannot_be_a_list_is_refused_with_a_sentence(browser, exam, sent, words):
    response = browser.post(page(exam), sent)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert "<title>Error: Add one-time users" in response.content.decode()
    assert not Import.objects.exists()


def test_what_stands_above_a_header_is_named(browser, exam):
    draft = the_draft(browser, exam, b"Anna01\nCandidate ID;Extra time\nA0002;5\n")
    said = plain(browser.get(at("import-preview", draft)))
    assert "Left out, because it stands above the header: “Anna01”." in said


def test_a_paste_of_three_megabytes_is_refused_with_the_reason(browser, exam):
    response = browser.post(page(exam), {"paste": "7" * (3 * 1024 * 1024)})
    assert response.status_code == 422
    assert "The text has 3.0 MB" in plain(response)


def test_pasted_rows_are_kept_when_they_are_refused(browser, exam):
    response = browser.post(page(exam), {"paste": "Candidate ID\n"})
    assert ">\nCandidate ID\n</textarea>" in response.content.decode()


def test_a_file_past_every_bound_ends_on_the_form_and_nothing_lands_on_disk(browser, exam, monkeypatch, tmp_path):
    def no_file(*_args, **_kwargs):
        raise AssertionError("a temporary file")

    for name in ("NamedTemporaryFile", "TemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, no_file)
    # a folder of its own: others may write into the usual one at the same moment
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    response = upload(browser, exam, b"0001,30\n" * 1_000_000)
    assert response.status_code == 422
    assert "The file has more than 5 MB." in response.content.decode()
    assert os.listdir(tmp_path) == []
    assert not Import.objects.exists()


def test_a_list_longer_than_a_test_is_refused_with_the_places_left(browser, exam, planner):
    add(exam, planner, "first")
    response = upload(browser, exam, b"\n".join(b"%d" % number for number in range(1501)))
    assert response.status_code == 422
    assert "1501 rows are more than a test holds (1500): this test has room for 1499 more." in plain(response)


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_file_with_a_defect_ends_in_a_preview_or_a_sentence(browser, exam, name):
    response = upload(browser, exam, sample(name), name)
    assert response.status_code == (302 if name.startswith("good_") else response.status_code)
    assert response.status_code in (302, 422)
    if response.status_code == 302:
        assert browser.get(response["Location"]).status_code == 200
    else:
        assert 'class="ds-validation-message"' in response.content.decode()
    assert ids_on(exam) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_real_files_end_in_a_preview_or_a_sentence(browser, exam):
    for path in [*OWN, *(lists_in(Path(CORPUS)) if CORPUS else [])]:
        response = upload(browser, exam, path.read_bytes(), path.name)
        assert response.status_code in (302, 422), path
        if response.status_code == 302:
            assert browser.get(response["Location"]).status_code == 200, path
    assert ids_on(exam) == []


def test_a_file_name_is_text_only(browser, exam):
    draft = the_draft(browser, exam, name="../../<script>x.csv")
    text = browser.get(at("import-preview", draft)).content.decode()
    assert "<script>x" not in text
    assert "&lt;script&gt;x.csv" in text


# Preview ------------------------------------------------------------------------------------------------------------


def test_the_preview_says_what_was_read_and_stores_nothing(browser, exam, planner):
    add(exam, planner, "first")
    text = plain(browser.get(at("import-preview", the_draft(browser, exam))))
    for words in (
        "Check the list before you add it",
        "list.csv, uploaded",
        "Nothing is stored on the test yet.",
        "Rows in the file 3",
        "Ready 3 rows",
        "To fix 0 rows",
        "To check 0 rows",
        "On the test when added 4 of 1500",
        "Encoding UTF-8",
        "Separator Semicolon",
        "Header Row 1",
        "25 % → 60",
        "Add 3 candidates",
        "Cancel",
        "Upload another file",
    ):
        assert words in text
    assert ids_on(exam) == ["first"]


def test_problems_come_first_with_row_column_cell_and_reason(browser, exam, planner):
    add(exam, planner, "taken")
    data = b"List of BIO2150\n\nCandidate ID,Extra time\n0001,30\n0001,\n,15\ntaken,30 min\n0004,\n1.23E+11,\n"
    response = browser.get(at("import-preview", the_draft(browser, exam, data)))
    text = plain(response)
    for words in (
        "4 problems to fix in 4 rows",
        "5 Candidate ID 0001 Row 4 has the same Candidate ID.",
        "6 Candidate ID empty Write a Candidate ID.",
        "7 Extra time 30 min Write whole minutes, like 30.",
        "9 Candidate ID 1.23E+11 Damaged by the spreadsheet: digits are lost.",
        "Rows in the file 6 Ready 2 rows To fix 4 rows",
        "Header Row 3 (rows above it are left out)",
        "You cannot add yet: fix or leave out 4 rows, then check again.",
    ):
        assert words in text
    assert text.index("4 problems to fix") < text.index("2 rows are ready")
    assert 'aria-disabled="true" aria-describedby="reason"' in response.content.decode()
    assert "<title>Error: 4 problems to fix in list.csv" in response.content.decode()


def test_pasted_rows_are_corrected_where_they_were_pasted(browser, exam):
    browser.post(page(exam), {"paste": "Candidate ID;Extra time\r\n0001;30\r\n0001;<b>\r\n00\u202e03;\r\n"})
    draft = Import.objects.get()
    preview = browser.get(at("import-preview", draft))
    text = plain(preview)
    for words in (
        "3 problems to fix in 2 rows",
        "Row 1 is the first line that you pasted.",
        "As pasted",
        "4 Candidate ID 00‹U+202E›03 There is a character inside that nobody can see: U+202E",
        "You cannot add yet: fix or leave out 2 rows, then check again.",
    ):
        assert words in text
    assert "uploaded" not in text
    assert "\u202e" not in preview.content.decode()
    back = f"{page(exam)}?rows={draft.public_id}"
    assert f'href="{back}">Back to the pasted rows</a>' in preview.content.decode()
    form = browser.get(back)
    pasted = form.context["form"]["paste"].value()
    assert pasted.splitlines() == ["Candidate ID;Extra time", "0001;30", "0001;<b>", "00‹U+202E›03;"]
    assert "0001;&lt;b&gt;" in form.content.decode()
    sent = form.context["form"]["paste"].value().replace("0001;<b>", "0002;15").replace("‹U+202E›", "")
    assert browser.post(back, {"paste": sent})["Location"] != at("import-preview", draft)
    press(browser, Import.objects.latest("pk"))
    assert ids_on(exam) == ["0001", "0002", "0003"]


def test_the_pasted_rows_of_others_and_of_lists_that_are_gone_do_not_come_back(browser, client_of, exam, colleague):
    client_of(colleague).post(page(exam), {"paste": "0001\n"})
    for name in (Import.objects.get().public_id, "gone", "\x00"):
        response = browser.get(page(exam), {"rows": name})
        assert response.status_code == 200
        assert "0001" not in response.content.decode()


@pytest.mark.parametrize("character", ["\x00", "\x07", "\u200b", "\u202e"])
def test_one_hidden_character_hides_no_other_problem(browser, exam, character):
    data = f"Candidate ID,Extra time\n00{character}01,30\n0002,half\n"
    sent = [{"paste": data}, {"file": SimpleUploadedFile("list.csv", data.encode())}]
    for one in sent:
        response = browser.get(browser.post(page(exam), one)["Location"])
        assert "2 problems to fix in 2 rows" in plain(response)
        assert f"2 Candidate ID 00‹U+{ord(character):04X}›01" in plain(response)
        assert "3 Extra time half Write whole minutes" in plain(response)
        assert character not in response.content.decode()
        assert press(browser, Import.objects.latest("pk")).status_code == 422
    assert ids_on(exam) == []


def test_ids_that_look_like_names_are_shown_and_do_not_block(browser, exam):
    draft = the_draft(browser, exam, b"Candidate ID\nKari Nordmann\n0001\n0002\n")
    text = plain(browser.get(at("import-preview", draft)))
    assert "1 Candidate ID looks like a name" in text
    assert "Graders see the Candidate ID." in text
    assert "To check 1" in text
    press(browser, draft)
    assert len(ids_on(exam)) == 3


def test_the_first_rows_are_shown_and_all_when_asked(browser, exam):
    draft = the_draft(browser, exam, b"\n".join(b"%04d" % number for number in range(1, 21)))
    first = browser.get(at("import-preview", draft))
    assert "Rows 1 to 8 and 18 to 20 of the file. Show all 20" in plain(first)
    assert first.content.decode().count('<th scope="row" class="id">00') == 11
    everything = browser.get(at("import-preview", draft) + "?all=1").content.decode()
    assert everything.count('<th scope="row" class="id">00') == 20
    assert "Show all" not in everything


def test_the_cells_of_a_hostile_file_are_text(browser, exam):
    draft = the_draft(browser, exam, b"Candidate ID,Extra time\n<script>alert(1)</script>,<img src=x>\n{{7*7}},\n")
    text = browser.get(at("import-preview", draft)).content.decode()
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "{{7*7}}" in text


def test_queries_of_the_preview_do_not_grow_with_the_rows(browser, exam):
    counts = []
    for count in (10, 1500):
        draft = the_draft(browser, exam, b"\n".join(b"%04d" % number for number in range(count)))
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(at("import-preview", draft) + "?all=1").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


# Confirm ------------------------------------------------------------------------------------------------------------


def test_confirming_adds_all_rows_and_ends_the_draft(browser, exam):
    draft = the_draft(browser, exam)
    response = press(browser, draft)
    assert response.status_code == 302
    assert response["Location"] == reverse("candidates", args=[exam.public_id])
    assert dict(Candidate.objects.values_list("candidate_id", "extra_minutes")) == {"0001": 30, "0002": 0, "0003": 60}
    assert [one.status for one in Import.objects.all()] == ["done"]
    said = [str(message) for message in browser.get(page(exam)).context["messages"]]
    assert said == ["3 candidates added."]


def test_candidates_of_an_activated_test_have_their_login_details_already(browser, scheduled_exam):
    draft = the_draft(browser, scheduled_exam, b"late\nlater\n")
    assert "they get a username and password at once" in plain(browser.get(at("import-preview", draft)))
    press(browser, draft)
    said = [str(message) for message in browser.get(page(scheduled_exam)).context["messages"]]
    assert said == ["2 candidates added. The test is activated, so they have a username and password already."]


def test_the_button_the_message_and_the_database_say_the_same_number(browser, exam):
    draft = the_draft(browser, exam, b"Candidate ID\n" + b"\n".join(b"%04d" % number for number in range(1, 1501)))
    assert "Add 1500 candidates" in plain(browser.get(at("import-preview", draft)))
    press(browser, draft)
    said = [str(message) for message in browser.get(page(exam)).context["messages"]]
    assert said == ["1500 candidates added."]
    assert len(ids_on(exam)) == 1500 == Test.objects.get(pk=exam.pk).candidate_count


def test_two_lists_of_one_person_wait_side_by_side_and_each_is_added(browser, exam):
    first = the_draft(browser, exam, b"hall1\nhall2\n")
    seen = seen_of(browser, first)
    second = the_draft(browser, exam, b"gym1\n")
    assert browser.post(at("confirm-import", first), {"seen": seen}).status_code == 302
    assert press(browser, second).status_code == 302
    assert ids_on(exam) == ["gym1", "hall1", "hall2"]


def test_the_same_list_in_two_tabs_is_added_once(browser, exam):
    first, second = the_draft(browser, exam), the_draft(browser, exam)
    seen = seen_of(browser, second)
    press(browser, first)
    response = browser.post(at("confirm-import", second), {"seen": seen})
    assert response.status_code == 409
    assert "3 candidates are on the test already" in plain(response)
    assert "say what happens to the 3 candidates who are on the test already" in plain(response)
    assert len(ids_on(exam)) == 3


def test_a_list_that_waits_no_longer_says_why_and_where_to_go(browser, exam):
    draft = the_draft(browser, exam)
    for _number in range(5):
        the_draft(browser, exam)
    for name, method in DRAFT_PAGES:
        response = getattr(browser, method)(at(name, draft))
        assert response.status_code == 404
        assert "This list is not waiting any more" in plain(response)
        assert "until 5 newer ones are uploaded" in plain(response)
        assert f'href="{page(exam)}"' in response.content.decode()
    assert ids_on(exam) == []


def test_confirming_twice_adds_once_and_says_so(browser, exam):
    draft = the_draft(browser, exam)
    press(browser, draft)
    for response in (
        browser.post(at("confirm-import", draft), {"seen": "x"}),
        browser.get(at("import-preview", draft)),
    ):
        assert response.status_code == 404
        assert "This list has been added already" in response.content.decode()
        assert reverse("candidates", args=[exam.public_id]) in response.content.decode()
    assert len(ids_on(exam)) == 3


def test_pressed_with_problems_nothing_is_added_and_the_problems_are_shown(browser, exam):
    draft = the_draft(browser, exam, b"0001,30\n0001,\n")
    response = press(browser, draft)
    assert response.status_code == 422
    assert "1 problem to fix" in plain(response)
    assert "data-focus" in response.content.decode()
    assert ids_on(exam) == []
    assert Import.objects.exists()


@pytest.mark.parametrize("codec", ["cp1252", "utf-16"])
def test_letters_that_were_guessed_must_be_confirmed(browser, exam, codec):
    draft = the_draft(browser, exam, "Candidate ID;Extra time\nÅse;30\nØystein;\n".encode(codec))
    text = browser.get(at("import-preview", draft)).content.decode()
    assert "The letters are right: <strong>Åse</strong>, <strong>Øystein</strong>" in text
    response = press(browser, draft)
    assert response.status_code == 422
    assert response.content.decode().count("Check the letters and tick this box if they are right.") == 2
    assert "The letters are right: Check the letters" in plain(response)
    assert "&lt;" not in response.content.decode()
    assert ids_on(exam) == []
    assert press(browser, draft, letters="on").status_code == 302
    assert set(ids_on(exam)) == {"Åse", "Øystein"}


def test_a_list_that_no_longer_fits_is_refused_whole(browser, exam, planner):
    draft = the_draft(browser, exam)
    add_many(exam, planner, 1498)
    Candidate.objects.filter(candidate_key__in=["0001", "0002", "0003"]).delete()
    response = press(browser, draft)
    assert response.status_code == 422
    assert "this test has room for 2 more" in plain(response)
    assert len(ids_on(exam)) == 1495


@pytest.mark.parametrize("change", ["taken", "activated", "edited"])
def test_what_changed_since_the_preview_asks_to_look_again(browser, exam, planner, colleague, change):
    add(exam, planner, "first")
    draft = the_draft(browser, exam)
    seen = seen_of(browser, draft)
    if change == "taken":
        add(exam, colleague, "0002")
    elif change == "activated":
        activated(exam, colleague)
    response = browser.post(at("confirm-import", draft), {"seen": seen if change != "edited" else "0" * 16})
    assert response.status_code == 409
    assert "has changed since you looked at it" in plain(response)
    assert "0001" not in ids_on(exam)
    assert Import.objects.exists()


def test_cancelling_deletes_the_draft_and_adds_nobody(browser, exam):
    draft = the_draft(browser, exam)
    response = browser.post(at("cancel-import", draft))
    assert response["Location"] == reverse("candidates", args=[exam.public_id])
    assert not Import.objects.exists()
    assert ids_on(exam) == []
    assert browser.get(at("import-preview", draft)).status_code == 404


# Who may ------------------------------------------------------------------------------------------------------------


DRAFT_PAGES = [("import-preview", "get"), ("confirm-import", "post"), ("cancel-import", "post")]


@pytest.mark.parametrize(("name", "method"), DRAFT_PAGES)
def test_a_draft_is_its_owners_and_its_tests_only(browser, client_of, exam, planner, colleague, name, method):
    draft = the_draft(browser, exam)
    other = make_test(planner=planner, name="CHE1100")
    assert getattr(client_of(colleague), method)(at(name, draft)).status_code == 404
    elsewhere = reverse(name, args=[other.public_id, draft.public_id])
    assert getattr(browser, method)(elsewhere).status_code == 404
    assert Import.objects.filter(pk=draft.pk).exists()
    assert ids_on(exam) == []


@pytest.mark.parametrize(("name", "method"), DRAFT_PAGES)
def test_an_expired_draft_is_404(browser, exam, name, method):
    draft = the_draft(browser, exam)
    Import.objects.update(created_at="2020-01-01T00:00Z", expires_at="2020-01-02T00:00Z")
    assert getattr(browser, method)(at(name, draft)).status_code == 404
    assert ids_on(exam) == []


@pytest.mark.parametrize(("name", "method"), [*DRAFT_PAGES, ("add-from-file", "post")])
def test_a_stranger_gets_404_other_roles_403_and_nobody_the_login_page(
    browser, client_of, exam, stranger, invigilator, name, method
):
    draft = the_draft(browser, exam)
    address = page(exam) if name == "add-from-file" else at(name, draft)
    assert getattr(client_of(stranger), method)(address).status_code == 404
    assert getattr(client_of(invigilator), method)(address).status_code == 403
    assert getattr(client_of(None), method)(address)["Location"].startswith("/login/")


@pytest.mark.parametrize("name", ["confirm-import", "cancel-import"])
def test_acts_are_asked_by_post_only(browser, exam, name):
    draft = the_draft(browser, exam)
    assert browser.get(at(name, draft)).status_code == 405
    assert browser.post(at("import-preview", draft)).status_code == 405
    assert Import.objects.exists()


def test_the_test_of_the_draft_is_counted_right_after_the_import(browser, exam):
    press(browser, the_draft(browser, exam))
    assert Test.objects.get(pk=exam.pk).candidate_count == 3 == len(ids_on(exam))
