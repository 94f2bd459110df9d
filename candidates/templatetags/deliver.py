"""Words for times, counts and states, the same on every page.

The formatting functions are called up to 1500 times per page, mostly with the same few values: they remember what they
have formatted, per instant, zone and language.
"""

import re
from collections.abc import Iterable
from typing import Any

from django import forms, template
from django.forms.utils import flatatt
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext

from candidates.pages.shared import base
from candidates.text import (
    ago,
    any_of,
    clock,
    date_words,
    day,
    lately,
    minutes_words,
    near,
    plural,
    seconds,
    span,
    until,
    when,
    zone,
)

register = template.Library()

# state -> (word, colour): docs/look.md "Colour and tags". Keys are compared without case, "_" for spaces and hyphens.
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

FIRST_SENTENCE = re.compile(r"(.+?[.:?])\s+(\S.*)", re.DOTALL)


# Times and counts, of candidates/text.py ---------------------------------------------------------------------------

for of_text in (when, day, date_words, clock, near, lately, seconds, minutes_words, until, ago, any_of, plural):
    register.filter(of_text)
register.simple_tag(span)
register.simple_tag(zone)


# Counts and states --------------------------------------------------------------------------------------------------


@register.simple_tag
def tag(state: object, color: str = "", word: object = "") -> SafeString:
    """Return the state tag: its word in its colour; ``color`` and ``word`` overrule what TAGS says."""
    known_word, known_color = TAGS.get(re.sub(r"[\s-]", "_", str(state)).casefold(), (str(state), "neutral"))
    color = color or known_color
    shape = {"success": "is-done", "warning": "is-warn", "danger": "is-fail"}.get(color)
    if shape and color == "success":
        # Success is quiet: a tick and the word, no fill (docs/look.md "Colour and tags").
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
