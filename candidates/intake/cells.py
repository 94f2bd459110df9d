"""Check single cells: any text, Candidate IDs, places. Shared by forms and imports, without any storage."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from django.utils.translation import gettext as _

from candidates.candidate_ids import candidate_key
from candidates.intake.findings import Doubt
from candidates.models.accounts import MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_REFERENCE_LENGTH
from candidates.models.candidates import MAX_KEY_LENGTH
from candidates.models.locations import MAX_CAPACITY, MAX_PLACE_LENGTH, MAX_SEAT_LENGTH
from candidates.tabular.exporting import unguard_formula
from candidates.tabular.hidden import character_name, hidden_character, without_hidden
from candidates.text import Grouped

_QUOTES = {'"': '"', "“": "”", "„": "“", "”": "”", "«": "»", "»": "«", "‘": "’", "‚": "‘"}

MAX_DIGITS = len(str(MAX_CAPACITY))

Personal = Literal["email", "national", "name"]


class CellProblem(ValueError):
    """Say what is wrong with one cell, in a sentence for people, and propose a repair where there is one.

    With a `doubt` a person may say instead that the cell is meant as it stands.
    """

    def __init__(self, message: str, proposal: str | None = None, *, doubt: Doubt = "") -> None:
        super().__init__(message)
        self.message = message
        self.proposal = proposal
        self.doubt = doubt


def trim(raw: str) -> str:
    """Drop spaces of every width and tabs at both ends; line breaks stay, because they are refused (C32)."""
    if raw.isascii() and raw.isprintable():  # nearly every cell is
        return raw.strip(" ")
    start, end = 0, len(raw)
    while start < end and _is_space(raw[start]):
        start += 1
    while end > start and _is_space(raw[end - 1]):
        end -= 1
    return raw[start:end]


def hidden_problem(name: str, without: str) -> CellProblem:
    """Return the problem of a cell with this hidden character, and propose the cell without it (C39)."""
    message = _("There is a character inside that nobody can see: %(name)s. Type the cell again without it.")
    return CellProblem(message % {"name": name}, _one_line(without))


def clean_text(raw: str, *, longest: int | None) -> str:
    """Return a cell trimmed and in NFC, at most `longest` characters (D2, F9); it may be empty.

    Raises CellProblem for hidden characters, line breaks, inner tabs, odd spaces, letters that are lost, and length.
    """
    value = trim(raw)
    if not (value.isascii() and value.isprintable()):  # nearly every cell is, and then there is nothing to find in it
        value = unicodedata.normalize("NFC", value)
        _refuse_odd(value)
    _refuse_long(value, longest)
    return value


def clean_exported(raw: str, *, longest: int | None) -> str:
    """Return a cell as `clean_text` does, without what an export of ours put in front of formulas (I12, C42).

    The length is judged without the guard, so that what could be stored can come back.
    """
    value = clean_text(raw, longest=None)
    if "'" in value:
        value = trim(unguard_formula(value))
    _refuse_long(value, longest)
    return value


def _refuse_long(value: str, longest: int | None) -> None:
    if longest is not None and len(value) > longest:
        message = _("It has %(count)d characters. It can have at most %(longest)d.")
        raise CellProblem(message % {"count": len(value), "longest": longest})


def _refuse_odd(value: str) -> None:
    """Raise CellProblem for hidden characters, line breaks, inner tabs, odd spaces and letters that are lost."""
    hidden = hidden_character(value)
    if hidden is not None:
        raise hidden_problem(character_name(hidden), without_hidden(value))
    if any(character in value for character in "\r\n\t"):
        message = _("There is a line break or a tab inside. Write it in one line, without tabs.")
        raise CellProblem(message, _one_line(value))
    if "\ufffd" in value:
        raise CellProblem(_("Letters were lost before the file came here (�). Type them from your own list."))
    if any(character != " " and _is_space(character) for character in value):
        message = _("There is a space of another kind inside, for example a non-breaking one. Use an ordinary space.")
        raise CellProblem(message, "".join(" " if _is_space(character) else character for character in value))


def quoted(value: str) -> str:
    """Return a text without the quotation marks around it."""
    return trim(value[1:-1]) if len(value) > 2 and _QUOTES.get(value[0]) == value[-1] else value


def single_spaces(value: str) -> str:
    """Return a text with one space where several stand side by side: nobody sees how many there are."""
    return re.sub(" {2,}", " ", value) if "  " in value else value


def clean_candidate_id(raw: str) -> str:
    """Return a Candidate ID as it is stored and shown: trimmed, NFC, single spaces, otherwise as typed (D2).

    Raises CellProblem, where possible with a proposal.
    """
    value = single_spaces(clean_exported(raw, longest=None))
    if not value:
        raise CellProblem(_("Write a Candidate ID."))
    if len(value) > MAX_ID_LENGTH or len(candidate_key(value)) > MAX_KEY_LENGTH:
        message = _("A Candidate ID can have at most %(longest)d characters.")
        raise CellProblem(message % {"longest": MAX_ID_LENGTH})
    if (inner := quoted(value)) != value:
        raise CellProblem(_("There are quotation marks around the Candidate ID."), inner or None)
    return value


def clean_place(raw: str) -> str:
    """Return the name of a building or room, trimmed, NFC, with single spaces; it may be empty. Raises CellProblem."""
    value = single_spaces(clean_exported(raw, longest=None))
    _refuse_long(value, MAX_PLACE_LENGTH)
    return value


def clean_capacity(raw: str) -> int | None:
    """Return the number of seats of a room, None for nothing typed. Raises CellProblem."""
    text = trim(raw)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > MAX_DIGITS or not 1 <= int(text) <= MAX_CAPACITY:
        words = _("Write a whole number of seats from 1 to %(most)s, or leave it empty.")
        raise CellProblem(words % {"most": Grouped(MAX_CAPACITY)})
    return int(text)


def clean_name(raw: str) -> str:
    """Return somebody's name, trimmed, NFC, with single spaces; it may be empty. Raises CellProblem."""
    value = single_spaces(clean_exported(raw, longest=None))
    _refuse_long(value, MAX_NAME_LENGTH)
    return value


