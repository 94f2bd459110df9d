"""The same people from two tabs, somebody deactivated meanwhile, and lists that several people change at once (C56)."""

import pytest

from candidates.intake.importing import preview
from candidates.intake.list_changes import changes_since
from candidates.intake.selecting import keep_list, keep_selection
from candidates.lifecycle.user_lists import add_members, make_list, share_list
from candidates.models import Candidate, ListMember, ListShare, PermanentUser, PermanentUserList, Test, User
from tests.factories import make_permanent, make_test
from tests.races.list_acts import act
from tests.races.support import Act, Runner

pytestmark = pytest.mark.django_db(transaction=True)

CLEAN = {"", "NotAdded", "Refused", "DraftGone", "Http404"}


@pytest.fixture
def people(db: None) -> list[PermanentUser]:
    return [make_permanent(f"Name{number}", "Nordmann") for number in range(12)]


def waiting(test: Test, by: User, people: list[PermanentUser]) -> Act:
    """Return the act of confirming a selection that was looked at now."""
    draft = keep_selection(test=test, by=by, keys=[person.pk for person in people])
    return act("confirm_draft", draft=draft.pk, seen=preview(draft).seen(test))


@pytest.mark.slow
def test_the_same_people_from_many_tabs_come_on_the_test_once(
    exam: Test, planner: User, colleague: User, people: list[PermanentUser], runner: Runner
) -> None:
    acts = [waiting(exam, user, people) for user in (planner, colleague) for _tab in range(4)]
    outcomes = runner.race(*acts)
    assert sorted(outcome.error for outcome in outcomes) == ["", *["NotAdded"] * 7]
    assert Candidate.objects.of_test(exam).count() == 12
    exam.refresh_from_db()
    assert exam.candidate_count == 12


@pytest.mark.slow
def test_many_tests_take_the_same_people_at_once(planner: User, people: list[PermanentUser], runner: Runner) -> None:
    tests = [make_test(planner=planner, name=f"Exam {number}") for number in range(8)]
    outcomes = runner.race(
        *(waiting(test, planner, people if number % 2 else people[::-1]) for number, test in enumerate(tests))
    )
    assert [outcome.error for outcome in outcomes] == [""] * 8
    assert Candidate.objects.count() == 8 * 12


@pytest.mark.parametrize("round_", range(3))
def test_who_is_deactivated_meanwhile_is_on_the_test_or_refused(
    exam: Test, planner: User, people: list[PermanentUser], runner: Runner, round_: int
) -> None:
    outcomes = runner.race(waiting(exam, planner, people), act("deactivate", user=people[3].pk))
    assert outcomes[1].value == 1
    assert outcomes[0].error in ("", "NotAdded")
    assert Candidate.objects.of_test(exam).count() == (12 if outcomes[0].done else 0)


@pytest.mark.parametrize("round_", range(3))
def test_a_list_is_added_while_its_members_change_and_its_share_is_withdrawn(
    exam: Test, planner: User, colleague: User, people: list[PermanentUser], runner: Runner, round_: int
) -> None:
    one = make_list(name="BIO2150", by=planner)
    add_members(one=one, keys=[person.pk for person in people[:8]], by=planner)
    share_list(one=one, user=colleague, edits=True, by=planner)
    outcomes = runner.race(
        act("add_whole_list", one=one.pk, test=exam.pk, by=colleague.pk),
        act("take_off", one=one.pk, by=planner.pk, keys=[people[0].pk]),
        act("put_on", one=one.pk, by=planner.pk, keys=[person.pk for person in people[8:]]),
        act("put_on", one=one.pk, by=colleague.pk, keys=[people[9].pk]),
        act("unshare", one=one.pk, by=planner.pk, user=colleague.pk),
    )
    assert {outcome.error for outcome in outcomes} <= CLEAN, outcomes
    assert ListMember.objects.filter(list=one).count() == 11
    assert not ListShare.objects.exists()
    if not outcomes[0].done:
        assert Candidate.objects.count() == 0
        return
    on = set(Candidate.objects.of_test(exam).values_list("user", flat=True))
    members = set(one.members.values_list("pk", flat=True))
    new = {person.pk for person in changes_since(exam, one).new}
    assert new == members - on, "nobody is missed, and nobody is offered twice"


