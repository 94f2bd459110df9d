"""Take off whom a complete list does not name, and bring them back when it is undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _

from candidates import audit
from candidates.candidate_ids import candidate_key
from candidates.errors import Refused
from candidates.intake.door import RowsRefused, add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.removal import removable, removed_detail, take_off
from candidates.models import Candidate, Import, ImportedRemoval, Test, User


def remove_absent(*, test: Test, public_ids: Sequence[str], record: Import, by: User | None) -> None:
    """Take candidates off the test, and keep what it takes to bring them back.

    The caller holds the lock of the test's row. Raises Refused where somebody of them has started or logged in since.
    """
    if not public_ids:
        return
    # The rows' locks close the race with candidates who log in or start: they are seen here, or find no place.
    gone, stays = removable(test, public_ids, lock=True)
    if stays or len(gone) != len(public_ids):
        raise Refused(
            _("Somebody who would leave has started or logged in meanwhile. Nothing was changed: check the list again.")
        )
    ImportedRemoval.objects.bulk_create(
        ImportedRemoval(
            source=record,
            public_id=one.public_id,
            kind=one.kind,
            candidate_id=one.candidate_id,
            user_id=one.user_id if one.kind == Candidate.Kind.SSO else None,
            authentication_type=one.authentication_type,
            sso_user_id=one.sso_user_id,
            name=one.name,
            private_reference=one.private_reference,
            location_id=one.location_id,
            seat=one.seat,
            extra_minutes=one.extra_minutes,
            incident_minutes=one.incident_minutes,
            added_at=one.added_at,
            added_by_id=one.imported_by_id,
        )
        for one in gone
    )
    audit.record(
        audit.Action.CANDIDATES_REMOVED,
        by=by,
        test=test,
        count=len(gone),
        detail={**removed_detail(gone), "import": record.public_id},
    )
    take_off(test, gone)


def coming_back(
    record: Import, leaving: Collection[int] = (), given_back: Mapping[int, tuple[str, str]] | None = None
) -> tuple[list[ImportedRemoval], list[ImportedRemoval]]:
    """Return whom undoing brings back, and who is on the test again by other ways.

    `leaving` are those it takes off, `given_back` the Candidate IDs and private references that others have again by
    it. Who has an account is known by that: a Candidate ID may be somebody else's by now. Of one-time users the ID says
    who they are, unless their private references differ.
    """
    removals = list(record.removals.select_related("location").order_by("pk"))
    if not removals:
        return [], []
    there = Candidate.objects.of_test(record.required_test).exclude(pk__in=leaving).order_by()
    one_time, people = dict[str, str](), set[int]()
    for pk, kind, *found, user in there.values_list("pk", "kind", "candidate_id", "private_reference", "user"):
        people.add(user)
        if kind == Candidate.Kind.ONE_TIME:
            shown, reference = (given_back or {}).get(pk, found)
            one_time[candidate_key(shown)] = candidate_key(reference)
    back: list[ImportedRemoval] = []
    again: list[ImportedRemoval] = []
    for one in removals:
        if one.user_id is not None:
            is_there = one.user_id in people
        else:
            had, has = candidate_key(one.private_reference), one_time.get(candidate_key(one.candidate_id))
            is_there = has is not None and (not has or not had or has == had)
        (again if is_there else back).append(one)
    return back, again


def bring_back(*, test: Test, removals: Sequence[ImportedRemoval], record: Import, by: User) -> None:
    """Put who was removed on the test again, through the door: with all they had but login details, which are new.

    The caller holds the lock of the test's row. Raises Refused.
    """
    if not removals:
        return
    rows = [
        CandidateRow(
            number=number,
            candidate_id=one.candidate_id,
            extra_minutes=one.extra_minutes,
            location=(one.location.building, one.location.room) if one.location else None,
            sso_user_id=one.sso_user_id,
            authentication_type=one.authentication_type,
            private_reference=one.private_reference,
            account=None if one.sso_user_id else one.user_id,
            name=one.name,
            seat=one.seat,
        )
        for number, one in enumerate(removals, 1)
    ]
    try:
        add_candidates(test=test, rows=rows, by=by, source=f"undoing import {record.public_id}")
    except RowsRefused as refused:
        first = refused.problems[0]
        sentence = _("%(id)s cannot come back. %(why)s")
        raise Refused(sentence % {"id": removals[first.row - 1].candidate_id, "why": first.message}) from refused
    of_key = {candidate_key(one.candidate_id): one for one in removals}
    found = list(Candidate.objects.of_test(test).filter(candidate_key__in=of_key).order_by("sort_key"))
    for candidate in found:
        one = of_key[candidate.candidate_key]
        candidate.public_id, candidate.added_at = one.public_id, one.added_at
        candidate.incident_minutes, candidate.imported_by_id = one.incident_minutes, one.added_by_id
    Candidate.objects.bulk_update(found, ["public_id", "added_at", "incident_minutes", "imported_by"], batch_size=500)
