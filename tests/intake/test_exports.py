"""The downloaded list: text stays text, nothing runs as a formula, and its first pair of columns can be imported."""

import csv
import io

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidates.candidate_ids import candidate_key
from candidates.intake.cells import CellProblem, clean_candidate_id
from candidates.intake.columns import MappedRow, map_columns
from candidates.intake.headings import CANDIDATE_ID, ONE_TIME
from candidates.intake.importing import preview
from candidates.intake.odd_cells import refuse_whole_row, undamaged_id
from candidates.intake.reading import read_upload
from candidates.models import Candidate, Location, Test, User
from candidates.pages.candidates.export import CandidateListResource, download_list
from candidates.pages.shared.candidate_lines import CandidateLine
from candidates.pages.shared.candidate_list import ListFilter, candidate_list
from candidates.tabular.exporting import ExportFormat, guard_formula
from tests.factories import activated, add, add_many, add_sso, make_test
from tests.intake.lists import confirmed, waiting

HEADS = [
    "Candidate ID",
    "Name",
    "Kind",
    "Logs in with",
    "Building",
    "Room",
    "Seat",
    "Extra time (minutes)",
    "Ends",
    "Private reference",
]
ODD = [
    "x;=1",
    "x;'=1",
    "a|'+b,-c",
    "0001",
    "=1+1",
    "-5",
    "@x",
    "+47 12",
    "''=2",
    "'x",
    "a,b",
    'a"b',
    "1;2",
    "😀",
    "Åse",
    "＝1",
]


def exported(test: Test, by: User, wanted: ExportFormat, query: dict[str, str] | None = None) -> bytes:
    shown = candidate_list(test, ListFilter.of(query or {}))
    return download_list(test=test, candidates=shown, wanted=wanted, by=by).content


def csv_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_columns_and_what_stands_in_them(exam: Test, planner: User) -> None:
    add(exam, planner, "0001", extra=30, location=("Vesthall", "V101"))
    head, row = csv_rows(exported(exam, planner, ExportFormat.CSV))
    assert head == HEADS
    assert row[:8] == ["0001", "", "One-time", "Slip, made at activation", "Vesthall", "V101", "", "30"]
    assert row[8].endswith("Oslo time")


def test_with_a_duration_the_end_is_the_latest_one(planner: User) -> None:
    test = make_test(planner=planner, duration_minutes=60)
    add(test, planner, "0001")
    assert csv_rows(exported(test, planner, ExportFormat.CSV))[1][8].endswith("Oslo time at the latest")


def test_after_activation_the_user_name_stands_in_it_and_no_password(exam: Test, planner: User) -> None:
    (candidate,) = add(exam, planner, "0001")
    activated(exam, planner)
    candidate.refresh_from_db()
    assert candidate.user is not None
    assert csv_rows(exported(exam, planner, ExportFormat.CSV))[1][3] == candidate.user.shown_username


def test_in_a_workbook_ids_are_text_and_minutes_are_numbers(exam: Test, planner: User) -> None:
    add(exam, planner, "0001", "=1+1", extra=30)
    sheet = openpyxl.load_workbook(io.BytesIO(exported(exam, planner, ExportFormat.XLSX))).active
    first, second = sheet[2], sheet[3]
    assert [cell.value for cell in sheet[1]] == HEADS
    assert {(first[0].value, first[0].data_type), (second[0].value, second[0].data_type)} == {
        ("0001", "s"),
        ("'=1+1", "s"),
    }
    assert (first[7].value, first[7].data_type) == (30, "n")


@pytest.mark.parametrize("wanted", ExportFormat)
def test_the_list_comes_back_equal_on_another_test_and_says_what_it_leaves_out(
    exam: Test, planner: User, wanted: ExportFormat
) -> None:
    for number, text in enumerate(ODD):
        add(exam, planner, text, extra=number)
    Candidate.objects.filter(candidate_id="'x").update(private_reference="Kari")
    content = exported(exam, planner, wanted)
    mapped = map_columns(read_upload(content, f"list.{wanted.value}"), ONE_TIME)
    assert mapped.left_out == ("Kind", "Logs in with", "Ends")
    other = make_test(planner=planner, name="CHE1100")
    draft = waiting(other, planner, content, name=f"list.{wanted.value}")
    assert confirmed(draft, planner).added == len(ODD)
    assert minutes_on(other) == {text: number for number, text in enumerate(ODD)}


