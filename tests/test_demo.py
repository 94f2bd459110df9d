"""The demonstration: what is missing is loaded, what is there is left alone, and never on a real installation."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from candidates.credentials.opening import Choice, open_details
from candidates.lifecycle.activation import activate
from candidates.lifecycle.sitting import start
from candidates.management.commands import load_demo
from candidates.models import AuditEvent, Candidate, Contributor, Mark, Submission, Test, User
from candidates.timing import stage_of
from tests.conftest import Clock


@pytest.fixture
def password_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Path:
    settings.DEMONSTRATION = True
    path = tmp_path / ".demo-password"
    path.write_text("correct horse battery staple\n")
    monkeypatch.setattr(load_demo, "PASSWORD_FILE", path)
    return path


@pytest.mark.slow
@pytest.mark.django_db
def test_it_loads_once_and_everybody_can_log_in(password_file: Path) -> None:
    call_command("load_demo")
    before = (User.objects.count(), Test.objects.count(), Candidate.objects.count())
    call_command("load_demo")
    assert (User.objects.count(), Test.objects.count(), Candidate.objects.count()) == before
    for username in ("planner", "colleague", "invigilator", "grader", "administrator"):
        answer = Client().post("/login/", {"username": username, "password": "correct horse battery staple"})
        assert answer.status_code == 302, username


@pytest.mark.slow
@pytest.mark.django_db
def test_it_shows_every_stage(password_file: Path) -> None:
    call_command("load_demo")
    stages = {str(stage_of(test).label) for test in Test.objects.filter(is_demo=False)}
    assert stages == {"Created", "Scheduled", "Active", "Finished"}
    resit = Test.objects.get(name="MAT1001 Calculus, resit")
    assert 0 < resit.candidate_count < 40
    rooms = Contributor.objects.filter(user__username="invigilator", location__isnull=False)
    assert rooms.count() == 2


def rows() -> set[tuple[Any, ...]]:
    """Return all that people could have changed in the demonstration."""
    models = (Test, Candidate, Submission, Mark)
    return {(model.__name__, *row) for model in models for row in model.objects.values_list()}


def shown(planner: User) -> set[tuple[str, str]]:
    return {(test.name, str(stage_of(test).label)) for test in Test.objects.with_role(planner, "planner")}


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("days", [1, 400])
def test_days_later_every_stage_is_shown_again_and_what_was_there_is_as_it_was(
    password_file: Path, clock: Clock, days: int
) -> None:
    call_command("load_demo")
    planner = User.objects.get(username="planner")
    before, stages = rows(), shown(planner)
    clock.move(days=days)
    assert not shown(planner) >= stages
    call_command("load_demo")
    assert shown(planner) >= stages
    assert before <= rows()
    running = Test.objects.filter(name__startswith="CHE1100").latest("pk")
    opened = open_details(test=running, choice=Choice(), action=AuditEvent.Action.DETAILS_LISTED, by=planner)
    assert len(opened.sheet.slips) >= 60  # and those of spare logins
    assert not opened.broken
    absent = Candidate.objects.filter(test=running, started_at__isnull=True)[0]
    start(candidate=Candidate.objects.select_related("test").get(pk=absent.pk))
    count = Test.objects.count()
    call_command("load_demo")
    assert Test.objects.count() == count


@pytest.mark.slow
@pytest.mark.django_db
def test_somebody_who_logs_in_has_an_hour_left(password_file: Path, clock: Clock) -> None:
    call_command("load_demo")
    first = Test.objects.get(name__startswith="CHE1100")
    clock.set(first.window[1] - timedelta(minutes=61))
    call_command("load_demo")
    assert Test.objects.filter(name=first.name).count() == 1
    clock.move(minutes=2)
    call_command("load_demo")
    assert Test.objects.filter(name=first.name).count() == 2


@pytest.mark.slow
@pytest.mark.django_db
def test_a_test_that_a_person_activated_gets_a_successor(password_file: Path) -> None:
    call_command("load_demo")
    test = Test.objects.get(name__startswith="BIO2150")
    activate(test=test, by=User.objects.get(username="planner"))
    call_command("load_demo")
    assert [str(stage_of(one).label) for one in Test.objects.filter(name=test.name).order_by("pk")] == [
        "Scheduled",
        "Created",
    ]


@pytest.mark.slow
@pytest.mark.django_db
def test_a_new_password_in_the_file_is_the_accounts_password(password_file: Path) -> None:
    call_command("load_demo")
    stored = dict(User.objects.filter(kind="staff").values_list("username", "password"))
    call_command("load_demo")
    assert dict(User.objects.filter(kind="staff").values_list("username", "password")) == stored
    password_file.write_text("another horse another staple\n")
    call_command("load_demo")
    for username in stored:
        answer = Client().post("/login/", {"username": username, "password": "another horse another staple"})
        assert answer.status_code == 302, username
    assert len(stored) == 5


@pytest.mark.django_db
def test_it_refuses_where_the_installation_is_no_demonstration(settings: Settings) -> None:
    settings.DEMONSTRATION = False
    with pytest.raises(CommandError, match="no demonstration"):
        call_command("load_demo")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_it_refuses_without_a_password_file(password_file: Path) -> None:
    password_file.unlink()
    with pytest.raises(CommandError, match="missing"):
        call_command("load_demo")
