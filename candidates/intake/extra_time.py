"""Read extra time: whole minutes or a percentage; what may be meant otherwise is proposed, never guessed (D11, D12)."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

from django.utils.translation import gettext as _

from candidates.intake.cells import CellProblem, trim

_MINUTES = r"(?:(?:m|mins?\.?|minute[nrs]?|minutt(?:er)?|minuter|['′])\.?)"
_HOURS = r"(?:(?:h|hrs?|hours?|t|tim(?:er?|mar?|me)?|std|stunden?)\.?)"
_PERCENT = re.compile(r"([0-9]{1,4}(?:[.,][0-9]{1,2})?)\s*%")
_PERCENT_IN_WORDS = re.compile(
    r"\+?\s*([0-9]{1,4}(?:[.,][0-9]{1,2})?)\s*(?:%|pro[sc]ent|per ?cent|prozent|pct\.?|pst\.?|v\.?h\.?)", re.I
)
_WHOLE = re.compile(rf"\+?\s*([0-9]{{1,5}})(?:[.,]0{{1,2}})?\s*{_MINUTES}?", re.I)
_CLOCK = re.compile(rf"\+?\s*([0-9]{{1,2}}):([0-5][0-9])(?::00)?\s*{_HOURS}?", re.I)
_IN_HOURS = re.compile(
    rf"\+?\s*([0-9]{{1,3}}(?:[.,][0-9]{{1,2}})?)\s*{_HOURS}(?:\s*(?:og|och|und|and|&|\+)?\s*([0-9]{{1,3}})\s*{_MINUTES}?)?",
    re.I,
)
_FACTOR = re.compile(r"(?:[x×*]\s*([1-9](?:[.,][0-9]{1,2})?)|([1-9](?:[.,][0-9]{1,2})?)\s*[x×*])", re.I)
_DECIMAL = re.compile(r"\+?[0-9][.,][0-9]{1,2}")
_HIGHEST_FACTOR = 3  # times the usual time; a higher number cannot be meant so
_QUARTERS = {"¼": ".25", "½": ".5", "¾": ".75"}


def parse_extra_time(raw: str, *, duration_minutes: int, limit: int) -> int:
    """Return extra time in whole minutes, from minutes or a percentage of the duration, rounded up (D11, D12).

    An empty cell is 0. Raises CellProblem, for "30 min", "1:30" and the like with a proposal.
    """
    text = trim(raw)
    if not text:
        return 0
    if re.fullmatch(r"[0-9]+", text):
        minutes = int(text) if len(text) <= 9 else limit + 1
    elif percent := _PERCENT.fullmatch(text):
        minutes = _share(percent[1], duration_minutes)
    else:
        raise _not_minutes(text, duration_minutes)
    if minutes > limit:
        message = _("Extra time can be at most %(limit)d minutes on this test.")
        raise CellProblem(message % {"limit": limit})
    return minutes


def whole_time(minutes: int, duration_minutes: int) -> int | None:
    """Return the minutes on top where this extra time may be the whole time, None where it is less than the test's."""
    return minutes - duration_minutes if minutes >= duration_minutes > 0 else None


def _share(percent: str, duration_minutes: int) -> int:
    share = _number(percent) * duration_minutes / 100
    return int(share.to_integral_value(rounding=ROUND_CEILING))


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _not_minutes(text: str, duration_minutes: int) -> CellProblem:
    """Say why a text is no extra time, and propose the minutes where they can only be meant one way."""
    negative = re.fullmatch(r"[-\u2212\u2013]\s*([0-9]{1,5})", text)
    if negative:
        return CellProblem(_("Extra time cannot be less than 0."), str(int(negative[1])))
    message = _("Write whole minutes, like 30.")
    text = _spelt_in_figures(text)
    if _DECIMAL.fullmatch(text) and _number(text) <= _HIGHEST_FACTOR:
        return CellProblem(_two_readings(text.lstrip("+"), duration_minutes))
    if meant := _minutes_meant(text, duration_minutes):
        return CellProblem(message, str(meant))
    if text.isdecimal() and len(text) <= 5:
        return CellProblem(message, str(int(text)))
    return CellProblem(message)


def _spelt_in_figures(text: str) -> str:
    """Return 1.5 t for 1½ t, and 0.5 h for ½ h."""
    found = re.fullmatch(r"(\+?[0-9]*)\s*([¼½¾])(.*)", text)
    return f"{found[1] or '0'}{_QUARTERS[found[2]]}{found[3]}" if found and found[1] != "+" else text


def _minutes_meant(text: str, duration_minutes: int) -> int | None:
    if found := _WHOLE.fullmatch(text):
        return int(found[1])
    if found := _PERCENT_IN_WORDS.fullmatch(text):
        return _share(found[1], duration_minutes)
    if found := _CLOCK.fullmatch(text):
        return int(found[1]) * 60 + int(found[2])
    if found := _IN_HOURS.fullmatch(text):
        minutes = _number(found[1]) * 60 + int(found[2] or 0)
        whole = minutes == minutes.to_integral_value() and not (found[2] and re.search(r"[.,]", found[1]))
        return int(minutes) if whole else None
    if found := _FACTOR.fullmatch(text):
        return _share(str((_number(found[1] or found[2]) - 1) * 100), duration_minutes)
    return None


def _two_readings(text: str, duration_minutes: int) -> str:
    """Say what 1.5 may mean: hours, or so many times the usual time, below 1 a share of it."""
    number = _number(text)
    share = (number - 1 if number >= 1 else number) * 100
    values = {
        "text": text,
        "hours": int((number * 60).to_integral_value(rounding=ROUND_CEILING)),
        "times": _share(str(share), duration_minutes),
    }
    return _("Write whole minutes, like 30. In hours, %(text)s is %(hours)d; as a factor, %(times)d on top.") % values
