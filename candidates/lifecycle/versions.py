"""Earlier versions of an answer: kept now and then while a candidate writes, and restored by a planner.

A save keeps the text that it replaces where a version is due: up to 48 times over a candidate's own time and at most
every five minutes, before a large part is deleted, and before another device overwrites it. At most MAX_VERSIONS are
kept for each candidate, fewer of long texts; a new one replaces the oldest.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates import audit
from candidates.errors import Refused
from candidates.models import AnswerVersion, Candidate, Submission, User
from candidates.models.submissions import MAX_LONG_VERSIONS, MAX_VERSIONS, RESTORED
from candidates.timing import end_of

Why = AnswerVersion.Why

MIN_INTERVAL = timedelta(minutes=5)  # between two that are kept as time passes
VERSIONS_PER_SITTING = 48  # as time passes; the other slots are for large deletions and other devices
MIN_GAP = timedelta(seconds=30)  # between two for other reasons: nobody fills all slots within minutes
LARGE_DELETION = 500  # characters deleted at once
SMALL_DELETION = 50  # characters, where they are more than half of the text
LONG_TEXT = 50_000  # characters; of longer texts fewer versions are kept
MAX_ATTEMPTS = 5

KEEP = """
INSERT INTO candidates_answerversion
    (submission_id, slot, revision, answer, characters, saved_at, kept_at, why, device)
SELECT candidate_id, %s, revision, answer, characters, saved_at, %s, %s, device
FROM candidates_submission WHERE candidate_id = %s AND revision = %s AND handed_in_revision IS NULL
ON CONFLICT (submission_id, slot) DO UPDATE SET
    revision = excluded.revision, answer = excluded.answer, characters = excluded.characters,
    saved_at = excluded.saved_at, kept_at = excluded.kept_at, why = excluded.why, device = excluded.device
"""


def why_due(
    stored: Submission, *, candidate: Candidate, characters: int, device: str, now: datetime
) -> AnswerVersion.Why | None:
    """Return why a save of so many characters should keep the `stored` text as a version; None where it should not.

    `stored` and `candidate` are as read for the request, without the text: no further query is made.
    """
    started = candidate.started_at
    if not stored.characters or started is None:
        return None
    last = stored.version_at or started
    if now - last < MIN_GAP:
        return None
    gone = stored.characters - characters
    if gone >= LARGE_DELETION or (gone >= SMALL_DELETION and 2 * gone > stored.characters):
        return Why.SHRINKS
    if stored.device != device and stored.device:
        return Why.DEVICE
    # as time passes: less often for candidates who have more time
    interval = max(MIN_INTERVAL, (end_of(candidate, candidate.test) - started) / VERSIONS_PER_SITTING)
    return Why.TIME if now - last >= interval else None


def keep(stored: Submission, *, revision: int, why: AnswerVersion.Why, now: datetime) -> dict[str, Any]:
    """Keep the text of this revision as a version; return the columns that the following UPDATE must write too.

    In the transaction of that UPDATE, and before it: versions are locked before answers. Where the UPDATE finds
    another revision, the caller rolls both back.
    """
    slot = stored.versions % (MAX_VERSIONS if stored.characters <= LONG_TEXT else MAX_LONG_VERSIONS)
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [slot, at, why.value, stored.pk, revision])
    return {"versions": F("versions") + 1, "version_at": now}


def versions_of(candidate: Candidate) -> list[AnswerVersion]:
    """Return the kept versions of a candidate's answer, newest first."""
    return list(AnswerVersion.objects.filter(submission=candidate.pk).order_by("-revision"))


def version_of(candidate: Candidate, revision: int) -> AnswerVersion | None:
    """Return a kept version with its text; None where it is not kept any more."""
    return AnswerVersion.objects.filter(submission=candidate.pk, revision=revision).first()


@sensitive_variables("version")
def restore(*, candidate: Candidate, revision: int, reason: str, by: User) -> None:
    """Restore the version of this revision as the candidate's answer; the replaced text is kept as a version.

    The candidate's open page treats it like a change from another device, and keeps what is typed. Raises Refused
    where the version is gone, and once the candidate has handed in or the candidate's time is over.
    """
    with transaction.atomic():
        # Lock the candidate: a hand-in or a change of time at this moment waits, or is seen here.
        rows = Candidate.objects.select_for_update(of=("self",)).select_related("test")
        current: Candidate | None = rows.filter(pk=candidate.pk).first()
        reason_not = _("The candidate was removed from the test.") if current is None else why_not_restored(current)
        if current is None or reason_not:
            raise Refused(reason_not)
        version = version_of(current, revision)
        if version is None:
            raise Refused(_("This version is not kept any more. Nothing was changed."))
        # The page may save at any moment and takes no lock that we could wait for: try again where it was faster.
        attempts = (_replaced(current, version) for _attempt in range(MAX_ATTEMPTS))
        replaced = next((found for found in attempts if found is not None), None)
        if replaced is None:
            raise Refused(_("The candidate’s page saved at the same moment. Nothing was changed. Try again."))
        audit.record(
            audit.Action.VERSION_RESTORED,
            by=by,
            test=current.test,
            count=1,
            detail={
                "candidate": current.public_id,
                "revision": revision,
                "replaced_revision": replaced,
                "reason": reason,
            },
        )


def why_not_restored(candidate: Candidate) -> str:
    """Return why no version of this candidate's answer can be restored now, or nothing."""
    if candidate.test.activated_at is None:
        return _("The test is not activated. Nothing was changed.")
    if candidate.started_at is None:
        return _("The candidate has not started. Nothing was changed.")
    if candidate.submitted_at is not None:
        return _("The candidate has submitted. What was handed in stays as it is.")
    if timezone.now() >= end_of(candidate, candidate.test):
        return _("The candidate’s time is over. What is handed in stays as it is, unless incident time opens it again.")
    return ""


def _replaced(candidate: Candidate, version: AnswerVersion) -> int | None:
    """Replace the stored answer by the version; return the replaced revision, None where the page saved meanwhile."""
    now = timezone.now()
    stored = Submission.objects.defer("answer").get(pk=candidate.pk)
    with transaction.atomic():
        also = keep(stored, revision=stored.revision, why=Why.RESTORED, now=now)
        still_there = Submission.objects.filter(pk=stored.pk, revision=stored.revision, handed_in_revision=None)
        if still_there.update(
            answer=version.answer,
            characters=version.characters,
            revision=F("revision") + 1,
            saved_at=now,
            device=RESTORED,
            **also,
        ):
            return stored.revision
        transaction.set_rollback(True)
    return None
