"""The resource: which of the library's defaults are changed (traps.md I1-I14)."""

import pytest
import tablib

from candidates.intake.columns import CANDIDATE_ID, EXTRA_TIME, MappedRow
from candidates.intake.door import NoRoom, RowsRefused
from candidates.intake.problems import Checked, Problem
from candidates.intake.resources import OneTimeCandidateResource
from candidates.intake.rows import CandidateRow
from candidates.models import Candidate
from tests.factories import add, add_many, make_test

ROWS = [MappedRow(2, {CANDIDATE_ID: "a"}), MappedRow(3, {CANDIDATE_ID: "b", EXTRA_TIME: "30"})]
READY = Checked((CandidateRow(2, "a", 0), CandidateRow(3, "b", 30)), (), ())


def resource(test, by, checked=READY, claim=lambda: None):
    return OneTimeCandidateResource(test=test, by=by, source="file", check=lambda _rows: checked, claim=claim)


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

    found = OneTimeCandidateResource(test=exam, by=planner, source="file", check=check, claim=lambda: None)
    with pytest.raises(Broken):
        found.run(ROWS, dry_run=True)


def test_who_refuses_the_claim_stores_nobody(exam, planner):
    class Gone(Exception):
        pass

    def claim():
        raise Gone

    with pytest.raises(Gone):
        resource(exam, planner, claim=claim).run(ROWS, dry_run=False)
    assert stored(exam) == []


def test_a_dry_run_does_not_claim_and_stores_nobody(exam, planner):
    claims = []
    resource(exam, planner, claim=lambda: claims.append(1)).run(ROWS, dry_run=True)
    assert (claims, stored(exam)) == ([], [])


def test_export_gives_this_tests_one_time_candidates_only(exam, planner):
    add(exam, planner, "a", extra=30)
    add(make_test(planner=planner, name="CHE1100"), planner, "other")
    assert resource(exam, planner).export().dict == [{CANDIDATE_ID: "a", EXTRA_TIME: "30"}]
