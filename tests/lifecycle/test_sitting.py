"""Starting, saving, submitting."""

import hashlib
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from candidates.errors import Conflict, Refused
from candidates.lifecycle.accommodations import Change, change_incident_time
from candidates.lifecycle.activation import activate, deactivate
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.sitting import (
    MAX_ANSWER_LENGTH,
    Ended,
    checksum,
    digest_of,
    note_seen,
    save_answer,
    start,
    submit,
    word_count,
)
from candidates.models import AuditEvent, Candidate, Submission, Test
from candidates.pages.sitting.rows import receipt_of


def fresh(candidate: Candidate) -> Candidate:
    """Return the candidate as a request would read it."""
    found: Candidate = Candidate.objects.select_related("test", "user", "submission").get(pk=candidate.pk)
    return found


@pytest.fixture
def writing(candidate):
    """Candidate 0001, who has started."""
    start(candidate=candidate)
    return fresh(candidate)


def stored(candidate: Candidate) -> str:
    return Submission.objects.get(candidate=candidate).answer


def test_starting_notes_the_time_once(candidate, open_exam):
    first = start(candidate=fresh(candidate)).started_at
    assert start(candidate=fresh(candidate)).started_at == first
    open_exam.refresh_from_db()
    assert open_exam.first_opened_at == first
    assert Submission.objects.get(candidate=candidate).revision == 0


def test_nobody_starts_before_the_opening(scheduled_exam):
    candidate = fresh(Candidate.objects.get(test=scheduled_exam, candidate_id="0001"))
    with pytest.raises(Refused, match="not opened yet"):
        start(candidate=candidate)
    assert fresh(candidate).started_at is None
    assert Test.objects.get(pk=scheduled_exam.pk).first_opened_at is None


@pytest.mark.parametrize(("seconds", "starts"), [(-1, False), (0, True), (1, True)])
def test_the_opening_counts_to_the_second(scheduled_exam, clock, seconds, starts):
    clock.set(scheduled_exam.opens_at + timedelta(seconds=seconds))
    candidate = fresh(Candidate.objects.get(test=scheduled_exam, candidate_id="0001"))
    if starts:
        assert start(candidate=candidate).started_at is not None
    else:
        with pytest.raises(Refused):
            start(candidate=candidate)


def test_nobody_starts_after_the_own_end(candidate, clock):
    clock.set(candidate.test.ends_at)
    with pytest.raises(Ended):
        start(candidate=fresh(candidate))
    assert fresh(candidate).started_at is None


def test_a_test_that_was_deactivated_meanwhile_is_not_opened(candidate, planner):
    read_before = fresh(candidate)
    deactivate(test=candidate.test, by=planner)
    with pytest.raises(Refused):
        start(candidate=read_before)
    assert Test.objects.get(pk=candidate.test_id).first_opened_at is None


def test_a_candidate_who_was_removed_meanwhile_does_not_start(candidate, planner):
    read_before = fresh(candidate)
    remove_candidates(test=candidate.test, public_ids=[candidate.public_id], by=planner)
    with pytest.raises(Refused):
        start(candidate=read_before)


def test_saving_counts_the_revision_up(writing):
    first = save_answer(candidate=writing, answer="one", base_revision=0)
    second = save_answer(candidate=writing, answer="one two", base_revision=first.revision)
    assert (first.revision, second.revision) == (1, 2)
    assert stored(writing) == "one two"


def test_a_save_of_a_test_that_was_not_started_is_refused(candidate):
    with pytest.raises(Refused, match="not started"):
        save_answer(candidate=fresh(candidate), answer="x", base_revision=0)
    assert not Submission.objects.filter(candidate=candidate).exists()


def test_a_save_over_another_windows_words_is_a_conflict_and_changes_nothing(writing):
    save_answer(candidate=writing, answer="from the first window", base_revision=0)
    with pytest.raises(Conflict) as conflict:
        save_answer(candidate=writing, answer="from the second window", base_revision=0)
    assert conflict.value.stored.answer == stored(writing) == "from the first window"
    assert conflict.value.stored.revision == 1


def test_a_retry_whose_receipt_was_lost_is_no_conflict(writing):
    save_answer(candidate=writing, answer="the same", base_revision=0)
    assert save_answer(candidate=writing, answer="the same", base_revision=0).revision == 1


@pytest.mark.parametrize(("seconds", "taken"), [(-1, True), (0, False), (1, False)])
def test_the_own_end_is_the_first_moment_that_is_too_late(writing, clock, seconds, taken):
    save_answer(candidate=writing, answer="in time", base_revision=0)
    clock.set(writing.test.ends_at + timedelta(seconds=seconds))
    if taken:
        save_answer(candidate=fresh(writing), answer="later", base_revision=1)
    else:
        with pytest.raises(Ended, match="time is over"):
            save_answer(candidate=fresh(writing), answer="later", base_revision=1)
        with pytest.raises(Ended):
            submit(candidate=fresh(writing), answer="later", base_revision=1)
    assert stored(writing) == ("later" if taken else "in time")
    assert fresh(writing).submitted_at is None


