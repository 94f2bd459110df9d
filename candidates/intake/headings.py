"""Know the columns of a list of candidates, and their headings in four languages, as planners write them (D13)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

CANDIDATE_ID = "candidate_id"
EXTRA_TIME = "extra_time"
SSO_USER_ID = "sso_user_id"
BUILDING = "building"
ROOM = "room"
PROBLEM = "problem"
"""The column of our download of wrong rows that says what is wrong; no list stores it."""
NAME = "name"
PRIVATE_REFERENCE = "private_reference"
SEAT = "seat"
NUMBERED = "numbered"
"""No column of a file: the Candidate ID of the row is a number of ours, and what stood there is the reference."""

_TIMES = (
    "extratime additionaltime extendedtime timeextension extraexamtime additionalexamtime ekstratid "
    "ekstraeksamenstid ekstraskrivetid tilleggstid tidstillegg forlengettid forlengeteksamenstid "
    "forlengetskrivetid utvidettid utvideteksamenstid tidsforlengelse forlengatid forlengaeksamenstid "
    "forlengdtid lengretid utvidatid utvidaeksamenstid tidsforlenging extratid extraskrivtid extraprovtid "
    "tilläggstid förlängdtid förlängdskrivtid förlängdprovtid utökadtid utökadskrivtid zusatzzeit "
    "extrazeit zeitzuschlag zeitverlängerung schreibzeitverlängerung"
)
_IN_MINUTES = "min mins minutes minutter minutt minuter minuten iminutter iminutt iminuter inminutes inminuten"
# Headings that names, student numbers and user names may have are not among these: graders would see them.
_HEADINGS: dict[str, str] = {
    CANDIDATE_ID: (
        "candidateid candidate candidatenumber candidateno candidatenr candidatecode candno candnr "
        "kandidatid kandidat kandidatnummer kandidatnr kandnr kandnummer kandid "
        "kandidatkode kandidatkod kandkod kandidatenid kandidatennummer kandidatennr anonymkode anonymkod "
        "anonymitetskode anonymitetskod anonymnummer anonymtnummer anonymitetsnummer "
        "anonymouscode anonymousnumber anonymousid"
    ),
    EXTRA_TIME: (
        "extraminutes extramins additionalminutes ekstraminutter ekstraminutt tilleggsminutter "
        "tilleggsminutt extraminuter"
    ),
    SSO_USER_ID: (
        "ssouserid ssouser ssoid userid ssousername ssobrukerid ssobruker ssobrukernavn brukerid feideid "
        "feidebruker feidebrukerid feidenavn ssobrukarid ssobrukar ssobrukarnamn brukarid feidebrukar "
        "feidebrukarid feidenamn ssoanvändarid ssoanvändare ssoanvändarnamn användarid ssobenutzerid ssobenutzer "
        "benutzerid ssobenutzerkennung eppn edupersonprincipalname upn userprincipalname"
    ),
    BUILDING: (
        "building buildingname bygning bygningsnavn bygningsnamn bygg byggnavn byggnamn byggnad byggnadsnamn hus "
        "gebäude"
    ),
    ROOM: (
        "room roomname roomnumber roomno examroom rom romnavn romnamn romnummer romnr eksamensrom eksamenslokale "
        "lokale rum rumsnamn rumsnummer rumsnr tentamenssal tentasal skrivsal skrivesal sal lokal raum raumnummer "
        "saal"
    ),
    PROBLEM: "problem whatiswrong feil fel",
}
_FIELD_OF = {heading: name for name, headings in _HEADINGS.items() for heading in headings.split()}
_FIELD_OF |= {time + unit: EXTRA_TIME for time in _TIMES.split() for unit in ("", *_IN_MINUTES.split())}
# Columns of our tables and of spreadsheets that no list of candidates may bring (I1, C36).
_DANGEROUS_HEADINGS = (
    "id pk test testid owner role kind state status isstaff issuperuser isactive staff superuser groups permissions "
    "username brukernavn brukarnamn användarnamn benutzername password passord lösenord passwort formula formel"
)
_DANGEROUS = frozenset(_DANGEROUS_HEADINGS.split())
LOGS_IN_WITH = "logsinwith"
"""The folded heading of our own export (candidates/pages/candidates/export.py) over SSO user IDs and user names."""
_LONGEST = 200  # the brackets of a longer one would be looked for too long
_FORMULA_STARTS = ("=", "+", "-", "@")


def column_label(name: str) -> str:
    """Return the name of a column as people know it."""
    return {
        CANDIDATE_ID: _("Candidate ID"),
        EXTRA_TIME: _("Extra time"),
        SSO_USER_ID: _("SSO user ID"),
        BUILDING: _("Building"),
        ROOM: _("Room"),
        PROBLEM: _("Problem"),
        "username": _("Username"),
    }.get(name, name)


def fold_heading(heading: str) -> str:
    """Return a heading without case, spaces, signs, and what stands in brackets: "Ekstra tid (min)" is ekstratid."""
    heading = heading.strip()
    if len(heading) > _LONGEST:
        return ""
    text = unicodedata.normalize("NFKC", heading).casefold()
    text = re.sub(r"[(\[].*?[)\]]", "", text)
    return "".join(character for character in text if character.isalnum())


def field_of(heading: str) -> str | None:
    """Return the field that a heading stands for, PROBLEM among them, None for one that is not known."""
    return _FIELD_OF.get(fold_heading(heading))


def exported_field(heading: str) -> str | None:
    """Return the field of a heading that stands in our own export only ("Logs in with"), None for every other."""
    return SSO_USER_ID if fold_heading(heading) == LOGS_IN_WITH else None


def is_dangerous(heading: str) -> bool:
    """Tell whether a heading names what no list of candidates may set."""
    return fold_heading(heading) in _DANGEROUS


def is_formula(heading: str) -> bool:
    """Tell whether a spreadsheet would run a heading."""
    return heading.strip().startswith(_FORMULA_STARTS)


def is_heading_row(cells: list[str]) -> bool:
    """Tell whether the first row holds headings: "Hus" and "Test" may also be a building or an ID beside numbers."""
    fields = [field_of(cell) for cell in cells]
    if any(name in (CANDIDATE_ID, EXTRA_TIME, SSO_USER_ID) for name in fields):
        return True
    # "Feil" alone heads no list, but may be somebody's ID
    named = any(name in (BUILDING, ROOM) for name in fields) or any(is_dangerous(cell) for cell in cells)
    return named and not any(has_digit(cell) or "@" in cell for cell in cells)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Hold what a kind of list calls its columns: the field of a heading, headings that no such list may bring, which
    rows hold headings, what a field is called, and the sentences about a heading that is not taken.

    `alone` is the field whose heading can stand alone; `refusal` gets the heading, its row and column, and the labels,
    `headless` says that a row should hold the headings, and does not.
    """

    field_of: Callable[[str], str | None]
    is_dangerous: Callable[[str], bool]
    is_heading_row: Callable[[list[str]], bool]
    label: Callable[[str], str]
    refusal: Callable[[str, int, int, str], str]
    headless: Callable[[int, str], str]
    nobody: Callable[[], str]
    alone: str


