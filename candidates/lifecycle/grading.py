"""Grade: when an answer may be read, and keep a mark (docs/domain.md §12)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Conflict, Refused
from candidates.lifecycle.scales import Scale, scale_of
from candidates.models import Candidate, Contributor, Mark, Submission, Test, User
from candidates.text import plain_number
from candidates.timing import Stage, stage_of


def is_readable(*, test: Test, started_at: datetime | None, submitted_at: datetime | None, now: datetime) -> bool:
    """Say whether graders see an answer as submitted: always handed in, but not always at once.

    What was submitted before the standard end is readable at once. What came later, or was handed in by the clock, is
    readable when the last candidate's end has passed: until then it would tell who has extra time, which graders are
    not to know (docs/fault-cases.md A1). All times are UTC.
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


def read_answer(*, test: Test, public_id: str, by: User, now: datetime) -> str | None:
    """Return the answer of a candidate for a grader, recorded once for some hours; None while it may not be read.

    Raises NotRecorded where the audit takes no row: then it is not read.
    """
    found = answer_of(test=test, public_id=public_id, now=now)
    if found is not None:
        audit.record_once(audit.Action.ANSWER_READ, by=by, test=test, detail={"candidates": [public_id]})
    return found


def save_mark(
    *,
    test: Test,
    public_id: str,
    mark: Decimal | None,
    comment: str,
    seen: datetime | None,
    by: User,
    grade: str = "",
    own_only: bool = False,
) -> None:
    """Keep a grader's mark and comment; `seen` is when the mark that the page showed was made, None for no mark.

    The mark is points, or a `grade` of the scale where graders give grades. With `own_only` another grader's mark is
    not replaced, even where it was seen: that is asked about first. Raises Conflict then and where another mark was
    saved since, Refused while the answer may not be read, and for a mark that the scale does not have. The audit holds
    the mark, the one before it, and not the comment.
    """
    with transaction.atomic():
        now = timezone.now()
        # Lock the test first, as whoever changes its scale does: a scale never loses a grade that arrives meanwhile.
        locked = Test.objects.filter(pk=test.pk).with_longest_extra()
        fresh = locked.select_for_update(of=("self",), no_key=True).first()
        # Then the candidate: incident time, which may reopen the test, and removal wait, or are seen here, and of
        # two simultaneous graders the second sees what the first has written.
        row = (
            Candidate.objects.select_for_update()
            .filter(test=test, public_id=public_id)
            .values_list("pk", "started_at", "submitted_at")
            .first()
        )
        if row is None or fresh is None or not is_readable(test=fresh, started_at=row[1], submitted_at=row[2], now=now):
            raise Refused(_("This candidate has not submitted, so there is nothing to mark. Nothing was saved."))
        _refuse_outside(scale_of(fresh), mark, grade)
        stored = Mark.objects.filter(candidate_id=row[0]).first()
        if stored is not None and (stored.mark, stored.grade, stored.comment) == (mark, grade, comment):
            return  # a retry after a lost response, or no change
        if stored is not None:
            _refuse_unseen(stored, seen=seen, by=by, own_only=own_only)
            # later than the replaced time even if the clock was set back: the next grader's page shows this time
            now = max(now, stored.marked_at + timedelta(microseconds=1))
        new = Mark(candidate_id=row[0], mark=mark, grade=grade, comment=comment, marked_by=by, marked_at=now)
        new.save(force_insert=stored is None)
        audit.record(audit.Action.MARKED, by=by, test=test, count=1, detail=_detail(public_id, stored, new))


class GivenMark(NamedTuple):
    """A mark with whoever gave it, as planners see it."""

    points: Decimal | None
    grade: str
    comment: str
    by: str
    at: datetime


def marks_of(test: Test) -> dict[str, GivenMark]:
    """Return the marks of a test, by the public ids of its candidates; one query."""
    columns = (
        "candidate__public_id",
        "mark",
        "grade",
        "comment",
        "marked_by__name",
        "marked_by__username",
        "marked_at",
    )
    rows = Mark.objects.filter(candidate__test=test).values_list(*columns)
    return {
        public_id: GivenMark(points, grade, comment, name or username or "", at)
        for public_id, points, grade, comment, name, username, at in rows
    }


def graders_of(test: Test) -> list[str]:
    """Return the names of who grades a test."""
    graders = Contributor.objects.filter(test=test, role=Contributor.Role.GRADER).select_related("user")
    return [str(one.user) for one in graders]


def spare_logins_of(test: Test) -> set[str]:
    """Return the public ids of the spare logins of a test."""
    return set(test.candidates.filter(is_spare=True).values_list("public_id", flat=True))


class Graded(NamedTuple):
    """How many answers of a test can be marked now and are not, and how many marks there are."""

    to_grade: int
    marked: int

    @property
    def total(self) -> int:
        return self.to_grade + self.marked


def graded_of(tests: Iterable[Test], *, now: datetime) -> dict[int, Graded]:
    """Return how far the grading of each test is, by its key; one query for all, which agrees with is_readable."""
    tests = list(tests)
    over = [test.pk for test in tests if stage_of(test, now=now) == Stage.FINISHED]
    readable = Q(started_at__isnull=False) & (Q(submitted_at__lt=F("test__ends_at")) | Q(test__in=over))
    marked = Q(mark__mark__isnull=False) | Q(mark__grade__gt="")
    unmarked = Q(mark__mark__isnull=True) & (Q(mark__grade="") | Q(mark__grade__isnull=True))
    rows = Candidate.objects.filter(test__in=tests).people().order_by().values_list("test_id")
    counted = rows.annotate(to_grade=Count("pk", filter=readable & unmarked), marked=Count("pk", filter=marked))
    return {key: Graded(*figures) for key, *figures in counted}


def _refuse_outside(scale: Scale, mark: Decimal | None, grade: str) -> None:
    """Refuse what the scale does not have; the page showed what it has, so somebody changed it meanwhile."""
    if scale.graders_give_grades:
        fits = mark is None and (not grade or grade in scale.words)
    else:
        fits = not grade and (mark is None or mark <= scale.most_points)
    if not fits:
        raise Refused(_("A planner has changed the scale meanwhile. Choose the mark again. Nothing was saved."))


def _refuse_unseen(stored: Mark, *, seen: datetime | None, by: User, own_only: bool) -> None:
    if stored.marked_at != seen:
        mine = stored.marked_by_id == by.pk
        said = _("You saved a mark from another window meanwhile.") if mine else _("Another grader saved a mark.")
        raise Conflict(said, stored)
    if own_only and stored.marked_by_id != by.pk:
        raise Conflict(_("This mark is another grader’s."), stored)


def _detail(public_id: str, stored: Mark | None, new: Mark) -> dict[str, object]:
    """Return what the audit keeps: whose answer, the mark, what was there before, and whether it was another's."""
    detail: dict[str, object] = {"candidate": public_id, "mark": mark_words(new.mark, new.grade) or None}
    if stored is not None:
        detail["was"] = mark_words(stored.mark, stored.grade) or None
        detail["of_another"] = stored.marked_by_id != new.marked_by_id
    return detail


def mark_words(mark: Decimal | None, grade: str) -> str:
    """Return a mark as a grader gave it: 24, 24.5, B; empty for none."""
    return grade or plain_number(mark)
