"""Grade: when an answer may be read, and keep a mark (domain.md section 12)."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.lifecycle.errors import Refused
from candidates.lifecycle.stages import Stage, stage_of
from candidates.models import Candidate, Mark, Submission, Test, User


class Conflict(Refused):
    """Somebody saved a mark meanwhile; `stored` is what the server holds."""

    def __init__(self, sentence: str, stored: Mark) -> None:
        super().__init__(sentence)
        self.stored = stored


def is_readable(*, test: Test, started_at: datetime | None, submitted_at: datetime | None, now: datetime) -> bool:
    """Say whether graders see an answer as submitted: always handed in, but not always at once.

    What was submitted before the standard end is readable at once. What came later, or was handed in by the clock, is
    readable when the last candidate's end has passed: until then it would tell who has extra time, which graders are
    not to know (A1, "a report leaking by difference"). All times are UTC.
    """
    if started_at is None or test.ends_at is None:
        return False
    if submitted_at is not None and submitted_at < test.ends_at:
        return True
    return stage_of(test, now=now) == Stage.FINISHED


def answer_of(*, test: Test, public_id: str, now: datetime) -> str | None:
    """Return the answer of a candidate of the test, None while it may not be read."""
    row = (
        Submission.objects.filter(candidate__test=test, candidate__public_id=public_id)
        .values_list("candidate__started_at", "candidate__submitted_at", "answer")
        .first()
    )
    if row is None or not is_readable(test=test, started_at=row[0], submitted_at=row[1], now=now):
        return None
    return row[2]


def save_mark(
    *, test: Test, public_id: str, mark: Decimal | None, comment: str, seen: datetime | None, by: User
) -> None:
    """Keep a grader's mark and comment; `seen` is when the mark that the page showed was made, None for no mark.

    Raises Conflict where another grader has saved since, Refused while the answer may not be read. The audit holds
    the mark and not the comment.
    """
    with transaction.atomic():
        now = timezone.now()
        # The candidate's lock first: incident time, which may open the test again, and removal wait for it or are seen.
        row = (
            Candidate.objects.select_for_update()
            .filter(test=test, public_id=public_id)
            .values_list("pk", "started_at", "submitted_at")
            .first()
        )
        fresh = Test.objects.filter(pk=test.pk).with_longest_extra().first()
        if row is None or fresh is None or not is_readable(test=fresh, started_at=row[1], submitted_at=row[2], now=now):
            raise Refused(_("This candidate has not submitted, so there is nothing to mark. Nothing was saved."))
        if not _stored(row[0], mark, comment, seen, now, by):
            return
        audit.record(
            audit.Action.MARKED,
            by=by,
            test=test,
            count=1,
            detail={"candidate": public_id, "mark": None if mark is None else str(mark)},
        )


def _stored(candidate: int, mark: Decimal | None, comment: str, seen: datetime | None, now: datetime, by: User) -> bool:
    """Write the mark over the one that was seen; return False where it stands there already."""
    new = {"mark": mark, "comment": comment, "marked_by": by, "marked_at": now}
    if seen is None:
        # leans on the primary key: of two graders who mark first, one makes the row and the other finds it
        stored, made = Mark.objects.get_or_create(candidate_id=candidate, defaults=new)
        if made:
            return True
    else:
        # later than the one it replaces even if the clock was set back: this time is what the next grader has seen
        new["marked_at"] = max(now, seen + timedelta(microseconds=1))
        if Mark.objects.filter(candidate_id=candidate, marked_at=seen).update(**new):
            return True
        stored = Mark.objects.get(candidate_id=candidate)
    if (stored.mark, stored.comment) == (mark, comment):  # the mark came through but the answer did not: no conflict
        return False
    raise Conflict(_("Another grader saved a mark meanwhile. Your mark is not saved yet."), stored)
