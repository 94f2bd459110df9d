"""Each job is done once per interval, whatever number of workers there are and whatever happens to them."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from candidates.credentials.keys import newest_seal_key
from candidates.management.commands import run_worker
from candidates.models import AuditEvent, ScheduledJob, SealedPassword, Session, Test
from candidates.operations import schedule
from candidates.operations.schedule import JOBS, Job, forget_tries, hourly, nightly
from inspera_deliver.make_env import fresh_keys

pytestmark = pytest.mark.django_db
NAMES = [job.name for job in JOBS]


@pytest.fixture(autouse=True)
def prepared(db: None) -> None:
    schedule.prepare()


def job_row(name: str) -> ScheduledJob:
    return ScheduledJob.objects.get(name=name)


def test_everything_is_due_at_once_and_then_once_per_interval(clock) -> None:
    clock.set(datetime.fromisoformat("2026-11-10T12:00:00+00:00"))  # the next hour is not the night's
    assert schedule.run_due() == NAMES
    assert schedule.run_due() == []
    clock.move(seconds=31)
    assert schedule.run_due() == []
    clock.move(hours=1)
    each_hour = ["purge_login_details", "expire_drafts", "forget_expired", "clear_sessions", "forget_calls"]
    assert schedule.run_due() == [*each_hour, "forget_looks", "seal_audit"]
    clock.move(hours=24)
    assert schedule.run_due() == NAMES


def test_preparing_again_changes_nothing() -> None:
    schedule.run_due()
    before = list(ScheduledJob.objects.values())
    schedule.prepare()
    assert list(ScheduledJob.objects.values()) == before


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-10T01:59:59+00:00", "2026-11-10T02:00:00+00:00"),  # Oslo is an hour ahead in winter
        ("2026-11-10T02:00:00+00:00", "2026-11-11T02:00:00+00:00"),
        ("2026-07-10T12:00:00+00:00", "2026-07-11T01:00:00+00:00"),
        ("2026-10-24T12:00:00+00:00", "2026-10-25T02:00:00+00:00"),  # the night in which the clocks are put back
    ],
)
def test_nightly_is_three_o_clock_where_the_institution_is(now: str, expected: str) -> None:
    assert nightly(datetime.fromisoformat(now)) == datetime.fromisoformat(expected)


def test_it_says_in_the_log_what_was_done_and_keeps_it(scheduled_exam: Test, clock, caplog) -> None:
    caplog.set_level(logging.INFO)
    clock.move(days=10)
    schedule.run_due()
    assert "purge_login_details: 3 passwords deleted." in caplog.messages
    assert job_row("purge_login_details").said == "3 passwords deleted."
    assert not SealedPassword.objects.exists()


def test_the_command_by_hand_and_the_worker_leave_one_audit_row(scheduled_exam: Test, clock) -> None:
    clock.move(days=10)
    call_command("purge_login_details", stdout=StringIO())
    schedule.run_due()
    assert AuditEvent.objects.filter(action=AuditEvent.Action.DETAILS_PURGED).count() == 1


def test_what_another_worker_has_is_left_to_it_until_its_lease_ends(clock) -> None:
    until = timezone.now() + schedule.LEASE
    ScheduledJob.objects.filter(name="expire_drafts").update(lease="other", leased_until=until)
    assert "expire_drafts" not in schedule.run_due()
    clock.move(minutes=16)  # the other one was killed
    assert "expire_drafts" in schedule.run_due()
    assert job_row("expire_drafts").lease == ""


def test_a_clock_that_was_ahead_stops_nothing_and_does_not_hide_a_missing_worker(clock) -> None:
    clock.move(days=400)
    schedule.run_due()
    schedule.be_seen()
    clock.move(days=-400)
    assert schedule.worker_is_missing()
    assert schedule.run_due() == NAMES
    schedule.be_seen()
    assert not schedule.worker_is_missing()
    # one that had a job when its clock was put right, and was killed
    far = timezone.now() + timedelta(days=400)
    ScheduledJob.objects.filter(name="expire_drafts").update(lease="other", leased_until=far, due_at=far)
    assert schedule.run_due() == ["expire_drafts"]


@pytest.mark.parametrize("now", ["2026-11-10T01:59:00+00:00", "2026-11-10T12:00:00+00:00"])  # Oslo's night is at two
def test_machines_whose_clocks_differ_by_minutes_do_nothing_twice(now: str, clock) -> None:
    clock.set(datetime.fromisoformat(now) + timedelta(minutes=4))
    schedule.run_due()
    clock.move(minutes=-4)
    assert schedule.run_due() == []


def only(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "JOBS", (job,))
    ScheduledJob.objects.all().delete()
    schedule.prepare()


def test_a_worker_that_was_too_slow_does_not_give_back_what_another_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow() -> str:
        ScheduledJob.objects.update(lease="other", leased_until=timezone.now() + schedule.LEASE)
        return ""

    only(Job("slow", slow, hourly), monkeypatch)
    schedule.run_due()
    assert job_row("slow").lease == "other"


@pytest.mark.parametrize("error", [OperationalError("locked by Kari"), ZeroDivisionError("a fault of ours")])
def test_a_job_that_fails_is_tried_again_in_a_minute(error: Exception, monkeypatch, clock, caplog) -> None:
    runs: list[int] = []

    def fail() -> str:
        runs.append(1)
        raise error

    only(Job("failing", fail, hourly), monkeypatch)
    assert schedule.run_due() == schedule.run_due() == []
    assert len(runs) == 1
    assert "trying again in a minute" in caplog.text
    assert "Kari" not in caplog.text
    clock.move(seconds=61)
    schedule.run_due()
    assert len(runs) == 2
    assert job_row("failing").done_at is None


def test_the_thread_goes_on_when_the_database_was_away(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    class Twice:
        """Let three rounds pass, and then end."""

        rounds = iter((False, False, True))

        def wait(self, _seconds: float) -> bool:
            return next(self.rounds)

    answers = iter([OperationalError("Kari"), None, None])
    done: list[str] = []

    def run_due() -> None:
        answer = next(answers)
        if answer:
            raise answer
        done.append("round")

    monkeypatch.setattr("threading.Event", Twice)
    monkeypatch.setattr(run_worker, "run_due", run_due)
    monkeypatch.setattr(run_worker, "connection", type("Kept", (), {"close": staticmethod(lambda: None)}))
    run_worker.keep_schedule()
    assert done == ["round", "round"]
    assert "did not answer the schedule (OperationalError)" in caplog.text
    assert "Kari" not in caplog.text


def test_old_sessions_and_tries_go_and_others_stay(clock) -> None:
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(minutes=1))
    Session.objects.create(session_key="live", session_data="", expire_date=now + timedelta(days=1))
    for name, hours in (("old", 25), ("new", 1)):
        AccessAttempt.objects.create(username=name, failures_since_start=1)
        AccessAttempt.objects.filter(username=name).update(attempt_time=now - timedelta(hours=hours))
    schedule.run_due()
    assert [one.session_key for one in Session.objects.all()] == ["live"]
    assert [one.username for one in AccessAttempt.objects.all()] == ["new"]
    assert forget_tries() == "0 old wrong tries deleted."


@pytest.mark.parametrize("keys", ["CREDENTIAL_KEYS", "VERIFIER_KEYS"])
def test_a_rotation_that_is_due_is_reported_and_left_to_the_operator(scheduled_exam: Test, settings, keys: str) -> None:
    def stored() -> list[tuple[str, str]]:
        return list(SealedPassword.objects.order_by("pk").values_list("token", "user__password"))

    call_command("rotate_credential_keys", "--check", stdout=StringIO())
    setattr(settings, keys, [fresh_keys()[keys], *getattr(settings, keys)])
    before = stored()
    schedule.run_due()
    assert "run `manage.py rotate_credential_keys`" in job_row("report_keys").said
    with pytest.raises(CommandError, match="under an older key"):
        call_command("rotate_credential_keys", "--check")
    assert stored() == before
    call_command("rotate_credential_keys", stdout=StringIO())
    call_command("rotate_credential_keys", "--check", stdout=StringIO())


def test_a_key_that_is_only_added_last_makes_no_rotation_due(scheduled_exam: Test, settings) -> None:
    newest = newest_seal_key()
    settings.CREDENTIAL_KEYS = [*settings.CREDENTIAL_KEYS, fresh_keys()["CREDENTIAL_KEYS"]]
    settings.VERIFIER_KEYS = [*settings.VERIFIER_KEYS, fresh_keys()["VERIFIER_KEYS"]]
    call_command("rotate_credential_keys", "--check", stdout=StringIO())
    assert newest_seal_key() is newest


def test_a_copy_that_no_key_opens_is_not_reported_as_due_every_night(scheduled_exam: Test, settings) -> None:
    settings.CREDENTIAL_KEYS = [fresh_keys()["CREDENTIAL_KEYS"]]
    said = StringIO()
    call_command("rotate_credential_keys", "--check", stdout=said)
    assert SealedPassword.objects.exists()
    assert said.getvalue() == "All login details lie under the newest keys.\n"


def test_the_worker_is_seen_and_missed(clock) -> None:
    with pytest.raises(CommandError, match="has never been seen"):
        call_command("worker_health")
    schedule.be_seen()
    said = StringIO()
    call_command("worker_health", stdout=said)
    assert said.getvalue().startswith("The background worker was last seen at ")
    clock.move(minutes=4)
    with pytest.raises(CommandError, match="was last seen at"):
        call_command("worker_health")


class Rounds:
    """Wait for nothing, and end a thread's loop after some rounds."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def wait(self, _seconds: float) -> bool:
        self.rounds -= 1
        return self.rounds == 0


