"""Several workers, one schedule."""

import pytest

from candidates.models import AuditEvent, ScheduledJob, SealedPassword, Test
from candidates.operations import schedule
from candidates.operations.schedule import JOBS
from tests.races.support import Act, Runner

pytestmark = pytest.mark.django_db(transaction=True)


def work() -> list[str]:
    """Run what is due, as a worker does, twice."""
    schedule.prepare()
    return [*schedule.run_due(), *schedule.run_due()]


def work_once() -> list[str]:
    return schedule.run_due()


def test_of_8_workers_each_job_has_one(runner: Runner) -> None:
    outcomes = runner.race(*[Act("tests.races.test_schedule:work")] * 8)
    assert [outcome.error for outcome in outcomes] == [""] * 8
    done = sorted(name for outcome in outcomes for name in outcome.value)
    assert done == sorted(job.name for job in JOBS)
    assert not ScheduledJob.objects.exclude(lease="").exists()


def test_what_a_killed_worker_had_is_run_again_when_its_lease_ends(scheduled_exam: Test, runner: Runner, clock) -> None:
    schedule.prepare()
    ScheduledJob.objects.exclude(name="purge_login_details").delete()
    Test.objects.update(ends_at="2020-01-01T12:00Z", opens_at="2020-01-01T08:00Z")
    SealedPassword.objects.update(made_at="2020-01-01T00:00Z")
    # the first statement looks, the second takes the job
    (killed,) = runner.race(Act("tests.races.test_schedule:work_once", kill_at=4))
    assert killed.killed
    assert SealedPassword.objects.count() == 3
    assert "purge_login_details" not in schedule.run_due()
    clock.move(minutes=16)
    assert "purge_login_details" in schedule.run_due()
    assert not SealedPassword.objects.exists()
    assert AuditEvent.objects.filter(action=AuditEvent.Action.DETAILS_PURGED).count() == 1
