"""People who join by test code at the same moment: at the cap, twice, approved and refused, and while others leave."""

import pytest

from candidates.models import Candidate, Joining, JoinRequest, Test, User
from tests.factories import activated, add, add_many
from tests.races.acts import act
from tests.races.support import Act, Runner
from tests.support.joining import open_to_joiners, sso_person

pytestmark = pytest.mark.django_db(transaction=True)
State = JoinRequest.State


def joining(code: str, person: User) -> Act:
    return act("join_by_code", code=code, by=person.pk)


def adds_up(test: Test) -> None:
    """Everybody who joined is a candidate, nobody is twice, and both counters say so."""
    test.refresh_from_db()
    joined = JoinRequest.objects.filter(test=test, state=State.JOINED)
    assert test.candidate_count == Candidate.objects.of_test(test).count()
    assert Joining.objects.get(test=test).joined_count == joined.count()
    assert set(joined.values_list("user", flat=True)) == set(joined.values_list("candidate__user", flat=True))


@pytest.mark.slow
def test_of_16_at_the_last_5_places_5_come_in_and_the_others_wait_in_order(
    exam: Test, planner: User, runner: Runner
) -> None:
    add_many(exam, planner, 1495)
    code = open_to_joiners(exam, planner)
    people = [sso_person(f"p{number}") for number in range(16)]
    outcomes = runner.race(*(joining(code, person) for person in people))
    assert sorted(outcome.value for outcome in outcomes) == ["joined"] * 5 + ["queued"] * 11
    adds_up(exam)
    assert exam.candidate_count == 1500
    line = JoinRequest.objects.filter(test=exam).values_list("turn", "state")
    assert list(line) == [(turn, "joined" if turn <= 5 else "queued") for turn in range(1, 17)]
    # two leave at the same moment as two more ask: the first two of the line come, and nobody overtakes
    gone = list(Candidate.objects.of_test(exam).order_by("pk")[:2])
    removals = [act("remove", test=exam.pk, by=planner.pk, public_ids=[one.public_id]) for one in gone]
    late = [joining(code, sso_person(f"late{number}")) for number in range(2)]
    assert [outcome.error for outcome in runner.race(*removals, *late)] == [""] * 4
    adds_up(exam)
    assert exam.candidate_count == 1500
    states = JoinRequest.objects.filter(test=exam).values_list("state", flat=True)
    assert list(states) == ["joined"] * 7 + ["queued"] * 11


def test_one_person_on_8_devices_joins_once(exam: Test, planner: User, runner: Runner) -> None:
    code, person = open_to_joiners(exam, planner), sso_person("kaja")
    outcomes = runner.race(*[joining(code, person)] * 8)
    assert [outcome.value for outcome in outcomes] == ["joined"] * 8
    adds_up(exam)
    assert exam.candidate_count == 1


@pytest.mark.slow
def test_who_waits_is_approved_or_refused_and_never_both(exam: Test, planner: User, runner: Runner) -> None:
    add(exam, planner, "0001")
    code = open_to_joiners(exam, planner, approves_each=True, max_joiners=6)
    for outcome in runner.race(*(joining(code, sso_person(f"p{number}")) for number in range(8))):
        assert outcome.value == "asked"
    waiting = list(JoinRequest.objects.filter(test=exam).values_list("public_id", flat=True))
    outcomes = runner.race(
        *[act("approve_all", test=exam.pk, by=planner.pk)] * 3,
        *(act("refuse_all", test=exam.pk, by=planner.pk, public_ids=[one]) for one in waiting[:3]),
    )
    assert {outcome.error for outcome in outcomes} <= {"", "Refused"}
    adds_up(exam)
    refused = JoinRequest.objects.filter(test=exam, state=State.REFUSED).count()
    joined = JoinRequest.objects.filter(test=exam, state=State.JOINED).count()
    assert joined == min(6, 8 - refused)
    assert sum(outcome.value for outcome in outcomes[:3] if outcome.done) <= joined


def test_a_code_is_made_once_however_many_activate(exam: Test, planner: User, runner: Runner) -> None:
    code = open_to_joiners(exam, planner)
    others = [sso_person(f"p{number}") for number in range(6)]
    outcomes = runner.race(
        act("deactivate_test", test=exam.pk, by=planner.pk), *(joining(code, person) for person in others)
    )
    assert {outcome.error for outcome in outcomes} <= {"", "NoSuchCode"}
    activated(exam, planner)
    adds_up(exam)
    assert Joining.objects.get(test=exam).code == code
