"""The audit: what stands in a row, what never does, and that it outlives people and tests."""

import json
from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import DatabaseError, connection
from django.test import Client

from candidates import audit
from candidates.credentials.opening import Choice, open_details
from candidates.credentials.renewing import renew_password
from candidates.credentials.secrets import show_password
from candidates.lifecycle.activation import deactivate
from candidates.lifecycle.removal import remove_candidates
from candidates.models import AuditEvent, Candidate, Test, User
from tests.factories import make_staff, password_of

Action = AuditEvent.Action


def test_a_row_says_who_what_when_and_from_where(exam: Test, planner: User) -> None:
    token = audit.request_address.set("192.0.2.7")
    try:
        audit.record(Action.TEST_CHANGED, by=planner, test=exam, count=3, detail={"fields": ["name"]})
    finally:
        audit.request_address.reset(token)
    event = AuditEvent.objects.get(action=Action.TEST_CHANGED)
    assert (event.actor, event.actor_name, event.test, event.test_name) == (planner, "planner", exam, exam.name)
    assert (event.count, event.detail, event.address) == (3, {"fields": ["name"]}, "192.0.2.7")
    assert (event.outcome, event.at.tzname()) == (AuditEvent.Outcome.DONE, "UTC")


def test_a_refusal_is_recorded_as_one(db: None) -> None:
    audit.record(Action.LOGIN_REFUSED, by=None, refused=True)
    event = AuditEvent.objects.get()
    assert (event.outcome, event.actor, event.actor_name, event.address) == ("refused", None, "", None)


def test_rows_outlive_the_person_and_the_test(db: None) -> None:
    person = make_staff("leaver")
    test = Test.objects.create(name="Try it", is_demo=True)
    audit.record(Action.TEST_CHANGED, by=person, test=test)
    person.delete()
    test.delete()
    event = AuditEvent.objects.get()
    assert (event.actor, event.actor_name, event.test, event.test_name) == (None, "leaver", None, "Try it")


@pytest.mark.parametrize("act", ["add", "change", "delete"])
def test_the_back_office_offers_no_way_to_write(
    administrator: User, client_of: Callable[[User | None], Client], act: str
) -> None:
    from django.test import RequestFactory

    from candidates.back_office.accounts import site

    request = RequestFactory().get("/")
    request.user = administrator
    assert getattr(site.get_model_admin(AuditEvent), f"has_{act}_permission")(request) is False


def test_every_act_fits_into_its_column() -> None:
    longest = AuditEvent._meta.get_field("action").max_length or 0
    assert max(len(action) for action in Action.values) <= longest


def test_no_table_but_the_sealed_one_holds_a_password_in_any_form(
    scheduled_exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that is done with login details is done once; then the whole database is searched."""
    candidates = list(Candidate.objects.of_test(scheduled_exam))
    secrets = {password_of(candidate) for candidate in candidates}
    for action in (Action.DETAILS_LISTED, Action.DETAILS_PRINTED, Action.DETAILS_CSV, Action.DETAILS_PDF):
        open_details(test=scheduled_exam, choice=Choice(), action=action, by=planner)
    user = User.objects.get(candidacies=candidates[0])
    client = Client()
    assert client.login(username=user.username, password=password_of(candidates[0]))
    client.post("/login/", {"username": user.username, "password": "k5dm-3yj8-34ff4"})
    client.post("/login/", {"username": show_password(password_of(candidates[0])), "password": "x"})
    renew_password(candidate=candidates[0], by=planner)
    secrets.add(password_of(candidates[0]))
    remove_candidates(test=scheduled_exam, public_ids=[candidates[1].public_id], by=planner)
    deactivate(test=scheduled_exam, by=planner)
    assert AuditEvent.objects.filter(action=Action.LOGIN_REFUSED).exists()
    everything = whole_database()
    for secret in [*secrets, "k5dm3yj834ff4"]:
        for form in (secret, show_password(secret), secret.upper(), show_password(secret).upper()):
            assert form not in everything
    assert planner.username in everything


def whole_database() -> str:
    """Return every cell of every table as text."""
    cells = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608  the tables of the models
            cells += [json.dumps(row, default=str) for row in cursor.fetchall()]
    return "\n".join(cells)


def test_an_audit_that_fails_is_told_to_who_records(exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(**fields: object) -> None:
        raise DatabaseError("the audit store is full")

    monkeypatch.setattr(AuditEvent.objects, "create", failing)
    with pytest.raises(DatabaseError):
        audit.record(Action.TEST_CHANGED, by=planner, test=exam)
