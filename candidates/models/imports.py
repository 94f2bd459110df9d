"""Imports: lists of people from their upload to their end, and what each has changed, so that it can be undone."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.ids import new_public_id
from candidates.models.permanent_users import PermanentUserList
from candidates.models.tests import Test

MAX_FILE_NAME_LENGTH = 200


class ImportQuerySet(models.QuerySet["Import"]):
    """Questions about imports in the words of the product."""

    def waiting(self) -> ImportQuerySet:
        """Return those that wait for confirmation, expired ones among them until they are deleted."""
        return self.filter(status=Import.Status.WAITING)

    def unfinished(self) -> ImportQuerySet:
        """Return those that were started in the background and are not over."""
        return self.filter(status__in=[Import.Status.QUEUED, Import.Status.RUNNING])

    def delete_waiting(self) -> int:
        """Delete those that wait for confirmation, with their rows; return how many.

        Nothing else hangs on them. Django would write to candidates first, whom other imports have added.
        """
        waiting = self.waiting().order_by()
        ImportChunk.objects.filter(source__in=waiting.values("pk")).delete()
        return waiting._raw_delete(self.db) or 0  # None where there can be none

    def on_tests(self) -> ImportQuerySet:
        """Return those that put candidates on a test, the newest first: the history of imports."""
        return self.filter(status=Import.Status.DONE, test__isnull=False).order_by("-finished_at", "-pk")

    def of_users(self) -> ImportQuerySet:
        """Return those of permanent users, without the upload, which may have 40 MB."""
        return self.filter(kind=Import.Kind.USERS).defer("source")


class Import(models.Model):
    """A list of people from its upload to its end: it waits for confirmation, is stored, and may be undone.

    Lists of candidates belong to a test, and are stored in the request that confirms them. A file of permanent users
    belongs to no test, and is stored by the worker: each of its chunks is deleted in the transaction that stores its
    users, so that no row is stored twice and none is lost, whatever stops in between. Passwords of a file are nowhere:
    a row holds a keyed digest of each, of which the worker makes the stored hash (signin/hashers.py).
    """

    class Kind(models.TextChoices):
        """What a list holds; those of candidates are called as the candidates are."""

        ONE_TIME = "one_time", _("One-time users")
        SSO = "sso", _("SSO candidates")
        PERMANENT = "permanent", _("Permanent users who were chosen for a test")
        PREPARED = "prepared", _("What is prepared for people who join by test code")
        USERS = "users", _("New permanent users")

    class Status(models.TextChoices):
        """Where an import stands."""

        WAITING = "waiting", _("Waiting for confirmation")
        QUEUED = "queued", _("About to start")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    class Existing(models.TextChoices):
        """What happens to people of the list who are known already (D15, D16)."""

        SKIP = "skip", _("Leave them as they are")
        UPDATE = "update", _("Update them")

    class HiddenRows(models.TextChoices):
        """What rows are that nobody sees in the spreadsheet."""

        IN = "in", _("They belong to the list")
        OUT = "out", _("Leave them out")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    test = models.ForeignKey(Test, null=True, on_delete=models.CASCADE, related_name="imports")
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="imports")
    owner_name = models.CharField(max_length=200, blank=True)  # what stays when the account goes
    # How the list was read
    authentication_type = models.CharField(max_length=50, blank=True)
    format_name = models.CharField(max_length=100, blank=True)
    # What the columns are read as: of candidates [[place, heading, field, why, first cells], …], of users the format as
    # it was then, [[holds, heading, required], …].
    columns = models.JSONField(default=list)
    # The name under which that is remembered when the list is added, and whether for everybody
    remember_as = models.CharField(max_length=100, blank=True)
    is_for_everybody = models.BooleanField(default=False)
    file_name = models.CharField(max_length=MAX_FILE_NAME_LENGTH, blank=True)  # empty: the rows were pasted
    file_sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=40, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    header_row = models.PositiveIntegerField(null=True, blank=True)
    found = models.JSONField(default=dict)  # sheets, hidden and merged cells (intake/found.py)
    letters_to_confirm = models.JSONField(default=list)  # words to look at where the encoding was guessed
    # or may have them, in cells that are not read
    has_passwords = models.BooleanField(default=False)
    # The upload itself while it waits: it can be read in another way, and wrong rows can be handed back as the same
    # kind of file. Never of a list that may hold passwords.
    source = models.BinaryField(default=bytes)
    # What was changed in the preview: {row number: {column: cell}}; rows that were left out, by number.
    mends = models.JSONField(default=dict)
    left_out = models.JSONField(default=list)
    # It says who is on the test, and nobody else of its kind is; keys of the changes that were unticked.
    is_complete = models.BooleanField(default=False)
    unticked = models.JSONField(default=list)
    report = models.JSONField(default=dict)  # what checking users found last: counts, problems, first rows
    # The student system whose plan this was, in the words of its settings; "" for lists of people.
    roster_source = models.CharField(max_length=50, blank=True, default="", db_default="", editable=False)
    # What was chosen
    existing = models.CharField(max_length=6, blank=True, choices=Existing)
    hidden_rows_are = models.CharField(max_length=6, blank=True, choices=HiddenRows)
    change_passwords = models.BooleanField(default=False)
    # The list of permanent users whose members these are, as they were when the import was made.
    from_list = models.ForeignKey(
        PermanentUserList, null=True, blank=True, on_delete=models.SET_NULL, related_name="additions"
    )
    # The list that new users are put on; one that is made when the import starts has a name alone.
    add_to = models.ForeignKey(
        PermanentUserList, null=True, blank=True, on_delete=models.SET_NULL, related_name="filled_by"
    )
    add_to_name = models.CharField(max_length=200, blank=True)
    back_to_test = models.CharField(max_length=16, blank=True)  # public id of the test from which somebody came
    # What came of it
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    left_out_count = models.PositiveIntegerField(default=0)
    # rows that could not be stored: [[row, sentence], …]; row 0 is about the import as a whole
    problems = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()  # while it waits
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True, editable=False)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # Who works on it, and until when others keep away
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ImportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["test", "file_sha256"], name="import_of_a_file"),
            models.Index(fields=["expires_at"], condition=Q(status="waiting"), name="import_expiry"),
            models.Index(
                fields=["leased_until"], condition=Q(status__in=["queued", "running"]), name="import_unfinished"
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="import_kind_known", condition=Q(kind__in=["one_time", "sso", "permanent", "users", "prepared"])
            ),
            models.CheckConstraint(
                name="import_status_known",
                condition=Q(status__in=["waiting", "queued", "running", "done", "cancelled", "failed"]),
            ),
            models.CheckConstraint(name="import_existing_known", condition=Q(existing__in=["", "skip", "update"])),
            models.CheckConstraint(name="import_hidden_rows_known", condition=Q(hidden_rows_are__in=["", "in", "out"])),
            models.CheckConstraint(name="import_is_for_a_test", condition=Q(kind="users") ^ Q(test__isnull=False)),
            # of what is prepared for permanent users it is empty
            models.CheckConstraint(
                name="import_type_is_for_sso",
                condition=Q(kind="prepared") | (Q(kind="sso") ^ Q(authentication_type="")),
            ),
            models.CheckConstraint(
                name="import_list_is_for_permanent", condition=Q(from_list__isnull=True) | Q(kind="permanent")
            ),
            models.CheckConstraint(
                name="import_complete_is_of_a_list",
                condition=Q(is_complete=False, removed=0) | Q(is_complete=True, kind__in=["one_time", "sso"]),
            ),
            models.CheckConstraint(
                name="import_of_a_roster_is_complete", condition=Q(roster_source="") | Q(kind="sso", is_complete=True)
            ),
            # permanent users are chosen and not uploaded: their own files may hold passwords (I11)
            models.CheckConstraint(
                name="import_keeps_no_passwords",
                condition=Q(source=b"") | (Q(has_passwords=False, status="waiting") & ~Q(kind="permanent")),
            ),
            models.CheckConstraint(
                name="import_remembers_columns_of_candidates",
                condition=Q(remember_as="", is_for_everybody=False) | Q(kind__in=["one_time", "sso", "prepared"]),
            ),
            models.CheckConstraint(name="import_counts", condition=Q(done__lte=F("total"))),
            models.CheckConstraint(name="import_expires_later", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(
                name="import_did_something",
                condition=~Q(status="done") | Q(kind="users") | Q(added__gt=0) | Q(updated__gt=0) | Q(removed__gt=0),
            ),
            models.CheckConstraint(
                name="import_undone_was_done",
                condition=Q(undone_at__isnull=True) | Q(status="done", test__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name or self.public_id

    @property
    def required_test(self) -> Test:
        """Return the test, which every list of candidates has (import_is_for_a_test)."""
        return cast(Test, self.test)

    @property
    def notes(self) -> list[str]:
        """Return what became of the import as a whole and is no row's fault."""
        return [sentence for row, sentence in self.problems if not row]

    def note(self, sentence: str) -> None:
        """Put a sentence about the import as a whole first; the caller saves `problems`."""
        self.problems = [[0, sentence], *self.problems]


class ImportChunk(models.Model):
    """Some rows of an import that are not stored yet: [[number, {column: cell}, {column: kind}, surplus, mends], …]."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    rows = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "number"], name="import_chunk_once"),
        ]

    def __str__(self) -> str:
        return f"rows of import {self.source_id}, part {self.number}"
