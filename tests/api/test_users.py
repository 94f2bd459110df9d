"""Other systems send permanent users in batches, which the worker stores; and read who joined by test code."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from candidates.intake.accounts.running import work_on
from candidates.intake.joining import join
from candidates.models import AuditEvent, Candidate, JoinRequest, PermanentUser, Scope, Test, User
from tests.api.conftest import SystemOf
from tests.factories import make_permanent
from tests.support.joining import code_of, open_to_joiners, sso_person

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
    odd = [{"firstName": 7, "email": "x"}, {"lastName": "B", "mail": "b@havnes.example"}]
    refused = system.post("/api/v1/users", {"users": odd})
    pointers = {one["pointer"] for one in refused.json()["errors"]}
    assert pointers == {"/users/0/firstName", "/users/0/email", "/users/1/mail"}
    many = system.post("/api/v1/users", {"users": [{"firstName": "A", "email": "x"}] * 300})
    assert {one["pointer"] for one in many.json()["errors"]} == {f"/users/{place}/email" for place in range(300)}
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


def test_who_waits_is_let_in_or_refused_all_or_none(system_of: SystemOf, exam: Test, planner: User) -> None:
    open_to_joiners(exam, planner, approves_each=True)
    asked = [join(code=code_of(exam), by=sso_person(name)).public_id for name in ("ann", "bo", "cy")]
    system, address = system_of(), f"/api/v1/test/{exam.public_id}/joiners"
    wrong = system.post(f"{address}/letIn", {"joiners": [asked[0], "nobody"]})
    assert (wrong.status_code, [one["pointer"] for one in wrong.json()["errors"]]) == (409, ["/joiners/1"])
    assert set(JoinRequest.objects.values_list("state", flat=True)) == {"asked"}
    done = system.post(f"{address}/letIn", {"joiners": asked[:2]}, Idempotency_Key="a").json()
    assert done == {"success": True, "joined": 2, "queued": 0, "refused": 0}
    assert system.post(f"{address}/letIn", {"joiners": asked[:2]}, Idempotency_Key="a").json() == done
    assert system.post(f"{address}/refuse", {"joiners": asked[:1]}).status_code == 409
    refused = system.post(f"{address}/refuse", {"joiners": asked[2:], "sentence": "Ask at the desk."})
    assert refused.json()["refused"] == 1
    assert JoinRequest.objects.get(public_id=asked[2]).sentence == "Ask at the desk."
    assert system.post(f"{address}/letIn", {"joiners": asked[2:]}).json()["joined"] == 1
    decided = AuditEvent.objects.filter(actor=system.key.account, test=exam)
    assert {"candidates_added", "join_refused"} <= set(decided.values_list("action", flat=True))


def test_permanent_users_are_put_on_a_test_by_their_usernames(system_of: SystemOf, exam: Test, planner: User) -> None:
    kari_herself = make_permanent("Kari", "Nordmann", username="kari.nordmann")
    make_permanent("Ola", "Hansen", username="ola.hansen")
    address = f"/api/v1/test/{exam.public_id}/candidates"
    system = system_of(Scope.CANDIDATES_WRITE)
    kari, ola = {"externalId": "KARI.nordmann", "extraTime": 30}, {"externalId": "ola.hansen"}

    def send(*rows: dict[str, Any], query: str = "") -> Any:
        return system.post(f"{address}{query}", {"authenticationSystem": "permanent", "candidates": rows})

    wrong = send(
        {**kari, "extraTime": "x"}, {"externalId": "nobody"}, {"externalId": "Kari.Nordmann"}, {**ola, "seat": "7"}, {}
    )
    assert {one["pointer"] for one in wrong.json()["errors"]} == {
        *(f"/candidates/{place}/externalId" for place in (1, 2, 4)),
        "/candidates/0/extraTime",
        "/candidates/3/seat",
    }
    snake = send({"external_id": 5, "externalId": "kari.nordmann"})
    assert [one["pointer"] for one in snake.json()["errors"]] == ["/candidates/0/external_id"]
    assert not Candidate.objects.exists()
    done = send(kari, ola)
    assert [one["candidateId"] for one in done.json()["candidates"]] == ["0001", "0002"], done.content
    assert "Nordmann" not in done.content.decode()
    stored = Candidate.objects.get(candidate_id="0001")
    assert (stored.user, stored.extra_minutes, stored.kind) == (kari_herself.user, 30, "permanent")
    assert [one["code"] for one in send(kari).json()["errors"]] == ["exists"]
    assert send(kari, query="?existing=update").json()["errors"][0]["parameter"] == "existing"
    assert send(kari, query="?existing=skip").json()["code"] == "nothing_to_do"


def test_whose_account_has_ended_or_who_works_on_the_test_is_refused_by_the_username_alone(
    system_of: SystemOf, exam: Test
) -> None:
    gone = make_permanent("Kari", "Nordmann", username="kari.n")
    User.objects.filter(pk=gone.user.pk).update(is_active=False)
    body = {"authenticationSystem": "permanent", "candidates": [{"externalId": "kari.n"}]}
    refused = system_of(Scope.CANDIDATES_WRITE).post(f"/api/v1/test/{exam.public_id}/candidates", body)
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/candidates/0/externalId"]
    assert "Nordmann" not in refused.content.decode()
    whole = system_of().call("PUT", f"/api/v1/test/{exam.public_id}/candidates", body)
    assert [one["pointer"] for one in whole.json()["errors"]] == ["/authenticationSystem"]
