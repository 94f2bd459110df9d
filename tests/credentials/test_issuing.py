"""Login details in bulk: whole or not at all, made once."""

import pytest
from django.db import DatabaseError, IntegrityError

from candidates.credentials import issuing
from candidates.credentials.issuing import OutsideTransaction, issue_missing, make_one_time_users
from candidates.credentials.sealing import seal
from candidates.credentials.verifier import matches
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.activation import activate, deactivate
from candidates.models import AuditEvent, Candidate, SealedPassword, Test, User
from tests.factories import activated, add, add_many, password_of


class Broken(Exception):
    """What the test makes fail."""


@pytest.fixture
def failing_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealing that fails at the 20th password."""
    count = iter(range(1000))

    def failing(username: str, password: str) -> str:
        if next(count) == 19:
            raise Broken
        return seal(username, password)

    monkeypatch.setattr(issuing, "seal", failing)


def nothing_was_made(test: Test) -> bool:
    test.refresh_from_db()
    return not (
        test.is_activated
        or User.objects.filter(kind=User.Kind.ONE_TIME).exists()
        or SealedPassword.objects.exists()
        or Candidate.objects.filter(user__isnull=False).exists()
        or AuditEvent.objects.filter(action=AuditEvent.Action.ACTIVATED).exists()
    )


def test_activation_makes_a_login_for_everybody_that_works(exam: Test, planner: User) -> None:
    add_many(exam, planner, 50)
    assert activate(test=exam, by=planner) == 50
    for candidate in Candidate.objects.of_test(exam).select_related("user__sealed_password"):
        assert candidate.user is not None
        assert candidate.user.is_active
        assert matches(candidate.user.password, candidate.user.username, password_of(candidate))
    assert len(set(Candidate.objects.of_test(exam).values_list("user", flat=True))) == 50


def test_user_names_tell_nothing_of_the_order(exam: Test, planner: User) -> None:
    add_many(exam, planner, 50)
    activated(exam, planner)
    names = list(Candidate.objects.of_test(exam).order_by("sort_key").values_list("user__username", flat=True))
    assert names != sorted(names)


@pytest.mark.usefixtures("failing_seal")
def test_an_activation_that_fails_in_the_middle_leaves_nothing(exam: Test, planner: User) -> None:
    add_many(exam, planner, 30)
    with pytest.raises(Broken):
        activate(test=exam, by=planner)
    assert nothing_was_made(exam)


def test_an_activation_whose_audit_cannot_be_written_leaves_nothing(
    exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_many(exam, planner, 3)
    fail_to_record(monkeypatch)
    with pytest.raises(DatabaseError):
        activate(test=exam, by=planner)
    assert nothing_was_made(exam)


def fail_to_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(**fields: object) -> None:
        raise DatabaseError("the audit store is full")

    monkeypatch.setattr(AuditEvent.objects, "create", failing)


def test_late_additions_whose_login_fails_are_not_added(
    exam: Test, planner: User, request: pytest.FixtureRequest
) -> None:
    add(exam, planner, "0001")
    activated(exam, planner)
    request.getfixturevalue("failing_seal")
    rows = [CandidateRow(number, "", 0) for number in range(1, 31)]
    with pytest.raises(Broken):
        add_candidates(test=exam, rows=rows, by=planner, source="test")
    exam.refresh_from_db()
    assert (exam.candidate_count, Candidate.objects.of_test(exam).count()) == (1, 1)
    assert (User.objects.filter(kind=User.Kind.ONE_TIME).count(), SealedPassword.objects.count()) == (1, 1)


def test_activating_again_changes_no_login(exam: Test, planner: User) -> None:
    (candidate,) = add(exam, planner, "0001")
    activated(exam, planner)
    before = password_of(candidate)
    deactivate(test=exam, by=planner)
    assert not User.objects.get(candidacies=candidate).is_active
    activated(exam, planner)
    assert password_of(candidate) == before
    assert User.objects.get(candidacies=candidate).is_active


def test_a_candidate_with_a_login_is_left_alone(exam: Test, planner: User) -> None:
    add(exam, planner, "0001")
    activated(exam, planner)
    assert issue_missing(exam) == 0


def test_names_that_were_used_once_are_never_given_again(
    planner: User, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    User.objects.create(username="6czep34v", kind="one_time", password="!", is_active=False)
    drawn = iter(["6czep34v", "7czep34v", "7czep34v", "8czep34v"])
    monkeypatch.setattr(issuing, "new_username", lambda: next(drawn))
    assert {user.username for user in make_one_time_users(2)} == {"7czep34v", "8czep34v"}


def test_a_name_taken_by_another_at_the_same_moment_is_stopped_by_the_database(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    User.objects.create(username="6czep34v", kind="one_time", password="!")
    monkeypatch.setattr(issuing, "new_usernames", lambda count: ["6czep34v"])
    with pytest.raises(IntegrityError):
        make_one_time_users(1)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_made() -> None:
    with pytest.raises(OutsideTransaction):
        make_one_time_users(1)
    assert not User.objects.exists()


@pytest.mark.slow
def test_1500_take_the_same_number_of_queries_as_10(exam: Test, planner: User, django_assert_max_num_queries) -> None:
    add_many(exam, planner, 1500)
    with django_assert_max_num_queries(45) as queries:
        assert activate(test=exam, by=planner) == 1500
    assert len(queries) > 5
