"""The files that a customer's registry gives of permanent users, and imports of them: waiting, running and done."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.ids import new_public_id
from candidates.models.imports import MAX_FILE_NAME_LENGTH
from candidates.models.permanent_users import PermanentUserList


class UserFileFormat(models.Model):
    """Which columns a file of permanent users has, in which order: data of the customer, edited in the product."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    name = models.CharField(_("Name"), max_length=100)
    has_header = models.BooleanField(_("The first row holds headings"), default=True)
    # offered first; the database lets one at most be it
    is_default = models.BooleanField(_("Use it unless somebody chooses another"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["name"], name="user_file_format_name_once"),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="user_file_format_one_default"
            ),
            models.CheckConstraint(name="user_file_format_is_named", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class UserFileColumn(models.Model):
    """One column of a format: what it holds, how the customer heads it ("" for our own heading), if it is required."""

    class Holds(models.TextChoices):
        """What a column holds."""

        FIRST_NAME = "first_name", _("First name")
        LAST_NAME = "last_name", _("Last name")
        USERNAME = "username", _("Username")
        PASSWORD = "password", _("Password")
        EMAIL = "email", _("E-mail")
        EXTERNAL_ID = "external_id", _("External ID")
        LIST_NAME = "list_name", _("List name")
        IGNORED = "ignored", _("Ignored")

    format = models.ForeignKey(UserFileFormat, on_delete=models.CASCADE, related_name="columns")
    position = models.PositiveSmallIntegerField()  # from 1
    holds = models.CharField(_("Holds"), max_length=12, choices=Holds)
    heading = models.CharField(_("Heading in the file"), max_length=100, blank=True)
    required = models.BooleanField(_("Required"), default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["format", "position"], name="user_file_column_place_once"),
            models.UniqueConstraint(
                fields=["format", "holds"], condition=~Q(holds="ignored"), name="user_file_column_once"
            ),
            models.CheckConstraint(
                name="user_file_column_known",
                condition=Q(
                    holds__in=[
                        *("first_name", "last_name", "username", "password"),
                        *("email", "external_id", "list_name", "ignored"),
                    ]
                ),
            ),
            models.CheckConstraint(
                name="user_file_column_ignored_is_not_required", condition=~Q(holds="ignored") | Q(required=False)
            ),
        ]

    def __str__(self) -> str:
        return self.heading or self.get_holds_display()


class UserImport(models.Model):
    """A file of permanent users from its upload to its end: it waits for confirmation, is worked on, is done.

    Its rows lie in chunks; a chunk that has been worked on is deleted in the transaction that stores its users, so that
    no row is stored twice and none is lost, whatever stops in between. Passwords of the file are nowhere: a row holds
    a keyed digest of each, of which the worker makes the stored hash (signin/hashers.py).
    """

    class Status(models.TextChoices):
        """Where an import stands."""

        WAITING = "waiting", _("Waiting for confirmation")
        QUEUED = "queued", _("About to start")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    class Existing(models.TextChoices):
        """What happens to users of the file whose user name is known already (D16)."""

        SKIP = "skip", _("Leave them as they are")
        UPDATE = "update", _("Update their names, e-mail and external ID")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="user_imports")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    # How the file was read; `columns` is the format as it was then: [[holds, heading, required], …]
    format_name = models.CharField(max_length=100, blank=True)
    columns = models.JSONField(default=list)
    file_name = models.CharField(max_length=MAX_FILE_NAME_LENGTH, blank=True)
    file_sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=40, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    header_row = models.PositiveIntegerField(null=True, blank=True)
    letters_to_confirm = models.JSONField(default=list)
    # or may have them, in cells that are not read
    has_passwords = models.BooleanField(default=False)
    # the upload itself while it waits, as for candidates; never of a file with passwords
    source = models.BinaryField(default=bytes)
    mends = models.JSONField(default=dict)
    left_out = models.JSONField(default=list)
    report = models.JSONField(default=dict)  # what checking found last: counts, problems, first rows
    # What was chosen
    existing = models.CharField(max_length=6, choices=Existing, blank=True)
    change_passwords = models.BooleanField(default=False)
    add_to = models.ForeignKey(
        PermanentUserList, null=True, blank=True, on_delete=models.SET_NULL, related_name="imports"
    )
    add_to_name = models.CharField(max_length=200, blank=True)  # a list that is made when the import starts
    back_to_test = models.CharField(max_length=16, blank=True)  # public id of the test from which somebody came
    # How far it is
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    # rows that could not be stored: [[row, sentence], …]; row 0 is about the import as a whole
    problems = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    # Who works on it, and until when others keep away
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["leased_until"], condition=Q(status__in=["queued", "running"]), name="user_import_unfinished"
            ),
            models.Index(fields=["expires_at"], name="user_import_expiry"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="user_import_status_known",
                condition=Q(status__in=["waiting", "queued", "running", "done", "cancelled", "failed"]),
            ),
            models.CheckConstraint(
                name="user_import_keeps_no_passwords", condition=Q(has_passwords=False) | Q(source=b"")
            ),
            models.CheckConstraint(name="user_import_existing_known", condition=Q(existing__in=["", "skip", "update"])),
            models.CheckConstraint(name="user_import_counts", condition=Q(done__lte=F("total"))),
            models.CheckConstraint(name="user_import_expires_later", condition=Q(expires_at__gt=F("created_at"))),
        ]

    def __str__(self) -> str:
        return self.file_name or self.public_id

    @property
    def notes(self) -> list[str]:
        """Return what became of the import as a whole and is no row's fault."""
        return [sentence for row, sentence in self.problems if not row]

    def note(self, sentence: str) -> None:
        """Put a sentence about the import as a whole first; the caller saves `problems`."""
        self.problems = [[0, sentence], *self.problems]


class UserImportChunk(models.Model):
    """Some rows of an import that are not stored yet: [[row number, {column: cell}, {column: kind}, surplus], …]."""

    source = models.ForeignKey(UserImport, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    rows = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "number"], name="user_import_chunk_once"),
        ]

    def __str__(self) -> str:
        return f"rows of import {self.source_id}, part {self.number}"
