"""Notice numbers that came with decimals: statistics programs write 2001.0 or 2001,00 for the ID or the room 2001."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.utils.translation import ngettext

from candidates.intake.columns import MappedRow
from candidates.intake.findings import Fix, Notice
from candidates.intake.headings import CANDIDATE_ID, PRIVATE_REFERENCE, ROOM, SEAT, column_label

_WHOLE = re.compile(r"([0-9]{1,15})[.,]0{1,6}")
_NEARLY_ALL = 0.8


def with_decimals(rows: Sequence[MappedRow], column: str) -> list[tuple[int, str, str]]:
    """Return row, text and whole number of the cells of a column where nearly all have decimals, else none."""
    filled = [(row.number, text) for row in rows if (text := row.values.get(column, "").strip())]
    found = [(number, text, whole[1]) for number, text in filled if (whole := _WHOLE.fullmatch(text))]
    return found if len(found) >= len(filled) * _NEARLY_ALL else []


def decimals(rows: Sequence[MappedRow]) -> Iterator[Notice]:
    """Yield a notice for each column in which nearly all texts are whole numbers with decimals, and the repair of it.

    One room 1.0 among others is the name of a room.
    """
    for column in (CANDIDATE_ID, ROOM, SEAT, PRIVATE_REFERENCE):
        found = with_decimals(rows, column)
        if not found:
            continue
        first, cell, proposal = found[0]
        message = ngettext(
            "%(column)s of %(n)d row. A program may have made a number with decimals of it.",
            "%(column)s of %(n)d rows. A program may have made numbers with decimals of them.",
            len(found),
        )
        said = message % {"column": column_label(column), "n": len(found)}
        fixes = tuple(Fix(number, column, whole) for number, _text, whole in found)
        yield Notice(first, column, cell, said, proposal, kind="decimals", fixes=fixes)
