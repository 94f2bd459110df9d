"""Which device writes, where somebody is logged in on several, for tests that take what the newest one writes alone.

The newest is the one that logged in last, or that was told last to write here. One that was not used for some minutes
does not count: a machine that broke down keeps nobody from writing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.errors import Refused
from candidates.models import Candidate, Session, Submission
from candidates.signin.devices import name_of, sessions_in_use_and
from candidates.text import clock
from candidates.timing import is_over


class WritesElsewhere(Refused):
    """Another device writes, and the test takes what one of them writes."""


@dataclass(frozen=True, slots=True)
class Devices:
    """Where a candidate is logged in now, beside the device that asks; `newest` is the one of those that writes."""

    others: Sequence[Session]
    newest: Session | None


def devices_of(candidate: Candidate, *, session_key: str | None) -> Devices:
    """Return where else a candidate is logged in now: one read of an index, whatever is found."""
    found = sessions_in_use_and(session_key, candidate.user_id, candidate.one_time_login_id)
    others = [one for one in found if one.session_key != session_key]
    if not candidate.test.newest_device_writes or candidate.started_at is None or not others:
        return Devices(others, None)
    stored = candidate.submission

    def since(one: Session) -> datetime:
        taken_over = stored.writer_since if stored.writer == name_of(one.session_key) else None
        return max(filter(None, (one.logged_in_at, taken_over)))

    newest = max(found, key=since)
    return Devices(others, None if newest.session_key == session_key else newest)


def refuse_older(candidate: Candidate, *, session_key: str | None) -> None:
    """Raise WritesElsewhere where the test takes what the newest device writes, and this is an older one.

    Without the setting nothing is asked; and who has handed in, or whose time is over, is told so instead.
    """
    if not candidate.test.newest_device_writes or is_over(candidate, candidate.test, now=timezone.now()):
        return
    if newest := devices_of(candidate, session_key=session_key).newest:
        raise WritesElsewhere(elsewhere_sentence(newest))


def write_here(candidate: Candidate, *, session_key: str | None) -> None:
    """Let this device be the one that writes, until another logs in or is told so. What is stored stays as it is."""
    Submission.objects.filter(candidate=candidate, handed_in_revision=None).update(
        writer=name_of(session_key or ""), writer_since=timezone.now()
    )


def elsewhere_sentence(newest: Session) -> str:
    """Return what somebody on an older device is told."""
    words = _(
        "You logged in on another device after this one: %(device)s, %(time)s. Only that one writes now. What stands "
        "here is kept on this page. To go on here, press “Write here”."
    )
    return words % {"device": newest.device or _("Unknown device"), "time": clock(newest.logged_in_at)}
