"""Clean the rows of a file of permanent users, each by itself; the check and the worker do the same work here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.intake.accounts.headings import (
    EMAIL,
    EXTERNAL_ID,
    FIRST_NAME,
    LAST_NAME,
    LIST_NAME,
    NAMES,
    PASSWORD,
    USERNAME,
    holds_label,
)
from candidates.intake.accounts.passwords import why_refused
from candidates.intake.cells import (
    CellProblem,
    clean_exported,
    hidden_problem,
)
from candidates.intake.columns import MappedRow
from candidates.intake.findings import Problem
from candidates.intake.odd_cells import reads_as_nothing, refuse_kind
from candidates.models import User
from candidates.models.accounts import MAX_ID_LENGTH, is_reserved_shape
from candidates.models.candidates import MAX_KEY_LENGTH
from candidates.models.permanent_users import MAX_EXTERNAL_ID_LENGTH, MAX_LIST_NAME_LENGTH, MAX_NAME_LENGTH
from candidates.tabular.damage import spreadsheet_damage
from candidates.tabular.hidden import character_name, joiner_in, without_joiners
from candidates.text import fold

MAX_USERNAME = 150
MAX_EMAIL = 254
MADE = "made"
"""Stands in a password's cell where somebody has asked for one that the system makes; a digest has two dollar signs."""
WITHHELD = "withheld"
"""The kind, under the column "", of a row with too many cells, of which nothing is kept: one may be a password."""


@dataclass(frozen=True, slots=True)
class Person:
    """Describe the person of one row; every text is cleaned. `digest` is of a password that the file gives, or ""."""

    number: int
    first_name: str
    last_name: str
    username: str
    email: str
    external_id: str
    list_name: str
    digest: str

    @property
    def name(self) -> str:
        """Return first name and last name."""
        return f"{self.first_name} {self.last_name}".strip()


def clean_row(row: MappedRow, required: Collection[str] = ()) -> tuple[Person | None, list[Problem]]:
    """Return the person of a row, or None and what is wrong with its cells. Asks no database.

    A password is in its cell as a digest already, or its kind says why it was refused.
    """
    problems: list[Problem] = []
    values = row.values
    if WITHHELD in row.kinds.get("", ""):
        return None, [_surplus(row)]
    cleaned: dict[str, str] = {}
    for column, clean in _CLEAN.items():
        raw = values.get(column, "")
        if not raw and column not in row.kinds:
            cleaned[column] = ""
            continue
        try:
            if row.kinds:
                refuse_kind(row, column)
                if row.kinds.get(column) == "meant":
                    clean = _CLEAN_MEANT[column]
            cleaned[column] = clean(raw)
        except CellProblem as problem:
            cleaned[column] = ""
            problems.append(Problem(row.number, column, raw, problem.message, problem.proposal, doubt=problem.doubt))
    if why := why_refused(row.kinds.get(PASSWORD, "")):
        problems.append(Problem(row.number, PASSWORD, "", why))
    password = values.get(PASSWORD, "")
    digest = "" if password == MADE else password
    wrong = {problem.column for problem in problems}
    if digest and not cleaned[USERNAME] and USERNAME not in wrong:
        problems.append(Problem(row.number, PASSWORD, "", why_refused("weak:no_username")))
    for column in required:
        if column not in wrong and not (password if column == PASSWORD else cleaned.get(column)):
            message = _("%(column)s is empty, and the format requires it.") % {"column": holds_label(column)}
            problems.append(Problem(row.number, column, values.get(column, ""), message))
            wrong.add(column)
    if not wrong.intersection(NAMES):
        problems += _name_problems(row, cleaned[FIRST_NAME], cleaned[LAST_NAME])
    if problems:
        return None, problems
    person = Person(
        number=row.number,
        first_name=cleaned[FIRST_NAME],
        last_name=cleaned[LAST_NAME],
        username=cleaned[USERNAME],
        email=cleaned[EMAIL],
        external_id=cleaned[EXTERNAL_ID],
        list_name=cleaned[LIST_NAME],
        digest=digest,
    )
    return person, problems


def _surplus(row: MappedRow) -> Problem:
    message = _(
        "The row has more cells than the file has columns. Perhaps a name holds the separator. It is not shown, "
        "because one of the cells may be a password. Fix it in your file, or leave the row out."
    )
    return Problem(row.number, "", "", message)


def _name_problems(row: MappedRow, first: str, last: str) -> list[Problem]:
    column = FIRST_NAME if FIRST_NAME in row.values else LAST_NAME
    if not (first or last):
        return [Problem(row.number, column, "", _("Write a first name or a last name."))]
    if sentence := why_too_long(first, last):
        column = FIRST_NAME if len(first) >= len(last) else LAST_NAME  # the one that can be shortened
        return [Problem(row.number, column, row.values.get(column, ""), sentence)]
    return []


def why_too_long(first: str, last: str) -> str:
    """Return why names cannot be a Candidate ID together, which is also compared folded; nothing where they can."""
    name = f"{first} {last}".strip()
    if len(name) <= MAX_ID_LENGTH and len(candidate_key(name)) <= MAX_KEY_LENGTH:
        return ""
    message = _("First and last name together can have at most %(most)d characters: they are the Candidate ID.")
    return message % {"most": MAX_ID_LENGTH}


