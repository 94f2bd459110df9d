"""Know the columns of a list of candidates, and their headings in four languages, as planners write them (D13)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

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
    "tilrettelagttid tilläggstid förlängdtid förlängdskrivtid förlängdprovtid utökadtid utökadskrivtid zusatzzeit "
    "extrazeit zeitzuschlag zeitverlängerung schreibzeitverlängerung"
)
_IN_MINUTES = "min mins minutes minutter minutt minuter minuten iminutter iminutt iminuter inminutes inminuten"
# Names and student numbers have columns of their own, which graders never see. National numbers, e-mail and user names
# have none: somebody has to say what they are.
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
        "feidebruker feidebrukerid feidebrukernavn feidenavn feide ssobrukarid ssobrukar ssobrukarnamn brukarid "
        "feidebrukar "
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
    NAME: (
        "name fullname studentname candidatename navn fulltnavn kandidatnavn studentnavn namn fulltnamn kandidatnamn "
        "studentnamn fullständigtnamn vollständigername"
    ),
    PRIVATE_REFERENCE: (
        "privatereference reference studentnumber studentno studentnr studentid studnr studentnummer privatreferanse "
        "referanse privatreferens referens matrikelnummer matrikelnr matriculationnumber"
    ),
    SEAT: (
        "seat seatnumber seatno seatnr desk desknumber plass plassnr plassnummer sete setenr setenummer pult pultnr "
        "plats "
        "platsnr platsnummer bänk bänknummer sitz sitzplatz platznummer platznr"
    ),
    PROBLEM: "problem whatiswrong feil fel",
}
_LAST_NAMES = frozenset(
    ["lastname", "surname", "familyname", "etternavn", "etternamn", "efternamn", "nachname", "familienname"]
)
_FIRST_NAMES = frozenset(
    ["firstname", "givenname", "givennames", "forename", "fornavn", "fornamn", "förnamn", "vorname"]
)
_FIELD_OF = {heading: name for name, headings in _HEADINGS.items() for heading in headings.split()}
_FIELD_OF |= dict.fromkeys(_LAST_NAMES | _FIRST_NAMES, NAME)
_FIELD_OF |= {time + unit: EXTRA_TIME for time in _TIMES.split() for unit in ("", *_IN_MINUTES.split())}
# Columns of our tables and of spreadsheets that no list of candidates may bring (I1, C36).
_DANGEROUS_HEADINGS = (
    "id pk test testid owner role kind state status isstaff issuperuser isactive staff superuser groups permissions "
    "username brukernavn brukarnamn användarnamn benutzername password passord lösenord passwort formula formel"
)
_DANGEROUS = frozenset(_DANGEROUS_HEADINGS.split())
_USERNAMES = frozenset(["username", "brukernavn", "brukarnamn", "användarnamn", "benutzername"])
_PASSWORDS = frozenset(
    ["password", "passwords", "passord", "lösenord", "passwort", "kennwort", "pin", "pincode", "pinkode"]
)
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
        NAME: _("Name"),
        PRIVATE_REFERENCE: _("Private reference"),
        SEAT: _("Seat"),
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


def is_dangerous(heading: str) -> bool:
    """Tell whether a heading names what no list of candidates may set."""
    return fold_heading(heading) in _DANGEROUS


def holds_passwords(heading: str) -> bool:
    """Tell whether a heading says that there are passwords under it."""
    return fold_heading(heading) in _PASSWORDS


def name_order(heading: str) -> int:
    """Return where a part of a name goes: last names first, first names last, other parts as they stand."""
    folded = fold_heading(heading)
    return -1 if folded in _LAST_NAMES else 1 if folded in _FIRST_NAMES else 0


def is_formula(heading: str) -> bool:
    """Tell whether a spreadsheet would run a heading."""
    return heading.strip().startswith(_FORMULA_STARTS)


def is_heading_row(cells: list[str]) -> bool:
    """Tell whether the first row holds headings: "Hus" and "Test" may also be a building or an ID beside numbers."""
    fields = [field_of(cell) for cell in cells]
    if any(name in (CANDIDATE_ID, EXTRA_TIME, SSO_USER_ID) for name in fields):
        return True
    # "Feil" alone heads no list, but may be somebody's ID
    places = (BUILDING, ROOM, NAME, PRIVATE_REFERENCE, SEAT)
    named = any(name in places for name in fields) or any(is_dangerous(cell) for cell in cells)
    return named and not any(has_digit(cell) or "@" in cell for cell in cells)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Hold what a kind of list calls its columns: the field of a heading, headings that no such list may bring, which
    rows hold headings, what a field is called, and the sentences about a heading that is not taken.

    `alone` is the field whose heading can stand alone. Only lists whose columns cannot be chosen in the preview refuse
    headings: `refusal` gets the heading, its row and column, and the labels, `headless` says that a row should hold
    the headings, and does not.
    """

    field_of: Callable[[str], str | None]
    is_dangerous: Callable[[str], bool]
    is_heading_row: Callable[[list[str]], bool]
    label: Callable[[str], str]
    nobody: Callable[[], str]
    alone: str
    refusal: Callable[[str, int, int, str], str] | None = None
    headless: Callable[[int, str], str] | None = None


