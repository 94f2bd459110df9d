"""Who ends when, before and after a change of incident time: what the confirm page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from candidates.lifecycle.accommodations import Change
from candidates.models import Candidate, Test
from candidates.timing import effective_end

COLUMNS = (
    *("public_id", "candidate_id", "extra_minutes", "incident_minutes", "started_at", "submitted_at"),
    *("location__building", "location__room"),
)


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """One chosen candidate: incident time (whole minutes) and end (UTC), as they are and as they will be."""

    public_id: str
    candidate_id: str
    place: str
    submitted: bool
    minutes: int
    ends_at: datetime
    new_minutes: int
    new_ends_at: datetime
    is_latest: bool  # a duration may end it earlier: the candidate has not started (D29)
    is_over: bool  # the new end has passed as well

    @property
    def changes(self) -> bool:
        """Say whether anything is different afterwards."""
        return not self.submitted and self.new_minutes != self.minutes


def incident_lines(
    test: Test, public_ids: Sequence[str], *, now: datetime, how: Change = Change.ADD, minutes: int = 0
) -> list[IncidentLine]:
    """Return the chosen candidates of the test by Candidate ID, with what the change would do to each.

    Who has submitted keeps what is there, as lifecycle/accommodations.py does; a sum is never below 0 (D11).
    """
    rows = Candidate.objects.of_test(test).filter(public_id__in=public_ids).order_by("sort_key", "candidate_key")
    lines = []
    for public_id, candidate_id, extra, incident, started, submitted, building, room in rows.values_list(*COLUMNS):
        new = incident if submitted is not None else _changed(incident, how, minutes)
        ends_at, new_ends_at = (
            effective_end(
                test_ends_at=test.window[1],
                duration_minutes=test.duration_minutes,
                started_at=started,
                extra_minutes=extra,
                incident_minutes=incident_minutes,
            )
            for incident_minutes in (incident, new)
        )
        is_over = submitted is None and new_ends_at <= now
        lines.append(
            IncidentLine(
                public_id=public_id,
                candidate_id=candidate_id,
                place=" ".join(part for part in (building, room) if part),
                submitted=submitted is not None,
                minutes=incident,
                ends_at=ends_at,
                new_minutes=new,
                new_ends_at=new_ends_at,
                is_latest=test.duration_minutes is not None and started is None,
                is_over=is_over,
            )
        )
    return lines


def _changed(incident: int, how: Change, minutes: int) -> int:
    if how is Change.SET:
        return minutes
    return incident + minutes if how is Change.ADD else max(0, incident - minutes)
