"""Activation: exactly once, all or nothing, and always the same login details (D7)."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from candidates.credentials import issuing
from candidates.errors import Refused
from candidates.lifecycle.activation import activate, deactivate
from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, SealedPassword, Test, User
from tests.factories import add, make_test, password_of


def details(test):
    found = Candidate.objects.of_test(test).values_list("candidate_id", "user__username")
    return {text: (name, password_of(Candidate.objects.get(test=test, candidate_id=text))) for text, name in found}


def test_activation_makes_login_details_for_everybody_who_has_none(planner, exam, candidates):
    assert activate(test=exam, by=planner) == 3
    assert exam.is_activated
    assert exam.activated_by == planner
    assert len(set(details(exam).values())) == 3
    event = AuditEvent.objects.get(action="activated")
    assert (event.actor, event.count) == (planner, 3)


def test_a_second_activation_is_refused_and_makes_nothing(planner, colleague, exam, candidates):
    stale = Test.objects.get(pk=exam.pk)
    activate(test=exam, by=planner)
    before = details(exam)
    with pytest.raises(Refused, match="activated already"):
        activate(test=stale, by=colleague)
    assert details(exam) == before
    assert Test.objects.get(pk=exam.pk).activated_by == planner
    assert AuditEvent.objects.filter(action="activated").count() == 1


@pytest.mark.parametrize("broken", ["seal", "link_users", "make_one_time_users"])
def test_an_activation_that_breaks_in_the_middle_leaves_nothing(planner, exam, candidates, monkeypatch, broken):
    whole = getattr(issuing, broken)
    calls = []

    def breaking(*args, **kwargs):
        calls.append(1)
        if broken != "seal" or len(calls) == 2:  # the second of three copies
            raise DatabaseError("the power went")
        return whole(*args, **kwargs)

    monkeypatch.setattr(issuing, broken, breaking)
    with pytest.raises(DatabaseError):
        activate(test=exam, by=planner)
    assert not Test.objects.activated().exists()
    assert not SealedPassword.objects.exists()
    assert not User.objects.filter(kind="one_time").exists()
    assert not AuditEvent.objects.filter(action="activated").exists()
    monkeypatch.undo()
    assert activate(test=exam, by=planner) == 3


def test_activation_fails_as_a_whole_where_it_cannot_be_recorded(planner, exam, candidates, monkeypatch):
    def broken(*args, **kwargs):
        raise DatabaseError("no room for the log")

    monkeypatch.setattr(AuditEvent.objects, "create", broken)
    with pytest.raises(DatabaseError):
        activate(test=exam, by=planner)
    assert not Test.objects.activated().exists()
    assert not SealedPassword.objects.exists()


def test_without_candidates_or_after_its_end_a_test_is_not_activated(planner, exam, clock):
    with pytest.raises(Refused, match="No candidate is on the test"):
        activate(test=exam, by=planner)
    add(exam, planner, "0001")
    clock.set(exam.ends_at)  # the end does not count any more (D30)
    with pytest.raises(Refused, match="has ended already"):
        activate(test=exam, by=planner)
    clock.set(exam.ends_at - timedelta(seconds=30))
    assert activate(test=exam, by=planner) == 1


def test_a_demo_test_needs_neither_candidates_nor_times(planner):
    demo = make_test(planner=planner, is_demo=True)
    Test.objects.filter(pk=demo.pk).update(opens_at=None, ends_at=None)
    demo.refresh_from_db()
    assert activate(test=demo, by=planner) == 0
    deactivate(test=demo, by=planner)
    assert not demo.is_activated


def test_deactivation_shuts_out_and_reactivation_lets_in_with_the_same_details(planner, exam, candidates):
    activate(test=exam, by=planner)
    before = details(exam)
    deactivate(test=exam, by=planner)
    assert not User.objects.filter(kind="one_time", is_active=True).exists()
    assert AuditEvent.objects.filter(action="deactivated", count=3).count() == 1
    add(exam, planner, "0100")
    assert activate(test=exam, by=planner) == 1
    after = details(exam)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"0100"}
    assert User.objects.filter(kind="one_time", is_active=True).count() == 4


def test_deactivation_works_until_the_first_candidate_opens_the_test(planner, candidate):
    exam = candidate.test
    deactivate(test=exam, by=planner)
    activate(test=exam, by=planner)
    start(candidate=candidate)
    with pytest.raises(Refused, match="A candidate has opened the test"):
        deactivate(test=exam, by=planner)
    assert exam.is_activated
    assert User.objects.filter(kind="one_time", is_active=True).count() == 3


def test_a_candidate_finds_nothing_to_open_after_deactivation(planner, candidate):
    deactivate(test=candidate.test, by=planner)
    with pytest.raises(Refused, match="not open"):
        start(candidate=candidate)
    candidate.refresh_from_db()
    assert candidate.started_at is None


def test_what_is_not_activated_cannot_be_deactivated(planner, exam):
    with pytest.raises(Refused, match="not activated"):
        deactivate(test=exam, by=planner)
