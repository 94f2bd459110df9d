"""An administrator makes a key, and a script sends 1500 candidates with it: once with wrong rows, then right, twice."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone
from playwright.sync_api import Page

from candidates.models import AccessKey, Candidate, Test, User
from tests.factories import make_staff

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SENT = {"title": "Biology", "startTime": "2099-12-07T08:00:00Z", "endTime": "2099-12-07T12:00:00Z"}


@pytest.fixture
def script() -> Iterator[requests.Session]:
    """The other system, whose connections are closed at the end."""
    with requests.Session() as session:
        yield session


def test_a_script_sends_1500_candidates_with_a_key_of_the_page(
    page_of: Callable[..., Page], live_server: Any, script: requests.Session, settings: Any
) -> None:
    settings.API_GIVES_WAY_AT = 100  # what a browser loads beside it is no crowd
    page = page_of(make_staff("arne", "Arne Lund", is_administrator=True))
    page.goto(f"{live_server}/access-keys/")
    page.get_by_role("link", name="Make a key").click()
    page.get_by_label("Name").fill("Exam office script")
    for words in ("Make, change and activate tests", "Add, change and remove candidates"):
        page.get_by_label(words).check()
    page.get_by_label("Expires on").fill((timezone.localdate() + timedelta(days=30)).isoformat())
    page.get_by_role("button", name="Make the key").click()
    secret = page.locator("#key").inner_text().strip()
    page.get_by_role("link", name="I have copied it").click()
    assert secret not in page.content()

    script.headers["Authorization"] = f"Bearer {secret}"
    made = script.post(f"{live_server}/api/v1/test", json={"externalTestId": "BIO-1", **SENT}, timeout=60)
    address = f"{live_server}/api/v1/test/{made.json()['assessmentRunId']}/candidates"
    right = [{"candidateId": f"{number:04}"} for number in range(1, 1501)]
    wrong = [dict(one) for one in right]
    wrong[17]["extraTime"], wrong[99]["candidateId"], wrong[1499]["seat"] = "a lot", "0001", "x" * 500
    headers = {"Idempotency-Key": "transfer-1"}
    refused = script.post(address, json={"candidates": wrong}, headers=headers, timeout=60)
    assert {one["pointer"] for one in refused.json()["errors"]} == {
        "/candidates/17/extraTime",
        "/candidates/99/candidateId",
        "/candidates/1499/seat",
    }
    assert not Candidate.objects.exists()
    for _time in range(2):
        sent = script.post(address, json={"candidates": right}, headers=headers, timeout=60)
        assert sent.json()["added"] == 1500
    assert sent.headers["Idempotency-Replayed"] == "true"
    assert Test.objects.get().candidate_count == Candidate.objects.count() == 1500

    page.reload()
    assert "Never" not in page.locator("table.keys tbody").inner_text()
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke the key").click()
    assert script.post(address, json={"candidates": right}, timeout=60).status_code == 401
    assert AccessKey.objects.get().revoked_by == User.objects.get(username="arne")
