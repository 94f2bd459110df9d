"""Candidate IDs: when two are duplicates, their sort order, and generated ones: 0001, 0002, … (D1, D2)."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from candidates.alphabet import MAX_ORDER_KEY, order_key

WIDTH = 4
_JOINERS = re.compile("[\u200c\u200d]")
MAX_DIGITS = 8  # longer ones are student or identity numbers, which are not counted on from


def as_number(candidate_id: str) -> int:
    """Return the number that an all-digit Candidate ID stands for, 0 for any other ID."""
    counts = candidate_id.isascii() and candidate_id.isdigit() and len(candidate_id) <= MAX_DIGITS
    return int(candidate_id) if counts else 0


def highest_number(candidate_ids: Iterable[str]) -> int:
    """Return the highest number among Candidate IDs, 0 where none is a number."""
    return max(map(as_number, candidate_ids), default=0)


def generated_ids(after: int, taken: Collection[str] = ()) -> Iterator[str]:
    """Yield the Candidate IDs after a number, padded to four digits and growing past 9999; taken ones are left out."""
    number = after
    while True:
        number += 1
        candidate_id = str(number).zfill(WIDTH)
        if candidate_id not in taken:
            yield candidate_id


def spare_ids(after: int, highest: int, taken: Collection[str] = ()) -> Iterator[str]:
    """Yield the Candidate IDs of spare logins, told apart at sight: 9001, 9002, …; 90001 where candidates come near.

    `after` is the last one that was ever made on the test, 0 for none, `highest` the highest number of a candidate.
    """
    first = 9 * 10 ** (WIDTH - 1)
    while first <= highest:
        first *= 10
    return generated_ids(max(after, first), taken)


def candidate_key(value: str) -> str:
    """Return the key by which Candidate IDs are duplicates (D2): NFKC, case-folded, single spaces, no joiners.

    What nobody sees tells no two apart (TR15 toNFKC_Casefold).
    """
    if value.isascii():
        return " ".join(value.lower().split())  # nearly every ID, and nothing else to fold in it
    seen = _JOINERS.sub("", value)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join(folded.split())


def sort_key(candidate_id: str) -> str:
    """Return the text by which lists are sorted, as all names are: 9 before 10, and Å where the alphabet has it."""
    return order_key(candidate_key(candidate_id))[:MAX_ORDER_KEY]
