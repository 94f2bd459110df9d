"""Read what Ladok tells by name: whatever stands there is understood or refused in a sentence, never stumbled over."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from candidates.rosters.source import SourceError

# Times of sessions stand without a zone: it is the one of all Swedish institutions.
STOCKHOLM = ZoneInfo("Europe/Stockholm")
FIRST_YEAR, LAST_YEAR = 2000, 2100
MAX_TEXT = 2000
MAX_NUMBER = 10**6
CLOCK = re.compile(r"(\d\d?):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?")
NO_TEXT = frozenset({"Cc", "Cs", "Co", "Cn"})
TRUE, FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})


class Record:
    """One object of an answer in JSON."""

    __slots__ = ("_label", "_values")

    def __init__(self, values: Mapping[str, object], label: str) -> None:
        self._values, self._label = values, label

    def has(self, name: str) -> bool:
        """Say whether something stands there."""
        return self._values.get(name) not in (None, "", [], {})

    def text(self, *names: str, needed: bool = False) -> str:
        """Return the text under the first of the names that has one; numbers are texts as well. Raises SourceError."""
        for name in names:
            value = self._values.get(name)
            if isinstance(value, bool | float | list | dict):
                raise self._odd(name)
            text = " ".join(("" if value is None else str(value)).split())
            if len(text) > MAX_TEXT:
                raise self._odd(name)
            if not text.isprintable() and any(unicodedata.category(one) in NO_TEXT for one in text):
                raise self._odd(name)
            if text:
                return text
        if needed:
            raise self._lacks(names[0])
        return ""

    def number(self, name: str) -> int | None:
        """Return a whole number from nought on, None where there is none. Raises SourceError."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_NUMBER:
            raise self._odd(name)
        return value

    def count(self, name: str) -> int:
        """Return a whole number from nought on that has to be there. Raises SourceError."""
        value = self.number(name)
        if value is None:
            raise self._lacks(name)
        return value

    def flag(self, name: str) -> bool | None:
        """Return yes or no, None where neither stands there. Raises SourceError."""
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return value
        word = str(value).strip().casefold()
        if isinstance(value, list | dict) or word not in TRUE | FALSE:
            raise self._odd(name)
        return word in TRUE

    def record(self, name: str) -> Record:
        """Return the object under a name, an empty one where there is none. Raises SourceError."""
        value = self._values.get(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self._odd(name)
        return Record(value, self._label)

    def records(self, name: str, *, needed: bool = False) -> list[Record]:
        """Return the objects of a list; one that stands alone is a list too. Raises SourceError."""
        value = self._values.get(name)
        if value is None:
            if needed:
                raise self._lacks(name)
            return []
        listed = [value] if isinstance(value, dict) else value
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise self._odd(name)
        return [Record(one, self._label) for one in listed]

    def named(self, *names: str) -> str:
        """Return a name in Swedish, else in English, else in any language.

        It is a list of Benamning{Sprakkod, Text}, in an object of that name or without, {"sv": …, "en": …}, or a text.
        Raises SourceError.
        """
        for name in names:
            value = self._values.get(name)
            if isinstance(value, str):
                return self.text(name)
            if isinstance(value, list):
                found = dict(_by_language(self.records(name)))
            else:
                one = self.record(name)
                listed = one.records("Benamning")
                found = dict(_by_language(listed)) if listed else {key: one.text(key) for key in ("sv", "en")}
            texts = [found.get("sv", ""), found.get("en", ""), *found.values()]
            if text := next(filter(None, texts), ""):
                return text
        return ""

    def instant(self, name: str) -> datetime | None:
        """Return a date with a time, None where none can be read."""
        try:
            found = datetime.fromisoformat(self.text(name))
        except ValueError:
            return None
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            return None
        return (found if found.tzinfo else found.replace(tzinfo=STOCKHOLM)).astimezone(UTC)

    def day(self, name: str) -> date | None:
        """Return a date, None where none can be read."""
        try:
            found = date.fromisoformat(self.text(name)[:10])
        except ValueError:
            return None
        return found if FIRST_YEAR <= found.year <= LAST_YEAR else None

    def clock(self, name: str) -> time | None:
        """Return a time of the day in Sweden, None where none can be read."""
        found = CLOCK.match(self.text(name))
        try:
            return time(int(found[1]), int(found[2]), int(found[3] or 0)) if found else None
        except ValueError:
            return None

    def _lacks(self, name: str) -> SourceError:
        words = _("What %(source)s sent lacks “%(field)s”, so nothing of it is taken. Tell your administrator.")
        return SourceError(words % {"source": self._label, "field": name})

    def _odd(self, name: str) -> SourceError:
        words = _("What %(source)s sent has something under “%(field)s” that cannot be read. Nothing of it is taken.")
        return SourceError(words % {"source": self._label, "field": name})


def _by_language(listed: Iterable[Record]) -> Iterator[tuple[str, str]]:
    for one in listed:
        yield one.text("Sprakkod").casefold()[:2], one.text("Text")


def read_json(body: bytes, label: str) -> Record:
    """Return the object that an answer is. Raises SourceError."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SourceError(
            _("%(source)s answered with something that is no list of Ladok. Is its address right?") % {"source": label}
        )
    return Record(found, label)
