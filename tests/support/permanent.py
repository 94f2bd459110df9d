"""Put permanent users on tests."""

from typing import Any

from django.db.models import F

from candidates.candidate_ids import candidate_key, sort_key
from candidates.models import Candidate, PermanentUser, Test


def put_on(person: PermanentUser, test: Test, candidate_id: str = "", **fields: Any) -> Candidate:
    """Store a permanent user as a candidate of the test, under the own name unless another Candidate ID is given."""
    shown = candidate_id or person.full_name
    key = candidate_key(shown)
    place: Candidate = Candidate.objects.create(
        test=test,
        kind=Candidate.Kind.PERMANENT,
        user=person.user,
        candidate_id=shown,
        candidate_key=key,
        sort_key=sort_key(shown),
        **fields,
    )
    Test.objects.filter(pk=test.pk).update(candidate_count=F("candidate_count") + 1)
    test.refresh_from_db()
    return place
