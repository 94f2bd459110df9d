"""Who came to the hall and whose ID was checked, with every mark; and spare logins that turned out to be somebody."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.models.accounts import MAX_ID_LENGTH, User
from candidates.models.candidates import Candidate

MAX_NONCE_LENGTH = 36
MAX_NOTE_LENGTH = 500
FORGOTTEN = "–"  # instead of the reason of a correction, which has to have one


class Presence(models.TextChoices):
    """Whether a candidate came."""

    NOT_SET = "not_set", _("Not set")
    PRESENT = "present", _("Present")
    ABSENT = "absent", _("Absent")


class IdCheck(models.TextChoices):
    """Whether somebody compared the person with the card."""

    NOT_CHECKED = "not_checked", _("Not checked")
    VERIFIED = "verified", _("Verified")
    REJECTED = "rejected", _("Rejected")


class Attendance(models.Model):
    """What counts now about one candidate in the hall; written only by lifecycle/attendance.py, from the newest marks.

    Who has no row was never marked. The times are those of the marks that count: a mark that was pressed earlier and
    arrives later, from a phone without network, changes nothing.
    """

    candidate = models.OneToOneField(Candidate, primary_key=True, on_delete=models.CASCADE, related_name="attendance")
    presence = models.CharField(_("Attendance"), max_length=8, choices=Presence, default=Presence.NOT_SET)
    presence_at = models.DateTimeField(null=True, blank=True)
    presence_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    id_check = models.CharField(_("ID check"), max_length=12, choices=IdCheck, default=IdCheck.NOT_CHECKED)
    id_check_at = models.DateTimeField(null=True, blank=True)
    id_check_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="attendance_presence_known",
                condition=Q(presence="not_set") | Q(presence__in=["present", "absent"], presence_at__isnull=False),
            ),
            models.CheckConstraint(
                name="attendance_id_check_known",
                condition=Q(id_check="not_checked")
                | Q(id_check__in=["verified", "rejected"], id_check_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"attendance {self.candidate_id}"


class AttendanceMarkQuerySet(models.QuerySet["AttendanceMark"]):
    """Questions about what was marked."""

    def forget_who(self) -> None:
        """Delete the notes and the reasons of corrections, which are about people; that somebody was there stays."""
        self.filter(about=AttendanceMark.About.NOTE).delete()
        self.exclude(text="").update(text=FORGOTTEN)


class AttendanceMark(models.Model):
    """One press at the door, one correction or one note; never changed, so that all of them are the record.

    `nonce` is drawn where the mark is made: a mark that a phone sends twice is stored once.
    """

    class About(models.TextChoices):
        """What was marked."""

        PRESENCE = "presence", _("Attendance")
        ID_CHECK = "id_check", _("ID check")
        NOTE = "note", _("Note")

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="attendance_marks")
    nonce = models.CharField(max_length=MAX_NONCE_LENGTH)
    about = models.CharField(max_length=8, choices=About)
    value = models.CharField(max_length=12, blank=True)
    # the note itself, or the reason of a correction
    text = models.CharField(max_length=MAX_NOTE_LENGTH, blank=True)
    is_correction = models.BooleanField(default=False, db_default=False)
    # the number of the press by which everybody who was missing was marked at once; "" of a mark of one person
    press = models.CharField(max_length=MAX_NONCE_LENGTH, blank=True, default="", db_default="")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # when it was pressed, and when it arrived: minutes apart where there was no network
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = AttendanceMarkQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["nonce"], name="attendance_mark_once"),
            models.CheckConstraint(name="attendance_mark_has_a_nonce", condition=~Q(nonce="")),
            models.CheckConstraint(
                name="attendance_mark_known",
                condition=Q(about="presence", value__in=["not_set", "present", "absent"])
                | Q(about="id_check", value__in=["not_checked", "verified", "rejected"])
                | (Q(about="note", value="", is_correction=False) & ~Q(text="")),
            ),
            models.CheckConstraint(
                name="attendance_correction_has_a_reason", condition=Q(is_correction=False) | ~Q(text="")
            ),
            models.CheckConstraint(
                name="attendance_press_is_about_presence",
                condition=Q(press="") | Q(about="presence", is_correction=False),
            ),
            models.CheckConstraint(name="attendance_mark_arrives_later", condition=Q(received_at__gte=F("at"))),
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.value} of {self.candidate_id}"


class JoinedSpare(models.Model):
    """A spare login that was joined with the candidate who had used it: what the audit knows under its public id."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="joined_spares")
    public_id = models.CharField(max_length=16)
    candidate_id_then = models.CharField(max_length=MAX_ID_LENGTH)
    # the account on the spare slip, which has ended; logins are recorded by it
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    joined_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["public_id"], name="joined_spare_once"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id_then} is {self.candidate_id}"
