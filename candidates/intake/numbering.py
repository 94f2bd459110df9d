"""Generated Candidate IDs: 0001, 0002, … (D1)."""

from collections.abc import Collection, Iterable, Iterator

WIDTH = 4
LONGEST_NUMBER = 8  # digits; longer ones are student or identity numbers, nothing to count on from


def as_number(candidate_id: str) -> int:
    """Return the number that an all-digit Candidate ID stands for, 0 for any other ID."""
    counts = candidate_id.isascii() and candidate_id.isdigit() and len(candidate_id) <= LONGEST_NUMBER
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
