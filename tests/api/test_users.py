"""Other systems send permanent users in batches, which the worker stores; and read who joined by test code."""

from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.intake.accounts.running import work_on
from candidates.models import AuditEvent, JoinRequest, PermanentUser, Scope, Test
from tests.api.conftest import SystemOf
from tests.factories import make_permanent

pytestmark = pytest.mark.django_db


def test_a_batch_is_checked_whole_stored_by_the_worker_and_updates_who_is_known(system_of: SystemOf) -> None:
    make_permanent("Kari", "Gammel", username="kari.nordmann")
    system = system_of(Scope.USERS_WRITE)
    users = [
        {"firstName": "Kari", "lastName": "Nordmann", "userName": "kari.nordmann", "externalId": "42"},
        {"firstName": "Ola", "lastName": "Hansen", "email": "ola@havnes.example"},
    ]
    wrong = system.post("/api/v1/users", {"users": [*users, {"email": "no address", "firstName": "Per"}]})
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/users/2/email"]
    job = system.post("/api/v1/users", {"users": users})
    assert job.status_code == 201, job.content
    assert job.json()["status"] == "queued"
    while work_on(job.json()["id"]):
        pass
    done = system.get(job.json()["address"]).json()
    assert (done["status"], done["added"], done["updated"]) == ("done", 1, 1)
    listed = {one["lastName"]: one for one in system.get("/api/v1/users").json()["items"]}
    assert set(listed) == {"Nordmann", "Hansen"}
    assert listed["Nordmann"]["externalId"] == "42"
    one = system.get(f"/api/v1/users/{listed['Hansen']['id']}")
    assert (one.json()["email"], one["ETag"][:1]) == ("ola@havnes.example", '"')
    other = system_of(Scope.USERS_WRITE, name="Other")
    assert other.get(job.json()["address"]).status_code == 404


def test_lists_of_users_go_on_where_the_cursor_says(system_of: SystemOf) -> None:
    for number in range(3):
        make_permanent("Kari", f"Nordmann{number}", username=f"kari{number}")
    system = system_of()
    first = system.get("/api/v1/users?limit=2").json()
    second = system.get(f"/api/v1/users?limit=2&cursor={first['next']}").json()
    assert len({one["id"] for one in (*first["items"], *second["items"])}) == PermanentUser.objects.count() == 3
    assert second["next"] is None


def test_who_came_by_test_code_is_named_with_names_read_alone(system_of: SystemOf, exam: Test) -> None:
    kari = make_permanent("Kari", "Nordmann", username="kari.nordmann")
    JoinRequest.objects.create(test=exam, user=kari.user, state="asked", turn=1, asked_at=timezone.now() - timedelta(1))
    address = f"/api/v1/test/{exam.public_id}/joiners"
    plain = system_of(Scope.CANDIDATES_READ, name="Plain").get(address)
    assert (plain.json()["code"], plain.json()["joiners"][0]["state"]) == (None, "asked")
    assert "kari" not in plain.content.decode()
    naming = system_of()
    assert naming.get(address).json()["joiners"][0]["externalId"] == "kari.nordmann"
    assert [act.actor for act in AuditEvent.objects.filter(action="references_seen")] == [naming.key.account]
