"""Taking candidates off a test: who, what goes with them, and what stays."""

from datetime import timedelta

import pytest

from candidates.errors import Refused
from candidates.lifecycle.activation import deactivate
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.sitting import note_seen, start
from candidates.models import AuditEvent, Candidate, SealedPassword, Test, User
from candidates.timing import OFFLINE_AFTER
from tests.conftest import Clock
from tests.factories import add, make_test


def ids_on(test: Test) -> list[str]:
    return list(Candidate.objects.of_test(test).values_list("candidate_id", flat=True))


def test_before_activation_anybody_is_removed_and_the_place_is_free(
    exam: Test, candidates: list[Candidate], planner: User
) -> None:
    done = remove_candidates(test=exam, public_ids=[one.public_id for one in candidates[:2]], by=planner)
    exam.refresh_from_db()
    assert (done.count, done.left, ids_on(exam), exam.candidate_count) == (2, (), ["kari"], 1)


def test_after_activation_who_has_started_stays(open_exam: Test, candidate: Candidate, planner: User) -> None:
    start(candidate=candidate)
    everybody = [one.public_id for one in Candidate.objects.of_test(open_exam)]
    done = remove_candidates(test=open_exam, public_ids=everybody, by=planner)
    open_exam.refresh_from_db()
    assert (done.count, done.left, ids_on(open_exam), open_exam.candidate_count) == (
        2,
        ("0001 (has started)",),
        ["0001"],
        1,
    )


def test_where_all_have_started_nothing_is_changed(open_exam: Test, candidate: Candidate, planner: User) -> None:
    start(candidate=candidate)
    with pytest.raises(Refused, match="have started cannot be removed"):
        remove_candidates(test=open_exam, public_ids=[candidate.public_id], by=planner)
    assert "0001" in ids_on(open_exam)


def test_after_activation_who_is_logged_in_stays_and_is_named_with_the_reason(
    open_exam: Test, candidate: Candidate, planner: User
) -> None:
    note_seen(candidates=[candidate], logged_in=True)
    everybody = [one.public_id for one in Candidate.objects.of_test(open_exam)]
    done = remove_candidates(test=open_exam, public_ids=everybody, by=planner)
    assert (done.count, done.left, ids_on(open_exam)) == (2, ("0001 (is logged in now)",), ["0001"])
    with pytest.raises(Refused, match="three minutes later"):
        remove_candidates(test=open_exam, public_ids=[candidate.public_id], by=planner)


def test_who_logged_out_can_be_removed_three_minutes_later(
    open_exam: Test, candidate: Candidate, planner: User, clock: Clock
) -> None:
    note_seen(candidates=[candidate], logged_in=True)
    seen = Candidate.objects.get(pk=candidate.pk).last_seen_at
    assert seen is not None
    clock.stop(seen + OFFLINE_AFTER - timedelta(microseconds=1))
    with pytest.raises(Refused):
        remove_candidates(test=open_exam, public_ids=[candidate.public_id], by=planner)
    clock.stop(seen + OFFLINE_AFTER)
    assert remove_candidates(test=open_exam, public_ids=[candidate.public_id], by=planner).count == 1


def test_before_activation_anybody_is_removed_also_who_was_seen_before_a_deactivation(
    scheduled_exam: Test, planner: User
) -> None:
    note_seen(candidates=list(Candidate.objects.of_test(scheduled_exam)), logged_in=True)
    deactivate(test=scheduled_exam, by=planner)
    everybody = [one.public_id for one in Candidate.objects.of_test(scheduled_exam)]
    assert remove_candidates(test=scheduled_exam, public_ids=everybody, by=planner).count == 3


def test_nobody_of_a_finished_test_is_removed(
    open_exam: Test, candidate: Candidate, planner: User, clock: Clock
) -> None:
    clock.set(open_exam.window[1] + timedelta(minutes=29))  # 0002 has 30 minutes of extra time
    late = Candidate.objects.get(test=open_exam, candidate_id="kari")
    assert remove_candidates(test=open_exam, public_ids=[late.public_id], by=planner).count == 1
    clock.move(minutes=1)
    with pytest.raises(Refused, match="The test is Finished"):
        remove_candidates(test=open_exam, public_ids=[candidate.public_id], by=planner)
    assert ids_on(open_exam) == ["0001", "0002"]


def test_an_end_that_was_moved_after_the_page_was_read_counts(
    open_exam: Test, candidate: Candidate, planner: User
) -> None:
    as_read = Test.objects.get(pk=open_exam.pk)
    ended = as_read.window[0] + timedelta(minutes=1)
    Candidate.objects.of_test(open_exam).update(extra_minutes=0)
    Test.objects.filter(pk=open_exam.pk).update(ends_at=ended)
    with pytest.raises(Refused, match="Finished"):
        remove_candidates(test=as_read, public_ids=[candidate.public_id], by=planner)


@pytest.mark.parametrize("chosen", [[], ["unknown"]])
def test_an_empty_choice_means_nobody(
    exam: Test, candidates: list[Candidate], planner: User, chosen: list[str]
) -> None:
    with pytest.raises(Refused, match="No candidate is ticked"):
        remove_candidates(test=exam, public_ids=chosen, by=planner)
    exam.refresh_from_db()
    assert (len(ids_on(exam)), exam.candidate_count) == (3, 3)


def test_the_removed_cannot_log_in_and_their_user_name_is_kept_from_others(
    open_exam: Test, candidate: Candidate, planner: User
) -> None:
    user = candidate.user
    assert user is not None
    before = user.get_session_auth_hash()
    remove_candidates(test=open_exam, public_ids=[candidate.public_id], by=planner)
    user.refresh_from_db()
    assert not user.is_active
    assert user.get_session_auth_hash() != before
    assert not SealedPassword.objects.filter(user=user).exists()
    assert User.objects.filter(username=user.username).exists()


def test_candidates_of_another_test_are_left_alone(exam: Test, candidates: list[Candidate], planner: User) -> None:
    other = make_test(planner=planner)
    foreign = add(other, planner, "0001")[0]
    remove_candidates(test=exam, public_ids=[candidates[0].public_id, foreign.public_id], by=planner)
    assert ids_on(other) == ["0001"]
    other.refresh_from_db()
    assert other.candidate_count == 1


def test_who_was_removed_can_be_read_in_the_audit(exam: Test, candidates: list[Candidate], planner: User) -> None:
    remove_candidates(test=exam, public_ids=[candidates[2].public_id], by=planner)
    event = AuditEvent.objects.get(action=AuditEvent.Action.CANDIDATES_REMOVED)
    assert (event.actor, event.count) == (planner, 1)
    assert event.detail == {"candidates": [[candidates[2].public_id, "kari"]]}
