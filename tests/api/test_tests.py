"""Other systems make tests, update them by their own id, and activate them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from candidates.api.paging import cursor_of
from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, Contributor, Scope, Test
from tests.api.conftest import SystemOf

pytestmark = pytest.mark.django_db
TIMES = {"startTime": "2099-12-07T08:00:00Z", "endTime": "2099-12-07T13:00:00+01:00"}
SENT: dict[str, Any] = {"externalTestId": "BIO-1", "title": "Biology", **TIMES, "duration": 180}


def test_the_same_external_id_makes_a_test_once_and_then_updates_it(system_of: SystemOf) -> None:
    system = system_of(all_tests=False)
    made = system.post("/api/v1/test?isExternal=true", SENT)
    assert (made.status_code, made.json()["success"], made.json()["status"]) == (201, True, "created")
    again = system.post("/api/v1/test", {**SENT, "title": "Biology 2"})
    assert (again.status_code, again.json()["assessmentRunId"]) == (200, made.json()["assessmentRunId"])
    read = system.get(f"/api/v1/test/{made.json()['assessmentRunId']}").json()["result"]
    assert (read["title"], read["endTime"], read["duration"]) == ("Biology 2", "2099-12-07T12:00:00Z", 180)
    assert read["contributors"] == []
    acts = list(AuditEvent.objects.filter(test__name="Biology 2").order_by("pk").values_list("action", "actor__name"))
    assert acts == [("test_created", "Exam office script"), ("test_changed", "Exam office script")]
    assert not Contributor.objects.exists()
    # another key of the same system goes on with it, another system does not see it
    assert system_of(all_tests=False, name="EXAM OFFICE  script").post("/api/v1/test", SENT).status_code == 200
    other = system_of(all_tests=False, name="Timetable")
    assert other.get(f"/api/v1/test/{made.json()['assessmentRunId']}").status_code == 404
    assert other.post("/api/v1/test", SENT).status_code == 201


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"title": "B [draft]", "duration": "180", "endTime": "2099-12-07T13:00:00"}, {"/duration", "/endTime"}),
        ({"title": "B [draft]", "endTime": "2099-12-07T07:00:00Z"}, {"/title", "/endTime"}),
        ({"titel": "B"}, {"/titel"}),
        ({"title": "\0"}, {"/title"}),
        ({"title": "\ud800"}, {"/title"}),
        ({"title": None, "startTime": None}, {"/title", "/startTime"}),
        ({"startTime": 4081348800}, {"/startTime"}),
        ({"startTime": "0001-01-01T00:00:00+14:00"}, {"/startTime"}),
        ({"startTime": "2099-12-07"}, {"/startTime"}),
        ({"duration": 0}, {"/duration"}),
        ({"duration": True}, {"/duration"}),
        ({"endTime": "2109-12-07T13:00:00Z"}, {"/endTime"}),
        ({"externalTestId": ""}, {"/externalTestId"}),
        ({"externalTestId": " BIO-1"}, {"/externalTestId"}),
        ({"externalTestId": "BIO-\u200b1", "title": "B\u200b"}, {"/externalTestId", "/title"}),
    ],
)
def test_everything_wrong_is_said_at_its_member_and_nothing_is_stored(
    change: dict[str, Any], pointers: set[str], system_of: SystemOf
) -> None:
    refused = system_of().post("/api/v1/test", {**SENT, **change})
    assert refused.status_code == 422, refused.content
    assert {one["pointer"] for one in refused.json()["errors"]} == pointers
    assert refused["Content-Type"] == "application/problem+json"
    assert not Test.objects.exists()


def test_what_was_read_is_changed_only_if_nobody_changed_it_meanwhile(system_of: SystemOf, exam: Test) -> None:
    system, address = system_of(), f"/api/v1/test/{exam.public_id}"
    tag = system.get(address)["ETag"]
    assert system.get(address, If_None_Match=tag).status_code == 304
    assert system.call("PATCH", address, {"title": "Chemistry"}, If_Match=tag).status_code == 200
    late = system.call("PATCH", address, {"title": "Physics"}, If_Match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    # what is no tag is not taken for "whatever is there"
    for nothing in ("abc", tag.strip('"'), '"', "", f"W/{tag}"):
        assert system.call("PATCH", address, {"title": "Physics"}, If_Match=nothing).status_code == 412
    exam.refresh_from_db()
    assert exam.name == "Chemistry"
    current = system.get(address)["ETag"]
    assert system.call("PATCH", address, {"title": "Physics"}, If_Match=f'"x", {current}').status_code == 200


def test_an_activated_test_keeps_all_but_its_end(system_of: SystemOf) -> None:
    system = system_of()
    public_id = system.post("/api/v1/test", SENT).json()["assessmentRunId"]
    address = f"/api/v1/test/{public_id}"
    assert system.post(f"{address}/activate").status_code == 409  # nobody is on it
    system.post(f"{address}/candidates", {"candidates": [{"candidateId": "1"}]})
    done = system.post(f"{address}/activate").json()
    assert (done["status"], done["loginDetailsMade"]) == ("scheduled", 1)
    assert system.call("PATCH", address, {"title": "Other"}).status_code == 409
    assert system.call("PATCH", address, {"endTime": "2099-12-07T14:00:00Z"}).status_code == 200
    assert system.post(f"{address}/deactivate").json()["status"] == "created"


def test_an_end_that_hands_in_who_is_writing_is_moved_on_purpose_alone(
    system_of: SystemOf, open_exam: Test, candidates: list[Candidate]
) -> None:
    place = Candidate.objects.select_related("test", "submission").get(pk=candidates[0].pk)
    start(candidate=place)
    system, address = system_of(), f"/api/v1/test/{open_exam.public_id}"
    soon = (timezone.now() - timedelta(seconds=1)).isoformat()
    later = (timezone.now() + timedelta(hours=9)).isoformat()
    assert system.call("PATCH", address, {"endTime": later}).status_code == 200
    refused = system.call("PATCH", address, {"endTime": soon})
    assert (refused.status_code, refused.json()["code"], refused.json()["ends"]) == (409, "ends_now", 1)
    open_exam.refresh_from_db()
    assert open_exam.ends_at == datetime.fromisoformat(later)


def test_an_archived_test_is_read_and_not_changed(system_of: SystemOf, exam: Test) -> None:
    Test.objects.filter(pk=exam.pk).update(activated_at=timezone.now(), archived_at=timezone.now())
    system = system_of()
    assert system.get(f"/api/v1/test/{exam.public_id}").json()["result"]["archived"] is True
    refused = system.call("PATCH", f"/api/v1/test/{exam.public_id}", {"title": "Other"})
    assert (refused.status_code, refused.json()["code"]) == (409, "archived")


def test_lists_go_on_where_the_cursor_says(system_of: SystemOf) -> None:
    system = system_of(Scope.TESTS_READ, Scope.TESTS_WRITE)
    for number in range(5):
        system.post("/api/v1/test", {**SENT, "externalTestId": str(number)})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = system.get(f"/api/v1/test?limit=2&cursor={cursor}").json()
        seen += [one["externalTestId"] for one in page["items"]]
        cursor = page["next"]
    assert seen == ["4", "3", "2", "1", "0"]
    first = system.get("/api/v1/test?limit=2").json()
    Test.objects.filter(public_id=first["items"][1]["assessmentRunId"]).delete()
    second = system.get(f"/api/v1/test?limit=2&cursor={first['next']}").json()
    assert [one["externalTestId"] for one in second["items"]] == ["2", "1"]
    for forged in ("nothing", cursor_of("a", "b"), cursor_of("0001-01-01T00:00:00+14:00", "x"), cursor_of("2026", "x")):
        assert system.get(f"/api/v1/test?cursor={forged}").status_code == 422
    assert system.get("/api/v1/test?cursor=nothing").json()["errors"][0]["parameter"] == "cursor"
    assert system.get("/api/v1/test?externalTestId=2").json()["items"][0]["externalTestId"] == "2"


def test_a_template_gives_its_texts(system_of: SystemOf, exam: Test) -> None:
    Test.objects.filter(pk=exam.pk).update(questions="1. Why?", information="Bring a pen.")
    made = system_of().post("/api/v1/test", {**SENT, "sourceTemplateId": exam.public_id})
    stored = Test.objects.get(public_id=made.json()["assessmentRunId"])
    assert (stored.questions, stored.information) == ("1. Why?", "Bring a pen.")
    elsewhere = system_of(all_tests=False, name="Other").post(
        "/api/v1/test", {**SENT, "sourceTemplateId": exam.public_id}
    )
    assert elsewhere.status_code == 404


def test_a_test_that_is_over_is_finished(system_of: SystemOf, exam: Test) -> None:
    now = timezone.now()
    Test.objects.filter(pk=exam.pk).update(
        activated_at=now, opens_at=now - timedelta(hours=3), ends_at=now - timedelta(hours=1)
    )
    assert system_of().get(f"/api/v1/test/{exam.public_id}").json()["result"]["status"] == "finished"
