"""Take a test: start, save, submit. The server's clock decides (D30)."""

import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.errors import Conflict, Refused
from candidates.lifecycle import versions
from candidates.models import Candidate, Session, Submission, Test, User
from candidates.signin.devices import name_of, sessions_in_use_and
from candidates.text import clock
from candidates.timing import end_of, is_over

# Characters, counted as code points with line ends of one character, by the page as well; about 150 printed pages.
MAX_ANSWER_LENGTH = 500_000
HEARTBEAT_EVERY = timedelta(seconds=30)  # saves come every five seconds: not each has to write a heartbeat


class Ended(Refused):
    """The candidate's own end has passed or the test is submitted: nothing more is accepted."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What the server holds after a save: its revision and when (UTC)."""

    revision: int
    saved_at: datetime


def answer_of(candidate: Candidate) -> Submission:
    """Return what is stored for a candidate; an empty answer for one who has not started."""
    return Submission.objects.filter(candidate=candidate).first() or Submission(candidate=candidate)


def start(*, candidate: Candidate, by: User | None = None) -> Candidate:
    """Start the test for the candidate; starting again changes nothing.

    `candidate` is as read for this request, with its test; `by` is the login that is used, None for the person's own.
    Raises Refused before the opening and where the test or the candidate is gone, Ended after the candidate's own end.
    """
    try:
        return _start(candidate, by, recorded=True)
    except audit.NotRecorded as error:
        # Once more without the audit row: a candidate does not wait for the audit. A savepoint around the row would
        # cost each of 1500 who start at once two statements.
        current = _start(candidate, by, recorded=False)
        audit.log_missing_row(audit.Action.STARTED, error)
        return current


def _start(candidate: Candidate, by: User | None, *, recorded: bool) -> Candidate:
    with transaction.atomic():
        now = timezone.now()
        _open_for_everybody(candidate.test, now)
        # Then lock the candidate: extra time and removal lock it too, so they wait, or are seen here.
        current = _locked(candidate)
        _refuse_ended(current, now)
        if current.started_at is None:
            Candidate.objects.filter(pk=current.pk).update(started_at=now, last_seen_at=now)
            # Under the candidate's lock nobody else makes the row; an existing one stays as it is.
            Submission.objects.bulk_create([Submission(candidate=current)], ignore_conflicts=True)
            current.started_at = now
            if recorded:
                audit.record(audit.Action.STARTED, by=by or current.user, test=current.test, count=1)
    candidate.started_at = current.started_at
    return current


@sensitive_variables("answer", "text", "saved", "new")
def save_answer(*, candidate: Candidate, answer: str, base_revision: int, device: str = "") -> Saved:
    """Store the answer as typed so far, if the page had the latest revision; `device` is the login that writes.

    `candidate` is as read for this request, with its test and submission. One conditional UPDATE: 1500 pages save every
    few seconds, and a save that locked or read first would delay the others. Every few minutes one more INSERT keeps
    the replaced text (lifecycle/versions.py). A submission at this moment writes the same row, so a save either comes
    before it or finds another revision.

    Raises Ended from the candidate's own end on, Conflict where another window or device has saved meanwhile, Refused
    for an answer that cannot be stored or a test that was not started.
    """
    _refuse_unstorable(answer)
    now = timezone.now()
    _refuse_not_started(candidate)
    _refuse_ended(candidate, now)
    still_open = Submission.objects.filter(candidate=candidate, revision=base_revision, handed_in_revision=None)
    stored, characters = candidate.submission, len(answer)
    new: dict[str, Any] = {"answer": answer, "characters": characters, "saved_at": now, "device": device}
    why = versions.why_due(stored, candidate=candidate, characters=characters, device=device, now=now)
    with transaction.atomic() if why else nullcontext():
        if why:
            new |= versions.keep(stored, revision=base_revision, why=why, now=now)
        changed = still_open.update(**new, revision=F("revision") + 1)
        if why and not changed:
            transaction.set_rollback(True)  # whoever was faster has kept a version
    if changed:
        note_seen(candidates=[candidate])
        return Saved(base_revision + 1, now)
    _refuse_ended(Candidate.objects.select_related("test").get(pk=candidate.pk), now)
    saved = Submission.objects.get(candidate=candidate)
    if saved.answer == answer:  # a retry after a lost response is no conflict
        return Saved(saved.revision, saved.saved_at or now)
    raise Conflict(_("Your answer was saved from another window or device meanwhile."), saved)


