"""Read lists of Ladok page by page: whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from candidates.fetching import Answer
from candidates.rosters.source import SourceError
from candidates.rosters.sources.ladok.connection import FORBIDDEN, NOT_FOUND, OK, Conversation
from candidates.rosters.sources.ladok.records import Record, read_json

RESULTS = "application/vnd.ladok-resultat+json"
MAX_LINES, MAX_PAGES = 5000, 250  # pages can be smaller than they were asked for


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that stands at one of several paths, which one is a matter of rights.

    `no_right` is what is said where we may see it at none of them.
    """

    talk: Conversation
    paths: Sequence[str]
    parameters: Mapping[str, str]
    page_size: int
    no_right: str
    accept: str = RESULTS

    def read(self) -> list[Record]:
        """Return all lines, each once. Raises SourceError where the list is not whole, or changes meanwhile."""
        path, first = self._find()
        found = self._read(path, first)
        # Whoever goes while pages are read moves the others up, so that one falls between two pages and is not missed.
        if len(found) > len(first.records("Resultat")):
            again = self._read(path, read_json(self._ask(path, 1).body, self.talk.label))
            if again.keys() != found.keys():
                raise self._changed()
        return list(found.values())

    def _find(self) -> tuple[str, Record]:
        """Return the first path that exists for us, and the first page there."""
        was_forbidden = False
        for path in self.paths:
            answer = self._ask(path, 1, may_be=(FORBIDDEN, NOT_FOUND))
            if answer.status == OK:
                return path, read_json(answer.body, self.talk.label)
            was_forbidden |= answer.status == FORBIDDEN
        if was_forbidden:
            raise SourceError(self.no_right)
        raise self.talk.refusal(NOT_FOUND)

    def _ask(self, path: str, number: int, *, may_be: tuple[int, ...] = ()) -> Answer:
        asked = {**self.parameters, "page": str(number), "limit": str(self.page_size)}
        return self.talk.get(path, asked, accept=self.accept, may_be=may_be)

    def _read(self, path: str, first: Record) -> dict[str, Record]:
        """Return the lines of all pages by their ids."""
        total = first.count("TotaltAntalPoster")
        if total > MAX_LINES:
            words = _("%(source)s has more than %(most)d lines in this list, which is not read.")
            raise SourceError(words % {"source": self.talk.label, "most": MAX_LINES})
        found: dict[str, Record] = {}
        told, number = first, 1
        while True:
            if told.count("TotaltAntalPoster") != total:
                raise self._changed()
            listed = told.records("Resultat", needed=total > 0 and number == 1)
            for one in listed:
                key = one.text("Uid", needed=True)
                if key in found:
                    words = _(
                        "%(source)s sent something twice, so its list is not whole. Nothing is taken; look again."
                    )
                    raise SourceError(words % {"source": self.talk.label})
                found[key] = one
            if len(found) == total:
                return found
            if len(found) > total or not listed or number == MAX_PAGES:
                raise self._not_whole(total, len(found))
            number += 1
            told = read_json(self._ask(path, number).body, self.talk.label)

    def _not_whole(self, total: int, count: int) -> SourceError:
        words = _(
            "%(source)s says that its list has %(total)d lines, and sent %(count)d. Nothing is taken; look again."
        )
        return SourceError(words % {"source": self.talk.label, "total": total, "count": count})

    def _changed(self) -> SourceError:
        words = _("The list changed in %(source)s while it was read. Nothing is taken; look again.")
        return SourceError(words % {"source": self.talk.label})
