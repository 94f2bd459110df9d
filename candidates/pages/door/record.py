"""The record of a candidate: every mark at the door in words."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from candidates.models import AttendanceMark, IdCheck, Presence


class RecordLine(NamedTuple):
    """One mark in the record of a candidate."""

    at: datetime
    who: str
    what: str
    text: str
    is_correction: bool
    arrived: datetime | None  # where that was later, from a phone without network


LATE = timedelta(minutes=1)


def record_of(marks: Sequence[AttendanceMark], *, names: bool) -> list[RecordLine]:
    """Return every mark of a candidate in words; notes and reasons for those who may know who the candidate is."""
    found = []
    for one in marks:
        what = _what(one.about, one.value)
        if one.press:
            what = _("%(what)s, with all who were missing") % {"what": what}
        if one.about == AttendanceMark.About.NOTE and not names:
            continue
        late = one.received_at if one.received_at - one.at >= LATE else None
        text = one.text if names else ""
        found.append(RecordLine(one.at, str(one.by or ""), what, text, one.is_correction, late))
    return found


def _what(about: str, value: str) -> str:
    if about == AttendanceMark.About.PRESENCE:
        return _("Attendance: %(value)s") % {"value": Presence(value).label}
    if about == AttendanceMark.About.ID_CHECK:
        return _("ID check: %(value)s") % {"value": IdCheck(value).label}
    return _("Note")
