"""Recognise rows that are no person: the header once more, counts, pages, dates of printing."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

from django.utils.translation import gettext as _

from candidates.intake.columns import MappedRow
from candidates.intake.headings import BUILDING, ROOM

Line = Literal["header", "count", "page", "printed", "end", "sample", "place"]

# Nearly every Candidate ID; what is one needs no closer look.
_SURELY_SOMEBODY = re.compile(r"[A-Za-z]{0,3}[0-9]+")
_DRAWN = re.compile(r"[-=_+]{2,}")  # by a database, under each heading
_MOST_CELLS = 3  # of a row that is a sum or a date
_ROWS_OF_A_KIND = 5
_PEOPLE = (
    r"(?:candidates?|students?|participants?|users?|persons?|people|rows?|records?|entries|kandidat(?:er|ar|en)?|"
    r"student(?:er|ar|en)?|deltak(?:ere|arar)|deltagare|brukere?|brukarar?|användare|person(?:er|ar|en)?|"
    r"rad(?:er)?|linjer|poster?|studierende|teilnehmer(?:innen)?|benutzer|personen|zeilen|einträge)"
)
_SUM = (
    r"(?:(?:grand |sub)?total(?:t|en|er|sum)?|sum(?:ma|me)?|i alt|til ?sammen|gesamt(?:zahl|summe)?|insgesamt|delsum|"
    r"average|gjennomsnitt|genomsnitt|medelvärde|durchschnitt)"
)
_COUNT = r"(?:number|count|antall|antal|tal(?:et)?|anzahl|zahl)"
_NUMBER = r"\(?[0-9][0-9 .,]*\)?"
_SIGN = r"[ :=.]*"
_WHOLE_MONTHS = (
    r"(?:january?|januari?|januar|february?|februari?|februar|march|mars|märz|april|may|mai|maj|june?|juni|july?|juli|"
    r"august|augusti|september|o[ck]tober|november|de[csz]ember)"
)
_MONTHS = rf"(?:{_WHOLE_MONTHS}|(?:jan|feb|mar|mär|apr|jun|jul|aug|sept?|o[ck]t|nov|de[csz])\.?)"
_TIME = r"[ ,t]*(?:at |kl\.? |um )?[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?(?: ?(?:am|pm|uhr))?"
_FIGURES = r"(?:[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}|[0-9]{1,2}[-./] ?[0-9]{1,2}[-./] ?(?:[0-9]{4}|[0-9]{2}))"
_WEEKDAY = r"(?:[a-zæøåäö]{2,3}|[a-zæøåäö]+(?:day|dag|tag|woch|och))\.?,? (?:den |the )?"


def _in_words(months: str) -> str:
    day = r"[0-9]{1,2}(?:st|nd|rd|th|\.)?"
    return rf"(?:{day} (?:of |de[nr] )?{months},? [0-9]{{4}}|{months} {day},? [0-9]{{4}})"


_DATE = rf"(?:{_FIGURES}|{_in_words(_MONTHS)})"
_PRINTED = (
    r"(?:(?:date )?printed|print(?:ed)? date|date|generated|exported|created|downloaded|retrieved|(?:last )?updated|"
    r"as of|utskriv(?:en|et|ne)|utskrifts?(?:dato|datum)?|skrevet ut|skrive ut|trykt|generert|eksportert|opprettet|"
    r"oppretta|laget|laga|hentet|henta|(?:sist )?oppdatert|lastet ned|dato|datum|utskrivet|skapad|genererad|exporterad|"
    r"hämtad|uppdaterad|(?:aus)?gedruckt|druckdatum|erstellt|exportiert|abgerufen|aktualisiert|stand)"
)
_LINES: dict[Line, re.Pattern[str]] = {
    "count": re.compile(
        rf"(?:(?:{_COUNT}|n[or]\.?(?= of| av))(?: (?:of|av|der|an|på))? ?(?:[\w.]+ ){{0,2}}?{_PEOPLE}?{_SIGN}{_NUMBER}|"
        rf"{_PEOPLE}(?: total(?:t)?| i alt| insgesamt)? ?[:=] ?{_NUMBER}|"
        rf"(?:number|count|antall|antal|anzahl) (?:of |av |der )?{_PEOPLE} [\w ]{{1,40}}{_SIGN}{_NUMBER}|"
        rf"(?:the |this )?list(?:e|en|a)? (?:has|holds|contains|inneholder|inneheld|innehåller|har|enthält|hat) "
        rf"{_NUMBER} {_PEOPLE}|"
        rf"{_SUM}(?: (?:of|av|der|an|antall|antal|anzahl|number))*(?: {_PEOPLE})?{_SIGN}(?:{_NUMBER}(?: ?{_PEOPLE})?)?|"
        rf"\(?[0-9]+ {_PEOPLE}(?: (?:affected|selected|returned|in total|totalt?|i alt|insgesamt))?\)?\.?)"
    ),
    "page": re.compile(
        r"-? ?(?:page|side|sidan?|seite|[sp]\.|pg\.?) ?:? ?[0-9]{1,4}(?: ?(?:of|av|von|[/(-]) ?[0-9]{1,4}\)?)? ?-?|"
        r"-+ ?[0-9]{1,4} ?-+|[0-9]{1,4} (?:of|av|von) [0-9]{1,4}"
    ),
    # a date alone may be an ID that a spreadsheet has turned into one: of those only what nobody has as an ID
    "printed": re.compile(
        rf"(?:report |rapport(?:en)? |list(?:e|en|a)? |bericht )?{_PRINTED}"
        rf"(?: (?:on|at|den|am|of|per|fra|from|vom|dato|datum|date))*{_SIGN}"
        rf"(?:{_WEEKDAY})?{_DATE}(?:{_TIME})?(?:\W.*)?|{_PRINTED}:? (?:by|av|von) .+|"
        rf"{_WEEKDAY}{_DATE}(?:{_TIME})?|{_FIGURES}(?!.*\b00:00){_TIME}|{_in_words(_WHOLE_MONTHS)}(?:{_TIME})?"
    ),
    "end": re.compile(
        r"[-=_*.~#–—\s]{3,}|[-=*_ ]*(?:end of (?:the )?(?:list|report|file|data)|eof|"
        r"slutt på (?:listen|lista|listå|rapporten)|slut på listan|ende der liste)[-=*_ .]*|"
        r"(?:merk(?:nad)?|notes?|obs|nb|remarks?|kommentar(?:er)?|anmerkung|hinweis|anmärkning)[:!.] .*|"
        r"(?:signature?s?|signatur(?:er)?|underskrift|unterschrift)[:_ .…]*"
    ),
    "sample": re.compile(r"points possible|student, test|test student|teststudent|testkandidat|test candidate"),
}


def rows_of_nobody(
    rows: Sequence[MappedRow],
    *,
    field_of: Callable[[str], str | None],
    person: Sequence[str],
    unread: Collection[str] = (),
) -> dict[int, tuple[str, str]]:
    """Return the rows that are no person, each with the column to name and a sentence.

    `person` are the columns by which somebody is known, the first of which nearly always has a value; `field_of` knows
    headings; `unread` columns are not looked at. What most rows of a list look like is what its IDs look like, and says
    nothing.
    """
    found: dict[int, tuple[Line, str]] = {}
    for row in rows:
        values = row.values
        if _SURELY_SOMEBODY.fullmatch(values.get(person[0], "").strip()):
            continue
        cells = {name: text for name, value in values.items() if (text := value.strip()) and name not in unread}
        line = _line(cells, row.surplus, field_of, person) if cells else None
        first = next(iter(cells), "")
        if line and row.kinds.get(first) != "meant":
            found[row.number] = (line, first)
    if not found:
        return {}
    counts = Counter(line for line, _column in found.values())
    often = {line for line, count in counts.items() if count >= _ROWS_OF_A_KIND and count * 2 > len(rows)}
    words = _sentences()
    return {number: (column, words[line]) for number, (line, column) in found.items() if line not in often}


def _line(
    cells: Mapping[str, str], surplus: str, field_of: Callable[[str], str | None], person: Sequence[str]
) -> Line | None:
    """Return what a row with these cells is instead of a person, None for a person."""
    if any("@" in text for text in cells.values()):
        return None
    if all(_is_heading(text, field_of) for text in cells.values()) and any(
        field_of(text) == name for name, text in cells.items()
    ):
        return "header" if len(cells) > 1 or next(iter(cells)) in person else None
    if len(cells) > _MOST_CELLS:
        return "end" if all(_DRAWN.fullmatch(text) for text in cells.values()) else None
    if len(cells) == 1 and not surplus and _names_a_place(next(iter(cells.values())), field_of):
        return "place"
    said, alone = _folded(" ".join([*cells.values(), surplus])), _folded(next(iter(cells.values())))
    for line, pattern in _LINES.items():
        if pattern.fullmatch(said) or (line != "count" and pattern.fullmatch(alone)):
            return line
    return None


def _is_heading(text: str, field_of: Callable[[str], str | None]) -> bool:
    """Tell whether a text is a heading, or several of them in the cell of a name that was joined."""
    return bool(field_of(text)) or (" " in text and all(field_of(word) for word in re.split(r"[\s,]+", text) if word))


def _names_a_place(text: str, field_of: Callable[[str], str | None]) -> bool:
    """Tell whether a text is the name of a room or building over the rows below it: Room 101."""
    first, *others = text.split()
    return len(others) in (1, 2) and not field_of(text) and field_of(first.rstrip(":")) in (BUILDING, ROOM)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text[:200]).casefold().split())


def _sentences() -> Mapping[Line, str]:
    return {
        "header": _("This is the header once more, and nobody. Leave the row out."),
        "count": _("This looks like a sum or a count of the list, and not like somebody. Leave the row out."),
        "page": _("This looks like the number of a page, and not like somebody. Leave the row out."),
        "printed": _("This looks like the date of a print or an export, and not like somebody. Leave the row out."),
        "end": _("This looks like a line under or between rows, and not like somebody. Leave the row out."),
        "place": _(
            "This looks like the name of a place over the rows below, and not like somebody. Leave the row out."
        ),
        "sample": _("This looks like a row that a learning platform adds, and not like somebody. Leave the row out."),
    }
