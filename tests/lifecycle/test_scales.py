"""Scales: which grade points make, what may be changed once marks are given, and who sees a change in time."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from candidates.errors import Conflict, Refused
from candidates.lifecycle.grading import save_mark
from candidates.lifecycle.scales import Grade, Scale, change_scale, scale_of
from candidates.lifecycle.sitting import start, submit
from candidates.models import AuditEvent, Mark, ScaleGrade, Test
from tests.lifecycle.test_sitting_races import together

BOUNDS = {"A": "26", "B": "22", "C": "18", "D": "14", "E": "10.5", "F": None}
LETTERS = tuple(Grade(word, Decimal(points) if points else None) for word, points in BOUNDS.items())
A_TO_F = Scale(Test.Scale.LETTERS, max_points=Decimal(30), grades=LETTERS)
GIVEN = Scale(Test.Scale.WORDS, graders_give_grades=True, grades=(Grade("Approved"), Grade("Not approved")))


def change(test, scale, by, seen=None):
    test.refresh_from_db()
    return change_scale(test=test, scale=scale, seen=scale_of(test).fingerprint if seen is None else seen, by=by)


def stored(test):
    return scale_of(Test.objects.get(pk=test.pk))


@pytest.fixture
def submitted(candidate):
    """Candidate 0001, who has handed in."""
    start(candidate=candidate)
    submit(candidate=candidate, answer="The answer", base_revision=0)
    return candidate


def mark(candidate, by, points=None, grade=""):
    value = None if points is None else Decimal(points)
    save_mark(test=candidate.test, public_id=candidate.public_id, mark=value, grade=grade, comment="", seen=None, by=by)


@pytest.mark.parametrize(
    ("points", "grade"),
    [("30", "A"), ("26", "A"), ("25.99", "B"), ("10.5", "E"), ("10.49", "F"), ("0", "F"), (None, "")],
)
def test_a_grade_begins_at_its_points(points, grade):
    assert A_TO_F.grade_of(None if points is None else Decimal(points)) == grade


def test_a_scale_is_stored_and_recorded_as_it_was_and_is(exam, planner):
    wanted = Scale(Test.Scale.LETTERS, max_points=Decimal(30), marks_due_on=date(2027, 1, 4), grades=LETTERS)
    assert change(exam, wanted, planner)
    assert stored(exam) == wanted
    event = AuditEvent.objects.get(action=AuditEvent.Action.SCALE_CHANGED)
    assert (event.actor, event.test, event.detail["old"]["scale"]) == (planner, exam, "points")
    assert event.detail["new"]["grades"][4:] == [["E", "10.5"], ["F", None]]
    assert not change(exam, wanted, planner)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.SCALE_CHANGED).count() == 1


def test_of_two_planners_the_second_is_told(exam, planner, colleague):
    seen = scale_of(exam).fingerprint
    assert change(exam, A_TO_F, planner)
    with pytest.raises(Conflict) as refusal:
        change(exam, GIVEN, colleague, seen=seen)
    assert refusal.value.stored == A_TO_F
    assert not change(exam, A_TO_F, colleague, seen=seen)
    assert stored(exam) == A_TO_F


@pytest.mark.parametrize(
    "scale",
    [
        Scale(Test.Scale.LETTERS, grades=LETTERS[::-1]),
        Scale(Test.Scale.LETTERS, max_points=Decimal(20), grades=LETTERS),
        Scale(Test.Scale.LETTERS),
        Scale(Test.Scale.POINTS, grades=LETTERS),
        Scale(Test.Scale.WORDS, grades=(Grade("Good", Decimal(5)), Grade("good"))),
        Scale(Test.Scale.WORDS, grades=(Grade("Good"), Grade("Bad"))),
        Scale(Test.Scale.WORDS, grades=(Grade("Good", Decimal(5)), Grade("Bad", Decimal(1)))),
        Scale(Test.Scale.WORDS, graders_give_grades=True, grades=(Grade("Good", Decimal(5)), Grade("Bad"))),
    ],
)
def test_grades_that_cannot_be_are_never_stored(scale, exam, planner):
    with pytest.raises(Refused):
        change(exam, scale, planner)
    assert stored(exam) == Scale()


def test_points_that_were_given_stay(submitted, planner, grader):
    mark(submitted, grader, "24")
    with pytest.raises(Refused, match="1 candidate is marked in points"):
        change(submitted.test, GIVEN, planner)
    low = Scale(Test.Scale.POINTS, max_points=Decimal(20))
    with pytest.raises(Refused, match="Somebody has 24 points"):
        change(submitted.test, low, planner)
    assert change(submitted.test, A_TO_F, planner)
    assert Mark.objects.get().mark == 24


def test_grades_that_were_given_stay(submitted, planner, grader):
    change(submitted.test, GIVEN, planner)
    mark(submitted, grader, grade="Approved")
    with pytest.raises(Refused, match="1 candidate has a grade"):
        change(submitted.test, A_TO_F, planner)
    fewer = Scale(Test.Scale.WORDS, graders_give_grades=True, grades=(Grade("Passed"), Grade("Not approved")))
    with pytest.raises(Refused, match="given already: Approved"):
        change(submitted.test, fewer, planner)
    more = Scale(Test.Scale.WORDS, graders_give_grades=True, grades=(Grade("Excellent"), *GIVEN.grades))
    assert change(submitted.test, more, planner)
    assert AuditEvent.objects.get(action=AuditEvent.Action.MARKED).detail["mark"] == "Approved"


@pytest.mark.parametrize(
    ("scale", "points", "grade"),
    [(A_TO_F, "30.01", ""), (A_TO_F, None, "A"), (A_TO_F, "3", "A"), (GIVEN, "3", ""), (GIVEN, None, "approved")],
)
def test_a_mark_that_the_scale_does_not_have_is_refused(scale, points, grade, submitted, planner, grader):
    change(submitted.test, scale, planner)
    with pytest.raises(Refused, match="A planner has changed the scale meanwhile"):
        mark(submitted, grader, points, grade)
    assert not Mark.objects.exists()


def test_an_archived_test_keeps_its_scale(exam, candidates, planner):
    seen = scale_of(exam).fingerprint
    Test.objects.filter(pk=exam.pk).update(activated_at=exam.created_at, archived_at=exam.created_at)
    with pytest.raises(Refused, match="archived"):
        change(exam, A_TO_F, planner, seen=seen)


@pytest.mark.django_db(transaction=True)
def test_a_grade_that_is_given_at_the_same_moment_stays_in_the_scale(submitted, planner, grader):
    """Whoever comes second sees what the first one wrote, and is refused."""
    test = submitted.test
    change(test, GIVEN, planner)
    fewer = Scale(Test.Scale.WORDS, graders_give_grades=True, grades=(Grade("Passed"), Grade("Not approved")))
    given = partial(mark, submitted, grader, grade="Approved")
    taken = partial(change_scale, test=test, scale=fewer, seen=GIVEN.fingerprint, by=planner)
    outcomes = together(given, taken)
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert set(Mark.objects.values_list("grade", flat=True)) <= set(
        ScaleGrade.objects.filter(test=test).values_list("word", flat=True)
    )
