"""Recognise damage of Candidate IDs by spreadsheets and keyboards, and propose what was probably meant (F8)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

DamageKind = Literal["exponent", "date", "error"]

_EXPONENT = re.compile(r"[-+]?([0-9])(?:[.,]([0-9]+))?E[+]?([0-9]{1,3})", re.I)
_ANY_EXPONENT = re.compile(r"[-+]?[0-9](?:[.,][0-9]+)?E[-+][0-9]{2,3}", re.I)
_ERROR = re.compile(r"#(?:[A-ZÆØÅÄÖÜ/0]+[!?]?|#+)")
_MONTH_NAMES = "jan|feb|mar mär mrz|apr|mai may maj|jun|jul|aug|sep|okt oct|nov|des dec dez"
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split("|"), start=1) for name in names.split()}
_NAMES = "|".join(_MONTHS)
_FULL_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?: \d\d?:\d\d(?::\d\d)?)?|\d\d?[./]\d\d?[./](?:\d{4}|\d\d)|\d\d?/\d\d?")
_DAY_FIRST = re.compile(rf"(\d\d?)[-. ]{{1,2}}({_NAMES})\.?(?:[-. ]{{1,2}}\d\d(?:\d\d)?)?", re.I)
_MONTH_FIRST = re.compile(rf"({_NAMES})\.?[-. ]{{1,2}}(\d\d)(?:\d\d)?", re.I)
_ISO = re.compile(r"\d{4}-(\d\d?)-(\d\d?)(?: 00:00(?::00)?)?")
_DOTTED = re.compile(r"(\d\d?)\.(\d\d?)\.(?:\d{4}|\d\d)")

# Letters of Cyrillic and Greek that look like Latin ones on paper.
_LOOK_ALIKES = str.maketrans(
    "АВЕКМНОРСТУХІЈЅаеорсухіјѕ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧον",
    "ABEKMHOPCTYXIJSaeopcyxijs" + "ABEZHIKMNOPTYXov",
)
_DIGITS_MEANT = str.maketrans("OoQlI|", "000111")


@dataclass(frozen=True, slots=True)
class Damage:
    """Damage of a value: a sentence for people, and what was probably typed (None where nobody can tell)."""

    kind: DamageKind
    message: str
    proposal: str | None = None


def spreadsheet_damage(value: str) -> Damage | None:
    """Return what a spreadsheet made of an ID: 1,23E+11, 01. mar, #N/A; None where it is whole."""
    if value.isdecimal():  # nearly every ID: a date and an error hold signs, an exponent a letter
        return None
    if _ANY_EXPONENT.fullmatch(value):
        return _exponent(value)
    if _ERROR.fullmatch(value):
        message = _("The spreadsheet shows an error in this cell. Type the ID from your own list.")
        return Damage("error", message)
    if (
        (_FULL_DATE.fullmatch(value) and _may_be_a_date(value))
        or _DAY_FIRST.fullmatch(value)
        or _MONTH_FIRST.fullmatch(value)
    ):
        return date_damage(value)
    return None


def _may_be_a_date(value: str) -> bool:
    """Say whether two of the numbers can be a day and a month: 45/67 is an ID."""
    small = sorted(int(number) for number in re.findall(r"\d+", value)[:3] if len(number) <= 2)
    return len(small) >= 2 and 1 <= small[0] <= 12 and small[1] <= 31


def date_damage(value: str) -> Damage:
    """Return what was probably typed before a spreadsheet made a date of it: 1-3, where it shows 01. mar."""
    found = typed_date(value)
    if found is None:
        return Damage("date", _("Looks like a date that the spreadsheet made. Type the ID from your own list."))
    message = _("Looks like a date that the spreadsheet made, perhaps of %(typed)s. Compare with your own list.")
    return Damage("date", message % {"typed": found}, found)


def typed_date(value: str) -> str | None:
    """Return day and month of a date as somebody may have typed them, with a hyphen; the order is that of the cell."""
    if found := _DAY_FIRST.fullmatch(value):
        return f"{int(found[1])}-{_MONTHS[found[2].lower()]}"
    if found := _MONTH_FIRST.fullmatch(value):
        return f"{_MONTHS[found[1].lower()]}-{int(found[2])}"
    if found := _ISO.fullmatch(value):
        return f"{int(found[2])}-{int(found[1])}"
    if found := _DOTTED.fullmatch(value):
        return f"{int(found[1])}-{int(found[2])}"
    return None


def _exponent(value: str) -> Damage:
    """Say whether the digits are all there: 2,310E+03 is 2310, and 1,00E+05 was an ID like 1E5; 1,23E+11 is lost."""
    found = _EXPONENT.fullmatch(value)
    proposal = None
    if found:
        whole, decimals, power = found[1], found[2] or "", int(found[3])
        if not decimals.strip("0"):
            proposal = f"{whole}E{power}"
        elif power <= len(decimals):
            proposal = (whole + decimals)[: power + 1] if not decimals[power:].strip("0") else None
    if proposal:
        message = _("Damaged by the spreadsheet, perhaps %(meant)s. Compare with your own list.")
        return Damage("exponent", message % {"meant": proposal}, proposal)
    return Damage("exponent", _("Damaged by the spreadsheet: digits are lost. Type the ID from your own list."))


def usual_letters(value: str) -> str | None:
    """Return an ID with Latin letters instead of look-alikes, None where it has none.

    Cyrillic and Greek letters are replaced only beside Latin ones or digits: a word that is all Cyrillic or Greek is
    intended. Full-width and mathematical letters are replaced where the whole ID is then ASCII.
    """
    if value.isascii():
        return None
    wide = unicodedata.normalize("NFKC", value)
    if wide.isascii():
        return wide
    usual = value.translate(_LOOK_ALIKES)
    beside = any(character.isdigit() or _script(character) == "LATIN" for character in value)
    foreign = any(_script(character) in {"CYRILLIC", "GREEK"} for character in usual)
    return usual if usual != value and beside and not foreign else None


def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0] if character.isalpha() else ""


def digits_meant(value: str) -> str | None:
    """Return an ID with 0 and 1 for the letters O, o, l, I in it, where the rest is digits; None for other IDs.

    The caller asks only where nearly all other IDs are numbers.
    """
    meant = value.translate(_DIGITS_MEANT)
    digits = sum(character.isdigit() for character in value)
    return meant if meant != value and meant.isascii() and meant.isdecimal() and digits * 2 > len(value) else None


def tidied(raw: str, value: str) -> str:
    """Return the invisible change that cleaning made, "" where it removed only spaces around, or nothing."""
    if "  " in raw.strip() and "  " not in value:
        return _("Several spaces inside were made one: nobody sees how many there are.")
    if raw.isascii():
        return ""
    if unicodedata.normalize("NFC", raw) != raw:
        return _("A letter that was written in two parts was joined, like Å.")
    if raw.strip(" \t") != value and raw.strip() == value:
        return _("A space of another kind around it was removed, for example a non-breaking one.")
    return ""
