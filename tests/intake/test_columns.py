"""Finding the columns and checking all rows (D13, D15; C36-C38, C44)."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.authentication_types import AuthenticationType
from candidates.candidate_ids import candidate_key
from candidates.intake.assigning import KnownFormat, refusal_of, too_many_chosen
from candidates.intake.columns import Mapped, MappedRow, map_columns
from candidates.intake.findings import CandidateRow, Checked
from candidates.intake.headings import ONE_TIME, SSO
from candidates.intake.problems import check_rows
from candidates.intake.reading import read_paste, read_upload
from candidates.tabular.table import UnreadableFile
from tests.intake.samples import sample, workbook


def mapped(text: str, spec=ONE_TIME, **others) -> Mapped:
    return map_columns(read_paste(text), spec, **others)


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


def test_a_building_that_is_called_as_a_heading_is_no_header_under_a_candidate():
    assert [row.values["candidate_id"] for row in mapped("kari;Nordbygg\nola;Hus\n").rows] == ["kari", "ola"]


@pytest.mark.parametrize(
    ("row", "layout", "column", "words", "proposal"),
    [
        ((date(2026, 3, 1), 30), {"A2": "yyyy-mm-dd"}, "candidate_id", "a date", "1-3"),
        (("0001", time(1, 30)), {"B2": "hh:mm"}, "extra_time", "into a date or a time", "90"),
        (("0001", date(2026, 3, 1)), {"B2": "yyyy-mm-dd"}, "extra_time", "into a date or a time", None),
        (("#REF!", 30), {}, "candidate_id", "shows an error", None),
        ((1234567890123456, 30), {}, "candidate_id", "only 15 digits", None),
        (("0001", 30), {"B2": ";;;"}, "extra_time", "in another way, or not at all", None),
        (("0001", 25), {"B2": '0" %"'}, "extra_time", "in a format of its own", "25 %"),
        (("0001", 30), {"B2": '0" min"'}, "extra_time", "Write whole minutes", "30"),
    ],
)
def test_what_a_spreadsheet_has_made_of_a_cell_is_a_problem_with_a_proposal_where_it_is_sure(
    row, layout, column, words, proposal
):
    data = workbook([["Candidate ID", "Extra time"], list(row), ["0002", 15]], layout)
    found = map_columns(read_upload(data, "list.xlsx"), ONE_TIME)
    (problem,) = check_rows(found.rows, existing={}, duration=120, limit=600).problems
    assert (problem.row, problem.column, problem.proposal, problem.doubt) == (2, column, proposal, "")
    assert words in problem.message


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
        ("header_password.csv", "Row 1 has a column “password”. Passwords are not taken", 1),
        ("header_under_a_candidate.csv", "row 1 above it holds a candidate", 1),
        ("hundred_columns.csv", "Row 1 has 100 columns; 65 are read", 1),
    ],
)
def test_a_table_that_is_no_list_of_one_time_users_is_refused(name, words, line):
    with pytest.raises(UnreadableFile) as refused:
        map_columns(read_upload(sample(name), name), ONE_TIME)
    assert words in refused.value.message
    assert refused.value.line == line


READ_AND_ASKED = {
    "header_unknown.csv": ({"candidate_id": "0001"}, ("Shoe size",), ""),
    "header_is_superuser.csv": ({"candidate_id": "0001"}, ("is_superuser",), ""),
    "header_test.csv": ({"candidate_id": "0001"}, ("test",), ""),
    "header_formula.csv": (None, None, None),
    "header_id.csv": (None, None, None),
    "header_of_sso.csv": (None, None, ""),
    "three_columns.csv": (None, None, ""),
    "header_unknown_alone.csv": (None, (), "No column is read as Candidate ID"),
    "title_alone.csv": (None, ("Eksamen MAT1100",), "No column is read as Candidate ID"),
    "header_without_id.csv": (None, None, "No column is read as Candidate ID"),
    "header_doubled.csv": (None, None, "could each be Candidate ID: choose which one is"),
}


@pytest.mark.parametrize("name", READ_AND_ASKED)
def test_columns_that_nobody_knows_are_ignored_named_and_never_stored(name):
    values, left_out, asked = READ_AND_ASKED[name]
    found = map_columns(read_upload(sample(name), name), ONE_TIME)
    assert all(row.values.keys() <= set(ONE_TIME.fields) for row in found.rows)
    assert values is None or found.rows[0].values == values
    assert left_out is None or found.left_out == left_out
    refusal = refusal_of(found.columns, ONE_TIME)
    assert asked is None or (asked in refusal and bool(asked) == bool(refusal))


def test_a_name_of_two_columns_is_joined_the_last_name_first():
    found = mapped("Fornavn;Kandidatnr.;Etternavn\nReidun;1;Aas\n;2;Bø\n")
    assert [row.values["name"] for row in found.rows] == ["Aas, Reidun", "Bø"]


def test_beside_the_parts_of_a_name_the_whole_is_ignored():
    found = mapped("Kandidatnr.;Navn;Fornavn;Etternavn\n1;Reidun Aas;Reidun;Aas\n")
    assert (found.rows[0].values["name"], found.left_out) == ("Aas, Reidun", ("Navn",))


def test_two_columns_that_could_be_the_same_are_asked_about():
    found = mapped("Kandidatnr.;Rom;Sal\n1;A;B\n")
    assert [one.why for one in found.columns] == ["heading", "twice", "twice"]
    assert refusal_of(found.columns, ONE_TIME) == (
        "“Rom” and “Sal” could each be Room: choose which one is. Then press “Read it again”."
    )
    chosen = mapped("Kandidatnr.;Rom;Sal\n1;A;B\n", chosen={2: "room", 1: ""})
    assert (refusal_of(chosen.columns, ONE_TIME), chosen.rows[0].values["room"]) == ("", "B")


def test_what_a_person_chooses_wins_over_headings_and_over_the_order():
    found = mapped("Nummer;Kandidatnr.\n17;1\n", chosen={0: "candidate_id", 1: "private_reference"})
    assert found.rows[0].values == {"candidate_id": "17", "private_reference": "1"}
    headless = mapped("Kari;0001\nOla;0002\n", header=None, chosen={0: "name", 1: "candidate_id"})
    assert headless.rows[0].values == {"candidate_id": "0001", "name": "Kari"}


def test_of_several_formats_the_one_that_knows_most_headings_is_used():
    text = "Kode;Rom;Merke\nx1;R;7\n"
    small = KnownFormat("small", {"kode": "candidate_id"})
    large = KnownFormat("large", {"kode": "", "merke": "candidate_id"})
    other = KnownFormat("other", {"kode": "candidate_id", "klasse": "seat"})
    found = mapped(text, formats=[other, small, large])
    assert (found.format_name, found.rows[0].values) == ("large", {"candidate_id": "7", "room": "R"})
    assert [one.why for one in found.columns] == ["format", "heading", "format"]


@pytest.mark.parametrize(
    ("text", "header", "skipped"),
    [
        ("Course;INF1000\nDate;01.12.2026\nNumber;3\n\nCandidate ID;Extra time\n0501;30\n", 5, (1, 2, 3)),
        ("Emne:;INF1000\nKandidatnr.;Ekstratid\n0501;30\n", 2, (1,)),
        ("Emne;INF1000\nKandidatnr.;Merknad;Studieprogram\n0501;a;b\n", 2, (1,)),
        ("Emne\n\nKandidatnr.;Merknad\n0501;a\n", 3, (1,)),
        ("Bygning;Vesthall;Rom;V101\n\nKandidatnr.;Navn;Rom\n0501;a;b\n", 3, (1,)),
        ("Sal;Vesthall\nEkstratid;ja\n\nKandidatnr.;Navn\n0501;a\n", 4, (1, 2)),
        ("Kandidatnr.;1001-1030\nEmne;BIO\n\nKandidatnr.;Navn\n0501;a\n", 4, (1, 2)),
    ],
)
def test_titles_of_label_and_value_above_the_header_are_left_out(text, header, skipped):
    found = mapped(text)
    assert (found.header_row, found.skipped, found.rows[0].values["candidate_id"]) == (header, skipped, "0501")


@pytest.mark.parametrize("above", ["kari;30", "0001;15"])
def test_who_stands_above_a_header_is_not_taken_for_a_title(above):
    with pytest.raises(UnreadableFile, match="row 1 above it holds a candidate"):
        mapped(f"{above}\nCandidate ID;Extra time\n0002;30\n")


HEADS = ["Kandidatnr.", "Rom", "Navn", "Fornavn", "Shoe size", "=1+1", "", "Feide", "Plass"]


@given(
    st.lists(st.sampled_from(HEADS), min_size=1, max_size=9),
    st.dictionaries(st.integers(0, 9), st.sampled_from(["", *SSO.fields]), max_size=4),
)
def test_every_column_is_read_as_one_thing_and_none_twice(heads, chosen):
    table = read_paste(";".join(["Ekstratid", *heads]) + "\n" + ";".join(["1"] * (len(heads) + 1)) + "\n")
    found = map_columns(table, SSO, header=1, chosen=chosen if not too_many_chosen(chosen) else {})
    read = [one.field for one in found.columns if one.field]
    assert all(read.count(name) <= (2 if name == "name" else 1) for name in read)
    assert set(found.fields) == set(read) & set(SSO.fields)


@pytest.mark.parametrize("text", ["test", "id", "username"])
def test_a_heading_that_is_never_an_id_alone_is_no_candidate(text):
    with pytest.raises(UnreadableFile, match="no row with a candidate under it"):
        mapped(text)


@pytest.mark.parametrize("text", ["test,30", "owner;15", "candidates\nfriends\npeople"])
def test_words_that_are_ids_are_ids(text):
    assert mapped(text).header_row is None


def test_one_column_is_too_few_for_sso():
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


def test_a_column_without_heading_is_ignored_where_most_rows_fill_it():
    found = mapped("Candidate ID,,Extra time\n1,x,30\n2,y,30\n")
    assert [(one.place, one.field, one.why) for one in found.columns][1] == (1, "", "empty")
    assert [row.surplus for row in found.rows] == ["", ""]


def test_a_row_survives_being_stored_in_a_draft():
    row = MappedRow(7, {"candidate_id": "x", "extra_time": "1"}, {"extra_time": "date"}, "more")
    assert MappedRow.from_json(row.as_json()) == row
    assert MappedRow.from_json([7, {"candidate_id": "x"}]) == MappedRow(7, {"candidate_id": "x"})


def test_the_total_counts_rows_past_the_cap_without_the_header():
    text = "Candidate ID\n" + "\n".join(f"{number:04}" for number in range(3000))
    found = mapped(text)
    assert (found.total, len(found.rows)) == (3000, 1519)


CAMPUS = AuthenticationType("campus", "Havnes Campus", "fold")


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
    outcome = checked(mapped(text, SSO), people={"old@x": "1020"}, sso=CAMPUS)
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
