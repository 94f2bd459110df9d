"""What a student system tells: exams to choose from, and the complete list of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class SourceError(Exception):
    """A source could not be read whole, so that nothing may change; the text is a sentence for people.

    It holds no secret, no address with parameters and nobody's name.
    """


class SourceRefused(SourceError):
    """The source does not take our certificate, key or password: asking again does not help."""


class AccommodationKind(StrEnum):
    """In what words a source grants more time."""

    MINUTES = "minutes"
    PERCENT = "percent"
    DURATION = "duration"  # ISO 8601
    NAMED = "named"  # a support measure, which the institution's table turns into minutes or percent
    UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True)
class Accommodation:
    """More time for one person, as the source says it: minutes are reckoned from it later, for the test's duration."""

    kind: AccommodationKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Exam:
    """One exam of a source; `key` is the source's own id of it. Times are UTC, the duration is in minutes."""

    key: str
    title: str
    code: str = ""  # of the course
    opens: datetime | None = None
    ends: datetime | None = None
    minutes: int | None = None
    place: str = ""
    expected: int | None = None  # how many are registered, where the source says it
    is_anonymous: bool = True  # Candidate IDs are the source's codes; else they are the next generated numbers
    hides_codes: bool = False  # the candidate must not see the code before the exam has been held
    is_cancelled: bool = False
    codes_come: date | None = None  # when people without a code are expected to get one


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One person of an exam as the source has them; "" and None are what it does not tell.

    `key` is the source's own lasting id of the person, never an e-mail address or a name. `login` is what the claim of
    the source's SSO setup says for this person (setting ROSTER_…_CLAIM).
    """

    key: str
    login: str
    candidate_id: str = ""
    name: str = ""
    student_number: str = ""
    accommodations: tuple[Accommodation, ...] = ()
    building: str = ""
    room: str = ""
    seat: str = ""
    registered_at: datetime | None = None
    is_withdrawn: bool = False
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everybody of one exam at one moment. `notices` are sentences about what was missing or odd.

    `doubts` are sentences for which nothing is applied by itself; a planner may still apply it after reading them.
    """

    exam: Exam
    enrolments: tuple[Enrolment, ...]
    notices: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExamSearch:
    """What a planner looks for: words of the course code or name, and days (both included)."""

    text: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Hints:
    """Exams of which something may have changed since `marker` was told; a fresh snapshot decides.

    `everything` stands where the source cannot say which: a gap in its feed, or the first time.
    """

    marker: str
    exams: tuple[str, ...] = ()
    everything: bool = False


class RosterSource(Protocol):
    """A student system that can be asked. Every function raises SourceError and changes nothing."""

    def exams(self, search: ExamSearch) -> Sequence[Exam]:
        """Return the exams that fit, at most 100, the next ones first."""

    def snapshot(self, exam: str) -> Snapshot:
        """Return everybody of an exam, by its key. A list that is not whole is a SourceError."""

    def hints(self, marker: str) -> Hints | None:
        """Return what may have changed since a marker ("" the first time), None where the source has no feed."""

    def check(self) -> str:
        """Ask for something small, and return in a sentence what came back."""
