"""What is wrong with the rows of a file of permanent users, and whom they mean."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidates.intake.accounts.checking import check_users
from candidates.intake.accounts.cleaning import clean_row, clean_username
from candidates.intake.accounts.formats import usual_format
from candidates.intake.accounts.headings import FIRST_NAME, LAST_NAME
from candidates.intake.cells import CellProblem
from candidates.intake.columns import MappedRow, map_columns
from candidates.intake.reading import USER_BOUNDS, read_paste
from candidates.models import PermanentUserList, User
from candidates.models.accounts import refuse_generated_name
from candidates.tabular.table import UnreadableFile
from tests.factories import make_permanent
from tests.intake.accounts.files import form, sentences, waiting_users

pytestmark = pytest.mark.django_db
ALL = form("first_name", "last_name", "username", "password", "email", "external_id", "list_name")
GOOD = "correct horse battery"


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (",,kari,,,,", "first_name", "Write a first name or a last name"),
        ("K" * 60 + "," + "N" * 60 + ",,,,,", "first_name", "at most 100 characters"),
        ("Kari," + "N" * 100 + ",,,,,", "last_name", "at most 100 characters"),
        ("K" * 101 + ",N,,,,,", "first_name", "It has 101 characters. It can have at most 100."),
        ("Kari,N,ka ri,,,,", "username", "There is a space"),
        ("Kari,N,می\u200cر,,,,", "username", "nobody can see"),
        ('Kari,N,"1,23E+11",,,,', "username", "Damaged by the spreadsheet"),
        ("Kari,N," + "k" * 151 + ",,,,", "username", "at most 150"),
        ("Kari,N,6cze-p34v,,,,", "username", "Names like this are made by the system"),
        ("Kari,N,administrator,,,,", "username", "the name of another account"),
        ("Kari,N,ADMINISTRATOR,,,,", "username", "the name of another account"),
        ("Kari,N,,,not an address,,", "email", "not an e-mail address"),
        ('Kari,N,,,,"1,23E+11",', "external_id", "Damaged by the spreadsheet"),
        (f"Kari,N,,{GOOD},,,", "password", "no username"),
        ("Kari,N,kari,too short,,,", "password", "too short"),
        ("Kari,N,kari,qwerty123456,,,", "password", "guess"),
        ("Kari,Nordmann,kari.nordmann,kari.nordmann1,,,", "password", "too much like"),
        (f"Kari,N,kari, {GOOD},,,", "password", "space before or after"),
        (f"Kari,N,kari,{GOOD}\u200b,,,", "password", "nobody can see"),
        ("Kari,N,kari,correct\u00a0horse battery,,,", "password", "nobody can see"),
        (f"Kari\u202e,N,kari,{GOOD},,,", "first_name", "nobody can see"),
        (f"Kari,N,kari,{'x1y2z3' * 50},,,", "password", "too long"),
    ],
)
def test_each_defect_of_a_cell_is_named(administrator: User, row: str, column: str, words: str) -> None:
    others = "Ola,Hansen,,,ola@x.example,,\n", "Per,Hansen,,,per@x.example,,\n"
    [(number, where, message)] = sentences(waiting_users(administrator, f"{others[0]}{row}\n{others[1]}", form=ALL))
    assert (number, where) == (2, column)
    assert words in message
    assert GOOD not in message


def test_spaces_too_many_are_no_part_of_a_name_and_a_cell_of_spaces_is_empty(administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari  Anne,N,kari,,  ,,\n", form=ALL)
    assert sentences(waiting) == []
    assert waiting.report["first"][0][1:4] == ["Kari Anne", "N", "kari"]


@pytest.mark.parametrize(
    ("second", "column", "words"),
    [
        ("Ola,H,KARI,,,2,", "username", "Row 1 has the same username"),
        ("Ola,H,ola,,,1,", "external_id", "Row 1 has the same external ID"),
    ],
)
def test_what_comes_twice_in_the_file_is_a_problem_of_the_later_row(administrator, second, column, words) -> None:
    [(number, where, message)] = sentences(waiting_users(administrator, f"Kari,N,kari,,,1,\n{second}\n", form=ALL))
    assert (number, where) == (2, column)
    assert words in message


@pytest.mark.parametrize("kind", [User.Kind.STAFF, User.Kind.SSO])
def test_a_sentence_does_not_tell_what_kind_of_account_has_the_name(administrator: User, kind: str) -> None:
    User.objects.create_user("taken", kind=kind)
    [(_row, _column, message)] = sentences(waiting_users(administrator, "Kari,N,taken,\n"))
    assert message == "This is the name of another account. Choose another username."


def test_permanent_users_are_known_by_username_external_id_and_printed_name(administrator: User) -> None:
    make_permanent("Kari", "N", username="kari", external_id="7")
    made = make_permanent("Ola", "H")
    rows = f"Kari,Ny,Kari,,,,\nPer,P,,,,7,\nOla,H,{made.user.shown_username},,,,\n"
    waiting = waiting_users(administrator, rows, form=ALL)
    assert sentences(waiting) == [(2, "external_id", "Row 1 is the same person.")]
    assert (waiting.report["known"], waiting.report["changed"], waiting.report["new"]) == (2, 1, 0)


def test_an_external_id_of_somebody_else_is_a_problem(administrator: User) -> None:
    make_permanent("Kari", "N", username="kari", external_id="7")
    [(_row, column, message)] = sentences(waiting_users(administrator, "Ola,H,ola,,,7,\n", form=ALL))
    assert (column, message) == ("external_id", "This external ID belongs to kari already.")


def test_namesakes_are_pointed_out_and_block_nothing(administrator: User) -> None:
    make_permanent("Kari", "Nordmann")
    waiting = waiting_users(administrator, "kari,NORDMANN,,\nOla,H,a,\nOla,H,b,\n")
    assert sentences(waiting) == []
    assert waiting.report["stored"] == [[1, "kari NORDMANN", 0]]
    assert waiting.report["twins"] == [[3, "Ola H", 2]]


def test_a_required_cell_that_is_empty_is_a_problem(administrator: User) -> None:
    columns = form("first_name", "username!", "password!")
    found = sentences(waiting_users(administrator, f"Kari,kari,{GOOD}\nOla,,\n", form=columns))
    assert [(row, column) for row, column, _message in found] == [(2, "username"), (2, "password")]


def test_a_row_with_too_many_cells_is_not_kept_where_one_may_be_a_password(administrator: User) -> None:
    wrong = "Nordmann, Ola,O,ola,secret-in-the-wrong-place"
    waiting = waiting_users(administrator, f"Kari,N,kari,{GOOD}\n{wrong}\nPer,P,per,{GOOD}\n")
    [(row, column, message)] = sentences(waiting)
    assert (row, column) == (2, "")
    assert "may be a password" in message
    assert "wrong-place" not in str(list(waiting.chunks.values_list("rows", flat=True))) + str(waiting.report)


@pytest.mark.parametrize(
    ("heads", "words"),
    [
        ("Fornavn,Etternavn,is_superuser", "is not a column that a file of users can set"),
        ("Fornavn,Etternavn,id", "is not a column"),
        ("Fornavn,Fornavn,Etternavn", "Two columns"),
        ("Fornavn,Etternavn,E-post", "not a column of the format"),
        ("Fornavn,Etternavn,=cmd", "is a formula"),
    ],
)
def test_headings_that_a_file_may_not_have_are_refused(administrator: User, heads: str, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        waiting_users(administrator, f"{heads}\nKari,Nordmann,x\n")


def test_a_header_without_a_column_that_the_format_requires_is_refused(administrator: User) -> None:
    chosen = form("first_name", "list_name", "username!")
    with pytest.raises(UnreadableFile, match="row 1 has no column Username, which this list needs"):
        waiting_users(administrator, "Fornavn,Gruppe,Hobby\nKari,A,x\n", form=chosen)


@pytest.mark.parametrize(
    "heads",
    ["Fornavn;Etternavn;Brukernavn", "Förnamn;Efternamn;Användarnamn", "Vorname;Nachname;Benutzername",
     "FIRST NAME;Surname;user name"],
)  # fmt: skip
def test_a_header_in_four_languages_wins_over_the_order(administrator: User, heads: str) -> None:
    first, last, name = heads.split(";")
    waiting = waiting_users(administrator, f"{name};{last};{first}\nkari;Nordmann;Kari\n")
    assert waiting.report["first"][0][1:4] == ["Kari", "Nordmann", "kari"]


@pytest.mark.parametrize("name", ["List", "Gruppe", "Klass", "Bruker"])
def test_a_first_row_with_a_name_that_is_also_a_heading_is_a_person(administrator: User, name: str) -> None:
    rows = f"Anna,{name},anna.x,correct horse battery\nOla,N,ola,correct horse battery\n"
    waiting = waiting_users(administrator, rows)
    assert (waiting.header_row, waiting.report["new"]) == (None, 2)
    assert waiting.report["first"][0][2] == name


def test_a_header_of_which_nobody_knows_a_word_is_refused(administrator: User) -> None:
    table = read_paste("Kari,Nordmann\nOla,Hansen\n", bounds=USER_BOUNDS)
    with pytest.raises(UnreadableFile, match="None of the headings in row 1 is known"):
        map_columns(table, usual_format().spec, header=1)


@pytest.mark.parametrize("heads", ["Fornavn,Skostørrelse,Hobby", "Hobby,Fornavn,Kull", "Gruppe,Fornavn,Hobby"])
def test_a_row_of_headings_of_which_one_is_known_is_no_person_and_what_nobody_knows_is_not_read(
    administrator: User, heads: str
) -> None:
    chosen = form("first_name", "list_name", "ignored")
    waiting = waiting_users(administrator, f"{heads}\nKari,Kari,x\n", form=chosen)
    assert (waiting.header_row, waiting.report["new"], waiting.has_passwords) == (1, 1, True)
    assert "x" not in str(list(waiting.chunks.values_list("rows", flat=True)))


def test_a_sentence_about_a_file_of_users_speaks_of_no_candidate(administrator: User) -> None:
    with pytest.raises(UnreadableFile, match="row 1 above it holds a person"):
        waiting_users(administrator, "Kari,Nordmann,kari\nFornavn,Etternavn,Brukernavn\nOla,N,ola\n")
    with pytest.raises(UnreadableFile, match="with the list") as refusal:
        waiting_users(administrator, b"\x89PNG" + b"\x00" * 50)
    assert "candidate" not in refusal.value.message


def test_a_file_that_names_very_many_lists_is_refused_as_a_whole(administrator: User) -> None:
    columns = form("first_name", "list_name")
    rows = [f"Kari,Class {number}" for number in range(300)]
    PermanentUserList.objects.create(owner=administrator, name="Class 7")
    assert waiting_users(administrator, "\n".join([*rows, rows[0]]), form=columns).report["lists_made"] == 299
    with pytest.raises(UnreadableFile, match="names 301 different lists; a file may name 300"):
        waiting_users(administrator, "\n".join([*rows, "Kari,Class 300"]), form=columns)


def test_a_format_that_begins_with_headings_refuses_a_file_without_and_tells_nothing_of_it(administrator: User) -> None:
    columns = form("first_name", "password", has_header=True)
    with pytest.raises(UnreadableFile, match="Row 1 does not hold the headings") as refusal:
        waiting_users(administrator, "Kari,a-secret-in-the-first-row\n", form=columns)
    assert "secret" not in refusal.value.message


def test_the_number_of_queries_does_not_grow_with_the_rows(administrator: User) -> None:
    counts = []
    for size in (10, 1500):
        rows = [MappedRow(n, {FIRST_NAME: "Kari", LAST_NAME: f"N{n}", "username": f"u{n}"}) for n in range(1, size)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            check_users(rows)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4


@given(raw=st.text(max_size=30))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_username_that_is_taken_can_be_typed_and_is_not_kept_for_the_system(raw: str) -> None:
    try:
        name = clean_username(raw)
    except CellProblem:
        return
    assert name == User.normalize_username(name)
    assert len(name) <= 150
    assert not any(character.isspace() for character in name)
    if name and len(name) != 8:
        refuse_generated_name(name)  # raises nothing


@given(st.dictionaries(st.sampled_from(["first_name", "last_name", "username", "email", "external_id"]), st.text()))
@settings(max_examples=300)
def test_whatever_stands_in_a_row_it_is_a_person_or_a_problem(values: dict[str, str]) -> None:
    person, problems = clean_row(MappedRow(1, values))
    assert (person is None) == bool(problems)
    if person is not None:
        assert person.name
        assert len(person.name) <= 100
