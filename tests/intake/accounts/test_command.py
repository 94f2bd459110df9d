"""The commands around the import: the worker, and what expires."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError
from django_tasks_db.models import DBTaskResult

from candidates.intake.accounts.reporting import seen_of
from candidates.intake.accounts.running import start_import
from candidates.management.commands import run_worker
from candidates.models import User, UserImport
from tests.intake.accounts.files import waiting_users

pytestmark = pytest.mark.django_db


def test_files_that_waited_too_long_are_counted_and_deleted(administrator: User, clock) -> None:
    waiting_users(administrator, "Kari,N,,\n")
    clock.move(hours=25)
    said = StringIO()
    call_command("expire_drafts", stdout=said)
    assert said.getvalue() == "1 expired draft deleted.\n"
    assert not UserImport.objects.exists()


class Worker:
    """Meet these errors, one in each run, and then a signal."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.runs = list(errors), 0
        self.running = self.running_task = True

    def run(self) -> None:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        self.running = False


def test_a_worker_goes_on_when_the_database_was_away(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    monkeypatch.setattr(run_worker, "connection", type("Kept", (), {"close": staticmethod(lambda: None)}))
    worker = Worker(OperationalError("database is locked by Kari"), InterfaceError("connection already closed"))
    run_worker.keep_working(worker)  # type: ignore[arg-type]  # as much of a worker as is asked for
    assert (worker.runs, len(pauses), worker.running_task) == (3, 2, False)
    assert "OperationalError" in caplog.text
    assert "Kari" not in caplog.text


def test_a_worker_that_got_a_signal_while_the_database_was_away_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(*[OperationalError()] * 3)
    monkeypatch.setattr("time.sleep", lambda _seconds: setattr(worker, "running", False))
    monkeypatch.setattr(run_worker, "connection", type("Kept", (), {"close": staticmethod(lambda: None)}))
    run_worker.keep_working(worker)  # type: ignore[arg-type]
    assert worker.runs == 1


def test_the_workers_second_thread_brings_back_what_was_left_and_forgets_old_tasks(
    administrator: User, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Twice:
        """Let two rounds pass, and then end."""

        rounds = iter((False, False, True))

        def wait(self, _seconds: float) -> bool:
            return next(self.rounds)

    monkeypatch.setattr("threading.Event", Twice)
    monkeypatch.setattr(run_worker, "connection", type("Kept", (), {"close": staticmethod(lambda: None)}))
    waiting = waiting_users(administrator, "Kari,N,,\n")
    start_import(waiting, seen=seen_of(waiting))
    DBTaskResult.objects.update(status="SUCCESSFUL")
    clock.move(hours=25)
    run_worker.look_after()
    (task,) = DBTaskResult.objects.all()
    assert (task.status, task.args_kwargs["args"]) == ("READY", [waiting.public_id])
