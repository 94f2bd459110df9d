"""Words for times, counts and states, the same on every page.

The formatting functions are called up to 1500 times per page, mostly with the same few values: they remember what they
have formatted, per instant, zone and language.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import forms, template
from django.forms.utils import flatatt
from django.utils import dateformat, timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, ngettext_lazy, pgettext

from candidates.forms import base

register = template.Library()

DAY = "D j M Y"
CLOCK = "H:i"

# state -> (word, colour): look.md, "Colour and tags". Keys are compared without case, with "_" for spaces and hyphens.
TAGS: dict[str, tuple[Promise | str, str]] = {
    "created": (gettext_lazy("Created"), "neutral"),
    "scheduled": (gettext_lazy("Scheduled"), "info"),
    "active": (gettext_lazy("Active"), "info"),
    "finished": (gettext_lazy("Finished"), "neutral"),
    "inactive": (gettext_lazy("Inactive"), "warning"),
    "paused": (gettext_lazy("Paused"), "warning"),
    "submitted": (gettext_lazy("Submitted"), "success"),
    "not_submitted": (gettext_lazy("Not submitted"), "neutral"),
    "upcoming": (gettext_lazy("UPCOMING"), "neutral"),
    "in_progress": (gettext_lazy("IN PROGRESS"), "info"),
    "due": (gettext_lazy("DUE"), "warning"),
}

# Nouns that are counted in headings, captions and buttons: here, and not in templates, so that makemessages finds them.
NOUNS: dict[str, Any] = {
    "act": ngettext_lazy("%(n)d act", "%(n)d acts", "n"),
    "candidate": ngettext_lazy("%(n)d candidate", "%(n)d candidates", "n"),
    "cell": ngettext_lazy("%(n)d cell", "%(n)d cells", "n"),
    "character": ngettext_lazy("%(n)d character", "%(n)d characters", "n"),
    "contributor": ngettext_lazy("%(n)d contributor", "%(n)d contributors", "n"),
    "day": ngettext_lazy("%(n)d day", "%(n)d days", "n"),
    "grader": ngettext_lazy("%(n)d grader", "%(n)d graders", "n"),
    "import": ngettext_lazy("%(n)d import", "%(n)d imports", "n"),
    "list": ngettext_lazy("%(n)d list", "%(n)d lists", "n"),
    "location": ngettext_lazy("%(n)d location", "%(n)d locations", "n"),
    "minute": ngettext_lazy("%(n)d minute", "%(n)d minutes", "n"),
    "one-time user": ngettext_lazy("%(n)d one-time user", "%(n)d one-time users", "n"),
    "member": ngettext_lazy("%(n)d member", "%(n)d members", "n"),
    "person": ngettext_lazy("%(n)d person", "%(n)d people", "n"),
    "permanent user": ngettext_lazy("%(n)d permanent user", "%(n)d permanent users", "n"),
    "place": ngettext_lazy("%(n)d place", "%(n)d places", "n"),
    "problem": ngettext_lazy("%(n)d problem", "%(n)d problems", "n"),
    "room": ngettext_lazy("%(n)d room", "%(n)d rooms", "n"),
    "row": ngettext_lazy("%(n)d row", "%(n)d rows", "n"),
    "sheet": ngettext_lazy("%(n)d sheet", "%(n)d sheets", "n"),
    "slip": ngettext_lazy("%(n)d slip", "%(n)d slips", "n"),
    "submission": ngettext_lazy("%(n)d submission", "%(n)d submissions", "n"),
    "test": ngettext_lazy("%(n)d test", "%(n)d tests", "n"),
    "user": ngettext_lazy("%(n)d user", "%(n)d users", "n"),
    "version": ngettext_lazy("%(n)d version", "%(n)d versions", "n"),
    "word": ngettext_lazy("%(n)d word", "%(n)d words", "n"),
}

FIRST_SENTENCE = re.compile(r"(.+?[.:?])\s+(\S.*)", re.DOTALL)


# Times --------------------------------------------------------------------------------------------------------------


@register.filter
def when(value: datetime | None) -> str:
    """Return "Mon 7 Dec 2026, 09:00" in the current zone, or nothing for None."""
    return _format(value, f"{DAY}, {CLOCK}")


@register.filter
def day(value: datetime | None) -> str:
    """Return "Mon 7 Dec 2026" in the current zone, or nothing for None."""
    return _format(value, DAY)


@register.filter
def clock(value: datetime | None) -> str:
    """Return "13:00" in the current zone, or nothing for None."""
    return _format(value, CLOCK)


@register.filter
def lately(value: datetime | None) -> str:
    """Return "Today, 08:47", or "Fri 4 Dec, 16:40" for what was within the last days, or nothing for None."""
    if value is None:
        return ""
    if timezone.localdate(value) == timezone.localdate():
        return gettext("Today, %(clock)s") % {"clock": clock(value)}
    return _format(value, f"D j M, {CLOCK}")


@register.filter
def seconds(value: datetime | None) -> str:
    """Return "Mon 7 Dec 2026, 09:00:07" in the current zone, or nothing for None."""
    return _format(value, f"{DAY}, {CLOCK}:s")


@register.simple_tag
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


@register.simple_tag
def zone() -> str:
    """Return the current zone as people say it: "Oslo time"."""
    return _zone_words(timezone.get_current_timezone_name(), get_language())


@register.filter
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


@register.filter
def until(value: datetime | None, depth: int = 2) -> str:
    """Return "in 2 days, 18 hours", with at most ``depth`` units, or "now" for what is not ahead."""
    if value is None:
        return ""
    if value - timezone.now() < timedelta(minutes=1):
        return gettext("now")
    return gettext("in %(duration)s") % {"duration": timeuntil(value, depth=depth)}


@register.filter
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
    # In UTC, because two local times of the autumn night that differ by an hour are equal as cache keys.
    return _formatted(value.astimezone(UTC), pattern, timezone.get_current_timezone_name(), get_language())


@lru_cache(maxsize=8192)
def _formatted(value: datetime, pattern: str, zone_name: str, language: str | None) -> str:
    local = timezone.localtime(value)
    words = dateformat.format(local, pattern)
    if CLOCK in pattern and local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        # This clock time comes twice that night: say which one is meant (domain reference, D30).
        season = gettext("winter time") if local.fold else gettext("summer time")
        return f"{words} ({season})"
    return words


@lru_cache(maxsize=64)
def _zone_words(name: str, language: str | None) -> str:
    if "/" not in name:
        return name
    return gettext("%(city)s time") % {"city": name.rsplit("/", 1)[-1].replace("_", " ")}


# Counts and states --------------------------------------------------------------------------------------------------


@register.filter
def any_of(names: Sequence[str]) -> str:
    """Return names in a sentence: "Feide", "Feide or Microsoft", "Feide, Google or Microsoft"."""
    return get_text_list(list(names), pgettext("between the last two of some names", "or"))


@register.filter
def plural(count: int, noun: str) -> str:
    """Return "3 candidates" or "1 candidate" for a noun of NOUNS; raise KeyError for any other."""
    return str(NOUNS[noun] % {"n": count})


@register.simple_tag
def tag(state: object, color: str = "", word: object = "") -> SafeString:
    """Return the state tag: its word in its colour; ``color`` and ``word`` overrule what TAGS says."""
    known_word, known_color = TAGS.get(re.sub(r"[\s-]", "_", str(state)).casefold(), (str(state), "neutral"))
    color = color or known_color
    shape = {"success": "is-done", "warning": "is-warn", "danger": "is-fail"}.get(color)
    if shape and color == "success":
        # Over and well is quiet: a tick and the word, no fill (look.md, "Colour and tags").
        return format_html('<span class="{}">{}</span>', shape, word or known_word)
    return format_html(
        '<span class="ds-tag{}" data-color="{}">{}</span>', f" {shape}" if shape else "", color, word or known_word
    )


@register.filter
def outcome(message: object) -> SafeString:
    """Return a message with its first sentence, the outcome, in bold."""
    text = str(message)
    if match := FIRST_SENTENCE.fullmatch(text):
        return format_html("<strong>{}</strong> {}", match[1], match[2])
    return format_html("<strong>{}</strong>", text)


@register.filter
def alert_color(level_tag: str) -> str:
    """Return the data-color of a message level of django.contrib.messages."""
    return {"error": "danger", "warning": "warning", "success": "success"}.get(level_tag, "info")


@register.filter
def aside(text: str) -> SafeString:
    """Return what stands quietly beside a Candidate ID, such as who it is; nothing for an empty text."""
    return format_html(' <span class="small quiet">{}</span>', text) if text else SafeString()


# Tables and forms ---------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/sort_head.html")
def sort_head(key: str, label: str, sort: str, num: bool = False, form: str = "filters") -> dict[str, Any]:
    """Return a table head that sorts by ``key``, or the other way round when ``sort`` says it does already."""
    ascending, descending = sort == key, sort == f"-{key}"
    return {
        "label": label,
        "num": num,
        "form": form,
        "next": f"-{key}" if ascending else key,
        "direction": "ascending" if ascending else "descending" if descending else "none",
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(
    form: forms.BaseForm | None = None, problems: Iterable[tuple[str, object]] = (), heading: str = ""
) -> dict[str, Any]:
    """Return the error summary of a form, of (href, text) pairs, or of both; nothing when there is no problem."""
    lines = [*(base.problems(form) if form is not None else ()), *problems]
    count = len(lines)
    fallback = ngettext(
        "Nothing is saved yet: %(n)d problem to fix", "Nothing is saved yet: %(n)d problems to fix", count
    )
    return {"lines": lines, "heading": heading or fallback % {"n": count}}


@register.filter
def options(groups: Iterable[tuple[str | None, list[dict[str, Any]], int]]) -> SafeString:
    """Return the options of a list to choose from: up to 1500 people, so not by two templates for each as Django's."""
    return format_html_join("\n", "{}", ((_group(name, choices),) for name, choices, _index in groups))


def _group(name: str | None, choices: list[dict[str, Any]]) -> SafeString:
    shown = ((one["value"], flatatt(one["attrs"]), one["label"]) for one in choices)
    written = format_html_join("\n", '<option value="{}"{}>{}</option>', shown)
    return format_html('<optgroup label="{}">\n{}\n</optgroup>', name, written) if name else written
