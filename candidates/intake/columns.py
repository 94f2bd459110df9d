"""Find out which column of a table is what: by a header in four languages, else by the published order (D13)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from candidates.intake.table import CellKind, Row, Table, UnreadableFile

CANDIDATE_ID = "candidate_id"
EXTRA_TIME = "extra_time"
SSO_USER_ID = "sso_user_id"
BUILDING = "building"
ROOM = "room"

_HEADINGS: dict[str, str] = {
    CANDIDATE_ID: "candidateid candidate candidatenumber candidateno candidatenr kandidatid kandidat kandidatnummer "
    "kandidatnr kandidatkod kandidatenid kandidatennummer kandidatennr",
    EXTRA_TIME: "extratime extraminutes extratimeminutes extratimemin ekstratid ekstratidminutter ekstratidmin "
    "ekstraminutter extratid extratidminuter extratidmin extraminuter zusatzzeit zusatzzeitminuten extrazeit "
    "zeitzuschlag zeitverlängerung schreibzeitverlängerung",
    SSO_USER_ID: "ssouserid ssouser ssoid userid ssobrukerid ssobruker brukerid feideid feidebruker feidenavn "
    "ssoanvändarid ssoanvändare användarid ssobenutzerid ssobenutzer benutzerid ssobenutzerkennung eppn "
    "edupersonprincipalname",
    BUILDING: "building bygning bygg byggnad hus gebäude",
    ROOM: "room rom rum sal lokal raum saal",
}
_FIELD_OF = {heading: name for name, headings in _HEADINGS.items() for heading in headings.split()}
# Columns of our tables and of spreadsheets that no list of candidates may bring (traps.md I1, C36).
_DANGEROUS_HEADINGS = (
    "id pk test testid owner role kind state status isstaff issuperuser isactive staff superuser groups permissions "
    "username password passord lösenord passwort formula formel"
)
_DANGEROUS = frozenset(_DANGEROUS_HEADINGS.split())
_SEARCHED_FOR_HEADER = 10
_FORMULA_STARTS = "=+-@"


@dataclass(frozen=True, slots=True)
class Spec:
    """Say which columns a kind of list has, in the published order, and which of them must be there."""

    kind: str
    fields: tuple[str, ...]
    required: frozenset[str]


ONE_TIME = Spec("one_time", (CANDIDATE_ID, EXTRA_TIME), frozenset({CANDIDATE_ID}))
SSO = Spec("sso", (CANDIDATE_ID, SSO_USER_ID, EXTRA_TIME, BUILDING, ROOM), frozenset({CANDIDATE_ID, SSO_USER_ID}))


@dataclass(frozen=True, slots=True)
class MappedRow:
    """Hold one data row by field name. `surplus` is what stands right of the last column of the list."""

    number: int
    values: dict[str, str]
    kinds: dict[str, CellKind] = field(default_factory=dict)
    surplus: str = ""

    def as_json(self) -> list[Any]:
        """Return what a draft stores: number, values, kinds, surplus."""
        return [self.number, dict(self.values), dict(self.kinds), self.surplus]

    @classmethod
    def from_json(cls, stored: list[Any]) -> MappedRow:
        """Return the row that `as_json` gave."""
        number, values, *rest = stored
        return cls(number, values, *rest)


@dataclass(frozen=True, slots=True)
class Mapped:
    """Hold the data rows of a table. `header_row` and `skipped` (title rows above it) are row numbers; `total` counts
    the data rows of the file, also those past the cap that are not kept."""

    rows: tuple[MappedRow, ...]
    fields: tuple[str, ...]
    header_row: int | None
    skipped: tuple[int, ...]
    total: int


def column_label(name: str) -> str:
    """Return the name of a column as people know it."""
    return {
        CANDIDATE_ID: _("Candidate ID"),
        EXTRA_TIME: _("Extra time"),
        SSO_USER_ID: _("SSO user ID"),
        BUILDING: _("Building"),
        ROOM: _("Room"),
    }.get(name, name)


def map_columns(table: Table, spec: Spec) -> Mapped:
    """Return the data rows of a table by the columns of a list.

    Raises UnreadableFile for headings that are unknown, doubled, missing or not for such lists, for a table that is
    wider than the list, and for one without data rows.
    """
    position = _find_header(table.rows)
    skipped: tuple[int, ...] = ()
    header_row: int | None
    if position is None:
        _refuse_unknown_heading(table.rows, spec)
        places = {name: place for place, name in enumerate(spec.fields)}
        data, header_row = table.rows, None
        _refuse_missing_columns(data, spec)
    else:
        header = table.rows[position]
        places = _read_header(header, spec)
        data, header_row = table.rows[position + 1 :], header.number
        skipped = tuple(row.number for row in table.rows[:position])
    if not data:
        raise UnreadableFile(_("There is a header, but no row with a candidate under it."), header_row)
    _refuse_too_wide(table, data, places, spec, headed=header_row is not None)
    rows = tuple(_map_row(row, places) for row in data)
    fields = tuple(name for name in spec.fields if name in places)
    return Mapped(rows, fields, header_row, skipped, table.total - (len(table.rows) - len(data)))


def _map_row(row: Row, places: dict[str, int]) -> MappedRow:
    values = {name: row.cells[place] if place < len(row.cells) else "" for name, place in places.items()}
    found = dict(row.kinds)
    kinds = {name: found[place] for name, place in places.items() if place in found}
    surplus = [cell.strip() for place, cell in enumerate(row.cells) if place not in places.values() and cell.strip()]
    return MappedRow(row.number, values, kinds, ", ".join(surplus))


def fold_heading(heading: str) -> str:
    """Return a heading without case, spaces, signs, and what stands in brackets: "Ekstra tid (min)" is ekstratid."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    text = re.sub(r"[(\[].*?[)\]]", "", text)
    return "".join(character for character in text if character.isalnum())


