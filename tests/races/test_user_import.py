"""Workers that are killed at any moment, two at a time, and a cancel in between: no row twice, none lost."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from candidates.intake import drafts
from candidates.intake.accounts import reading, running
from candidates.intake.accounts.reporting import seen_of
from candidates.intake.accounts.running import start_import, work_on
from candidates.lifecycle.erasing import delete
from candidates.lifecycle.user_lists import delete_list
from candidates.models import Import, ImportChunk, PermanentUser, PermanentUserList, SealedPassword, User
from tests.factories import make_permanent, make_staff
from tests.intake.accounts.files import form, waiting_users
from tests.races.support import Act, Runner

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 60
LEASE = 0.3  # seconds
ACTS = "tests.races.user_import_acts"


@pytest.fixture
def waiting(db: None, monkeypatch: pytest.MonkeyPatch) -> Import:
    """A file of 60 people, half of them without a user name, in chunks of five."""
    monkeypatch.setattr(reading, "CHUNK_ROWS", 5)
    rows = "".join(f"Kari,Nordmann{n:02},{'' if n % 2 else f'user{n}'},\n" for n in range(ROWS))
    return waiting_users(make_staff("importer", is_administrator=True), rows)


def started(waiting: Import) -> Import:
    start_import(waiting, seen=seen_of(waiting))
    return waiting


def everybody_once() -> None:
    names = Counter(PermanentUser.objects.values_list("last_name", flat=True))
    assert names == {f"Nordmann{n:02}": 1 for n in range(ROWS)}
    assert User.objects.filter(kind="permanent").count() == SealedPassword.objects.count() == ROWS
    assert not ImportChunk.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("at", [3, 8, 11, 14, 17, 20, 29, 44, 71])
def test_a_worker_that_is_killed_loses_no_row_and_stores_none_twice(runner: Runner, waiting: Import, at: int) -> None:
    public_id = started(waiting).public_id
    (killed,) = runner.race(Act(f"{ACTS}:work", {"public_id": public_id, "lease": LEASE}, kill_at=at))
    assert killed.killed
    time.sleep(LEASE)
    (next_one,) = runner.race(Act(f"{ACTS}:work", {"public_id": public_id}))
    assert next_one.done, next_one.text
    waiting.refresh_from_db()
    assert (waiting.status, waiting.added, waiting.done) == ("done", ROWS, ROWS)
    everybody_once()


def test_two_workers_whose_leases_run_out_all_the_time_store_everybody_once(runner: Runner, waiting: Import) -> None:
    public_id = started(waiting).public_id
    act = Act(f"{ACTS}:work", {"public_id": public_id, "lease": 0.0})
    outcomes = runner.race(act, act, act)
    while Import.objects.get().status == "running":
        outcomes += runner.race(Act(f"{ACTS}:work", {"public_id": public_id}))
    assert all(one.done for one in outcomes), outcomes
    assert Import.objects.get().added == ROWS
    everybody_once()


class PausedWorker:
    """A worker in a thread of its own, which stands still when the rows of its chunk are stored and not committed."""

    def __init__(self, public_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stands, self.goes_on = threading.Event(), threading.Event()
        count = running._count

        def paused(*args: Any) -> None:
            count(*args)
            self.stands.set()
            self.goes_on.wait(20)

        monkeypatch.setattr(running, "_count", paused)
        self.thread = in_thread(lambda: work_on(public_id))
        assert self.stands.wait(20)

    def meanwhile(self, act: Callable[[], object]) -> None:
        """Let somebody else act now: that waits for the worker, which goes on a moment later."""
        other = in_thread(act)
        time.sleep(0.5)
        self.goes_on.set()
        self.thread.join(30)
        other.join(30)


def in_thread(act: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.slow
@pytest.mark.parametrize("how", ["chosen", "named"])
@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_list_that_is_deleted_while_it_is_filled_stops_neither(db: None, monkeypatch, how: str) -> None:
    user = make_staff("importer", is_administrator=True, is_planner=True)
    one = PermanentUserList.objects.create(owner=user, name="BIO")
    if how == "chosen":
        file = waiting_users(user, "Kari,N,kari,\n", add_to=one)
    else:
        file = waiting_users(user, "Kari,N,kari,BIO\n", form=form("first_name", "last_name", "username", "list_name"))
    worker = PausedWorker(started(file).public_id, monkeypatch)
    worker.meanwhile(lambda: delete_list(one=one, by=user))
    file.refresh_from_db()
    # A list that was chosen may be missed before the import says that it is done: then it says so.
    assert (file.status, file.added, [row for row, _why in file.problems if row]) == ("done", 1, [])
    assert not PermanentUserList.objects.exists()


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_somebody_known_who_is_deleted_while_a_list_is_filled_stops_nobody_else(db: None, monkeypatch) -> None:
    user = make_staff("importer", is_administrator=True, is_planner=True)
    one = PermanentUserList.objects.create(owner=user, name="BIO")
    known = make_permanent("Kari", "N", username="kari")
    file = waiting_users(user, "Kari,N,kari,\nOla,N,ola,\n", add_to=one)
    Import.objects.update(existing="skip")
    file.refresh_from_db()
    worker = PausedWorker(started(file).public_id, monkeypatch)
    worker.meanwhile(lambda: delete(person=known, by=user))
    file.refresh_from_db()
    assert (file.status, file.added, file.problems) == ("done", 1, [])
    assert [member.first_name for member in one.members.all()] == ["Ola"]


def test_of_two_who_start_it_one_does(runner: Runner, waiting: Import) -> None:
    act = Act(f"{ACTS}:start", {"public_id": waiting.public_id, "seen": seen_of(waiting)})
    outcomes = runner.race(act, act)
    assert sorted(one.error for one in outcomes) == ["", "DraftGone"]


@pytest.mark.parametrize("how", ["discarded", "expired", "swept"])
@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_import_that_is_started_at_this_moment_is_not_deleted(waiting, monkeypatch, how: str) -> None:
    starts, goes_on = threading.Event(), threading.Event()

    def slowly(_live: Import) -> bool:
        starts.set()
        return goes_on.wait(20)

    def throw_away() -> None:
        if how == "swept":
            monkeypatch.setattr(drafts, "MAX_WAITING", 0)
            waiting_users(User.objects.get(pk=waiting.owner_id), "Ola,H,,\n")
        elif how == "expired":
            drafts.expire(waiting.expires_at)
        else:
            found.append(drafts.discard(waiting))

    found: list[bool] = []
    monkeypatch.setattr(running, "is_fresh", slowly)
    starting = in_thread(lambda: started(waiting))
    assert starts.wait(20)
    other = in_thread(throw_away)
    time.sleep(0.5)
    goes_on.set()
    starting.join(30)
    other.join(30)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.chunks.exists(), any(found)) == ("queued", True, False)


@pytest.mark.slow
def test_a_cancel_leaves_what_is_stored_and_the_counts_agree(runner: Runner, waiting: Import) -> None:
    public_id = started(waiting).public_id
    worker, cancelled = runner.race(
        Act(f"{ACTS}:work", {"public_id": public_id}), Act(f"{ACTS}:cancel", {"public_id": public_id})
    )
    assert worker.done, worker.text
    assert cancelled.done, cancelled.text
    waiting.refresh_from_db()
    assert waiting.status == ("cancelled" if cancelled.value else "done")
    assert PermanentUser.objects.count() == waiting.added == waiting.done
    assert not ImportChunk.objects.exists()
