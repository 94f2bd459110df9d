"""The audit cannot be written: nothing secret is shown, and logging in, saving and handing in go on (C61)."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from candidates.audit import NotRecorded
from candidates.credentials.secrets import show_password
from candidates.lifecycle.sitting import start, submit
from candidates.models import AuditEvent, Candidate, SealedPassword, Submission, Test, User
from candidates.models.accounts import show_username
from tests.factories import add, make_permanent, password_of
from tests.support.broken_audit import broken_audit

# Not inside a transaction of the test: what a failed statement does to the next one is what this is about.
pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[[User | None], Client]
EVERYBODY = {"whose": "all"}
OPENERS = [
    "login-details-list",
    "login-details-print",
    "login-details-print-six",
    "login-details-csv",
    "login-details-pdf",
    "login-details-pdf-six",
    "key-list",
    "key-list-csv",
    "monitor-key-list",
]


@pytest.fixture
def no_audit(open_exam: Test) -> Iterator[None]:
    """The database takes no audit row; the exam is there already."""
    with broken_audit():
        yield


def secrets_of(test: Test) -> list[str]:
    candidates = Candidate.objects.of_test(test).select_related("user")
    return [
        *(show_password(password_of(one)) for one in candidates),
        *(show_username(one.user.username) for one in candidates if one.user),
    ]


def test_nothing_is_opened_and_a_sentence_says_why(
    open_exam: Test, client_of: ClientOf, planner: User, no_audit: None, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = secrets_of(open_exam)
    client = client_of(planner)
    for name in OPENERS:
        response = client.post(reverse(name, args=[open_exam.public_id]), EVERYBODY)
        assert response.status_code == 503, name
        assert "the record cannot be written right now" in response.content.decode(), name
        assert "Content-Disposition" not in response, name
        assert not any(secret in response.content.decode() for secret in secrets), name
    assert not Candidate.objects.filter(slip_printed_version__isnull=False).exists()
    lines = [record.getMessage() for record in caplog.records if record.name == "candidates.pages.shared.recorded"]
    assert len(lines) == len(OPENERS)
    assert all(line.startswith("Nothing was opened, because the audit took no record: NotRecorded") for line in lines)


@pytest.mark.parametrize("who", ["planner", "invigilator"])
def test_nobody_is_shown_at_the_door_and_no_password_changes(
    candidate: Candidate, client_of: ClientOf, no_audit: None, request: pytest.FixtureRequest, who: str
) -> None:
    password = password_of(candidate)
    client = client_of(request.getfixturevalue(who))
    for name in ("reveal-login", "renew-password"):
        response = client.post(reverse(name, args=[candidate.test.public_id, candidate.public_id]))
        assert response.status_code == 503
        assert show_password(password) not in response.content.decode()
    assert password_of(candidate) == password


def test_an_administrator_gives_no_new_password(administrator: User, client_of: ClientOf, open_exam: Test) -> None:
    person = make_permanent()
    before = SealedPassword.objects.get(user=person.user).token
    with broken_audit():
        response = client_of(administrator).post(reverse("permanent-user-new-password", args=[person.public_id]))
    assert response.status_code == 503
    assert "Nothing was opened" in response.content.decode()
    assert SealedPassword.objects.get(user=person.user).token == before


def test_logging_in_writing_handing_in_and_logging_out_go_on(
    candidate: Candidate, client_of: ClientOf, no_audit: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert candidate.user is not None
    client, wrong = Client(), Client()
    login = {"username": candidate.user.username, "password": password_of(candidate)}
    assert wrong.post("/login/", {**login, "password": "wrong"}).status_code == 422
    assert client.post("/login/", login).status_code == 302
    page = f"/test/{candidate.test.public_id}/"
    assert client.post(f"{page}start/").status_code == 302
    saved = client.post(
        f"{page}answer/",
        {"answer": "ATP", "base": 0, "candidate": candidate.public_id},
        headers={"Accept": "application/json"},
    )
    assert saved.json()["code"] == "saved"
    handed_in = client.post(f"{page}submit/", {"base": 1, "candidate": candidate.public_id})
    assert handed_in.status_code == 302
    candidate.refresh_from_db()
    assert candidate.submitted_at is not None
    assert Submission.objects.get(candidate=candidate).answer == "ATP"
    assert client.post("/logout/").status_code == 302
    assert client.get(page).status_code == 302
    lines = [record.getMessage() for record in caplog.records if record.name == "candidates.audit"]
    kinds = ["login_refused", "login", "started", "submitted", "logout"]
    assert [line.split(": ")[1].split()[0] for line in lines] == kinds
    assert not any(candidate.user.username in line or candidate.public_id in line for line in lines)


def test_a_refused_page_is_refused_alike(open_exam: Test, client_of: ClientOf, stranger: User, no_audit: None) -> None:
    client = client_of(stranger)
    client.raise_request_exception = False
    assert client.get(reverse("candidates", args=[open_exam.public_id])).status_code == 404


@pytest.mark.parametrize("page", ["grade-submission", "candidates"])
def test_what_is_recorded_when_it_is_seen_is_not_shown(
    page: str, candidate: Candidate, client_of: ClientOf, grader: User, planner: User
) -> None:
    Candidate.objects.filter(pk=candidate.pk).update(private_reference="Canary")
    start(candidate=candidate)
    submit(candidate=candidate, answer="Canary", base_revision=0)
    parts = [candidate.test.public_id, *([candidate.public_id] if page == "grade-submission" else [])]
    client = client_of(grader if page == "grade-submission" else planner)
    with broken_audit():
        answer = client.get(reverse(page, args=parts))
    assert answer.status_code == 503
    assert b"Canary" not in answer.content
    assert b"Canary" in client.get(reverse(page, args=parts)).content


def test_staff_log_in_and_out(planner: User, client: Client, no_audit: None) -> None:
    planner.set_password("correct horse battery")
    planner.save()
    assert client.post("/login/", {"username": "planner", "password": "correct horse battery"}).status_code == 302
    assert client.get("/deliver/tests/").status_code == 200
    client.post("/logout/")
    assert client.get("/deliver/tests/").status_code == 302


def test_what_planners_change_is_not_changed_without_its_row(open_exam: Test, planner: User, no_audit: None) -> None:
    with pytest.raises(NotRecorded):
        add(open_exam, planner, "9999")
    assert Candidate.objects.of_test(open_exam).count() == 3
    open_exam.refresh_from_db()
    assert open_exam.candidate_count == 3


def test_the_audit_is_written_again_once_it_can_be(
    open_exam: Test, client_of: ClientOf, planner: User, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(planner)
    address = reverse("login-details-list", args=[open_exam.public_id])
    with broken_audit():
        assert client.post(address, EVERYBODY).status_code == 503
    caplog.set_level(logging.ERROR)
    caplog.clear()
    assert client.post(address, EVERYBODY).status_code == 200
    assert AuditEvent.objects.filter(action=AuditEvent.Action.DETAILS_LISTED).count() == 1
    assert not caplog.records


def lose_all_at_the_audit(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Do what a restart of PostgreSQL does at the audit row, or SQLite with a full disk: it rolls back by itself."""
    if sql.startswith('INSERT INTO "candidates_auditevent"'):
        if connection.vendor == "sqlite":
            connection.connection.rollback()
            raise OperationalError("database or disk is full")
        settings, pid = connection.settings_dict, connection.connection.info.backend_pid
        with psycopg.connect(host=settings["HOST"], user=settings["USER"], dbname=settings["NAME"]) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])  # waits until it has ended
    return execute(sql, params, many, context)


