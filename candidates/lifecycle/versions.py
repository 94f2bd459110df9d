"""Earlier versions of an answer: kept thinly while somebody writes, and put back by a planner.

A save keeps what stood there before, where that is due: some 48 times over a candidate's own time and not more often
than every five minutes, before a large part is deleted, and before another device writes over it. Nothing is kept at
handing in: what was handed in is kept itself. At most MOST_VERSIONS for each candidate, the newest in the place of the
oldest; long texts share fewer places.
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
from candidates.models.submissions import MOST_LONG_VERSIONS, MOST_VERSIONS, RESTORED
from candidates.timing import end_of

Why = AnswerVersion.Why

NOT_MORE_OFTEN = timedelta(minutes=5)
OVER_THE_TIME = 48  # versions over a candidate's own time; the other places are for large deletions and devices
APART = timedelta(seconds=30)  # between two for other reasons: nobody fills all places within minutes
LARGE = 500  # characters that are gone at once
SOME = 50  # of a short text, where they are more than half of it
LONG = 50_000  # characters from which on a text is long
TRIES = 5

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
    """Return why a save of so many characters keeps what is `stored` before it; None where it does not.

    `stored` and `candidate` are as read for the request, without the text: nothing more is asked of the database.
    """
    last = stored.version_at or candidate.started_at
    if not stored.characters or last is None or now - last < APART:
        return None
    gone = stored.characters - characters
    if gone >= LARGE or (gone >= SOME and 2 * gone > stored.characters):
        return Why.SHRINKS
    if stored.device != device and stored.device:
        return Why.DEVICE
    return Why.TIME if now - last >= _interval(candidate) else None


def keep(stored: Submission, *, revision: int, why: AnswerVersion.Why, now: datetime) -> dict[str, Any]:
    """Keep the text of this revision as a version; return what the UPDATE that follows writes as well.

    In the transaction of that UPDATE, and before it: who writes an answer and keeps a version takes the place of the
    version first. Where the UPDATE finds another revision all of it is to be rolled back.
    """
    slot = stored.versions % (MOST_VERSIONS if stored.characters <= LONG else MOST_LONG_VERSIONS)
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [slot, at, why.value, stored.pk, revision])
    return {"versions": F("versions") + 1, "version_at": now}


@sensitive_variables("version")
def restore(*, candidate: Candidate, revision: int, reason: str, by: User) -> None:
    """Make the kept version of this revision the candidate's answer; what stood there is kept as a version.

    The candidate's open page learns of it as of a change from another device, and keeps what is typed. Raises Refused
    where the version is not there any more, and once the candidate has handed in or the own time is over.
    """
    with transaction.atomic():
        # The candidate's lock: a hand-in at this moment, or a change of its time, is seen here or waits.
        rows = Candidate.objects.select_for_update(of=("self",)).select_related("test")
        current: Candidate | None = rows.filter(pk=candidate.pk).first()
        reason_not = _("The candidate was removed from the test.") if current is None else why_not_restored(current)
        if current is None or reason_not:
            raise Refused(reason_not)
        version = AnswerVersion.objects.filter(submission=current.pk, revision=revision).first()
        if version is None:
            raise Refused(_("This version is not kept any more. Nothing was changed."))
        # The page saves at any moment and holds no lock that we could wait for: so tried again where it was faster.
        replaced = next((found for _try in range(TRIES) if (found := _replaced(current, version)) is not None), None)
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
    """Return why no version of this candidate's answer can be put back now, or nothing."""
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
    """Put the version in the place of what is stored; return the revision that stood there, None where it moved on."""
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


def _interval(candidate: Candidate) -> timedelta:
    """Return how far apart versions are kept as time passes: wider apart where somebody has longer."""
    if candidate.started_at is None:
        return NOT_MORE_OFTEN
    return max(NOT_MORE_OFTEN, (end_of(candidate, candidate.test) - candidate.started_at) / OVER_THE_TIME)
