"""People who come back to a test code: after a refusal, out of the line, and after the way of joining has changed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.errors import Refused
from candidates.intake.joining import LetIn, approve, join, let_in_again
from candidates.lifecycle.activation import activate, deactivate
from candidates.lifecycle.joining import is_open, refuse, set_joining, waiting_of, withdraw
from candidates.lifecycle.removal import remove_candidates
from candidates.models import Candidate, Joining, JoinRequest, Test, User
from tests.conftest import Clock
from tests.factories import add, make_permanent
from tests.support.joining import code_of, open_to_joiners, setup, sso_person

pytestmark = pytest.mark.django_db
State = JoinRequest.State


def state_of(request: JoinRequest) -> str:
    request.refresh_from_db()
    return request.state


def test_who_was_refused_does_not_come_in_by_taking_the_wish_back(exam: Test, planner: User) -> None:
    code, aylin = open_to_joiners(exam, planner, approves_each=True), sso_person("aylin")
    request = join(code=code, by=aylin)
    refuse(test=exam, public_ids=[request.public_id], sentence="", by=planner)
    set_joining(test=exam, setup=setup(), by=planner)
    assert join(code=code, by=aylin).state == State.ASKED
    withdraw(test=exam, by=aylin)
    assert join(code=code, by=aylin).state == State.ASKED
    assert not Candidate.objects.exists()


def test_who_was_refused_on_the_waiting_list_asks_from_then_on(exam: Test, planner: User) -> None:
    add(exam, planner, "0001")
    code, aylin = open_to_joiners(exam, planner, max_joiners=1), sso_person("aylin")
    join(code=code, by=sso_person("first"))
    request = join(code=code, by=aylin)
    assert request.state == State.QUEUED
    refuse(test=exam, public_ids=[request.public_id], sentence="", by=planner)
    set_joining(test=exam, setup=setup(max_joiners=2), by=planner)
    for _time in range(2):
        assert join(code=code, by=aylin).state == State.ASKED
        withdraw(test=exam, by=aylin)
    # let in by a planner, and taken back then: nothing stands against this person
    let_in_again(test=exam, public_ids=[request.public_id], by=planner)
    assert Candidate.objects.filter(user=aylin).exists()


def test_the_line_goes_on_where_candidates_were_added_meanwhile(exam: Test, planner: User) -> None:
    add(exam, planner, "0001")
    code = open_to_joiners(exam, planner, approves_each=True)
    request = join(code=code, by=sso_person("aylin"))
    refuse(test=exam, public_ids=[request.public_id], sentence="", by=planner)
    set_joining(test=exam, setup=None, by=planner)
    set_joining(test=exam, setup=setup(), by=planner)
    code = code_of(exam)
    assert join(code=code, by=sso_person("mateo")).state == State.JOINED
    assert join(code=code, by=request.user).state == State.ASKED
    exam.joining.refresh_from_db()
    assert (exam.joining.joined_count, exam.joining.last_turn) == (1, 3)


def test_who_could_not_log_in_while_places_were_free_comes_in_with_the_code(exam: Test, planner: User) -> None:
    code, ola = open_to_joiners(exam, planner, approves_each=True), make_permanent("Ola", username="ola").user
    request = join(code=code, by=ola)
    User.objects.filter(pk=ola.pk).update(is_active=False)
    assert approve(test=exam, public_ids=[request.public_id], by=planner) == LetIn(0, 1)
    User.objects.filter(pk=ola.pk).update(is_active=True)
    assert join(code=code, by=ola).state == State.JOINED


def test_nobody_is_let_in_while_the_test_is_deactivated(exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner, approves_each=True)
    request = join(code=code, by=sso_person("aylin"))
    deactivate(test=exam, by=planner)
    with pytest.raises(Refused, match="is deactivated"):
        approve(test=exam, public_ids=None, by=planner)
    assert state_of(request) == State.ASKED
    activate(test=exam, by=planner)
    assert approve(test=exam, public_ids=None, by=planner) == LetIn(1, 0)


def test_nobody_waits_for_a_test_that_is_over(exam: Test, planner: User, clock: Clock) -> None:
    code, aylin = open_to_joiners(exam, planner, approves_each=True), sso_person("aylin")
    join(code=code, by=aylin)
    assert len(waiting_of(aylin)) == 1
    clock.move(days=10)
    assert waiting_of(aylin) == []


@pytest.mark.parametrize("pasted", ["{0}", "{1}", " {1}\u00a0"])
def test_a_generated_user_name_is_allowed_as_slips_show_it(exam: Test, planner: User, pasted: str) -> None:
    kari = make_permanent(username="6czep34v").user
    assert kari.shown_username == "6cze-p34v"
    pasted = pasted.format(kari.username, kari.shown_username)
    code = open_to_joiners(exam, planner, allowed=(pasted,))
    assert join(code=code, by=kari).state == State.JOINED


def test_who_is_removed_and_let_in_again_counts_once(exam: Test, planner: User) -> None:
    code, aylin = open_to_joiners(exam, planner), sso_person("aylin")
    join(code=code, by=aylin)
    for _time in range(2):
        there = Candidate.objects.get()
        remove_candidates(test=exam, public_ids=[there.public_id], by=planner)
        (request,) = JoinRequest.objects.filter(user=aylin)
        let_in_again(test=exam, public_ids=[request.public_id], by=planner)
    exam.joining.refresh_from_db()
    assert exam.joining.joined_count == 1


def test_the_code_works_from_its_first_moment_until_just_before_its_last(
    exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_joiners(exam, planner)
    joining, tick = Joining.objects.select_related("test").get(), timedelta(microseconds=1)
    begins, ends = joining.works_from, joining.works_until
    for moment, works in ((begins - tick, False), (begins, True), (ends - tick, True), (ends, False)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert is_open(joining, joining.test) is works
