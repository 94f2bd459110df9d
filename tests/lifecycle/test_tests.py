"""Making a test, changing its set-up, moving its end: the rules that hold whoever asks."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from candidates.errors import Conflict, Refused
from candidates.lifecycle.tests import (
    SETUP,
    change_test,
    create_test,
    fingerprint,
    fingerprints,
    move_end,
    write_questions,
)
from candidates.models import AuditEvent, Candidate, Contributor, Mark, Test
from candidates.timing import Stage, stage_of
from tests.factories import add, make_test, open_now


def values(test, **changes):
    return {field: getattr(test, field) for field in SETUP} | changes


def test_a_test_is_stored_with_its_planner_in_one_step(planner):
    opens = timezone.now() + timedelta(days=1)
    fields = {"name": "T", "information": "", "questions": "", "duration_minutes": None, "is_demo": False}
    fields |= dict.fromkeys(SETUP, True) | fields
    test = create_test(values=fields | {"opens_at": opens, "ends_at": opens + timedelta(hours=1)}, by=planner)
    one = Contributor.objects.get(test=test)
    assert (one.user, one.role, one.added_by) == (planner, "planner", planner)
    assert AuditEvent.objects.filter(action="test_created", test=test, actor=planner).exists()


def test_only_what_was_changed_on_the_page_is_written(planner, exam):
    seen, page = fingerprints(exam), values(exam, questions="New")
    Test.objects.filter(pk=exam.pk).update(name="Changed meanwhile")
    assert change_test(test=exam, values=page, seen=seen, by=planner) == ["questions"]
    exam.refresh_from_db()
    assert (exam.name, exam.questions) == ("Changed meanwhile", "New")


def test_the_same_change_by_two_planners_is_no_conflict(planner, exam):
    seen, page = fingerprints(exam), values(exam, name="Same")
    Test.objects.filter(pk=exam.pk).update(name="Same")
    assert change_test(test=exam, values=page, seen=seen, by=planner) == []


@pytest.mark.parametrize("field", ["name", "questions", "opens_at", "duration_minutes"])
def test_a_field_that_somebody_else_changed_meanwhile_is_a_conflict(planner, exam, field):
    theirs = {"name": "x", "questions": "x", "opens_at": exam.opens_at + timedelta(minutes=1), "duration_minutes": 7}
    mine = {"name": "y", "questions": "y", "opens_at": exam.opens_at + timedelta(minutes=2), "duration_minutes": 8}
    seen, page = fingerprints(exam), values(exam, **{field: mine[field]})
    Test.objects.filter(pk=exam.pk).update(**{field: theirs[field]})
    with pytest.raises(Conflict) as caught:
        change_test(test=exam, values=page, seen=seen, by=planner)
    assert caught.value.stored == {field: theirs[field]}
    exam.refresh_from_db()
    assert getattr(exam, field) == theirs[field]
    assert not AuditEvent.objects.filter(action="test_changed").exists()


def test_an_activated_test_is_locked(planner, scheduled_exam):
    with pytest.raises(Refused, match="locked"):
        change_test(
            test=scheduled_exam,
            values=values(scheduled_exam, name="New"),
            seen=fingerprints(scheduled_exam),
            by=planner,
        )


def test_the_audit_holds_times_and_never_the_questions(planner, exam):
    page = values(exam, questions="The secret question", ends_at=exam.ends_at + timedelta(hours=1))
    change_test(test=exam, values=page, seen=fingerprints(exam), by=planner)
    detail = AuditEvent.objects.get(action="test_changed").detail
    assert detail["questions"] is None
    assert len(detail["ends_at"]) == 2
    assert "secret" not in str(detail)


@pytest.mark.parametrize(("field", "outdated"), [("name", True), ("duration_minutes", True), ("questions", False)])
def test_printed_slips_are_out_of_date_when_what_they_say_changes(planner, exam, field, outdated):
    [printed, fresh] = add(exam, planner, "1", "2")
    Candidate.objects.filter(pk=printed.pk).update(slip_printed_version=1)
    new = {"name": "New", "duration_minutes": 60, "questions": "New"}[field]
    change_test(test=exam, values=values(exam, **{field: new}), seen=fingerprints(exam), by=planner)
    printed.refresh_from_db()
    fresh.refresh_from_db()
    assert (printed.slip_version > 1) is outdated
    assert fresh.slip_version == 1


texts = st.text(max_size=20)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@given(one=st.none() | texts | moments | st.integers(), other=st.none() | texts | moments | st.integers())
def test_fingerprints_are_equal_exactly_when_the_values_are(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (one == other)
    assert fingerprint(one) == fingerprint(one)


# Moving the end -------------------------------------------------------------------------------------------------------


def this_minute():
    return timezone.now().replace(second=0, microsecond=0)


def test_moving_the_end_to_this_minute_ends_the_test_and_moving_it_on_opens_it_again(planner, candidate):
    exam = candidate.test
    exam = open_now(exam, minutes_ago=60)
    assert move_end(test=exam, ends_at=this_minute(), seen=exam.ends_at, by=planner)
    exam.refresh_from_db()
    Candidate.objects.filter(test=exam).update(extra_minutes=0)
    assert stage_of(exam) == Stage.FINISHED
    assert move_end(test=exam, ends_at=this_minute() + timedelta(hours=1), seen=exam.ends_at, by=planner)
    exam.refresh_from_db()
    assert stage_of(exam) == Stage.ACTIVE
    assert AuditEvent.objects.filter(action="test_changed", actor=planner).count() == 2


def test_after_the_end_marks_keep_the_end_where_it_is(planner, grader, open_exam, clock):
    done = Candidate.objects.get(test=open_exam, candidate_id="0001")
    Mark.objects.create(candidate=done, mark=5, marked_by=grader, marked_at=timezone.now())
    before = open_exam.ends_at
    clock.move(hours=6)
    with pytest.raises(Refused, match="marks are set"):
        move_end(test=open_exam, ends_at=this_minute() + timedelta(hours=1), seen=before, by=planner)
    open_exam.refresh_from_db()
    assert open_exam.ends_at == before


def test_the_end_moves_from_where_the_planner_saw_it_only(planner, open_exam):
    seen = open_exam.ends_at
    Test.objects.filter(pk=open_exam.pk).update(ends_at=seen + timedelta(minutes=5))
    with pytest.raises(Conflict) as caught:
        move_end(test=open_exam, ends_at=seen + timedelta(minutes=10), seen=seen, by=planner)
    assert caught.value.stored == {"ends_at": seen + timedelta(minutes=5)}
    assert not move_end(test=open_exam, ends_at=seen + timedelta(minutes=5), seen=seen, by=planner)


@pytest.mark.parametrize(
    ("shift", "words"), [(timedelta(minutes=-1), "past"), (timedelta(minutes=-10), "after the opening")]
)
def test_the_end_lies_neither_in_the_past_nor_before_the_opening(planner, open_exam, shift, words):
    before = open_exam.ends_at
    with pytest.raises(Refused, match=words):
        move_end(test=open_exam, ends_at=this_minute() + shift, seen=before, by=planner)
    open_exam.refresh_from_db()
    assert open_exam.ends_at == before


def test_a_test_that_is_not_activated_is_changed_under_edit(planner, exam):
    with pytest.raises(Refused, match="under Edit"):
        move_end(test=exam, ends_at=exam.ends_at + timedelta(hours=1), seen=exam.ends_at, by=planner)


def test_a_demo_test_without_times_has_no_end(planner):
    demo = make_test(planner=planner, is_demo=True)
    Test.objects.filter(pk=demo.pk).update(opens_at=None, ends_at=None, activated_at=timezone.now())
    with pytest.raises(Refused, match="no end"):
        move_end(test=demo, ends_at=timezone.now() + timedelta(hours=1), seen=None, by=planner)


def test_choosing_the_end_that_is_there_changes_nothing_and_is_not_recorded(planner, open_exam):
    before = open_exam.ends_at
    assert not move_end(test=open_exam, ends_at=before, seen=before, by=planner)
    assert not AuditEvent.objects.filter(action="test_changed").exists()


def test_the_end_of_an_archived_test_stays(planner, open_exam):
    Test.objects.filter(pk=open_exam.pk).update(archived_at=timezone.now())
    with pytest.raises(Refused, match="archived, so nothing in it can be changed"):
        move_end(test=open_exam, ends_at=open_exam.ends_at + timedelta(hours=1), seen=open_exam.ends_at, by=planner)


def test_a_demo_test_whose_times_somebody_has_taken_away_does_not_become_a_real_one_without_times(planner):
    demo = make_test(planner=planner, is_demo=True)
    seen, page = fingerprints(demo), values(demo, is_demo=False)
    Test.objects.filter(pk=demo.pk).update(opens_at=None, ends_at=None)
    with pytest.raises(Refused, match="now one of them is missing"):
        change_test(test=demo, values=page, seen=seen, by=planner)
    assert Test.objects.get(pk=demo.pk).is_demo


# Questions ------------------------------------------------------------------------------------------------------------


def test_saving_the_questions_as_they_are_is_no_change_whatever_the_page_showed(planner, scheduled_exam):
    Test.objects.filter(pk=scheduled_exam.pk).update(questions="Why?")
    assert not write_questions(test=scheduled_exam, questions="Why?", seen=fingerprint("How?"), by=planner)
    assert not AuditEvent.objects.filter(action="questions_changed").exists()


def test_the_questions_of_an_archived_test_stay(planner, scheduled_exam):
    Test.objects.filter(pk=scheduled_exam.pk).update(archived_at=timezone.now(), questions="Why?")
    with pytest.raises(Refused, match="archived, so nothing in it can be changed"):
        write_questions(test=scheduled_exam, questions="How?", seen=fingerprint("Why?"), by=planner)
    assert Test.objects.get(pk=scheduled_exam.pk).questions == "Why?"
