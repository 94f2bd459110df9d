"""Tests and who works on them."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.ids import new_public_id

MAX_CANDIDATES = 1500  # docs/domain.md §2
MAX_TEST_NAME_LENGTH = 500  # docs/domain.md §2
MAX_WINDOW = timedelta(days=366)
# Far beyond what forms accept: whatever is calculated from the times of a test (extra time, hours of showing, time
# zones) stays a valid date in Python and in both databases.
FIRST_MOMENT, LAST_MOMENT = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
MAX_POINTS = 1000  # of one candidate
# Characters. A dashboard shows the information of every test.
MAX_INFORMATION_LENGTH = 10_000
MAX_QUESTIONS_LENGTH = 200_000
MAX_HALL_CONTACTS_LENGTH = 600  # five lines of the cover sheet


class TestQuerySet(models.QuerySet["Test"]):
    """Tests in the words of the field."""

    __test__ = False

    def with_role(self, user: User, *roles: str) -> "TestQuerySet":
        """Return the tests on which this person has one of these roles."""
        mine = Contributor.objects.filter(user=user, role__in=roles)
        return self.filter(pk__in=mine.values("test"))

    def activated(self) -> "TestQuerySet":
        return self.filter(activated_at__isnull=False)

    def in_use(self) -> "TestQuerySet":
        return self.filter(archived_at__isnull=True)

    def demos(self) -> "TestQuerySet":
        """Return the demo tests that candidates may try now."""
        return self.activated().filter(is_demo=True)

    def with_longest_extra(self) -> "TestQuerySet":
        """Annotate `longest_extra_seconds`: the largest extra time of a candidate, for the last effective end."""
        # an ordered sub-select of one row, answered by the index (test, -extra_seconds)
        longest = (
            self.model._meta.apps.get_model("candidates", "Candidate")
            .objects.filter(test=models.OuterRef("pk"))
            .order_by("-extra_seconds")
            .values("extra_seconds")[:1]
        )
        found = models.functions.Coalesce(models.Subquery(longest), 0, output_field=models.PositiveIntegerField())
        return self.annotate(longest_extra_seconds=found)


class Test(models.Model):
    """One sitting: a window, an optional duration, questions, candidates and contributors."""

    __test__ = False  # a model, not a test class (J9)

    class Scale(models.TextChoices):
        """What the results of a test say; the grades of all but POINTS are rows of ScaleGrade."""

        POINTS = "points", _("Points")
        LETTERS = "letters", _("A to F")
        PASS_FAIL = "pass", _("Pass or fail")
        WORDS = "words", _("Own words")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    name = models.CharField(_("Name"), max_length=MAX_TEST_NAME_LENGTH)
    information = models.TextField(_("Information for candidates"), blank=True)
    questions = models.TextField(_("Questions"), blank=True)
    opens_at = models.DateTimeField(_("Test opens"), null=True, blank=True)
    ends_at = models.DateTimeField(_("Test ends"), null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(_("Duration (minutes)"), null=True, blank=True)
    is_demo = models.BooleanField(_("Demo test"), default=False)
    # D25: the hours are in credentials/refusals.py
    invigilators_may_open_logins = models.BooleanField(_("Invigilators may open login details"), default=True)
    # off by default: it names people, which nothing else in the hall does (D19)
    invigilators_may_open_key_list = models.BooleanField(_("Invigilators may open the key list"), default=False)
    # whom to call from the hall, a line each; empty: those of the installation (HALL_CONTACTS)
    hall_contacts = models.CharField(
        _("Whom to call from the hall"), max_length=MAX_HALL_CONTACTS_LENGTH, blank=True, default="", db_default=""
    )
    # names, private references and SSO user IDs, in Monitor, at the door and in searches. Graders never see them.
    invigilators_see_names = models.BooleanField(_("Invigilators see names"), default=True, db_default=True)
    # The student system says that nobody may see their own code before the exam has been held (docs/domain.md E8).
    hides_candidate_ids = models.BooleanField(default=False, db_default=False, editable=False)
    newest_device_writes = models.BooleanField(_("Only the newest device may write"), default=False, db_default=False)
    # What the results say, written by lifecycle/scales.py alone, also while the test is activated.
    scale = models.CharField(max_length=8, choices=Scale, default=Scale.POINTS, db_default="points", editable=False)
    # off: graders give points, of which the scale makes grades
    graders_give_grades = models.BooleanField(default=False, db_default=False, editable=False)
    max_points = models.DecimalField(max_digits=6, decimal_places=2, null=True, editable=False)
    marks_due_on = models.DateField(null=True, editable=False)  # the day in the zone of the installation
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    activated_at = models.DateTimeField(null=True, blank=True, editable=False)
    activated_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    # Set once by the first candidate who starts; deactivation and this exclude each other by conditional updates.
    first_opened_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Places taken; written only when candidates are added or removed, by conditional updates (docs/decisions/0025).
    candidate_count = models.PositiveIntegerField(default=0, editable=False)
    # Highest all-digit Candidate ID that was ever on the test: the next generated number follows it (D1).
    last_number = models.PositiveIntegerField(default=0, editable=False)
    # Highest number that was ever a spare login: a removed one's slip may still lie in the hall.
    last_spare_number = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # Texts from before the limits stay as they are until somebody changes them.
    has_longer_texts = models.BooleanField(default=False, editable=False)
    # Archived: read-only, and not in lists of staff. Candidates keep their Archive.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Since then nobody can take or grade it: it stays archived.
    answers_deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = TestQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[Any]] = [F("opens_at").desc(nulls_last=True), "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="test_holds_1500", condition=Q(candidate_count__gte=0, candidate_count__lte=MAX_CANDIDATES)
            ),
            models.CheckConstraint(
                name="test_name_is_plain", condition=~Q(name="") & ~Q(name__contains="[") & ~Q(name__contains="]")
            ),
            models.CheckConstraint(
                name="test_ends_after_it_opens",
                # isnull is said outright: a comparison with NULL is unknown, and a check lets the unknown pass
                condition=Q(opens_at__isnull=True, ends_at__isnull=True, is_demo=True)
                | Q(opens_at__isnull=False, ends_at__isnull=False, ends_at__gt=F("opens_at")),
            ),
            # The databases express the length of a window differently: lifecycle/tests.py checks MAX_WINDOW.
            models.CheckConstraint(
                name="test_times_can_be_reckoned_with",
                condition=(Q(opens_at__isnull=True) | Q(opens_at__gte=FIRST_MOMENT))
                & (Q(ends_at__isnull=True) | Q(ends_at__lt=LAST_MOMENT)),
            ),
            models.CheckConstraint(
                name="test_duration_is_positive",
                condition=Q(duration_minutes__isnull=True) | Q(duration_minutes__gte=1, duration_minutes__lte=2880),
            ),
            models.CheckConstraint(
                name="test_demo_has_no_candidates", condition=Q(is_demo=False) | Q(candidate_count=0)
            ),
            models.CheckConstraint(
                name="test_opened_only_while_activated",
                condition=Q(first_opened_at__isnull=True) | Q(activated_at__isnull=False),
            ),
            models.CheckConstraint(
                name="test_texts_in_bounds",
                condition=Q(has_longer_texts=True)
                | (
                    Q(LessThanOrEqual(Length("information"), MAX_INFORMATION_LENGTH))
                    & Q(LessThanOrEqual(Length("questions"), MAX_QUESTIONS_LENGTH))
                ),
            ),
            models.CheckConstraint(
                name="test_archived_only_while_activated",
                condition=Q(archived_at__isnull=True) | Q(activated_at__isnull=False, ends_at__isnull=False),
            ),
            models.CheckConstraint(
                name="test_scale_known", condition=Q(scale__in=["points", "letters", "pass", "words"])
            ),
            models.CheckConstraint(
                name="test_grades_are_given_of_a_scale", condition=Q(graders_give_grades=False) | ~Q(scale="points")
            ),
            models.CheckConstraint(
                name="test_max_points_in_bounds",
                condition=Q(max_points__isnull=True) | Q(max_points__gt=0, max_points__lte=MAX_POINTS),
            ),
            models.CheckConstraint(
                name="test_marks_due_can_be_reckoned_with",
                condition=Q(marks_due_on__isnull=True)
                | Q(marks_due_on__gte=FIRST_MOMENT.date(), marks_due_on__lt=LAST_MOMENT.date()),
            ),
            models.CheckConstraint(
                name="test_without_answers_stays_archived",
                condition=Q(answers_deleted_at__isnull=True) | Q(archived_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_activated(self) -> bool:
        return self.activated_at is not None

    @property
    def places_left(self) -> int:
        return MAX_CANDIDATES - self.candidate_count

    @property
    def window_minutes(self) -> int:
        """Return the whole minutes from the opening to the standard end, 0 where there is no window."""
        if self.opens_at is None or self.ends_at is None:
            return 0
        return int((self.ends_at - self.opens_at).total_seconds() // 60)

    @property
    def percent_base_minutes(self) -> int:
        """Return what 100 % of extra time means: the duration, else the window (D12)."""
        return self.duration_minutes or self.window_minutes

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Return opening and standard end of a test that has them (every test but a demo test)."""
        assert self.opens_at is not None and self.ends_at is not None  # noqa: S101, PT018  held by test_ends_after_it_opens
        return self.opens_at, self.ends_at


class Contributor(models.Model):
    """A person with a role on one test; an invigilator has a row for each room, or one without a room for all rooms."""

    class Role(models.TextChoices):
        """What a contributor does on the test."""

        PLANNER = "planner", _("Planner")
        INVIGILATOR = "invigilator", _("Invigilator")
        GRADER = "grader", _("Grader")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="contributors")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contributions")
    role = models.CharField(max_length=12, choices=Role)
    # PROTECT: without the location its invigilators would see every room
    location = models.ForeignKey(
        "candidates.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["test", "user", "role", "location"], name="contributor_once_per_room"),
            # nulls are distinct to a unique constraint
            models.UniqueConstraint(
                fields=["test", "user", "role"],
                condition=Q(location__isnull=True),
                name="contributor_once_per_role",
            ),
            models.CheckConstraint(
                name="contributor_role_known", condition=Q(role__in=["planner", "invigilator", "grader"])
            ),
            models.CheckConstraint(
                name="contributor_location_is_for_invigilators",
                condition=Q(location__isnull=True) | Q(role="invigilator"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
