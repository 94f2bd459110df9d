"""The pages of the import of permanent users: upload, preview, mending, start, progress, cancel."""

import io
import re
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from candidates.intake.accounts.formats import save_format
from candidates.intake.accounts.reporting import seen_of
from candidates.intake.accounts.running import start_import, work_on
from candidates.intake.kinds import UserFile
from candidates.intake.reading import USER_BOUNDS
from candidates.lifecycle.user_lists import delete_list, make_list
from candidates.models import AuditEvent, Import, ListShare, PermanentUser, PermanentUserList, User
from candidates.operations.schedule import be_seen
from candidates.tabular import upload
from tests.factories import make_permanent, make_staff, make_test
from tests.intake.accounts.files import form, run_through, waiting_users
from tests.intake.samples import saved
from tests.pages.imports.test_imports import plain

pytestmark = pytest.mark.django_db
HOME = "/permanent-users/import/"
GOOD = "correct horse battery"


def file(text: str | bytes, name: str = "users.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


@pytest.fixture
def browser(client_of, administrator) -> Client:
    client: Client = client_of(administrator)
    return client


def page_of(waiting: Import, part: str = "") -> str:
    return f"{HOME}{waiting.public_id}/{part}"


def test_a_file_becomes_users_on_a_list_and_leads_back_to_the_test(browser: Client, administrator: User) -> None:
    User.objects.filter(pk=administrator.pk).update(is_planner=True)
    test = make_test(planner=administrator)
    mine = PermanentUserList.objects.create(owner=administrator, name="Biology")
    assert test.public_id in browser.get(f"{HOME}?test={test.public_id}").content.decode()
    sent = {"file": file(f"Kari,N,kari,{GOOD}\nOla,H,,\n"), "add_to": mine.public_id, "test": test.public_id}
    preview = browser.post(HOME, sent)
    waiting = Import.objects.get()
    assert preview["Location"] == page_of(waiting)
    shown = browser.get(preview["Location"])
    assert "Import 2 users" in shown.content.decode()
    started = browser.post(page_of(waiting, "start/"), {"seen": shown.context["seen"]})
    assert started["Location"] == page_of(waiting, "progress/")
    assert "0 of 2 rows" in browser.get(started["Location"]).content.decode()
    work_on(waiting.public_id)
    done = browser.get(started["Location"]).content.decode()
    assert "2 users are imported." in done
    assert f"/deliver/tests/{test.public_id}/candidates/" in done
    assert mine.members.count() == 2
    assert "HX-Refresh" in browser.get(page_of(waiting, "progress/live/")).headers


def test_without_a_file_and_with_both_it_says_so(browser: Client) -> None:
    answer = browser.post(HOME, {"paste": ""})
    assert (answer.status_code, "Choose a file, or paste rows" in answer.content.decode()) == (422, True)
    both = browser.post(HOME, {"paste": "Kari,N", "file": file("Kari,N")})
    assert "Send one of them" in both.content.decode()
    lists = browser.post(HOME, {"paste": "Kari,N", "new_list": "a\u202eb"})
    assert lists.status_code == 422


@pytest.mark.parametrize("chosen", ["usual", "stored"])
def test_pasted_rows_that_may_hold_passwords_are_not_shown_again(browser, administrator, chosen: str) -> None:
    kept = save_format(form("first_name", "last_name"), by=administrator)
    sent = {"paste": "Fornavn,Passord,=cmd\nKari,my-secret-words-9,41\n"}
    answer = browser.post(HOME, sent | {"format": kept.public_id if chosen == "stored" else "usual"})
    assert answer.status_code == 422
    assert "my-secret" not in answer.content.decode()
    assert "Paste them once more" in answer.content.decode()


def test_pasted_rows_without_passwords_are_not_lost(browser: Client, administrator: User) -> None:
    kept = save_format(form("first_name", "last_name"), by=administrator)
    answer = browser.post(HOME, {"paste": "Fornavn,=cmd\nKari,41\n", "format": kept.public_id})
    assert "Kari,41" in answer.content.decode()


def test_the_format_that_is_chosen_is_used_whether_or_not_its_columns_were_shown(browser, administrator) -> None:
    kept = save_format(form("last_name", "first_name"), by=administrator)
    page = browser.get(HOME).content.decode()
    assert re.search(r'<select[^>]* name="format" form="upload">', page)
    assert page.count('name="format"') == 1  # nothing beside it could win over the choice
    browser.post(HOME, {"format": kept.public_id, "paste": "Nordmann,Kari\n"})
    assert Import.objects.get().columns[0][0] == "last_name"


def test_showing_the_columns_of_a_format_keeps_what_is_typed_and_reads_nothing(browser, administrator) -> None:
    kept = save_format(form("first_name", "last_name"), by=administrator)
    sent = {"show": "1", "format": kept.public_id, "paste": "Kari,Nordmann\n", "new_list": "Biology"}
    answer = browser.post(HOME, sent)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'<option value="{kept.public_id}" selected>' in page
    assert "Kari,Nordmann" in page
    assert 'value="Biology"' in page
    secret = browser.post(HOME, sent | {"paste": "Fornavn,Passord\nKari,my-secret-words-9\n"}).content.decode()
    assert "my-secret" not in secret
    assert "Paste them once more." in secret
    assert not Import.objects.exists()


@pytest.mark.slow
def test_a_large_file_is_taken_here_and_nowhere_else(browser: Client, monkeypatch) -> None:
    rows = "Fornavn,Etternavn\n" + "".join(f"Kari,Nordmann number {number:07}\n" for number in range(200_000))
    assert len(rows) > upload.MAX_UPLOAD
    answer = browser.post(HOME, {"file": file(rows)})
    assert "200000 rows, and 150000 are read at once" in answer.content.decode()
    monkeypatch.setattr(upload.LargeUploadHandler, "most", 1000)
    assert "more than 50 MB" in browser.post(HOME, {"file": file(rows)}).content.decode()


def test_the_upload_is_still_guarded_against_forged_requests(administrator: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator, backend="candidates.signin.backends.PasswordBackend")
    assert client.post(HOME, {"paste": "Kari,N,,\n"}).status_code == 403
    client.get(HOME)
    token = client.cookies["csrftoken"].value
    assert client.post(HOME, {"paste": "Kari,N,,\n", "csrfmiddlewaretoken": token}).status_code == 302


def test_who_may_not_import_is_refused_before_the_body_is_read(client_of, planner: User) -> None:
    assert client_of(planner).post(HOME, {"file": file("Kari,N")}).status_code == 403


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_template_has_the_headings_of_the_format_and_is_read_again(browser, administrator, ending: str) -> None:
    kept = save_format(form("last_name", "first_name", "username"), by=administrator)
    answer = browser.get(f"{HOME}template.{ending}?format={kept.public_id}")
    if ending == "csv":
        assert answer.content.decode("utf-8-sig") == "Last name,First name,Username\r\n"
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert [cell.value for cell in next(sheet.iter_rows())] == ["Last name", "First name", "Username"]
    assert browser.get(f"{HOME}template.pdf").status_code == 404


def test_problems_are_mended_in_place_and_rows_left_out(browser: Client, administrator: User) -> None:
    waiting = waiting_users(
        administrator, f"Kari,N,ka ri,{GOOD}\nOla,H,ola,short\n,,,\nx,,administrator,\nP,,per,kort\n"
    )
    address = page_of(waiting)
    assert "Make one for this person" in browser.get(address).content.decode()
    browser.post(page_of(waiting, "mend/"), {"use": "1-username"})
    browser.post(page_of(waiting, "mend/"), {"make_password": "2"})
    browser.post(page_of(waiting, "mend/"), {"cell-4-username": "xx", "was-4-username": "administrator"})
    browser.post(page_of(waiting, "mend/"), {"cell-5-password": "a-typed-long-password", "was-5-password": ""})
    waiting.refresh_from_db()
    assert [(row, column) for row, column, *_rest in waiting.report["problems"]] == [(5, "password")]
    browser.post(page_of(waiting, "mend/"), {"leave_out": "5"})
    page = browser.get(address)
    assert "Import 3 users" in page.content.decode()
    browser.post(page_of(waiting, "mend/"), {"take_back": "1"})
    browser.post(page_of(waiting, "mend/"), {"for_all": "passwords"})
    assert "Import 4 users" in browser.get(address).content.decode()
    browser.post(page_of(waiting, "mend/"), {"start_over": "1"})
    waiting.refresh_from_db()
    assert waiting.report["problem_count"] == 4


def test_a_username_that_is_emptied_leaves_a_password_that_nobody_could_use(browser, administrator: User) -> None:
    waiting = waiting_users(administrator, f"Kari,N,kari,{GOOD}\n")
    browser.post(page_of(waiting, "mend/"), {"cell-1-username": "", "was-1-username": "kari"})
    assert "There is a password, but no username: nobody could use it." in plain(browser.get(page_of(waiting)))


def test_letters_that_look_like_others_in_usernames_are_pointed_out_and_written_as_usual(
    browser, administrator
) -> None:
    waiting = waiting_users(administrator, "Kari,N,k\u0430ri,\nOla,H,ola,\n")
    assert "letters" in plain(browser.get(page_of(waiting)))
    browser.post(page_of(waiting, "mend/"), {"for_all": "letters"})
    waiting.refresh_from_db()
    assert (waiting.mends, waiting.report["letter_count"]) == ({"1": {"username": "kari"}}, 0)


@pytest.mark.parametrize(("repair", "left_out"), [("wrong", [2, 3]), ("stored", [1]), ("nothing of ours", [])])
def test_rows_of_one_kind_are_left_out_in_one_press(browser, administrator: User, repair: str, left_out) -> None:
    make_permanent("Kari", "Nordmann")
    waiting = waiting_users(administrator, "Kari,Nordmann,,\nOla,H,o la,\nPer,P,p er,\nEva,E,eva,\n")
    browser.post(page_of(waiting, "mend/"), {"for_all": repair})
    waiting.refresh_from_db()
    assert waiting.left_out == left_out


def test_a_press_that_cannot_work_yet_says_why_and_changes_nothing(browser: Client, administrator: User) -> None:
    make_permanent("Kari", "N", username="kari")
    waiting = waiting_users(administrator, "Kari,N,kari,\nOla,,o la,\n")
    page = browser.get(page_of(waiting))
    answer = browser.post(page_of(waiting, "start/"), {"seen": page.context["seen"]})
    assert answer.status_code == 422
    assert "fix or leave out 1 row and say what happens" in answer.content.decode()
    assert PermanentUser.objects.count() == 1


def test_what_changed_since_it_was_seen_is_shown_first(browser: Client, administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\nOla,H,ola,\n")
    seen = browser.get(page_of(waiting)).context["seen"]
    browser.post(page_of(waiting, "mend/"), {"leave_out": "2"})  # in another tab
    answer = browser.post(page_of(waiting, "start/"), {"seen": seen})
    assert answer.status_code == 409
    assert "It has changed since you looked at it" in answer.content.decode()


def test_a_check_that_was_cut_off_is_made_up_for(browser: Client, administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\nOla,H,ola,\n")
    Import.objects.update(left_out=[2])  # and the server stopped before the check
    answer = browser.post(page_of(waiting, "start/"), {"seen": browser.get(page_of(waiting)).context["seen"]})
    assert (answer.status_code, "Import 1 user<" in answer.content.decode()) == (409, True)
    answer = browser.post(page_of(waiting, "start/"), {"seen": answer.context["seen"]})
    assert answer.status_code == 302


def test_check_again_looks_at_the_accounts_as_they_are_now(browser: Client, administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\n")
    make_permanent("Kari", "N", username="kari")
    browser.post(page_of(waiting, "mend/"))
    assert "1 person is known already" in browser.get(page_of(waiting)).content.decode()


def test_a_list_that_is_deleted_meanwhile_is_named_before_and_after_the_import(browser, administrator: User) -> None:
    chosen = make_list(name="BIO2150", by=administrator)
    waiting = waiting_users(administrator, "Kari,Nordmann,kari,\n", add_to=chosen)
    seen = seen_of(waiting)
    delete_list(one=chosen, by=administrator)
    sentence = "The list BIO2150 was deleted, so nobody else is put on it."
    answer = browser.post(page_of(waiting, "start/"), {"seen": seen})
    assert (answer.status_code, sentence in answer.content.decode()) == (409, True)
    waiting.refresh_from_db()
    assert run_through(waiting).added == 1
    page = browser.get(page_of(waiting), follow=True).content.decode()
    assert sentence in page
    assert "not stored" not in page


def test_a_choice_made_with_the_last_press_is_shown_once_more(browser: Client, administrator: User) -> None:
    make_permanent("Kari", "N", username="kari")
    waiting = waiting_users(administrator, f"Kari,Ny,kari,{GOOD}\n")
    seen = browser.get(page_of(waiting)).context["seen"]
    sent = {"seen": seen, "existing": "update", "passwords_asked": "1"}
    answer = browser.post(page_of(waiting, "start/"), sent)
    assert (answer.status_code, "Check it once more" in answer.content.decode()) == (422, True)
    sent["seen"] = answer.context["seen"]
    assert browser.post(page_of(waiting, "start/"), sent).status_code == 302
    waiting.refresh_from_db()
    assert (waiting.existing, waiting.change_passwords) == ("update", False)


def test_the_preview_says_whose_passwords_are_not_those_of_the_file(browser: Client, administrator: User) -> None:
    make_permanent("Kari", "N", username="kari")
    made = make_permanent("Ola", "H").user.username
    columns = form("first_name", "last_name", "username", "password", "list_name")
    rows = f"Kari,N,kari,{GOOD},A\nOla,H,{made},{GOOD},B\n"
    page = browser.get(page_of(waiting_users(administrator, rows, form=columns))).content.decode()
    assert "Give 1 of them the password of the file" in page
    assert "1 of them has a username that the system has made" in page
    assert "Update their names, e-mail and external ID" in page
    assert "2 lists are made for it." in page


def test_wrong_rows_go_away_and_come_back_as_a_file(browser: Client, administrator: User) -> None:
    waiting = waiting_users(administrator, "Fornavn;Etternavn;Brukernavn\nKari;N;ka ri\nOla;H;ola\n")
    answer = browser.post(page_of(waiting, "wrong-rows/"))
    text = answer.content.decode("utf-8-sig")
    assert "Row 2: Username: There is a space" in text
    assert AuditEvent.objects.filter(action="wrong_rows_downloaded", count=1).exists()
    mended = text.replace("ka ri", "kari")
    assert browser.post(page_of(waiting, "mended-rows/"), {"file": file(mended)}).status_code == 302
    waiting.refresh_from_db()
    assert waiting.report["problem_count"] == 0
    assert browser.post(page_of(waiting, "mended-rows/"), {"file": file(mended)}).status_code == 422


def test_a_file_with_passwords_is_not_kept_and_the_page_says_so(browser: Client, administrator: User) -> None:
    waiting = waiting_users(administrator, f"Kari,N,ka ri,{GOOD}\n")
    page = browser.get(page_of(waiting)).content.decode()
    assert "These rows cannot be downloaded" in page
    assert GOOD not in page
    assert browser.post(page_of(waiting, "wrong-rows/")).status_code == 302
    assert browser.post(page_of(waiting, "read/"), {"header": "none"}).status_code == 302
    assert browser.post(page_of(waiting, "mended-rows/"), {"file": file("x")}).status_code == 422


def test_a_file_is_read_in_another_way(browser: Client, administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari;Nordmann;kari\nOla;Hansen;ola\n")
    assert browser.post(page_of(waiting, "read/"), {"header": "none", "delimiter": ","}).status_code == 302
    waiting.refresh_from_db()
    assert waiting.report["first"][0][1] == "Kari;Nordmann;kari"
    assert browser.post(page_of(waiting, "read/"), {"header": "9", "delimiter": ";"}).status_code == 422


def test_a_file_is_not_read_so_that_it_holds_passwords_or_too_many_rows(browser, administrator, monkeypatch) -> None:
    waiting = waiting_users(administrator, "Fornavn;Etternavn\nKari, Anne;Nord,mann, x\n")
    answer = browser.post(page_of(waiting, "read/"), {"header": "none", "delimiter": ","})
    assert (answer.status_code, "Read in this way, the file holds passwords." in plain(answer)) == (422, True)
    monkeypatch.setattr(UserFile, "bounds", replace(USER_BOUNDS, rows=1))
    answer = browser.post(page_of(waiting, "read/"), {"header": "none", "delimiter": ";"})
    assert (answer.status_code, "the file has 2 rows, more than can be read" in plain(answer)) == (422, True)
    waiting.refresh_from_db()
    assert (waiting.header_row, waiting.report["new"]) == (1, 1)


def test_letters_that_were_guessed_are_confirmed_first(browser: Client, administrator: User) -> None:
    waiting = waiting_users(administrator, "Bjørn;Åsgård;bjorn\n".encode("cp1252"))
    seen = browser.get(page_of(waiting)).context["seen"]
    assert browser.post(page_of(waiting, "start/"), {"seen": seen}).status_code == 422
    assert browser.post(page_of(waiting, "start/"), {"seen": seen, "letters": "on"}).status_code == 302


@pytest.mark.parametrize(
    "part", ["", "start/", "cancel/", "mend/", "read/", "wrong-rows/", "mended-rows/", "progress/"]
)
def test_another_administrator_finds_nothing_of_a_file(client_of, administrator: User, part: str) -> None:
    waiting = waiting_users(administrator, "Kari,Canaryname,,\n")
    other = client_of(make_staff("other", is_administrator=True))
    answer = other.get(page_of(waiting, part)) if part in ("", "progress/") else other.post(page_of(waiting, part))
    assert answer.status_code == 404
    assert Import.objects.get().status == "waiting"
    assert "Canaryname" not in other.get(HOME).content.decode()


def test_another_administrator_sees_figures_of_a_started_import_and_stops_it(client_of, administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,Canaryname,kari,\nOla,H,ola,\n")
    start_import(waiting, seen=seen_of(waiting))
    Import.objects.update(problems=[[1, "Canaryname is wrong"]])
    colleague = make_staff("other", is_administrator=True)
    other = client_of(colleague)
    assert page_of(waiting, "progress/") in other.get(HOME).content.decode()
    for part in ("progress/", "progress/live/"):
        page = other.get(page_of(waiting, part)).content.decode()
        assert ("0 of 2 rows" in page, "Canaryname" in page) == (True, False)
    assert other.get(page_of(waiting)).status_code == 404
    assert other.post(page_of(waiting, "cancel/"))["Location"] == page_of(waiting, "progress/")
    waiting.refresh_from_db()
    assert waiting.status == "cancelled"
    assert AuditEvent.objects.get(action="user_import_cancelled").actor == colleague


def test_the_history_shows_others_what_was_done_and_never_who(client_of, administrator: User) -> None:
    run_through(waiting_users(administrator, "Kari,Canaryname,,\n"))
    waiting_users(administrator, "Kari,N,,\n", name="secret.csv")
    page = client_of(make_staff("other", is_administrator=True)).get(HOME).content.decode()
    assert "1 new, 0 updated" in page
    assert "Canaryname" not in page
    assert "secret.csv" not in page
    assert "/progress/" not in page


def test_a_waiting_import_is_thrown_away_and_a_running_one_is_stopped(browser: Client, administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\n")
    assert browser.post(page_of(waiting, "cancel/"))["Location"] == HOME
    assert not Import.objects.exists()
    waiting = waiting_users(administrator, "Kari,N,kari,\n")
    browser.post(page_of(waiting, "start/"), {"seen": browser.get(page_of(waiting)).context["seen"]})
    assert browser.post(page_of(waiting, "cancel/"))["Location"] == page_of(waiting, "progress/")
    page = browser.get(page_of(waiting, "progress/")).content.decode()
    assert "cancelled after 0 of 1 rows" in page
    assert "Importing the same file again adds the rest" in page


def test_an_import_that_nobody_takes_up_says_what_to_do(browser: Client, administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\n")
    browser.post(page_of(waiting, "start/"), {"seen": browser.get(page_of(waiting)).context["seen"]})
    page = browser.get(page_of(waiting, "progress/")).content.decode()
    assert ("Importing 1 user<" in page, "run_worker" in page) == (True, False)
    Import.objects.update(started_at=timezone.now() - timedelta(seconds=21))
    assert "run_worker" in browser.get(page_of(waiting, "progress/live/")).content.decode()


def test_lists_to_choose_are_those_that_one_may_change(browser: Client, administrator: User, planner: User) -> None:
    PermanentUserList.objects.create(owner=administrator, name="My own list")
    for name, may_edit in (("To be edited", True), ("To be used", False)):
        shared = PermanentUserList.objects.create(owner=planner, name=name)
        ListShare.objects.create(list=shared, user=administrator, may_edit=may_edit)
    foreign = PermanentUserList.objects.create(owner=planner, name="Nobody else's")
    page = browser.get(HOME).content.decode()
    assert "My own list" in page
    assert "To be edited" in page
    assert "To be used" not in page
    assert "Nobody else" not in page
    answer = browser.post(HOME, {"paste": "Kari,N,,\n", "add_to": foreign.public_id})
    assert answer.status_code == 422


def test_looking_at_a_page_takes_as_many_queries_with_1500_rows(
    browser: Client, administrator: User, django_assert_max_num_queries
) -> None:
    for size in (2, 1500):
        text = "".join(f"Kari,N,user{number},\n" for number in range(size)) + "Ola,H,o la,\n"
        waiting = waiting_users(administrator, text)
        with django_assert_max_num_queries(5):
            browser.get(page_of(waiting))
        with django_assert_max_num_queries(9):
            browser.get(HOME)


def test_the_page_says_since_when_the_background_worker_is_missing(browser: Client, clock) -> None:
    assert "The background worker has never been seen." in browser.get(HOME).content.decode()
    be_seen()
    assert "background worker" not in browser.get(HOME).content.decode()
    clock.move(minutes=4)
    assert "The background worker has not been seen since" in browser.get(HOME).content.decode()


def test_hidden_rows_of_a_file_of_users_are_asked_about_and_other_sheets_keep_the_file_from_being_kept(
    browser: Client, administrator: User
) -> None:
    book = openpyxl.Workbook()
    for row in (["Kari", "Nordmann", "kari"], ["Ola", "Hansen", "ola"]):
        book.active.append(row)
    book.active.row_dimensions[2].hidden = True
    book.create_sheet("Passwords").append(["secret"])
    answer = browser.post(HOME, {"file": SimpleUploadedFile("users.xlsx", saved(book))})
    assert answer.status_code == 302, plain(answer)
    waiting = Import.objects.get()
    assert bytes(waiting.source) == b""
    text = plain(browser.get(page_of(waiting)))
    assert "1 row is hidden in the spreadsheet: does it belong to the list? Row 2." in text
    assert "Other sheets with content: “Passwords”. To read another one, save it as a file of its own." in text
    assert "It belongs to the list" in text
    assert "say whether the hidden rows belong to the list, then check again" in text
    browser.post(page_of(waiting, "mend/"), {"hidden_rows": "out"})
    waiting.refresh_from_db()
    assert (waiting.left_out, waiting.report["new"]) == ([2], 1)
    assert "say whether the hidden rows" not in plain(browser.get(page_of(waiting)))
