"""Sit a test: start, save, submit. The server's clock decides (D30)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.lifecycle.errors import Refused
from candidates.lifecycle.timing import effective_end
from candidates.models import Candidate, Submission, Test

LONGEST_ANSWER = 500_000  # characters; about 150 printed pages


class Ended(Refused):
    """The candidate's own end has passed or the test is submitted: nothing more is taken."""


class Conflict(Refused):
    """The answer was saved from elsewhere meanwhile; `saved` is what the server holds."""

    def __init__(self, sentence: str, saved: Submission) -> None:
        super().__init__(sentence)
        self.saved = saved


@dataclass(frozen=True, slots=True)
class Saved:
    """What the server holds after a save: its revision and when (UTC)."""

    revision: int
    saved_at: datetime


class Times(Protocol):
    """The times of a candidate: of a Candidate, or of a row of a list that was read without making models of it."""

    @property
    def started_at(self) -> datetime | None:
        """When the test was opened (UTC)."""

    @property
    def submitted_at(self) -> datetime | None:
        """When the candidate submitted (UTC)."""

    @property
    def logged_in_at(self) -> datetime | None:
        """When the candidate logged in first (UTC)."""

    @property
    def last_seen_at(self) -> datetime | None:
        """When a page of the candidate gave its last sign of life (UTC)."""

    @property
    def extra_minutes(self) -> int:
        """Planned extra time."""

    @property
    def incident_minutes(self) -> int:
        """Incident time."""


def end_of(candidate: Times, test: Test) -> datetime:
    """Return this candidate's effective end (UTC); with a duration and before the start it is the latest one."""
    return effective_end(
        test_ends_at=test.window[1],
        duration_minutes=test.duration_minutes,
        started_at=candidate.started_at,
        extra_minutes=candidate.extra_minutes,
        incident_minutes=candidate.incident_minutes,
    )


def start(*, candidate: Candidate) -> Candidate:
    """Open the test for the candidate; starting again changes nothing.

    Raises Refused before the opening, Ended after the candidate's own end.
    """
    with transaction.atomic():
        now = timezone.now()
        test = Test.objects.filter(pk=candidate.test_id, activated_at__isnull=False).first()
        if test is None:
            raise Refused(_("The test is not open. Ask the invigilator."))
        if now < test.window[0]:
            raise Refused(_("The test has not opened yet. The button to start comes when it opens."))
        if test.first_opened_at is None:
            # Only the first one writes the test's row, so that 1500 starts do not queue for it. Deactivation is
            # conditional on the same column: one of the two finds nothing to change.
            Test.objects.filter(pk=test.pk, activated_at__isnull=False, first_opened_at__isnull=True).update(
                first_opened_at=now
            )
            if not Test.objects.filter(pk=test.pk, first_opened_at__isnull=False).exists():
                raise Refused(_("The test is not open. Ask the invigilator."))
        # Then the candidate's row: extra time and removal lock it too, so they are seen here or wait.
        current = Candidate.objects.select_for_update(of=("self",)).filter(pk=candidate.pk).first()
        if current is None:
            raise Refused(_("The test is not open. Ask the invigilator."))
        if current.submitted_at is not None or now >= end_of(current, test):
            raise Ended(_("The test has ended for you."))
        if current.started_at is None:
            Candidate.objects.filter(pk=current.pk).update(started_at=now, last_seen_at=now)
            Submission.objects.get_or_create(candidate=current)
            current.started_at = now
    return current


def save_answer(*, candidate: Candidate, answer: str, base_revision: int) -> Saved:
    """Store the answer as typed so far, on top of the revision that the page had.

    Raises Ended from the candidate's own end on, Conflict where another window or device has saved since, Refused for
    an answer that is too long or a test that was not started.
    """
    _refuse_unstorable(answer)
    with transaction.atomic():
        current = _locked(candidate)
        return _store(current, answer, base_revision)


def submit(*, candidate: Candidate, answer: str | None, base_revision: int) -> Candidate:
    """Hand in: save what the page holds, then close. Submitting twice changes nothing.

    Raises Ended from the candidate's own end on (what was saved is handed in then), Conflict and Refused as
    `save_answer` does.
    """
    if answer is not None:
        _refuse_unstorable(answer)
    with transaction.atomic():
        current = _locked(candidate)
        if answer is not None:
            _store(current, answer, base_revision)
        now = timezone.now()
        Candidate.objects.filter(pk=current.pk, submitted_at__isnull=True).update(submitted_at=now, last_seen_at=now)
        current.submitted_at = now
        audit.record(audit.Action.SUBMITTED, by=current.user, test=current.test, count=1)
    return current


def note_seen(*, candidate_ids: list[int]) -> None:
    """Remember that these candidates' pages are open (Monitor: Online)."""
    Candidate.objects.filter(pk__in=candidate_ids).update(last_seen_at=timezone.now())


def _locked(candidate: Candidate) -> Candidate:
    """Return the candidate's row locked, with its test.

    The lock makes a save and the submission of another window, or extra time given at this moment, wait for each other.
    """
    current = (
        Candidate.objects.select_for_update(of=("self",)).select_related("test", "user").filter(pk=candidate.pk).first()
    )
    if current is None or current.started_at is None or current.test.activated_at is None:
        raise Refused(_("The test is not open. Ask the invigilator."))
    if current.submitted_at is not None:
        raise Ended(_("You have submitted already. Your submission is in the Archive."))
    if timezone.now() >= end_of(current, current.test):
        raise Ended(_("Your time is over. What was saved is handed in."))
    return current


def _store(candidate: Candidate, answer: str, base_revision: int) -> Saved:
    now = timezone.now()
    changed = Submission.objects.filter(candidate=candidate, revision=base_revision).update(
        answer=answer, revision=F("revision") + 1, saved_at=now
    )
    if not changed:
        saved = Submission.objects.get(candidate=candidate)
        if saved.answer == answer:  # the answer came through but the receipt did not: a retry is no conflict
            return Saved(saved.revision, saved.saved_at or now)
        raise Conflict(_("Your answer was saved from another window or device meanwhile."), saved)
    Candidate.objects.filter(pk=candidate.pk).update(last_seen_at=now)
    return Saved(base_revision + 1, now)


def _refuse_unstorable(answer: str) -> None:
    if len(answer) > LONGEST_ANSWER:
        raise Refused(_("The answer is too long to be saved. At most 500,000 characters are possible."))
    if "\x00" in answer:
        raise Refused(_("The answer contains a character that cannot be saved (NUL). Remove it."))
