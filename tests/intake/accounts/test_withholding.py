"""Passwords that stand where no column of passwords is read: neither stored nor shown."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from candidates.intake.accounts.formats import save_format
from candidates.intake.mending import read_again
from candidates.intake.reading import Reading
from candidates.models import Import, User
from tests.intake.accounts.files import form, sentences, waiting_users
from tests.intake.accounts.test_running import dump

pytestmark = pytest.mark.django_db
HOME = "/permanent-users/import/"
SECRET = "Hemmelig-Ålesund-42x"
THREE = ("first_name", "last_name", "username")
WRONG_PLACES = [
    pytest.param((*THREE, "ignored"), f"Kari,N,kari,{SECRET}\nOla,N,ola,{SECRET}\n", id="ignored"),
    pytest.param(
        (*THREE, "ignored"), f"Fornavn,Etternavn,Brukernavn,Passord\nKari,N,kari,{SECRET}\n", id="ignored-heading"
    ),
    pytest.param(THREE, f"Kari,N,kari,{SECRET}\nOla,N,ola\nPer,N,per\n", id="surplus"),
    pytest.param(
        (*THREE, "password"), f"Fornavn,Etternavn,Brukernavn\nA,N,a\nB,N,b,{SECRET}\nC,N,c\n", id="surplus-heading"
    ),
    pytest.param(THREE, f"Passord: {SECRET}\nFornavn,Etternavn,Brukernavn\nKari,N,kari\n", id="title"),
]


@pytest.fixture
def browser(client_of, administrator) -> Client:
    client: Client = client_of(administrator)
    return client


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize(("columns", "text"), WRONG_PLACES)
def test_a_password_in_a_wrong_place_is_neither_kept_nor_shown(browser, administrator, columns, text, encoding) -> None:
    kept = save_format(form(*columns), by=administrator)
    file = SimpleUploadedFile("u.csv", text.encode(encoding))
    answer = browser.post(HOME, {"file": file, "format": kept.public_id})
    assert answer.status_code == 302
    waiting = Import.objects.get()
    assert (waiting.has_passwords, bytes(waiting.source)) == (True, b"")
    page = browser.get(answer["Location"]).content.decode()
    for part in (SECRET, "Hemmelig", "lesund-42x"):
        assert part not in dump() + page + str(waiting.letters_to_confirm)


@pytest.mark.parametrize(("columns", "text"), WRONG_PLACES)
@pytest.mark.parametrize("refused", [False, True], ids=["taken", "refused"])
def test_pasted_rows_with_a_password_in_a_wrong_place_are_never_sent_back(
    browser, administrator, columns, text, refused
) -> None:
    kept = save_format(form(*columns), by=administrator)
    sent = {"paste": text, "format": kept.public_id}
    answer = browser.post(HOME, sent | ({"new_list": "a\u202eb"} if refused else {}))
    page = answer.content.decode()
    if not refused:
        page += browser.get(f"{HOME}?rows={Import.objects.get().public_id}").content.decode()
    assert (answer.status_code, SECRET in page) == (422 if refused else 302, False)


def test_pasted_rows_that_are_wider_than_the_format_are_not_sent_back(browser, administrator: User) -> None:
    kept = save_format(form(*THREE), by=administrator)
    text = f"Kari,N,kari,{SECRET}\nOla,N,ola,{SECRET}\n"
    answer = browser.post(HOME, {"paste": text, "format": kept.public_id})
    assert answer.status_code == 422
    assert SECRET not in answer.content.decode()


@pytest.mark.parametrize(
    "row",
    [
        "User,List,kari,SECRET",
        "Liste,Gruppe,,SECRET",
        "Bruker,Etternavn,,SECRET",
        "Bruker,Etternavn,=SECRET,x",
        "Fornavn,List,kari,SECRET",
    ],
)
@pytest.mark.parametrize("last", ["password", "ignored"])
def test_a_first_row_that_is_taken_for_headings_is_not_shown(browser, administrator, row: str, last: str) -> None:
    kept = save_format(form(*THREE, last), by=administrator)
    text = f"{row}\nOla,N,ola,SECRETx\n"
    answer = browser.post(HOME, {"file": SimpleUploadedFile("u.csv", text.encode()), "format": kept.public_id})
    page = answer.content.decode()
    if answer.status_code == 302:
        page += browser.get(answer["Location"]).content.decode()
    assert "<h1" in page
    assert "SECRET" not in page


@pytest.mark.parametrize("heading", ["PASSWORD", "Lösenord", "pass-ord"])
def test_a_heading_that_says_password_is_believed_whatever_the_format_calls_the_column(
    administrator: User, heading: str
) -> None:
    columns = form(*THREE)
    own = type(columns)("Own", (*columns.columns[:2], type(columns.columns[0])("username", heading)))
    waiting = waiting_users(administrator, f"Fornavn,Etternavn,{heading}\nKari,N,kari\n", form=own)
    assert (waiting.has_passwords, bytes(waiting.source), waiting.report["readings"]) == (True, b"", [])


def test_a_file_with_an_empty_column_of_passwords_is_kept(administrator: User) -> None:
    waiting = waiting_users(administrator, "Fornavn,Etternavn,Brukernavn,Passord\nKari,N,kari,\n")
    assert (waiting.has_passwords, bool(waiting.source)) == (False, True)


@pytest.mark.parametrize("name", ["u.csv", ""], ids=["file", "pasted"])
def test_a_file_whose_email_column_holds_something_else_is_refused_without_showing_it(browser, administrator, name):
    kept = save_format(form("first_name", "username", "email"), by=administrator)
    text = f"Kari,kari,{SECRET}\nOla,ola,{SECRET}x\nPer,per,\nEva,eva,eva@x.example\n"
    sent = {"file": SimpleUploadedFile(name, text.encode())} if name else {"paste": text}
    answer = browser.post(HOME, sent | {"format": kept.public_id})
    assert answer.status_code == 422
    assert "The column E-mail does not hold e-mail addresses" in answer.content.decode()
    assert not Import.objects.exists()
    assert SECRET not in answer.content.decode()


def test_one_wrong_address_among_others_is_a_problem_of_its_row(administrator: User) -> None:
    rows = "Kari,k@x.example\nOla,o@x.example\nPer,per\n"
    assert [row for row, *_rest in sentences(waiting_users(administrator, rows, form=form("first_name", "email")))] == [
        3
    ]


def test_a_file_that_is_read_in_another_way_withholds_as_much(administrator: User) -> None:
    text = f"Kari,N,kari\nOla;x;y;{SECRET},N,ola\nPer,N,per\n"
    waiting = waiting_users(administrator, text, form=form(*THREE))
    read_again(waiting, reading=Reading(delimiter=";"), header=None)
    assert SECRET not in str(list(waiting.chunks.values_list("rows", flat=True)))
    waiting.refresh_from_db()
    [(row, column, message)] = sentences(waiting)
    assert (row, column, "may be a password" in message) == (2, "", True)
