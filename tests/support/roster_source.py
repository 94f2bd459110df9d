"""A student system in memory that tells what a test has put into it, or fails as it is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

from django.conf import settings

from candidates.rosters.source import Accommodation, AccommodationKind, Enrolment, Exam, ExamSearch, Hints, Snapshot
from candidates.rosters.sources import READERS
from inspera_deliver.roster_sources import SourceSettings

SLUG = "uni"


@dataclass
class ScriptedSource:
    """One exam and its people; `fails` is raised instead of any answer."""

    exam: Exam = field(default_factory=lambda: Exam("exam-1", "Logic", "FIL1001", is_anonymous=True))
    people: dict[str, Enrolment] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    fails: Exception | None = None
    hint: Hints | None = None
    looks: int = 0
    also: tuple[Enrolment, ...] = ()  # lines beside those of `people`, which have each key once

    def put(self, key: str, candidate_id: str = "", login: str | None = None, **more: Any) -> Enrolment:
        """Register somebody, or change what is told of them."""
        there = self.people.get(key)
        values: dict[str, Any] = {"candidate_id": candidate_id or (there.candidate_id if there else "")}
        if login is not None or there is None:
            values["login"] = f"{key}@uni.example" if login is None else login
        one = replace(there, **values, **more) if there else Enrolment(key, **values, **more)
        self.people[key] = one
        return one

    def exams(self, search: ExamSearch) -> Sequence[Exam]:
        """Return the one exam where the words are in its title or code."""
        self._may_fail()
        return [self.exam] if search.text.casefold() in f"{self.exam.title} {self.exam.code}".casefold() else []

    def snapshot(self, exam: str) -> Snapshot:
        """Return everybody."""
        self._may_fail()
        self.looks += 1
        return Snapshot(replace(self.exam, key=exam), (*self.people.values(), *self.also), (), self.doubts)

    def hints(self, marker: str) -> Hints | None:
        """Return the hint, if there is one."""
        return self.hint

    def check(self) -> str:
        """Return a sentence."""
        self._may_fail()
        return "It answers."

    def _may_fail(self) -> None:
        if self.fails is not None:
            raise self.fails


def minutes(amount: int) -> tuple[Accommodation, ...]:
    """Return a grant of so many minutes."""
    return (Accommodation(AccommodationKind.MINUTES, str(amount)),)


def percent(amount: int) -> tuple[Accommodation, ...]:
    """Return a grant of so many percent."""
    return (Accommodation(AccommodationKind.PERCENT, str(amount)),)


def measure(name: str) -> tuple[Accommodation, ...]:
    """Return a support measure by its name."""
    return (Accommodation(AccommodationKind.NAMED, name),)


def source_settings(slug: str = SLUG, **more: Any) -> SourceSettings:
    """Return the settings of a source whose people log in by the SSO setup campus."""
    values: dict[str, Any] = dict.fromkeys(SourceSettings.__annotations__, "")
    values |= {"slug": slug, "kind": "scripted", "label": "Havnes registry", "authentication_type": "campus"}
    values |= {"every_minutes": 60, "support": {}, "problems": [], **more}
    return values  # type: ignore[return-value]


@contextmanager
def scripted(source: ScriptedSource | None = None, **more: Any) -> Iterator[ScriptedSource]:
    """Let the settings have this source alone."""
    made = source or ScriptedSource()
    one = source_settings(**more)
    with (
        mock.patch.dict(READERS, {"scripted": lambda _setup: made}),
        mock.patch.object(settings, "ROSTER_SOURCES", [one]),
    ):
        yield made
