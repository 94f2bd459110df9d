"""Tick people by a pasted column of Candidate IDs, private references, SSO user IDs or usernames: one way for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.candidate_ids import candidate_key
from candidates.intake.headings import has_digit
from candidates.lifecycle.history import removals_of
from candidates.models import Test
from candidates.pages.shared.candidate_lines import lines_of
from candidates.text import fold, when

MAX_PASTED = 100_000
"""Characters: 1500 long IDs, and as much again."""
MAX_PIECES = 3000
"""Twice of what a test can hold: more cannot be meant."""
MAX_NAMED = 20
_SEPARATORS = re.compile(r"[,;\t\r\n\0]+")
_SPACES = re.compile(r"\s+")

Known = Mapping[str, Collection[str]]
"""The public ids of people by each name that they go by, folded (`names_of`)."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """Whom a pasted text names: public ids of the found, and what names nobody or more than one, as it was typed."""

    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()


def names_of(*texts: str) -> set[str]:
    """Return the keys of names: as Candidate IDs are folded, and as usernames are, which are typed with hyphens."""
    return {key for text in texts if text for key in (candidate_key(text), _code(text))}


def known_by(people: Iterable[tuple[str, Collection[str]]]) -> Known:
    """Return who goes by which name, of public ids with their keys."""
    known: dict[str, set[str]] = {}
    for public_id, keys in people:
        for key in keys:
            known.setdefault(key, set()).add(public_id)
    return known


def pieces_of(text: str) -> list[list[str]]:
    """Return what stands between separators, each with its words: a Candidate ID may have spaces in it."""
    pieces = dict.fromkeys(_SPACES.sub(" ", piece).strip(" \"'") for piece in _SEPARATORS.split(text[:MAX_PASTED]))
    cut = [piece for piece in pieces if piece][:MAX_PIECES]
    return [[piece, *(piece.split(" ") if " " in piece else ())] for piece in cut]


def find_pasted(text: str, known: Callable[[Sequence[str]], Known]) -> Pasted:
    """Return whom a pasted text names, each once and in its order; `known` tells who goes by these texts."""
    pieces = pieces_of(text)
    people = known([word for piece in pieces for word in piece])
    found: dict[str, None] = {}
    missing: dict[str, None] = {}
    ambiguous: dict[str, None] = {}
    for whole, *words in pieces:
        hits = _hits(whole, people)
        # the whole of it first: "Kari Nordmann" is one Candidate ID, "0001 0002" are two
        named = [(whole, hits)] if hits or not words else [(word, _hits(word, people)) for word in words]
        if words and not any(some for _text, some in named) and not all(map(has_digit, words)):
            named = [(whole, set())]  # a name of several words; numbers are several, found or not
        for text_, some in named:
            if len(some) == 1:
                found.update(dict.fromkeys(some))
            else:
                (ambiguous if some else missing)[text_] = None
    return Pasted(tuple(found), tuple(missing), tuple(ambiguous))


def find_candidates(test: Test, text: str) -> Pasted:
    """Return whom on a test a pasted text names: one query, however much was pasted."""
    lines = lines_of(test)
    known = known_by(
        (
            line.public_id,
            names_of(line.candidate_id, line.private_reference, line.login, line.one_time_login),
        )
        for line in lines
    )
    return find_pasted(text, lambda _texts: known)


def removed_words(test: Test, missing: Sequence[str]) -> list[str]:
    """Return who of those who were not found was removed from the test, when and by whom."""
    if not missing:
        return []
    names = {candidate_key(name): name for name in missing[:MAX_NAMED]}
    said = _("%(id)s was removed %(at)s by %(who)s.")
    return [
        said % {"id": names[key], "at": when(act.at), "who": act.actor or "?"}
        for key, act in removals_of(test, names.keys()).items()
    ]


def tell_pasted(request: HttpRequest, text: str, pasted: Pasted, more: Sequence[str] = ()) -> None:
    """Say how many are ticked, and what is not found or fits several; `more` are further sentences."""
    if len(text) > MAX_PASTED or text.count("\n") > MAX_PIECES:
        messages.warning(request, _("That was too much to be read: only the beginning was looked for."))
    n = len(pasted.found)
    words = [ngettext("%(n)d of those pasted is ticked.", "%(n)d of those pasted are ticked.", n) % {"n": n}]
    if pasted.missing:
        words.append(_named(_("%(n)d not found: %(names)s."), pasted.missing))
    if pasted.ambiguous:
        words.append(_named(_("%(n)d fit more than one and are not ticked: %(names)s."), pasted.ambiguous))
    say = messages.warning if pasted.missing or pasted.ambiguous else messages.success
    say(request, " ".join([*words, *more]))


def nobody_words(pasted: Pasted, more: Sequence[str]) -> str:
    """Return why what was pasted means nobody, with its names; `more` are further sentences."""
    words = [_("Nobody is meant by what was pasted.")]
    if pasted.missing:
        words.append(_named(_("%(n)d not found: %(names)s."), pasted.missing))
    if pasted.ambiguous:
        words.append(_named(_("%(n)d fit more than one: %(names)s."), pasted.ambiguous))
    return " ".join([*words, *more])


def _named(words: str, names: Sequence[str]) -> str:
    rest = len(names) - MAX_NAMED
    shown = ", ".join(name[:60] for name in names[:MAX_NAMED])
    return words % {"n": len(names), "names": shown + (_(" and %(n)d more") % {"n": rest} if rest > 0 else "")}


def _hits(text: str, people: Known) -> set[str]:
    return {one for key in names_of(text) for one in people.get(key, ())}


def _code(text: str) -> str:
    # apart from other keys: 12-34 as a Candidate ID is not 1234
    return f"\0{fold(text)}"
