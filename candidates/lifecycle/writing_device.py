"""Which device of a candidate may write, for tests on which only the newest device may.

The newest is the device that logged in last, or on which "Write here" was pressed last. A device that was not used for
some minutes does not count: a machine that broke down prevents nobody from writing.
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
    """Another device is the one that may write."""


@dataclass(frozen=True, slots=True)
class Devices:
    """The other devices on which a candidate is logged in now; `newest` is the one of them that may write, if any."""

    others: Sequence[Session]
    newest: Session | None


def devices_of(candidate: Candidate, *, session_key: str | None) -> Devices:
    """Return the other devices on which a candidate is logged in now, by one query."""
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
    """Raise WritesElsewhere where only the newest device may write, and this is an older one.

    No query without that setting. Candidates who have handed in, or whose time is over, are told that instead.
    """
    if not candidate.test.newest_device_writes or is_over(candidate, candidate.test, now=timezone.now()):
        return
    if newest := devices_of(candidate, session_key=session_key).newest:
        raise WritesElsewhere(elsewhere_sentence(newest))


def write_here(candidate: Candidate, *, session_key: str | None) -> None:
    """Make this device the one that may write, until another logs in or takes over; the answer stays as it is."""
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
