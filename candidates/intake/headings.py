"""Know the headings of lists in four languages, and find the row that holds them (D13)."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from candidates.intake.table import Row, UnreadableFile

CANDIDATE_ID = "candidate_id"
EXTRA_TIME = "extra_time"
SSO_USER_ID = "sso_user_id"
BUILDING = "building"
ROOM = "room"
PRIVATE_REFERENCE = "private_reference"  # no column of a file: what a generated number was put in the place of

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
FIELD_OF = {heading: name for name, headings in _HEADINGS.items() for heading in headings.split()}
# Columns of our tables and of spreadsheets that no list of candidates may bring (traps.md I1, C36).
_DANGEROUS_HEADINGS = (
    "id pk test testid owner role kind state status isstaff issuperuser isactive staff superuser groups permissions "
    "username password passord lösenord passwort formula formel"
)
DANGEROUS = frozenset(_DANGEROUS_HEADINGS.split())
# The last column of the file with wrong rows that is downloaded from a preview (intake/wrong_rows.py).
PROBLEM = frozenset({"problem", "whatiswrong", "feil", "fel"})
# Columns of the list that is downloaded from Manage candidates, which no list sets (candidates/exports.py, C51).
_OF_AN_EXPORT = frozenset({"kind", "logsinwith"})
LEFT_OUT_OF_AN_EXPORT = frozenset({"kind", "ends", "privatereference"})
_SEARCHED_FOR_HEADER = 10
FORMULA_STARTS = "=+-@"


def column_label(name: str) -> str:
    """Return the name of a column as people know it."""
    return {
        CANDIDATE_ID: _("Candidate ID"),
        EXTRA_TIME: _("Extra time"),
        SSO_USER_ID: _("SSO user ID"),
        BUILDING: _("Building"),
        ROOM: _("Room"),
    }.get(name, name)


def fold_heading(heading: str) -> str:
    """Return a heading without case, spaces, signs, and what stands in brackets: "Ekstra tid (min)" is ekstratid."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    text = re.sub(r"[(\[].*?[)\]]", "", text)
    return "".join(character for character in text if character.isalnum())


def is_export(header: Row) -> bool:
    """Tell whether a header is that of the list that is downloaded from Manage candidates."""
    return {fold_heading(cell) for cell in header.cells} >= _OF_AN_EXPORT


def find_header(rows: tuple[Row, ...]) -> int | None:
    """Return the position of the header: the first row, or one under title rows of one cell each.

    Raises UnreadableFile where rows above a header look like candidates: they would be lost.
    """
    for position, row in enumerate(rows[:_SEARCHED_FOR_HEADER]):
        cells = [cell for cell in row.cells if cell.strip()]
        known = [cell for cell in cells if fold_heading(cell) in FIELD_OF]
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
    if any(FIELD_OF.get(heading) in (CANDIDATE_ID, EXTRA_TIME, SSO_USER_ID) for heading in folded):
        return True
    named = any(heading in FIELD_OF or heading in DANGEROUS for heading in folded)
    return named and not any(has_digit(cell) or "@" in cell for cell in cells)


def has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)
