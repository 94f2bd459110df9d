"""What an act does to ticked candidates, shown before it is done: extra time (D12, D29), removal (D6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.errors import Refused
from candidates.lifecycle.accommodations import (
    Change,
    minutes_after,
    refuse_after_marks,
    refuse_nobody,
    refuse_past_limit,
    refuse_when_finished,
)
from candidates.lifecycle.removal import Why, removable
from candidates.models import Candidate, Test
from candidates.pages.shared.candidate_lines import CandidateLine, end_words
from candidates.timing import effective_end


@dataclass(frozen=True, slots=True)
class ExtraTimeChange:
    """One candidate's planned extra time (whole minutes) and end (UTC) after the change; the line has those of now."""

    line: CandidateLine
    extra_minutes: int
    ends_at: datetime
    end_words: str

    @property
    def is_change(self) -> bool:
        """Say whether anything becomes different."""
        return self.extra_minutes != self.line.extra_minutes


@dataclass(frozen=True, slots=True)
class Removal:
    """Who of the ticked candidates goes, and the Candidate IDs of those who stay, by reason."""

    goes: list[CandidateLine]
    started: list[str]
    online: list[str]
    finished: list[str]

    @property
    def permanent(self) -> bool:
        """Say whether permanent users are among those who go: they keep their logins."""
        return any(line.kind == Candidate.Kind.PERMANENT for line in self.goes)

    @property
    def ends_logins(self) -> bool:
        """Say whether somebody's login details end with it."""
        return any(line.kind != Candidate.Kind.PERMANENT for line in self.goes)


def removal_preview(test: Test, lines: Sequence[CandidateLine]) -> Removal:
    """Return who goes and who stays, in the order of the page."""
    _gone, stays = removable(test, [line.public_id for line in lines])
    why = {stay.candidate.public_id: stay.why for stay in stays}

    def staying(reason: Why) -> list[str]:
        return [line.candidate_id for line in lines if why.get(line.public_id) is reason]

    return Removal(
        goes=[line for line in lines if line.public_id not in why],
        started=staying(Why.STARTED),
        online=staying(Why.ONLINE),
        finished=staying(Why.FINISHED),
    )


def why_nobody(test: Test, lines: Sequence[CandidateLine]) -> str:
    """Return why nobody's planned extra time can be changed, whatever is typed; empty where somebody's can."""
    try:
        refuse_when_finished(test)
        refuse_nobody([line for line in lines if not line.has_started])
    except Refused as refusal:
        return refusal.sentence
    return ""


def incident_time_helps(test: Test) -> bool:
    """Say whether incident time can be given where planned extra time cannot."""
    try:
        refuse_after_marks(test)
    except Refused:
        return False
    return test.is_activated


def extra_time_preview(
    *, test: Test, lines: Sequence[CandidateLine], how: Change, minutes: int
) -> list[ExtraTimeChange]:
    """Return what the change does to those who have not started.

    Raises Refused where the test is Finished, all have started, or a sum would pass the limit.
    """
    refuse_when_finished(test)
    free = [line for line in lines if not line.has_started]
    refuse_nobody(free)
    refuse_past_limit([line.extra_minutes for line in free], how, minutes)
    return [_after(test, line, minutes_after(line.extra_minutes, how, minutes)) for line in free]


def few_change(changes: Sequence[ExtraTimeChange], how: Change, minutes: int) -> str:
    """Return how many really change where not everybody does, or somebody less than asked; "" where all do as asked."""
    changed = sum(change.is_change for change in changes)
    less = how is Change.SUBTRACT and any(change.line.extra_minutes < minutes for change in changes)
    said = []
    if changed < len(changes):
        sentence = ngettext("%(n)d of %(all)d changes.", "%(n)d of %(all)d change.", changed)
        said.append(sentence % {"n": changed, "all": len(changes)})
    if less:
        said.append(_("Nobody goes below 0 minutes."))
    return " ".join(said)


def _after(test: Test, line: CandidateLine, extra_minutes: int) -> ExtraTimeChange:
    end = effective_end(
        test_ends_at=test.window[1],
        duration_minutes=test.duration_minutes,
        started_at=line.started_at,
        extra_minutes=extra_minutes,
        incident_minutes=line.incident_minutes,
    )
    return ExtraTimeChange(line, extra_minutes, end, end_words(test, end))