@sensitive_variables("answer", "text", "saved", "new")
def submit(*, candidate: Candidate, answer: str | None, base_revision: int, by: User | None = None) -> Candidate:
    """Submit the last saved answer; an unsaved `answer` of the page is saved first.

    `by` is the login that is used, None for the person's own: a one-time login may stand in for it.

    Raises Ended from the candidate's own end on (what was saved counts as handed in) and where it was submitted before,
    Conflict and Refused as `save_answer` does.
    """
    if answer is not None:
        _refuse_unstorable(answer)
    with transaction.atomic():
        # Lock the candidate: a submission in another window, or extra time given at this moment, waits.
        current = _locked(candidate)
        _refuse_not_started(current)
        now = timezone.now()
        _refuse_ended(current, now)
        saved = Submission.objects.select_for_update().get(candidate=current)
        text = saved.answer if answer is None else answer
        if saved.revision != base_revision and (answer is None or saved.answer != answer):
            raise Conflict(_("Your answer was changed in another window or on another device meanwhile."), saved)
        # The statement that stores the text also closes it: a save that waits for this row finds it handed in, also one
        # that guessed the next revision, and the digest always belongs to the stored text.
        digest, revision = digest_of(text), saved.revision + 1
        Submission.objects.filter(candidate=current).update(
            answer=text,
            characters=len(text),
            revision=revision,
            saved_at=saved.saved_at if text == saved.answer else now,
            handed_in_revision=revision,
            digest=digest,
        )
        Candidate.objects.filter(pk=current.pk).update(submitted_at=now, last_seen_at=now)
        current.submitted_at = now
        detail = {"submitted_at": now.isoformat(), "sha256": checksum(digest), "revision": revision}
        audit.record_if_possible(
            audit.Action.SUBMITTED, by=by or current.user, test=current.test, count=1, detail=detail
        )
    return current


def note_seen(*, candidates: Sequence[Candidate], logged_in: bool = False) -> None:
    """Write a heartbeat of these candidates' pages (Monitor: Online), at most twice a minute.

    `logged_in` also marks those whose test was activated after they had logged in.
    """
    now = timezone.now()
    late = [
        candidate.pk
        for candidate in candidates
        if candidate.last_seen_at is None
        or now - candidate.last_seen_at >= HEARTBEAT_EVERY
        or (logged_in and candidate.logged_in_at is None)
    ]
    also = {"logged_in_at": Coalesce("logged_in_at", now)} if logged_in else {}
    if late:
        Candidate.objects.update_in_order(late, last_seen_at=now, **also)


def digest_of(answer: str) -> str:
    """Return the SHA-256 of an answer, of its bytes in UTF-8, as 64 hex digits."""
    return hashlib.sha256(answer.encode()).hexdigest()


def checksum(digest: str) -> str:
    """Return the first 16 digits of a digest in groups of four, for comparing receipts."""
    return " ".join(digest[place : place + 4] for place in range(0, 16, 4))


def word_count(answer: str) -> int:
    """Return how many words an answer has, as the page counts them: split at spaces and line breaks."""
    return len(answer.split())


def _open_for_everybody(test: Test, now: datetime) -> None:
    """Set first_opened_at where this is the first candidate to start.

    Only the first start writes the test's row, so that 1500 starts do not queue for it. Deactivation is conditional on
    the same column: one of the two finds nothing to change. Raises Refused before the opening.
    """
    if now < test.window[0]:
        raise Refused(_("The test has not opened yet. The button to start comes when it opens."))
    if test.first_opened_at is None:
        unopened = Test.objects.filter(pk=test.pk, activated_at__isnull=False, first_opened_at__isnull=True)
        if (
            not unopened.filter(opens_at__lte=now).update(first_opened_at=now)
            and not Test.objects.filter(pk=test.pk, first_opened_at__isnull=False).exists()
        ):
            raise Refused(_("The test is not open. Ask the invigilator."))


