"""What happens at the same moment as a candidate's own acts."""

import re
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import connection

from candidates import audit
from candidates.credentials.renewing import renew_password
from candidates.errors import Conflict
from candidates.lifecycle import accommodations
from candidates.lifecycle.accommodations import Change, change_incident_time
from candidates.lifecycle.sitting import Ended, save_answer, start, submit
from candidates.models import Candidate, Submission

MOMENT = 1.0  # seconds that one waits for the other at most; on SQLite the second cannot come in between at all


def fresh(candidate: Candidate) -> Candidate:
    found: Candidate = Candidate.objects.select_related("test", "user").get(pk=candidate.pk)
    return found


def together(*acts: Callable[[], object]) -> list[Exception]:
    """Run the acts at the same time, each with a connection of its own, and return what they raised."""
    raised: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.fixture
def writing(transactional_db, candidate):
    start(candidate=candidate)
    return fresh(candidate)


@pytest.mark.slow
def test_a_submission_and_incident_time_for_everybody_do_not_lock_each_other_out(writing, planner, monkeypatch):
    test_locked, candidate_locked = Event(), Event()
    chosen, record = accommodations._chosen, audit.record

    def slowly_chosen(*args, **kwargs):
        test_locked.set()
        candidate_locked.wait(MOMENT)
        return chosen(*args, **kwargs)

    def recorded(action, **kwargs):
        if action == audit.Action.SUBMITTED:
            candidate_locked.set()
        return record(action, **kwargs)

    monkeypatch.setattr(accommodations, "_chosen", slowly_chosen)
    monkeypatch.setattr(audit, "record", recorded)

    def give() -> None:
        change_incident_time(
            test=writing.test, public_ids=[writing.public_id], how=Change.ADD, minutes=5, reason="alarm", by=planner
        )

    def hand_in() -> None:
        test_locked.wait(MOMENT)
        submit(candidate=writing, answer="mine", base_revision=0)

    assert together(give, hand_in) == []
    assert fresh(writing).submitted_at is not None


def test_a_submission_and_a_new_password_do_not_lock_each_other_out(writing, planner):
    def hand_in() -> None:
        submit(candidate=writing, answer="mine", base_revision=0)

    assert together(hand_in, lambda: renew_password(candidate=writing, by=planner)) == []
    assert fresh(writing).submitted_at is not None


def test_of_saves_at_the_same_moment_one_counts_and_the_others_are_told(writing):
    answers = [f"window {number}" for number in range(4)]
    raised = together(
        *(lambda text=text: save_answer(candidate=writing, answer=text, base_revision=0) for text in answers)
    )
    assert [type(error) for error in raised] == [Conflict] * 3
    stored = Submission.objects.get(candidate=writing)
    assert stored.answer in answers
    assert stored.revision == 1


def test_a_save_at_the_moment_of_the_submission_comes_before_it_or_is_refused(writing):
    raised = together(
        lambda: submit(candidate=writing, answer="submitted", base_revision=0),
        lambda: save_answer(candidate=writing, answer="saved", base_revision=0),
    )
    stored = Submission.objects.get(candidate=writing).answer
    assert len(raised) == 1
    if isinstance(raised[0], Ended):
        assert stored == "submitted"
        assert fresh(writing).submitted_at is not None
    else:
        assert isinstance(raised[0], Conflict)
        assert (stored, fresh(writing).submitted_at is None) in {("saved", True), ("submitted", False)}


def test_starting_twice_at_the_same_moment_is_starting_once(transactional_db, candidate):
    read = [fresh(candidate) for _time in range(4)]
    assert together(*(lambda one=one: start(candidate=one) for one in read)) == []
    assert len({one.started_at for one in read}) == 1
    assert Submission.objects.filter(candidate=candidate).count() == 1


def test_every_lock_of_a_test_or_user_leaves_rows_that_point_to_it_free():
    # FOR UPDATE waits for the foreign keys of others' new audit rows, and they for it: PostgreSQL calls it a deadlock.
    # FOR NO KEY UPDATE serialises the same writers without that.
    package = Path(accommodations.__file__).parent.parent
    lines = [
        f"{path.name}: {line.strip()}"
        for path in package.rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"\b(Test|User)\.objects\b.*select_for_update\(", line)
        and "no_key=True" not in line
        # these delete a test or an account, which new rows must not point to any more, and say whom that lets wait
        and path.name not in {"erasing.py", "archiving.py"}
    ]
    assert lines == []
