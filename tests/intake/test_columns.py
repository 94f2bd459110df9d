"""Finding the columns and checking all rows (D13, D15; C36-C38, C44)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.candidate_ids import candidate_key
from candidates.intake.columns import Mapped, MappedRow, map_columns
from candidates.intake.findings import CandidateRow, Checked
from candidates.intake.headings import ONE_TIME, SSO
from candidates.intake.problems import check_rows
from candidates.intake.reading import read_paste, read_upload
from candidates.tabular.table import UnreadableFile
from tests.intake.samples import sample, workbook


def mapped(text: str, spec=ONE_TIME) -> Mapped:
    return map_columns(read_paste(text), spec)


@pytest.mark.parametrize(
    "header",
    [
        "Candidate ID,extra time",
        "candidate_id,EXTRA TIME",
        "Candidate ID,Extra time (minutes)",
        "Kandidat-ID,Ekstra tid (min)",
        "Kandidatnummer,Ekstra tid",
        "Kandidat-ID,Extra tid",
        "Kandidatnummer,Extratid (minuter)",
        "Kandidaten-ID,Zusatzzeit",
        "Kandidatennummer,Zeitverla\u0308ngerung [Minuten]",
        " Candidate ID: , Extra time * ",
    ],
)
def test_a_header_is_known_in_four_languages(header):
    found = mapped(f"{header}\n0001,30\n")
    assert (found.header_row, found.rows, found.total) == (
        1,
        (MappedRow(2, {"candidate_id": "0001", "extra_time": "30"}),),
        1,
    )


def test_columns_may_stand_in_any_order_and_blank_ones_between():
    found = mapped("\n\nExtra time,,Candidate ID\n30,,0001\n")
    assert found.header_row == 3
    assert found.rows == (MappedRow(4, {"candidate_id": "0001", "extra_time": "30"}),)


def test_without_a_header_the_published_order_holds():
    found = mapped("0001,30\n0002,\n0003\n0004,15\n")
    assert found.header_row is None
    assert [row.values["extra_time"] for row in found.rows] == ["30", "", "", "15"]


def test_one_column_is_enough_with_and_without_a_header():
    assert mapped("0001\n0002").rows[1].values == {"candidate_id": "0002", "extra_time": ""}
    assert mapped("Kandidatnummer\n0002").rows == (MappedRow(2, {"candidate_id": "0002"}),)


def test_title_rows_above_a_header_are_skipped_and_named():
    found = mapped("Eksamen MAT1100\n\nKandidat-ID;Ekstra tid\n0001;30\n0002;\n")
    assert (found.header_row, found.skipped, [row.number for row in found.rows]) == (3, (1,), [4, 5])


@pytest.mark.parametrize(
    ("name", "words", "line"),
    [
        ("header_only.csv", "no row with a candidate", 1),
        ("header_doubled.csv", "Two columns are headed Candidate ID", 1),
        ("header_unknown.csv", "“Shoe size” in row 1 is not known", 1),
        ("header_unknown_alone.csv", "“Studentnummer” in row 1 is not known", 1),
        ("header_is_superuser.csv", "“is_superuser” in row 1 is not a column", 1),
        ("header_id.csv", "“id” in row 1 is not a column", 1),
        ("header_test.csv", "“test” in row 1 is not a column", 1),
        ("header_password.csv", "“password” in row 1 is not a column", 1),
        ("header_formula.csv", "is a formula", 1),
        ("header_without_id.csv", "no column Candidate ID", 1),
        ("header_of_sso.csv", "belongs to CSV import (SSO)", 1),
        ("header_under_a_candidate.csv", "row 1 above it holds a candidate", 1),
        ("title_alone.csv", "“Eksamen MAT1100” in row 1 is not known", 1),
        ("three_columns.csv", "has 3 columns. This list takes 2", 1),
        ("hundred_columns.csv", "Row 1 has 100 columns", 1),
    ],
)
def test_a_table_that_is_no_list_of_one_time_users_is_refused(name, words, line):
    with pytest.raises(UnreadableFile) as refused:
        map_columns(read_upload(sample(name), name), ONE_TIME)
    assert words in refused.value.message
    assert refused.value.line == line


@pytest.mark.parametrize("text", ["test", "id\n7", "password"])
def test_a_dangerous_heading_alone_is_refused(text):
    with pytest.raises(UnreadableFile, match="not a column that a list of candidates can set"):
        mapped(text)


@pytest.mark.parametrize("text", ["test,30", "owner;15", "candidates\nfriends\npeople"])
def test_words_that_are_ids_are_ids(text):
    assert mapped(text).header_row is None


def test_six_columns_are_too_many_for_sso_and_one_is_too_few():
    with pytest.raises(UnreadableFile, match="Row 1 has 6 columns"):
        mapped("1,a,0,B,R,x\n2,b,0,B,R,x\n", SSO)
    with pytest.raises(UnreadableFile, match="only one column"):
        mapped("0001\n0002\n", SSO)


def test_an_sso_list_takes_two_to_five_columns():
    assert mapped("1,a@x,,,R101\n2,b@x,30,Hus,Sal\n", SSO).rows[0].values == {
        "candidate_id": "1",
        "sso_user_id": "a@x",
        "extra_time": "",
        "building": "",
        "room": "R101",
    }
    assert mapped("1,a@x,30,Hus,Sal\n", SSO).header_row is None
    assert mapped("Rom;SSO-bruker-ID;Kandidat-ID\nR1;a@x;1\n", SSO).fields == ("candidate_id", "sso_user_id", "room")


def test_empty_columns_past_the_list_do_no_harm():
    assert len(mapped("0001,30,,,\n0002,,,,\n").rows) == 2


def test_a_few_long_rows_are_problems_of_those_rows():
    found = mapped("0001,30\n0002,\nHansen,Kari,15\n0004,\n")
    assert [row.surplus for row in found.rows] == ["", "", "15", ""]
    first = checked(found).problems[0]
    assert (first.row, first.column, first.cell) == (3, "", "15")


def test_cells_in_a_column_without_heading_are_refused():
    with pytest.raises(UnreadableFile, match="Row 2 has cells in a column without a heading"):
        mapped("Candidate ID,,Extra time\n1,x,30\n2,y,30\n")


def test_a_row_survives_being_stored_in_a_draft():
    row = MappedRow(7, {"candidate_id": "x", "extra_time": "1"}, {"extra_time": "date"}, "more")
    assert MappedRow.from_json(row.as_json()) == row
    assert MappedRow.from_json([7, {"candidate_id": "x"}]) == MappedRow(7, {"candidate_id": "x"})


def test_the_total_counts_rows_past_the_cap_without_the_header():
    text = "Candidate ID\n" + "\n".join(f"{number:04}" for number in range(3000))
    found = mapped(text)
    assert (found.total, len(found.rows)) == (3000, 1519)


def checked(found: Mapped, existing: tuple[str, ...] = (), **others) -> Checked:
    shown = {candidate_key(one): one for one in existing}
    return check_rows(found.rows, existing=shown, duration=180, limit=2880, **others)


def found_in(outcome: Checked) -> list[tuple[int, str, str, str, str | None]]:
    return [(one.row, one.column, one.cell, one.message, one.proposal) for one in outcome.problems]


def test_rows_without_a_problem_are_ready():
    outcome = checked(mapped("Candidate ID,Extra time\n 0001 ,25 %\n'=1+1,\n"))
    assert outcome.ready == (CandidateRow(2, "0001", 45), CandidateRow(3, "=1+1", 0))
    assert outcome.problems == ()


def test_all_problems_of_all_rows_come_at_once():
    text = "0001,30 min\n0002,\nA,-15\na,3.5\n1017,\n2.31E+03,x\n,30\n00\u00a003,\n"
    outcome = checked(mapped(text), ("1017",))
    number = "Write whole minutes, like 30."
    assert found_in(outcome) == [
        (1, "extra_time", "30 min", number, "30"),
        (3, "extra_time", "-15", "Extra time cannot be less than 0.", "15"),
        (
            4,
            "candidate_id",
            "a",
            "Row 3 has the same Candidate ID, written A. Capitals do not tell two candidates apart.",
            None,
        ),
        (4, "extra_time", "3.5", number, None),
        (5, "candidate_id", "1017", "1017 is already on this test.", None),
        (
            6,
            "candidate_id",
            "2.31E+03",
            "Damaged by the spreadsheet: digits are lost. Type the ID from your own list.",
            None,
        ),
        (6, "extra_time", "x", number, None),
        (7, "candidate_id", "", "Write a Candidate ID.", None),
        (
            8,
            "candidate_id",
            "00\u00a003",
            "There is a space of another kind inside, for example a non-breaking one. Use an ordinary space.",
            "00 03",
        ),
    ]
    assert [row.number for row in outcome.ready] == [2]


@pytest.mark.parametrize("twin", ["ÅSE", "A\u030ase", " Åse ", "åse"])
def test_an_id_clashes_by_case_space_and_form(twin):
    assert checked(mapped(f"Åse\n{twin}")).problems[0].message.startswith("Row 1 has the same Candidate ID")
    assert checked(mapped(f"{twin}"), ("Åse",)).problems[0].message == "Åse is already on this test."


def test_a_form_may_leave_ids_to_be_generated():
    outcome = check_rows(
        [MappedRow(1, {"candidate_id": " ", "extra_time": "15"}), MappedRow(2, {"candidate_id": "", "extra_time": ""})],
        existing={},
        duration=60,
        limit=100,
        generate_empty=True,
    )
    assert outcome.ready == (CandidateRow(1, "", 15), CandidateRow(2, "", 0))


@pytest.mark.parametrize(
    ("text", "existing", "message"),
    [
        ("6\n0006", (), "0006 and 6 are two candidates. Did a spreadsheet drop the zeros of one?"),
        ("6", ("0006",), "6 and 0006 are two candidates. Did a spreadsheet drop the zeros of one?"),
    ],
)
def test_6_beside_0006_raises_a_warning_and_no_problem(text, existing, message):
    outcome = checked(mapped(text), existing)
    assert outcome.problems == ()
    assert [(one.kind, one.message) for one in outcome.warnings] == [("zeros", message)]


def test_an_id_that_lost_its_zeros_is_seen_by_its_length():
    ids = [f"{number:04}" for number in range(100, 130)]
    (notice,) = checked(mapped("\n".join([*ids, "77"]))).warnings
    assert (notice.row, notice.cell, notice.proposal, notice.kind) == (31, "77", "0077", "zeros")


def test_ids_that_look_personal_are_warned_of_and_ready():
    outcome = checked(mapped("Kari Hansen\nola@uni.example\n01010112345\n0004"))
    assert [(one.row, one.kind, one.cell) for one in outcome.warnings] == [
        (1, "personal", "Kari Hansen"),
        (2, "personal", "ola@uni.example"),
        (3, "personal", "01010112345"),
    ]
    assert len(outcome.ready) == 4


def test_cells_that_the_spreadsheet_changed_are_problems():
    table = read_upload(workbook([["Candidate ID", "Extra time"], ["0001", "=15+15"], [1234567890123456, 30]]), "x")
    assert [(one.row, one.column, one.message[:30]) for one in checked(map_columns(table, ONE_TIME)).problems] == [
        (2, "extra_time", "The formula has no stored resu"),
        (3, "candidate_id", "The spreadsheet keeps only 15 "),
    ]


def test_sso_rows_name_the_person_once():
    text = "1,a@x,30,H,R\n2,A@X,,,\n3,,,,R\n4,old@x,,,\n5,b c@x,,,\n6,c@x,,,\nd,d@x,,,\n"
    outcome = checked(mapped(text, SSO), people={"old@x": "1020"}, authentication_type="campus")
    assert [(one.row, one.column, one.message, one.proposal) for one in outcome.problems] == [
        (2, "sso_user_id", "Row 1 has the same person.", None),
        (3, "sso_user_id", "Every SSO candidate needs an SSO user ID.", None),
        (4, "sso_user_id", "This person is already on the test as candidate 1020.", None),
        (5, "sso_user_id", "There is a space inside.", "bc@x"),
    ]
    assert outcome.ready[0] == CandidateRow(1, "1", 30, ("H", "R"), "a@x", "campus")
    assert outcome.ready[1] == CandidateRow(6, "6", 0, None, "c@x", "campus")
    assert [(one.row, one.kind) for one in outcome.warnings] == [(7, "same_as_sso")]


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=8)), max_size=20))
def test_every_row_is_either_ready_or_has_a_problem(pairs):
    rows = [MappedRow(number, {"candidate_id": one, "extra_time": two}) for number, (one, two) in enumerate(pairs, 1)]
    outcome = check_rows(rows, existing={}, duration=120, limit=600)
    ready = {row.number for row in outcome.ready}
    wrong = {problem.row for problem in outcome.problems}
    assert not ready & wrong
    assert ready | wrong == {row.number for row in rows}
    keys = [candidate_key(row.candidate_id) for row in outcome.ready]
    assert len(set(keys)) == len(keys)


def test_a_list_of_one_column_may_have_a_title_above_its_header():
    found = mapped("Exam in the hall\n\nCandidate ID\n0001\nkari\n")
    assert (found.header_row, found.skipped) == (3, (1,))
    assert [row.values["candidate_id"] for row in found.rows] == ["0001", "kari"]


@pytest.mark.parametrize("above", ["Anna01", "0001", "kari"])
def test_a_header_in_a_list_of_one_column_drops_nobody_above_it(above):
    with pytest.raises(UnreadableFile, match="row 1 above it holds a candidate"):
        mapped(f"{above}\nCandidate ID\n0002\n")
