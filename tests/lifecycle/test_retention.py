"""What is kept no longer goes by itself, so many days after the last end, and nothing of a test that is not over."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.errors import Refused
from candidates.lifecycle.archiving import restore_test
from candidates.lifecycle.grading import save_mark
from candidates.lifecycle.retention import delete_aged, kept_until, kept_words
from candidates.lifecycle.sitting import save_answer, start
from candidates.models import (
    AgedOut,
    AnswerVersion,
    AuditEvent,
    Candidate,
    Contributor,
    Mark,
    RetentionKind,
    Submission,
    Test,
    User,
)
from candidates.operations.schedule import delete_by_age
from candidates.text import day
from inspera_deliver.environment import kept_days
from tests.conftest import Clock
from tests.factories import add, add_sso, give_logins, make_test

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
NOTHING = dict.fromkeys((kind.value for kind in RetentionKind), None)


@pytest.fixture
def keep(settings: Any) -> Callable[..., None]:
    """Return a function that sets for how many days kinds are kept."""

    def set_days(**days: int) -> None:
        settings.RETENTION_DAYS = {**NOTHING, **days}

    return set_days


@pytest.fixture
def sat_exam(open_exam: Test, planner: User, grader: User, clock: Clock) -> Test:
    """The exam with an answer and a mark; 0002 has 30 minutes more than the others."""
    place = Candidate.objects.select_related("test").get(test=open_exam, candidate_id="0001")
    Candidate.objects.filter(pk=place.pk).update(private_reference="Anna Berg")
    place = start(candidate=place)
    save_answer(candidate=place, answer="An answer.", base_revision=0)
    AnswerVersion.objects.create(
        submission=Submission.objects.get(candidate=place),
        slot=0,
        revision=1,
        answer="An",
        characters=2,
        kept_at=timezone.now(),
        why=AnswerVersion.Why.TIME,
    )
    clock.set(open_exam.window[1] + timedelta(hours=1))
    save_mark(test=open_exam, public_id=place.public_id, mark=None, comment="fine", seen=None, by=grader)
    return open_exam


def last_end(test: Test) -> Any:
    return test.window[1] + timedelta(minutes=30)


def test_without_a_setting_nothing_is_deleted_and_the_page_says_so(sat_exam: Test, keep: Any, clock: Clock) -> None:
    keep()
    clock.move(days=9000)
    assert delete_aged() == {}
    assert delete_by_age() == "Nothing is deleted by age: no RETENTION_ setting is set."
    assert Submission.objects.count() == 1
    assert kept_words(sat_exam) == "Answers, names, private references and the test are kept without a time limit."


def test_answers_go_when_their_days_are_over_and_not_before(
    sat_exam: Test, keep: Any, clock: Clock, planner: User, grader: User, client_of: ClientOf
) -> None:
    keep(answers=730)
    clock.set(last_end(sat_exam) + timedelta(days=730, minutes=-1))
    assert delete_aged() == {RetentionKind.ANSWERS: 0}
    clock.set(last_end(sat_exam) + timedelta(days=730))
    assert delete_aged() == {RetentionKind.ANSWERS: 1}
    assert not Submission.objects.exists()
    assert not AnswerVersion.objects.exists()
    assert Mark.objects.get().comment == "fine"
    (row,) = AuditEvent.objects.filter(action="aged_out")
    assert (row.test, row.actor, row.count, row.detail) == (sat_exam, None, 1, {"kind": "answers"})
    assert delete_aged() == {RetentionKind.ANSWERS: 0}
    assert AuditEvent.objects.filter(action="aged_out").count() == 1

    sat_exam.refresh_from_db()
    assert sat_exam.archived_at == sat_exam.answers_deleted_at is not None
    with pytest.raises(Refused, match="no longer kept"):
        restore_test(test=sat_exam, by=planner)
    for who, name in ((planner, "deliver-test"), (grader, "grade-test"), (planner, "monitor-test")):
        assert client_of(who).get(reverse(name, args=[sat_exam.public_id])).status_code == 200
    place = Candidate.objects.select_related("user").get(candidate_id="0001")
    page = client_of(grader).get(reverse("grade-submission", args=[sat_exam.public_id, place.public_id]))
    assert "The answers of this test are no longer kept" in page.content.decode()
    browser = Client()
    assert place.user is not None
    browser.force_login(place.user, backend="candidates.signin.backends.OneTimeBackend")
    receipt = browser.get(reverse("sit", args=[sat_exam.public_id])).content.decode()
    assert "The answers of this test are no longer kept" in receipt
    assert browser.get(reverse("archive")).status_code == 200


def test_a_test_whose_answers_are_gone_stays_archived_in_the_database(sat_exam: Test, keep: Any, clock: Clock) -> None:
    keep(answers=730)
    clock.move(days=800)
    delete_aged()
    with pytest.raises(IntegrityError, match="test_without_answers_stays_archived"), transaction.atomic():
        Test.objects.filter(pk=sat_exam.pk).update(archived_at=None)


def test_private_references_go_and_what_came_after_a_moved_end_goes_again(
    sat_exam: Test, keep: Any, clock: Clock
) -> None:
    keep(private_references=90)
    clock.move(days=100)
    assert delete_aged() == {RetentionKind.PRIVATE_REFERENCES: 1}
    assert not Candidate.objects.exclude(private_reference="").exists()
    assert Submission.objects.count() == 1
    # the test was held once more
    Candidate.objects.filter(candidate_id="0002").update(private_reference="Berit Dahl")
    Test.objects.filter(pk=sat_exam.pk).update(ends_at=timezone.now() + timedelta(days=1))
    assert delete_aged() == {RetentionKind.PRIVATE_REFERENCES: 0}
    clock.move(days=100)
    assert delete_aged() == {RetentionKind.PRIVATE_REFERENCES: 1}
    assert AgedOut.objects.count() == 1


def test_logins_of_one_time_users_end(exam: Test, planner: User, keep: Any, clock: Clock) -> None:
    add(exam, planner, "0001")
    (anna,) = add_sso(exam, planner, "anna")
    Test.objects.filter(pk=exam.pk).update(activated_at=timezone.now())
    exam.refresh_from_db()
    give_logins(exam, planner, anna)
    keep(one_time_users=365)
    clock.move(days=400)
    assert delete_aged() == {RetentionKind.ONE_TIME_USERS: 1}
    assert not User.objects.filter(kind="one_time", is_active=True).exists()
    assert User.objects.filter(kind="sso", is_active=True).count() == 1


def test_tests_go_as_a_whole_and_the_audit_stays(sat_exam: Test, keep: Any, clock: Clock) -> None:
    keep(tests=1000)
    rows = AuditEvent.objects.filter(test=sat_exam).count()
    clock.move(days=1002)
    assert delete_aged() == {RetentionKind.TESTS: 1}
    for model in (Test, Candidate, Submission, Mark, Contributor):
        assert not model.objects.exists()
    assert AuditEvent.objects.filter(test_name=sat_exam.name).count() == rows + 1
    assert not User.objects.filter(kind="one_time", is_active=True).exists()
    assert User.objects.filter(kind="one_time").count() == 3  # their names are never given again


@pytest.mark.parametrize("kind", list(RetentionKind))
def test_nothing_goes_of_a_test_that_is_not_over_for_everybody(
    sat_exam: Test, keep: Any, clock: Clock, kind: RetentionKind
) -> None:
    keep(**{kind.value: 30})
    Candidate.objects.filter(candidate_id="kari").update(incident_minutes=10_000)
    clock.set(last_end(sat_exam) + timedelta(days=31))
    assert delete_aged() == {kind: 0}
    assert Submission.objects.count() == 1
    clock.move(days=7)
    assert delete_aged()[kind] > 0


def test_a_deactivated_test_is_over_a_year_after_its_end_as_it_may_be_postponed(
    scheduled_exam: Test, keep: Any, clock: Clock
) -> None:
    Test.objects.filter(pk=scheduled_exam.pk).update(activated_at=None)
    keep(tests=30)
    clock.set(scheduled_exam.window[1] + timedelta(days=365 + 29))
    assert delete_aged() == {RetentionKind.TESTS: 0}
    clock.move(days=2)
    assert delete_aged() == {RetentionKind.TESTS: 1}


def test_a_demo_test_is_kept(planner: User, keep: Any, clock: Clock) -> None:
    demo = Test.objects.create(name="Demo", is_demo=True)
    keep(tests=30, answers=30)
    clock.move(days=4000)
    assert delete_aged() == {RetentionKind.ANSWERS: 0, RetentionKind.TESTS: 0}
    assert kept_words(demo) == ""
    assert kept_until(demo, RetentionKind.TESTS) is None


def test_the_page_of_the_test_says_until_when(sat_exam: Test, planner: User, keep: Any, client_of: ClientOf) -> None:
    keep(answers=730, private_references=90, one_time_users=365, tests=1000)
    page = client_of(planner).get(reverse("deliver-test", args=[sat_exam.public_id])).content.decode()
    for words, days in (
        ("Answers are kept until", 730),
        ("Names and private references are kept until", 90),
        ("One-time users can log in to their Archive until", 365),
        ("The test, with its candidates and marks, is kept until", 1000),
    ):
        assert f"{words} {day(last_end(sat_exam) + timedelta(days=days))}." in page
    keep(answers=730, tests=365)
    assert kept_until(sat_exam, RetentionKind.TESTS) == last_end(sat_exam) + timedelta(days=365)
    assert "Answers" not in kept_words(Test.objects.get(pk=sat_exam.pk))


def test_a_test_that_is_to_come_is_kept_as_if_it_took_place_as_planned(
    exam: Test, planner: User, keep: Any, clock: Clock
) -> None:
    keep(answers=730)
    add(exam, planner, "0001", extra=30)
    assert kept_words(exam) == f"Answers are kept until {day(last_end(exam) + timedelta(days=730))}."
    clock.set(exam.window[1] + timedelta(days=1))  # it has not taken place, and may be postponed for a year
    assert kept_words(exam) == f"Answers are kept until {day(exam.window[1] + timedelta(days=365 + 730))}."


def test_other_tests_are_left_alone(sat_exam: Test, planner: User, keep: Any, clock: Clock) -> None:
    keep(answers=30, tests=60)
    clock.move(days=100)
    newer = make_test(planner=planner, name="Newer")
    assert delete_aged() == {RetentionKind.ANSWERS: 1, RetentionKind.TESTS: 1}
    assert list(Test.objects.all()) == [newer]


def test_of_a_test_that_never_took_place_nothing_is_said_to_have_been_deleted(
    exam: Test, planner: User, keep: Any, clock: Clock
) -> None:
    add(exam, planner, "0001")
    keep(answers=30)
    clock.set(exam.window[1] + timedelta(days=365 + 31))
    assert delete_aged() == {RetentionKind.ANSWERS: 0}
    exam.refresh_from_db()
    assert (exam.archived_at, exam.answers_deleted_at) == (None, None)
    assert not AuditEvent.objects.filter(action="aged_out").exists()


@pytest.mark.parametrize("value", ["0", "7", "29", "-5", "two years", "1e3", "36501", "٣٦٥"])
def test_days_that_cannot_be_meant_are_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="whole days from 30"):
        kept_days(value)


def test_an_empty_setting_keeps() -> None:
    assert (kept_days(""), kept_days(" "), kept_days("30"), kept_days("730")) == (None, None, 30, 730)