def has_digit(text: str) -> bool:
    """Tell whether a text has a digit, as IDs of candidates mostly have."""
    return any(character.isdigit() for character in text)


CANDIDATE_WORDS = Vocabulary(
    field_of=field_of,
    is_dangerous=is_dangerous,
    is_heading_row=is_heading_row,
    label=column_label,
    nobody=lambda: _("There is a header, but no row with a candidate under it."),
    alone=CANDIDATE_ID,
)


def _prepared_field_of(heading: str) -> str | None:
    return SSO_USER_ID if fold_heading(heading) in _USERNAMES else field_of(heading)


def _prepared_label(name: str) -> str:
    return _("User ID") if name == SSO_USER_ID else column_label(name)


# What is prepared by user name is called as what is prepared by SSO user ID.
PREPARED_WORDS = replace(
    CANDIDATE_WORDS,
    field_of=_prepared_field_of,
    label=_prepared_label,
    nobody=lambda: _("There is a header, but no row with a person under it."),
    alone=SSO_USER_ID,
)


@dataclass(frozen=True, slots=True)
class Spec:
    """Say which columns a kind of list has, in the published order, and which of them must be there.

    `order` are the columns of a file without headings, where they are others than `fields`.
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
        """Return the columns of a file without headings, those too that are not read."""
        return self.order or self.fields


_MORE = (NAME, PRIVATE_REFERENCE, BUILDING, ROOM, SEAT)
_BY_ID = (CANDIDATE_ID, EXTRA_TIME)
_BY_PERSON = (CANDIDATE_ID, SSO_USER_ID, EXTRA_TIME, BUILDING, ROOM)
ONE_TIME = Spec("one_time", (*_BY_ID, *_MORE), frozenset({CANDIDATE_ID}), order=_BY_ID)
PERMANENT = Spec("permanent", _BY_ID, frozenset({CANDIDATE_ID}))
SSO = Spec(
    "sso", (*_BY_PERSON, NAME, PRIVATE_REFERENCE, SEAT), frozenset({CANDIDATE_ID, SSO_USER_ID}), order=_BY_PERSON
)
_PREPARED = (SSO_USER_ID, EXTRA_TIME)
PREPARED = Spec(
    "prepared",
    (*_PREPARED, CANDIDATE_ID, *_MORE),
    frozenset({SSO_USER_ID}),
    words=PREPARED_WORDS,
    order=_PREPARED,
)
MAX_COLUMNS_READ = {NAME: 2}
"""How many columns of a file may be read as one of ours, where that is not one."""
