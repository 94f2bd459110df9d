"""Planners who change one test at the same moment: nothing is lost without a word, and one planner always stays."""

from datetime import timedelta

import pytest

from candidates.models import AuditEvent, Contributor, Test, User
from tests.factories import activated, make_staff
from tests.races import acts
from tests.races.setup_acts import act
from tests.races.support import Runner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_planners_who_remove_each_other_leave_one(exam: Test, planner: User, colleague: User, runner: Runner) -> None:
    for _turn in range(8):
        mine, theirs = (
            Contributor.objects.get_or_create(test=exam, user=user, role="planner")[0] for user in (planner, colleague)
        )
        outcomes = runner.race(
            act("take_role", test=exam.pk, by=planner.pk, contributor=theirs.pk),
            act("take_role", test=exam.pk, by=colleague.pk, contributor=mine.pk),
        )
        assert sorted(outcome.error for outcome in outcomes) == ["", "Refused"]
        assert Contributor.objects.filter(test=exam, role="planner").count() == 1


def test_of_8_who_add_the_same_person_one_does(exam: Test, planner: User, runner: Runner) -> None:
    person = make_staff("new", is_grader=True)
    outcomes = runner.race(*[act("give_role", test=exam.pk, by=planner.pk, user=person.pk, role="grader")] * 8)
    assert sorted(outcome.error for outcome in outcomes) == ["", *["ContributorsRefused"] * 7]
    assert all("already" in outcome.text for outcome in outcomes if not outcome.done)
    assert AuditEvent.objects.filter(action="contributor_added").count() == 1


def test_saves_of_different_fields_at_once_all_survive(exam: Test, planner: User, runner: Runner) -> None:
    page = {"name": exam.name, "information": "", "questions": "", "duration_minutes": None}
    changes = {"name": "New", "information": "Text", "questions": "Why?", "duration_minutes": 90}
    outcomes = runner.race(
        *[act("save", test=exam.pk, by=planner.pk, page=page, field=name, value=new) for name, new in changes.items()]
    )
    assert all(outcome.done for outcome in outcomes)
    exam.refresh_from_db()
    assert {name: getattr(exam, name) for name in changes} == changes


def test_of_saves_of_one_field_at_once_one_is_stored_and_the_others_see_the_conflict(
    exam: Test, planner: User, runner: Runner
) -> None:
    page = {"name": exam.name}
    outcomes = runner.race(
        *[act("save", test=exam.pk, by=planner.pk, page=page, field="name", value=f"N{n}") for n in range(6)]
    )
    assert sorted(outcome.error for outcome in outcomes) == ["", *["Conflict"] * 5]
    assert AuditEvent.objects.filter(action="test_changed").count() == 1


def test_an_activation_and_a_save_exclude_each_other_or_come_one_after_the_other(
    exam: Test, candidates: list[object], planner: User, runner: Runner
) -> None:
    saves = [act("save", test=exam.pk, by=planner.pk, page={}, field="name", value=f"N{n}") for n in range(4)]
    outcomes = runner.race(*saves[:2], acts.act("activate_test", test=exam.pk, by=planner.pk), *saves[2:])
    assert outcomes[2].done
    exam.refresh_from_db()
    assert exam.is_activated
    event = AuditEvent.objects.get(action="activated")
    assert event.test_name == exam.name  # nothing was changed after the activation


def test_of_moves_of_the_end_at_once_one_counts(
    exam: Test, candidates: list[object], planner: User, runner: Runner
) -> None:
    activated(exam, planner)
    before = exam.window[1]
    outcomes = runner.race(*[act("move", test=exam.pk, by=planner.pk, minutes=n) for n in range(10, 60, 10)])
    assert sorted(outcome.error for outcome in outcomes) == ["", *["Conflict"] * 4]
    exam.refresh_from_db()
    [won] = [number for number, outcome in enumerate(outcomes, 1) if outcome.done]
    assert exam.window[1] - before == timedelta(minutes=10 * won)