@pytest.mark.parametrize("wanted", ExportFormat)
def test_a_list_of_sso_candidates_comes_back_with_people_and_rooms(
    exam: Test, planner: User, wanted: ExportFormat
) -> None:
    people = "0001,anna@uni.no,30,'=Main,R101\n0002,'-berit@uni.no,,,R102\n"
    confirmed(waiting(exam, planner, people, kind="sso"), planner)
    other = make_test(planner=planner, name="CHE1100")
    content = exported(exam, planner, wanted)
    confirmed(waiting(other, planner, content, kind="sso", name=f"list.{wanted.value}"), planner)
    columns = ("candidate_id", "sso_user_id", "extra_minutes", "location")
    assert list(Candidate.objects.of_test(other).values_list(*columns)) == list(
        Candidate.objects.of_test(exam).values_list(*columns)
    )
    assert list(Candidate.objects.of_test(exam).values_list("location__building", flat=True)) == ["=Main", ""]


def test_the_longest_user_id_and_place_come_back_with_their_guards(exam: Test, planner: User) -> None:
    user_id, place = "=" + "x;=" * 84 + "ab", "-" + "a,-" * 33
    (one,) = add_sso(exam, planner, "0001")
    Candidate.objects.filter(pk=one.pk).update(
        sso_user_id=user_id, location=Location.objects.create(building=place, room=place)
    )
    other = make_test(planner=planner, name="CHE1100")
    confirmed(waiting(other, planner, exported(exam, planner, ExportFormat.CSV), kind="sso"), planner)
    stored = Candidate.objects.of_test(other).values_list("sso_user_id", "location__building", "location__room")
    assert stored.get() == (user_id, place, place)


def test_a_one_time_user_of_an_export_is_nobody_for_an_sso_list(exam: Test, planner: User) -> None:
    add(exam, planner, "0001")
    confirmed(waiting(exam, planner, "0002,anna@uni.no\n", kind="sso"), planner)
    activated(exam, planner)
    content = exported(exam, planner, ExportFormat.CSV)
    other = make_test(planner=planner, name="CHE1100")
    report = preview(waiting(other, planner, content, kind="sso"))
    assert [(one.row, one.message) for one in report.problems] == [(2, "Every SSO candidate needs an SSO user ID.")]
    assert [row.sso_user_id for row in report.ready] == ["anna@uni.no"]


def minutes_on(test: Test) -> dict[str, int]:
    return dict(Candidate.objects.of_test(test).values_list("candidate_id", "extra_minutes"))


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    typed=st.lists(st.tuples(st.text(min_size=1, max_size=12), st.integers(0, 2880)), min_size=1, max_size=6),
    wanted=st.sampled_from(list(ExportFormat)),
)
def test_what_was_typed_is_stored_exported_and_imported_again(
    planner: User, typed: list[tuple[str, int]], wanted: ExportFormat
) -> None:
    first, second = (make_test(planner=planner, name=name) for name in ("First", "Second"))
    rows = []
    for text, extra in typed:
        try:
            candidate_id = undamaged_id(text)
            refuse_whole_row(MappedRow(1, {CANDIDATE_ID: candidate_id}))
        except CellProblem:
            continue  # what a list asks about is not taken without an answer
        rows.append((candidate_id, extra))
    known = {candidate_key(one): (one, extra) for one, extra in rows}
    for one, extra in known.values():
        add(first, planner, one, extra=extra)
    if known:
        confirmed(waiting(second, planner, exported(first, planner, wanted), name=f"x.{wanted.value}"), planner)
    assert minutes_on(second) == dict(known.values())


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(alphabet=st.one_of(st.sampled_from("'=+-@ ＝＋a1"), st.characters()), min_size=1, max_size=8))
def test_any_id_that_can_be_stored_comes_back_from_its_cell(a_line: CandidateLine, exam: Test, typed: str) -> None:
    try:
        candidate_id = clean_candidate_id(typed)
    except CellProblem:
        return
    line = a_line._replace(candidate_id=candidate_id)
    cell = guard_formula(CandidateListResource(exam, [line]).export()[0][0])
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


@pytest.mark.slow
@pytest.mark.parametrize("wanted", ExportFormat)
def test_1500_rows_are_all_there(exam: Test, planner: User, wanted: ExportFormat) -> None:
    add_many(exam, planner, 1500)
    content = exported(exam, planner, wanted)
    if wanted is ExportFormat.CSV:
        assert len(csv_rows(content)) == 1501
    else:
        assert openpyxl.load_workbook(io.BytesIO(content)).active.max_row == 1501
