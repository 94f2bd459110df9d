"""Every operation of the API x every scope x own and foreign tests: a new operation has to be named here."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates.api.app import api
from candidates.models import Candidate, Scope, Test, User
from tests.api.conftest import System, SystemOf
from tests.factories import activated, add, make_test

pytestmark = pytest.mark.django_db
TIMES = {"startTime": "2099-12-07T08:00:00Z", "endTime": "2099-12-07T12:00:00Z"}
ROWS = {"candidates": [{"candidateId": "7777"}]}
OPEN = {"POST /api/authenticate/token/"}
BY_LINK = {"GET /api/v1/fileExport/file/{job_id}"}  # tests/api/test_exports.py
# What each needs, and a body with which it would do something.
TABLE: dict[str, tuple[Scope, Any]] = {
    "GET /api/v1/test": (Scope.TESTS_READ, None),
    "POST /api/v1/test": (Scope.TESTS_WRITE, {"externalTestId": "1", "title": "New", **TIMES}),
    "GET /api/v1/test/{test_id}": (Scope.TESTS_READ, None),
    "PATCH /api/v1/test/{test_id}": (Scope.TESTS_WRITE, {"title": "Other"}),
    "POST /api/v1/test/{test_id}/activate": (Scope.TESTS_WRITE, None),
    "POST /api/v1/test/{test_id}/deactivate": (Scope.TESTS_WRITE, None),
    "GET /api/v1/test/{test_id}/candidates": (Scope.CANDIDATES_READ, None),
    "POST /api/v1/test/{test_id}/candidates": (Scope.CANDIDATES_WRITE, ROWS),
    "PUT /api/v1/test/{test_id}/candidates": (Scope.CANDIDATES_WRITE, ROWS),
    "POST /api/v1/test/{test_id}/candidates/remove": (Scope.CANDIDATES_WRITE, {"candidates": ["0001"]}),
    "GET /api/v1/test/{test_id}/candidates/{candidate}": (Scope.CANDIDATES_READ, None),
    "PATCH /api/v1/test/{test_id}/candidates/{candidate}": (Scope.CANDIDATES_WRITE, {"seat": "7"}),
    "DELETE /api/v1/test/{test_id}/candidates/{candidate}": (Scope.CANDIDATES_WRITE, None),
    "GET /api/v1/test/{test_id}/contributors": (Scope.TESTS_READ, None),
    "POST /api/v1/test/{test_id}/contributors": (
        Scope.TESTS_WRITE,
        {"contributors": [{"externalId": "planner", "roles": ["planner"]}]},
    ),
    "DELETE /api/v1/test/{test_id}/contributors/{user_name}/{role}": (Scope.TESTS_WRITE, None),
    "GET /api/v1/test/{test_id}/attendance": (Scope.CANDIDATES_READ, None),
    "GET /api/v1/test/{test_id}/results": (Scope.RESULTS_READ, None),
    "GET /api/v1/candidates/allResults/{test_id}/{user_id}": (Scope.RESULTS_READ, None),
    "POST /api/v1/test/{test_id}/loginDetails": (Scope.LOGINS_READ, {}),
    "GET /api/v1/test/{test_id}/history": (Scope.HISTORY_READ, None),
    "GET /api/v1/test/{test_id}/joiners": (Scope.CANDIDATES_READ, None),
    "POST /api/v1/test/{test_id}/joiners/letIn": (Scope.CANDIDATES_WRITE, {"joiners": ["0001"]}),
    "POST /api/v1/test/{test_id}/joiners/refuse": (Scope.CANDIDATES_WRITE, {"joiners": ["0001"]}),
    "GET /api/v1/users": (Scope.USERS_WRITE, None),
    "POST /api/v1/users": (Scope.USERS_WRITE, {"users": [{"firstName": "Kari", "lastName": "Nordmann"}]}),
    "GET /api/v1/users/{user_id}": (Scope.USERS_WRITE, None),
    "GET /api/v1/users/imports/{job_id}": (Scope.USERS_WRITE, None),
    "GET /api/v1/rooms": (Scope.TESTS_READ, None),
    "POST /api/v1/rooms": (Scope.TESTS_WRITE, {"roomName": "V101"}),
    "GET /api/v1/subscription/events": (Scope.TESTS_READ, None),
    "GET /api/v1/subscription": (Scope.TESTS_READ, None),
    "POST /api/v1/subscription": (Scope.TESTS_READ, None),
    "GET /api/v1/subscription/{subscription_id}": (Scope.TESTS_READ, None),
    "DELETE /api/v1/subscription/{subscription_id}": (Scope.TESTS_READ, None),
    "POST /api/v1/fileExport/order": (Scope.RESULTS_READ, None),
    "GET /api/v1/fileExport/status/{job_id}": (Scope.RESULTS_READ, None),
}
OF_A_TEST = sorted(name for name in TABLE if "{test_id}" in name)


def operations() -> dict[str, dict[str, Any]]:
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"]
    return {f"{method.upper()} {path}": found for path, methods in paths.items() for method, found in methods.items()}


@pytest.fixture
def activated_exam(exam: Test, planner: User) -> Test:
    add(exam, planner, "0001")
    return activated(exam, planner)


def address_of(name: str, test: Test) -> tuple[str, str]:
    method, path = name.split(" ", 1)
    one = Candidate.objects.filter(test=test).values_list("public_id", flat=True).first() or "nobody"
    parts = {"test_id": test.public_id, "candidate": one, "user_id": one, "user_name": "planner", "role": "planner"}
    return method, path.format(**parts, subscription_id="none", job_id="none")


def ask(system: System, name: str, test: Test) -> tuple[int, dict[str, Any], list[str]]:
    """Return status and body of a call, and the tables that it wrote to, but the last use of the key."""
    method, path = address_of(name, test)
    with CaptureQueriesContext(connection) as captured:
        answer = system.call(method, path, TABLE[name][1])
    written = [one["sql"] for one in captured if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    body = json.loads(answer.content) if answer.content else {}
    return answer.status_code, body, [sql for sql in written if "last_used_at" not in sql]


def test_the_table_names_every_operation_with_its_scope() -> None:
    found = {name: operation.get("x-scopes") for name, operation in operations().items()}
    assert {name for name, scopes in found.items() if scopes is None} == OPEN | BY_LINK
    assert {name: scopes for name, scopes in found.items() if scopes is not None} == {
        name: [scope.value] for name, (scope, _body) in TABLE.items()
    }


@pytest.mark.parametrize("name", sorted(TABLE))
def test_nobody_gets_in_without_the_scope(name: str, system_of: SystemOf, activated_exam: Test) -> None:
    method, path = address_of(name, activated_exam)
    assert Client().generic(method, path).status_code == 401
    others = [scope for scope in Scope if scope != TABLE[name][0]]
    status, body, written = ask(system_of(*others), name, activated_exam)
    assert (status, body["code"], written) == (403, "insufficient_scope", [])


@pytest.mark.parametrize("name", OF_A_TEST)
def test_a_foreign_test_is_not_there_for_a_key_of_own_tests(
    name: str, system_of: SystemOf, activated_exam: Test
) -> None:
    status, body, written = ask(system_of(all_tests=False), name, activated_exam)
    assert (status, body["code"], written) == (404, "not_found", [])


@pytest.mark.parametrize("name", OF_A_TEST)
def test_a_key_of_all_tests_is_let_in(name: str, system_of: SystemOf, activated_exam: Test) -> None:
    status, body, written = ask(system_of(TABLE[name][0]), name, activated_exam)
    assert status not in {401, 403, 404, 405, 500}, body
    if name.startswith("GET") and TABLE[name][0] != Scope.RESULTS_READ:  # that is in the history
        assert written == []


def test_a_demo_test_is_no_systems(system_of: SystemOf, planner: User) -> None:
    demo = make_test(planner=planner, name="Demo", is_demo=True)
    assert system_of().get(f"/api/v1/test/{demo.public_id}").status_code == 404


def test_a_session_of_the_pages_opens_nothing(client: Client, planner: User, exam: Test) -> None:
    client.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
    assert client.get(f"/api/v1/test/{exam.public_id}").status_code == 401


def test_a_key_whose_day_has_come_opens_nothing(system_of: SystemOf, clock: Any, exam: Test) -> None:
    made = system_of(days=1)
    assert made.get(f"/api/v1/test/{exam.public_id}").status_code == 200
    clock.set(timezone.now() + timedelta(days=1, seconds=1))
    assert made.get(f"/api/v1/test/{exam.public_id}").status_code == 401
