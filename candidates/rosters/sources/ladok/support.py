"""Read from Ladok which support measures were decided for whom: they have names, and minutes only here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from candidates.rosters.source import Accommodation, AccommodationKind
from candidates.rosters.sources.ladok.records import Record

Measures = Mapping[str, tuple[Accommodation, ...]]  # by StudentUID

GIVEN_UP = "AVBRUTEN"


def measures_of(told: Iterable[Record], exam: str) -> tuple[Measures, bool]:
    """Return the measures that were granted for an exam, by StudentUID, and whether others wait for a decision.

    An application is Ansokan{AktivitetstillfalleUID, StudentUID, Tillstand, Stod[{Dokumenteratstod, Utfall}]}. Raises
    SourceError.
    """
    found: dict[str, dict[Accommodation, None]] = {}
    some_wait = False
    for one in told:
        if one.text("AktivitetstillfalleUID", needed=True) != exam or one.text("Tillstand") == GIVEN_UP:
            continue
        student = one.text("StudentUID", needed=True)
        for part in one.records("Stod"):
            granted = part.record("Utfall").flag("Beviljad")
            some_wait |= granted is None
            if granted:
                measure = Accommodation(AccommodationKind.NAMED, _name(part))
                found.setdefault(student, {})[measure] = None
    return {student: tuple(measures) for student, measures in found.items()}, some_wait


def _name(part: Record) -> str:
    """Return what a measure is called; one without a name is shown by its kind, so that it does not get lost."""
    documented = part.record("Dokumenteratstod")
    measure = documented.record("Pedagogisktstod")
    return (
        documented.named("BenamningEllerAlternativBenamning", "AlternativBenamning")
        or measure.named("Benamning", "Benamningar")
        or measure.text("Stodtyp")
        or "?"
    )
