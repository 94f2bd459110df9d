"""Retention of answers, private references, logins of one-time users and tests, counted from a test's last end."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.credentials.issuing import end_logins
from candidates.credentials.purging import ABANDONED_AFTER
from candidates.lifecycle.archiving import erase_test
from candidates.lifecycle.joining import forget_who_asked
from candidates.models import (
    AgedOut,
    AttendanceMark,
    Candidate,
    Import,
    ImportedChange,
    ImportedRemoval,
    PreparedPerson,
    RetentionKind,
    RosterEnrolment,
    RosterIdentity,
    RosterSnapshot,
    Submission,
    Test,
    User,
)
from candidates.text import day
from candidates.timing import last_end, longest_extra_seconds

MAX_TESTS_PER_RUN = 1000
"""Tests for each kind of data in one run; the rest is due the next night."""


def kept_days(kind: RetentionKind) -> int | None:
    """Return the retention in days after the last end of a test, None for without an end."""
    days: int | None = settings.RETENTION_DAYS[kind.value]
    return days


def over_at(test: Test) -> datetime | None:
    """Return when a test is over (UTC), None for one without an end.

    A test that is not activated has not taken place and may be postponed: it counts as over a year after its end.
    """
    if test.ends_at is None:
        return None
    if not test.is_activated:
        return test.ends_at + ABANDONED_AFTER
    return last_end(test, longest_extra_seconds(test))


def kept_until(test: Test, kind: RetentionKind) -> datetime | None:
    """Return until when (UTC) a kind of data of a test is kept, None for without an end."""
    days, over = kept_days(kind), over_at(test)
    return None if days is None or over is None else over + timedelta(days=days)


def _as_planned(test: Test) -> Test:
    """Return the test as if it were activated already, where it can still take place."""
    if test.activated_at is None and test.ends_at is not None and test.ends_at > timezone.now():
        return Test(activated_at=test.ends_at, ends_at=test.ends_at, pk=test.pk)
    return test


def kept_words(test: Test) -> str:
    """Return the sentence about retention on the page of a test, "" for a test without candidates' data."""
    if test.is_demo or test.ends_at is None:
        return ""
    planned = _as_planned(test)
    sentences = {
        RetentionKind.ANSWERS: _("Answers are kept until %(day)s."),
        RetentionKind.PRIVATE_REFERENCES: _("Names and private references are kept until %(day)s."),
        RetentionKind.ONE_TIME_USERS: _("One-time users can log in to their Archive until %(day)s."),
        RetentionKind.TESTS: _("The test, with its candidates and marks, is kept until %(day)s."),
    }
    whole = kept_until(planned, RetentionKind.TESTS)
    said = []
    for kind, sentence in sentences.items():
        end = kept_until(planned, kind)
        # what is deleted together with the test needs no sentence of its own
        if end is not None and (whole is None or end < whole or kind == RetentionKind.TESTS):
            said.append(sentence % {"day": day(end)})
    if test.answers_deleted_at is not None:
        said[:1] = [_("The answers were deleted %(day)s.") % {"day": day(test.answers_deleted_at)}]
    return " ".join(said) or _("Answers, names, private references and the test are kept without a time limit.")


def delete_aged(*, now: datetime | None = None) -> dict[RetentionKind, int]:
    """Delete data past its retention, and return how many of each kind: answers, references, logins, tests.

    One transaction for each test, recorded with its count: the next run finishes one that was killed.
    """
    now = now or timezone.now()
    return {kind: _delete_kind(kind, now) for kind in RetentionKind if kept_days(kind) is not None}


def _delete_kind(kind: RetentionKind, now: datetime) -> int:
    moment = now - timedelta(days=kept_days(kind) or 0)
    keys = list(_due(kind, moment).order_by("ends_at", "pk").values_list("pk", flat=True)[:MAX_TESTS_PER_RUN])
    return sum(_delete_of(key, kind, now) for key in keys)


