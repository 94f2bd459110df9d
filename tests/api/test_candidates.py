"""Other systems send candidates: all of them or, where one is wrong, none."""

from typing import Any

import pytest

from candidates.models import AuditEvent, Candidate, Import, Scope, Test, User
from tests.api.conftest import SystemOf
from tests.factories import add

pytestmark = pytest.mark.django_db


def people(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"candidateId": f"{number:04}", **more} for number in range(1, count + 1)]


def test_three_wrong_rows_are_named_and_nothing_is_stored_then_the_right_ones_count_once(
    system_of: SystemOf, exam: Test
) -> None:
    system, address = system_of(Scope.CANDIDATES_WRITE), f"/api/v1/test/{exam.public_id}/candidates"
    rows = people(20)
    rows[3]["candidateId"] = "0001"
    rows[17]["extraTime"] = "a lot"
    rows[9] = {**rows[9], "seat": "1", "roomName": "V101"}
    rows[10] = {**rows[10], "seat": "1", "roomName": "V101"}
    refused = system.post(address, {"candidates": rows}, Idempotency_Key="transfer-1")
    assert refused.status_code == 422
    assert {one["pointer"] for one in refused.json()["errors"]} == {
        "/candidates/3/candidateId",
        "/candidates/17/extraTime",
        "/candidates/10/seat",
    }
    assert not Candidate.objects.exists()
    assert not Import.objects.exists()
    for _time in range(2):
        done = system.post(address, {"candidates": people(20, extraTime=30)}, Idempotency_Key="transfer-1")
        assert done.status_code == 200, done.content
        assert done.json()["added"] == 20
        assert len(done.json()["candidates"]) == 20
    assert done["Idempotency-Replayed"] == "true"
    assert Candidate.objects.filter(extra_minutes=30).count() == 20
    other = system.post(address, {"candidates": people(21)}, Idempotency_Key="transfer-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    added = AuditEvent.objects.get(action="candidates_added")
    assert (added.actor, added.count) == (system.key.account, 20)


def test_what_is_no_text_and_what_the_importer_refuses_are_said_together(system_of: SystemOf, exam: Test) -> None:
    address = f"/api/v1/test/{exam.public_id}/candidates"
    rows: list[dict[str, Any]] = people(12)
    rows[2]["candidateId"] = 7
    rows[4]["extraTime"] = "a lot"
    rows[5] |= {"name": None, "extraTime": 1.5}
    rows[7] |= {"room": "V101", "seat": "x" * 1001}
    rows[9]["externalId"] = "kari@havnes.example"
    rows[11] = {"candidateId": "0001", "nameOf/it": "x"}
    wrong = {
        *("/candidates/2/candidateId", "/candidates/4/extraTime", "/candidates/5/name", "/candidates/5/extraTime"),
        *("/candidates/7/room", "/candidates/7/seat", "/candidates/9/externalId"),
        *("/candidates/11/candidateId", "/candidates/11/nameOf~1it"),
    }
    for method, query in (("POST", "?dryRun=true"), ("POST", ""), ("PUT", "")):
        refused = system_of().call(method, address + query, {"candidates": rows})
        assert refused.status_code == 422
        assert {one["pointer"] for one in refused.json()["errors"]} == wrong
        assert len(refused.json()["errors"]) == len(wrong)
    assert not Candidate.objects.exists()
    assert not Import.objects.exists()


def test_a_dry_run_answers_the_same_and_stores_nothing(system_of: SystemOf, exam: Test) -> None:
    system, address = system_of(), f"/api/v1/test/{exam.public_id}/candidates"
    done = system.post(f"{address}?dryRun=true", {"candidates": people(3)}, Idempotency_Key="x").json()
    assert (done["added"], done["dryRun"]) == (3, True)
    assert not Candidate.objects.exists()
    assert system.post(address, {"candidates": people(3)}, Idempotency_Key="x").json()["added"] == 3


def test_who_is_there_already_is_refused_skipped_or_updated(system_of: SystemOf, exam: Test) -> None:
    system, address = system_of(), f"/api/v1/test/{exam.public_id}/candidates"
    system.post(address, {"candidates": people(2)})
    again = system.post(address, {"candidates": people(3, extraTime="25 %")})
    assert [(one["pointer"], one["code"]) for one in again.json()["errors"]] == [
        ("/candidates/0", "exists"),
        ("/candidates/1", "exists"),
    ]
    updated = system.post(f"{address}?existing=update", {"candidates": people(3, extraTime=10)}).json()
    assert (updated["added"], updated["updated"]) == (1, 2)
    assert set(Candidate.objects.values_list("extra_minutes", flat=True)) == {10}


def test_candidates_of_an_institution_come_by_their_sso_id(system_of: SystemOf, exam: Test) -> None:
    system, address = system_of(), f"/api/v1/test/{exam.public_id}/candidates"
    rows = [{"externalId": "kari@havnes.example", "name": "Nordmann, Kari"}, {"externalId": "ola@havnes.example"}]
    unknown = system.post(address, {"authenticationSystem": "feide", "candidates": rows})
    assert unknown.json()["errors"][0]["pointer"] == "/authenticationSystem"
    without = system.post(address, {"candidates": rows})
    assert without.json()["errors"][1]["pointer"] == "/candidates/1/externalId"
    done = system.post(address, {"authenticationSystem": "campus", "candidates": rows})
    assert done.status_code == 200, done.content
    assert [one["candidateId"] for one in done.json()["candidates"]] == ["0001", "0002"]
    read = system.get(f"{address}?limit=1").json()
    assert (read["items"][0]["externalId"], read["items"][0]["name"]) == ("kari@havnes.example", "Nordmann, Kari")
    assert AuditEvent.objects.filter(action="references_seen", actor=system.key.account).count() == 1
    rest = system.get(f"{address}?cursor={read['next']}").json()
    assert ([one["candidateId"] for one in rest["items"]], rest["next"]) == (["0002"], None)
    again = system.post(f"{address}?existing=update", {"authenticationSystem": "campus", "candidates": rows}).json()
    assert (again.get("code"), Candidate.objects.count()) == ("nothing_to_do", 2)


def test_without_names_read_nobody_is_named(system_of: SystemOf, exam: Test, planner: User) -> None:
    who = {"name": "Nordmann, Kari", "privateReference": "19990101", "externalId": "kari@havnes.example"}
    address = f"/api/v1/test/{exam.public_id}/candidates"
    system_of().post(address, {"authenticationSystem": "campus", "candidates": [who]})
    plain = system_of(Scope.CANDIDATES_READ, Scope.TESTS_READ, name="Plain")
    listed = plain.get(address)
    one = plain.get(f"{address}/{listed.json()['items'][0]['id']}")
    for answer in (listed, one, plain.get(f"/api/v1/test/{exam.public_id}")):
        assert answer.status_code == 200
        assert not [value for value in who.values() if value in answer.content.decode()]


def test_what_is_said_of_a_list_names_nobody_to_a_key_without_names_read(system_of: SystemOf, exam: Test) -> None:
    address, person = f"/api/v1/test/{exam.public_id}/candidates", {"externalId": "per@havnes.example"}
    kari = {"candidateId": "0801", "name": "Nordmann, Kari", "privateReference": "s123"}
    system_of().post(address, {"candidates": [kari, {"candidateId": "0802", "name": "Ås, Ola"}]})
    sso: dict[str, Any] = {"authenticationSystem": "campus", "candidates": [{**person, "candidateId": "0803"}]}
    system_of().post(address, sso)
    blind = system_of(Scope.CANDIDATES_WRITE, name="Blind")
    tried = [{"candidateId": "0801", "name": "X, Y"}, {"candidateId": "0802", "privateReference": "s123"}]
    for method, query in (("POST", "?existing=update&dryRun=true"), ("PUT", "")):
        answer = blind.call(method, address + query, {"candidates": tried})
        assert answer.status_code == 200, answer.content
        assert not [one for one in ("Nordmann", "Kari", "Ola", "s123") if one in answer.content.decode()]
    known = blind.post(f"{address}?dryRun=true", {"candidates": [{"candidateId": "9", "privateReference": "s123"}]})
    assert "0801" not in known.content.decode()
    for row in (person, {**person, "candidateId": "9"}):
        taken = blind.post(address, {**sso, "candidates": [row]})
        assert (taken.status_code, "0803" in taken.content.decode()) == (422, False)


def test_candidates_are_removed_all_or_none(system_of: SystemOf, exam: Test, planner: User) -> None:
    add(exam, planner, "1", "2", "3")
    system, address = system_of(), f"/api/v1/test/{exam.public_id}/candidates"
    wrong = system.post(f"{address}/remove", {"candidates": ["1", "9"]})
    assert wrong.status_code == 409, wrong.content
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/candidates/1"]
    assert Candidate.objects.count() == 3
    assert system.post(f"{address}/remove?dryRun=true", {"candidates": ["1", "2"]}).json()["removed"] == 2
    assert system.post(f"{address}/remove", {"candidates": ["1", "2"]}).json()["removed"] == 2
    last = Candidate.objects.get().public_id
    assert system.call("DELETE", f"{address}/{last}").status_code == 200
    assert system.call("DELETE", f"{address}/{last}").status_code == 404
    exam.refresh_from_db()
    assert exam.candidate_count == 0
