"""Connecting a test with an exam of a student system, looking at it, and what is kept of that."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from candidates.errors import Refused
from candidates.models import AuditEvent, Candidate, RosterConnection, RosterSnapshot, RosterState, Test
from candidates.rosters.asking import Standing, source_states, test_connection
from candidates.rosters.connecting import choose_applying, connect, disconnect, find_exams, make_test, read_exam
from candidates.rosters.looking import ask_for_hints, forget_old_looks, look_at_next, look_now
from candidates.rosters.planning import latest_plan
from candidates.rosters.source import Exam, ExamSearch, Hints, SourceError, SourceRefused
from candidates.rosters.stored import people_of
from tests.support.roster_source import SLUG, scripted

pytestmark = pytest.mark.django_db
Action = AuditEvent.Action


def due(test: Test) -> None:
    RosterConnection.objects.filter(test=test).update(next_look_at=timezone.now() - timedelta(seconds=1))


def read(exam: str) -> dict[str, Any]:
    return {"source": SLUG, "exam_key": exam, "snapshot": read_exam(source=SLUG, exam_key=exam)}


def state() -> Standing:
    return source_states()[0].standing


def test_connecting_looking_and_disconnecting_are_recorded_without_whom(exam, planner):
    with scripted() as source:
        source.put("s1", "A1", name="Kari Nordmann")
        assert state() == Standing.NEVER_ASKED
        connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
        look_now(test=exam, by=planner)
        choose_applying(test=exam, applies=True, removes=False, by=planner)
        disconnect(test=exam, by=planner)
    rows = AuditEvent.objects.filter(action__startswith="roster_").order_by("pk")
    assert [row.action for row in rows] == [
        *(Action.ROSTER_CONNECTED, Action.ROSTER_LOOKED, Action.ROSTER_CHANGED, Action.ROSTER_DISCONNECTED)
    ]
    assert [row.count for row in rows] == [1, 1, 0, 0]
    assert not any("Kari" in str(row.detail) or "s1" in str(row.detail) for row in rows)
    assert not RosterSnapshot.objects.exists()


def test_nobody_joins_by_connecting_and_another_exam_has_to_be_applied_anew(exam, planner):
    with scripted() as source:
        source.put("s1", "A1")
        connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
        choose_applying(test=exam, applies=True, removes=True, by=planner)
        connect(test=exam, source=SLUG, exam_key="exam-2", by=planner)
    found = RosterConnection.objects.get()
    assert (found.exam_key, found.applies_itself, found.removes_itself) == ("exam-2", False, False)
    assert not Candidate.objects.exists()


def test_an_exam_makes_a_test_with_its_name_and_times(planner):
    opens = timezone.now().replace(microsecond=0) + timedelta(days=3)
    with scripted() as source:
        source.exam = Exam("exam-1", "Logic [A]", "FIL1001", opens=opens, minutes=240)
        made = make_test(**read("exam-1"), by=planner)
        assert (made.name, made.opens_at, made.ends_at) == ("FIL1001 Logic (A)", opens, opens + timedelta(hours=4))
        assert made.roster.exam_key == "exam-1"
        source.exam = Exam("exam-2", "Logic")
        with pytest.raises(Refused, match="no times"):
            make_test(**read("exam-2"), by=planner)
    assert Test.objects.count() == 1


def test_a_source_that_fails_keeps_the_last_look_and_says_since_when(exam, planner):
    with scripted() as source:
        source.put("s1", "A1")
        connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
        source.fails = SourceError("Page 2 never came.")
        for _time in range(2):
            with pytest.raises(SourceError):
                look_now(test=exam, by=planner)
        found = RosterConnection.objects.get()
        assert (found.last_error, found.snapshot.count) == ("Page 2 never came.", 1)
        one = source_states()[0]
        assert (one.standing, one.failures_in_a_row, one.last_error) == (Standing.FAILS, 2, "Page 2 never came.")
        plan = latest_plan(exam)
        assert plan is not None and len(plan.join) == 1  # noqa: PT018
        source.fails = ZeroDivisionError("kari@uni.example")
        with pytest.raises(SourceError, match="cannot be read"):
            look_now(test=exam, by=planner)
        assert "kari" not in RosterState.objects.get().last_error
        source.fails = None
        look_now(test=exam, by=planner)
        assert RosterConnection.objects.get().last_error == ""
        assert state() == Standing.ANSWERS


def test_a_test_of_the_connection_is_recorded_and_starts_what_was_stopped(exam, planner):
    with scripted() as source:
        connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
        source.fails = SourceRefused("It does not take our key.")
        due(exam)
        assert look_at_next(SLUG)
        assert state() == Standing.STOPPED
        due(exam)
        assert not look_at_next(SLUG), "it is not asked again by itself"
        with pytest.raises(SourceRefused):
            test_connection(SLUG, by=planner)
        source.fails = None
        assert test_connection(SLUG, by=planner) == "It answers."
        assert look_at_next(SLUG)
    tested = AuditEvent.objects.filter(action=Action.ROSTER_TESTED).order_by("pk").values_list("outcome", flat=True)
    assert list(tested) == ["refused", "done"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda source: setattr(source, "also", (source.people["s1"],)), "somebody twice"),
        (lambda source: source.put("s2", "A1"), "same candidate number"),
        (lambda source: source.put("", "A3"), "without an id"),
        (lambda source: source.put("s3", "A" * 5000), "too long"),
    ],
)
def test_a_list_that_is_odd_changes_nothing(exam, planner, change, words):
    with scripted() as source:
        source.put("s1", "A1")
        connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
        change(source)
        with pytest.raises(SourceError, match=words):
            look_now(test=exam, by=planner)
    assert RosterSnapshot.objects.get().count == 1


def test_the_worker_looks_when_it_is_due_sooner_by_a_hint_and_never_after_the_end(exam, planner):
    with scripted() as source:
        connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
        assert not look_at_next(SLUG)
        source.hint = Hints("m1", exams=("another",))
        assert ask_for_hints(SLUG) == 0
        RosterState.objects.update(hints_due_at=timezone.now())
        source.hint = Hints("m2", exams=("exam-1",))
        assert ask_for_hints(SLUG) == 1
        assert RosterState.objects.get().marker == "m2"
        before = source.looks
        assert look_at_next(SLUG)
        assert source.looks == before + 1
        past = timezone.now() - timedelta(minutes=1)
        Test.objects.filter(pk=exam.pk).update(opens_at=past - timedelta(hours=3), ends_at=past)
        due(exam)
        assert not look_at_next(SLUG)
        with pytest.raises(Refused, match="ended"):
            look_now(test=Test.objects.get(pk=exam.pk), by=planner)
        assert source.looks == before + 1
        assert forget_old_looks() == 1
    assert not RosterSnapshot.objects.exists()


def test_exams_are_found_by_words(planner):
    with scripted():
        assert [one.key for one in find_exams(SLUG, ExamSearch("fil1001"))] == ["exam-1"]
        assert not find_exams(SLUG, ExamSearch("physics"))


def test_a_snapshot_comes_back_as_it_was_told(exam, planner):
    at = datetime(2026, 11, 1, 9, tzinfo=UTC)
    with scripted() as source:
        source.put("s1", "A1", name="Kari", registered_at=at, is_withdrawn=True, withdrawn_at=at)
        connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
        assert list(people_of(RosterSnapshot.objects.get())) == [source.people["s1"]]
