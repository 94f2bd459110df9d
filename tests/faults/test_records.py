"""Acts that no other test asserts the audit row of (C72); tests/recorded_acts.py names a test for each act."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from candidates.credentials.opening import Choice, open_details
from candidates.credentials.standing_in import take_back_one_time_logins
from candidates.lifecycle.forgetting import delete, delete_sso_person
from candidates.lifecycle.user_lists import make_list, share_list, unshare_list
from candidates.models import AuditEvent, Candidate, SsoIdentity, Test, User
from tests.factories import activated, add_sso, give_logins, make_permanent, open_now, password_of

pytestmark = pytest.mark.django_db
Action = AuditEvent.Action


def rows_of(action: AuditEvent.Action) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("pk"))


def test_a_refused_login_is_recorded() -> None:
    Client(REMOTE_ADDR="192.0.2.7").post("/login/", {"username": "nobody-of-that-name", "password": "wrong"})
    (row,) = rows_of(Action.LOGIN_REFUSED)
    assert (row.outcome, row.actor, row.address) == (AuditEvent.Outcome.REFUSED, None, "192.0.2.7")


def test_a_log_out_is_recorded(candidate: Candidate, client_of: Callable[[User | None], Client]) -> None:
    client_of(candidate.user).post(reverse("logout"))
    assert [row.actor for row in rows_of(Action.LOGOUT)] == [candidate.user]


def test_a_deleted_permanent_user_is_recorded_by_no_name(administrator: User) -> None:
    kari = make_permanent()
    delete(person=kari, by=administrator)
    (row,) = rows_of(Action.PERMANENT_USER_DELETED)
    assert (row.actor, row.detail) == (administrator, {"user": kari.public_id, "tests": 0})


def test_a_deleted_person_of_an_institution_is_recorded_by_no_name(
    exam: Test, planner: User, administrator: User
) -> None:
    (anna,) = add_sso(exam, planner, "0004")
    open_now(activated(exam, planner), minutes_ago=29 * 60)
    delete_sso_person(identity=SsoIdentity.objects.get(user=anna.user), by=administrator)
    (row,) = rows_of(Action.SSO_PERSON_DELETED)
    assert (row.actor, row.count, row.detail) == (administrator, 1, {"sso": "campus", "tests": 1})


def test_a_share_and_its_end_are_recorded(planner: User, colleague: User) -> None:
    one = make_list(name="Spring", by=planner)
    share_list(one=one, user=colleague, edits=False, by=planner)
    assert [row.actor for row in rows_of(Action.USER_LIST_SHARED)] == [planner]
    unshare_list(one=one, user=colleague, by=planner)
    assert [row.actor for row in rows_of(Action.USER_LIST_SHARED)] == [planner, planner]


@pytest.mark.parametrize(
    "action", [Action.DETAILS_LISTED, Action.DETAILS_PRINTED, Action.DETAILS_CSV, Action.DETAILS_PDF]
)
def test_each_way_to_open_login_details_is_recorded(
    scheduled_exam: Test, planner: User, action: AuditEvent.Action
) -> None:
    open_details(test=scheduled_exam, choice=Choice(), action=action, by=planner)
    assert [(row.actor, row.test, row.count) for row in rows_of(action)] == [(planner, scheduled_exam, 3)]


def test_one_time_logins_that_are_taken_back_are_recorded(exam: Test, planner: User) -> None:
    (anna,) = add_sso(exam, planner, "0004")
    give_logins(activated(exam, planner), planner, anna)
    take_back_one_time_logins(test=exam, public_ids=[anna.public_id], by=planner)
    assert [(row.actor, row.count) for row in rows_of(Action.ONE_TIME_LOGINS_TAKEN_BACK)] == [(planner, 1)]


def test_the_login_of_staff_is_recorded(planner: User) -> None:
    planner.set_password("correct horse battery")
    planner.save()
    Client().post("/login/", {"username": planner.username, "password": "correct horse battery"})
    assert [row.actor for row in rows_of(Action.LOGIN)] == [planner]


def test_a_slip_is_recorded_as_the_account_of_the_slip(candidate: Candidate) -> None:
    assert candidate.user is not None
    Client().post("/login/", {"username": candidate.user.username, "password": password_of(candidate)})
    assert [row.actor_name for row in rows_of(Action.LOGIN)] == [candidate.user.username]
