"""Void slips: every paper that is wrong now is named with its pile and its reason, and no other paper is."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from candidates.credentials.opening import Action, Choice, open_details
from candidates.credentials.renewing import renew_password
from candidates.credentials.standing_in import take_back_one_time_logins
from candidates.credentials.void_slips import VoidSlip, note_taken_out, void_slips
from candidates.lifecycle.accommodations import Change, change_location, change_planned_time
from candidates.lifecycle.editing import details_of, edit_candidate
from candidates.lifecycle.removal import remove_candidates
from candidates.models import Candidate, Test, User
from tests.factories import activated, add, add_sso, give_logins, make_test


@pytest.fixture
def printed(planner: User) -> Test:
    """Return an activated test with three slips in the pile of V101, all printed."""
    test = make_test(planner=planner)
    add(test, planner, "0001", "0002", "0003", location=("Vesthall", "V101"))
    activated(test, planner)
    print_all(test, planner)
    return test


def print_all(test: Test, by: User, *, not_printed: bool = False) -> None:
    open_details(test=test, choice=Choice(not_printed=not_printed), action=Action.DETAILS_PDF, by=by, anyway=True)


def found(test: Test, candidate_id: str) -> Candidate:
    return Candidate.objects.of_test(test).get(candidate_id=candidate_id)


def rename(candidate: Candidate, by: User) -> None:
    old = details_of(candidate)
    edit_candidate(candidate=candidate, old=old, new=replace(old, candidate_id="0999"), by=by)


def move(candidate: Candidate, by: User) -> None:
    change_location(test=candidate.test, public_ids=[candidate.public_id], building="Sørbygg", room="Aula", by=by)


def give_time(candidate: Candidate, by: User) -> None:
    change_planned_time(test=candidate.test, public_ids=[candidate.public_id], how=Change.SET, minutes=60, by=by)


def give_password(candidate: Candidate, by: User) -> None:
    renew_password(candidate=candidate, by=by)


def remove(candidate: Candidate, by: User) -> None:
    remove_candidates(test=candidate.test, public_ids=[candidate.public_id], by=by)


@pytest.mark.parametrize(
    ("change", "why", "version_now"),
    [
        (rename, "Now called 0999", 2),
        (move, "Room is now Sørbygg Aula", 2),
        (give_time, "Extra time 0 → 60 minutes", 2),
        (give_password, "New password, or other times of the test", 2),
        (remove, "Removed from the test", None),
    ],
)
def test_a_paper_that_is_wrong_now_is_named_with_its_pile_and_why(
    printed: Test, planner: User, change: Callable[[Candidate, User], None], why: str, version_now: int | None
) -> None:
    assert void_slips(printed) == []
    change(found(printed, "0002"), planner)
    (void,) = void_slips(printed)
    assert (void.candidate_id, void.version, void.pile, void.why) == ("0002", 1, "Vesthall V101", why)
    assert (void.version_now, void.is_replaced) == (version_now, version_now is not None)


def test_a_slip_that_was_never_printed_lies_in_no_pile(planner: User) -> None:
    test = make_test(planner=planner)
    add(test, planner, "0001", "0002")
    activated(test, planner)
    remove(found(test, "0001"), planner)
    give_time(found(test, "0002"), planner)
    assert void_slips(test) == []


def test_each_printed_version_is_named_and_those_between_two_prints_are_not(printed: Test, planner: User) -> None:
    give_password(found(printed, "0002"), planner)
    give_password(found(printed, "0002"), planner)  # version 2 is on no paper
    print_all(printed, planner, not_printed=True)
    give_time(found(printed, "0002"), planner)
    assert [(one.version, one.version_now) for one in void_slips(printed)] == [(1, 4), (3, 4)]


def test_who_needs_no_slip_any_more_is_not_called_removed(planner: User) -> None:
    test = make_test(planner=planner)
    (anna,) = add_sso(test, planner, "0001")
    activated(test, planner)
    give_logins(test, planner, anna)
    print_all(test, planner)
    take_back_one_time_logins(test=test, public_ids=[anna.public_id], by=planner)
    assert [void.why for void in void_slips(test)] == ["Needs no slip any more"]


def test_papers_that_are_out_are_named_no_more_until_they_are_printed_again(printed: Test, planner: User) -> None:
    give_password(found(printed, "0002"), planner)
    (void,) = void_slips(printed)
    # those of valid slips stay, whatever an old page sends
    others = printed.printed_slips.exclude(pk=void.key).values_list("pk", flat=True)
    assert (
        note_taken_out(test=printed, keys=[void.key, *others], by=planner) == 1
    )  # those of valid slips stay, whatever an old page sends
    assert void_slips(printed) == []
    assert note_taken_out(test=printed, keys=[void.key], by=planner) == 0
    give_password(found(printed, "0001"), planner)
    assert [one.candidate_id for one in void_slips(printed)] == ["0001"]


def test_what_lies_on_other_tests_stays(printed: Test, planner: User) -> None:
    other = make_test(planner=planner)
    give_password(found(printed, "0002"), planner)
    voids: list[VoidSlip] = void_slips(printed)
    assert void_slips(other) == []
    assert note_taken_out(test=other, keys=[one.key for one in voids], by=planner) == 0
    assert void_slips(printed) == voids
