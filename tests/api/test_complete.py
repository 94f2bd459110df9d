"""Another system sends the complete list: the plan first, and then exactly that plan."""

import pytest

from candidates.models import AuditEvent, Candidate, Test, User
from tests.api.conftest import SystemOf
from tests.factories import add

pytestmark = pytest.mark.django_db


def test_nothing_is_stored_without_the_plans_number_and_nothing_else_with_it(
    system_of: SystemOf, exam: Test, planner: User
) -> None:
    add(exam, planner, "1", "2", "3")
    system, address = system_of(), f"/api/v1/test/{exam.public_id}/candidates"
    sent = {"candidates": [{"candidateId": "1"}, {"candidateId": "2", "extraTime": 30}, {"candidateId": "4"}]}
    plan = system.call("PUT", address, sent)
    assert plan.status_code == 200, plan.content
    found = plan.json()
    assert ([one["candidateId"] for one in found["join"]], found["change"][0]["members"]) == (["4"], ["extraTime"])
    assert [one["candidateId"] for one in found["leave"]] == ["3"]
    assert (found["done"], found["isBraked"]) == (False, True)
    assert set(Candidate.objects.values_list("candidate_id", flat=True)) == {"1", "2", "3"}
    add(exam, planner, "5")
    late = system.call("PUT", address, {**sent, "plan": found["plan"], "confirmRemovals": 2})
    assert (late.status_code, late.json()["code"]) == (409, "plan_changed")
    number = system.call("PUT", address, sent).json()["plan"]
    asked = system.call("PUT", address, {**sent, "plan": number})
    assert asked.json()["code"] == "many_removals"
    done = system.call("PUT", address, {**sent, "plan": number, "confirmRemovals": 2})
    assert done.json()["done"] is True
    assert dict(Candidate.objects.values_list("candidate_id", "extra_minutes")) == {"1": 0, "2": 30, "4": 0}
    assert {one.actor for one in AuditEvent.objects.filter(action="candidates_removed")} == {system.key.account}


def test_a_wrong_row_keeps_the_plan_from_being_made(system_of: SystemOf, exam: Test) -> None:
    sent = {"candidates": [{"candidateId": "1", "extraTime": "x"}]}
    refused = system_of().call("PUT", f"/api/v1/test/{exam.public_id}/candidates", sent)
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/candidates/0/extraTime"]
