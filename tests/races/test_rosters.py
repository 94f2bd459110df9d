"""Student systems against planners, candidates and each other: by real processes, on both databases."""

from typing import Any

import pytest

from candidates.models import (
    Candidate,
    Import,
    RosterConnection,
    RosterEnrolment,
    RosterIdentity,
    SsoIdentity,
    Test,
    User,
)
from candidates.rosters.connecting import choose_applying
from candidates.rosters.planning import latest_plan
from tests.factories import activated, make_test, open_now
from tests.races import roster_acts
from tests.races.acts import act as candidate_act
from tests.races.roster_acts import LIN, act
from tests.races.support import Runner
from tests.support.roster_source import scripted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]  # eight processes at a time
BEFORE = [("k1", "A1", 0), ("k2", "A2", 30), ("k3", "A3", 0), ("k4", "A4", 0)]
AFTER = [("k1", "A1", 60), ("k2", "A2", 60), ("k4", "A4", 30), ("k5", "A5", 0)]


def seen(test: Test, **more: Any) -> str:
    with scripted(**more):
        plan = latest_plan(test)
    assert plan is not None
    return plan.seen


def brought(test: Test, planner: User) -> None:
    """Let the first list be applied, and the second be looked at."""
    roster_acts.connect_with(test.pk, planner.pk, BEFORE)
    roster_acts.apply_seen(test.pk, planner.pk, seen(test))
    roster_acts.look(test.pk, planner.pk, AFTER)


def whole(test: Test) -> None:
    """Whatever came first: the counts agree, and everybody is brought once."""
    test.refresh_from_db()
    people = Candidate.objects.of_test(test)
    assert test.candidate_count == people.count()
    keys = list(RosterEnrolment.objects.filter(test=test, candidate__isnull=False).values_list("source_key", flat=True))
    assert len(keys) == len(set(keys)) == people.count()


def test_of_eight_who_apply_look_edit_and_start_nobody_takes_what_another_did(
    exam: Test, planner: User, runner: Runner
) -> None:
    brought(exam, planner)
    open_now(activated(exam, planner))
    ids = dict(Candidate.objects.values_list("candidate_id", "pk"))
    a2 = Candidate.objects.get(candidate_id="A2").public_id
    plan = seen(exam)
    outcomes = runner.race(
        *[act("apply_seen", test=exam.pk, by=planner.pk, seen=plan)] * 3,
        act("look", test=exam.pk, by=planner.pk, people=BEFORE),
        act("look", test=exam.pk, by=planner.pk, people=AFTER),
        candidate_act("give_planned", test=exam.pk, by=planner.pk, public_ids=[a2], minutes=45),
        candidate_act("start_test", candidate=ids["A3"]),
        candidate_act("start_test", candidate=ids["A1"]),
    )
    applies, edit, starts = outcomes[:3], outcomes[5], outcomes[6:]
    assert {one.error for one in outcomes} <= {"", "Conflict", "Refused", "DoesNotExist"}, outcomes
    assert sum(one.done for one in applies) <= 1
    whole(exam)
    for shown, outcome in zip(("A3", "A1"), starts, strict=True):
        if outcome.done:
            assert Candidate.objects.get(candidate_id=shown).started_at is not None
    if edit.done:
        assert Candidate.objects.get(candidate_id="A2").extra_minutes in {45, 75, 105}, "added to what stood there"


def test_the_worker_and_a_planner_who_apply_at_once_do_it_once(exam: Test, planner: User, runner: Runner) -> None:
    brought(exam, planner)
    choose_applying(test=exam, applies=True, removes=False, by=planner)
    before = Import.objects.count()
    plan = seen(exam)
    outcomes = runner.race(
        *[act("work_by_itself", test=exam.pk)] * 4, *[act("apply_seen", test=exam.pk, by=planner.pk, seen=plan)] * 4
    )
    assert {one.error for one in outcomes} <= {"", "Conflict"}, outcomes
    assert Import.objects.count() in {before + 1, before + 2}
    whole(exam)
    assert list(Candidate.objects.filter(candidate_id="A5").values_list("sso_user_id", flat=True)) == ["k5@uni.example"]


def test_of_eight_first_logins_with_one_claim_one_account_gets_the_places(
    exam: Test, planner: User, runner: Runner
) -> None:
    other = make_test(planner=planner, name="Another")
    for test in (exam, other):
        roster_acts.connect_with(test.pk, planner.pk, [("k1", "A1", 0)], claim=LIN)
    roster_acts.apply_seen(exam.pk, planner.pk, seen(exam, claim=LIN), claim=LIN)
    logins = [act("first_login", sso_user_id=f"{name}@uni.example", login="k1@uni.example") for name in "ababab"]
    late = act("apply_seen", test=other.pk, by=planner.pk, seen=seen(other, claim=LIN), claim=LIN)
    outcomes = runner.race(*logins, late, late)
    assert {one.error for one in outcomes[:6]} == {""}, outcomes
    assert sorted(one.error for one in outcomes[6:]) == ["", "Conflict"], outcomes
    identity = RosterIdentity.objects.get()
    assert identity.bound_at is not None
    (person,) = SsoIdentity.objects.filter(user=identity.user)
    places = Candidate.objects.values_list("user", "sso_user_id", "is_identity_pending")
    assert list(places) == [(identity.user_id, person.sso_user_id, False)] * 2


def test_of_eight_who_connect_a_test_one_exam_is_left(exam: Test, planner: User, runner: Runner) -> None:
    outcomes = runner.race(
        *(
            act("connect_with", test=exam.pk, by=planner.pk, people=[(f"k{n}", f"A{n}", 0)], exam=f"exam-{n}")
            for n in range(8)
        )
    )
    assert {one.error for one in outcomes} == {""}
    found = RosterConnection.objects.select_related("snapshot").get()
    assert found.snapshot.people[0]["key"] == f"k{found.exam_key.removeprefix('exam-')}"
