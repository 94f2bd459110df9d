"""Count wrong test codes by person and by address, so that codes are not tried out and no hall is shut.

The counts lie in the table of wrong logins, under keys that no login has: neither closes the other.
"""

import hmac
from datetime import datetime, timedelta
from typing import NamedTuple

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from candidates.models import User
from candidates.signin.throttling import client_address

MOST = settings.AXES_FAILURE_LIMIT
MOST_AT_BUSY_ADDRESS = 3
BUSY_ADDRESS = 500
"""So many wrong codes from one address leave each person there MOST_AT_BUSY_ADDRESS tries: who has typed none or one
wrong is never shut out by neighbours, and a script with many accounts gets a third of its tries."""
_NO_ADDRESS = "0.0.0.0"  # noqa: S104  no address is listened to: it fills the column of a count by person


class Tries(NamedTuple):
    """The wrong codes of one person, or of one address, since a moment (UTC)."""

    number: int
    since: datetime

    @property
    def until(self) -> datetime:
        """Return when they are forgotten."""
        return self.since + window()


def window() -> timedelta:
    """Return for how long wrong codes count."""
    return get_cool_off() or timedelta()


def waits_until(request: HttpRequest, user: User) -> datetime | None:
    """Return until when (UTC) a person may try no code, None for who may."""
    person, address = _key_of_person(user), _key_of_address(request)
    found = _tries(person, address)  # both at once, so that each try takes as long
    own, around = found.get(person), found.get(address)
    if own is None or own.number < MOST_AT_BUSY_ADDRESS:
        return None
    is_busy = around is not None and around.number >= BUSY_ADDRESS
    return own.until if is_busy or own.number >= MOST else None


def note_wrong_code(request: HttpRequest, user: User) -> bool:
    """Count a wrong code of a person and of the address; say whether it was the person's last for now."""
    number = _count_up(_key_of_person(user))
    _count_up(_key_of_address(request))
    return number == MOST


def _tries(*keys: str) -> dict[str, Tries]:
    found = AccessAttempt.objects.filter(username__in=keys, attempt_time__gt=timezone.now() - window())
    rows = found.values_list("username", "failures_since_start", "attempt_time")
    return {key: Tries(number, since) for key, number, since in rows}


def _count_up(key: str) -> int:
    """Count one more, from one again where the former ones are forgotten, and return how many there are."""
    now = timezone.now()
    AccessAttempt.objects.bulk_create(
        [AccessAttempt(username=key, ip_address=_NO_ADDRESS, user_agent="", failures_since_start=0)],
        ignore_conflicts=True,  # leans on the unique constraint: two tries at once count in one row
    )
    rows = AccessAttempt.objects.filter(username=key)
    rows.filter(attempt_time__lte=now - window()).update(failures_since_start=0, attempt_time=now)
    rows.update(failures_since_start=F("failures_since_start") + 1)
    return int(rows.values_list("failures_since_start", flat=True)[0])


def _key_of_person(user: User) -> str:
    return _digest(f"person\0{user.pk}")


def _key_of_address(request: HttpRequest) -> str:
    return _digest(f"address\0{client_address(request) or ''}")


def _digest(text: str) -> str:
    return hmac.digest(settings.SECRET_KEY.encode(), b"test code" + text.encode(), "sha256").hex()[:32]
