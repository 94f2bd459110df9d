"""The commands around the import: the worker, and what expires."""

import signal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError

from candidates.intake.accounts.reporting import seen_of
from candidates.intake.accounts.running import start_import
from candidates.management.commands import run_worker
from candidates.models import Import, User
from tests.intake.accounts.files import waiting_users

pytestmark = pytest.mark.django_db


def test_files_that_waited_too_long_are_counted_and_deleted(administrator: User, clock) -> None:
    waiting_users(administrator, "Kari,N,,\n")
    clock.move(hours=25)
    said = StringIO()
    call_command("expire_drafts", stdout=said)
    assert said.getvalue() == "1 expired draft deleted.\n"
    assert not Import.objects.exists()


class Signals:
    """Say after so many looks that a signal has come; keep the pauses before each look."""

    def __init__(self, looks: int) -> None:
        self.looks, self.pauses = looks, list[float]()

    def __call__(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        return len(self.pauses) > self.looks


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_worker, "connection", type("Kept", (), {"close": staticmethod(lambda: None)}))


def test_a_worker_goes_on_when_the_database_was_away(kept: None, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    answers = [OperationalError("database is locked by Kari"), InterfaceError("connection already closed"), None]

    def work() -> bool:
        if answer := answers.pop(0):
            raise answer
        return False

    monkeypatch.setattr(run_worker, "work_on_next", work)
    signals = Signals(3)
    run_worker.keep_working(0.5, stops=signals)
    assert (answers, signals.pauses) == ([], [0, 5, 5, 0.5])
    assert "OperationalError" in caplog.text
    assert "Kari" not in caplog.text


def test_a_worker_pauses_only_where_nothing_waits(administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,,\n")
    start_import(waiting, seen=seen_of(waiting))
    signals = Signals(2)
    run_worker.keep_working(0.5, stops=signals)
    assert signals.pauses == [0, 0, 0.5]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.added) == ("done", 1)


def test_a_signal_that_came_during_the_work_ends_the_worker_after_it() -> None:
    with run_worker.signals_held():
        assert not run_worker.is_told_to_stop(0)
        signal.raise_signal(signal.SIGTERM)
        assert run_worker.is_told_to_stop(60)
        assert not run_worker.is_told_to_stop(0)
