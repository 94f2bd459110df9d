"""A complete list against itself, another list, and candidates who start: by real processes, on both databases."""

import pytest

from candidates.models import Candidate, Import, ImportedRemoval, Test, User
from candidates.rosters.complete import look
from tests.factories import activated, add, open_now
from tests.intake.lists import complete, waiting
from tests.races.acts import act as candidate_act
from tests.races.list_acts import act
from tests.races.support import Act, Runner

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "Candidate ID,Extra time\n"


def confirmation(test: Test, by: User, rows: str) -> Act:
    """The confirmation of a complete list, as its preview shows it now."""
    draft = complete(waiting(test, by, HEAD + rows))
    return act("confirm_complete", draft=draft.pk, seen=look(draft).seen(draft.required_test))


def ids_on(test: Test) -> list[str]:
    return list(Candidate.objects.of_test(test).order_by("sort_key").values_list("candidate_id", flat=True))


def test_of_4_confirmations_of_one_list_one_is_done(exam: Test, planner: User, runner: Runner) -> None:
    add(exam, planner, "0001", "0002")
    outcomes = runner.race(*[confirmation(exam, planner, "0002,30\n0003,\n")] * 4)
    assert [one.value for one in outcomes if one.done] == [[1, 1, 1]]
    assert {one.error for one in outcomes if not one.done} <= {"DraftGone", "Http404"}
    exam.refresh_from_db()
    assert (ids_on(exam), exam.candidate_count) == (["0002", "0003"], 2)
    assert ImportedRemoval.objects.count() == 1


def test_of_two_complete_lists_the_second_is_looked_at_again(exam: Test, planner: User, runner: Runner) -> None:
    add(exam, planner, "0001")
    lists = [confirmation(exam, planner, f"{number:04},\n") for number in (2, 3)]
    outcomes = runner.race(*lists)
    assert sorted(one.error for one in outcomes) == ["", "NotAdded"]
    exam.refresh_from_db()
    assert exam.candidate_count == 1
    assert len(ids_on(exam)) == 1


@pytest.mark.parametrize("first", ["start", "list"])
def test_who_starts_at_that_moment_is_not_removed(exam: Test, planner: User, runner: Runner, first: str) -> None:
    people = add(exam, planner, *(f"{number:04}" for number in range(1, 5)))
    open_now(activated(exam, planner))
    acts = [candidate_act("start_test", candidate=people[0].pk), confirmation(exam, planner, "0009,\n")]
    outcomes = runner.race(*(acts if first == "start" else acts[::-1]))
    started, listed = outcomes if first == "start" else outcomes[::-1]
    assert (started.error, listed.error) in {("", "NotAdded"), ("Refused", ""), ("DoesNotExist", "")}
    assert ids_on(exam) == (["0001", "0002", "0003", "0004"] if started.done else ["0009"])


@pytest.mark.slow
def test_of_4_who_undo_it_one_brings_everybody_back_once(exam: Test, planner: User, runner: Runner) -> None:
    add(exam, planner, "0001", "0002")
    assert runner.race(confirmation(exam, planner, "0003,\n"))[0].done
    outcomes = runner.race(*[act("undo", record=Import.objects.get().pk, by=planner.pk)] * 4)
    assert sorted(one.error for one in outcomes) == ["", "Refused", "Refused", "Refused"]
    exam.refresh_from_db()
    assert (ids_on(exam), exam.candidate_count) == (["0001", "0002"], 2)
