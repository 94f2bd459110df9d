"""In which order a search shows what it finds: Candidate IDs first, and a match at the start before one inside."""

from enum import IntEnum
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

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


OTHER_FIELDS = len(Rank)  # added to the rank of a match in another field than the Candidate ID


def rank_in(key: str, typed: str) -> Rank | None:
    """Return how well a text fits what was typed, None where it does not; both folded alike (cells.candidate_key)."""
    if not typed or typed not in key:
        return None
    if key.startswith(typed):
        return Rank.WHOLE if key == typed else Rank.START
    return Rank.INSIDE
