"""The demonstration: loaded once, and never on a real installation."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from candidates.lifecycle.stages import stage_of
from candidates.management.commands import load_demo
from candidates.models import Candidate, Test, User


@pytest.fixture
def password_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Path:
    settings.DEMONSTRATION = True
    path = tmp_path / ".demo-password"
    path.write_text("correct horse battery staple\n")
    monkeypatch.setattr(load_demo, "PASSWORD_FILE", path)
    return path


@pytest.mark.django_db
def test_it_loads_once_and_everybody_can_log_in(password_file: Path) -> None:
    call_command("load_demo")
    before = (User.objects.count(), Test.objects.count(), Candidate.objects.count())
    call_command("load_demo")
    assert (User.objects.count(), Test.objects.count(), Candidate.objects.count()) == before
    for username in ("planner", "colleague", "invigilator", "grader", "administrator"):
        answer = Client().post("/login/", {"username": username, "password": "correct horse battery staple"})
        assert answer.status_code == 302, username


@pytest.mark.django_db
def test_it_shows_every_stage(password_file: Path) -> None:
    call_command("load_demo")
    stages = {str(stage_of(test).label) for test in Test.objects.filter(is_demo=False)}
    assert stages == {"Created", "Scheduled", "Active", "Finished"}


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
