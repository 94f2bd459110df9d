"""Make minutes of what a student system grants: minutes, percent, a duration, a support measure, no limit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation

from django.utils.dateparse import parse_duration
from django.utils.translation import gettext as _

from candidates.rosters.source import Accommodation, AccommodationKind

Kind = AccommodationKind
MAX_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Reckoned:
    """Minutes of what could be reckoned, and sentences about what a person has to decide: it counts as open, not as 0.

    `minutes` is None where nothing is granted, or nothing of it could be reckoned.
    """

    minutes: int | None = None
    open: tuple[str, ...] = ()


def reckon(granted: Iterable[Accommodation], *, duration: int, support: Mapping[str, str], limit: int) -> Reckoned:
    """Return the extra time of one person on a test of so many minutes; the same grant twice counts once.

    `support` is the institution's table of measures: folded name -> "30" or "25%". More than `limit` is open too.
    """
    minutes: list[int] = []
    questions: list[str] = []
    for one in dict.fromkeys(granted):
        found = _minutes_of(one, duration, support, limit)
        if found is None:
            questions.append(
                _("“%(what)s” is granted. Nobody has said how many minutes that is.") % {"what": one.value}
            )
        else:
            minutes.append(found)
    total = sum(minutes) if minutes else None
    if total is not None and total > limit:
        words = _("%(minutes)d minutes are granted. At most %(limit)d are possible on a test.")
        return Reckoned(None, (*questions, words % {"minutes": total, "limit": limit}))
    return Reckoned(total, tuple(questions))


def _minutes_of(one: Accommodation, duration: int, support: Mapping[str, str], limit: int) -> int | None:
    value = one.value.strip()
    match one.kind:
        case Kind.UNLIMITED:
            return limit
        case Kind.MINUTES:
            return _whole(_number(value))
        case Kind.PERCENT:
            return _share(value, duration)
        case Kind.DURATION:
            length = parse_duration(value) if value.upper().startswith("P") else None
            return None if length is None else _whole(Decimal(math.ceil(length.total_seconds())) / 60)
        case Kind.NAMED:
            amount = support.get(value.casefold(), "")
            return _share(amount, duration) if amount.endswith("%") else _whole(_number(amount))


def _share(text: str, duration: int) -> int | None:
    percent = _number(text.removesuffix("%").strip())
    return None if percent is None else _whole(percent * duration / 100)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", ".")) if len(text) <= 12 else None
    except InvalidOperation:
        return None


def _whole(minutes: Decimal | None) -> int | None:
    """Return whole minutes, rounded up; None for what cannot be somebody's extra time."""
    if minutes is None or not minutes.is_finite() or not 0 <= minutes <= MAX_MINUTES:
        return None
    return int(minutes.to_integral_value(rounding=ROUND_CEILING))
