"""The scale of a test: what points are worth, which grades there are, when marks are due (docs/domain.md §12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.candidate_ids import candidate_key
from candidates.errors import Conflict, Refused
from candidates.lifecycle.tests import archived_sentence
from candidates.models import Mark, ScaleGrade, Test, User
from candidates.models.tests import MAX_POINTS
from candidates.text import plain_number

LETTERS = ("A", "B", "C", "D", "E", "F")


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade and the points from which it is given; None for the lowest, and for all where graders give grades."""

    word: str
    from_points: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """How a test is marked; `grades` from the best to the lowest, none where results are points."""

    kind: Test.Scale = Test.Scale.POINTS
    graders_give_grades: bool = False
    max_points: Decimal | None = None
    marks_due_on: date | None = None
    grades: tuple[Grade, ...] = ()

    @property
    def most_points(self) -> Decimal:
        """Return the most points that a grader may give."""
        return Decimal(MAX_POINTS) if self.max_points is None else self.max_points

    @property
    def words(self) -> list[str]:
        """Return the grades from the best to the lowest."""
        return [grade.word for grade in self.grades]

    def grade_of(self, points: Decimal | None, given: str = "") -> str:
        """Return the grade: the given one, or the first whose points are reached; empty for neither."""
        if given or points is None:
            return given
        # marks in points stay what they are where graders now give grades
        if self.graders_give_grades:
            return ""
        reached = (grade.word for grade in self.grades if grade.from_points is None or points >= grade.from_points)
        return next(reached, "")

    @property
    def fingerprint(self) -> str:
        """Return a short hash, by which a page says what it showed."""
        return sha256(repr(_plain(self)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def scale_of(test: Test) -> Scale:
    """Return the scale of a test, by one query where there are grades."""
    kind = Test.Scale(test.scale)
    rows = ScaleGrade.objects.filter(test=test).values_list("word", "from_points") if kind != kind.POINTS else ()
    return Scale(
        kind=kind,
        graders_give_grades=test.graders_give_grades,
        max_points=test.max_points,
        marks_due_on=test.marks_due_on,
        grades=tuple(Grade(word, points) for word, points in rows),
    )


def change_scale(*, test: Test, scale: Scale, seen: str, by: User) -> bool:
    """Store the scale of a test, at any time while it is not archived; return False for no change.

    `seen` is the fingerprint of the scale that the page showed. Raises Conflict where somebody else changed it
    meanwhile, Refused where marks that are given would not fit: marks stay what they are.
    """
    _refuse_impossible(scale)
    with transaction.atomic():
        # Lock the test first, as whoever saves a mark does: no mark arrives between check and write that the new
        # scale does not have.
        current = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if current.archived_at is not None:
            raise Refused(archived_sentence())
        old = scale_of(current)
        if old == scale:
            return False
        if old.fingerprint != seen:
            raise Conflict(_("Somebody else changed the scale meanwhile. Yours is not saved yet."), old)
        _refuse_misfit(current, scale)
        Test.objects.filter(pk=current.pk).update(
            scale=scale.kind,
            graders_give_grades=scale.graders_give_grades,
            max_points=scale.max_points,
            marks_due_on=scale.marks_due_on,
        )
        if old.grades != scale.grades:
            store_grades(current, scale.grades)
        detail = {"old": _plain(old), "new": _plain(scale)}
        audit.record(audit.Action.SCALE_CHANGED, by=by, test=current, detail=detail)
    return True


def store_grades(test: Test, grades: Sequence[Grade]) -> None:
    """Replace the grades of a test, whose row is locked; also for a test that is made as a copy."""
    ScaleGrade.objects.filter(test=test).delete()
    ScaleGrade.objects.bulk_create(
        ScaleGrade(test=test, position=position, word=grade.word, from_points=grade.from_points)
        for position, grade in enumerate(grades)
    )


def _refuse_impossible(scale: Scale) -> None:
    """Refuse grades that no form lets through, so that none is stored by another way either."""
    begins = [grade.from_points for grade in scale.grades]
    if scale.graders_give_grades or not scale.grades:
        fits = not any(begins)
    else:
        upper = [points for points in begins[:-1] if points is not None]
        fits = begins[-1] is None and len(upper) == len(begins) - 1
        fits = fits and upper == sorted(set(upper), reverse=True) and all(0 < one <= scale.most_points for one in upper)
    named = [candidate_key(word) for word in scale.words]
    least = 0 if scale.kind == Test.Scale.POINTS else 2
    if not fits or len(set(named)) != len(named) or (len(named) < least) or (not least and named):
        raise Refused(_("These grades do not fit together. Load the page again. Nothing was changed."))


def _refuse_misfit(test: Test, scale: Scale) -> None:
    marks = Mark.objects.filter(candidate__test=test)
    if scale.graders_give_grades:
        given = marks.filter(mark__isnull=False).count()
        if given:
            raise Refused(
                ngettext(
                    "%(n)d candidate is marked in points already, so graders go on giving points. Nothing was changed.",
                    "%(n)d candidates are marked in points already, so graders go on giving points. "
                    "Nothing was changed.",
                    given,
                )
                % {"n": given},
                about="graders_give_grades",
            )
        _refuse_missing_words(test, scale)
        return
    given = marks.exclude(grade="").count()
    if given:
        raise Refused(
            ngettext(
                "%(n)d candidate has a grade that a grader gave, so graders go on giving grades. Nothing was changed.",
                "%(n)d candidates have grades that graders gave, so graders go on giving grades. Nothing was changed.",
                given,
            )
            % {"n": given},
            about="graders_give_grades",
        )
    highest = marks.filter(mark__gt=scale.most_points).order_by("-mark").values_list("mark", flat=True).first()
    if highest is not None:
        raise Refused(
            _("Somebody has %(points)s points already. Write that or more. Nothing was changed.")
            % {"points": plain_number(highest)},
            about="max_points",
        )


def _refuse_missing_words(test: Test, scale: Scale) -> None:
    given = Mark.objects.filter(candidate__test=test).exclude(grade="").exclude(grade__in=scale.words)
    words = sorted(set(given.values_list("grade", flat=True)))
    if words:
        raise Refused(
            _("These grades are given already: %(words)s. Keep them in the scale. Nothing was changed.")
            % {"words": ", ".join(words)},
            about="words",
        )


def _plain(scale: Scale) -> dict[str, object]:
    """Return the scale for the audit."""
    return {
        "scale": str(scale.kind),
        "graders_give_grades": scale.graders_give_grades,
        "max_points": _points(scale.max_points),
        "marks_due_on": scale.marks_due_on.isoformat() if scale.marks_due_on else None,
        "grades": [[grade.word, _points(grade.from_points)] for grade in scale.grades],
    }


def _points(points: Decimal | None) -> str | None:
    return None if points is None else plain_number(points)
