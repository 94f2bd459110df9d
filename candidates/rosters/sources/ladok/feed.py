"""Read Ladok's change feed: which exams may have changed, never what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.rosters.source import Hints, SourceError
from candidates.rosters.sources.ladok.connection import GONE, NOT_FOUND, OK, Conversation

RECENT = "/uppfoljning/feed/recent"
ATOM = "application/atom+xml"
MAX_PAGES = 20
MAX_EXAMS = 500
EXAM = "aktivitetstillfalleuid"
KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
# What is kept between two questions: the time and id of the newest event.
MARKER = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{8,15} [^\s]{0,200}")
TOO_NEW = timedelta(days=1)
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: its id, when it was written, and the exams that it names."""

    key: str
    updated: str
    exams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One document of the feed: the links to others by their rel, and its entries, which may come twice."""

    links: dict[str, str]
    updated: str
    entries: tuple[Entry, ...]


def read_hints(talk: Conversation, marker: str) -> Hints:
    """Return the exams that events name which came after a marker; "everything" where the feed has a gap before it.

    The marker is the time and id of the newest event that was seen. Raises SourceError.
    """
    marker = marker if MARKER.fullmatch(marker) else ""
    page = read_page(talk.get(RECENT, accept=ATOM).body, talk.label)
    since, _space, last = marker.partition(" ")
    newest = marker or f"{page.updated} "
    exams: dict[str, None] = {}
    is_covered, seen = False, {""}
    for _number in range(MAX_PAGES):
        for one in page.entries:
            if one.updated:
                newest = max(newest, f"{one.updated} {one.key}")
                is_covered |= one.updated < since or f"{one.updated} {one.key}" == marker
            if (one.updated >= since and one.key != last) or not one.updated:
                exams.update(dict.fromkeys(one.exams))
        older = _path(page.links.get("prev-archive", ""), talk.base)
        if is_covered or not marker or older in seen:
            break
        seen.add(older)
        answer = talk.get(older, accept=ATOM, may_be=(NOT_FOUND, GONE))
        if answer.status != OK:
            break
        page = read_page(answer.body, talk.label)
    if not is_covered or len(exams) > MAX_EXAMS:
        return Hints(newest.strip(), everything=True)
    return Hints(newest, tuple(exams))


def read_page(body: bytes, label: str) -> Page:
    """Return a document of the feed. Elements are known by their names, wherever they stand. Raises SourceError."""
    try:
        feed = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        feed = None
    if feed is None or _name(feed) != "feed":
        raise SourceError(
            _("The change feed of %(source)s cannot be read. Exams are looked at by the clock alone.")
            % {"source": label}
        )
    links = {one.get("rel", ""): one.get("href", "") for one in feed if _name(one) == "link"}
    entries = {one.key: one for one in map(_entry, (part for part in feed if _name(part) == "entry"))}
    return Page(links, _instant(_child(feed, "updated")), tuple(entries.values()))


def _entry(element: Any) -> Entry:
    exams = dict.fromkeys(filter(KEY.fullmatch, _exams(element)))
    return Entry(_child(element, "id")[:200], _instant(_child(element, "updated")), tuple(exams))


def _exams(element: Any) -> Iterator[str]:
    for one in element.iter():
        if _name(one) == EXAM:
            yield (one.text or "").strip()


def _child(element: Any, name: str) -> str:
    return next(((one.text or "").strip() for one in element if _name(one) == name), "")


def _name(element: Any) -> str:
    """Return the name of an element without its namespace, which real feeds do not always get right."""
    return str(element.tag).rpartition("}")[2].casefold()


def _instant(text: str) -> str:
    """Return a time in UTC as a text that sorts; nothing for what cannot be read, or is ahead of any clock."""
    try:
        found = datetime.fromisoformat(text)
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return ""
    return "" if found > timezone.now() + TOO_NEW else found.strftime("%Y-%m-%dT%H:%M:%S.%f")


def _path(link: str, base: str) -> str:
    """Return the path of a link below Ladok's address, nothing for one elsewhere: that would get our certificate."""
    try:
        there, here = urlsplit(urljoin(f"{base}{RECENT}", link)), urlsplit(base)
        is_same = _origin(there) == _origin(here)
    except ValueError:
        return ""
    below = here.path.rstrip("/")
    if not link or not is_same or not there.path.startswith(f"{below}/"):
        return ""
    return there.path.removeprefix(below)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