def test_extra_time_moves_only_its_candidates_end(open_exam, clock):
    first, second = (
        fresh(Candidate.objects.get(test=open_exam, candidate_id=candidate_id)) for candidate_id in ("0001", "0002")
    )
    for candidate in (first, second):
        start(candidate=candidate)
    clock.set(open_exam.ends_at + timedelta(minutes=29, seconds=58))
    with pytest.raises(Ended):
        save_answer(candidate=fresh(first), answer="x", base_revision=0)
    assert save_answer(candidate=fresh(second), answer="x", base_revision=0).revision == 1
    clock.move(seconds=3)
    with pytest.raises(Ended):
        save_answer(candidate=fresh(second), answer="y", base_revision=1)


def test_incident_time_given_after_the_end_opens_the_test_again(writing, planner, clock):
    clock.set(writing.test.ends_at + timedelta(minutes=5))
    with pytest.raises(Ended):
        save_answer(candidate=fresh(writing), answer="x", base_revision=0)
    change_incident_time(
        test=writing.test,
        public_ids=[writing.public_id],
        how=Change.ADD,
        minutes=10,
        reason="fire alarm",
        by=planner,
    )
    assert save_answer(candidate=fresh(writing), answer="x", base_revision=0).revision == 1


def test_the_duration_ends_the_test_before_the_window(candidate, clock):
    Test.objects.filter(pk=candidate.test_id).update(duration_minutes=60)
    start(candidate=fresh(candidate))
    clock.move(minutes=60)
    with pytest.raises(Ended):
        save_answer(candidate=fresh(candidate), answer="x", base_revision=0)


def test_submitting_hands_in_what_was_saved(writing):
    save_answer(candidate=writing, answer="mine", base_revision=0)
    submit(candidate=writing, answer=None, base_revision=1)
    assert fresh(writing).submitted_at is not None
    assert stored(writing) == "mine"
    event = AuditEvent.objects.get(action="submitted")
    assert (event.actor, event.test, "mine" in str(event.detail)) == (writing.user, writing.test, False)


def test_submitting_can_save_the_last_words_first(writing):
    submit(candidate=writing, answer="last words", base_revision=0)
    assert stored(writing) == "last words"


def test_submitting_what_another_window_has_changed_asks_again(writing):
    save_answer(candidate=writing, answer="changed elsewhere", base_revision=0)
    with pytest.raises(Conflict):
        submit(candidate=writing, answer=None, base_revision=0)
    with pytest.raises(Conflict):
        submit(candidate=writing, answer="mine", base_revision=0)
    assert fresh(writing).submitted_at is None
    assert stored(writing) == "changed elsewhere"


def test_nothing_is_taken_after_submitting(writing):
    submit(candidate=writing, answer="final", base_revision=0)
    when = fresh(writing).submitted_at
    for act in (save_answer, submit):
        with pytest.raises(Ended, match="submitted already"):
            act(candidate=fresh(writing), answer="more", base_revision=2)
    assert fresh(writing).submitted_at == when
    assert stored(writing) == "final"
    assert AuditEvent.objects.filter(action="submitted").count() == 1


@pytest.mark.parametrize("base", [0, 1, 2, 3])
def test_a_save_that_was_read_before_the_submission_changes_nothing_whatever_it_goes_on_from(writing, base):
    read_before = fresh(writing)
    save_answer(candidate=writing, answer="first", base_revision=0)
    submit(candidate=writing, answer="final", base_revision=1)
    for answer in ("more", "final"):  # neither is the same text a retry: what is handed in was handed in
        with pytest.raises(Ended):
            save_answer(candidate=read_before, answer=answer, base_revision=base)
    assert stored(writing) == "final"


