"""One-time logins for SSO candidates against themselves, removal, deactivation, starts, and power cuts."""

import pytest

from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, SealedPassword, Test, User
from tests.factories import activated, add_sso, give_logins, make_test, open_now
from tests.races.acts import act
from tests.races.support import Act, Runner

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN = AuditEvent.Action.ONE_TIME_LOGINS_GIVEN


@pytest.fixture
def sso_exam(exam: Test, planner: User) -> Test:
    """The exam, open, with 60 SSO candidates."""
    add_sso(exam, planner, *(f"{number:04}" for number in range(60)))
    return open_now(activated(exam, planner))


def giving(test: Test, by: User, *candidates: Candidate, kill_at: int | None = None) -> Act:
    return act("give_logins", test=test.pk, by=by.pk, public_ids=ids(candidates), kill_at=kill_at)


def taking_back(test: Test, by: User, *candidates: Candidate, kill_at: int | None = None) -> Act:
    return act("take_back_logins", test=test.pk, by=by.pk, public_ids=ids(candidates), kill_at=kill_at)


def ids(candidates: tuple[Candidate, ...]) -> list[str]:
    return [candidate.public_id for candidate in candidates]


def everybody(test: Test) -> tuple[Candidate, ...]:
    return tuple(Candidate.objects.of_test(test).order_by("pk"))


def state(test: Test) -> tuple[int, int, int, int]:
    """Return candidates with a one-time login, accounts that let in, copies, and candidates in all audit rows."""
    # waits for the server to notice that a killed one is gone, and to take its work back
    Test.objects.filter(pk=test.pk).update(name=test.name)
    return (
        Candidate.objects.of_test(test).filter(one_time_login__isnull=False).count(),
        User.objects.filter(kind=User.Kind.ONE_TIME, is_active=True).count(),
        SealedPassword.objects.count(),
        sum(AuditEvent.objects.filter(action=GIVEN).values_list("count", flat=True)),
    )


@pytest.mark.slow
def test_8_clicks_at_once_give_one_set(sso_exam: Test, planner: User, runner: Runner) -> None:
    outcomes = runner.race(*[giving(sso_exam, planner, *everybody(sso_exam))] * 8)
    assert all(outcome.done for outcome in outcomes)
    assert sorted(outcome.value for outcome in outcomes) == [0] * 7 + [60]
    assert state(sso_exam) == (60, 60, 60, 60)


@pytest.mark.slow
def test_overlapping_choices_of_two_planners_give_everybody_one(
    sso_exam: Test, planner: User, colleague: User, runner: Runner
) -> None:
    people = everybody(sso_exam)
    outcomes = runner.race(giving(sso_exam, planner, *people[:40]), giving(sso_exam, colleague, *people[:19:-1]))
    assert sum(outcome.value for outcome in outcomes) == 60
    assert state(sso_exam) == (60, 60, 60, 60)


@pytest.mark.slow
def test_nobody_removed_keeps_a_login(sso_exam: Test, planner: User, runner: Runner) -> None:
    people = everybody(sso_exam)
    removals = [act("remove", test=sso_exam.pk, by=planner.pk, public_ids=[one.public_id]) for one in people[:6]]
    outcomes = runner.race(*removals[:3], giving(sso_exam, planner, *people), *removals[3:])
    assert all(outcome.done for outcome in outcomes)
    assert state(sso_exam)[:3] == (54, 54, 54)


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(4))
def test_on_a_deactivated_test_no_such_login_lets_in(exam: Test, planner: User, runner: Runner, turn: int) -> None:
    add_sso(exam, planner, *(f"{number:04}" for number in range(30)))
    activated(exam, planner)
    acts = [giving(exam, planner, *everybody(exam)), act("deactivate_test", test=exam.pk, by=planner.pk)]
    given, deactivated = runner.race(*(acts if turn % 2 else acts[::-1]))
    assert deactivated.done or turn % 2 == 0
    assert {given.error} <= {"", "Refused"}
    with_one, letting_in, copies, _recorded = state(exam)
    assert (with_one, copies) in {(30, 30), (0, 0)}
    assert letting_in == 0


@pytest.mark.slow
def test_who_starts_while_it_is_taken_back_has_started(sso_exam: Test, planner: User, runner: Runner) -> None:
    people = everybody(sso_exam)[:8]
    give_logins(sso_exam, planner, *people)
    starts = [act("start_test", candidate=one.pk) for one in people]
    outcomes = runner.race(*starts[:4], taking_back(sso_exam, planner, *people), *starts[4:])
    assert all(outcome.done for outcome in outcomes)
    assert Candidate.objects.of_test(sso_exam).filter(started_at__isnull=False).count() == 8
    assert state(sso_exam)[:3] == (0, 0, 0)


@pytest.mark.slow
def test_of_giving_and_taking_back_at_once_no_half_login_is_left(sso_exam: Test, planner: User, runner: Runner) -> None:
    people = everybody(sso_exam)
    acts = [giving(sso_exam, planner, *people), taking_back(sso_exam, planner, *people)] * 3
    outcomes = runner.race(*acts)
    assert {outcome.error for outcome in outcomes} <= {"", "Refused"}
    with_one, letting_in, copies, _recorded = state(sso_exam)
    assert with_one == letting_in == copies
    assert with_one in {0, 60}


def test_a_new_password_while_it_is_taken_back_lets_nobody_in(sso_exam: Test, planner: User, runner: Runner) -> None:
    one = everybody(sso_exam)[0]
    give_logins(sso_exam, planner, one)
    outcomes = runner.race(act("renew", candidate=one.pk, by=planner.pk), taking_back(sso_exam, planner, one))
    assert outcomes[1].done
    assert outcomes[0].error in {"", "NotShown"}
    assert state(sso_exam)[:3] == (0, 0, 0)


@pytest.mark.slow
def test_giving_that_is_killed_at_any_statement_leaves_nothing(planner: User, runner: Runner) -> None:
    test = make_test(planner=planner)
    add_sso(test, planner, "0001", "0002", "0003")
    open_now(activated(test, planner))
    killed = 0
    while True:
        (outcome,) = runner.race(giving(test, planner, *everybody(test), kill_at=killed + 1))
        if outcome.done:
            break
        killed += 1
        assert outcome.killed
        assert state(test) == (0, 0, 0, 0)
    assert killed >= 8
    assert state(test) == (3, 3, 3, 3)


def test_taking_back_that_is_killed_at_any_statement_changes_nothing(planner: User, runner: Runner) -> None:
    test = make_test(planner=planner)
    people = add_sso(test, planner, "0001", "0002")
    open_now(activated(test, planner))
    give_logins(test, planner, *people)
    start(candidate=people[0])
    killed = 0
    while True:
        (outcome,) = runner.race(taking_back(test, planner, *people, kill_at=killed + 1))
        if outcome.done:
            break
        killed += 1
        assert outcome.killed
        assert state(test) == (2, 2, 2, 2)
    assert killed >= 6
    assert state(test) == (0, 0, 0, 2)
