"""Changing one candidate: no lost change, no twin, slips out of date, old and new in the audit."""

from dataclasses import replace
from typing import Any

import pytest

from candidates.candidate_ids import sort_key
from candidates.errors import Conflict, Refused
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.editing import Details, details_of, edit_candidate
from candidates.lifecycle.grading import save_mark
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, Test, User
from tests.conftest import Clock


def stored(candidate: Candidate) -> Candidate:
    found: Candidate = Candidate.objects.select_related("location").get(pk=candidate.pk)
    return found


def edit(candidate: Candidate, by: User, *, old: Details | None = None, **values: Any) -> tuple[str, ...]:
    seen = old or details_of(stored(candidate))
    return edit_candidate(candidate=candidate, old=seen, new=replace(seen, **values), by=by)


def test_id_keys_and_order_change_together(exam: Test, candidates: list[Candidate], planner: User) -> None:
    assert edit(candidates[0], planner, candidate_id="Ærlig 9") == ("candidate_id",)
    found = stored(candidates[0])
    assert (found.candidate_id, found.candidate_key) == ("Ærlig 9", "ærlig 9")
    assert found.sort_key == sort_key("Ærlig 9")


@pytest.mark.parametrize("twin", ["0002", "Kari", "\uff4bari"])
def test_a_twin_is_refused(exam: Test, candidates: list[Candidate], planner: User, twin: str) -> None:
    with pytest.raises(Refused, match="is already on this test"):
        edit(candidates[0], planner, candidate_id=twin)
    assert stored(candidates[0]).candidate_id == "0001"


def test_another_spelling_of_the_own_id_is_no_twin(exam: Test, candidates: list[Candidate], planner: User) -> None:
    edit(candidates[2], planner, candidate_id="Kari")
    assert stored(candidates[2]).candidate_id == "Kari"


def test_a_number_that_was_typed_is_not_generated_again(exam: Test, candidates: list[Candidate], planner: User) -> None:
    edit(candidates[2], planner, candidate_id="0500")
    edit(candidates[2], planner, candidate_id="ola")
    added = add_candidates(test=exam, rows=[CandidateRow(1, "", 0)], by=planner, source="test")
    assert added.candidate_ids == ("0501",)


def test_changes_to_different_fields_both_survive(
    exam: Test, candidates: list[Candidate], planner: User, colleague: User
) -> None:
    seen = details_of(stored(candidates[0]))
    edit(candidates[0], colleague, old=seen, extra_minutes=45)
    assert edit(candidates[0], planner, old=seen, private_reference="Kari, row 3") == ("private_reference",)
    found = stored(candidates[0])
    assert (found.extra_minutes, found.private_reference) == (45, "Kari, row 3")


@pytest.mark.parametrize(
    ("field", "theirs", "mine", "sentence"),
    [
        ("candidate_id", "A-1", "B-1", "changed the Candidate ID to A-1"),
        ("extra_minutes", 45, 30, "changed the extra time to 45 minutes"),
        ("place", ("Vesthall", "V101"), ("Nordbygg", ""), "changed the location to Vesthall V101"),
        ("private_reference", "Kari", "Ola", "changed the private reference to Kari"),
    ],
)
def test_a_conflict_names_what_the_other_one_did(
    exam: Test,
    candidates: list[Candidate],
    planner: User,
    colleague: User,
    field: str,
    theirs: object,
    mine: object,
    sentence: str,
) -> None:
    seen = details_of(stored(candidates[0]))
    edit(candidates[0], colleague, old=seen, **{field: theirs})
    with pytest.raises(Conflict, match=sentence) as conflict:
        edit(candidates[0], planner, old=seen, **{field: mine})
    assert getattr(details_of(stored(candidates[0])), field) == theirs
    assert (getattr(conflict.value.stored, field), conflict.value.names) == (theirs, (field,))


def test_a_location_taken_away_by_another_is_a_conflict_too(
    exam: Test, candidates: list[Candidate], planner: User, colleague: User
) -> None:
    edit(candidates[0], planner, place=("Vesthall", "V101"), private_reference="x")
    seen = details_of(stored(candidates[0]))
    edit(candidates[0], colleague, old=seen, place=("", ""), private_reference="")
    with pytest.raises(Conflict, match="removed the location"):
        edit(candidates[0], planner, old=seen, place=("Vesthall", "V102"))
    with pytest.raises(Conflict, match="removed the private reference"):
        edit(candidates[0], planner, old=seen, private_reference="y")


