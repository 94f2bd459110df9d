"""Removal against everything else that happens to a candidate."""

import pytest

from candidates.models import AuditEvent, Candidate, SealedPassword, Test, User
from tests.factories import activated, add, add_many, make_test, open_now
from tests.races.acts import act
from tests.races.support import Act, Runner

pytestmark = pytest.mark.django_db(transaction=True)


def removal(test: Test, by: User, *candidates: Candidate, kill_at: int | None = None) -> Act:
    ids = [candidate.public_id for candidate in candidates]
    return act("remove", test=test.pk, by=by.pk, public_ids=ids, kill_at=kill_at)


@pytest.mark.parametrize("first", ["start", "remove"])
def test_a_candidate_is_started_or_removed_and_never_both(planner: User, runner: Runner, first: str) -> None:
    test = make_test(planner=planner)
    candidates = add(test, planner, *(f"{number:04}" for number in range(8)))
    open_now(activated(test, planner))
    acts = []
    for candidate in candidates:
        pair = [act("start_test", candidate=candidate.pk), removal(test, planner, candidate)]
        acts += pair if first == "start" else pair[::-1]
    outcomes = runner.race(*acts)
    pairs = zip(outcomes[::2], outcomes[1::2], strict=True)
    for candidate, pair_of_outcomes in zip(candidates, pairs, strict=True):
        started, removed = pair_of_outcomes if first == "start" else pair_of_outcomes[::-1]
        # DoesNotExist: the request looked its candidate up after the removal, which a view answers with 404
        assert (started.error, removed.error) in {("", "Refused"), ("Refused", ""), ("DoesNotExist", "")}
        left = Candidate.objects.filter(pk=candidate.pk, started_at__isnull=False).count()
        assert left == (1 if started.done else 0)
    test.refresh_from_db()
    assert test.candidate_count == Candidate.objects.of_test(test).count()


def test_of_8_removals_of_one_candidate_one_frees_one_place(exam: Test, planner: User, runner: Runner) -> None:
    candidate, _other = add(exam, planner, "0001", "0002")
    outcomes = runner.race(*[removal(exam, planner, candidate)] * 8)
    assert sorted(outcome.error for outcome in outcomes) == ["", *["Refused"] * 7]
    exam.refresh_from_db()
    assert exam.candidate_count == 1 == Candidate.objects.of_test(exam).count()


def test_places_freed_and_taken_at_once_add_up(exam: Test, planner: User, runner: Runner) -> None:
    add_many(exam, planner, 1500)
    everybody = list(Candidate.objects.of_test(exam))
    removals = [removal(exam, planner, *everybody[50 * turn : 50 * turn + 50]) for turn in range(4)]
    additions = [act("add_ids", test=exam.pk, by=planner.pk, ids=[""] * 50) for _turn in range(4)]
    outcomes = runner.race(*(one for pair in zip(removals, additions, strict=True) for one in pair))
    assert all(outcome.done for outcome in outcomes[::2])
    assert {outcome.error for outcome in outcomes[1::2]} <= {"", "NoRoom"}
    exam.refresh_from_db()
    added = sum(50 for outcome in outcomes[1::2] if outcome.done)
    assert exam.candidate_count == 1300 + added == Candidate.objects.of_test(exam).count()


def test_a_removed_candidate_has_no_login_whatever_happened_meanwhile(
    exam: Test, planner: User, runner: Runner
) -> None:
    candidates = add(exam, planner, *(f"{number:04}" for number in range(4)))
    activated(exam, planner)
    users = list(User.objects.filter(candidacies__test=exam).values_list("pk", flat=True))
    acts = []
    for candidate in candidates:
        acts += [act("renew", candidate=candidate.pk, by=planner.pk), removal(exam, planner, candidate)]
    outcomes = runner.race(*acts)
    assert all(outcome.done for outcome in outcomes[1::2])
    assert {outcome.error for outcome in outcomes[::2]} <= {"", "NotShown", "DoesNotExist"}
    assert not SealedPassword.objects.exists()
    assert set(User.objects.filter(pk__in=users).values_list("is_active", "password")) == {(False, "!")}


@pytest.mark.slow
def test_a_removal_that_is_killed_at_any_statement_changes_nothing(exam: Test, planner: User, runner: Runner) -> None:
    candidates = add(exam, planner, "0001", "0002", "0003")
    activated(exam, planner)

    def state() -> tuple[int, int, int, int, int]:
        # waits for the server to notice that the killed one is gone, and to take its work back
        Test.objects.filter(pk=exam.pk).update(name=exam.name)
        exam.refresh_from_db()
        return (
            exam.candidate_count,
            Candidate.objects.of_test(exam).count(),
            SealedPassword.objects.count(),
            User.objects.filter(kind=User.Kind.ONE_TIME, is_active=True).count(),
            AuditEvent.objects.filter(action=AuditEvent.Action.CANDIDATES_REMOVED).count(),
        )

    killed = 0
    while True:
        (outcome,) = runner.race(removal(exam, planner, *candidates[:2], kill_at=killed + 1))
        if outcome.done:
            break
        killed += 1
        assert outcome.killed
        assert state() == (3, 3, 3, 3, 0)
    assert killed >= 8
    assert state() == (1, 1, 1, 1, 1)
