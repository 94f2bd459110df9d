"""Other systems read what happened: attendance, results, history; and open login details, which is recorded."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from candidates.api.changes import changed_details
from candidates.models import Attendance, AuditEvent, Candidate, Location, Mark, Scope, Test, User
from tests.api.conftest import SystemOf
from tests.factories import activated, add

pytestmark = pytest.mark.django_db


def test_results_name_nobody_without_names_read(system_of: SystemOf, exam: Test, planner: User, grader: User) -> None:
    one = add(exam, planner, "0001")[0]
    Candidate.objects.filter(pk=one.pk).update(name="Nordmann, Kari", private_reference="19990101")
    Mark.objects.create(candidate=one, mark=Decimal("24.5"), marked_by=grader, marked_at=timezone.now())
    plain, naming = system_of(Scope.RESULTS_READ), system_of(Scope.RESULTS_READ, Scope.NAMES_READ, name="Naming")
    address = f"/api/v1/test/{exam.public_id}/results"
    read = plain.get(address)
    assert (read.json()[0]["candidateId"], read.json()[0]["points"], read.json()[0]["name"]) == ("0001", "24.50", None)
    assert "Nordmann" not in read.content.decode()
    assert "19990101" not in read.content.decode()
    assert naming.get(address).json()[0]["name"] == "Nordmann, Kari"
    alone = plain.get(f"/api/v1/candidates/allResults/{exam.public_id}/{one.public_id}").json()
    assert alone["results"] == read.json()
    acts = AuditEvent.objects.filter(action="results_downloaded").order_by("pk")
    assert [(act.actor, act.detail) for act in acts] == [
        (plain.key.account, {"names": False}),
        (naming.key.account, {"names": True}),
    ]


def test_login_details_are_opened_for_their_scope_alone_and_each_time_recorded(
    system_of: SystemOf, exam: Test, planner: User
) -> None:
    add(exam, planner, "0001", "0002")
    address = f"/api/v1/test/{exam.public_id}/loginDetails"
    opener = system_of(Scope.LOGINS_READ)
    assert opener.post(address, {}).status_code == 409  # not activated
    activated(exam, planner)
    for _time in range(2):
        opened = opener.post(address, {})
        assert [one["candidateId"] for one in opened.json()["logins"]] == ["0001", "0002"]
        assert all(one["password"] for one in opened.json()["logins"])
        assert "no-store" in opened["Cache-Control"]
    done = AuditEvent.objects.filter(action="details_csv", outcome="done")
    assert [act.actor for act in done] == [opener.key.account] * 2
    # a list that came out empty, or holds somebody else, is not everybody, nor the rest
    first = Candidate.objects.get(candidate_id="0001").public_id
    for ids, pointer in (([], "/candidates"), ([first, "nobody"], "/candidates/1")):
        refused = opener.post(address, {"candidates": ids})
        assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])
    assert [one["candidateId"] for one in opener.post(address, {"candidates": [first]}).json()["logins"]] == ["0001"]
    others = [scope for scope in Scope if scope != Scope.LOGINS_READ]
    assert system_of(*others, name="Other").post(address, {}).status_code == 403


def test_attendance_and_history_are_read(system_of: SystemOf, exam: Test, planner: User) -> None:
    one = add(exam, planner, "0001", "0002")[0]
    Attendance.objects.create(candidate=one, presence="present", presence_at=timezone.now())
    system = system_of()
    read = system.get(f"/api/v1/test/{exam.public_id}/attendance").json()
    assert [(row["candidateId"], row["presence"]) for row in read] == [("0001", "present"), ("0002", "not_set")]
    page = system.get(f"/api/v1/test/{exam.public_id}/history?limit=1").json()
    assert page["items"][0]["actor"] == planner.username
    assert page["next"] is None or system.get(f"/api/v1/test/{exam.public_id}/history?cursor={page['next']}").json()


def test_one_candidate_is_changed_and_what_is_wrong_is_said_at_its_member(
    system_of: SystemOf, exam: Test, planner: User
) -> None:
    one = add(exam, planner, "0001", "0002")[0]
    system, address = system_of(), f"/api/v1/test/{exam.public_id}/candidates/{one.public_id}"
    tag = system.get(address)["ETag"]
    changed = system.call("PATCH", address, {"extraTime": "25 %", "roomName": "V101", "seat": "7"}, If_Match=tag)
    assert changed.status_code == 200, changed.content
    assert changed.json()["roomName"] == "V101"
    assert system.call("PATCH", address, {"extraTime": 1}, If_Match=tag).status_code == 412
    assert system.call("DELETE", address, If_Match=tag).status_code == 412
    wrong = system.call("PATCH", address, {"extraTime": "x", "candidateId": ""})
    assert {row["pointer"] for row in wrong.json()["errors"]} == {"/extraTime", "/candidateId"}
    assert system.call("PATCH", address, {"candidateId": "0002"}).status_code == 409
    emptied = system.call("PATCH", address, {"seat": "", "extraTime": 0}).json()
    assert (emptied["seat"], emptied["extraTime"], emptied["roomName"]) == ("", 0, "V101")


def test_a_change_that_somebody_else_made_at_that_moment_is_told_without_saying_what(
    system_of: SystemOf, exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = add(exam, planner, "0001")[0]

    def first(*arguments: Any) -> Any:
        Candidate.objects.filter(pk=one.pk).update(name="Nordmann, Kari")
        return changed_details(*arguments)

    monkeypatch.setattr("candidates.api.resources.candidates.changed_details", first)
    address = f"/api/v1/test/{exam.public_id}/candidates/{one.public_id}"
    late = system_of(Scope.CANDIDATES_WRITE).call("PATCH", address, {"name": "Hansen, Ola"})
    assert (late.status_code, late.json()["code"], "Kari" in late.content.decode()) == (409, "changed_meanwhile", False)


def test_rooms_are_listed_and_added(system_of: SystemOf) -> None:
    system = system_of()
    made = system.post("/api/v1/rooms", {"buildingName": "Vesthall", "roomName": "V101", "capacity": 30})
    assert made.status_code == 201
    assert system.get("/api/v1/rooms").json() == [made.json()]
    assert system.post("/api/v1/rooms", {"buildingName": "Vesthall", "roomName": "V101"}).status_code == 409
    assert system.post("/api/v1/rooms", {}).json()["errors"][0]["pointer"] == "/roomName"


def test_contributors_are_added_all_or_none(system_of: SystemOf, exam: Test, planner: User, grader: User) -> None:
    system, address = system_of(), f"/api/v1/test/{exam.public_id}/contributors"
    sent = [{"externalId": grader.username, "roles": ["grader"]}, {"externalId": "nobody", "roles": ["planner"]}]
    refused = system.post(address, {"contributors": sent})
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/contributors/1/externalId"]
    wrong = system.post(address, {"contributors": [{"externalId": grader.username, "roles": ["planner"]}]})
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/contributors/0/roles/0"]
    bound = {"externalId": grader.username, "roles": ["invigilator"], "buildingName": "Vest", "roomName": "V 101\u200b"}
    unknown = system.post(address, {"contributors": [bound]})
    assert [one["pointer"] for one in unknown.json()["errors"]] == ["/contributors/0/roomName"]
    assert not Location.objects.exists()
    before = {one["userName"] for one in system.get(address).json()["contributors"]}
    assert system.post(address, {"contributors": sent[:1]}).status_code == 200
    after = {one["userName"]: one["roles"] for one in system.get(address).json()["contributors"]}
    assert set(after) == before | {grader.username}
    assert system.post(address, {"contributors": sent[:1]}).status_code == 200
    assert system.call("DELETE", f"{address}/{grader.username}/grader").status_code == 200
    planners = [name for name, roles in after.items() if "planner" in roles]
    gone = [system.call("DELETE", f"{address}/{name}/planner").status_code for name in planners]
    assert gone == [200] * (len(planners) - 1) + [409]
