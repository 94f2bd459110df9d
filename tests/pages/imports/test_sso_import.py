"""CSV import (SSO) as a planner sees it, templates, and the history with its undo."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from candidates.intake.drafts import rows_read
from candidates.models import Candidate, Import
from tests.factories import activated, make_test, open_now
from tests.intake.lists import confirmed, waiting
from tests.pages.imports.test_imports import at, ids_on, plain, press

LIST = "Kandidat-ID;SSO-bruker-ID;Ekstra tid;Bygning;Rom\n0001;anna@uni.no;30;Vesthall;V101\n0002;berit@uni.no;;;R102\n"


@pytest.fixture
def browser(planner, client_of):
    """A browser in which the planner is logged in."""
    return client_of(planner)


def page(test):
    return reverse("add-from-sso", args=[test.public_id])


def send(browser, test, text=LIST, **more):
    return browser.post(page(test), {"authentication_type": "campus", "paste": text, **more})


def test_the_menu_and_the_empty_list_offer_it_where_a_setup_is_enabled(browser, exam, settings):
    manage = reverse("candidates", args=[exam.public_id])
    assert page(exam) == f"/deliver/tests/{exam.public_id}/candidates/add/sso/"
    assert plain(browser.get(manage)).count("CSV import (SSO)") == 2
    settings.AUTHENTICATION_TYPES = []
    assert "CSV import (SSO)" not in plain(browser.get(manage))
    assert browser.get(page(exam)).status_code == 404
    assert send(browser, exam).status_code == 404


def test_a_list_goes_through_the_preview_to_manage_and_monitor(browser, exam):
    answer = send(browser, exam)
    draft = Import.objects.get()
    assert (draft.kind, draft.authentication_type) == ("sso", "campus")
    assert answer["Location"] == at("import-preview", draft)
    text = plain(browser.get(at("import-preview", draft)))
    for words in ("Authentication type Havnes Campus", "SSO user ID", "anna@uni.no", "Vesthall", "R102"):
        assert words in text
    press(browser, draft)
    manage = plain(browser.get(reverse("candidates", args=[exam.public_id])))
    for words in ("SSO", "anna@uni.no", "Vesthall V101", "R102"):
        assert words in manage
    shown = plain(browser.get(reverse("monitor-test", args=[exam.public_id])))
    assert "anna@uni.no" not in shown


@pytest.mark.parametrize("slug", ["", "unknown", "campus\x00"])
def test_a_setup_has_to_be_chosen_and_what_was_pasted_stays(browser, exam, slug):
    answer = send(browser, exam, authentication_type=slug)
    assert answer.status_code == 422
    assert "anna@uni.no" in answer.content.decode()
    assert not Import.objects.exists()


def test_with_one_setup_nothing_has_to_be_chosen(browser, exam, settings):
    nothing_chosen = '<option value=""'
    assert nothing_chosen in browser.get(page(exam)).content.decode()
    settings.AUTHENTICATION_TYPES = settings.AUTHENTICATION_TYPES[:1]
    text = browser.get(page(exam)).content.decode()
    assert 'value="campus"' in text
    assert nothing_chosen not in text


def test_the_same_file_on_the_page_for_one_time_users_says_where_it_belongs(browser, exam):
    answer = browser.post(reverse("add-from-file", args=[exam.public_id]), {"paste": LIST}, follow=True)
    assert "looks like SSO user ID, which only CSV import (SSO) reads" in plain(answer)
    assert "Only in CSV import (SSO)" in plain(answer)


def test_another_authentication_type_can_be_chosen_in_the_preview(browser, exam):
    send(browser, exam)
    draft = Import.objects.get()
    sent = {"delimiter": ";", "header": "1", "authentication_type": "entra"}
    assert browser.post(at("read-import-again", draft), sent).status_code == 302
    press(browser, draft)
    assert set(Candidate.objects.values_list("authentication_type", flat=True)) == {"entra"}


def test_a_type_that_was_switched_off_meanwhile_is_refused_in_a_sentence(browser, exam, settings):
    send(browser, exam)
    settings.AUTHENTICATION_TYPES = settings.AUTHENTICATION_TYPES[1:]
    draft = Import.objects.get()
    assert "The authentication type of this list is switched off." in plain(browser.get(at("import-preview", draft)))
    assert press(browser, draft).status_code == 422
    assert ids_on(exam) == []


@pytest.mark.parametrize("kind", ["one-time", "sso"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_templates_have_the_columns_and_can_be_filled_in(browser, exam, kind, ending):
    answer = browser.get(reverse(f"{kind}-template", args=[exam.public_id, ending]))
    assert answer["Content-Disposition"] == f'attachment; filename="candidates-{kind}-template.{ending}"'
    way = {"one-time": reverse("add-from-file", args=[exam.public_id]), "sso": page(exam)}[kind]
    empty = SimpleUploadedFile(f"a.{ending}", answer.content)
    refused = browser.post(way, {"file": empty, "authentication_type": "campus"})
    assert "There is a header, but no row with a candidate under it." in plain(refused)
    cells = ["0042", "anna@uni.no"] if kind == "sso" else ["0042"]
    filled = fill(answer.content, ending, cells)
    taken = browser.post(way, {"file": SimpleUploadedFile(f"a.{ending}", filled), "authentication_type": "campus"})
    assert taken.status_code == 302
    assert next(rows_read(Import.objects.get())).values["candidate_id"] == "0042"


def fill(content, ending, cells):
    if ending == "csv":
        return content + ",".join(cells).encode() + b"\r\n"
    book = openpyxl.load_workbook(io.BytesIO(content))
    for place, cell in enumerate(cells, 1):
        book.active.cell(2, place).value = cell
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["one-time-template", "sso-template"])
def test_there_is_no_template_of_another_kind(browser, exam, name):
    assert browser.get(reverse(name, args=[exam.public_id, "pdf"])).status_code == 404


# History and undo -----------------------------------------------------------------------------------------------------


def history(test):
    return reverse("imports", args=[test.public_id])


def undo(record, name="undo-import"):
    return reverse(name, args=[record.test.public_id, record.public_id])


def test_the_history_says_who_when_which_file_and_how_many(browser, exam, planner, colleague):
    assert "No list was added to this test yet" in plain(browser.get(history(exam)))
    confirmed(waiting(exam, colleague, "Candidate ID\n0001\n0002\n", name="hall.csv"), colleague)
    confirmed(waiting(exam, planner, LIST.replace("000", "100"), kind="sso", name=""), planner)
    text = plain(browser.get(history(exam)))
    assert "2 imports, newest first" in text
    assert text.index("Pasted rows") < text.index("hall.csv")
    for words in ("Marte Aune One-time users 2 added", "Ingrid Solheim Havnes Campus 2 added", "Undo"):
        assert words in text
    assert "Imports" in plain(browser.get(reverse("candidates", args=[exam.public_id])))


def test_undoing_asks_first_and_then_does_it_all(browser, exam, planner):
    confirmed(waiting(exam, planner, "Candidate ID\n0001\n0002\n"), planner)
    record = Import.objects.get()
    asked = plain(browser.get(undo(record)))
    for words in ("Undo the import of list.csv?", "2 candidates of this list are taken off", "Remove 2 candidates"):
        assert words in asked
    assert len(ids_on(exam)) == 2
    answer = browser.post(undo(record, "undo-import-confirmed"))
    assert answer["Location"] == history(exam)
    text = plain(browser.get(history(exam)))
    assert "2 candidates taken off the test." in text
    assert "by Ingrid Solheim" in text
    assert ids_on(exam) == []
    again = browser.post(undo(record, "undo-import-confirmed"))
    assert again.status_code == 409
    assert "This import was undone already." in plain(again)


def test_once_somebody_has_started_the_page_says_why_it_stays(browser, exam, planner):
    confirmed(waiting(exam, planner, "Candidate ID\n0001\n0002\n"), planner)
    open_now(activated(exam, planner))
    Candidate.objects.filter(candidate_id="0001").update(started_at=exam.opens_at)
    record = Import.objects.get()
    page_before = browser.get(undo(record))
    assert "1 candidate of this import has started (0001), so it stays." in plain(page_before)
    assert "Remove 2 candidates" not in plain(page_before)
    assert browser.post(undo(record, "undo-import-confirmed")).status_code == 409
    assert len(ids_on(exam)) == 2


def test_imports_of_another_test_are_not_there(browser, exam, planner, stranger):
    other = make_test(planner=stranger, name="CHE1100")
    confirmed(waiting(other, stranger, "Candidate ID\n0001\n"), stranger)
    record = Import.objects.get()
    for test_id in (exam.public_id, other.public_id):
        for name, method in (("undo-import", "get"), ("undo-import-confirmed", "post")):
            address = reverse(name, args=[test_id, record.public_id])
            assert getattr(browser, method)(address).status_code == 404
    assert Candidate.objects.count() == 1


@pytest.mark.parametrize("enabled", [True, False])
def test_a_list_that_is_gone_leads_back_to_every_way_of_uploading_one(browser, exam, settings, enabled):
    if not enabled:
        settings.AUTHENTICATION_TYPES = []
    html = browser.get(reverse("import-preview", args=[exam.public_id, "gone"])).content.decode()
    assert f'href="{reverse("add-from-file", args=[exam.public_id])}"' in html
    assert (f'href="{page(exam)}"' in html) is enabled
