"""Every test has a planner who can work: no path leaves one without, and an administrator hands tests over."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.planners import working_planners
from candidates.models import AuditEvent, Contributor, Test, User
from tests.factories import Role, activated, add, contribute, make_staff, make_test, open_now

ClientOf = Callable[[User | None], Client]
ROLES = {"deactivated": {"is_planner": "on"}, "no role": {"is_active": "on"}, "neither": {}}


@pytest.fixture
def arne(client_of: ClientOf, administrator: User) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


def save(browser: Client, account: User, still: dict[str, str]) -> str:
    """Send the page of an account, and return what came back: the page, or "" where it was stored."""
    sent = {"username": account.username, "name": account.name, **still}
    answer = browser.post(reverse("admin:candidates_user_change", args=[account.pk]), sent)
    return answer.content.decode() if answer.status_code == 200 else ""


@pytest.mark.parametrize("how", ROLES)
@pytest.mark.parametrize("stage", ["created", "scheduled", "active"])
def test_the_only_planner_of_a_test_stays_until_it_is_handed_over(
    arne: Client, planner: User, colleague: User, how: str, stage: str
) -> None:
    test = make_test(planner=planner)
    add(test, planner, "0001")
    if stage != "created":
        activated(test, planner)
    if stage == "active":
        open_now(test)
    page = save(arne, planner, ROLES[how])
    assert "Ingrid Solheim is the only planner who can work on 1 test that is not over:" in page
    assert test.name in page
    address = reverse("hand-over-tests", args=[planner.pk])
    assert f'<a href="{address}">Hand over</a>' in page
    planner.refresh_from_db()
    assert (planner.is_active, planner.is_planner) == (True, True)
    assert test.name in arne.get(address).content.decode()
    assert arne.post(address, {"planner": colleague.pk}).status_code == 302
    assert Contributor.objects.get(test=test, user=colleague).role == Role.PLANNER
    row = AuditEvent.objects.get(action="contributor_added")
    assert (row.test, row.detail["user"], row.detail["handed_over_from"]) == (test, "colleague", "planner")
    assert save(arne, planner, ROLES[how]) == ""


def test_many_tests_are_named_within_bounds_and_handed_over_in_one_act(
    arne: Client, planner: User, colleague: User
) -> None:
    for number in range(9):
        make_test(planner=planner, name=f"Exam {number}")
    page = save(arne, planner, ROLES["deactivated"])
    assert "on 9 tests that are not over" in page
    assert "and 4 more" in page
    arne.post(reverse("hand-over-tests", args=[planner.pk]), {"planner": colleague.pk})
    assert {working_planners(test) for test in Test.objects.all()} == {2}


@pytest.mark.parametrize("other", ["deactivated", "without the role", "an invigilator"])
def test_another_who_cannot_work_as_planner_does_not_count(
    arne: Client, planner: User, colleague: User, other: str
) -> None:
    test = make_test(planner=planner)
    contribute(test, colleague, Role.INVIGILATOR if other == "an invigilator" else Role.PLANNER)
    changes = {"deactivated": {"is_active": False}, "without the role": {"is_planner": False}}.get(other, {})
    if changes:
        User.objects.filter(pk=colleague.pk).update(**changes)
    assert "the only planner who can work" in save(arne, planner, ROLES["deactivated"])


def test_who_leaves_nothing_alone_may_go(arne: Client, planner: User, colleague: User) -> None:
    over = make_test(planner=planner, opens_in=timedelta(days=-3))
    add_over = Test.objects.filter(pk=over.pk)
    add_over.update(activated_at=over.opens_at)
    contribute(make_test(planner=planner), colleague, Role.PLANNER)
    assert save(arne, planner, ROLES["deactivated"]) == ""
    # who cannot work already changes nothing by staying so
    make_test(planner=planner)
    assert save(arne, planner, {}) == ""


def test_an_administrator_makes_somebody_planner_of_tests_that_nobody_reaches(
    arne: Client, planner: User, colleague: User
) -> None:
    lost, other, reached = (make_test(planner=planner, name=name) for name in ("Lost", "Other", "Reached"))
    contribute(reached, colleague, Role.PLANNER)
    User.objects.filter(pk=planner.pk).update(is_active=False)
    assert (
        "2 tests have no planner who can work."
        in arne.get(reverse("admin:candidates_user_changelist")).content.decode()
    )
    address = reverse("unplanned-tests")
    page = arne.get(address).content.decode()
    assert "Lost" in page
    assert "Ingrid Solheim" in page
    assert "Reached" not in page
    for sent, words in (
        ({"planner": colleague.pk}, "Nothing is ticked"),
        ({"c": lost.public_id}, "Choose who is to plan the tests."),
        ({"c": reached.public_id, "planner": colleague.pk}, "These tests now have a planner who can work."),
    ):
        refused = arne.post(address, sent)
        assert refused.status_code == 422
        assert words in refused.content.decode()
    assert arne.post(address, {"c": [lost.public_id, reached.public_id], "planner": colleague.pk}).status_code == 302
    assert [working_planners(test) for test in (lost, other, reached)] == [1, 0, 1]
    assert AuditEvent.objects.get(action="contributor_added").test == lost


def test_nobody_is_made_planner_who_cannot_work(arne: Client, planner: User, grader: User) -> None:
    make_test(planner=planner)
    gone = make_staff("gone", is_planner=True, is_active=False)
    for one in (planner, grader, gone):
        answer = arne.post(reverse("hand-over-tests", args=[planner.pk]), {"planner": one.pk})
        assert answer.status_code == 422, one


def test_what_no_test_can_be_called_is_nothing_ticked(arne: Client, planner: User, colleague: User) -> None:
    make_test(planner=planner)
    User.objects.filter(pk=planner.pk).update(is_active=False)
    answer = arne.post(reverse("unplanned-tests"), {"planner": colleague.pk, "c": "\0"})
    assert answer.status_code == 422
    assert "Nothing is ticked" in answer.content.decode()
