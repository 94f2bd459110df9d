"""Terms of FS and course codes, as its exams are asked for by them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

# From which month of its year a term's exams are held, until which: resits run into the term that follows.
MONTHS = {"VAR": (1, 8), "SOM": (6, 8), "HOST": (8, 14)}
MOST_TERMS = 9
# A course is named with its version, which nobody types.
VERSIONS = tuple("123456789")
CODE = re.compile(r"[^\W\d_][\w.\-/]*\d[\w.\-/]*")


@dataclass(frozen=True, slots=True)
class Term:
    """A term (termin) of a year."""

    year: int
    kind: str

    @property
    def as_input(self) -> dict[str, object]:
        return {"arstall": self.year, "termintype": self.kind}


def terms_of(first: date, last: date) -> list[Term]:
    """Return the terms whose exams may be held on these days, the earliest first and MOST_TERMS at most."""
    begins, ends = first.year * 12 + first.month, last.year * 12 + last.month
    found = [
        Term(year, kind)
        for year in range(first.year - 1, min(last.year, first.year + MOST_TERMS) + 1)
        for kind, (start, stop) in MONTHS.items()
        if year * 12 + start <= ends and year * 12 + stop >= begins
    ]
    return found[:MOST_TERMS]


def course_codes(text: str) -> Sequence[dict[str, str]] | None:
    """Return what asks for a course where a text is a course code alone, as it is typed and in capitals."""
    code = text.strip()
    if len(code) > 40 or not CODE.fullmatch(code):
        return None
    spelled = dict.fromkeys((code, code.upper()))
    return [{"emnekode": one, "versjonskode": version} for one in spelled for version in VERSIONS]