def test_the_same_change_by_two_is_no_conflict(
    exam: Test, candidates: list[Candidate], planner: User, colleague: User
) -> None:
    seen = details_of(stored(candidates[0]))
    edit(candidates[0], colleague, old=seen, extra_minutes=45)
    assert edit(candidates[0], planner, old=seen, extra_minutes=45) == ()
    assert AuditEvent.objects.filter(action=AuditEvent.Action.CANDIDATE_CHANGED).count() == 1


@pytest.mark.parametrize(
    ("values", "version"),
    [
        ({"candidate_id": "new"}, 2),
        ({"extra_minutes": 5}, 2),
        ({"place": ("Vesthall", "")}, 2),
        ({"candidate_id": "new", "extra_minutes": 5}, 2),
        ({"private_reference": "x"}, 1),
        ({}, 1),
    ],
)
def test_after_activation_what_stands_on_the_slip_makes_it_out_of_date(
    scheduled_exam: Test, planner: User, values: dict[str, Any], version: int
) -> None:
    candidate = Candidate.objects.get(test=scheduled_exam, candidate_id="0001")
    edit(candidate, planner, **values)
    assert stored(candidate).slip_version == version


def test_before_activation_there_is_no_slip(exam: Test, candidates: list[Candidate], planner: User) -> None:
    edit(candidates[0], planner, candidate_id="new", extra_minutes=5)
    assert stored(candidates[0]).slip_version == 1


@pytest.mark.parametrize("values", [{"candidate_id": "new"}, {"extra_minutes": 5}])
def test_after_the_start_id_and_time_stay(
    open_exam: Test, candidate: Candidate, planner: User, values: dict[str, Any]
) -> None:
    start(candidate=candidate)
    with pytest.raises(Refused, match="has started meanwhile"):
        edit(candidate, planner, **values)
    assert details_of(stored(candidate)) == Details("0001", 0, ("", ""), "")


def test_after_the_start_place_and_reference_can_be_changed(
    open_exam: Test, candidate: Candidate, planner: User
) -> None:
    start(candidate=candidate)
    edit(candidate, planner, place=("Vesthall", "V101"), private_reference="x")
    assert details_of(stored(candidate)) == Details("0001", 0, ("Vesthall", "V101"), "x")


def test_who_was_removed_meanwhile_is_not_changed(exam: Test, candidates: list[Candidate], planner: User) -> None:
    seen = details_of(stored(candidates[0]))
    remove_candidates(test=exam, public_ids=[candidates[0].public_id], by=planner)
    with pytest.raises(Refused, match="was removed from the test"):
        edit(candidates[0], planner, old=seen, extra_minutes=5)


def test_old_and_new_stand_in_the_audit_but_no_private_reference(
    exam: Test, candidates: list[Candidate], planner: User
) -> None:
    edit(candidates[0], planner, candidate_id="new", place=("Vesthall", "V101"), private_reference="Kari Nordmann")
    event = AuditEvent.objects.get(action=AuditEvent.Action.CANDIDATE_CHANGED)
    assert event.actor == planner
    assert event.detail == {
        "candidates": [candidates[0].public_id],
        "changes": {
            "candidate_id": ["0001", "new"],
            "place": [["", ""], ["Vesthall", "V101"]],
            "private_reference": True,
        },
    }


def test_extra_time_stays_once_marks_are_set_after_the_end(
    open_exam: Test, candidate: Candidate, planner: User, grader: User, clock: Clock
) -> None:
    start(candidate=candidate)
    clock.move(hours=5)
    save_mark(test=open_exam, public_id=candidate.public_id, mark=None, comment="Good", seen=None, by=grader)
    late = Candidate.objects.get(test=open_exam, candidate_id="kari")
    with pytest.raises(Refused, match="marks are set"):
        edit(late, planner, extra_minutes=120)
    assert edit(late, planner, private_reference="Kari") == ("private_reference",)
    assert stored(late).extra_minutes == 0


def test_extra_time_of_one_candidate_does_not_open_a_finished_test_again(
    open_exam: Test, candidate: Candidate, planner: User, clock: Clock
) -> None:
    clock.move(hours=5)
    with pytest.raises(Refused, match="The test is Finished"):
        edit(candidate, planner, extra_minutes=2000)
    assert stored(candidate).extra_minutes == 0
