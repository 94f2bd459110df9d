"""Texts as people type and read them: typed codes, times, counts.

The formatting functions are called up to 1500 times per page, mostly with the same few values: they remember what they
have formatted, per instant, zone and language.
"""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils import dateformat, timezone
from django.utils.text import get_text_list
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import get_language, gettext, ngettext_lazy, pgettext

from candidates.alphabet import order_key

# What keyboards make of a hyphen beside the dashes that Unicode calls so: minus, hyphen bullet, modifier minus.
DASHES = frozenset("\u2212\u2043\u02d7")
MAX_TYPED = 256  # longer input is refused before any work is done with it
FROM_FIVE_DIGITS = 10_000
MAX_CODE, MAX_SHORT_NAME = 16, 40  # characters
DAY = "D j M Y"
CLOCK = "H:i"
NEAR = timedelta(days=300)  # so that no day is named that comes twice

# Nouns that are counted in headings, captions and buttons: here, and not in templates, so that makemessages finds them.
NOUNS: dict[str, Any] = {
    "act": ngettext_lazy("%(n)s act", "%(n)s acts", "n"),
    "candidate": ngettext_lazy("%(n)s candidate", "%(n)s candidates", "n"),
    "cell": ngettext_lazy("%(n)s cell", "%(n)s cells", "n"),
    "character": ngettext_lazy("%(n)s character", "%(n)s characters", "n"),
    "contributor": ngettext_lazy("%(n)s contributor", "%(n)s contributors", "n"),
    "day": ngettext_lazy("%(n)s day", "%(n)s days", "n"),
    "exam": ngettext_lazy("%(n)s exam", "%(n)s exams", "n"),
    "invigilator": ngettext_lazy("%(n)s invigilator", "%(n)s invigilators", "n"),
    "planner": ngettext_lazy("%(n)s planner", "%(n)s planners", "n"),
    "free seat": ngettext_lazy("%(n)s free seat", "%(n)s free seats", "n"),
    "grader": ngettext_lazy("%(n)s grader", "%(n)s graders", "n"),
    "import": ngettext_lazy("%(n)s import", "%(n)s imports", "n"),
    "list": ngettext_lazy("%(n)s list", "%(n)s lists", "n"),
    "location": ngettext_lazy("%(n)s location", "%(n)s locations", "n"),
    "minute": ngettext_lazy("%(n)s minute", "%(n)s minutes", "n"),
    "one-time user": ngettext_lazy("%(n)s one-time user", "%(n)s one-time users", "n"),
    "member": ngettext_lazy("%(n)s member", "%(n)s members", "n"),
    "page": ngettext_lazy("%(n)s page", "%(n)s pages", "n"),
    "person": ngettext_lazy("%(n)s person", "%(n)s people", "n"),
    "permanent user": ngettext_lazy("%(n)s permanent user", "%(n)s permanent users", "n"),
    "place": ngettext_lazy("%(n)s place", "%(n)s places", "n"),
    "printed slip": ngettext_lazy("%(n)s printed slip", "%(n)s printed slips", "n"),
    "problem": ngettext_lazy("%(n)s problem", "%(n)s problems", "n"),
    "room": ngettext_lazy("%(n)s room", "%(n)s rooms", "n"),
    "row": ngettext_lazy("%(n)s row", "%(n)s rows", "n"),
    "seat": ngettext_lazy("%(n)s seat", "%(n)s seats", "n"),
    "sheet": ngettext_lazy("%(n)s sheet", "%(n)s sheets", "n"),
    "slip": ngettext_lazy("%(n)s slip", "%(n)s slips", "n"),
    "spare login": ngettext_lazy("%(n)s spare login", "%(n)s spare logins", "n"),
    "submission": ngettext_lazy("%(n)s submission", "%(n)s submissions", "n"),
    "test": ngettext_lazy("%(n)s test", "%(n)s tests", "n"),
    "time": ngettext_lazy("%(n)s time", "%(n)s times", "n"),
    "user": ngettext_lazy("%(n)s user", "%(n)s users", "n"),
    "version": ngettext_lazy("%(n)s version", "%(n)s versions", "n"),
    "word": ngettext_lazy("%(n)s word", "%(n)s words", "n"),
}


