"""An act whose row in the audit cannot be written is not done, whoever asks for it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from candidates.intake.joining import join
from candidates.models import (
    AnsweredCall,
    AuditEvent,
    Candidate,
    Contributor,
    Export,
    Import,
    JoinRequest,
    Location,
    Subscription,
    Test,
    User,
)
from tests.api.conftest import SystemOf
from tests.api.test_access import TIMES
from tests.api.test_subscriptions import BODY as SUBSCRIPTION
from tests.factories import activated, add, make_permanent, make_staff, make_test
from tests.support.joining import code_of, open_to_joiners, sso_person

pytestmark = pytest.mark.django_db
STORED = (AnsweredCall, Candidate, Contributor, Export, Import, JoinRequest, Location, Subscription, Test)


@pytest.fixture
def acts(planner: User, exam: Test) -> dict[str, tuple[str, str, Any]]:
    """Calls, each of which does something: method, address below that of the API, body."""
    add(exam, planner, "0001", "0002")
    one = Candidate.objects.get(candidate_id="0001").public_id
    second = make_staff("second", is_planner=True)
    Contributor.objects.create(test=exam, user=second, role="planner", added_by=planner)
    make_staff("third", is_planner=True)
    make_permanent("Kari", "Nordmann", username="kari.nordmann")
    going, over, joined = (make_test(planner=planner, name=name) for name in ("Going", "Over", "Joined"))
    add(going, planner, "0001")
    activated(going, planner)
    open_to_joiners(joined, planner, approves_each=True)
    asked = join(code=code_of(joined), by=sso_person("ann")).public_id
    past = timezone.now() - timedelta(days=3)
    Test.objects.filter(pk=over.pk).update(opens_at=past, ends_at=past + timedelta(hours=1), activated_at=past)
    test = f"test/{exam.public_id}"
    permanent = {"authenticationSystem": "permanent", "candidates": [{"externalId": "kari.nordmann"}]}
    return {
        "make a test": ("POST", "test", {"externalTestId": "1", "title": "New", **TIMES}),
        "change a test": ("PATCH", test, {"title": "Other"}),
        "activate": ("POST", f"{test}/activate", None),
        "deactivate": ("POST", f"test/{going.public_id}/deactivate", None),
        "add": ("POST", f"{test}/candidates", {"candidates": [{"candidateId": "9", "roomName": "V9"}]}),
        "add permanent users": ("POST", f"{test}/candidates", permanent),
        "change a candidate": ("PATCH", f"{test}/candidates/{one}", {"seat": "7", "roomName": "V9"}),
        "remove": ("POST", f"{test}/candidates/remove", {"candidates": ["0001"]}),
        "remove one": ("DELETE", f"{test}/candidates/{one}", None),
        "contributors": (
            "POST",
            f"{test}/contributors",
            {"contributors": [{"externalId": "third", "roles": ["planner"]}]},
        ),
        "remove a contributor": ("DELETE", f"{test}/contributors/second/planner", None),
        "room": ("POST", "rooms", {"roomName": "V101"}),
        "let in": ("POST", f"test/{joined.public_id}/joiners/letIn", {"joiners": [asked]}),
        "refuse": ("POST", f"test/{joined.public_id}/joiners/refuse", {"joiners": [asked]}),
        "login details": ("POST", f"test/{going.public_id}/loginDetails", {}),
        "results": ("GET", f"test/{over.public_id}/results", None),
        "names": ("GET", f"{test}/candidates", None),
        "users": ("GET", "users", None),
        "subscribe": ("POST", "subscription", SUBSCRIPTION),
        "order results": (
            "POST",
            "fileExport/order",
            {"resourceType": "AllResults", "parameters": {"assessmentRunId": over.public_id}},
        ),
    }


def stored() -> str:
    rows = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in STORED}
    return json.dumps(rows, default=str, sort_keys=True)


def test_nothing_is_done_shown_or_kept_whose_row_in_the_audit_cannot_be_written(
    acts: dict[str, tuple[str, str, Any]], system_of: SystemOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_columns: Any) -> None:
        raise OperationalError("disk full")

    system, before = system_of(), stored()
    with monkeypatch.context() as broken:
        broken.setattr(AuditEvent.objects, "create", fail)
        broken.setattr(AuditEvent.objects, "bulk_create", fail)
        for name, (method, path, body) in acts.items():
            answer = system.call(method, f"/api/v1/{path}", body, Idempotency_Key=name)
            assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json"), name
            assert answer.headers.get("Retry-After"), name
            assert stored() == before, name
    # and each of them would have been done
    for name, (method, path, body) in acts.items():
        with transaction.atomic():
            answer = system.call(method, f"/api/v1/{path}", body)
            assert answer.status_code in (200, 201), (name, answer.content)
            transaction.set_rollback(True)