def test_handing_in_is_not_answered_as_done_where_the_audit_row_took_all_along(
    candidate: Candidate, client_of: ClientOf
) -> None:
    client, page = client_of(candidate.user), f"/test/{candidate.test.public_id}/"
    client.raise_request_exception = False
    client.post(f"{page}start/")
    answer = {"answer": "ATP", "base": 0, "candidate": candidate.public_id}
    assert client.post(f"{page}answer/", answer, headers={"Accept": "application/json"}).json()["code"] == "saved"
    handing_in = (f"{page}submit/", {"base": 1, "candidate": candidate.public_id})
    with connection.execute_wrapper(lose_all_at_the_audit):
        assert client.post(*handing_in).status_code == 503
    connection.close()
    candidate.refresh_from_db()
    assert candidate.submitted_at is None
    assert client.post(*handing_in).status_code == 302
    candidate.refresh_from_db()
    assert candidate.submitted_at is not None


def test_a_login_is_not_answered_as_done_where_the_audit_row_took_all_along(
    candidate: Candidate, caplog: pytest.LogCaptureFixture
) -> None:
    assert candidate.user is not None
    client = Client(raise_request_exception=False)
    login = {"username": candidate.user.username, "password": password_of(candidate)}
    with connection.execute_wrapper(lose_all_at_the_audit):
        answer = client.post("/login/", login)
    connection.close()
    assert (answer.status_code, "sessionid" in answer.cookies) == (503, False)
    # the session, which is stored next, would fail as well; but the log would have said that the login is done
    assert "Done, but not recorded" not in caplog.text
    assert client.post("/login/", login).status_code == 302
