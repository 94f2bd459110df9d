"""Calls of other systems at the same moment, and killed in the middle: each counts once, whatever its client sees."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from candidates.models import AnsweredCall, AuditEvent, Candidate, Scope, Test, User
from candidates.signin.access_keys import make_key
from tests.races.support import Act, Runner

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = [{"candidateId": f"{number:04}", "extraTime": number} for number in range(1, 41)]


def call(secret: str, path: str, body: Any, **headers: str) -> list[Any]:
    """Send a call in this process; return its status, its answer, and whether it was one from before."""
    sent = {"Authorization": f"Bearer {secret}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    client = Client(raise_request_exception=False)
    answer = client.generic("POST", f"/api/v1/{path}", body, "application/json", headers=sent)
    return [answer.status_code, answer.content.decode(), answer.headers.get("Idempotency-Replayed")]


@pytest.fixture
def secret(administrator: User) -> str:
    expires_at = timezone.now() + timedelta(days=1)
    return make_key(name="Office", scopes=list(Scope), all_tests=True, expires_at=expires_at, by=administrator)[1]


def sending(secret: str, test: Test, *, kill_at: int | None = None, **headers: str) -> Act:
    path, body = f"test/{test.public_id}/candidates", json.dumps({"candidates": ROWS})
    return Act(f"{__name__}:call", {"secret": secret, "path": path, "body": body, **headers}, kill_at=kill_at)


def test_one_list_sent_by_6_processes_under_one_name_counts_once_and_all_are_answered_the_same(
    secret: str, exam: Test, runner: Runner
) -> None:
    outcomes = runner.race(*[sending(secret, exam, Idempotency_Key="list")] * 6)
    answers = [outcome.value for outcome in outcomes]
    assert [outcome.error for outcome in outcomes] == [""] * 6
    assert ({answer[0] for answer in answers}, len({answer[1] for answer in answers})) == ({200}, 1), answers
    assert [answer[2] for answer in answers].count(None) == 1
    assert (Candidate.objects.count(), AuditEvent.objects.filter(action="candidates_added").count()) == (40, 1)


def test_a_call_killed_before_any_statement_is_sent_again_and_counts_once(
    secret: str, exam: Test, runner: Runner
) -> None:
    for killed in (4, 8, 16, 24, 30):
        (outcome,) = runner.race(sending(secret, exam, kill_at=killed, Idempotency_Key=f"list {killed}"))
        assert outcome.killed or outcome.value[0] == 200
        assert Candidate.objects.count() == (0 if outcome.killed else 40)
        assert AnsweredCall.objects.count() == (0 if outcome.killed else 1)
        (again,) = runner.race(sending(secret, exam, Idempotency_Key=f"list {killed}"))
        assert (again.value[0], Candidate.objects.count()) == (200, 40), again
        assert again.value[2] == (None if outcome.killed else "true")
        AnsweredCall.objects.all().delete()
        Candidate.objects.all().delete()
        Test.objects.update(candidate_count=0)


def test_of_changes_to_one_version_at_the_same_moment_one_is_done(secret: str, exam: Test, runner: Runner) -> None:
    address = f"/api/v1/test/{exam.public_id}"
    tag = Client().get(address, headers={"Authorization": f"Bearer {secret}"})["ETag"]
    acts = [
        Act(f"{__name__}:change", {"secret": secret, "address": address, "title": f"Title {number}", "tag": tag})
        for number in range(4)
    ]
    assert sorted(outcome.value for outcome in runner.race(*acts)) == [200, 412, 412, 412]


def change(secret: str, address: str, title: str, tag: str) -> int:
    """Change the title of a test as it was read; return the status."""
    headers = {"Authorization": f"Bearer {secret}", "If-Match": tag}
    return Client().patch(address, {"title": title}, content_type="application/json", headers=headers).status_code