def clean_reference(raw: str) -> str:
    """Return a private reference, trimmed and in NFC; it may be empty. Raises CellProblem."""
    return clean_exported(raw, longest=MAX_REFERENCE_LENGTH)


def clean_seat(raw: str) -> str:
    """Return the number or name of a seat, trimmed and in NFC; it may be empty. Raises CellProblem."""
    return single_spaces(clean_exported(raw, longest=MAX_SEAT_LENGTH))


def looks_personal(value: str) -> Personal | None:
    """Tell whether graders would learn who somebody is from this ID (D21). It only warns, it never blocks."""
    if value.isdecimal() and value.isascii():  # nearly every ID is
        return "national" if _is_national_number(value) else None
    if re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", value):
        return "email"
    if _is_national_number(re.sub(r"[ +-]", "", value)):
        return "national"
    words = [word for word in re.split(r"[\s.,_'’-]+", value) if word]
    if words and all(word.isalpha() for word in words):
        several = len(words) >= 2 and sum(len(word) >= 2 for word in words) >= 2
        single = len(words) == 1 and len(value) >= 3 and value.istitle()
        return "name" if several or single else None
    return None


def _is_national_number(digits: str) -> bool:
    """Tell Norwegian numbers (11 digits, ddmmyy, D and H numbers too) and Swedish ones (10 or 12, yymmdd, Luhn)."""
    if not (digits.isdecimal() and digits.isascii()):
        return False
    if len(digits) == 11:
        return 1 <= int(digits[:2]) % 40 <= 31 and 1 <= int(digits[2:4]) % 40 <= 12
    if len(digits) in (10, 12):
        short = digits[-10:]
        doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(short)]
        dated = 1 <= int(short[2:4]) <= 12 and 1 <= int(short[4:6]) % 60 <= 31
        return dated and sum(number // 10 + number % 10 for number in doubled) % 10 == 0
    return False


def _is_space(character: str) -> bool:
    return character == "\t" or unicodedata.category(character) == "Zs"


def _one_line(value: str) -> str | None:
    """Join the lines of a value, as a proposal; nothing to propose where nothing is left."""
    return " ".join(value.split()) or None
