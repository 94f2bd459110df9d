"""What candidates wrote, and what graders think of it."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.candidates import Candidate
from candidates.models.scales import MAX_GRADE_LENGTH
from candidates.models.tests import MAX_POINTS

# Versions that are kept of one answer; fewer of long ones, so that nobody uses more than some 20 MB.
MAX_VERSIONS, MAX_LONG_VERSIONS = 60, 10
MAX_DEVICE_LENGTH = 32
RESTORED = "restored"  # the device of an answer that a planner has restored
MAX_COMMENT_LENGTH = 10_000  # characters


class Submission(models.Model):
    """The answer of one candidate as it was last saved; `revision` counts whatever writes it.

    Every statement that writes the answer also increments `revision`. So an answer that was handed in cannot change:
    once `handed_in_revision` is set the database accepts no other revision.
    """

    candidate = models.OneToOneField(Candidate, primary_key=True, on_delete=models.CASCADE, related_name="submission")
    answer = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True, blank=True)
    # Set together with the candidate's `submitted_at`, never by the clock: handed in by the clock is derived.
    handed_in_revision = models.PositiveIntegerField(null=True, blank=True, editable=False)
    # SHA-256 of exactly what was handed in, 64 hex digits; what the receipt and the audit show the beginning of
    digest = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    # for a save to decide without reading the text whether a version is due
    characters = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    versions = models.PositiveIntegerField(default=0, db_default=0, editable=False)  # kept so far, also replaced ones
    version_at = models.DateTimeField(null=True, blank=True, editable=False)
    # which login wrote last, by its name (signin/devices.py); empty where that is not known
    device = models.CharField(max_length=MAX_DEVICE_LENGTH, blank=True, default="", db_default="", editable=False)

    # the login on which "Write here" was pressed last (lifecycle/sitting.py), and when
    writer = models.CharField(max_length=MAX_DEVICE_LENGTH, blank=True, default="", db_default="", editable=False)
    writer_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="submission_stays_as_handed_in",
                condition=Q(handed_in_revision__isnull=True) | Q(handed_in_revision=F("revision")),
            ),
            models.CheckConstraint(
                name="submission_digest_of_what_was_handed_in",
                condition=Q(handed_in_revision__isnull=True, digest="")
                | (Q(handed_in_revision__isnull=False) & ~Q(digest="")),
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.candidate_id}"


class AnswerVersion(models.Model):
    """An earlier revision of an answer, written only by lifecycle/versions.py; deleted with its submission."""

    class Why(models.TextChoices):
        """Why it was kept."""

        TIME = "time", _("From time to time")
        SHRINKS = "shrinks", _("Before a large part was deleted")
        DEVICE = "device", _("Before another device wrote")
        RESTORED = "restored", _("Before a version was put back")

    # no index of its own: the unique one begins with it
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="kept_versions", db_index=False)
    slot = models.PositiveSmallIntegerField()
    revision = models.PositiveIntegerField()
    answer = models.TextField(blank=True)
    characters = models.PositiveIntegerField()
    saved_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField()
    why = models.CharField(max_length=8, choices=Why)
    device = models.CharField(max_length=MAX_DEVICE_LENGTH, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["submission", "slot"], name="answer_version_once_per_slot"),
            models.CheckConstraint(name="answer_version_slot_known", condition=Q(slot__lt=MAX_VERSIONS)),
        ]

    def __str__(self) -> str:
        return f"answer {self.submission_id} at {self.revision}"


class Mark(models.Model):
    """A grader's mark and comment for one submission: points, or a grade of the test's scale, or neither yet."""

    candidate = models.OneToOneField(Candidate, primary_key=True, on_delete=models.CASCADE, related_name="mark")
    mark = models.DecimalField(
        _("Mark"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_POINTS)],
    )
    # A word of the scale as it was given; lifecycle/scales.py keeps words that were given in the scale.
    grade = models.CharField(max_length=MAX_GRADE_LENGTH, blank=True, default="", db_default="")
    comment = models.TextField(_("Comment"), blank=True)
    marked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="mark_in_bounds", condition=Q(mark__isnull=True) | Q(mark__gte=0, mark__lte=MAX_POINTS)
            ),
            models.CheckConstraint(name="mark_is_points_or_grade", condition=Q(mark__isnull=True) | Q(grade="")),
            models.CheckConstraint(
                name="mark_comment_in_bounds", condition=Q(LessThanOrEqual(Length("comment"), MAX_COMMENT_LENGTH))
            ),
        ]

    def __str__(self) -> str:
        return f"mark {self.candidate_id}"
