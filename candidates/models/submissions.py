"""What candidates wrote, and what graders think of it."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.candidates import Candidate

HIGHEST_MARK = 1000


class Submission(models.Model):
    """The answer of one candidate as it was last saved; `revision` counts the saves."""

    candidate = models.OneToOneField(Candidate, primary_key=True, on_delete=models.CASCADE, related_name="submission")
    answer = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"answer {self.candidate_id}"


class Mark(models.Model):
    """A grader's mark and comment for one submission."""

    candidate = models.OneToOneField(Candidate, primary_key=True, on_delete=models.CASCADE, related_name="mark")
    mark = models.DecimalField(
        _("Mark"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(HIGHEST_MARK)],
    )
    comment = models.TextField(_("Comment"), blank=True)
    marked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="mark_in_bounds", condition=Q(mark__isnull=True) | Q(mark__gte=0, mark__lte=HIGHEST_MARK)
            ),
        ]

    def __str__(self) -> str:
        return f"mark {self.candidate_id}"
