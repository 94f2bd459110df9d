"""The downloaded list: text stays text, nothing runs as a formula, and its first pair of columns can be imported."""

import csv
import io

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidates.exports import CandidateListResource, ExportFormat, download_list
from candidates.intake.cells import CellProblem, clean_candidate_id, parse_extra_time
from candidates.intake.columns import ONE_TIME, map_columns
from candidates.intake.headings import CANDIDATE_ID, EXTRA_TIME
from candidates.intake.reading import read_upload
from candidates.lists.candidates import CandidateLine, ListFilter, candidate_list
from candidates.models import Candidate, Test, User
from tests.factories import activated, add, add_many, make_test

HEADS = ["Candidate ID", "Kind", "Logs in with", "Building", "Room", "Extra time (minutes)", "Ends"]
ODD = ["0001", "=1+1", "-5", "@x", "+47 12", "''=2", "'x", "a,b", 'a"b', "1;2", "😀", "Åse", "＝1"]


def exported(test: Test, by: User, wanted: ExportFormat, query: dict[str, str] | None = None) -> bytes:
    shown = candidate_list(test, ListFilter.of(query or {}))
    return download_list(test=test, candidates=shown, wanted=wanted, by=by).content


def csv_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_columns_and_what_stands_in_them(exam: Test, planner: User) -> None:
    add(exam, planner, "0001", extra=30, location=("Vesthall", "V101"))
    head, row = csv_rows(exported(exam, planner, ExportFormat.CSV))
    assert head == HEADS
    assert row[:6] == ["0001", "One-time", "Made at activation", "Vesthall", "V101", "30"]
    assert row[6].endswith("Oslo time")


def test_with_a_duration_the_end_is_the_latest_one(planner: User) -> None:
    test = make_test(planner=planner, duration_minutes=60)
    add(test, planner, "0001")
    assert csv_rows(exported(test, planner, ExportFormat.CSV))[1][6].endswith("Oslo time at the latest")


def test_after_activation_the_user_name_stands_in_it_and_no_password(exam: Test, planner: User) -> None:
    (candidate,) = add(exam, planner, "0001")
    activated(exam, planner)
    candidate.refresh_from_db()
    assert candidate.user is not None
    assert csv_rows(exported(exam, planner, ExportFormat.CSV))[1][2] == candidate.user.shown_username


def test_in_a_workbook_ids_are_text_and_minutes_are_numbers(exam: Test, planner: User) -> None:
    add(exam, planner, "0001", "=1+1", extra=30)
    sheet = openpyxl.load_workbook(io.BytesIO(exported(exam, planner, ExportFormat.XLSX))).active
    first, second = sheet[2], sheet[3]
    assert [cell.value for cell in sheet[1]] == HEADS
    assert {(first[0].value, first[0].data_type), (second[0].value, second[0].data_type)} == {
        ("0001", "s"),
        ("'=1+1", "s"),
    }
    assert (first[5].value, first[5].data_type) == (30, "n")


@pytest.mark.parametrize("wanted", ExportFormat)
def test_the_pair_of_id_and_extra_time_comes_back_equal(exam: Test, planner: User, wanted: ExportFormat) -> None:
    for number, text in enumerate(ODD):
        add(exam, planner, text, extra=number)
    Candidate.objects.filter(candidate_id="'x").update(private_reference="Kari")
    content = pair_of(exported(exam, planner, wanted), wanted)
    mapped = map_columns(read_upload(content, f"list.{wanted.value}"), ONE_TIME)
    read = {
        clean_candidate_id(row.values[CANDIDATE_ID]): parse_extra_time(
            row.values[EXTRA_TIME], duration_minutes=240, limit=2880
        )
        for row in mapped.rows
    }
    assert read == {text: number for number, text in enumerate(ODD)}


def pair_of(content: bytes, wanted: ExportFormat) -> bytes:
    """Return the file with its two columns of a one-time list, as a planner would cut it."""
    if wanted is ExportFormat.CSV:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([row[0], row[5]] for row in csv_rows(content))
        return text.getvalue().encode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(content))
    book.active.delete_cols(7)
    book.active.delete_cols(2, 4)
    cut = io.BytesIO()
    book.save(cut)
    return cut.getvalue()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(alphabet=st.one_of(st.sampled_from("'=+-@ ＝＋a1"), st.characters()), min_size=1, max_size=8))
def test_any_id_that_can_be_stored_comes_back_from_its_cell(a_line: CandidateLine, exam: Test, typed: str) -> None:
    try:
        candidate_id = clean_candidate_id(typed)
    except CellProblem:
        return
    line = a_line._replace(candidate_id=candidate_id)
    cell = CandidateListResource(exam, [line]).export()[0][0]
    assert clean_candidate_id(cell) == candidate_id


@pytest.fixture
def a_line(exam: Test, candidates: list[Candidate]) -> CandidateLine:
    """One line of the list."""
    return candidate_list(exam, ListFilter()).shown[0]


def test_rows_and_order_are_those_of_the_page(exam: Test, planner: User) -> None:
    add(exam, planner, "9", "10", extra=15)
    add(exam, planner, "8")
    rows = csv_rows(exported(exam, planner, ExportFormat.CSV, {"extra": "with", "sort": "-id"}))
    assert [row[0] for row in rows[1:]] == ["10", "9"]


def test_another_tests_candidates_are_never_in_it(exam: Test, planner: User) -> None:
    other = make_test(planner=planner)
    add(other, planner, "foreign")
    add(exam, planner, "own")
    assert [row[0] for row in csv_rows(exported(exam, planner, ExportFormat.CSV))[1:]] == ["own"]


@pytest.mark.parametrize("wanted", ExportFormat)
def test_1500_rows_are_all_there(exam: Test, planner: User, wanted: ExportFormat) -> None:
    add_many(exam, planner, 1500)
    content = exported(exam, planner, wanted)
    if wanted is ExportFormat.CSV:
        assert len(csv_rows(content)) == 1501
    else:
        assert openpyxl.load_workbook(io.BytesIO(content)).active.max_row == 1501
