"""The grades of a test's scale."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from candidates.models.tests import MAX_POINTS, Test

MAX_GRADE_LENGTH = 40  # characters
MAX_GRADES = 20  # of one scale


class ScaleGrade(models.Model):
    """One grade of a scale, the best one at position 0; written by lifecycle/scales.py alone, all of a test at once.

    `from_points` is where the grade begins. The lowest one has none, nor has any where graders give grades.
    """

    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="scale_grades", db_index=False)
    position = models.PositiveSmallIntegerField()
    word = models.CharField(max_length=MAX_GRADE_LENGTH)
    from_points = models.DecimalField(max_digits=6, decimal_places=2, null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["test", "position"], name="scale_grade_once_per_position"),
            models.UniqueConstraint(fields=["test", "word"], name="scale_grade_once"),
            # nulls are distinct to a unique constraint
            models.UniqueConstraint(fields=["test", "from_points"], name="scale_grade_begins_alone"),
            models.CheckConstraint(name="scale_grade_has_a_word", condition=~Q(word="")),
            models.CheckConstraint(name="scale_grade_position_known", condition=Q(position__lt=MAX_GRADES)),
            models.CheckConstraint(
                name="scale_grade_begins_in_bounds",
                condition=Q(from_points__isnull=True) | Q(from_points__gt=0, from_points__lte=MAX_POINTS),
            ),
        ]

    def __str__(self) -> str:
        return self.word
