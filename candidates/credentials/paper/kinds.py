"""The papers of the hall: which there are, in the order in which they lie in the pack of a room."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaperKind(models.TextChoices):
    """One paper of a room."""

    COVER = "cover", _("Cover sheet")
    CHANGES = "changes", _("Changes")
    ATTENDANCE = "attendance", _("Attendance list")
    DOOR = "door", _("Door list")
    SLIPS = "slips", _("Login slips")
    SPARE = "spare", _("Spare logins")
    VOID = "void", _("Void slips")
    KEYS = "keys", _("Key list")


ONCE_FOR_ALL = frozenset({PaperKind.DOOR, PaperKind.VOID})
"""Papers that are the same for every room: alone, they are made once."""
ABOUT_A_ROOM = frozenset({PaperKind.ATTENDANCE, PaperKind.SLIPS})
"""Papers of which one must know whether they are out of date: with one of them a PDF counts as the room's pack."""