def unknown_heading(heading: str, number: int, labels: str) -> str:
    """Say which heading a list of candidates does not take, and which it takes."""
    found = {"heading": heading.strip()[:60], "row": number, "labels": labels}
    if is_formula(heading):
        return _("“%(heading)s” in row %(row)d is a formula, not a heading. The columns are: %(labels)s.") % found
    if is_dangerous(heading):
        message = _(
            "“%(heading)s” in row %(row)d is not a column that a list of candidates can set. "
            "The columns are: %(labels)s. If it is a Candidate ID, write the heading Candidate ID above it."
        )
        return message % found
    if field_of(heading):
        message = _(
            "“%(heading)s” in row %(row)d belongs to CSV import (SSO). This list takes: %(labels)s. "
            "Choose CSV import (SSO), or remove the column."
        )
        return message % found
    message = _(
        "The heading “%(heading)s” in row %(row)d is not known. The columns are: %(labels)s. "
        "Rename it to one of them, or remove the column. "
        "If it is a Candidate ID, write the heading Candidate ID above it."
    )
    return message % found


def has_digit(text: str) -> bool:
    """Tell whether a text has a digit, as IDs of candidates mostly have."""
    return any(character.isdigit() for character in text)


CANDIDATE_WORDS = Vocabulary(
    field_of=field_of,
    is_dangerous=is_dangerous,
    is_heading_row=is_heading_row,
    label=column_label,
    refusal=lambda heading, number, _column, labels: unknown_heading(heading, number, labels),
    headless=lambda number, labels: unknown_heading("", number, labels),
    nobody=lambda: _("There is a header, but no row with a candidate under it."),
    alone=CANDIDATE_ID,
)


@dataclass(frozen=True, slots=True)
class Spec:
    """Say which columns a kind of list has, in the published order, and which of them must be there.

    `order` are all columns of a file without headings where some of them are not read, else the same as `fields`.
    With `headed` a file without headings is refused; the sentences are those of `words`.
    """

    kind: str
    fields: tuple[str, ...]
    required: frozenset[str]
    words: Vocabulary = CANDIDATE_WORDS
    order: tuple[str, ...] = ()
    headed: bool = False

    @property
    def places(self) -> tuple[str, ...]:
        """Return all columns in their order, those too that are not read."""
        return self.order or self.fields


ONE_TIME = Spec("one_time", (CANDIDATE_ID, EXTRA_TIME), frozenset({CANDIDATE_ID}))
PERMANENT = Spec("permanent", (CANDIDATE_ID, EXTRA_TIME), frozenset({CANDIDATE_ID}))
SSO = Spec("sso", (CANDIDATE_ID, SSO_USER_ID, EXTRA_TIME, BUILDING, ROOM), frozenset({CANDIDATE_ID, SSO_USER_ID}))
