"""Forms that are sent at the same moment, tests that are deleted, and questions that are written, by several."""

import pytest

from candidates.lifecycle.once import SentBefore
from candidates.models import AuditEvent, Candidate, Contributor, SentForm, Test, User
from tests.factories import activated, add, make_test, open_now
from tests.races.acts import act
from tests.races.support import Runner

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_8_sends_of_one_form_one_makes_a_test_and_the_others_are_led_to_it(planner: User, runner: Runner) -> None:
    outcomes = runner.race(*[act("make_test_once", by=planner.pk, key="one-form")] * 8)
    assert any(outcome.done for outcome in outcomes), outcomes[0]
    made = Test.objects.get()
    assert sorted(outcome.error for outcome in outcomes) == ["", *[SentBefore.__name__] * 7]
    assert {outcome.value or outcome.text for outcome in outcomes} == {made.public_id}
    assert SentForm.objects.count() == 1


def test_a_test_that_is_deleted_while_candidates_are_added_leaves_nothing(planner: User, runner: Runner) -> None:
    tests = [make_test(planner=planner) for _number in range(4)]
    acts = [act("delete_the_test", test=test.pk, by=planner.pk) for test in tests for _time in range(2)]
    acts += [act("add_ids", test=test.pk, by=planner.pk, ids=["0001", "0002"]) for test in tests]
    acts += [act("activate_test", test=test.pk, by=planner.pk) for test in tests]
    outcomes = runner.race(*acts)
    allowed = {"", "Http404", "Refused", "DoesNotExist", "NotRecorded", "IntegrityError"}
    assert {outcome.error for outcome in outcomes} <= allowed, [outcome.text for outcome in outcomes if outcome.error]
    for test in tests:
        left = Test.objects.filter(pk=test.pk).first()
        if left is None:
            assert not Candidate.objects.filter(test=test.pk).exists()
            assert not Contributor.objects.filter(test=test.pk).exists()
        else:  # it was activated first
            assert left.is_activated
    gone = 4 - Test.objects.count()
    assert AuditEvent.objects.filter(action="test_deleted").count() == gone


@pytest.mark.parametrize("turn", range(3))
def test_questions_are_written_before_the_first_start_or_not_at_all(planner: User, runner: Runner, turn: int) -> None:
    tests = [make_test(planner=planner, questions="old") for _number in range(4)]
    acts = []
    for test in tests:
        (place,) = add(test, planner, "0001")
        open_now(activated(test, planner))
        acts += [
            act("start_test", candidate=place.pk),
            act("write_the_questions", test=test.pk, by=planner.pk, questions="new"),
        ]
    outcomes = runner.race(*acts)
    for number, test in enumerate(tests):
        start, write = outcomes[2 * number], outcomes[2 * number + 1]
        assert start.done, start.text
        assert write.error in {"", "Refused"}, write.text
        changed = AuditEvent.objects.filter(action="questions_changed", test=test).order_by("at").first()
        test.refresh_from_db()
        assert test.questions == ("new" if write.done else "old")
        assert test.first_opened_at is not None
        assert (changed is not None) == write.done


@pytest.mark.slow
def test_a_run_that_is_killed_is_finished_by_the_next_one(open_exam: Test, planner: User, runner: Runner) -> None:
    """Days are those of the settings of the racers, which keep everything: only what is told here is deleted."""
    tests = [make_test(planner=planner, name=f"Old {number}") for number in range(3)]
    for test in tests:
        add(test, planner, "0001", "0002")
        Candidate.objects.of_test(test).update(private_reference="Anna")
    Test.objects.update(opens_at="2001-01-01T08:00Z", ends_at="2001-01-01T12:00Z")
    outcomes = runner.race(*[act("delete_by_age", days=30, kill_at=at) for at in (4, 9, 14)])
    assert all(outcome.killed or outcome.done for outcome in outcomes)
    done = runner.race(*[act("delete_by_age", days=30)] * 3)
    assert [outcome.error for outcome in done] == ["", "", ""]
    assert not Candidate.objects.exclude(private_reference="").exists()
    rows = AuditEvent.objects.filter(action="aged_out")
    assert sorted(rows.values_list("test_name", "count")) == [(f"Old {number}", 2) for number in range(3)]
