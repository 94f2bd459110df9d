"""Acts that no other test asserts the audit row of (C72); tests/recorded_acts.py names a test for each act."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from candidates.credentials.opening import Choice, open_details
from candidates.credentials.standing_in import take_back_one_time_logins
from candidates.lifecycle.erasing import delete, delete_sso_person
from candidates.lifecycle.sitting import start, submit
from candidates.lifecycle.user_lists import make_list, share_list, unshare_list
from candidates.models import AuditEvent, Candidate, SsoIdentity, Test, User
from tests.conftest import Clock
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


def test_a_start_is_recorded_once_with_the_login_that_was_used_and_by_one_statement(
    candidate: Candidate, client_of: Callable[[User | None], Client]
) -> None:
    client, address = client_of(candidate.user), reverse("sit-start", args=[candidate.test.public_id])
    with CaptureQueriesContext(connection) as asked:
        client.post(address)
    said = [query["sql"] for query in asked]
    client.post(address)
    (row,) = rows_of(Action.STARTED)
    assert (row.actor, row.test, row.count) == (candidate.user, candidate.test, 1)
    # behind the answer's own row: no savepoint, no look before
    place = next(place for place, sql in enumerate(said) if sql.startswith('INSERT INTO "candidates_auditevent"'))
    assert "candidates_submission" in said[place - 1]
    assert said[place + 1].startswith(("RELEASE", "COMMIT"))


def test_a_grader_who_reads_an_answer_is_recorded_once_in_some_hours(
    candidate: Candidate, grader: User, client_of: Callable[[User | None], Client], clock: Clock
) -> None:
    client, address = (
        client_of(grader),
        reverse("grade-submission", args=[candidate.test.public_id, candidate.public_id]),
    )
    client.get(address)
    assert rows_of(Action.ANSWER_READ) == []  # nothing is handed in, so nothing is read
    start(candidate=candidate)
    submit(candidate=candidate, answer="ATP", base_revision=0)
    for _look in range(3):
        client.get(address)
    (row,) = rows_of(Action.ANSWER_READ)
    assert (row.actor, row.test, row.detail) == (grader, candidate.test, {"candidates": [candidate.public_id]})
    clock.move(hours=13)
    client_of(grader).get(address)
    assert len(rows_of(Action.ANSWER_READ)) == 2


@pytest.mark.parametrize("page", ["candidates", "candidate"])
def test_who_sees_private_references_is_recorded_once_and_who_sees_none_is_not(
    page: str, exam: Test, candidates: list[Candidate], planner: User, client_of: Callable[[User | None], Client]
) -> None:
    one = candidates[0]
    address = reverse(page, args=[exam.public_id] if page == "candidates" else [exam.public_id, one.public_id])
    client = client_of(planner)
    assert client.get(address).status_code == 200
    assert rows_of(Action.REFERENCES_SEEN) == []
    Candidate.objects.filter(pk=one.pk).update(private_reference="Kari Nordmann")
    for _look in range(3):
        assert b"Kari Nordmann" in client.get(address).content
    (row,) = rows_of(Action.REFERENCES_SEEN)
    assert (row.actor, row.test) == (planner, exam)


def test_who_is_refused_a_page_of_a_test_stands_in_its_history_once_a_minute(
    open_exam: Test, stranger: User, grader: User, planner: User, client_of: Callable[[User | None], Client]
) -> None:
    address = reverse("candidates", args=[open_exam.public_id])
    for _try in range(3):
        assert client_of(stranger).get(address).status_code == 404
    assert client_of(grader).get(address).status_code == 403
    first, second = rows_of(Action.ACCESS_REFUSED)
    assert (first.actor, first.test, first.detail, first.outcome) == (
        stranger,
        open_exam,
        {"page": "candidates"},
        "refused",
    )
    assert second.actor == grader
    # a planner who mistypes an address of the own test is refused nothing
    assert client_of(planner).get(f"{address}nobody/").status_code == 404
    assert client_of(stranger).get(reverse("candidates", args=["nosuchtest"])).status_code == 404
    assert len(rows_of(Action.ACCESS_REFUSED)) == 2