def _find_header(rows: tuple[Row, ...]) -> int | None:
    """Return the position of the header: the first row, or one under title rows of one cell each.

    Raises UnreadableFile where rows above a header look like candidates: they would be lost.
    """
    for position, row in enumerate(rows[:_SEARCHED_FOR_HEADER]):
        cells = [cell for cell in row.cells if cell.strip()]
        known = [cell for cell in cells if fold_heading(cell) in _FIELD_OF]
        if position == 0 and _is_heading_row(cells):
            return 0
        if len(known) >= 2 and _is_heading_row(cells):
            for above in rows[:position]:
                filled = [cell for cell in above.cells if cell.strip()]
                if len(filled) != 1 or not any(character.isalpha() for character in filled[0]):
                    message = _("Row %(row)d is a header, but row %(above)d above it holds a candidate. Move it down.")
                    raise UnreadableFile(message % {"row": row.number, "above": above.number}, above.number)
            return position
    return None


def _is_heading_row(cells: list[str]) -> bool:
    """Tell whether the first row holds headings: "Hus" and "Test" may also be a building or an ID beside numbers."""
    folded = [fold_heading(cell) for cell in cells]
    if any(_FIELD_OF.get(heading) in (CANDIDATE_ID, EXTRA_TIME, SSO_USER_ID) for heading in folded):
        return True
    named = any(heading in _FIELD_OF or heading in _DANGEROUS for heading in folded)
    return named and not any(_has_digit(cell) or "@" in cell for cell in cells)


def _read_header(header: Row, spec: Spec) -> dict[str, int]:
    """Return the place of each field. Raises UnreadableFile for every heading that a list may not have (C36)."""
    places: dict[str, int] = {}
    for place, heading in enumerate(header.cells):
        if not heading.strip():
            continue
        name = _FIELD_OF.get(fold_heading(heading))
        if name is None or name not in spec.fields or heading.strip()[0] in _FORMULA_STARTS:
            raise UnreadableFile(_unknown_heading(heading, header.number, name, spec), header.number)
        if name in places:
            message = _("Two columns are headed %(label)s in row %(row)d. Keep one of them.")
            raise UnreadableFile(message % {"label": column_label(name), "row": header.number}, header.number)
        places[name] = place
    for name in spec.fields:
        if name in spec.required and name not in places:
            message = _("The header in row %(row)d has no column %(label)s, which this list needs.")
            raise UnreadableFile(message % {"label": column_label(name), "row": header.number}, header.number)
    return places


