"""Read lists of Ladok page by page: whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from candidates.fetching import Answer
from candidates.rosters.source import SourceError
from candidates.rosters.sources.ladok.connection import FORBIDDEN, NOT_FOUND, OK, Conversation
from candidates.rosters.sources.ladok.records import Record, read_json

RESULTS = "application/vnd.ladok-resultat+json"
FEWEST = 20  # lines of a page that is not the last: a list in smaller pages is not read to its end
MAX_LINES = 5000


def whole_list(
    talk: Conversation, paths: Sequence[str], parameters: Mapping[str, str], *, no_right: str, page_size: int
) -> list[Record]:
    """Return all lines of a list, each once. Raises SourceError where it is not whole, or changes meanwhile.

    The first of the paths that exists for us is asked; `no_right` is what is said where we may see none.
    """
    path, first = _first(talk, paths, {**parameters, "page": "1", "limit": str(page_size)}, no_right)
    found = _read(talk, path, parameters, first, page_size)
    # Whoever goes while pages are read moves the others up, so that one falls between two pages and is not missed.
    if len(found) > len(first.records("Resultat")):
        again = _read(talk, path, parameters, _page(talk, path, parameters, 1, page_size), page_size)
        if {one.text("Uid") for one in again} != {one.text("Uid") for one in found}:
            raise changed(talk.label)
    return found


def _first(
    talk: Conversation, paths: Sequence[str], parameters: Mapping[str, str], no_right: str
) -> tuple[str, Record]:
    answer: Answer | None = None
    was_forbidden = False
    for path in paths:
        answer = talk.get(path, parameters, accept=RESULTS, may_be=(FORBIDDEN, NOT_FOUND))
        if answer.status == OK:
            return path, read_json(answer.body, talk.label)
        was_forbidden |= answer.status == FORBIDDEN
    if was_forbidden:
        raise SourceError(no_right)
    raise talk.refusal(NOT_FOUND)


def _page(talk: Conversation, path: str, parameters: Mapping[str, str], number: int, page_size: int) -> Record:
    asked = {**parameters, "page": str(number), "limit": str(page_size)}
    return read_json(talk.get(path, asked, accept=RESULTS).body, talk.label)


def _read(talk: Conversation, path: str, parameters: Mapping[str, str], first: Record, page_size: int) -> list[Record]:
    total = first.count("TotaltAntalPoster")
    if total > MAX_LINES:
        words = _("%(source)s has more than %(most)d lines in this list, which is not read.")
        raise SourceError(words % {"source": talk.label, "most": MAX_LINES})
    found: dict[str, Record] = {}
    told, number = first, 1
    while True:
        if told.count("TotaltAntalPoster") != total:
            raise changed(talk.label)
        listed = told.records("Resultat", needed=total > 0)
        for one in listed:
            key = one.text("Uid", needed=True)
            if key in found:
                words = _("%(source)s sent something twice, so its list is not whole. Nothing is taken; look again.")
                raise SourceError(words % {"source": talk.label})
            found[key] = one
        if len(found) == total:
            return list(found.values())
        if len(found) > total or len(listed) < min(FEWEST, page_size):
            words = _(
                "%(source)s says that its list has %(total)d lines, and sent %(count)d. Nothing is taken; look again."
            )
            raise SourceError(words % {"source": talk.label, "total": total, "count": len(found)})
        number += 1
        told = _page(talk, path, parameters, number, page_size)


def changed(label: str) -> SourceError:
    """Return what is said of a list that was not the same from beginning to end."""
    words = _("The list changed in %(source)s while it was read. Nothing is taken; look again.")
    return SourceError(words % {"source": label})