def test_a_worker_is_seen_while_its_job_takes_minutes_and_after_another_was_killed(monkeypatch, clock) -> None:
    monkeypatch.setattr("threading.Event", lambda: Rounds(1))
    monkeypatch.setattr(run_worker, "connection", type("Kept", (), {"close": staticmethod(lambda: None)}))
    missing: list[bool] = []

    def long() -> str:
        for _half_minute in range(8):
            clock.move(seconds=run_worker.SECONDS_BETWEEN_SIGNS)
            run_worker.keep_being_seen()  # what the other thread does meanwhile
            missing.append(schedule.worker_is_missing())
        return ""

    only(Job("long", long, hourly), monkeypatch)
    until = timezone.now() + schedule.LEASE
    ScheduledJob.objects.filter(name=schedule.WORKER).update(lease="killed", leased_until=until)
    assert schedule.run_due() == ["long"]
    assert missing == [False] * 8
    clock.move(minutes=4)
    assert schedule.worker_is_missing()


def test_the_worker_starts_what_it_does_beside_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    def thread(target: Callable[[], None], name: str, daemon: bool) -> SimpleNamespace:
        return SimpleNamespace(start=lambda: started.append(target.__name__))

    monkeypatch.setattr("threading.Thread", thread)
    monkeypatch.setattr(run_worker, "keep_working", lambda _interval: None)
    call_command("run_worker")
    assert started == ["keep_schedule", "keep_being_seen", "keep_telling", "keep_looking", "keep_taking_lists"]


def test_a_worker_is_seen_again_when_the_database_was_away(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    answers = iter([OperationalError("Kari"), None])

    def be_seen() -> None:
        if answer := next(answers):
            raise answer
        schedule.be_seen()

    monkeypatch.setattr("threading.Event", lambda: Rounds(2))
    monkeypatch.setattr(run_worker, "connection", type("Kept", (), {"close": staticmethod(lambda: None)}))
    monkeypatch.setattr(run_worker, "be_seen", be_seen)
    run_worker.keep_being_seen()
    assert not schedule.worker_is_missing()
    assert "did not take the worker's sign (OperationalError)" in caplog.text
    assert "Kari" not in caplog.text


def test_looking_for_work_asks_the_database_once(django_assert_num_queries) -> None:
    schedule.run_due()
    with django_assert_num_queries(1):
        schedule.run_due()