def _locked(candidate: Candidate) -> Candidate:
    """Lock the candidate and return it with its test and user. Raises Refused where it was removed."""
    found = Candidate.objects.select_for_update(of=("self",)).select_related("test", "user").filter(pk=candidate.pk)
    current: Candidate | None = found.first()
    if current is None or current.test.activated_at is None:
        raise Refused(_("The test is not open. Ask the invigilator."))
    return current


def _refuse_not_started(candidate: Candidate) -> None:
    if candidate.started_at is None:
        raise Refused(_("You have not started the test. Nothing was saved."))


def _refuse_ended(candidate: Candidate, now: datetime) -> None:
    if candidate.submitted_at is not None:
        raise Ended(_("You have submitted already. Your submission is in the Archive."))
    if now >= end_of(candidate, candidate.test):
        raise Ended(_("Your time is over. What was saved before is handed in."))


@sensitive_variables("answer")
def _refuse_unstorable(answer: str) -> None:
    if len(answer) > MAX_ANSWER_LENGTH:
        words = _("The answer is too long by %(n)s: %(most)s characters are possible. Shorten it, then save again.")
        raise Refused(words % {"n": f"{len(answer) - MAX_ANSWER_LENGTH:,}", "most": f"{MAX_ANSWER_LENGTH:,}"})
    if "\x00" in answer:
        raise Refused(_("The answer contains a character that cannot be saved (NUL). Remove it."))


class WritesElsewhere(Refused):
    """Another device is the one that may write."""


@dataclass(frozen=True, slots=True)
class Devices:
    """The other devices on which a candidate is logged in now; `newest` is the one of them that may write, if any."""

    others: Sequence[Session]
    newest: Session | None


def devices_of(candidate: Candidate, *, session_key: str | None) -> Devices:
    """Return the other devices on which a candidate is logged in now, by one query."""
    found = sessions_in_use_and(session_key, candidate.user_id, candidate.one_time_login_id)
    others = [one for one in found if one.session_key != session_key]
    if not candidate.test.newest_device_writes or candidate.started_at is None or not others:
        return Devices(others, None)
    stored = candidate.submission

    def since(one: Session) -> datetime:
        taken_over = stored.writer_since if stored.writer == name_of(one.session_key) else None
        return max(filter(None, (one.logged_in_at, taken_over)))

    newest = max(found, key=since)
    return Devices(others, None if newest.session_key == session_key else newest)


def refuse_older(candidate: Candidate, *, session_key: str | None) -> None:
    """Raise WritesElsewhere where only the newest device may write, and this is an older one.

    No query without that setting. Candidates who have handed in, or whose time is over, are told that instead.
    """
    if not candidate.test.newest_device_writes or is_over(candidate, candidate.test, now=timezone.now()):
        return
    if newest := devices_of(candidate, session_key=session_key).newest:
        raise WritesElsewhere(elsewhere_sentence(newest))


def write_here(candidate: Candidate, *, session_key: str | None) -> None:
    """Make this device the one that may write, until another logs in or takes over; the answer stays as it is."""
    Submission.objects.filter(candidate=candidate, handed_in_revision=None).update(
        writer=name_of(session_key or ""), writer_since=timezone.now()
    )


def elsewhere_sentence(newest: Session) -> str:
    """Return what somebody on an older device is told."""
    words = _(
        "You logged in on another device after this one: %(device)s, %(time)s. Only that one writes now. What stands "
        "here is kept on this page. To go on here, press “Write here”."
    )
    return words % {"device": newest.device or _("Unknown device"), "time": clock(newest.logged_in_at)}
