"""What other systems send and read: 1500 candidates, beside what the page's confirmation takes."""

import json
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from candidates.intake.importing import confirm, preview
from candidates.models import Import, Scope, Test
from candidates.signin.access_keys import make_key
from tests.benchmarks.support import Report, measure, measure_in_turn
from tests.benchmarks.test_bench_adding import draft_on
from tests.benchmarks.test_bench_candidates import N
from tests.factories import make_staff, make_test

number = count(1)
ROWS = [{"candidateId": f"{n:04}", "extraTime": 30 if n % 20 == 0 else 0} for n in range(1, N + 1)]


@pytest.mark.django_db(transaction=True)
def test_bench_api(settings) -> None:
    settings.API_REQUESTS_A_MINUTE = 10**6
    planner = make_staff("planner", is_planner=True, is_administrator=True)
    expires_at = timezone.now() + timedelta(days=1)
    _key, secret = make_key(name="Bench", scopes=tuple(Scope), all_tests=True, expires_at=expires_at, by=planner)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    report = Report(f"1500 candidates through the API on {connection.vendor}")

    def empty() -> Test:
        return make_test(planner=planner, name=f"Test {next(number)}")

    def waiting() -> tuple[Test, Import, str]:
        test = empty()
        draft = draft_on(test, planner)
        return test, draft, preview(draft).seen(test)

    def bring_in(prepared: tuple[Test, Import, str]) -> None:
        _test, draft, shown = prepared
        assert confirm(draft, by=planner, seen=shown).added == N

    def send(test: Test) -> None:
        body = json.dumps({"candidates": ROWS})
        address = f"/api/v1/test/{test.public_id}/candidates"
        headers = {"Idempotency-Key": test.public_id}
        answer = client.post(address, body, content_type="application/json", headers=headers)
        assert answer.json()["added"] == N

    full = empty()
    send(full)

    def read() -> None:
        assert len(client.get(f"/api/v1/test/{full.public_id}/candidates?limit={N}").json()["items"]) == N

    sent, page = measure_in_turn((empty, send), (waiting, bring_in))
    report.at_most_times("send 1500 (read, check, store, answer)", sent, "confirm a page", page, 1.5)
    report.at_most_ms("read 1500", measure(read), 150)
    report.show()