@pytest.mark.parametrize(
    "change",
    [
        {"answer": "another", "revision": F("revision") + 1},
        {"revision": 7},
        {"handed_in_revision": 1},
        {"digest": ""},
    ],
)
def test_the_database_refuses_to_change_what_was_handed_in_whoever_asks(writing, change):
    save_answer(candidate=writing, answer="first", base_revision=0)
    submit(candidate=writing, answer="final", base_revision=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(candidate=writing).update(**change)
    assert stored(writing) == "final"


def test_a_digest_is_there_only_for_what_was_handed_in(writing):
    save_answer(candidate=writing, answer="first", base_revision=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(candidate=writing).update(digest=digest_of("first"))


@pytest.mark.parametrize("text", ["final", "", "Ødegård 𝒳 👩‍🔬\n\ttabs ", "x" * MAX_ANSWER_LENGTH])
def test_receipt_and_audit_carry_time_and_digest_of_exactly_the_stored_text(writing, text):
    handed_in = submit(candidate=writing, answer=text, base_revision=0)
    kept = Submission.objects.get(candidate=writing)
    assert handed_in.submitted_at is not None
    assert kept.digest == hashlib.sha256(kept.answer.encode()).hexdigest()
    event = AuditEvent.objects.get(action="submitted")
    assert event.detail == {
        "submitted_at": handed_in.submitted_at.isoformat(),
        "sha256": checksum(kept.digest),
        "revision": kept.revision,
    }
    receipt = receipt_of(fresh(writing), now=timezone.now())
    assert receipt is not None
    assert receipt.checksum == checksum(kept.digest)
    assert receipt.checksum.replace(" ", "") == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_handed_in_by_the_clock_stays_derived_and_opens_again(writing, planner, clock):
    save_answer(candidate=writing, answer="in time", base_revision=0)
    clock.set(writing.test.ends_at + timedelta(minutes=1))
    receipt = receipt_of(fresh(writing), now=timezone.now())
    assert receipt is not None
    assert receipt.checksum == checksum(digest_of("in time"))
    assert Submission.objects.get(candidate=writing).handed_in_revision is None
    change_incident_time(
        test=writing.test, public_ids=[writing.public_id], how=Change.ADD, minutes=9, reason="alarm", by=planner
    )
    assert save_answer(candidate=fresh(writing), answer="goes on", base_revision=1).revision == 2


@pytest.mark.parametrize("answer", ["x" * (MAX_ANSWER_LENGTH + 1), "nul \x00"])
def test_an_answer_that_cannot_be_stored_is_refused(writing, answer):
    for act in (save_answer, submit):
        with pytest.raises(Refused):
            act(candidate=writing, answer=answer, base_revision=0)
    assert stored(writing) == ""
    assert fresh(writing).submitted_at is None


@pytest.mark.parametrize(
    "answer", ["x" * MAX_ANSWER_LENGTH, "Ødegård 𝒳 👩‍🔬\n\ttabs ", "</textarea><script>alert(1)</script>"]
)
def test_an_answer_is_stored_as_it_was_typed(writing, answer):
    save_answer(candidate=writing, answer=answer, base_revision=0)
    assert stored(writing) == answer


def test_a_sign_of_life_is_written_at_most_twice_a_minute(writing, django_assert_num_queries, clock):
    clock.move(seconds=29)
    with django_assert_num_queries(0):
        note_seen(candidates=[fresh_ := writing])
    clock.move(seconds=2)
    with django_assert_num_queries(1):
        note_seen(candidates=[fresh_])
    seen = fresh(writing).last_seen_at
    assert seen is not None
    assert timezone.now() - seen < timedelta(seconds=5)


def test_a_save_is_one_update(writing, django_assert_num_queries):
    with django_assert_num_queries(1):
        save_answer(candidate=writing, answer="x", base_revision=0)


def test_a_receipt_can_be_compared():
    assert digest_of("Ødegård") == digest_of("Ødegård") != digest_of("Odegard")
    assert checksum(digest_of("")) == "e3b0 c442 98fc 1c14"
    assert word_count(" two\n\nwords ") == 2
    assert word_count("") == 0


@pytest.mark.parametrize(("microseconds", "starts"), [(-1, False), (0, True)])
def test_the_opening_counts_to_the_microsecond(scheduled_exam, clock, microseconds, starts):
    candidate = fresh(Candidate.objects.get(test=scheduled_exam, candidate_id="0001"))
    clock.stop(scheduled_exam.opens_at + timedelta(microseconds=microseconds))
    with nullcontext() if starts else pytest.raises(Refused, match="not opened yet"):
        start(candidate=candidate)
    assert (fresh(candidate).started_at is not None) is starts


@pytest.mark.parametrize(("microseconds", "is_taken"), [(-1, True), (0, False)])
def test_the_end_does_not_count_to_the_microsecond(writing, open_exam, clock, microseconds, is_taken):
    clock.stop(open_exam.ends_at + timedelta(microseconds=microseconds))
    with nullcontext() if is_taken else pytest.raises(Ended):
        save_answer(candidate=writing, answer="The last words", base_revision=0)
    with nullcontext() if is_taken else pytest.raises(Ended):
        submit(candidate=writing, answer=None, base_revision=1)
    assert stored(writing) == ("The last words" if is_taken else "")
    assert (fresh(writing).submitted_at is not None) is is_taken


def test_who_read_the_old_opening_does_not_start_before_the_new_one(candidate, open_exam, planner):
    read = fresh(candidate)
    deactivate(test=open_exam, by=planner)
    later = timezone.now() + timedelta(hours=1)
    Test.objects.filter(pk=open_exam.pk).update(opens_at=later)
    activate(test=open_exam, by=planner)
    with pytest.raises(Refused):
        start(candidate=read)
    assert fresh(candidate).started_at is None
    assert Test.objects.get(pk=open_exam.pk).first_opened_at is None
