"""Deleting and archiving a test: why not, and of two who do it at once the second."""

from collections.abc import Callable

import pytest
from django.http import Http404

from candidates.errors import Refused
from candidates.lifecycle.archiving import archive_test, delete_test, restore_test, why_not_deleted
from candidates.models import AuditEvent, Test, User
from tests.conftest import Clock
from tests.factories import activated, make_test

Act = Callable[[Test, User], object]


def test_a_test_that_is_over_stays_because_it_shows_who_was_absent(scheduled_exam: Test, clock: Clock) -> None:
    assert "Deactivate it, then delete it" in why_not_deleted(scheduled_exam)
    clock.move(days=30)
    assert "it shows who was absent. Archive it instead" in why_not_deleted(scheduled_exam)


def test_an_activated_demo_test_is_deactivated_before_it_is_deleted_however_old_it_is(
    planner: User, clock: Clock
) -> None:
    demo = activated(make_test(planner=planner, is_demo=True), planner)
    clock.move(days=30)
    with pytest.raises(Refused, match=r"^The test is activated\. Deactivate it"):
        delete_test(test=demo, by=planner)
    assert Test.objects.filter(pk=demo.pk).exists()


def test_the_second_of_two_who_delete_a_test_finds_it_gone(exam: Test, planner: User, colleague: User) -> None:
    again = Test.objects.get(pk=exam.pk)
    delete_test(test=exam, by=planner)
    with pytest.raises(Http404):
        delete_test(test=again, by=colleague)
    assert AuditEvent.objects.filter(action="test_deleted").count() == 1


def test_of_two_who_archive_or_restore_a_test_the_second_is_told(
    scheduled_exam: Test, planner: User, colleague: User, clock: Clock
) -> None:
    clock.move(days=30)
    archive_test(test=scheduled_exam, by=planner)
    with pytest.raises(Refused, match="archived already"):
        archive_test(test=scheduled_exam, by=colleague)
    restore_test(test=scheduled_exam, by=planner)
    with pytest.raises(Refused, match="The test is not archived"):
        restore_test(test=scheduled_exam, by=colleague)
    assert AuditEvent.objects.filter(action__in=["test_archived", "test_restored"]).count() == 2
