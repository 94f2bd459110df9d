"""Taking candidates off a test: who, what goes with them, and what stays."""

import pytest

from candidates.lifecycle.errors import Refused
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, SealedPassword, Test, User
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
    assert (done.count, done.left, ids_on(open_exam), open_exam.candidate_count) == (2, ("0001",), ["0001"], 1)


def test_where_all_have_started_nothing_is_changed(open_exam: Test, candidate: Candidate, planner: User) -> None:
    start(candidate=candidate)
    with pytest.raises(Refused, match="have started cannot be removed"):
        remove_candidates(test=open_exam, public_ids=[candidate.public_id], by=planner)
    assert "0001" in ids_on(open_exam)


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
