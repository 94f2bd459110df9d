"""What a plan of a student system shows, and what applying it needs beside that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from candidates.models import Candidate, RosterConnection, RosterEnrolment
from candidates.rosters.fields import Owned
from candidates.rosters.people import Person
from candidates.rosters.plan import Change, Plan
from candidates.rosters.reckoning import Reckoned
from candidates.rosters.source import Enrolment, Exam


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the plan. `key` is what a form ticks, "" where nothing can be ticked; `public_id` is the place."""

    key: str
    candidate_id: str
    name: str
    student_number: str
    reason: str
    changes: tuple[Change, ...] = ()
    is_ticked: bool = False
    public_id: str = ""
    # what is granted and no minutes are known for: a planner decides
    open: tuple[str, ...] = ()
    owned: tuple[Owned, ...] = ()
    is_withdrawn: bool = False  # on the test, has started, and no longer at the source


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody of the source who is not on the list yet, or whose line cannot be taken."""

    enrolment: Enrolment
    why: str
    is_refused: bool


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """What applying the last look would do. Everybody of the source and of those whom it brought is in one group.

    `notices` and `doubts` are sentences of the source and of ours; with a doubt nothing is applied by itself.
    `refusal` says why nothing can be applied at all, `seen` is by what a page says which plan it has shown.
    """

    connection: RosterConnection
    exam: Exam
    taken_at: datetime
    people: int  # registered there
    join: tuple[Line, ...]
    change: tuple[Line, ...]
    leave: tuple[Line, ...]
    held: tuple[Line, ...]
    refused: tuple[Line, ...]
    stay: tuple[Line, ...]
    notices: tuple[str, ...]
    doubts: tuple[str, ...]
    is_empty: bool
    is_braked: bool
    refusal: str
    seen: str
    work: Work

    @property
    def ticked(self) -> set[str]:
        """Return the keys of the changes that are ticked."""
        return {line.key for line in (*self.join, *self.change, *self.leave) if line.is_ticked}

    @property
    def count(self) -> int:
        """Return how many changes wait that are ticked."""
        return len(self.ticked)

    @property
    def must_be_confirmed(self) -> bool:
        """Say whether somebody has to say twice that it is meant: so many leave, or nobody is registered."""
        return self.is_braked or (self.is_empty and bool(self.leave))


@dataclass(frozen=True, slots=True)
class Work:
    """What applying needs beside the lines."""

    plan: Plan
    people: Mapping[str, Person]  # by tick
    sources: Mapping[str, Enrolment]  # by tick
    there: Mapping[str, Candidate]  # by public id
    enrolments: Mapping[str, RosterEnrolment]  # by source key
    wanted: Mapping[str, Mapping[str, Any]]  # by tick: {field: what the source says}, without what it does not say
    granted: Mapping[str, Reckoned]
    more_time: Mapping[str, int]  # by tick: of those who are writing
    key_of: Mapping[int, str]  # the source's key of who is on the test, by the key of the candidate
