"""What is searched for, and in which order it is shown: Candidate IDs first, a match at the start before one inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MAX_SEARCH_CHARACTERS = 200
NAME = gettext_lazy("Name")
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
    """Return what is searched for of it; shared/kept_search.py says where that is not all."""
    return typed_in(query)[:MAX_SEARCH_CHARACTERS]


def known(value: str, allowed: Iterable[str]) -> str:
    """Return what an address asks for where it is allowed, else "": what is not known counts as not asked (J6)."""
    return value if value in allowed else ""


def query_of(wanted: DataclassInstance) -> str:
    """Return a filter as the query string of an address, without the question mark: what is not as usual."""
    asked = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    usual = type(wanted)()
    return urlencode({name: value for name, value in asked.items() if value != getattr(usual, name)})


OTHER_FIELDS = len(Rank)  # added to the rank of a match in another field than the Candidate ID


def rank_in(key: str, typed: str) -> Rank | None:
    """Return how well a text fits what was typed, None where it does not; both folded alike (cells.candidate_key)."""
    if not typed or typed not in key:
        return None
    if key.startswith(typed):
        return Rank.WHOLE if key == typed else Rank.START
    return Rank.INSIDE