def _unknown_heading(heading: str, number: int, name: str | None, spec: Spec) -> str:
    """Say which heading this list does not take, and which it takes."""
    found = {"heading": heading.strip()[:60], "row": number, "labels": _labels(spec)}
    if heading.strip()[0] in _FORMULA_STARTS:
        return _("“%(heading)s” in row %(row)d is a formula, not a heading. The columns are: %(labels)s.") % found
    if fold_heading(heading) in _DANGEROUS:
        message = _(
            "“%(heading)s” in row %(row)d is not a column that a list of candidates can set. "
            "The columns are: %(labels)s. If it is a Candidate ID, write the heading Candidate ID above it."
        )
        return message % found
    if name is not None:
        message = _(
            "“%(heading)s” in row %(row)d belongs to CSV import (SSO). This list takes: %(labels)s. "
            "Choose CSV import (SSO), or remove the column."
        )
        return message % found
    return _("The heading “%(heading)s” in row %(row)d is not known. The columns are: %(labels)s.") % found


def _refuse_unknown_heading(rows: tuple[Row, ...], spec: Spec) -> None:
    """Refuse a first row that can only be a heading that we do not know: it would become a candidate."""
    first = rows[0]
    others = [row for row in rows[1:] if row.cells and row.cells[0].strip()]
    if len(others) < 2 or not first.cells:
        return
    heading = next((cell.strip() for cell in first.cells if cell.strip()), "")
    wordy = not _has_digit("".join(first.cells)) and all(_has_digit(row.cells[0]) for row in others)
    titled = " " in heading and all(row.cells[0].strip().isdecimal() for row in others)
    if heading[:1].isalpha() and (wordy or titled):
        raise UnreadableFile(_unknown_heading(heading, first.number, None, spec), first.number)


def _refuse_missing_columns(data: tuple[Row, ...], spec: Spec) -> None:
    """Refuse a table without header that is narrower than the columns that must be there."""
    if max(len(row.cells) for row in data) < len(spec.required):
        message = _("There is only one column. This list takes: %(labels)s, in this order or with a header.")
        raise UnreadableFile(message % {"labels": _labels(spec)})


def _refuse_too_wide(table: Table, data: tuple[Row, ...], places: dict[str, int], spec: Spec, *, headed: bool) -> None:
    """Refuse a table with more columns than the list (C37); a few long rows are problems of those rows (F5)."""
    long_rows = [row for row in data if any(cell.strip() for cell in _surplus(row, places))]
    far = table.widest > max(len(row.cells) for row in table.rows)
    if not far and len(long_rows) * 2 < len(data):
        return
    columns = table.widest
    number = long_rows[0].number if long_rows else table.widest_row
    found = {"count": columns, "most": len(spec.fields), "row": number, "labels": _labels(spec)}
    if headed and not far:
        message = _("Row %(row)d has cells in a column without a heading. The columns are: %(labels)s.")
    elif spec is ONE_TIME and columns <= len(SSO.fields):
        message = _(
            "The table has %(count)d columns. This list takes %(most)d: %(labels)s. "
            "Is it a list for CSV import (SSO)? Then choose that, else remove the other columns."
        )
    else:
        message = _(
            "Row %(row)d has %(count)d columns. This list takes at most %(most)d: %(labels)s. Remove the other columns."
        )
    raise UnreadableFile(message % found, number)


def _surplus(row: Row, places: dict[str, int]) -> list[str]:
    taken = set(places.values())
    return [cell for place, cell in enumerate(row.cells) if place not in taken]


def _labels(spec: Spec) -> str:
    return ", ".join(column_label(name) for name in spec.fields)


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)
