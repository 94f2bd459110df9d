"""Show a number or a text as a spreadsheet does in its number format: 12 in "K"0000 is K0012 (ECMA-376, 18.8.31)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from openpyxl.styles.numbers import BUILTIN_FORMATS

GENERAL = "General"
_MANY_DIGITS = 20
_EXACT = 10**15  # a workbook keeps 15 digits
# A quoted text, an escaped character, one that fills or pads, what stands in brackets, a placeholder, or anything else.
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|\*.|_(.)|\[([^\]]*)\]|(General)|([0#?@.,%])|(.)', re.S | re.I)
# Colours and languages change nothing; of money the sign is shown: [$kr-414].
_QUIET = re.compile(r"\$-?[^-]*(-[0-9A-F]*)?|[A-Za-z]+ ?[0-9]{0,2}|DBNum[0-9]", re.I)
_MONEY = re.compile(r"\$([^-]*)(?:-[0-9A-F]*)?", re.I)
_PLACEHOLDERS = "0#?"


def format_of_number(number: int) -> str:
    """Return the format that a number of a format stands for where a workbook does not say; dates of East Asia too."""
    if 27 <= number <= 36 or 50 <= number <= 58:
        number = 14
    return str(BUILTIN_FORMATS.get(number, GENERAL))


def shown_number(value: int | float, layout: str) -> str | None:
    """Return a number as it is shown, without thousands separators; None where the format is not known here."""
    sections = _sections(layout)
    if sections is None or not abs(value) < _EXACT:
        return None
    if value < 0 and len(sections) > 1 and not _shows_text(sections[1]):
        tokens, sign = sections[1], ""
    elif value == 0 and len(sections) > 2 and not _shows_text(sections[2]):
        tokens, sign = sections[2], ""
    else:
        tokens, sign = sections[0], "-" if value < 0 else ""
    shown = _filled(Decimal(repr(abs(value))), tokens)
    return None if shown is None else (sign + shown).strip()


def shown_text(value: str, layout: str) -> str:
    """Return a text as it is shown: 0012 in "K"@ is K0012."""
    if "@" not in layout or layout == "@":
        return value
    tokens = next((tokens for tokens in reversed(_sections(layout) or []) if _shows_text(tokens)), [])
    if not tokens or any(kind == "place" and text != "@" for kind, text in tokens):
        return value
    return "".join(value if kind == "place" else text for kind, text in tokens).strip()


def _sections(layout: str) -> list[list[tuple[str, str]]] | None:
    """Return the parts of a format as (kind, text), None where it has a condition or is not of this kind."""
    sections: list[list[tuple[str, str]]] = [[]]
    for found in _TOKEN.finditer(layout):
        quoted, escaped, padding, bracket, general, place, other = found.groups()
        if bracket is not None:
            if not _QUIET.fullmatch(bracket):
                return None
            money = _MONEY.fullmatch(bracket)
            sections[-1].append(("text", money[1] if money else ""))
        elif general or place:
            sections[-1].append(("general", "") if general else ("place", place))
        elif other == ";":
            sections.append([])
        elif other is not None and other in "eE/":
            return None
        else:
            literal = next((text for text in (quoted, escaped, other) if text is not None), " " if padding else "")
            sections[-1].append(("text", literal))
    return sections


def _shows_text(tokens: list[tuple[str, str]]) -> bool:
    return ("place", "@") in tokens


def _filled(value: Decimal, tokens: list[tuple[str, str]]) -> str | None:
    """Return the tokens of one part with the digits of a number in their places."""
    places = [number for number, (kind, text) in enumerate(tokens) if kind == "place" and text in _PLACEHOLDERS]
    if ("general", "") in tokens or not places:
        if _shows_text(tokens) or (places and ("general", "") in tokens):
            return None
        plain = f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
        return "".join(plain if kind == "general" else text for kind, text in tokens)
    dots = [number for number, token in enumerate(tokens) if token == ("place", ".")]
    if len(dots) > 1 or len(places) > _MANY_DIGITS or any(token == ("place", ",") for token in tokens[places[-1] :]):
        return None  # a comma behind the last digit divides by a thousand
    point = dots[0] if dots else len(tokens)
    whole_places = [number for number in places if number < point]
    decimals = [number for number in places if number > point]
    if ("place", "%") in tokens:
        value *= 100
    value = value.quantize(Decimal(1).scaleb(-len(decimals)), rounding=ROUND_HALF_UP)
    whole, _dot, rest = f"{value:f}".partition(".")
    shown = dict(zip(decimals, _without_zeros(rest, [tokens[number][1] for number in decimals]), strict=True))
    digits = "" if whole == "0" else whole
    for number in reversed(whole_places):
        first = number == whole_places[0]
        digit, digits = (digits, "") if first else (digits[-1:], digits[:-1])
        shown[number] = digit or {"0": "0", "?": " "}.get(tokens[number][1], "")
    return "".join(_shown_token(shown.get(number), *token) for number, token in enumerate(tokens))


def _without_zeros(rest: str, places: list[str]) -> list[str]:
    """Return decimals without the zeros at their end that # does not show."""
    digits = list(rest)
    for number in range(len(digits) - 1, -1, -1):
        if digits[number] != "0" or places[number] == "0":
            break
        digits[number] = " " if places[number] == "?" else ""
    return digits


def _shown_token(digit: str | None, kind: str, text: str) -> str:
    if digit is not None:
        return digit
    return "" if kind == "place" and text == "," else text