def clean_name(raw: str) -> str:
    """Return a first or last name: trimmed, NFC, single spaces. Raises CellProblem."""
    value = clean_exported(raw, longest=None)
    if "  " in value:
        value = re.sub(" {2,}", " ", value)
    if len(value) > MAX_NAME_LENGTH:
        raise _too_long(len(value), MAX_NAME_LENGTH)
    return value


def clean_username(raw: str, *, is_meant: bool = False) -> str:
    """Return a user name as it is stored, "" for none. Raises CellProblem.

    A name of the reserved shape comes back as it is folded at login (`6CZE-P34V` is 6czep34v): only somebody whose
    name it is already may have it, which the check of all rows finds out. One that `is_meant` may look like a date.
    """
    value = clean_exported(raw, longest=None)
    if joiner := joiner_in(value):  # in no script would somebody know at the login whether to type it
        raise hidden_problem(character_name(joiner), without_joiners(value))
    # of ASCII, login folds away case, hyphens and spaces, and nothing else
    folded = value.lower().replace("-", "").replace(" ", "") if value.isascii() else fold(value)
    if is_reserved_shape(folded):
        return folded
    if any(character.isspace() for character in value):
        raise CellProblem(_("There is a space in the username."), "".join(value.split()))
    if not is_meant and not value.isalpha() and (damage := spreadsheet_damage(value)):
        raise CellProblem(damage.message, damage.proposal, doubt="damage")
    name = value.lower() if value.isascii() else User.normalize_username(value)
    if " " in name:  # ¨ is a space with two dots above it, to every login
        raise CellProblem(_("There is a sign in the username that nobody can type. Choose another one."))
    if len(name) > MAX_USERNAME:
        raise _too_long(len(name), MAX_USERNAME)
    return name


def clean_email(raw: str) -> str:
    """Return an e-mail address, "" for none. Raises CellProblem."""
    value = clean_exported(raw, longest=MAX_EMAIL)
    if value:
        try:
            validate_email(value)
        except ValidationError as error:
            raise CellProblem(_("This is not an e-mail address.")) from error
    return value


def clean_external_id(raw: str, *, is_meant: bool = False) -> str:
    """Return the ID that another system has for the person, "" for none. Raises CellProblem."""
    value = clean_exported(raw, longest=MAX_EXTERNAL_ID_LENGTH)
    if not is_meant and (damage := spreadsheet_damage(value)):
        raise CellProblem(damage.message, damage.proposal, doubt="damage")
    return value


def clean_list_name(raw: str) -> str:
    """Return the name of a list, "" for none. Raises CellProblem."""
    return re.sub(" {2,}", " ", clean_exported(raw, longest=MAX_LIST_NAME_LENGTH))


def _too_long(count: int, longest: int) -> CellProblem:
    message = _("It has %(count)d characters. It can have at most %(longest)d.")
    return CellProblem(message % {"count": count, "longest": longest})


def _unless_nothing(clean: Callable[[str], str]) -> Callable[[str], str]:
    """Return a cleaning by which a cell of NULL and the like is empty; NA and Nil may be the name of a list."""

    def cleaned(raw: str) -> str:
        nothing = reads_as_nothing(raw)
        return "" if nothing == "sure" or raw.strip().casefold() in _WORDS_OF_PROGRAMS else clean(raw)

    return cleaned


def _unless_doubted(clean: Callable[[str], str], words: Collection[str]) -> Callable[[str], str]:
    """Return a cleaning by which such words may be meant, as None is somebody's name, and are asked about."""

    def cleaned(raw: str) -> str:
        word = raw.strip()
        if word.casefold() in words and word != "Nan":
            message = _("“%(word)s” is what programs write where there is nothing. Is it the name?")
            raise CellProblem(message % {"word": word}, "", doubt="nothing")
        return "" if reads_as_nothing(word) == "sure" else clean(raw)

    return cleaned


_WORDS_OF_PROGRAMS = frozenset({"none", "nan"})
_ASKED_ABOUT = _WORDS_OF_PROGRAMS | {"null"}
_CLEAN: dict[str, Callable[[str], str]] = {
    FIRST_NAME: _unless_doubted(clean_name, _ASKED_ABOUT),
    LAST_NAME: _unless_doubted(clean_name, _ASKED_ABOUT),
    USERNAME: _unless_doubted(clean_username, _ASKED_ABOUT),
    EMAIL: _unless_nothing(clean_email),
    EXTERNAL_ID: _unless_nothing(clean_external_id),
    LIST_NAME: _unless_nothing(clean_list_name),
}
_CLEAN_MEANT: dict[str, Callable[[str], str]] = {
    **_CLEAN,
    FIRST_NAME: clean_name,
    LAST_NAME: clean_name,
    USERNAME: partial(clean_username, is_meant=True),
    EXTERNAL_ID: partial(clean_external_id, is_meant=True),
}
