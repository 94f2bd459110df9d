"""Planned extra time: add, subtract, set, within 0 and the limit, on both databases."""

from contextlib import nullcontext
from functools import partial

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidates.errors import Conflict, Refused
from candidates.lifecycle.accommodations import (
    Change,
    change_incident_time,
    change_location,
    change_planned_time,
    minutes_after,
)
from candidates.lifecycle.grading import save_mark
from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, Location, Test, User
from candidates.timing import Stage, stage_of
from tests.conftest import Clock
from tests.factories import add, make_test

LIMIT = 2880


def minutes(test: Test) -> list[int]:
    return list(Candidate.objects.of_test(test).order_by("sort_key").values_list("extra_minutes", flat=True))


def change(test: Test, by: User, how: Change, value: int, *chosen: Candidate) -> None:
    ids = [one.public_id for one in chosen or Candidate.objects.of_test(test)]
    change_planned_time(test=test, public_ids=ids, how=how, minutes=value, by=by)


@pytest.mark.parametrize(
    ("how", "value", "after"),
    [
        (Change.ADD, 30, [30, 60, 30]),
        (Change.ADD, LIMIT - 30, [LIMIT - 30, LIMIT, LIMIT - 30]),
        (Change.SUBTRACT, 10, [0, 20, 0]),
        (Change.SUBTRACT, 30, [0, 0, 0]),
        (Change.SUBTRACT, 31, [0, 0, 0]),  # never below 0, also in the arithmetic of an unsigned column
        (Change.SUBTRACT, LIMIT, [0, 0, 0]),
        (Change.SET, 0, [0, 0, 0]),
        (Change.SET, LIMIT, [LIMIT, LIMIT, LIMIT]),
    ],
)
def test_sums_after_a_change(
    exam: Test, candidates: list[Candidate], planner: User, how: Change, value: int, after: list[int]
) -> None:
    change(exam, planner, how, value)
    assert minutes(exam) == after


@pytest.mark.parametrize(("how", "value"), [(Change.ADD, LIMIT - 29), (Change.SET, LIMIT + 1), (Change.ADD, 10**9)])
def test_past_the_limit_nobody_is_changed(
    exam: Test, candidates: list[Candidate], planner: User, how: Change, value: int
) -> None:
    with pytest.raises(Refused, match="At most 2880 are possible"):
        change(exam, planner, how, value)
    assert minutes(exam) == [0, 30, 0]


def test_time_can_be_taken_from_a_sum_beyond_a_limit_that_was_lowered(
    exam: Test, candidates: list[Candidate], planner: User
) -> None:
    with override_settings(EXTRA_TIME_LIMIT_MINUTES=20):
        change(exam, planner, Change.SUBTRACT, 5)
    assert minutes(exam) == [0, 25, 0]


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start_values=st.lists(st.integers(0, LIMIT), min_size=1, max_size=4),
    steps=st.lists(st.tuples(st.sampled_from(Change), st.integers(0, LIMIT + 10)), max_size=4),
)
def test_any_row_of_changes_agrees_with_plain_arithmetic(
    planner: User, start_values: list[int], steps: list[tuple[Change, int]]
) -> None:
    test = make_test(planner=planner)
    add(test, planner, *(f"c{number}" for number in range(len(start_values))))
    for number, value in enumerate(start_values):
        Candidate.objects.filter(test=test, candidate_id=f"c{number}").update(extra_minutes=value)
    expected = start_values
    for how, value in steps:
        wanted = [minutes_after(now, how, value) for now in expected]
        refused = how is not Change.SUBTRACT and max(wanted) > LIMIT
        if refused:
            with pytest.raises(Refused):
                change(test, planner, how, value)
        else:
            change(test, planner, how, value)
            expected = wanted
        assert minutes(test) == expected
        assert all(0 <= now <= LIMIT for now in expected)


def test_an_empty_choice_means_nobody(exam: Test, candidates: list[Candidate], planner: User) -> None:
    for ids in ([], ["unknown"]):
        with pytest.raises(Refused, match="No candidate is ticked"):
            change_planned_time(test=exam, public_ids=ids, how=Change.SET, minutes=5, by=planner)
        with pytest.raises(Refused, match="No candidate is ticked"):
            change_location(test=exam, public_ids=ids, building="A", room="", by=planner)
    assert minutes(exam) == [0, 30, 0]


def test_candidates_of_another_test_are_left_alone(exam: Test, candidates: list[Candidate], planner: User) -> None:
    other = make_test(planner=planner)
    foreign = add(other, planner, "0001")
    change(exam, planner, Change.SET, 5, candidates[0], *foreign)
    assert (minutes(exam), minutes(other)) == ([5, 30, 0], [0])


def test_who_has_started_keeps_the_time(open_exam: Test, candidate: Candidate, planner: User) -> None:
    start(candidate=candidate)
    ids = [one.public_id for one in Candidate.objects.of_test(open_exam)]
    done = change_planned_time(test=open_exam, public_ids=ids, how=Change.ADD, minutes=5, by=planner)
    assert (done.count, done.left) == (2, ("0001",))
    assert minutes(open_exam) == [0, 35, 5]


