"""Writers at the cap of 1500, numbers given to blank rows, and power cuts in the middle of an import."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from candidates.intake.accounts.making import NewUser, make_permanent_users
from candidates.models import AuditEvent, Candidate, Location, SsoIdentity, Test, User
from tests.factories import activated, add, add_many, make_test
from tests.races.acts import act
from tests.races.support import Act, Runner

pytestmark = pytest.mark.django_db(transaction=True)


def writer(test: Test, by: User, ids: list[str], rooms: list[str] | None = None, **kill: Any) -> Act:
    return act("add_ids", test=test.pk, by=by.pk, ids=ids, rooms=rooms, **kill)


@pytest.mark.slow
def test_of_16_batches_of_200_exactly_7_come_in(exam: Test, planner: User, runner: Runner) -> None:
    batches = [[f"{batch}-{number}" for number in range(200)] for batch in range(16)]
    outcomes = runner.race(*(writer(exam, planner, batch) for batch in batches))
    exam.refresh_from_db()
    stored = set(Candidate.objects.of_test(exam).values_list("candidate_id", flat=True))
    inside = [batch for batch, outcome in zip(batches, outcomes, strict=True) if outcome.done]
    assert len(inside) == 7
    assert stored == {text for batch in inside for text in batch}
    assert exam.candidate_count == 1400
    assert {outcome.error for outcome in outcomes if not outcome.done} == {"NoRoom"}
    assert all("room for 100 more" in outcome.text for outcome in outcomes if not outcome.done)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.CANDIDATES_ADDED).count() == 7


@pytest.mark.slow
def test_of_16_batches_of_every_kind_as_many_come_in_as_fit(exam: Test, planner: User, runner: Runner) -> None:
    add_many(exam, planner, 1397)
    with transaction.atomic():
        accounts = [one.user_id for one in make_permanent_users([NewUser("Kari", f"Name {n}") for n in range(80)])]
    kinds: list[Callable[[int], dict[str, Any]]] = [
        lambda n: {"candidate_id": f"typed-{n}"},
        lambda n: {"candidate_id": ""},
        lambda n: {"candidate_id": "", "sso_user_id": f"{n}@uni.example", "authentication_type": "campus"},
        lambda n: {"candidate_id": f"known-{n}", "account": accounts[n]},
    ]
    batches = [[kind(20 * turn + n) for n in range(20)] for turn in range(4) for kind in kinds]
    rows = [[{"number": n, "extra_minutes": 0, **one} for n, one in enumerate(batch, 1)] for batch in batches]
    outcomes = runner.race(*(act("add_rows", test=exam.pk, by=planner.pk, rows=one) for one in rows))
    assert [outcome.value for outcome in outcomes if outcome.done] == [20] * 5
    assert {outcome.error for outcome in outcomes if not outcome.done} == {"NoRoom"}
    assert all("room for 3 more" in outcome.text for outcome in outcomes if not outcome.done)
    exam.refresh_from_db()
    assert exam.candidate_count == 1497 == Candidate.objects.of_test(exam).count()
    # who lost has stored nothing, no account either
    sso = Candidate.objects.of_test(exam).filter(kind="sso").count()
    assert User.objects.filter(kind=User.Kind.SSO).count() == SsoIdentity.objects.count() == sso
    assert AuditEvent.objects.filter(action=AuditEvent.Action.CANDIDATES_ADDED).count() == 6


@pytest.mark.slow
def test_blank_rows_of_8_planners_at_once_get_distinct_numbers(exam: Test, planner: User, runner: Runner) -> None:
    outcomes = runner.race(*(writer(exam, planner, [""] * 50) for _ in range(8)))
    given = [text for outcome in outcomes for text in outcome.value]
    assert sorted(given) == [f"{number:04}" for number in range(1, 401)]
    exam.refresh_from_db()
    assert (exam.candidate_count, exam.last_number) == (400, 400)


def test_of_8_planners_who_add_the_same_id_one_succeeds(exam: Test, planner: User, runner: Runner) -> None:
    outcomes = runner.race(*(writer(exam, planner, ["kari", f"other-{number}"]) for number in range(8)))
    assert sorted(outcome.error for outcome in outcomes) == ["", *["RowsRefused"] * 7]
    exam.refresh_from_db()
    assert exam.candidate_count == 2 == Candidate.objects.of_test(exam).count()


def test_lists_that_name_the_same_new_rooms_in_any_order_all_come_in(planner: User, runner: Runner) -> None:
    rooms = [f"V{number}" for number in range(60)]
    acts = []
    for number in range(8):
        shuffled = random.Random(number).sample(rooms, len(rooms))
        acts.append(writer(make_test(planner=planner, name=f"Exam {number}"), planner, [""] * 60, shuffled))
    assert [outcome.text for outcome in runner.race(*acts)] == [""] * 8
    assert Location.objects.count() == 60


def test_a_renamed_candidate_and_a_new_one_never_have_the_same_id(exam: Test, planner: User, runner: Runner) -> None:
    candidates = add(exam, planner, *(f"{number:04}" for number in range(6)))
    wanted = ["KARI" if number % 2 else "kari" for number in range(6)]
    acts = []
    for candidate, text in zip(candidates, wanted, strict=True):
        acts.append(act("rename", candidate=candidate.pk, by=planner.pk, candidate_id=text))
        acts.append(writer(exam, planner, [text]))
    outcomes = runner.race(*acts)
    assert sum(outcome.done for outcome in outcomes) == 1
    assert {outcome.error for outcome in outcomes} <= {"", "Refused", "RowsRefused"}
    assert Candidate.objects.of_test(exam).filter(candidate_key="kari").count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True], ids=["before activation", "after activation"])
def test_an_import_that_is_killed_at_any_statement_leaves_nothing(
    exam: Test, planner: User, runner: Runner, late: bool
) -> None:
    if late:
        add(exam, planner, "0001")
        activated(exam, planner)
    before = state(exam)
    killed = 0
    while True:
        (outcome,) = runner.race(writer(exam, planner, [""] * 30, ["V1", "V2"], kill_at=killed + 1))
        if outcome.done:
            break
        killed += 1
        assert outcome.killed
        assert state(exam) == before
    assert killed >= 8
    after = state(exam)
    assert [new - old for new, old in zip(after, before, strict=True)] == [30, 30, 1, 30 if late else 0]


@pytest.mark.slow
def test_an_import_that_is_killed_at_any_moment_is_there_or_not(exam: Test, planner: User, runner: Runner) -> None:
    moments = random.Random(2)
    for _attempt in range(5):
        before = state(exam)
        (outcome,) = runner.race(writer(exam, planner, [""] * 250, kill_after=moments.uniform(0, 0.15)))
        gained = [new - old for new, old in zip(state(exam), before, strict=True)]
        assert gained in ([[250, 250, 1, 0]] if outcome.done else [[0, 0, 0, 0], [250, 250, 1, 0]])


def state(test: Test) -> tuple[int, int, int, int]:
    """Return the counter, the candidates, the audit rows and the accounts of candidates, once nobody writes."""
    # waits for the server to notice that the killed one is gone, and to take its work back
    Test.objects.filter(pk=test.pk).update(name=test.name)
    test.refresh_from_db()
    return (
        test.candidate_count,
        Candidate.objects.of_test(test).count(),
        AuditEvent.objects.filter(action=AuditEvent.Action.CANDIDATES_ADDED).count(),
        User.objects.filter(kind=User.Kind.ONE_TIME).count(),
    )
