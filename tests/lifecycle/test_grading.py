"""When graders may read an answer, and marks that two graders give at once."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from candidates.errors import Conflict, Refused
from candidates.lifecycle.grading import answer_of, is_readable, save_mark
from candidates.lifecycle.sitting import save_answer, start, submit
from candidates.models import AuditEvent, Candidate, Mark
from candidates.timing import handed_in_at
from tests.lifecycle.test_sitting_races import together


@pytest.fixture
def submitted(candidate):
    """Candidate 0001, who has handed in."""
    start(candidate=candidate)
    save_answer(candidate=candidate, answer="The answer", base_revision=0)
    submit(candidate=candidate, answer=None, base_revision=1)
    candidate.refresh_from_db()
    return candidate


def mark(candidate, by, text="12", comment="", seen=None):
    value = None if text is None else Decimal(text)
    save_mark(test=candidate.test, public_id=candidate.public_id, mark=value, comment=comment, seen=seen, by=by)
    return Mark.objects.get(candidate=candidate)


def answer(candidate):
    return answer_of(test=candidate.test, public_id=candidate.public_id, now=timezone.now())


def test_an_answer_is_read_once_it_is_handed_in(candidate):
    assert answer(candidate) is None
    start(candidate=candidate)
    save_answer(candidate=candidate, answer="The answer", base_revision=0)
    assert answer(candidate) is None
    submit(candidate=candidate, answer=None, base_revision=1)
    assert answer(candidate) == "The answer"


def test_who_has_extra_time_cannot_be_told_from_what_is_readable(open_exam, clock):
    """0001 and 0002 both write until their own end; 0002 has 30 minutes more."""
    one, two, _kari = Candidate.objects.of_test(open_exam).select_related("test").order_by("sort_key")
    for each in (one, two):
        start(candidate=each)
        save_answer(candidate=each, answer="Text", base_revision=0)
    for minutes, readable in ((0, False), (-1, False), (1, False), (29, False), (30, True)):
        clock.set(open_exam.ends_at + timedelta(minutes=minutes))
        assert [answer(one) is not None, answer(two) is not None] == [readable, readable]


def test_what_is_submitted_in_extra_time_appears_with_the_rest(open_exam, clock):
    one, two, _kari = Candidate.objects.of_test(open_exam).select_related("test").order_by("sort_key")
    for each in (one, two):
        start(candidate=each)
    clock.set(open_exam.ends_at + timedelta(minutes=10))
    submit(candidate=two, answer="Late", base_revision=0)
    assert [answer(one), answer(two)] == [None, None]
    clock.move(minutes=21)
    assert [answer(one), answer(two)] == ["", "Late"]


@pytest.mark.parametrize("duration", [None, 60])
@pytest.mark.parametrize("submitted_after", [None, 30, 100, 250])
@pytest.mark.parametrize("extra", [0, 30])
def test_nothing_is_readable_that_is_not_handed_in(open_exam, duration, submitted_after, extra):
    open_exam.duration_minutes = duration
    open_exam.longest_extra_seconds = 30 * 60
    opens, _ends = open_exam.window
    place = Candidate(test=open_exam, started_at=opens, extra_minutes=extra)
    for minutes in range(0, 300, 10):
        now = opens + timedelta(minutes=minutes)
        if submitted_after is not None and minutes >= submitted_after:
            place.submitted_at = opens + timedelta(minutes=submitted_after)
        readable = is_readable(test=open_exam, started_at=opens, submitted_at=place.submitted_at, now=now)
        assert not readable or handed_in_at(place, open_exam, now=now) is not None


def test_a_candidate_who_never_started_has_not_submitted(open_exam, clock):
    clock.move(days=2)
    now = timezone.now()
    assert not is_readable(test=open_exam, started_at=None, submitted_at=None, now=now)


def test_a_mark_is_kept_and_recorded_without_the_comment(submitted, grader):
    kept = mark(submitted, grader, "24.5", "Canary comment")
    assert (kept.mark, kept.comment, kept.marked_by) == (Decimal("24.50"), "Canary comment", grader)
    event = AuditEvent.objects.get(action=AuditEvent.Action.MARKED)
    assert event.detail == {"candidate": submitted.public_id, "mark": "24.5"}
    assert (event.actor, event.test, event.count) == (grader, submitted.test, 1)


def test_the_second_of_two_first_marks_is_a_conflict(submitted, grader, colleague):
    mark(submitted, grader, "24")
    with pytest.raises(Conflict) as conflict:
        mark(submitted, colleague, "12")
    assert conflict.value.stored.mark == 24
    assert Mark.objects.get().mark == 24


def test_the_second_of_two_changes_is_a_conflict_until_it_was_seen(submitted, grader, colleague):
    first = mark(submitted, grader, "24")
    second = mark(submitted, colleague, "12", seen=first.marked_at)
    with pytest.raises(Conflict):
        mark(submitted, grader, "25", seen=first.marked_at)
    assert mark(submitted, grader, "25", seen=second.marked_at).mark == 25


def test_another_graders_mark_is_not_replaced_unasked(submitted, grader, colleague):
    first = mark(submitted, grader, "24")
    keep = {"test": submitted.test, "public_id": submitted.public_id, "comment": "", "seen": first.marked_at}
    with pytest.raises(Conflict):
        save_mark(**keep, mark=Decimal(12), by=colleague, own_only=True)
    save_mark(**keep, mark=Decimal(25), by=grader, own_only=True)
    assert Mark.objects.get().mark == 25


def test_of_two_graders_who_replace_one_mark_at_once_one_is_asked_again(transactional_db, submitted, grader, colleague):
    first = mark(submitted, grader, "24")
    acts = [partial(mark, submitted, by, text, seen=first.marked_at) for by, text in ((grader, "1"), (colleague, "2"))]
    assert [type(error) for error in together(*acts)] == [Conflict]
    assert AuditEvent.objects.filter(action=AuditEvent.Action.MARKED).count() == 2


def test_a_change_is_told_from_what_it_replaces_even_when_the_clock_goes_back(submitted, grader, colleague, clock):
    first = mark(submitted, grader, "24")
    clock.move(minutes=-5)
    second = mark(submitted, grader, "25", seen=first.marked_at)
    assert second.marked_at > first.marked_at
    with pytest.raises(Conflict):
        mark(submitted, colleague, "26", seen=first.marked_at)


def test_the_same_mark_sent_twice_is_saved_once_and_is_no_conflict(submitted, grader):
    mark(submitted, grader, "24", "Good")
    mark(submitted, grader, "24.00", "Good")
    assert AuditEvent.objects.filter(action=AuditEvent.Action.MARKED).count() == 1


def test_a_mark_can_be_taken_away(submitted, grader):
    first = mark(submitted, grader, "24")
    assert mark(submitted, grader, None, seen=first.marked_at).mark is None


def test_nothing_is_marked_before_it_is_handed_in(candidate, grader):
    start(candidate=candidate)
    with pytest.raises(Refused):
        mark(candidate, grader)
    assert not Mark.objects.exists()


def test_incident_time_that_opens_the_test_again_closes_the_answer_again(open_exam, grader, clock):
    one = Candidate.objects.of_test(open_exam).select_related("test").get(candidate_id="0001")
    start(candidate=one)
    clock.set(open_exam.ends_at + timedelta(minutes=31))
    assert answer(one) == ""
    Candidate.objects.filter(pk=one.pk).update(incident_minutes=60)
    assert answer(one) is None
    with pytest.raises(Refused):
        mark(one, grader)


@pytest.mark.parametrize(("microseconds", "readable"), [(-1, True), (0, False)])
def test_what_comes_at_the_standard_end_is_extra_time_already(open_exam, microseconds, readable):
    open_exam.longest_extra_seconds = 30 * 60
    opens_at, ends_at = open_exam.window
    submitted_at = ends_at + timedelta(microseconds=microseconds)
    assert is_readable(test=open_exam, started_at=opens_at, submitted_at=submitted_at, now=ends_at) is readable
