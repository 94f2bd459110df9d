"""Look at the exams of connected tests: when a planner asks, and by itself until the test has ended."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.models import RosterConnection, RosterEnrolment, RosterSnapshot, RosterState, Test, User
from candidates.models.rosters import MAX_ERROR_LENGTH
from candidates.rosters.applying import apply_by_itself
from candidates.rosters.asking import ask, is_stopped
from candidates.rosters.connecting import hide_codes, is_over
from candidates.rosters.source import Snapshot, SourceError
from candidates.rosters.sources import setups
from candidates.rosters.stored import checked, store

LEASE = timedelta(minutes=5)
"""How long a look may take before another worker assumes that this one was killed."""
AGAIN_AFTER = timedelta(minutes=10)
"""When a source that failed is asked again, at the latest."""
HINTS_EVERY = timedelta(minutes=5)
MAX_AT_ONCE = 20
MAX_EXTRA = timedelta(days=15)
"""More than planned and incident time can be together."""
MAX_MARKER_LENGTH = 1000


def look_now(*, test: Test, by: User) -> RosterSnapshot:
    """Ask the source who is registered now; nobody joins or leaves by that.

    Raises SourceError with the last good look left as it is, and Refused where the test is not connected or over, or
    somebody is looking at this moment.
    """
    found = RosterConnection.objects.filter(test=test).select_related("test").first()
    if found is None:
        raise Refused(_("The test is not connected with a student system any more. Nothing was changed."))
    if is_over(test):
        raise Refused(_("The test has ended, so it takes no candidates any more."))
    if not _lease(found):
        raise Refused(_("The student system is being asked at this moment. Load this page again in some seconds."))
    return _look(found, by=by)


def work_on(source: str) -> None:
    """Ask a source what may have changed, and look at the exams that are due; one after the other."""
    ask_for_hints(source)
    while look_at_next(source):
        pass


def look_at_next(source: str) -> bool:
    """Look at the exam of a source that is due longest and that nobody looks at, and say whether there was one.

    What a planner has chosen to be applied by itself is applied then. A source that fails touches nothing.
    """
    now = timezone.now()
    setup = setups().get(source)
    if setup is None or setup["problems"] or is_stopped(source):
        return False
    due = RosterConnection.objects.filter(_free(now), next_look_at__lte=now, source=source)
    # a test that is over, by more than anybody's extra time may be, is not read at all
    due = due.filter(test__archived_at=None, test__ends_at__gt=now - MAX_EXTRA)
    for found in due.select_related("test").order_by("next_look_at")[:MAX_AT_ONCE]:
        if is_over(found.test):
            RosterConnection.objects.filter(pk=found.pk).update(next_look_at=now + timedelta(days=1))
        elif _lease(found):
            try:
                _look(found, by=None)
            except SourceError:
                return True  # kept, with its sentence
            apply_by_itself(found.test)
            return True
    return False


def ask_for_hints(source: str) -> int:
    """Ask a source with a feed what may have changed, so that it is looked at sooner; return how many tests.

    A hint is never applied itself, and a feed that fails changes nothing: the next look comes all the same.
    """
    now = timezone.now()
    setup = setups().get(source)
    used = RosterConnection.objects.filter(source=source, test__ends_at__gt=now)
    if setup is None or setup["problems"] or not used.exists():
        return 0
    RosterState.objects.bulk_create([RosterState(source=source)], ignore_conflicts=True)
    row = RosterState.objects.filter(source=source)
    every = min(timedelta(minutes=setup["every_minutes"]), HINTS_EVERY)
    # Closes the race of two workers: one of them moves the time on, and asks.
    if not row.filter(is_stopped=False, hints_due_at__lte=now).update(hints_due_at=now + every):
        return 0
    marker = row.values_list("marker", flat=True).get()
    try:
        hints = ask(source, lambda reader: reader.hints(marker))
    except SourceError:
        return 0
    if hints is None:
        row.update(hints_due_at=now + timedelta(days=1))
        return 0
    touched = RosterConnection.objects.filter(source=source, next_look_at__gt=now)
    if not hints.everything:
        touched = touched.filter(exam_key__in=hints.exams)
    sooner = touched.update(next_look_at=now)
    row.update(marker=hints.marker[:MAX_MARKER_LENGTH])
    return sooner


def forget_old_looks() -> int:
    """Delete the last looks of tests that are over; who was brought, and from where, stays on the test."""
    now = timezone.now()
    gone = 0
    old = RosterSnapshot.objects.filter(connection__test__ends_at__lte=now).select_related("connection__test")
    for one in old.defer("people"):
        if is_over(one.connection.test):
            gone += RosterSnapshot.objects.filter(pk=one.pk).delete()[0]
    return gone


def _free(now: object) -> Q:
    return Q(leased_until=None) | Q(leased_until__lte=now)


def _lease(found: RosterConnection) -> bool:
    """Take the look, and say whether nobody else has it."""
    now = timezone.now()
    found.lease = get_random_string(32)
    free = RosterConnection.objects.filter(_free(now), pk=found.pk, exam_key=found.exam_key)
    return bool(free.update(lease=found.lease, leased_until=now + LEASE))


def _look(found: RosterConnection, *, by: User | None) -> RosterSnapshot:
    """Ask, and store what came, outside of any transaction until it is there. Raises SourceError."""
    mine = RosterConnection.objects.filter(pk=found.pk, lease=found.lease)
    every = timedelta(minutes=setups().get(found.source, {"every_minutes": 60})["every_minutes"] or 60)
    done = {"lease": "", "leased_until": None}
    try:
        snapshot = checked(ask(found.source, lambda reader: reader.snapshot(found.exam_key)))
    except SourceError as error:
        now = timezone.now()
        said = str(error)[:MAX_ERROR_LENGTH]
        mine.update(**done, failed_at=now, last_error=said, next_look_at=now + min(every, AGAIN_AFTER))
        raise
    now = timezone.now()
    with transaction.atomic():
        # first the test, as whoever connects or applies: marks are put on its people
        test = Test.objects.select_for_update(no_key=True).get(pk=found.pk)
        # Whoever connected another exam meanwhile has taken the lease away: this answer is about the one before.
        if not mine.update(**done, looked_at=now, last_error="", next_look_at=now + every):
            raise SourceError(_("The test was connected with another exam meanwhile. Look again."))
        stored = store(snapshot, test=found.pk)
        if snapshot.exam.hides_codes:
            hide_codes(test, snapshot.exam)  # an answer that lacks the word shows nobody's code: who connects does that
        _mark_withdrawn(found, snapshot)
        detail = {"source": found.source, "exam": found.exam_key}
        audit.record(audit.Action.ROSTER_LOOKED, by=by, test=found.test, count=len(snapshot.enrolments), detail=detail)
    return stored


def _mark_withdrawn(found: RosterConnection, snapshot: Snapshot) -> None:
    """Mark who is on the test and no longer registered, and take the mark from who is again."""
    there = {one.key for one in snapshot.enrolments if not one.is_withdrawn}
    if not there:
        return  # an empty list is a question to a person
    theirs = RosterEnrolment.objects.filter(test_id=found.pk, source=found.source)
    on_test = theirs.filter(candidate__isnull=False).values_list("pk", "source_key", "withdrawn_at")
    left = [pk for pk, key, at in on_test if key not in there and at is None]
    back = [pk for pk, key, at in on_test if key in there and at is not None]
    for keys, at in ((left, timezone.now()), (back, None)):
        for start in range(0, len(keys), 500):
            theirs.filter(pk__in=keys[start : start + 500]).update(withdrawn_at=at)
