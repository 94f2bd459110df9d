"""Candidates who start and save while others act on them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.lifecycle.sitting import digest_of, save_answer, start
from candidates.models import AnswerVersion, Candidate, Submission, Test, User
from tests.factories import activated, add, make_test, open_now
from tests.races.acts import act
from tests.races.support import Runner

pytestmark = pytest.mark.django_db(transaction=True)


def test_16_candidates_start_at_once(planner: User, runner: Runner) -> None:
    test = make_test(planner=planner)
    candidates = add(test, planner, *(f"{number:04}" for number in range(16)))
    open_now(activated(test, planner))
    outcomes = runner.race(*(act("start_test", candidate=candidate.pk) for candidate in candidates))
    assert all(outcome.done for outcome in outcomes)
    assert Candidate.objects.filter(started_at__isnull=False).count() == 16
    assert Submission.objects.count() == 16


def test_starting_in_8_windows_at_once_starts_once(planner: User, runner: Runner) -> None:
    test = make_test(planner=planner)
    (candidate,) = add(test, planner, "0001")
    open_now(activated(test, planner))
    outcomes = runner.race(*[act("start_test", candidate=candidate.pk)] * 8)
    assert [outcome.text for outcome in outcomes] == [""] * 8
    assert Submission.objects.count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("ahead", [0, 1])
def test_15_saves_at_the_moment_of_handing_in_do_not_change_what_is_handed_in(
    planner: User, runner: Runner, ahead: int
) -> None:
    """Each saver read the candidate before; `ahead` of them is the revision that handing in makes."""
    test = make_test(planner=planner)
    candidates = add(test, planner, *(f"{number:04}" for number in range(4)))
    open_now(activated(test, planner))
    for candidate in candidates:
        start(candidate=Candidate.objects.select_related("test").get(pk=candidate.pk))
        saver = {"candidate": candidate.pk, "base": ahead, "tries": 60}
        savers = [act("save_on_and_on", answer=f"saver {number}", **saver) for number in range(15)]
        handed_in, *saved = runner.race(act("hand_in", candidate=candidate.pk, base=0), *savers)
        assert [outcome.error for outcome in saved] == [""] * 15
        stored = Submission.objects.get(candidate=candidate)
        submitted_at = Candidate.objects.get(pk=candidate.pk).submitted_at
        if ahead or handed_in.done:
            # what was handed in was empty: no save came before it
            assert (stored.answer, stored.revision, submitted_at is None) == ("", 1, False)
            assert {outcome.value for outcome in saved} <= {"Ended", "Conflict"}
        else:
            assert (handed_in.error, submitted_at, stored.revision) == ("Conflict", None, 1)
            assert [outcome.value for outcome in saved].count("stored") == 1


@pytest.mark.slow
def test_a_version_that_is_put_back_at_the_moment_of_handing_in_comes_before_it_or_not_at_all(
    planner: User, runner: Runner
) -> None:
    test = make_test(planner=planner)
    candidates = add(test, planner, *(f"{number:04}" for number in range(4)))
    open_now(activated(test, planner))
    for candidate in candidates:
        one = start(candidate=Candidate.objects.select_related("test").get(pk=candidate.pk))
        began = timezone.now() - timedelta(minutes=9)
        Candidate.objects.filter(pk=one.pk).update(started_at=began)
        for revision, answer in enumerate(("a long text " * 50, "short")):
            read = Candidate.objects.select_related("test", "submission").get(pk=one.pk)
            save_answer(candidate=read, answer=answer, base_revision=revision, device="desk")
        back = act("put_back", candidate=one.pk, by=planner.pk, revision=1)
        saver = act("save_on_and_on", candidate=one.pk, base=2, answer="saved", tries=1)
        handed_in, *others = runner.race(act("hand_in", candidate=one.pk, base=2), back, back, saver, back)
        assert {outcome.error for outcome in [handed_in, *others]} <= {"", "Conflict", "Refused"}
        stored = Submission.objects.get(candidate=one)
        texts = {stored.answer, *AnswerVersion.objects.filter(submission=stored).values_list("answer", flat=True)}
        # whoever was first, no text is lost, but for what a save alone wrote over, as every save does
        assert {"a long text " * 50, *([] if others[2].value == "stored" else ["short"])} <= texts
        if handed_in.done:
            assert (stored.digest, stored.answer) == (digest_of(stored.answer), "short")
            assert not any(outcome.done for outcome in others[:2])


@pytest.mark.parametrize("how", ["give_planned", "give_incident"])
def test_extra_time_from_8_planners_at_once_counts_8_times(exam: Test, planner: User, runner: Runner, how: str) -> None:
    candidates = add(exam, planner, "0001", "0002", "0003")
    activated(exam, planner)
    ids = [candidate.public_id for candidate in candidates]
    # the same people in different order must not make two of them wait for each other
    orders = [ids, ids[::-1], ids[1:] + ids[:1], ids] * 2
    outcomes = runner.race(*(act(how, test=exam.pk, by=planner.pk, public_ids=order, minutes=5) for order in orders))
    assert [outcome.text for outcome in outcomes] == [""] * 8
    assert set(Candidate.objects.values_list("extra_seconds", flat=True)) == {8 * 5 * 60}


def test_extra_time_of_8_planners_at_once_stops_at_the_limit(exam: Test, planner: User, runner: Runner) -> None:
    (candidate,) = add(exam, planner, "0001")
    give = act("give_planned", test=exam.pk, by=planner.pk, public_ids=[candidate.public_id], minutes=900)
    outcomes = runner.race(*[give] * 8)
    candidate.refresh_from_db()
    assert sorted(outcome.error for outcome in outcomes) == ["", "", "", *["Refused"] * 5]
    assert candidate.extra_minutes == 2700


@pytest.mark.slow
def test_who_starts_while_planned_time_is_given_either_has_it_or_is_named_as_started(
    planner: User, runner: Runner
) -> None:
    test = make_test(planner=planner)
    candidates = add(test, planner, *(f"{number:04}" for number in range(8)))
    open_now(activated(test, planner))
    acts = []
    for candidate in candidates:
        give = act("give_planned", test=test.pk, by=planner.pk, public_ids=[candidate.public_id], minutes=10)
        acts += [act("start_test", candidate=candidate.pk), give]
    outcomes = runner.race(*acts)
    assert all(outcome.done for outcome in outcomes[::2])
    for candidate, given in zip(candidates, outcomes[1::2], strict=True):
        candidate.refresh_from_db()
        assert given.error in {"", "Refused"}
        assert candidate.extra_minutes == (10 if given.done and given.value else 0)
