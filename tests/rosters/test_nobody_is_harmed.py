"""What a student system says by mistake, and what was changed here, harms nobody on the test and stops no page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from candidates.authentication_types import enabled_types
from candidates.errors import Conflict
from candidates.lifecycle.editing import details_of, edit_candidate
from candidates.lifecycle.erasing import delete_sso_person
from candidates.models import Candidate, Import, RosterEnrolment, SsoIdentity, Test
from candidates.rosters.applying import apply, apply_by_itself
from candidates.rosters.connecting import choose_applying, connect
from candidates.rosters.looking import look_now
from candidates.rosters.planning import latest_plan
from candidates.rosters.roster_plan import RosterPlan
from candidates.rosters.source import SourceError
from candidates.signin.sso.binding import bind
from tests.support.roster_source import SLUG, ScriptedSource, measure, minutes, scripted

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(exam, planner) -> Iterator[ScriptedSource]:
    """A source with two people, connected."""
    with scripted(support={"längre skrivtid": "30"}) as made:
        made.put("s1", "A1")
        made.put("s2", "A2")
        connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
        yield made


def planned(exam: Test, planner: Any) -> RosterPlan:
    """Look, and return the plan."""
    look_now(test=exam, by=planner)
    plan = latest_plan(exam)
    assert plan is not None
    return plan


def applied(exam: Test, planner: Any) -> None:
    """Look, and apply all of it, whatever is proposed."""
    plan = planned(exam, planner)
    ticked = [line.key for line in (*plan.join, *plan.change, *plan.leave)]
    apply(test=exam, ticked=ticked, seen=plan.seen, by=planner, brake_confirmed=True)


def of(shown: str) -> Candidate:
    return Candidate.objects.select_related("location").get(candidate_id=shown)


def edit(shown: str, planner: Any, **values: Any) -> None:
    one = of(shown)
    old = details_of(one)
    kept = {name: getattr(old, name) for name in old.__slots__}
    edit_candidate(candidate=one, old=old, new=old.__class__(**{**kept, **values}), by=planner)


def test_a_code_that_somebody_was_given_here_is_refused_to_the_next_whom_the_source_gives_it(exam, planner, source):
    applied(exam, planner)
    edit("A1", planner, candidate_id="K9")
    source.put("s3", "k9")
    plan = planned(exam, planner)
    assert [(line.candidate_id, line.reason) for line in plan.refused] == [
        ("k9", "Candidate ID K9 is somebody else’s on this test.")
    ]
    assert {line.candidate_id for line in plan.stay} == {"A2", "K9"}


def test_codes_that_are_one_when_folded_change_nothing(exam, planner, source):
    source.put("s3", "a1")
    with pytest.raises(SourceError, match="the same candidate number"):
        look_now(test=exam, by=planner)


def test_many_small_steps_come_to_the_brake_until_a_planner_has_looked(exam, planner, source):
    for number in range(3, 43):
        source.put(f"s{number}", f"A{number}")
    applied(exam, planner)
    Import.objects.update(created_at=timezone.now() - timedelta(hours=1))
    choose_applying(test=exam, applies=True, removes=True, by=planner)
    left = []
    for step in range(3):
        for number in (3 * step + 1, 3 * step + 2, 3 * step + 3):
            source.people.pop(f"s{number}")
        look_now(test=exam, by=planner)
        done = apply_by_itself(exam)
        left.append(done.left if done else 0)
    assert left == [3, 0, 0]
    assert exam.roster.__class__.objects.get(test=exam).held_up.startswith("More would leave")
    assert Candidate.objects.of_test(exam).count() == 39
    applied(exam, planner)
    source.people.pop("s20")
    look_now(test=exam, by=planner)
    assert getattr(apply_by_itself(exam), "left", 0) == 1


def test_nobody_loses_extra_time_because_a_part_of_the_grant_is_not_understood(exam, planner, source):
    source.put("s1", accommodations=(*measure("Längre skrivtid"), *minutes(20)))
    source.put("s2", accommodations=measure("Längre skrivtid"))
    applied(exam, planner)
    with scripted(source, support={}):
        plan = planned(exam, planner)
        assert [*plan.change] == []
        assert {line.candidate_id: bool(line.open) for line in plan.stay} == {"A1": True, "A2": True}
        gone = {key: source.people.pop(key) for key in ("s1", "s2")}
        source.put("s3", "A3")
        applied(exam, planner)
        source.people |= gone
        applied(exam, planner)
    assert (of("A1").extra_minutes, of("A2").extra_minutes) == (50, 30)


def test_the_id_of_somebody_whose_login_is_not_told_is_nobodys_login_name(exam, planner, source):
    source.put("s1", login="")
    applied(exam, planner)
    kind = enabled_types()["campus"]
    assert of("A1").is_identity_pending
    bind(kind, sso_user_id="s1", subject="somebody else", claims={"sub": "s1", "eduPersonPrincipalName": "s1"})
    assert of("A1").is_identity_pending
    assert not SsoIdentity.objects.filter(user=of("A1").user).exists()
    assert planned(exam, planner).count == 0


def test_a_code_that_changes_while_a_planner_reads_is_another_plan(exam, planner, source):
    plan = planned(exam, planner)
    source.put("s1", "A7")
    look_now(test=exam, by=planner)
    with pytest.raises(Conflict):
        apply(test=exam, ticked=plan.ticked, seen=plan.seen, by=planner)


def test_nothing_is_kept_of_who_left_and_is_deleted_and_nobody_brings_them_back(exam, planner, source):
    source.put("s1", name="Nordmann, Kari", student_number="100001")
    applied(exam, planner)
    person = of("A1").user
    assert person is not None
    kari = source.people.pop("s1")
    applied(exam, planner)
    assert RosterEnrolment.objects.get(source_key="s1").told["name"] == "Nordmann, Kari"
    delete_sso_person(identity=SsoIdentity.objects.get(user=person), by=planner)
    left = RosterEnrolment.objects.get(source_key="s1")
    assert (left.told, left.accommodations, left.removal) == ({}, [], None)
    source.people["s1"] = kari
    choose_applying(test=exam, applies=True, removes=True, by=planner)
    look_now(test=exam, by=planner)
    assert apply_by_itself(exam) is None
    (line,) = planned(exam, planner).join
    assert not line.is_ticked


def test_an_answer_that_lacks_the_word_shows_nobody_a_hidden_code(exam, planner, source):
    source.exam = replace(source.exam, hides_codes=True)
    look_now(test=exam, by=planner)
    source.exam = replace(source.exam, hides_codes=False)
    look_now(test=exam, by=planner)
    exam.refresh_from_db()
    assert exam.hides_candidate_ids
    connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
    exam.refresh_from_db()
    assert not exam.hides_candidate_ids
