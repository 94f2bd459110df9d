"""Other systems order the results of a test as a file, and fetch it."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from candidates.lifecycle.sitting import start, submit
from candidates.models import AuditEvent, Candidate, Export, Mark, Scope, Test, User
from candidates.operations import exports
from candidates.signin.access_keys import revoke
from tests.api.conftest import System, SystemOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def over(open_exam: Test, candidates: list[Candidate], grader: User) -> Test:
    """The exam is over; 0001 has submitted and has 17.5 points, 0002 is somebody with a name."""
    first, second, _third = candidates
    place = Candidate.objects.select_related("test", "submission").get(pk=first.pk)
    submit(candidate=start(candidate=place), answer="x", base_revision=0)
    Mark.objects.create(
        candidate=first, mark=Decimal("17.5"), comment="Good", marked_by=grader, marked_at=timezone.now()
    )
    Candidate.objects.filter(pk=second.pk).update(name="Aas, Reidun", private_reference="s123")
    now = timezone.now()
    Test.objects.filter(pk=open_exam.pk).update(opens_at=now - timedelta(hours=5), ends_at=now - timedelta(hours=1))
    return Test.objects.get(pk=open_exam.pk)


def ordered(system: System, test: Test, **more: Any) -> Any:
    body = {"resourceType": "AllResults", "parameters": {"assessmentRunId": test.public_id}, **more}
    return system.post("/api/v1/fileExport/order", body)


def fetched(system: System, job: str) -> Any:
    """Return the file as the original's clients fetch it: by its signed address, without a key."""
    status = system.get(f"/api/v1/fileExport/status/{job}").json()
    assert (status["status"], status["progress"]) == ("success", 100)
    return Client().get(status["exportInfo"]["signedResponseUrl"])


def test_results_are_ordered_made_by_the_worker_and_fetched_by_a_signed_address(
    system_of: SystemOf, over: Test
) -> None:
    system = system_of()
    answer = ordered(system, over)
    job = answer.json()["jobId"]
    assert (answer.status_code, answer.json()["status"], answer.json()["exportInfo"]) == (201, "waiting", None)
    assert exports.make_next()
    assert not exports.make_next()
    file = json.loads(fetched(system, job).content)
    assert (file["assessmentRunId"], file["assessmentRunTitle"]) == (over.public_id, over.name)
    assert [one["candidateId"] for one in file["candidates"]] == ["0001", "0002", "kari"]
    first, second, _third = file["candidates"]
    (grade,) = first["evaluationRounds"][0]["roundGrades"]
    assert (grade["totalScore"], grade["evaluatorUserId"], first["submitted"]) == (17.5, "grader", True)
    assert (second["evaluationRounds"], second["name"], second["submitted"]) == ([], "Aas, Reidun", False)
    act = AuditEvent.objects.get(action="results_downloaded")
    assert (act.actor, act.test, act.detail["export"]) == (system.key.account, over, job)


def test_without_the_scope_a_file_names_nobody(system_of: SystemOf, over: Test) -> None:
    system = system_of(Scope.RESULTS_READ)
    job = ordered(system, over).json()["jobId"]
    exports.make_next()
    content = fetched(system, job).content.decode()
    for secret in ("Aas", "s123", "grader", "Elin"):
        assert secret not in content
    assert "17.5" in content


def test_another_key_of_the_system_reads_no_file_that_it_could_not_have_ordered(
    system_of: SystemOf, over: Test
) -> None:
    job = ordered(system_of(), over).json()["jobId"]
    address = f"/api/v1/fileExport/status/{job}"
    assert system_of(Scope.RESULTS_READ).get(address).status_code == 404  # without names:read
    assert system_of(all_tests=False).get(address).status_code == 404
    assert system_of(Scope.RESULTS_READ, Scope.NAMES_READ).get(address).status_code == 200


def test_a_file_opens_for_its_system_alone_until_it_expires(
    system_of: SystemOf, over: Test, administrator_of_keys: User
) -> None:
    system, other = system_of(), system_of(name="Another")
    job = ordered(system, over).json()["jobId"]
    exports.make_next()
    address = fetched(system, job).request["PATH_INFO"]
    assert other.get(f"/api/v1/fileExport/status/{job}").status_code == 404
    assert system.get(address).status_code == 422
    assert system.get(f"{address}?signature={job}:x:y").status_code == 404
    Export.objects.update(expires_at=timezone.now() + timedelta(seconds=60))
    signed = system.get(f"/api/v1/fileExport/status/{job}").json()["exportInfo"]["signedResponseUrl"]
    second = ordered(system, over).json()["jobId"]
    exports.make_next()
    assert Client().get(signed.replace(job, second, 1)).status_code == 404
    revoke(system.key, by=administrator_of_keys)
    assert Client().get(signed).status_code == 404
    Export.objects.update(ordered_at=timezone.now() - timedelta(days=2), expires_at=timezone.now())
    assert exports.forget_expired() == "2 files deleted."


def test_nothing_is_ordered_of_a_test_that_is_not_over_or_not_reached(system_of: SystemOf, open_exam: Test) -> None:
    assert ordered(system_of(), open_exam).status_code == 409
    assert ordered(system_of(name="Own", all_tests=False), open_exam).status_code == 404
    wrong = system_of().post("/api/v1/fileExport/order", {"resourceType": "Everything", "parameters": {}})
    pointers = {one["pointer"] for one in wrong.json()["errors"]}
    assert pointers == {"/resourceType", "/parameters/assessmentRunId"}


def test_a_system_keeps_twenty_files(system_of: SystemOf, over: Test) -> None:
    system = system_of()
    assert [ordered(system, over).status_code for _one in range(20)] == [201] * 20
    # another key of the system is not another system
    assert [ordered(one, over).status_code for one in (system, system_of())] == [409, 409]


def test_what_a_killed_worker_had_is_made_when_its_lease_ends(system_of: SystemOf, over: Test) -> None:
    ordered(system_of(), over)
    Export.objects.update(lease="killed", leased_until=timezone.now() + timedelta(minutes=1))
    assert not exports.make_next()
    Export.objects.update(leased_until=timezone.now())
    assert exports.make_next()
