"""The server is killed or restarted while a hall writes: who was in stays in, nothing that was saved is lost (C58)."""

import os
import random
import signal
import time
from collections.abc import Sequence
from contextlib import suppress

import pytest
from django.db import connection

from candidates.models import AuditEvent, Candidate, Submission, Test, User
from tests.factories import activated, add_many, make_test, open_now, password_of
from tests.faults.crowd import Crowd, Person
from tests.support.production_server import ProductionServer, children_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PEOPLE = 40
DISTURBANCES = [*["a worker"] * 11, *["the whole server"] * 3, "a restart"]
WORKERS = ["--workers", "2", "--worker-class", "gthread", "--threads", "8", "--log-level", "critical"]


@pytest.fixture
def hall(planner: User) -> Test:
    """An open exam with a full hall."""
    test = make_test(planner=planner)
    add_many(test, planner, PEOPLE)
    return open_now(activated(test, planner))


def people_of(test: Test) -> list[Person]:
    return [
        Person(candidate.user.username, password_of(candidate), candidate.public_id, test.public_id)
        for candidate in Candidate.objects.of_test(test).select_related("user")
        if candidate.user is not None
    ]


def kill(processes: Sequence[int]) -> None:
    for process in processes:
        # One that was killed at the last turn may have been listed before the server took note of its end.
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def check(crowd: Crowd, test: Test) -> None:
    """Look at what the database holds of each, against what each was told."""
    assert crowd.faults == []
    submissions = {one.candidate.public_id: one for one in Submission.objects.select_related("candidate")}
    assert len(submissions) == PEOPLE == Candidate.objects.of_test(test).filter(started_at__isnull=False).count()
    for writer in crowd.writers:
        stored = submissions[writer.person.candidate]
        assert writer.number_of(stored.answer) >= writer.saved > 0
        assert stored.revision >= writer.reports
    assert crowd.faults == []  # of texts that were not whole
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def disturb(server: ProductionServer, what: str, chance: random.Random) -> None:
    """Kill a worker or everything, or restart the server as whoever installs a new version does."""
    workers = children_of(server.process.pid)
    if what == "a worker":
        kill(chance.sample(workers, min(1, len(workers))))
        return
    if what == "the whole server":
        kill([server.process.pid, *workers])
    else:
        server.process.terminate()
    server.process.wait()
    server.start()


def test_who_was_in_stays_in_and_what_was_reported_saved_is_there(hall: Test) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = ProductionServer(*WORKERS)
    with server, Crowd(people_of(hall), server.address) as crowd:
        # One of each meets the log-ins and starts, in any order, the others those who write.
        for these in (("a worker", "the whole server", "a restart"), DISTURBANCES):
            for what in chance.sample(these, len(these)):
                time.sleep(chance.uniform(0, 0.6))
                disturb(server, what, chance)
            assert crowd.goes_on(), f"somebody could not save any more (seed {seed})"
    check(crowd, hall)
    assert sum(writer.cut_off for writer in crowd.writers) > 0  # or nothing was tested
    logins = AuditEvent.objects.filter(action=AuditEvent.Action.LOGIN)
    assert logins.values("actor").distinct().count() == PEOPLE
