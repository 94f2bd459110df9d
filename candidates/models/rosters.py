"""Student systems: the exam that a test takes its candidates from, the last look at it, and whom it brought."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models.accounts import MAX_SSO_LENGTH, User
from candidates.models.candidates import Candidate
from candidates.models.ids import new_public_id
from candidates.models.imported import ImportedRemoval
from candidates.models.tests import Test

MAX_SLUG_LENGTH = 50
MAX_SOURCE_KEY_LENGTH = 255
"""Characters of a source's own id of an exam or a person."""
MAX_TITLE_LENGTH = 500
MAX_ERROR_LENGTH = 1000
MAX_ENROLMENTS = 5000
"""People of one exam: more than a test holds, so that a plan can say who finds no place."""


class RosterState(models.Model):
    """How one student system of the settings is doing; its secrets and addresses stand in the settings alone."""

    source = models.CharField(max_length=MAX_SLUG_LENGTH, primary_key=True)
    answered_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=MAX_ERROR_LENGTH, blank=True)
    failures_in_a_row = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    # It refuses our certificate, key or password: nobody asks again by itself until somebody has tested it.
    is_stopped = models.BooleanField(default=False)
    marker = models.CharField(max_length=1000, blank=True)  # of the last hints, in the source's own words
    hints_due_at = models.DateTimeField(default=timezone.now)
    # who asks for hints, and until when others keep away
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="roster_state_is_named", condition=~Q(source="")),
            models.CheckConstraint(
                name="roster_failures_say_why",
                condition=Q(failures_in_a_row=0, last_error="", failing_since__isnull=True, is_stopped=False)
                | (Q(failures_in_a_row__gte=1, failing_since__isnull=False) & ~Q(last_error="")),
            ),
            models.CheckConstraint(
                name="roster_state_lease_ends",
                condition=Q(lease="", leased_until__isnull=True) | (~Q(lease="") & Q(leased_until__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.source


class RosterConnection(models.Model):
    """The exam of a student system that a test takes its candidates from. Without this row it takes none."""

    test = models.OneToOneField(Test, primary_key=True, on_delete=models.CASCADE, related_name="roster")
    source = models.CharField(max_length=MAX_SLUG_LENGTH, db_index=True)
    exam_key = models.CharField(max_length=MAX_SOURCE_KEY_LENGTH)
    # what the exam was when it was chosen: {field of source.Exam: value}
    exam = models.JSONField(default=dict)
    title = models.CharField(max_length=MAX_TITLE_LENGTH)
    connected_at = models.DateTimeField(default=timezone.now)
    connected_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # The worker applies what joins and changes, and with the second what leaves too; never past a doubt or the brake.
    applies_itself = models.BooleanField(default=False)
    removes_itself = models.BooleanField(default=False)
    looked_at = models.DateTimeField(null=True)  # the last time that the source answered whole
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=MAX_ERROR_LENGTH, blank=True)  # "" once it has answered again
    applied_at = models.DateTimeField(null=True)
    # why nothing was applied by itself at the last look, "" where nothing stood against it
    held_up = models.CharField(max_length=MAX_ERROR_LENGTH, blank=True)
    next_look_at = models.DateTimeField(default=timezone.now)
    # who looks, and until when others keep away
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_look_at"], name="roster_next_look"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="roster_connection_is_named", condition=~Q(source="") & ~Q(exam_key="") & ~Q(title="")
            ),
            models.CheckConstraint(
                name="roster_removes_only_what_it_applies", condition=Q(removes_itself=False) | Q(applies_itself=True)
            ),
            models.CheckConstraint(
                name="roster_error_has_a_time", condition=Q(last_error="") | Q(failed_at__isnull=False)
            ),
            models.CheckConstraint(
                name="roster_lease_ends",
                condition=Q(lease="", leased_until__isnull=True) | (~Q(lease="") & Q(leased_until__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.title}"


class RosterSnapshot(models.Model):
    """Everybody of the exam at the last whole answer. It goes with the test's end; there is never an older one."""

    connection = models.OneToOneField(
        RosterConnection, primary_key=True, on_delete=models.CASCADE, related_name="snapshot"
    )
    taken_at = models.DateTimeField(default=timezone.now)
    # {field of source.Exam: value} and, for each person, the values of source.Enrolment that are told
    exam = models.JSONField(default=dict)
    people = models.JSONField(default=list)
    notices = models.JSONField(default=list)
    doubts = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="roster_snapshot_in_bounds", condition=Q(count__lte=MAX_ENROLMENTS)),
        ]

    def __str__(self) -> str:
        return f"{self.count} of {self.connection_id}"


class RosterIdentity(models.Model):
    """A person by what a claim of an SSO setup says of them: the account is theirs, and nobody has logged in yet.

    At the first login with that claim the account becomes that of the SSO user ID, and stays so. `refused_at` is
    when another account last came with the same claim.
    """

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    authentication_type = models.CharField(max_length=50)
    claim = models.CharField(max_length=100)
    login = models.CharField(max_length=MAX_SSO_LENGTH)
    login_key = models.CharField(max_length=MAX_SSO_LENGTH)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="roster_identities")
    bound_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-refused_at"], condition=Q(refused_at__isnull=False), name="roster_identity_refused"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["authentication_type", "claim", "login_key"], name="roster_identity_once_per_claim"
            ),
            models.CheckConstraint(
                name="roster_identity_is_named",
                condition=~Q(authentication_type="") & ~Q(claim="") & ~Q(login="") & ~Q(login_key=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authentication_type}: {self.claim}"


class RosterEnrolment(models.Model):
    """Somebody whom a student system brought to a test, by the source's own lasting id.

    `told` is what the source said when it was last applied: {field: value}. A field whose value on the candidate is
    another one is owned here, and the source leaves it alone. The row outlives the candidate, so that who comes
    back gets the same place.
    """

    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="enrolments")
    source = models.CharField(max_length=MAX_SLUG_LENGTH)
    source_key = models.CharField(max_length=MAX_SOURCE_KEY_LENGTH)
    candidate = models.OneToOneField(
        Candidate, null=True, on_delete=models.SET_NULL, related_name="enrolment", editable=False
    )
    identity = models.ForeignKey(RosterIdentity, null=True, on_delete=models.SET_NULL, related_name="enrolments")
    # what it takes to bring back who left
    removal = models.ForeignKey(ImportedRemoval, null=True, on_delete=models.SET_NULL, related_name="+")
    told = models.JSONField(default=dict)
    # in the source's own words: [[kind, value], …]; minutes are reckoned from it
    accommodations = models.JSONField(default=list)
    # on the test and no longer at the source: has started, so stays
    withdrawn_at = models.DateTimeField(null=True)
    came_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["test", "source", "source_key"], name="roster_enrolment_once_per_test"),
            models.CheckConstraint(name="roster_enrolment_is_named", condition=~Q(source="") & ~Q(source_key="")),
        ]

    def __str__(self) -> str:
        return f"{self.source} on {self.test_id}"