def _due(kind: RetentionKind, moment: datetime) -> QuerySet[Test]:
    """Return the tests that may be due by their standard end; each is checked again under its lock."""
    due: QuerySet[Test] = Test.objects.filter(ends_at__lte=moment)
    if kind == RetentionKind.TESTS:
        return due
    done = AgedOut.objects.filter(test=OuterRef("pk"), kind=kind, at__gt=OuterRef("ends_at"))
    return due.exclude(activated_at__isnull=True, ends_at__gt=moment - ABANDONED_AFTER).filter(~Exists(done))


def _delete_of(key: int, kind: RetentionKind, now: datetime) -> int:
    """Delete one kind of data of one test if its retention is over; return how many."""
    with transaction.atomic():
        # The lock of the test's row first, then the end is looked at: who moves the end, gives time or activates at
        # this moment is seen here or waits. Of a test that goes the strong one, after its imports.
        rows = Test.objects.filter(pk=key)
        if kind == RetentionKind.TESTS:
            imports = Import.objects.filter(test=key).order_by("pk").select_for_update()
            list(imports.values_list("pk", flat=True))
        test = rows.select_for_update(no_key=kind != RetentionKind.TESTS).first()
        end = kept_until(test, kind) if test is not None else None
        if test is None or end is None or end > now:
            return 0
        if kind == RetentionKind.TESTS:
            erase_test(test, action=audit.Action.AGED_OUT, by=None)
            return 1
        count = _DELETE[kind](test, now)
        AgedOut.objects.update_or_create(test=test, kind=kind, defaults={"at": now})
        if count:
            audit.record(audit.Action.AGED_OUT, by=None, test=test, count=count, detail={"kind": kind.value})
    return count


def _delete_answers(test: Test, now: datetime) -> int:
    """Delete the answers with their versions, and archive the test, which can no longer be taken or graded."""
    if not test.is_activated:
        return 0  # nobody has opened it
    # Lock the candidates first, as restoring a version does. The texts are not read, since they may be long.
    places = Candidate.objects.of_test(test)
    places.lock_in_order()
    keys = list(Submission.objects.filter(candidate__in=places).values_list("pk", flat=True))
    Submission.objects.filter(pk__in=keys).only("pk").delete()
    Test.objects.filter(pk=test.pk).update(archived_at=test.archived_at or now, answers_deleted_at=now)
    return len(keys)


def _delete_references(test: Test, now: datetime) -> int:
    known = Candidate.objects.of_test(test).exclude(private_reference="", name="")
    count: int = known.update(private_reference="", name="")
    AttendanceMark.objects.filter(candidate__test=test).forget_who()
    ImportedChange.objects.filter(candidate__test=test).forget_who()
    ImportedRemoval.objects.filter(source__test=test).forget_who()
    prepared = PreparedPerson.objects.of_test(test)
    prepared.waiting().delete()  # nobody of them can come any more
    prepared.forget_who()
    forget_who_asked(test)
    RosterSnapshot.objects.filter(connection__test=test).delete()
    brought = RosterEnrolment.objects.filter(test=test)
    keys = list(brought.exclude(identity=None).values_list("identity", flat=True))
    brought.delete()
    # what the source called them is kept as long as another test has them from there
    RosterIdentity.objects.filter(pk__in=keys, enrolments__isnull=True).delete()
    return count


def _end_one_time_users(test: Test, now: datetime) -> int:
    accounts = Candidate.objects.of_test(test).slip_accounts()
    able = User.objects.filter(pk__in=accounts, kind=User.Kind.ONE_TIME, is_active=True)
    keys = list(able.order_by("pk").values_list("pk", flat=True))
    end_logins(keys)
    return len(keys)


_DELETE: dict[RetentionKind, Callable[[Test, datetime], int]] = {
    RetentionKind.ANSWERS: _delete_answers,
    RetentionKind.PRIVATE_REFERENCES: _delete_references,
    RetentionKind.ONE_TIME_USERS: _end_one_time_users,
}
