"""Know the headings of a file of permanent users: the customer's own, ours, and usual ones in four languages (D16)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from candidates.intake.headings import PROBLEM, Vocabulary, fold_heading, has_digit, is_formula
from candidates.models import UserFileColumn

Holds = UserFileColumn.Holds
FIRST_NAME = Holds.FIRST_NAME.value
LAST_NAME = Holds.LAST_NAME.value
USERNAME = Holds.USERNAME.value
PASSWORD = Holds.PASSWORD.value
EMAIL = Holds.EMAIL.value
EXTERNAL_ID = Holds.EXTERNAL_ID.value
LIST_NAME = Holds.LIST_NAME.value
NAMES = (FIRST_NAME, LAST_NAME)
"""What a person is called by: one of them at least."""

_HEADINGS: dict[str, str] = {
    FIRST_NAME: "firstname givenname forename fornavn førenamn førenavn förnamn vorname vornamen tilltalsnamn",
    LAST_NAME: "lastname surname familyname etternavn efternavn etternamn efternamn nachname familienname slektsnavn",
    USERNAME: (
        "username user loginname login userid brukernavn bruker brukarnamn brukerid brukarid användarnamn användare "
        "användarid benutzername benutzer benutzerkennung kennung anmeldename"
    ),
    PASSWORD: "password passord passwd passwort kennwort lösenord",
    EMAIL: (
        "email emailaddress mail mailaddress epost epostadresse epostadressa epostadress mailadress mailadresse "
        "emailadresse emailadress"
    ),
    EXTERNAL_ID: (
        "externalid studentnumber studentno studentid studentnr studentnummer studentnumber personnummer elevnummer "
        "elevnr matrikelnummer matrikelnr ansattnummer employeenumber employeeid eksternid externtid externeid"
    ),
    LIST_NAME: (
        "listname list liste lista listenavn listenamn listnamn listenname group groupname gruppe gruppenavn grupp "
        "gruppnamn gruppenname class klasse klass classname klassenavn"
    ),
    PROBLEM: "problem whatiswrong",
}
_MAY_BE_NAMES = frozenset({LIST_NAME, USERNAME})
"""Columns with headings that people are called: Anna Klass, Karl List. One of them makes no row of headings."""
_FIELD_OF = {heading: name for name, headings in _HEADINGS.items() for heading in headings.split()}
# Columns of our tables that no file may bring (I1, C36).
_DANGEROUS_HEADINGS = (
    "id pk publicid role roles kind state status isstaff issuperuser isactive isplanner isinvigilator isgrader "
    "isadministrator staff superuser administrator admin groups permissions userpermissions datejoined lastlogin owner"
)
_DANGEROUS = frozenset(_DANGEROUS_HEADINGS.split())


def holds_label(name: str) -> str:
    """Return what a column holds, as people know it."""
    return _("Problem") if name == PROBLEM else str(Holds(name).label) if name in Holds.values else _("Ignored")


def usual_field_of(heading: str) -> str | None:
    """Return the field that a heading stands for in everybody's files, PROBLEM among them, None for one unknown."""
    return _FIELD_OF.get(fold_heading(heading))


def vocabulary(own: Mapping[str, str], *, format_name: str) -> Vocabulary:
    """Return how the files of one format call their columns; `own` are the customer's headings by column."""
    named = {fold_heading(heading): column for column, heading in own.items() if fold_heading(heading)}

    def field_of(heading: str) -> str | None:
        return named.get(fold_heading(heading)) or usual_field_of(heading)

    def is_dangerous(heading: str) -> bool:
        folded = fold_heading(heading)
        return folded in _DANGEROUS and folded not in named

    def is_heading_row(cells: list[str]) -> bool:
        known = [cell for cell in cells if field_of(cell)]
        others = [cell for cell in cells if not field_of(cell) and not is_dangerous(cell)]
        if len(cells) - len(others) >= 2:
            return True
        if len(others) >= 2 and all(field_of(cell) in _MAY_BE_NAMES for cell in known):
            return False
        # one known word may also be somebody's name, beside what only a row of data has
        return bool(known) and not any(has_digit(cell) or "@" in cell for cell in others)

    def label(name: str) -> str:
        return own.get(name) or holds_label(name)

    def refusal(heading: str, number: int, column: int, labels: str) -> str:
        found = {"heading": heading.strip()[:60], "row": number, "labels": labels, "format": format_name}
        found["column"] = column  # and not what stands there, where it may be a password in a file without headings
        if is_formula(heading):
            message = _("In column %(column)d, row %(row)d, is a formula, not a heading. The columns are: %(labels)s.")
            return message % found
        if is_dangerous(heading):
            message = _(
                "“%(heading)s” in row %(row)d is not a column that a file of users can set. "
                "The columns are: %(labels)s. Remove the column."
            )
            return message % found
        message = _(
            "“%(heading)s” in row %(row)d is not a column of the format “%(format)s”, which has: %(labels)s. "
            "Remove the column, or choose a format that has it."
        )
        return message % found

    def headless(number: int, labels: str) -> str:
        # without a word of what stands there: it may be a password
        message = _(
            "Row %(row)d does not hold the headings that the format “%(format)s” begins with: %(labels)s. "
            "Add them, or choose a format without headings."
        )
        return message % {"row": number, "labels": labels, "format": format_name}

    return Vocabulary(
        field_of=field_of,
        is_dangerous=is_dangerous,
        is_heading_row=is_heading_row,
        label=label,
        refusal=refusal,
        headless=headless,
        nobody=lambda: _("There is a header, but no row with a person under it."),
        alone=USERNAME,
    )
