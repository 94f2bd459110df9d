"""Other systems ask to be told, and end it."""

from typing import Any

import pytest

from candidates.models import AnsweredCall, Subscription
from tests.api.conftest import SystemOf

pytestmark = pytest.mark.django_db
BODY: dict[str, Any] = {
    "url": "https://hooks.example.org/in",
    "events": ["test_activated", "test_finished"],
    "secret": "0123456789abcdef",
}


def test_a_system_subscribes_reads_how_it_stands_and_ends_it(system_of: SystemOf) -> None:
    system = system_of()
    events = [one["event"] for one in system.get("/api/v1/subscription/events").json()["events"]]
    assert events == ["test_activated", "candidate_joined", "candidate_submitted", "test_finished"]
    made = system.post("/api/v1/subscription", BODY, Idempotency_Key="a")
    again = system.post("/api/v1/subscription", BODY, Idempotency_Key="a")
    assert (made.status_code, again.status_code, Subscription.objects.count()) == (201, 201, 1)
    assert made.json()["status"] == "waiting"
    assert BODY["secret"] not in made.content.decode()
    assert BODY["secret"] not in AnsweredCall.objects.get().answer
    address = f"/api/v1/subscription/{made.json()['subscriptionId']}"
    assert system.get(address).json() == made.json()
    assert system.get("/api/v1/subscription").json()["items"] == [made.json()]
    another = system_of(name="Another")
    assert another.get(address).status_code == another.call("DELETE", address).status_code == 404
    assert another.get("/api/v1/subscription").json()["items"] == []
    assert system.call("DELETE", address).json() == {"success": True}
    assert system.get(address).status_code == 404


@pytest.mark.parametrize(
    ("member", "value", "pointer"),
    [
        ("url", "http://10.0.0.1:22/", "/url"),
        ("url", "ftp://hooks.example.org/", "/url"),
        ("url", "https://u:p@hooks.example.org/", "/url"),
        ("secret", "short", "/secret"),
        ("secret", "x" * 201, "/secret"),
        ("events", [], "/events"),
        ("events", ["exploded"], "/events/0"),
        ("extra", 1, "/extra"),
    ],
)
def test_what_is_wrong_is_named(member: str, value: Any, pointer: str, system_of: SystemOf) -> None:
    refused = system_of().post("/api/v1/subscription", {**BODY, member: value})
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    assert not Subscription.objects.exists()


def test_the_list_goes_on_where_the_page_before_ended(system_of: SystemOf) -> None:
    system = system_of()
    ids = [system.post("/api/v1/subscription", BODY).json()["subscriptionId"] for _one in range(3)]
    first = system.get("/api/v1/subscription?limit=2").json()
    second = system.get(f"/api/v1/subscription?limit=2&cursor={first['next']}").json()
    assert [one["subscriptionId"] for one in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None
    assert system.get("/api/v1/subscription?cursor=nowhere").status_code == 422
