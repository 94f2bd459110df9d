"""What is searched for, and in which order it is shown: Candidate IDs first, a match at the start before one inside."""

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

MAX_SEARCH_CHARACTERS = 200
PRIVATE_REFERENCE = gettext_lazy("Private reference")
SSO_USER_ID = gettext_lazy("SSO user ID")
USERNAME = gettext_lazy("Username")


class Rank(IntEnum):
    """How well a text fits what was typed; the smaller the better."""

    WHOLE = 0
    START = 1
    INSIDE = 2


class Match(NamedTuple):
    """Where a search found a candidate; compared by `rank`.

    `label` and `text` name the field that holds what was typed, and are empty where that is the Candidate ID.
    """

    rank: int
    label: Promise | str = ""
    text: str = ""


def typed_in(query: Mapping[str, str]) -> str:
    """Return what an address or a form asks for, whole; no database takes the character NUL."""
    return query.get("q", "").replace("\0", "").strip()


def searched_for(query: Mapping[str, str]) -> str:
    """Return what is searched for of it; views/kept_search.py says where that is not all."""
    return typed_in(query)[:MAX_SEARCH_CHARACTERS]


OTHER_FIELDS = len(Rank)  # added to the rank of a match in another field than the Candidate ID


def rank_in(key: str, typed: str) -> Rank | None:
    """Return how well a text fits what was typed, None where it does not; both folded alike (cells.candidate_key)."""
    if not typed or typed not in key:
        return None
    if key.startswith(typed):
        return Rank.WHOLE if key == typed else Rank.START
    return Rank.INSIDE
