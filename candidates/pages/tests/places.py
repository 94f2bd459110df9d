"""What is counted of the candidates of one test: read once, without making models of 1500 rows."""

from dataclasses import dataclass

from django.db.models import BooleanField, ExpressionWrapper

from candidates.models import Candidate, Test
from candidates.models.candidates import MADE_HERE, UNUSED_SPARE, slip_column


@dataclass(frozen=True, slots=True)
class Place:
    """What is counted of one candidate."""

    candidate_id: str
    kind: str
    account: int | None  # the one that a slip is for
    location_id: int | None
    extra_minutes: int
    incident_minutes: int
    slip_version: int
    printed_version: int | None
    is_made_here: bool  # the password of a permanent user
    is_nobody: bool  # a spare login that nobody has

    @property
    def has_slip(self) -> bool:
        """Say whether the candidate has a username and password of ours."""
        return self.is_made_here if self.kind == Candidate.Kind.PERMANENT else self.account is not None


def places_of(test: Test) -> list[Place]:
    """Return everybody on the test; one query."""
    columns = ("location_id", "extra_minutes", "incident_minutes", "slip_version", "slip_printed_version")
    made_here = ExpressionWrapper(MADE_HERE, output_field=BooleanField())
    nobody = ExpressionWrapper(UNUSED_SPARE, output_field=BooleanField())
    rows = test.candidates.values_list("candidate_id", "kind", slip_column(""), *columns, made_here, nobody)
    return [Place(*row) for row in rows]