def test_a_page_that_is_not_up_to_date_changes_nothing(
    exam: Test, candidates: list[Candidate], planner: User, colleague: User
) -> None:
    seen = {one.public_id: one.extra_minutes for one in candidates}
    change(exam, colleague, Change.ADD, 15, candidates[0])
    with pytest.raises(Conflict):
        change_planned_time(test=exam, public_ids=list(seen), how=Change.ADD, minutes=30, by=planner, seen=seen)
    assert minutes(exam) == [15, 30, 0]


def test_only_slips_whose_time_changes_are_out_of_date(scheduled_exam: Test, planner: User) -> None:
    change(scheduled_exam, planner, Change.SET, 30)
    assert dict(Candidate.objects.values_list("candidate_id", "slip_version")) == {"0001": 2, "0002": 1, "kari": 2}


def test_before_activation_no_slip_is_out_of_date(exam: Test, candidates: list[Candidate], planner: User) -> None:
    change(exam, planner, Change.SET, 45)
    assert set(Candidate.objects.values_list("slip_version", flat=True)) == {1}


def test_incident_time_needs_an_activated_test(exam: Test, candidates: list[Candidate], planner: User) -> None:
    with pytest.raises(Refused, match="once the test is activated"):
        change_incident_time(
            test=exam, public_ids=[candidates[0].public_id], how=Change.ADD, minutes=5, reason="", by=planner
        )


def test_incident_time_reaches_who_has_started_and_stays_above_0(
    open_exam: Test, candidate: Candidate, planner: User
) -> None:
    start(candidate=candidate)
    for how, value in ((Change.ADD, 10), (Change.SUBTRACT, 25), (Change.ADD, 7)):
        change_incident_time(
            test=open_exam, public_ids=[candidate.public_id], how=how, minutes=value, reason="fire alarm", by=planner
        )
    candidate.refresh_from_db()
    assert (candidate.incident_minutes, candidate.extra_minutes) == (7, 0)


def test_incident_time_that_is_not_what_the_page_showed_changes_nothing(
    open_exam: Test, candidate: Candidate, planner: User
) -> None:
    seen = {candidate.public_id: 0}

    def give() -> None:
        change_incident_time(
            test=open_exam, public_ids=list(seen), how=Change.ADD, minutes=10, reason="r", by=planner, seen=seen
        )

    give()
    with pytest.raises(Conflict):
        give()
    candidate.refresh_from_db()
    assert candidate.incident_minutes == 10


@pytest.mark.parametrize("is_marked", [True, False])
def test_marks_that_are_set_after_the_end_keep_the_test_closed(
    open_exam: Test, candidate: Candidate, planner: User, grader: User, clock: Clock, is_marked: bool
) -> None:
    start(candidate=candidate)
    clock.move(hours=5)
    if is_marked:
        save_mark(test=open_exam, public_id=candidate.public_id, mark=None, comment="Good", seen=None, by=grader)
    late = Candidate.objects.get(test=open_exam, candidate_id="kari")
    acts = (
        partial(change_incident_time, public_ids=[candidate.public_id], reason="fire alarm"),
        partial(change_planned_time, public_ids=[late.public_id]),
    )
    for act in acts:
        with pytest.raises(Refused, match="marks are set") if is_marked else nullcontext():
            act(test=open_exam, how=Change.ADD, minutes=120, by=planner)
    candidate.refresh_from_db()
    late.refresh_from_db()
    assert (candidate.incident_minutes, late.extra_minutes) == ((0, 0) if is_marked else (120, 120))


def test_a_finished_test_is_not_opened_again_by_planned_extra_time(
    open_exam: Test, planner: User, clock: Clock
) -> None:
    clock.move(hours=5)
    late = Candidate.objects.get(test=open_exam, candidate_id="kari")
    with pytest.raises(Refused, match=r"The test is Finished.*Give incident time"):
        change_planned_time(test=open_exam, public_ids=[late.public_id], how=Change.ADD, minutes=2000, by=planner)
    assert stage_of(open_exam) == Stage.FINISHED
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.EXTRA_TIME_CHANGED).exists()


def test_each_change_is_recorded_with_who_and_what(
    exam: Test, candidates: list[Candidate], planner: User, room: Location
) -> None:
    change(exam, planner, Change.ADD, 5, candidates[0])
    change_location(test=exam, public_ids=[candidates[0].public_id], building=room.building, room=room.room, by=planner)
    time, place = AuditEvent.objects.filter(action__in=["extra_time_changed", "location_changed"]).order_by("pk")
    assert (time.actor, time.count, time.detail["minutes"], time.detail["how"]) == (planner, 1, 5, "add")
    assert time.detail["candidates"] == place.detail["candidates"] == [candidates[0].public_id]
    assert (place.detail["building"], place.detail["room"]) == ("Vesthall", "V101")


def test_a_new_room_makes_only_printed_slips_out_of_date(scheduled_exam: Test, planner: User) -> None:
    Candidate.objects.filter(test=scheduled_exam, candidate_id="0001").update(slip_printed_version=1)
    everybody = list(Candidate.objects.values_list("public_id", flat=True))
    change_location(test=scheduled_exam, public_ids=everybody, building="Vesthall", room="V101", by=planner)
    assert dict(Candidate.objects.values_list("candidate_id", "slip_version")) == {"0001": 2, "0002": 1, "kari": 1}
