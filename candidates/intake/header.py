"""Find the row with the headings of a list, and the titles above it (D13)."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from candidates.intake.headings import CANDIDATE_WORDS, Vocabulary, fold_heading, has_digit
from candidates.tabular.table import Row, UnreadableFile

MAX_ROWS_ABOVE = 30
"""Rows in which the header is looked for."""


def chosen_header(rows: tuple[Row, ...], number: int | None) -> int | None:
    """Return the position of the row that a person chose as the header. Raises UnreadableFile where it is not there."""
    if number is None:
        return None
    for position, row in enumerate(rows):
        if row.number == number:
            return position
    message = _("Row %(row)d is empty or not there. Choose the row with the headings, or that the list has none.")
    raise UnreadableFile(message % {"row": number}, number)


def find_header(rows: tuple[Row, ...], words: Vocabulary, known: Collection[str] = ()) -> int | None:
    """Return the position of the header: the first row, or one under title rows. `known` are headings of formats.

    Titles have one cell, or a label and its value over a header that is set off from them. Raises UnreadableFile where
    rows above a header look like candidates: they would be lost.
    """
    for position, row in enumerate(rows[:MAX_ROWS_ABOVE]):
        cells = [cell for cell in row.cells if cell.strip()]
        fields = [cell for cell in cells if words.field_of(cell) or fold_heading(cell) in known]
        heading = words.is_heading_row(cells) or (bool(known) and len(fields) == len(cells))
        if position == 0 and heading:
            return 0 if len(fields) > 1 or len(cells) > 2 else _header_below(rows, words)
        alone = len(cells) == 1 and words.field_of(cells[0]) == words.alone  # the header of a list of one column
        worded = len(cells) >= 2 and not any(has_digit(cell) or "@" in cell for cell in cells)
        if (len(fields) >= 2 or alone or (fields and worded)) and heading:
            for place, above in enumerate(rows[:position]):
                if not _is_title(above, row, apart=row.number > rows[position - 1].number + 1, alone=alone):
                    if place == 0 and not fields[1:] and not alone:
                        return None  # one known word in a row of a list without headings
                    _refuse_person_above(row, above, words)
            return position
    return None


def _header_below(rows: tuple[Row, ...], words: Vocabulary) -> int:
    """Return the position of a header under a block of titles that begins with "Room; V101", 0 where there is none."""
    for position, row in enumerate(rows[1:MAX_ROWS_ABOVE], start=1):
        cells = [cell for cell in row.cells if cell.strip()]
        apart = row.number > rows[position - 1].number + 1
        known = sum(1 for cell in cells if words.field_of(cell))
        if known > 1 and words.is_heading_row(cells):
            above = rows[:position]
            return position if all(_is_title(one, row, apart=apart, alone=False) for one in above) else 0
    return 0


def lower_header(rows: tuple[Row, ...], position: int, words: Vocabulary) -> int:
    """Return the position of the lower of two rows of headings: the upper has gaps, and the lower headings in them."""
    if position + 2 >= len(rows):
        return position
    upper, lower = rows[position], rows[position + 1]
    named = [(place, cell) for place, cell in enumerate(lower.cells) if cell.strip()]
    gaps = [place for place, _cell in named if not _text(upper, place)]
    known = [cell for _place, cell in named if words.field_of(cell)]
    worded = not any(has_digit(cell) or "@" in cell for _place, cell in named)
    return position + 1 if worded and gaps and len(known) >= 2 and len(known) * 2 >= len(named) else position


def joined_heading(rows: tuple[Row, ...], position: int, words: Vocabulary) -> Row:
    """Return the headings of a row; of two rows of headings those of both, where the lower says too little alone.

    "Nr" under "Kandidat" is the number of the candidate.
    """
    lower = rows[position]
    if not position or lower_header(rows, position - 1, words) != position:
        return lower
    cells, over = [], ""
    for place in range(max(len(lower.cells), len(rows[position - 1].cells))):
        above, cell = _text(rows[position - 1], place), _text(lower, place)
        over = above or over
        both = f"{over} {cell}".strip()
        cells.append(cell if words.field_of(cell) or (cell and not words.field_of(both)) else both if cell else above)
    return Row(lower.number, tuple(cells), lower.kinds)


def _text(row: Row, place: int) -> str:
    return row.cells[place].strip() if place < len(row.cells) else ""


def _is_title(above: Row, header: Row, *, apart: bool, alone: bool) -> bool:
    """Tell whether a row above the header is no person: "Anna01" may be somebody, "Course: INF1000" is nobody."""
    filled = [cell.strip() for cell in above.cells if cell.strip()]
    if not filled or not any(character.isalpha() for character in filled[0]):
        return False
    if len(filled) == 1:
        # where every row has one cell, only what has words in it is a title
        return not alone or " " in filled[0]
    wide = sum(1 for cell in header.cells if cell.strip()) > 2
    label = not has_digit(filled[0]) and "@" not in filled[0]
    # an empty row sets a block of labels and values off; without one it is a label and its value alone
    return label and (apart or (len(filled) == 2 and (wide or filled[0].endswith(":"))))


def _refuse_person_above(header: Row, above: Row, words: Vocabulary) -> None:
    message = (
        _("Row %(row)d is a header, but row %(above)d above it holds a candidate. Move it down.")
        if words is CANDIDATE_WORDS
        else _("Row %(row)d is a header, but row %(above)d above it holds a person. Move it down.")
    )
    raise UnreadableFile(message % {"row": header.number, "above": above.number}, above.number)


def is_only_a_heading(rows: tuple[Row, ...]) -> bool:
    """Tell whether the first row can only be a heading that we do not know: it would become a candidate."""
    first = rows[0]
    others = [row for row in rows[1:] if row.cells and row.cells[0].strip()]
    if len(others) < 2 or not first.cells:
        return False
    heading = next((cell.strip() for cell in first.cells if cell.strip()), "")
    wordy = not has_digit("".join(first.cells)) and all(has_digit(row.cells[0]) for row in others)
    titled = " " in heading and all(row.cells[0].strip().isdecimal() for row in others)
    return heading[:1].isalpha() and (wordy or titled)
