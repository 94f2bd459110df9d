"""Search candidates, in one way everywhere: in Manage candidates, in Monitor, at the door.

Every word that was typed occurs in the Candidate ID, the name, the private reference, the SSO user ID or the user name,
in any order, without case, accents and punctuation. What is compared is folded when somebody searches, and not stored:
docs/decisions/0095.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.utils.functional import Promise

from candidates.candidate_ids import candidate_key
from candidates.models import Candidate
from candidates.models.accounts import show_username
from candidates.models.candidates import CandidateQuerySet
from candidates.models.permanent_users import search_fold
from candidates.pages.shared.searching import (
    NAME,
    OTHER_FIELDS,
    PRIVATE_REFERENCE,
    SSO_USER_ID,
    USERNAME,
    Match,
    Rank,
    rank_in,
)
from candidates.text import fold

SSO, PERMANENT = str(Candidate.Kind.SSO), str(Candidate.Kind.PERMANENT)
MAX_SEARCH_WORDS = 20
"""Further words would only cost time."""
SHORTEST_NAME_SEARCH = 4  # symbols of a generated user name: one group as it is printed
_APOSTROPHES = "'\u2019\u2018\u02bc`\u00b4"


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    kind = unicodedata.category(character)
    if character == "\n":
        return character
    if character in _APOSTROPHES or kind == "Cf":
        return ""
    return " " if kind.startswith(("P", "Z")) else search_fold(character)


def fold_words(text: str) -> str:
    """Return the words of a text as searches compare them: without case, accents, punctuation and what nobody sees.

    "Sunde-Isaksen, Ødegård" is "sunde isaksen odegard", and "O’Brien" is "obrien". Lines stay lines, because 1500 names
    are folded in one: what a character becomes is then looked up once for each kind of character that occurs.
    """
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    folded = unicodedata.normalize("NFKD", folded.lower())
    for character in set(folded):
        if (plain := _plain(character)) != character:
            folded = folded.replace(character, plain)
    return "\n".join([" ".join(line.split()) for line in folded.split("\n")])


class Who(NamedTuple):
    """What is known of a candidate, for a search to look into.

    `key` is the folded Candidate ID. Where somebody may not know who a candidate is, the rest is left empty.
    `made_name` is a user name that was generated, as it is printed.
    """

    key: str
    name: str = ""
    private_reference: str = ""
    sso_user_id: str = ""
    username: str = ""
    made_name: str = ""


class Person(NamedTuple):
    """Who a candidate is, for those who may know (access.sees_names)."""

    candidate_id: str
    name: str
    private_reference: str
    who: Who


PERSON_COLUMNS = (
    *("public_id", "candidate_id", "candidate_key", "kind", "name", "private_reference", "sso_user_id"),
    *("user__username", "one_time_login__username", "test__activated_at"),
)


def people_of(candidates: CandidateQuerySet) -> dict[str, Person]:
    """Return who candidates are, by public id: one query."""
    found = {}
    rows = candidates.order_by().values_list(*PERSON_COLUMNS)
    for public_id, shown, key, kind, name, reference, sso, username, second, activated in rows:
        user = show_username(username) if username else ""
        made = "" if activated is None else show_username(second) if second else "" if kind == SSO else user
        who = Who(key, name, reference, sso, user if kind == PERMANENT else "", made)
        found[public_id] = Person(shown, name, reference, who)
    return found


def spoken(name: str) -> str:
    """Return a name as it is said, in sentences and at the door: "Aas, Reidun" is Reidun Aas."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma and first and "," not in first else name


_LABELS = (NAME, PRIVATE_REFERENCE, SSO_USER_ID, USERNAME)
_FOLDED = len(_LABELS) + 1


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody typed to find candidates."""

    key: str
    words: tuple[str, ...]
    exact: tuple[str, ...]  # the words with the punctuation that a Candidate ID may consist of
    code: str

    @classmethod
    def of(cls, typed: str) -> Sought:
        """Fold what was typed. What stands in a word without a space stays together: "al-hashimi" is one."""
        found = dict.fromkeys(word for word in re.split(r"[\s,;]+", typed) if fold_words(word))
        exact = tuple(found)[:MAX_SEARCH_WORDS]
        words, exact = tuple(map(fold_words, exact)), tuple(map(search_fold, exact))
        return cls(candidate_key(typed), words, exact, fold(typed))

    def matches(self, people: Sequence[Who]) -> list[Match | None]:
        """Return where the search finds each: in the Candidate ID, else in another field, else in several together."""
        texts = [text.replace("\n", " ") for who in people for text in who[:_FOLDED]]
        folded = fold_words("\n".join(texts)).split("\n") if people else []
        return [
            self._match(who, folded[start : start + _FOLDED])
            for who, start in zip(people, range(0, len(folded), _FOLDED), strict=True)
        ]

    def _match(self, who: Who, folded: Sequence[str]) -> Match | None:
        if (rank := rank_in(who.key, self.key)) is not None:
            return Match(rank)
        found = None
        if self.words and self._all_in("\n".join(folded)):
            key, *others = folded
            if self._all_in(key) and self._exactly_in(who.key):
                return Match(Rank.INSIDE)
            found = self._in_others(list(zip(_LABELS, who[1:], others, strict=False)))
        if len(self.code) >= SHORTEST_NAME_SEARCH and who.made_name:
            # Generated names are random: less than one printed group of them would be found among everybody's.
            rank = rank_in(who.made_name.replace("-", ""), self.code)
            if rank is not None and (found is None or rank < found.rank - OTHER_FIELDS):
                return Match(OTHER_FIELDS + rank, USERNAME, who.made_name)
        return found

    def _in_others(self, held: Sequence[tuple[Promise, str, str]]) -> Match | None:
        """Return the field that holds all words, else the one that holds the longest, after all others."""
        found = [
            Match(OTHER_FIELDS + self._rank(words), label, text) for label, text, words in held if self._all_in(words)
        ]
        if found:
            return min(found, key=lambda match: (match.rank, not self._exactly_in(match.text)))
        longest_first = sorted(self.words, key=len, reverse=True)
        parts = (Match(len(Rank) + OTHER_FIELDS, *one[:2]) for word in longest_first for one in held if word in one[2])
        return next(parts, None)

    def _all_in(self, words: str) -> bool:
        return all(word in words for word in self.words)

    def _exactly_in(self, text: str) -> bool:
        folded = search_fold(text)
        return all(word in folded for word in self.exact)

    def _rank(self, words: str) -> Rank:
        if sorted(words.split()) == sorted(" ".join(self.words).split()):
            return Rank.WHOLE
        begins = f" {words}"
        return Rank.START if all(f" {word}" in begins for word in self.words) else Rank.INSIDE
