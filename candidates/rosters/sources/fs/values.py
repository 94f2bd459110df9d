"""Read the values of an answer of FS: what is not of the kind it has to be is an error that names its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from candidates.rosters.source import SourceError

OSLO = ZoneInfo("Europe/Oslo")
YEARS = range(2000, 2101)


def odd(field: str) -> SourceError:
    """Return the error of a value that cannot be what its field has to hold."""
    words = _("FS sent something in the field “%(field)s” that cannot be read. Nothing was changed.")
    return SourceError(words % {"field": field})


def members(value: object, field: str) -> Mapping[str, Any]:
    """Return what has to be an object."""
    if not isinstance(value, dict):
        raise odd(field)
    return value


def members_or_none(value: object, field: str) -> Mapping[str, Any]:
    """Return an object; one that FS leaves out has no members."""
    return {} if value is None else members(value, field)


def each(value: object, field: str) -> Iterator[Mapping[str, Any]]:
    """Yield what has to be a list of objects."""
    if not isinstance(value, list):
        raise odd(field)
    for one in value:
        yield members(one, field)


def text(holder: Mapping[str, Any], field: str) -> str:
    """Return a text without spaces around it, "" where FS says nothing; a whole number is taken for its digits."""
    value = holder.get(field)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    if not isinstance(value, str):
        raise odd(field)
    # what no database keeps: NUL, and halves of characters
    if "\x00" in value or not (value.isascii() or _is_whole(value)):
        raise odd(field)
    return value.strip()


def _is_whole(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def needed(holder: Mapping[str, Any], field: str) -> str:
    """Return a text that must not be missing."""
    found = text(holder, field)
    if not found:
        raise odd(field)
    return found


def yes_or_no(holder: Mapping[str, Any], field: str) -> bool:
    """Return whether something is so; what FS does not say is not."""
    value = holder.get(field)
    if value is not None and not isinstance(value, bool):
        raise odd(field)
    return bool(value)


def count(holder: Mapping[str, Any], field: str) -> int | None:
    """Return how many there are, None where FS does not say."""
    found = text(holder, field)
    if not found:
        return None
    if not (found.isascii() and found.isdecimal() and len(found) < 10):
        raise odd(field)
    return int(found)


def moment(holder: Mapping[str, Any], field: str) -> datetime | None:
    """Return a moment in UTC, None where FS says none; without an offset it is the time of day in Norway."""
    found = text(holder, field)
    if not found:
        return None
    try:
        read = datetime.fromisoformat(found)
    except ValueError:
        raise odd(field) from None
    return _in_utc(read if read.tzinfo else read.replace(tzinfo=OSLO), field)


def local_moment(day: date | None, clock: time | None, field: str) -> datetime | None:
    """Return the moment at which clocks in Norway show a time, in UTC; the first of two in the night of October.

    A time that the night in March leaves out is the one an hour later.
    """
    # the zone takes the place of an offset of the clock
    return None if day is None or clock is None else _in_utc(datetime.combine(day, clock, OSLO), field)


def day(holder: Mapping[str, Any], field: str) -> date | None:
    """Return a day, None where FS says none."""
    found = text(holder, field)
    try:
        return date.fromisoformat(found) if found else None
    except ValueError:
        raise odd(field) from None


def clock(holder: Mapping[str, Any], field: str) -> time | None:
    """Return a time of day, None where FS says none; it is one of Norway's clocks, whatever offset stands behind it."""
    found = text(holder, field)
    try:
        return time.fromisoformat(found) if found else None
    except ValueError:
        raise odd(field) from None


def _in_utc(read: datetime, field: str) -> datetime:
    if read.year not in YEARS:
        raise odd(field)
    return read.astimezone(UTC)
