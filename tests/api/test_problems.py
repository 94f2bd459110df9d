"""Whatever goes wrong is a problem document, whoever refuses; a client that sends too much slows itself alone."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from candidates.api.problems import Problem
from candidates.api.quotas import CROWD_SECONDS, Places, places
from candidates.models import Candidate, Test
from candidates.site.logs import without_secrets
from tests.api.conftest import SystemOf

pytestmark = pytest.mark.django_db


def problem(response: Any) -> tuple[int, str]:
    """Return status and code of a problem document, whose members are checked."""
    assert response["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    return response.status_code, body["code"]


def test_each_refusal_is_a_problem_document(system_of: SystemOf, exam: Test) -> None:
    system, address = system_of(), f"/api/v1/test/{exam.public_id}"
    client, key = Client(raise_request_exception=False), {"Authorization": f"Bearer {system.secret}"}

    def send(data: Any, content_type: str, **more: Any) -> Any:
        return client.generic("POST", "/api/v1/test", data, content_type, headers=key, **more)

    assert problem(system.get("/api/v1/nothing")) == (404, "not_found")
    assert problem(system.get("/api/v1/test/nothing")) == (404, "not_found")
    assert problem(system.get("/api/v1/test/a%00b")) == (404, "not_found")
    assert problem(system.call("DELETE", address)) == (405, "method_not_allowed")
    assert "GET" in system.call("DELETE", address)["Allow"]
    assert problem(send("{", "application/json")) == (400, "not_json")
    assert problem(send("[" * 100_000, "application/json")) == (400, "not_json")
    assert problem(send("a=1", "application/x-www-form-urlencoded")) == (415, "unsupported_media_type")
    assert problem(send(b"\xff", "application/json")) == (400, "not_json")
    assert problem(send('{"a": 1}', "application/json; charset=utf-16")) == (422, "invalid")
    assert problem(send("[1]", "application/json")) == (422, "invalid")
    assert problem(send(b" " * (5 * 1024 * 1024 + 1), "application/json")) == (413, "too_large")
    assert problem(Client().get(address, headers={"Host": "elsewhere.example"})) == (400, "bad_request")


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        ('{"candidates": [{"candidateId": "1", "candidateId": "2"}]}', 400, None),
        ('{"candidates": [{"candidateId": "1", "\\ud800": 1, "\\ud800": 2}]}', 400, None),
        ('{"candidates": [{"candidateId": "1", "extraTime": NaN}]}', 400, None),
        ('{"candidates": [{"candidateId": "1"}], "more": -Infinity}', 400, None),
        ('{"candidates": [{"candidateId": "1", "extraTime": 1.5}]}', 422, "/candidates/0/extraTime"),
        ('{"candidates": [{"candidateId": "1", "extraTime": true}]}', 422, "/candidates/0/extraTime"),
        ('{"candidates": [{"candidateId": "1", "extraTime": "\\ud800"}]}', 422, "/candidates/0/extraTime"),
        ('{"candidates": [{"candidateId": "1", "extraTime": 36893488147419103232}]}', 422, "/candidates/0/extraTime"),
        ('{"candidates": [{"candidateId": "1", "extra_time": 5}]}', 422, "/candidates/0/extra_time"),
        ('{"candidates": [{"candidateId": "1", "a/b~c": 5}]}', 422, "/candidates/0/a~1b~0c"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_very_member(
    body: str, status: int, where: str | None, system_of: SystemOf, exam: Test
) -> None:
    headers = {"Authorization": f"Bearer {system_of().secret}"}
    address = f"/api/v1/test/{exam.public_id}/candidates"
    refused = Client().generic("POST", address, body, "application/json", headers=headers)
    assert problem(refused)[0] == status
    assert [one["pointer"] for one in refused.json().get("errors", [])] == ([where] if where else [])
    assert not Candidate.objects.exists()


@pytest.mark.parametrize("query", ["dryrun=true", "dryRun=true&dryRun=false", "existing=skip&existing=update"])
def test_a_misspelt_dry_run_is_not_carried_out(query: str, system_of: SystemOf, exam: Test) -> None:
    rows = {"candidates": [{"candidateId": "1"}]}
    refused = system_of().post(f"/api/v1/test/{exam.public_id}/candidates?{query}", rows)
    assert problem(refused) == (422, "invalid")
    assert refused.json()["errors"][0]["parameter"] == query.partition("=")[0]
    assert not Candidate.objects.exists()


def test_a_body_in_chunks_is_not_taken_for_an_empty_one(system_of: SystemOf, exam: Test) -> None:
    address, headers = f"/api/v1/test/{exam.public_id}/activate", {"Authorization": f"Bearer {system_of().secret}"}
    chunked = Client().generic("POST", address, headers={**headers, "Transfer-Encoding": "chunked"})
    assert problem(chunked) == (411, "length_required")


def test_head_has_the_headers_of_the_answer_and_no_body(system_of: SystemOf, exam: Test) -> None:
    system, address = system_of(), f"/api/v1/test/{exam.public_id}"
    whole, head = system.get(address), system.call("HEAD", address)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", whole["ETag"])
    assert head["Content-Length"] == whole["Content-Length"]
    assert system.call("HEAD", f"{address}/activate").status_code == 405


def test_times_are_the_same_in_lists_and_alone(system_of: SystemOf, exam: Test) -> None:
    Test.objects.filter(pk=exam.pk).update(opens_at=datetime(2026, 6, 1, 8, 0, 0, 123456, tzinfo=UTC))
    system = system_of()
    alone = system.get(f"/api/v1/test/{exam.public_id}").json()["result"]["startTime"]
    assert system.get("/api/v1/test").json()["items"][0]["startTime"] == alone
    assert ".123456Z" in alone


def test_a_nul_in_a_question_reaches_no_database(system_of: SystemOf, exam: Test) -> None:
    system = system_of()
    for address in (
        "/api/v1/test?cursor=%00",
        "/api/v1/test?externalTestId=a%00",
        "/api/v1/users?cursor=%00",
        f"/api/v1/test/{exam.public_id}/candidates?candidateId=%00",
        f"/api/v1/test/{exam.public_id}/candidates?cursor=AAAA",
        f"/api/v1/test/{exam.public_id}/history?cursor=%00",
    ):
        assert problem(system.get(address)) == (422, "invalid")
    sent = {"grant_type": "authorization_code", "client_id": "x\0", "code": "y"}
    assert problem(Client().post("/api/authenticate/token/", query_params=sent)) == (422, "invalid")


@pytest.mark.parametrize("outage", [True, False])
def test_a_fault_tells_nothing_and_an_outage_says_when_to_try_again(
    outage: bool, system_of: SystemOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise OperationalError("secret of the database") if outage else ValueError("secret of the code")

    system = system_of()
    monkeypatch.setattr("candidates.api.resources.tests.tests_of_key", fail)
    answer = system.get("/api/v1/test")
    assert problem(answer) == ((503, "unavailable") if outage else (500, "server_error"))
    assert "secret" not in answer.content.decode()
    assert (answer.headers.get("Retry-After") is not None) == outage
    assert places.running == 0
    assert not places.running_of


def test_a_minute_is_counted_for_each_key(system_of: SystemOf, settings: Any) -> None:
    settings.API_REQUESTS_A_MINUTE = 2
    busy, other = system_of(), system_of(name="Other")
    assert [busy.get("/api/v1/test")["RateLimit-Remaining"] for _time in range(2)] == ["1", "0"]
    full = busy.get("/api/v1/test")
    assert problem(full) == (429, "too_many_requests")
    assert 0 < int(full["Retry-After"]) <= 61
    assert other.get("/api/v1/test").status_code == 200


def test_only_some_threads_answer_systems_and_nobody_waits_for_one(settings: Any) -> None:
    settings.API_REQUESTS_AT_ONCE, settings.API_REQUESTS_AT_ONCE_OF_A_KEY = 2, 1
    here = Places()
    with here.one(), here.one():
        with pytest.raises(Problem) as refused, here.one():
            pass
        assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "1")
        here.take(1)
        with pytest.raises(Problem) as same:
            here.take(1)
        assert same.value.status == 429
        here.take(2)
        here.give_back(1)
        here.take(1)
    with here.one():
        pass


def test_systems_give_way_to_a_crowd_of_people_and_fill_no_log(
    system_of: SystemOf, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.API_GIVES_WAY_AT = 2
    system, seen = system_of(), []
    with places.of_a_person():
        assert system.get("/api/v1/test").status_code == 200
        with places.of_a_person():
            seen.append(system.get("/api/v1/test"))
            assert Client().get("/login/").status_code == 200
    assert problem(seen[0]) == (503, "busy")
    assert seen[0]["Retry-After"] == "1"
    assert [record for record in caplog.records if record.name == "django.request"] == []
    # the next of the crowd comes within a moment
    assert system.get("/api/v1/test").status_code == 503
    places.crowded_at -= CROWD_SECONDS
    assert system.get("/api/v1/test").status_code == 200


def test_requests_of_people_are_counted_while_they_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    monkeypatch.setattr(places, "of_a_person", lambda: _noting(counted))
    Client().get("/login/")
    assert counted == [1]
    assert Client().get("/api/v1/test").status_code == 401
    assert counted == [1]


@contextmanager
def _noting(counted: list[int]) -> Iterator[None]:
    counted.append(1)
    yield


def test_keys_and_tokens_are_in_no_log(system_of: SystemOf, caplog: pytest.LogCaptureFixture) -> None:
    system = system_of()
    with caplog.at_level(logging.INFO):
        sent = {"grant_type": "authorization_code", "client_id": "x", "code": system.secret}
        assert Client().post("/api/authenticate/token/", query_params=sent).status_code == 401
    assert system.secret not in without_secrets(caplog.text)
    assert "dlv_" not in without_secrets(f"GET /?x={system.secret} dlt_abc-DEF_1")


@pytest.mark.django_db(transaction=True)
def test_of_two_calls_with_one_idempotency_key_at_once_one_counts(system_of: SystemOf, settings: Any) -> None:
    settings.API_REQUESTS_AT_ONCE = settings.API_REQUESTS_AT_ONCE_OF_A_KEY = 8
    system = system_of()
    body = {"externalTestId": "1", "title": "A", "startTime": "2099-12-07T08:00:00Z", "endTime": "2099-12-07T09:00:00Z"}
    answers: list[Any] = []

    def send() -> None:
        from django.db import connection

        try:
            answers.append(system.post("/api/v1/test", body, Idempotency_Key="once"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.status_code for one in answers] == [201] * 4, [one.content for one in answers]
    assert len({one.content for one in answers}) == 1
    assert sum("Idempotency-Replayed" in one for one in answers) == 3
    assert Test.objects.count() == 1


@pytest.mark.parametrize(
    "path",
    ["/test?cursor=%00", "/test?externalTestId=a%00b", "/subscription?cursor=%00", "/subscription/events?a%00=1"],
)
def test_nul_in_a_parameter_is_refused_before_a_database_hears_of_it(path: str, system_of: SystemOf) -> None:
    assert system_of().get(f"/api/v1{path}").status_code == 422


def test_nul_in_an_exchange_is_no_key(client: Client) -> None:
    form = {"grant_type": "authorization_code", "client_id": "a\0b", "code": "dlv_x"}
    assert client.post("/api/authenticate/token/", form).status_code == 400