class Grouped(int):
    """A number as written in sentences: 1500, but 10,000 from five digits on; it still selects plural forms."""

    def __str__(self) -> str:
        return f"{int(self):,}" if abs(self) >= FROM_FIVE_DIGITS else f"{int(self)}"


def fold(typed: str) -> str:
    """Return a typed code without case, spaces and hyphens of any kind.

    Folding is NFKC and casefold; every dash (Unicode category Pd, minus), space (Z*) and the soft hyphen is dropped.
    """
    text = unicodedata.normalize("NFKC", typed[:MAX_TYPED]).casefold()
    return "".join(
        char
        for char in text
        if char not in DASHES and unicodedata.category(char) not in {"Pd", "Zs", "Zl", "Zp", "Cf", "Cc", "Cs"}
    )


def whole_number(text: str, *, digits: int, otherwise: int = 0) -> int:
    """Return the whole number in an address or a field, `otherwise` for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else otherwise


def plain_number(value: Decimal | None) -> str:
    """Return a number with as many decimals as it has: 24, 24.5; empty for none."""
    return "" if value is None else f"{value.normalize():f}"


# Order --------------------------------------------------------------------------------------------------------------


def natural_key(text: str) -> tuple[str, str]:
    """Return a key by which "Room 2" comes before "Room 10", and names as in the alphabet; capitals do not count."""
    return order_key(text), _folded(text)


@lru_cache(maxsize=8192)
def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def place_key(building: str, room: str) -> tuple[object, ...]:
    """Return the key by which every list has its locations in order; candidates without one come last."""
    known = (part for name in (building, room) for part in (not name, natural_key(name)))
    return (not (building or room), *known)


def short_test_name(name: str) -> str:
    """Return what a test is called where there is little room: its code, "BIO2150", else the beginning of its name."""
    code = name.split(maxsplit=1)[0].rstrip(":,.") if name.strip() else ""
    if 3 <= len(code) <= MAX_CODE and any(char.isdigit() for char in code) and any(char.isalpha() for char in code):
        return code
    return name if len(name) <= MAX_SHORT_NAME else name[: MAX_SHORT_NAME - 1].rstrip() + "…"


# Times --------------------------------------------------------------------------------------------------------------


def when(value: datetime | None) -> str:
    """Return "Mon 7 Dec 2026, 09:00" in the current zone, or nothing for None."""
    return _format(value, f"{DAY}, {CLOCK}")


def day(value: datetime | None) -> str:
    """Return "Mon 7 Dec 2026" in the current zone, or nothing for None."""
    return _format(value, DAY)


def date_words(value: date | None) -> str:
    """Return "Mon 4 Jan 2027" for a day of a calendar, or nothing for None."""
    return "" if value is None else dateformat.format(value, DAY)


def clock(value: datetime | None) -> str:
    """Return "13:00" in the current zone, or nothing for None."""
    return _format(value, CLOCK)


def near(value: datetime | None, now: datetime) -> str:
    """Return "13:00" for a time of this day, "Thu 10 Dec, 09:00" within ten months, else the year as well."""
    if value is None or abs(value - now) > NEAR:
        return when(value)
    return clock(value) if day(value) == day(now) else _format(value, f"D j M, {CLOCK}")


def lately(value: datetime | None) -> str:
    """Return "Today, 08:47", or "Fri 4 Dec, 16:40" for what was within the last days, or nothing for None."""
    if value is None:
        return ""
    if timezone.localdate(value) == timezone.localdate():
        return gettext("Today, %(clock)s") % {"clock": clock(value)}
    return _format(value, f"D j M, {CLOCK}")


def seconds(value: datetime | None) -> str:
    """Return "Mon 7 Dec 2026, 09:00:07" in the current zone, or nothing for None."""
    return _format(value, f"{DAY}, {CLOCK}:s")


def span(opens: datetime | None, ends: datetime | None) -> str:
    """Return "Mon 7 Dec 2026, 09:00–13:00 Oslo time"; both dates when the days differ; nothing when nothing is set."""
    if opens is None and ends is None:
        return ""
    if ends is None:
        return gettext("From %(when)s %(zone)s") % {"when": when(opens), "zone": zone()}
    if opens is None:
        return gettext("Until %(when)s %(zone)s") % {"when": when(ends), "zone": zone()}
    if day(opens) == day(ends):
        return f"{when(opens)}–{clock(ends)} {zone()}"
    return f"{when(opens)} – {when(ends)} {zone()}"


def zone() -> str:
    """Return the current zone as people say it: "Oslo time"."""
    return _zone_words(timezone.get_current_timezone_name(), get_language())


def minutes_words(value: int | timedelta | None) -> str:
    """Return minutes, or the whole minutes of a duration, as "1 h 48 min"."""
    if value is None:
        return ""
    if isinstance(value, timedelta):
        if timedelta(0) < value < timedelta(minutes=1):
            return gettext("less than 1 min")
        value = max(0, int(value.total_seconds() // 60))
    hours, minutes = divmod(value, 60)
    if not hours:
        return gettext("%(minutes)d min") % {"minutes": minutes}
    if not minutes:
        return gettext("%(hours)d h") % {"hours": hours}
    return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


def until(value: datetime | None, depth: int = 2) -> str:
    """Return "in 2 days, 18 hours", with at most ``depth`` units, or "now" for what is not ahead."""
    if value is None:
        return ""
    if value - timezone.now() < timedelta(minutes=1):
        return gettext("now")
    return gettext("in %(duration)s") % {"duration": timeuntil(value, depth=depth)}


def ago(value: datetime | None, depth: int = 1) -> str:
    """Return "5 minutes ago", with at most ``depth`` units, or "now" within the last minute."""
    if value is None:
        return ""
    if timezone.now() - value < timedelta(minutes=1):
        return gettext("now")
    return gettext("%(duration)s ago") % {"duration": timesince(value, depth=depth)}


def _format(value: datetime | None, pattern: str) -> str:
    if value is None:
        return ""
    # In UTC, because the two local times one hour apart in the autumn night would be equal as cache keys.
    return _formatted(value.astimezone(UTC), pattern, timezone.get_current_timezone_name(), get_language())


@lru_cache(maxsize=8192)
def _formatted(value: datetime, pattern: str, zone_name: str, language: str | None) -> str:
    local = timezone.localtime(value)
    words = dateformat.format(local, pattern)
    if CLOCK in pattern and local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        # This clock time occurs twice that night: say which one is meant (D30).
        season = gettext("winter time") if local.fold else gettext("summer time")
        return f"{words} ({season})"
    return words


@lru_cache(maxsize=64)
def _zone_words(name: str, language: str | None) -> str:
    if "/" not in name:
        return name
    return gettext("%(city)s time") % {"city": name.rsplit("/", 1)[-1].replace("_", " ")}


# Counts -----------------------------------------------------------------------------------------------------------


def any_of(names: Sequence[str]) -> str:
    """Return names in a sentence: "Feide", "Feide or Microsoft", "Feide, Google or Microsoft"."""
    return get_text_list(list(names), pgettext("between the last two of some names", "or"))


def all_of(names: Sequence[str]) -> str:
    """Return names in a sentence: "V101", "V101 and V102", "V101, V102 and V103"."""
    return get_text_list(list(names), pgettext("between the last two of some names", "and"))


def plural(count: int, noun: str) -> str:
    """Return "3 candidates" or "1 candidate" for a noun of NOUNS; raise KeyError for any other."""
    return str(NOUNS[noun] % {"n": Grouped(count)})
