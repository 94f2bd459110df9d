"""Give people who join by test code what is prepared for them, in the same transaction (docs/domain.md E14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from candidates import audit
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.seats import Place, seat_key
from candidates.models import Candidate, PreparedPerson, SsoIdentity, Test, User


@dataclass(frozen=True, slots=True)
class Given:
    """The rows with what is prepared for their people, by the keys of their accounts what that is."""

    rows: tuple[CandidateRow, ...]
    prepared: Mapping[int, PreparedPerson]

    def note_joined(self, test: Test, places: Mapping[int, int], *, by: User) -> None:
        """Note who has joined: candidates' keys by those of accounts. What somebody else had is said to planners."""
        now = timezone.now()
        for person, one in self.prepared.items():
            one.joined_at, one.joined_as_id = now, places[person]
        PreparedPerson.objects.bulk_update(
            list(self.prepared.values()), ["joined_at", "joined_as", "missed"], batch_size=500
        )
        missed = [one for one in self.prepared.values() if one.missed]
        if missed:
            detail = {"prepared": [[one.public_id, one.missed] for one in missed]}
            audit.record(audit.Action.PREPARED_MISSED, by=by, test=test, count=len(missed), detail=detail)


def prepared_for(test: Test, people: Sequence[User]) -> dict[int, PreparedPerson]:
    """Return what is prepared for these people by the keys of their accounts, whether they have joined or not.

    By each SSO user ID that a person has, and by the user name of a permanent user; who has both kinds gets the first.
    """
    identities = SsoIdentity.objects.filter(user__in=[one.pk for one in people]).order_by("pk")
    keys = {(one.authentication_type, one.sso_key): one.user_id for one in identities}
    keys |= {("", one.username): one.pk for one in people if one.kind == User.Kind.PERMANENT}
    found: dict[int, PreparedPerson] = {}
    rows = PreparedPerson.objects.of_test(test).filter(person_key__in=[key for _slug, key in keys])
    for one in rows.select_related("location").order_by("pk"):
        person = keys.get((one.authentication_type, one.person_key))
        if person is not None:
            found.setdefault(person, one)
    return found


def give_prepared(test: Test, rows: Sequence[CandidateRow], people: Sequence[User]) -> Given:
    """Return the rows of people who come on the test with what is prepared for them; a row for each person, in order.

    The caller holds the lock of the test's row. Nothing that is prepared keeps anybody out: a Candidate ID that is
    somebody's by now is left to the next generated one, a seat to nobody, and the planner is told.
    """
    prepared = prepared_for(test, people)
    if not prepared:
        return Given(tuple(rows), {})
    ids, seats = set[str](), set[tuple[Place, str]]()
    there = Candidate.objects.of_test(test).order_by()
    for key, building, room, seat in there.values_list("candidate_key", "location__building", "location__room", "seat"):
        ids.add(key)
        if seat:
            seats.add(seat_key((building or "", room or ""), seat))
    given = []
    for row, person in zip(rows, people, strict=True):
        one = prepared.get(person.pk)
        if one is None:
            given.append(row)
            continue
        place = (one.location.building, one.location.room) if one.location else ("", "")
        where, missed = seat_key(place, one.seat), []
        if one.candidate_id and one.candidate_key in ids:
            missed.append("candidate_id")
        if one.seat and where in seats:
            missed.append("seat")
        one.missed = " ".join(missed)
        ids.add(one.candidate_key)
        seats.add(where)
        given.append(
            replace(
                row,
                candidate_id="" if "candidate_id" in missed else one.candidate_id,
                extra_minutes=one.extra_minutes,
                location=place if any(place) else None,
                seat="" if "seat" in missed else one.seat,
                name=one.name or row.name,
                private_reference=one.private_reference or row.private_reference,
            )
        )
    return Given(tuple(given), prepared)


def kept_for_others(test: Test) -> set[str]:
    """Return the folded Candidate IDs that are prepared for people who have not joined: no generated one takes them."""
    waiting = PreparedPerson.objects.of_test(test).waiting().exclude(candidate_key="")
    return set(waiting.order_by().values_list("candidate_key", flat=True))


def prepared_names(test: Test) -> dict[tuple[str, str], str]:
    """Return the names that are prepared, by authentication type and key of the person; one query."""
    named = PreparedPerson.objects.of_test(test).exclude(name="")
    rows = named.order_by().values_list("authentication_type", "person_key", "name")
    return {(slug, key): name for slug, key, name in rows}
