"""The API checked by what others wrote: its schema, every operation with made-up calls, and a generated client."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils import timezone
from openapi_spec_validator import OpenAPIV31SpecValidator

from candidates.api.app import api
from candidates.models import AccessKey, Candidate, Scope, Test
from candidates.operations import exports
from candidates.signin.access_keys import make_key
from tests.factories import make_staff
from tests.storm.installation import SERVER
from tests.support.production_server import ProductionServer

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"),
    *("response_headers_conformance", "missing_required_header", "unsupported_method", "allow_header_conformance"),
    "ignored_auth",
)
SECONDS = 35
# A command of a busy machine is not cut off before its own bound.
SECONDS_AT_MOST = 600


@pytest.fixture
def server(transactional_db: None) -> Iterator[ProductionServer]:
    """The production server, which lets one system send as much as it likes."""
    without_quota = {"API_REQUESTS_A_MINUTE": "1000000", "API_REQUESTS_AT_ONCE": "8"}
    with ProductionServer(*SERVER.replace("--workers 4", "--workers 1").split(), **without_quota) as running:
        yield running


@pytest.fixture
def key(transactional_db: None) -> str:
    """A key that may do everything."""
    by = make_staff("administrator", "Arne Lund", is_administrator=True)
    expires_at = timezone.now() + timedelta(days=1)
    return make_key(name="Checks", scopes=list(Scope), all_tests=True, expires_at=expires_at, by=by)[1]


def test_the_schema_is_one_of_openapi_3_1() -> None:
    document = api.get_openapi_schema()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


@pytest.mark.slow
def test_no_call_that_the_schema_allows_or_forbids_fails_here_or_is_answered_otherwise(
    server: ProductionServer, key: str, tmp_path: Path
) -> None:
    options = {
        "--header": f"Authorization: Bearer {key}",
        "--checks": ",".join(CHECKS),
        "--phases": "examples,coverage,fuzzing,stateful",
        "--max-time": str(SECONDS),
        "--max-examples": "5",
        "--seed": "1",
        "--request-timeout": "30",
        "--suppress-health-check": "all",
        "--warnings": "off",
    }
    command = [str(Path(sys.executable).with_name("st")), "run", f"{server.address}/api/openapi.json"]
    sent = [part for option in options.items() for part in option]
    done = subprocess.run(
        [*command, *sent, "--no-color", "--continue-on-failure"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS_AT_MOST,
        check=False,
    )
    said = "\n".join(line[:200] for line in done.stdout.splitlines())  # made-up texts are long
    assert done.returncode == 0, said + done.stderr


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a client that openapi-python-client has made of our schema; on the path as `deliver_client`."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "schema.json").write_text(json.dumps(api.get_openapi_schema(), default=str))
    (folder / "config.yaml").write_text("post_hooks: []\n")
    command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--path", "schema.json"]
    options = ["--output-path", "deliver_client", "--meta", "none", "--config", "config.yaml", "--fail-on-warning"]
    subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True, timeout=SECONDS_AT_MOST)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "deliver_client"]:
        del sys.modules[name]


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """What is entered here is left after the test."""
    with ExitStack() as stack:
        yield stack


@pytest.mark.slow
def test_a_generated_client_makes_a_test_sends_1500_candidates_once_activates_it_and_reads_results(
    server: ProductionServer, key: str, generated: Path, closing: ExitStack
) -> None:
    of, models = (lambda name: import_module(f"deliver_client.api.{name}")), import_module("deliver_client.models")
    made_for_us = import_module("deliver_client").AuthenticatedClient
    client = closing.enter_context(made_for_us(base_url=server.address, token=key, timeout=60))
    opens = timezone.now() + timedelta(days=1)
    test = models.TestSent(
        external_test_id="BIO2150-2026-12",
        title="Cell Biology",
        start_time=opens,
        end_time=opens + timedelta(hours=4),
    )
    made = of("tests.send_test").sync(client=client, body=test)
    run = made.assessment_run_id

    def send(people: list[Any], name: str) -> Any:
        body = models.CandidatesSent(candidates=people)
        return of("candidates.add_candidates").sync_detailed(run, client=client, body=body, idempotency_key=name)

    right = [models.CandidateSent(candidate_id=f"{number:04}", extra_time=number % 7) for number in range(1, 1501)]
    wrong = [*right]
    wrong[3] = models.CandidateSent(candidate_id="0005")
    wrong[17] = models.CandidateSent(candidate_id="0018", extra_time=100_000)
    wrong[1499] = models.CandidateSent(candidate_id="x" * 200)
    refused = send(wrong, "first")
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    named = {one.pointer.split("/")[2] for one in refused.parsed.errors}
    assert named >= {"17", "1499"}
    assert len(named & {"3", "4"}) >= 1
    assert not Candidate.objects.exists()
    stored = send(right, "second")
    again = send(right, "second")
    assert (stored.status_code, again.content) == (HTTPStatus.OK, stored.content)
    assert (stored.parsed.added, Candidate.objects.count()) == (1500, 1500)
    assert of("tests.activate_test").sync(run, client=client).login_details_made == 1500
    page = of("candidates.list_candidates").sync(run, client=client, limit=1500)
    assert (len(page.items), page.next_) == (1500, None)

    past = timezone.now() - timedelta(days=3)
    Test.objects.update(opens_at=past, ends_at=past + timedelta(hours=4))
    order = models.OrderBody(
        resource_type="AllResults", parameters=models.OrderParameters(assessment_run_id=run), expiry_period=1
    )
    job = of("files.order_file").sync(client=client, body=order).job_id
    assert exports.make_next()
    done = of("files.read_job").sync(job, client=client)
    assert (done.status, done.progress) == ("success", 100)
    file = requests.get(done.export_info.signed_response_url, timeout=60).json()
    assert len(file["candidates"]) == 1500


@pytest.mark.slow
def test_requests_as_the_public_r_clients_send_them_are_answered_as_these_read_them(
    server: ProductionServer, key: str, exam: Test
) -> None:
    """Their shapes: a form with the key in a header, JSON with `auto_unbox`, and a file fetched without a header."""
    address = f"{server.address}/api"
    client_id = AccessKey.objects.get().public_id
    form = {"client_id": client_id, "grant_type": "authorization_code"}
    token = requests.post(f"{address}/authenticate/token/", data=form, headers={"code": key}, timeout=60).json()
    assert token["expires_in"] == 3600
    bearer = {"Authorization": f"Bearer {token['access_token']}", "Accept": "application/json"}
    query = requests.post(f"{address}/authenticate/token/", params={**form, "code": key}, timeout=60)
    assert query.status_code == 200

    opens = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    ends = (timezone.now() + timedelta(days=1, hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    sent: Any = {
        "externalTestId": "test_004",
        "title": "Test Exam 001",
        "startTime": opens,
        "endTime": ends,
        "duration": 120,
    }
    made = requests.post(f"{address}/v1/test?isExternal=true", json=sent, headers=bearer, timeout=60).json()
    assert made["success"] is True
    assert made["status"]
    shown = requests.get(f"{address}/v1/test/{made['assessmentRunId']}", headers=bearer, timeout=60).json()
    assert shown["result"]["contributors"] == []
    people: Any = {"authenticationSystem": "FEIDE", "contributors": [{"externalId": "planner", "roles": ["planner"]}]}
    placed = requests.post(
        f"{address}/v1/test/{made['assessmentRunId']}/contributors", json=people, headers=bearer, timeout=60
    )
    assert placed.json()["success"] is True

    past = timezone.now() - timedelta(days=3)
    Test.objects.filter(pk=exam.pk).update(opens_at=past, ends_at=past + timedelta(hours=4), activated_at=past)
    order: Any = {"resourceType": "AllResults", "parameters": {"assessmentRunId": exam.public_id}}
    job = requests.post(f"{address}/v1/fileExport/order", json=order, headers=bearer, timeout=60).json()["jobId"]
    assert exports.make_next()
    status = requests.get(f"{address}/v1/fileExport/status/{job}", headers=bearer, timeout=60).json()
    assert (status["status"], status["progress"]) == ("success", 100)
    file = requests.get(status["exportInfo"]["signedResponseUrl"], timeout=60).json()
    assert file["assessmentRunTitle"] == exam.name
    assert {"assessmentRunId", "assessmentRunStartTime", "assessmentRunEndTime", "candidates"} <= file.keys()
