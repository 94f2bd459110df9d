"""Who did what, when, and the seals by which a later change of it shows."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import User
from candidates.models.tests import Test


def known_actions() -> list[tuple[str, Any]]:
    """Return the acts that are recorded; migrations refer to this function, so that a new act needs none."""
    return AuditEvent.Action.choices


class AuditEvent(models.Model):
    """One act; it survives the deletion of person and test. Secrets never stand in it (C71, C72)."""

    class Action(models.TextChoices):
        """The closed list of acts that are recorded."""

        LOGIN = "login", _("Logged in")
        LOGIN_REFUSED = "login_refused", _("Login refused")
        PASSWORD_RIGHT = "password_right", _("Password right, waiting for the code")
        LOGOUT = "logout", _("Logged out")
        PASSWORD_CHANGED = "password_changed", _("Own password changed")
        PASSWORD_ASKED = "password_asked", _("Own password asked for again")
        SESSIONS_ENDED = "sessions_ended", _("Logged out on other devices")
        TWO_STEP_SET_UP = "two_step_set_up", _("Two-step login set up")
        TWO_STEP_REMOVED = "two_step_removed", _("Two-step login removed")
        TWO_STEP_REFUSED = "two_step_refused", _("Code of two-step login refused")
        RECOVERY_CODES_MADE = "recovery_codes_made", _("Recovery codes made")
        RECOVERY_CODE_USED = "recovery_code_used", _("Recovery code used")
        SSO_RELEASED = "sso_released", _("SSO user ID released for another account")
        SSO_PERSON_DELETED = "sso_person_deleted", _("Person of an institution deleted")
        ACCOUNT_CHANGED = "account_changed", _("Account of staff made or changed")
        USER_FORMAT_CHANGED = "user_format_changed", _("Format of user files changed")
        USERS_IMPORTED = "users_imported", _("Permanent users imported")
        USER_IMPORT_CANCELLED = "user_import_cancelled", _("Import of permanent users cancelled")
        PERMANENT_USER_CHANGED = "permanent_user_changed", _("Permanent user changed")
        PERMANENT_USER_DELETED = "permanent_user_deleted", _("Permanent user deleted")
        PERMANENT_USERS_EXPORTED = "permanent_users_exported", _("Permanent users exported")
        USERS_SEARCHED = "users_searched", _("Permanent users searched")
        USER_LIST_CHANGED = "user_list_changed", _("List of permanent users made or changed")
        USER_LIST_SHARED = "user_list_shared", _("List of permanent users shared or unshared")
        NAMES_REPLACED = "names_replaced", _("Names of an erased person replaced in the audit")
        SUBSCRIPTION_CHANGED = "subscription_changed", _("Webhook made, paused, tried again or removed")
        AUDIT_SHORTENED = "audit_shortened", _("Old rows of the audit deleted")
        TEST_CREATED = "test_created", _("Test created")
        TEST_CHANGED = "test_changed", _("Test changed")
        QUESTIONS_CHANGED = "questions_changed", _("Questions of an activated test changed")
        TEST_DELETED = "test_deleted", _("Test deleted")
        TEST_ARCHIVED = "test_archived", _("Test archived")
        TEST_RESTORED = "test_restored", _("Test taken out of the archive")
        AGED_OUT = "aged_out", _("Deleted by age")
        PERSON_FOUND = "person_found", _("Looked up who has a Candidate ID")
        PERSON_EXPORTED = "person_exported", _("Everything about one person exported")
        ONE_TIME_USER_ERASED = "one_time_user_erased", _("One-time user erased")
        STAFF_ERASED = "staff_erased", _("Account of staff erased")
        CONTRIBUTOR_ADDED = "contributor_added", _("Contributor added")
        CONTRIBUTOR_REMOVED = "contributor_removed", _("Contributor removed")
        ACTIVATED = "activated", _("Test activated")
        DEACTIVATED = "deactivated", _("Test deactivated")
        PREPARED_ADDED = "prepared_added", _("People prepared for joining")
        PREPARED_CHANGED = "prepared_changed", _("Prepared people changed")
        PREPARED_REMOVED = "prepared_removed", _("Prepared person removed")
        PREPARED_MISSED = "prepared_missed", _("Prepared values were somebody else’s")
        JOINING_CHANGED = "joining_changed", _("How candidates join changed")
        TEST_CODE_MADE = "test_code_made", _("Test code made")
        TEST_CODES_GUESSED = "test_codes_guessed", _("Too many wrong test codes")
        JOIN_ASKED = "join_asked", _("Asked to join by test code")
        JOIN_WITHDRAWN = "join_withdrawn", _("Wish to join taken back")
        JOIN_REFUSED = "join_refused", _("Joining by test code refused")
        JOIN_QUEUED = "join_queued", _("Put on the waiting list")
        CANDIDATES_ADDED = "candidates_added", _("Candidates added")
        CANDIDATES_REMOVED = "candidates_removed", _("Candidates removed")
        CANDIDATES_UPDATED = "candidates_updated", _("Candidates updated by a list")
        ROSTER_CONNECTED = "roster_connected", _("Connected with a student system")
        ROSTER_DISCONNECTED = "roster_disconnected", _("Disconnected from a student system")
        ROSTER_CHANGED = "roster_changed", _("What is applied by itself from a student system changed")
        ROSTER_LOOKED = "roster_looked", _("Looked at a student system")
        ROSTER_TESTED = "roster_tested", _("Connection to a student system tested")
        ROSTER_PERSON_BOUND = "roster_person_bound", _("Person of a student system known by the first login")
        ROSTER_PERSON_RELEASED = "roster_person_released", _("Person of a student system released for another account")
        LIST_FORMAT_REMEMBERED = "list_format_remembered", _("Format of lists remembered")
        LIST_FORMAT_DELETED = "list_format_deleted", _("Format of lists deleted")
        IMPORT_UNDONE = "import_undone", _("Import undone")
        WRONG_ROWS_DOWNLOADED = "wrong_rows_downloaded", _("Wrong rows of a list downloaded")
        CANDIDATE_CHANGED = "candidate_changed", _("Candidate changed")
        EXTRA_TIME_CHANGED = "extra_time_changed", _("Extra time changed")
        INCIDENT_TIME_CHANGED = "incident_time_changed", _("Incident time changed")
        LOCATION_CHANGED = "location_changed", _("Location changed")
        CANDIDATES_SPREAD = "candidates_spread", _("Candidates spread over rooms")
        SPREAD_UNDONE = "spread_undone", _("Spreading over rooms undone")
        SEAT_GIVEN = "seat_given", _("Seat given by an invigilator")
        ROOM_CHANGED = "room_changed", _("Room made, changed, merged or removed")
        SLIPS_OUT_OF_DATE = "slips_out_of_date", _("Slips out of date by a room’s new name")
        ONE_TIME_LOGINS_GIVEN = "one_time_logins_given", _("One-time logins given to SSO candidates")
        ONE_TIME_LOGINS_TAKEN_BACK = "one_time_logins_taken_back", _("One-time logins of SSO candidates taken back")
        ATTENDANCE_MARKED = "attendance_marked", _("Attendance or ID check marked")
        ATTENDANCE_CORRECTED = "attendance_corrected", _("Attendance or ID check corrected")
        SPARE_GIVEN = "spare_given", _("Spare login given to somebody")
        SPARE_TAKEN_BACK = "spare_taken_back", _("Spare login taken back")
        SPARE_JOINED = "spare_joined", _("Spare login joined with a candidate")
        KEY_LIST_SHOWN = "key_list_shown", _("Key list shown")
        KEY_LIST_CSV = "key_list_csv", _("Key list downloaded as CSV")
        DETAILS_LISTED = "details_listed", _("Login details shown as list")
        DETAILS_PRINTED = "details_printed", _("Login details printed")
        DETAILS_CSV = "details_csv", _("Login details downloaded as CSV")
        DETAILS_PDF = "details_pdf", _("Login details downloaded as PDF")
        DETAILS_REVEALED = "details_revealed", _("Login details of one candidate shown")
        PAPERS_MADE = "papers_made", _("Papers for the hall made")
        VOID_TAKEN_OUT = "void_taken_out", _("Void slips taken out of their piles")
        PASSWORD_RENEWED = "password_renewed", _("New password given")
        DETAILS_PURGED = "details_purged", _("Login details purged")
        KEYS_ROTATED = "keys_rotated", _("Credential keys rotated")
        LIST_DOWNLOADED = "list_downloaded", _("Candidate list downloaded")
        MONITOR_DOWNLOADED = "monitor_downloaded", _("Monitor downloaded")
        MARKS_DOWNLOADED = "marks_downloaded", _("Marks downloaded")
        HISTORY_DOWNLOADED = "history_downloaded", _("History downloaded")
        REFERENCES_SEEN = "references_seen", _("Private references seen")
        ACCESS_REFUSED = "access_refused", _("Page of a test refused")
        STARTED = "started", _("Test started")
        SUBMITTED = "submitted", _("Test submitted")
        VERSION_READ = "version_read", _("Earlier version of an answer read")
        VERSION_RESTORED = "version_restored", _("Earlier version of an answer put back")
        ANSWER_READ = "answer_read", _("Answer read")
        MARKED = "marked", _("Mark given")
        RESULTS_DOWNLOADED = "results_downloaded", _("Results downloaded")
        SCALE_CHANGED = "scale_changed", _("Grade scale changed")
        ACCESS_KEY_MADE = "access_key_made", _("Access key made")
        ACCESS_KEY_REVOKED = "access_key_revoked", _("Access key revoked")
        LTI_PLATFORM_REGISTERED = "lti_platform_registered", _("Learning platform registered")

    class Outcome(models.TextChoices):
        """How the act ended."""

        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=32, choices=known_actions)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.DONE)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True)
    # no index of its own: audit_of_a_test begins with it, and every index slows each login
    test = models.ForeignKey(Test, null=True, on_delete=models.SET_NULL, related_name="audit_events", db_index=False)
    test_name = models.CharField(max_length=500, blank=True)
    count = models.PositiveIntegerField(default=0)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["test", "action", "-at"], name="audit_of_a_test"),
            # what is rare among millions of logins
            models.Index(fields=["action", "-at"], name="audit_of_an_action"),
            # rows of deleted accounts can only be found by the name
            models.Index(
                fields=["actor_name"], condition=Q(actor__isnull=True) & ~Q(actor_name=""), name="audit_of_the_gone"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"


class AuditSeal(models.Model):
    """Rows of the audit under one hash, which includes the hash of the previous seal (operations/audit_seals.py)."""

    number = models.PositiveBigIntegerField(primary_key=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    total = models.PositiveBigIntegerField()  # rows of this seal and of all before it
    last_id = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()
    # all committed rows before this time are sealed; None where the time of the previous seal still holds
    until = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # of two workers that seal at once the second finds its number and its predecessor taken
            models.UniqueConstraint(fields=["previous"], name="audit_seal_follows_one"),
            models.CheckConstraint(name="audit_seal_is_numbered", condition=Q(number__gte=1)),
            models.CheckConstraint(name="audit_seal_has_rows", condition=Q(rows__gte=1, total__gte=models.F("rows"))),
        ]

    def __str__(self) -> str:
        return f"seal {self.number}"


class SealedRow(models.Model):
    """A row of the audit as it was sealed; the primary key keeps it in one seal.

    No foreign keys: rows of the audit outlive account and test, whose keys stay here and are part of the digest, and a
    deleted row must be noticed. `person` is a salted digest of the names in the row. When a person is erased the salt
    is deleted, and nobody can tell any more which name it was made of.
    """

    event_id = models.PositiveBigIntegerField(primary_key=True)
    seal = models.ForeignKey(AuditSeal, on_delete=models.CASCADE, related_name="sealed")
    actor_key = models.BigIntegerField(null=True)
    test_key = models.BigIntegerField(null=True)
    salt = models.BinaryField(max_length=16)
    person = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"row {self.event_id}"
