"""Activation against itself, against imports and starts, and against power cuts."""

import random

import pytest

from candidates.models import AuditEvent, Candidate, SealedPassword, Test, User
from tests.factories import activated, add, add_many, make_test, open_now, password_of
from tests.races.acts import act
from tests.races.support import Act, Runner

pytestmark = pytest.mark.django_db(transaction=True)


def activation(test: Test, by: User, *, kill_at: int | None = None, kill_after: float | None = None) -> Act:
    return act("activate_test", test=test.pk, by=by.pk, kill_at=kill_at, kill_after=kill_after)


def deactivation(test: Test, by: User) -> Act:
    return act("deactivate_test", test=test.pk, by=by.pk)


def made(test: Test) -> tuple[bool, int, int, int, int]:
    """Return whether the test is activated, then candidates with login details, accounts, copies, audit rows."""
    # waits for the server to notice that a killed one is gone, and to take its work back
    Test.objects.filter(pk=test.pk).update(name=test.name)
    test.refresh_from_db()
    return (
        test.is_activated,
        Candidate.objects.of_test(test).filter(user__isnull=False).count(),
        User.objects.filter(kind=User.Kind.ONE_TIME).count(),
        SealedPassword.objects.count(),
        AuditEvent.objects.filter(action=AuditEvent.Action.ACTIVATED).count(),
    )


@pytest.mark.slow
def test_of_8_activations_at_once_one_makes_one_set(exam: Test, planner: User, runner: Runner) -> None:
    add_many(exam, planner, 200)
    outcomes = runner.race(*[activation(exam, planner)] * 8)
    assert sorted(outcome.error for outcome in outcomes) == ["", *["Refused"] * 7]
    assert [outcome.value for outcome in outcomes if outcome.done] == [200]
    assert all("activated already" in outcome.text for outcome in outcomes if not outcome.done)
    assert made(exam) == (True, 200, 200, 200, 1)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 60, 400])
def test_nobody_imported_during_activation_is_left_without_a_login(
    exam: Test, planner: User, runner: Runner, size: int
) -> None:
    add_many(exam, planner, 20)
    imports = [act("add_ids", test=exam.pk, by=planner.pk, ids=[""] * size)] * 3
    outcomes = runner.race(imports[0], activation(exam, planner), *imports[1:])
    assert all(outcome.done for outcome in outcomes)
    everybody = 20 + 3 * size
    assert made(exam) == (True, everybody, everybody, everybody, 1)


@pytest.mark.slow
def test_8_imports_into_an_activated_test_make_distinct_accounts(exam: Test, planner: User, runner: Runner) -> None:
    add(exam, planner, "0001")
    activated(exam, planner)
    outcomes = runner.race(*[act("add_ids", test=exam.pk, by=planner.pk, ids=[""] * 40)] * 8)
    assert all(outcome.done for outcome in outcomes)
    assert made(exam) == (True, 321, 321, 321, 1)


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(4))
def test_a_deactivated_test_has_nobody_who_started(planner: User, runner: Runner, turn: int) -> None:
    acts = []
    tests = []
    for number in range(4):
        test = make_test(planner=planner, name=f"Exam {number}")
        candidates = add(test, planner, "0001", "0002")
        tests.append(open_now(activated(test, planner)))
        starts = [act("start_test", candidate=candidate.pk) for candidate in candidates]
        # every order of the three, over the tests and turns
        acts += random.Random(turn * 4 + number).sample([*starts, deactivation(test, planner)], 3)
    outcomes = runner.race(*acts)
    assert {outcome.error for outcome in outcomes} <= {"", "Refused"}
    for test in tests:
        test.refresh_from_db()
        started = Candidate.objects.of_test(test).filter(started_at__isnull=False).count()
        assert (test.is_activated, started) in {(True, 2), (False, 0)}
        assert (test.first_opened_at is not None) == test.is_activated


@pytest.mark.slow
def test_activation_that_is_killed_at_any_statement_leaves_nothing(exam: Test, planner: User, runner: Runner) -> None:
    add_many(exam, planner, 30)
    killed = 0
    while True:
        (outcome,) = runner.race(activation(exam, planner, kill_at=killed + 1))
        if outcome.done:
            break
        killed += 1
        assert outcome.killed
        assert made(exam) == (False, 0, 0, 0, 0)
    assert killed >= 8
    assert made(exam) == (True, 30, 30, 30, 1)


@pytest.mark.slow
def test_activation_that_is_killed_at_any_moment_is_there_or_not(planner: User, runner: Runner) -> None:
    moments = random.Random(3)
    everybody = activations = 0
    for attempt in range(10):
        test = make_test(planner=planner, name=f"Exam {attempt}")
        add_many(test, planner, 300)
        (outcome,) = runner.race(activation(test, planner, kill_after=moments.uniform(0, 0.15)))
        state = made(test)
        if outcome.done or state[0]:
            everybody, activations = everybody + 300, activations + 1
            assert state == (True, 300, everybody, everybody, activations)
        else:
            assert state == (False, 0, everybody, everybody, activations)


def test_of_two_new_passwords_at_once_the_slip_shows_the_one_that_works(
    exam: Test, planner: User, runner: Runner
) -> None:
    (candidate,) = add(exam, planner, "0001")
    activated(exam, planner)
    outcomes = runner.race(*[act("renew", candidate=candidate.pk, by=planner.pk)] * 8)
    assert all(outcome.done for outcome in outcomes)
    from candidates.credentials.verifier import matches

    password = password_of(candidate)
    assert candidate.user is not None
    assert matches(candidate.user.password, candidate.user.username, password)
    assert candidate.slip_version == 9
