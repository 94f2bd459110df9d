"""Earlier versions of an answer: kept thinly, bounded, put back by a planner, and never over what was handed in."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates.access import place_of
from candidates.errors import Conflict, Refused
from candidates.lifecycle import versions
from candidates.lifecycle.accommodations import Change, change_incident_time
from candidates.lifecycle.activation import deactivate
from candidates.lifecycle.sitting import save_answer, start, submit
from candidates.lifecycle.versions import LONG_TEXT, MAX_ATTEMPTS, MIN_GAP, restore
from candidates.models import AnswerVersion, AuditEvent, Candidate, Submission, User
from candidates.models.submissions import MAX_LONG_VERSIONS, MAX_VERSIONS, RESTORED
from tests.conftest import Clock

REASON = "Deleted by mistake"


@pytest.fixture
def writing(candidate: Candidate) -> Candidate:
    """Candidate 0001, who has started."""
    start(candidate=candidate)
    return candidate


def read(candidate: Candidate) -> Candidate:
    """Return the candidate as a request of the page reads it."""
    assert candidate.user is not None
    return place_of(candidate.user, candidate.test.public_id, texts=False)


def save(candidate: Candidate, answer: str, device: str = "desk") -> int:
    found = read(candidate)
    return save_answer(candidate=found, answer=answer, base_revision=found.submission.revision, device=device).revision


def kept(candidate: Candidate) -> list[tuple[str, str]]:
    found = AnswerVersion.objects.filter(submission=candidate.pk).order_by("revision")
    return [(one.answer, one.why) for one in found]


def stored(candidate: Candidate) -> Submission:
    return Submission.objects.get(pk=candidate.pk)


@pytest.mark.slow
def test_over_four_hours_of_saves_some_48_versions_are_kept(writing: Candidate, clock: Clock) -> None:
    for minute in range(229):
        save(writing, f"{minute} " + "words " * minute)
        clock.move(minutes=1)
    texts = [answer for answer, _why in kept(writing)]
    assert 40 <= len(texts) <= 48
    assert {why for _answer, why in kept(writing)} == {"time"}
    minutes = [int(text.split()[0]) for text in texts]
    assert max(later - earlier for earlier, later in pairwise(minutes)) <= 6


def test_a_save_is_one_statement_and_one_more_only_where_a_version_is_due(writing: Candidate, clock: Clock) -> None:
    save(writing, "one")

    def statements(answer: str) -> list[str]:
        found = read(writing)
        with CaptureQueriesContext(connection) as captured:
            save_answer(candidate=found, answer=answer, base_revision=found.submission.revision, device="desk")
        asked = [query["sql"].split()[0] for query in captured]
        return [word for word in asked if word not in {"SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"}]

    Candidate.objects.update(last_seen_at=None)
    assert statements("one two") == ["UPDATE", "UPDATE"]  # the second is the sign of life
    assert statements("one two three") == ["UPDATE"]
    clock.move(minutes=6)
    found = statements("one two three four")
    assert found == ["INSERT", "UPDATE", "UPDATE"]
    assert statements("one two three four five") == ["UPDATE"]


@pytest.mark.parametrize(
    ("before", "after", "is_kept"),
    [
        ("x" * 2000, "x" * 1500, True),
        ("x" * 2000, "x" * 1501, False),
        ("x" * 100, "x" * 49, True),
        ("x" * 100, "", True),
        ("x" * 49, "", False),
        ("x" * 100, "y" * 200, False),
    ],
)
def test_what_is_deleted_at_once_is_kept_where_it_is_much(
    writing: Candidate, clock: Clock, before: str, after: str, is_kept: bool
) -> None:
    save(writing, before)
    clock.move(seconds=MIN_GAP.total_seconds() + 1)
    save(writing, after)
    assert kept(writing) == ([(before, "shrinks")] if is_kept else [])
    assert stored(writing).answer == after


def test_what_another_device_writes_over_is_kept(writing: Candidate, clock: Clock) -> None:
    save(writing, "of the desk")
    clock.move(minutes=1)
    save(writing, "of the phone", device="phone")
    save(writing, "of the phone, more", device="phone")
    assert kept(writing) == [("of the desk", "device")]
    assert (AnswerVersion.objects.get().device, stored(writing).device) == ("desk", "phone")


def test_a_save_that_changes_nothing_keeps_nothing(writing: Candidate, clock: Clock) -> None:
    save(writing, "x" * 900)
    clock.move(minutes=10)
    with pytest.raises(Conflict):
        save_answer(candidate=read(writing), answer="", base_revision=0)
    found = read(writing)
    save(writing, "x" * 901)  # the other one is faster
    assert len(kept(writing)) == 1
    with pytest.raises(Conflict):
        save_answer(candidate=found, answer="", base_revision=found.submission.revision)
    assert len(kept(writing)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("length", "most"), [(600, MAX_VERSIONS), (LONG_TEXT + 600, MAX_LONG_VERSIONS)])
def test_however_often_somebody_deletes_the_newest_are_kept_and_no_more(
    writing: Candidate, clock: Clock, length: int, most: int
) -> None:
    for number in range(most + 5):
        save(writing, f"{number:04}" + "x" * length)
        clock.move(seconds=31)
        save(writing, "")
        clock.move(seconds=1)
    numbers = [int(answer[:4]) for answer, _why in kept(writing)]
    assert numbers == list(range(5, most + 5))


def test_versions_go_with_the_candidate(writing: Candidate, clock: Clock) -> None:
    save(writing, "text")
    clock.move(minutes=6)
    save(writing, "text, more")
    assert AnswerVersion.objects.count() == 1
    Candidate.objects.filter(pk=writing.pk).delete()
    assert not AnswerVersion.objects.exists()


# Putting one back -----------------------------------------------------------------------------------------------------


@pytest.fixture
def emptied(writing: Candidate, clock: Clock) -> int:
    """The revision of a long text that was deleted by mistake."""
    revision = save(writing, "long text " * 100)
    clock.move(minutes=1)
    save(writing, "oh no")
    return revision


def test_a_version_is_put_back_and_what_stood_there_is_kept(writing: Candidate, planner: User, emptied: int) -> None:
    before = stored(writing).revision
    restore(candidate=writing, revision=emptied, reason=REASON, by=planner)
    now = stored(writing)
    assert (now.answer, now.characters, now.revision, now.device) == ("long text " * 100, 1000, before + 1, RESTORED)
    assert kept(writing) == [("long text " * 100, "shrinks"), ("oh no", "restored")]
    event = AuditEvent.objects.get(action="version_restored")
    assert (event.actor, event.test) == (planner, writing.test)
    assert event.detail == {
        "candidate": writing.public_id,
        "revision": emptied,
        "replaced_revision": before,
        "reason": REASON,
    }


def test_the_open_page_learns_of_it_as_of_a_conflict_and_its_choice_keeps_both(
    writing: Candidate, planner: User, emptied: int, clock: Clock
) -> None:
    page = read(writing)
    restore(candidate=writing, revision=emptied, reason=REASON, by=planner)
    with pytest.raises(Conflict) as conflict:
        save_answer(candidate=page, answer="oh no, typed on", base_revision=page.submission.revision)
    assert (conflict.value.stored.answer, conflict.value.stored.device) == ("long text " * 100, RESTORED)
    clock.move(minutes=1)
    save(writing, "oh no, typed on")
    assert kept(writing)[-1] == ("long text " * 100, "shrinks")


def test_nothing_is_put_back_over_what_was_handed_in(writing: Candidate, planner: User, emptied: int) -> None:
    submit(candidate=writing, answer=None, base_revision=stored(writing).revision)
    handed_in = stored(writing)
    with pytest.raises(Refused, match="stays as it is"):
        restore(candidate=writing, revision=emptied, reason=REASON, by=planner)
    assert stored(writing).digest == handed_in.digest
    assert stored(writing).answer == "oh no"
    assert not AuditEvent.objects.filter(action="version_restored").exists()


def test_after_the_own_end_nothing_is_put_back_unless_incident_time_opens_it_again(
    writing: Candidate, planner: User, emptied: int, clock: Clock
) -> None:
    clock.set(writing.test.window[1] + timedelta(minutes=1))
    with pytest.raises(Refused, match="time is over"):
        restore(candidate=writing, revision=emptied, reason=REASON, by=planner)
    change_incident_time(
        test=writing.test, public_ids=[writing.public_id], how=Change.ADD, minutes=9, reason="alarm", by=planner
    )
    restore(candidate=writing, revision=emptied, reason=REASON, by=planner)
    assert stored(writing).characters == 1000


def test_a_version_that_is_not_there_is_refused(writing: Candidate, planner: User, emptied: int) -> None:
    with pytest.raises(Refused, match="not kept any more"):
        restore(candidate=writing, revision=emptied + 90, reason=REASON, by=planner)
    assert stored(writing).answer == "oh no"


def test_where_nobody_writes_there_is_nothing_to_put_back(candidate: Candidate, planner: User) -> None:
    with pytest.raises(Refused, match="The candidate has not started"):
        restore(candidate=candidate, revision=1, reason=REASON, by=planner)
    deactivate(test=candidate.test, by=planner)
    with pytest.raises(Refused, match="The test is not activated"):
        restore(candidate=candidate, revision=1, reason=REASON, by=planner)


@pytest.mark.parametrize(("saves", "is_restored"), [(MAX_ATTEMPTS - 1, True), (MAX_ATTEMPTS, False)])
def test_a_page_that_saves_at_the_same_moment_is_tried_again_and_then_said_to(
    writing: Candidate,
    planner: User,
    emptied: int,
    monkeypatch: pytest.MonkeyPatch,
    saves: int,
    is_restored: bool,
) -> None:
    keep, attempts = versions.keep, []

    def page_was_faster(found: Submission, **more: Any) -> dict[str, Any]:
        attempts.append(1)
        columns = keep(found, **more)
        if len(attempts) <= saves:
            found.revision -= 1  # as if the page had saved after that
        return columns

    monkeypatch.setattr(versions, "keep", page_was_faster)
    before = kept(writing)
    if is_restored:
        restore(candidate=writing, revision=emptied, reason=REASON, by=planner)
    else:
        with pytest.raises(Refused, match="saved at the same moment"):
            restore(candidate=writing, revision=emptied, reason=REASON, by=planner)
        assert kept(writing) == before
    assert (stored(writing).device == RESTORED) is is_restored
    assert AuditEvent.objects.filter(action="version_restored").exists() is is_restored
