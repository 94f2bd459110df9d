"""A list as a CSV file: as spreadsheets want it, and safe in them."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.text import slugify

from candidates.exporting import guard_formula
from candidates.models import Test

LONGEST_SLUG = 40


@dataclass(frozen=True, slots=True)
class CsvFile:
    """What is downloaded: an ASCII name, and UTF-8 with a byte order mark, comma separated."""

    name: str
    content: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that make a browser store it."""
        return {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{self.name}"',
        }


def csv_file(kind: str, test: Test, head: Sequence[str], rows: Iterable[Sequence[str]]) -> CsvFile:
    """Return the rows under their head, every cell guarded against running as a formula (traps.md C42, C43)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guard_formula(cell) for cell in head])
    writer.writerows([guard_formula(cell) for cell in row] for row in rows)
    return CsvFile(file_name(test, kind, ending="csv"), text.getvalue().encode("utf-8-sig"))


def file_name(test: Test, kind: str, *, ending: str, layout: str = "") -> str:
    """Return what a download is called: test, kind, layout and time (in the current zone), in ASCII (traps.md C43).

    A test's name is no secret; nothing of a candidate ever stands in it.
    """
    words = slugify(test.name)[:LONGEST_SLUG].strip("-_") or test.public_id
    moment = f"{timezone.localtime():%Y%m%d-%H%M}"
    return "-".join(part for part in (words, kind, layout, moment) if part) + f".{ending}"
