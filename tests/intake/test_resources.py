"""The resource: which of the library's defaults are changed (I1-I14)."""

import pytest
import tablib

from candidates.intake.columns import MappedRow
from candidates.intake.door import NoRoom, RowsRefused, add_candidates
from candidates.intake.findings import Already, Checked, Present, Problem
from candidates.intake.headings import CANDIDATE_ID, EXTRA_TIME
from candidates.intake.resources import OneTimeCandidateResource, SsoCandidateResource
from candidates.intake.rows import CandidateRow
from candidates.models import Candidate
from tests.factories import add, add_many, make_test

ROWS = [MappedRow(2, {CANDIDATE_ID: "a"}), MappedRow(3, {CANDIDATE_ID: "b", EXTRA_TIME: "30"})]
READY = Checked((CandidateRow(2, "a", 0), CandidateRow(3, "b", 30)), (), ())


def resource(test, by, checked=READY, kind=OneTimeCandidateResource):
    def store(rows):
        add_candidates(test=test, rows=rows, by=by, source="file")

    return kind(test=test, check=lambda _rows: checked, store=store)


def stored(test):
    return list(Candidate.objects.of_test(test).values_list("candidate_id", "extra_minutes", "kind"))


def test_only_two_columns_can_be_set(exam, planner):
    assert list(resource(exam, planner).fields) == ["candidate_id", "extra_time"]


def test_rows_go_to_the_test_of_the_resource_and_no_other(exam, planner):
    other = make_test(planner=planner, name="CHE1100")
    add(other, planner, "a")
    result = resource(exam, planner).run(ROWS, dry_run=False)
    assert stored(exam) == [("a", 0, "one_time"), ("b", 30, "one_time")]
    assert stored(other) == [("a", 0, "one_time")]
    assert result.totals["new"] == 2


def test_other_columns_of_a_data_set_change_nothing(exam, planner):
    other = make_test(planner=planner, name="CHE1100")
    data = tablib.Dataset((2, "a", "0", other.pk, "sso"), headers=("row", CANDIDATE_ID, EXTRA_TIME, "test", "kind"))
    found = resource(exam, planner, Checked((CandidateRow(2, "a", 0),), (), ()))
    found.import_data(data, mapped=ROWS[:1])
    assert stored(exam) == [("a", 0, "one_time")]
    assert stored(other) == []


def test_a_row_with_a_problem_is_invalid_and_stores_nobody(exam, planner):
    checked = Checked(READY.ready[:1], (Problem(3, "extra_time", "30", "Write whole minutes, like 30."),), ())
    result = resource(exam, planner, checked).run(ROWS, dry_run=False)
    assert [(row.number, row.error.messages) for row in result.invalid_rows] == [(2, ["Write whole minutes, like 30."])]
    assert stored(exam) == []


def test_no_room_reaches_the_caller(exam, planner):
    add_many(exam, planner, 1499)
    with pytest.raises(NoRoom):
        resource(exam, planner).run(ROWS, dry_run=False)
    assert len(stored(exam)) == 1499


def test_a_clash_under_the_lock_reaches_the_caller_with_the_row_number(exam, planner):
    add(exam, planner, "b")
    with pytest.raises(RowsRefused) as refused:
        resource(exam, planner).run(ROWS, dry_run=False)
    assert [problem.row for problem in refused.value.problems] == [3]
    assert stored(exam) == [("b", 0, "one_time")]


def test_what_breaks_unexpectedly_reaches_the_caller(exam, planner):
    class Broken(Exception):
        pass

    def check(_rows):
        raise Broken

    found = OneTimeCandidateResource(test=exam, check=check, store=lambda _rows: None)
    with pytest.raises(Broken):
        found.run(ROWS, dry_run=True)


@pytest.mark.parametrize("dry_run", [True, False])
def test_only_a_real_run_hands_the_rows_over_and_once(exam, dry_run):
    handed: list[object] = []
    found = OneTimeCandidateResource(test=exam, check=lambda _rows: READY, store=handed.append)
    found.run(ROWS, dry_run=dry_run)
    assert handed == ([] if dry_run else [list(READY.ready)])


def test_who_is_on_the_test_already_is_skipped_and_never_handed_over(exam, planner):
    (present,) = add(exam, planner, "a", extra=15)
    on_test = Present(present.pk, "a", "", 15, ("", ""), started=False)
    checked = Checked(READY.ready[1:], (), (), (Already(2, on_test, 30, ("", "")),))
    result = resource(exam, planner, checked).run(ROWS, dry_run=False)
    assert (result.totals["new"], result.totals["skip"]) == (1, 1)
    assert stored(exam) == [("a", 15, "one_time"), ("b", 30, "one_time")]


def test_the_five_columns_of_sso_reach_the_door(exam, planner):
    row = CandidateRow(2, "a", 30, ("Vesthall", "V101"), "anna@uni.example", "campus")
    found = resource(exam, planner, Checked((row,), (), ()), SsoCandidateResource)
    assert list(found.fields) == ["candidate_id", "sso_user_id", "extra_time", "building", "room"]
    found.run([MappedRow(2, {CANDIDATE_ID: "a"})], dry_run=False)
    assert found.export().dict == [
        {
            "candidate_id": "a",
            "sso_user_id": "anna@uni.example",
            "extra_time": "30",
            "building": "Vesthall",
            "room": "V101",
        }
    ]


def test_export_gives_this_tests_one_time_candidates_only(exam, planner):
    add(exam, planner, "a", extra=30)
    add(make_test(planner=planner, name="CHE1100"), planner, "other")
    assert resource(exam, planner).export().dict == [{CANDIDATE_ID: "a", EXTRA_TIME: "30"}]