def test_lists_of_one_name_made_at_once_are_one_and_those_who_lose_are_told(planner: User, runner: Runner) -> None:
    outcomes = runner.race(*(act("make", name="BIO2150", by=planner.pk) for _tab in range(6)))
    assert sorted(outcome.error for outcome in outcomes) == ["", *["Refused"] * 5]
    assert PermanentUserList.objects.count() == 1


def test_members_added_at_once_are_there_once(planner: User, people: list[PermanentUser], runner: Runner) -> None:
    one = make_list(name="BIO2150", by=planner)
    keys = [person.pk for person in people]
    outcomes = runner.race(*(act("put_on", one=one.pk, by=planner.pk, keys=keys) for _tab in range(6)))
    assert sorted(outcome.value for outcome in outcomes) == [0, 0, 0, 0, 0, 12]


def test_a_list_has_one_owner_whoever_gets_it_at_once(
    planner: User, colleague: User, stranger: User, runner: Runner
) -> None:
    one = make_list(name="BIO2150", by=planner)
    outcomes = runner.race(
        act("hand_over", one=one.pk, by=planner.pk, to=colleague.pk),
        act("hand_over", one=one.pk, by=planner.pk, to=stranger.pk),
        act("rename", one=one.pk, by=planner.pk, name="Mine"),
        act("share", one=one.pk, by=planner.pk, user=colleague.pk, edits=True),
    )
    assert {outcome.error for outcome in outcomes} <= {"", "Refused"}, outcomes
    assert sum(outcome.done for outcome in outcomes[:2]) == 1
    one.refresh_from_db()
    assert one.owner in (colleague, stranger)
    assert not ListShare.objects.filter(list=one, user=one.owner).exists()


@pytest.mark.parametrize("round_", range(3))
def test_a_list_is_deleted_while_it_is_added_to_a_test(
    exam: Test, planner: User, people: list[PermanentUser], runner: Runner, round_: int
) -> None:
    one = make_list(name="BIO2150", by=planner)
    add_members(one=one, keys=[person.pk for person in people], by=planner)
    draft = keep_list(test=exam, by=planner, wanted=one)
    outcomes = runner.race(
        act("confirm_draft", draft=draft.pk, seen=preview(draft).seen(exam)),
        act("delete_the_list", one=one.pk, by=planner.pk),
    )
    assert outcomes[1].done, outcomes
    assert outcomes[0].error in (*CLEAN, "DoesNotExist"), outcomes  # the draft may be gone before it is looked up
    assert Candidate.objects.of_test(exam).count() == (12 if outcomes[0].done else 0)
    assert not PermanentUserList.objects.exists()


@pytest.mark.parametrize("round_", range(3))
def test_people_are_deleted_while_they_are_put_on_a_list(
    planner: User, administrator: User, people: list[PermanentUser], runner: Runner, round_: int
) -> None:
    one = make_list(name="BIO2150", by=planner)
    keys = [person.pk for person in people]
    outcomes = runner.race(
        act("put_on", one=one.pk, by=planner.pk, keys=keys),
        act("delete_person", person=keys[3], by=administrator.pk),
        act("put_on", one=one.pk, by=planner.pk, keys=keys[::-1]),
        act("delete_person", person=keys[8], by=administrator.pk),
    )
    assert [outcomes[1].error, outcomes[3].error] == ["", ""], outcomes
    assert {outcomes[0].error, outcomes[2].error} <= {"", "Refused"}, outcomes
    assert ListMember.objects.filter(list=one).count() in (0, 10)
