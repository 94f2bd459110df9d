"""Hold what checking a list finds: who is ready, problems, what should be looked at, and who is on the test already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from candidates.lifecycle.seats import Place

NoticeKind = Literal[
    "somebody_else",
    "known",
    "unknown",
    "same_reference",
    "nobody",
    "personal",
    "same_as_sso",
    "unlike",
    "whole",
    "zeros",
    "decimals",
    "letters",
    "places",
    "rooms",
    "nothing",
    "tidied",
    "names",
    "namesakes",
]
Doubt = Literal["", "damage", "nobody", "nothing"]
"""What is doubted of a cell that somebody may have meant as it stands: a date, a line that is no person, NULL."""


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """Describe one candidate who may be added to a test.

    `number` is the row that a spreadsheet shows (the position in the form for rows that were typed), `candidate_id` is
    cleaned or empty (empty: the next generated ID, D1), `extra_minutes` are whole minutes (D11), `location`
    is (building, room) with at least one of them not empty. With an `sso_user_id` it is an SSO candidate, of the
    authentication type with that slug; with an `account`, the key of a User, it is that permanent user, or, where there
    is an authentication type, a person whose SSO user ID the first login tells. A spare is a one-time login without a
    person.
    """

    number: int
    candidate_id: str
    extra_minutes: int
    location: tuple[str, str] | None = None
    sso_user_id: str = ""
    authentication_type: str = ""
    private_reference: str = ""
    account: int | None = None
    name: str = ""
    seat: str = ""
    is_spare: bool = False


@dataclass(frozen=True, slots=True)
class Fix:
    """Say which value in which cell of the list would mend it."""

    row: int
    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Typed(Fix):
    """A cell as a page sent it: what was in its field, and what the page had put there (None: it did not say)."""

    shown: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Say what is wrong with one cell: `row` as the spreadsheet shows it, `column` a field name ("" for the whole row),
    `cell` as it stands in the file, `proposal` a repair that a person may choose. Where there is a `doubt`, a person
    may also say that the cell is meant as it stands."""

    row: int
    column: str
    cell: str
    message: str
    proposal: str | None = None
    doubt: Doubt = ""


@dataclass(frozen=True, slots=True)
class Notice(Problem):
    """Say what a person should look at; it never blocks. `fixes` are what its repair would write."""

    kind: NoticeKind = "personal"
    fixes: tuple[Fix, ...] = ()


CHANGEABLE = ("extra_minutes", "place", "name", "private_reference", "seat", "candidate_id")
"""What a list may change about a candidate who is on the test; the Candidate ID only a complete one."""


@dataclass(frozen=True, slots=True)
class Present:
    """A candidate who is on the test, as far as a list may meet or change one. Minutes are whole."""

    pk: int
    candidate_id: str
    person: str  # the folded SSO user ID, "" for candidates of another kind
    extra_minutes: int
    place: Place
    started: bool
    name: str = ""
    private_reference: str = ""
    seat: str = ""


@dataclass(frozen=True, slots=True)
class Already:
    """A row whose candidate is on the test already, and what an update would make of it.

    All values are what the candidate has afterwards: a blank cell never erases (D15).
    """

    number: int
    present: Present
    extra_minutes: int
    place: Place
    name: str
    private_reference: str
    seat: str
    candidate_id: str

    @classmethod
    def unchanged(cls, number: int, present: Present) -> Already:
        """Return a row that changes nothing about its candidate."""
        return cls(number, present, *(getattr(present, name) for name in CHANGEABLE))

    @property
    def changes(self) -> bool:
        """Say whether an update would change anything; who has started keeps what they have (docs/domain.md §6)."""
        differs = any(getattr(self, name) != getattr(self.present, name) for name in CHANGEABLE)
        return differs and not self.present.started


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold the outcome of a check. Nothing may be stored while there is a problem (D15)."""

    ready: tuple[CandidateRow, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Notice, ...]
    already: tuple[Already, ...] = ()
