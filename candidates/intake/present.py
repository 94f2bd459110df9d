"""Load who is on a test already, for the check of a list: a constant number of queries, however long both are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from candidates.authentication_types import AuthenticationType
from candidates.candidate_ids import candidate_key
from candidates.intake.findings import Present
from candidates.intake.rooms import Rooms
from candidates.models import Candidate, SsoIdentity, Test

PRESENT = (
    *("extra_minutes", "location__building", "location__room", "started_at"),
    *("name", "private_reference", "seat"),
)
"""Columns of a Present after the person, in its order."""


def people_on(test: Test, sso: AuthenticationType) -> dict[str, str]:
    """Return the folded SSO user IDs of this type that are on the test, whatever kind of candidate, with their IDs."""
    # SQLite would begin with everybody of the type, whatever test they are on: the type is compared here.
    on_test = Candidate.objects.of_test(test).filter(user__sso_identities__isnull=False).order_by()
    found = on_test.values_list(
        "user__sso_identities__authentication_type", "user__sso_identities__sso_key", "candidate_id"
    )
    return {key: candidate_id for slug, key, candidate_id in found if slug == sso.slug}


def staff_of(test: Test, sso: AuthenticationType) -> frozenset[str]:
    """Return the folded SSO user IDs of the people who plan, invigilate or grade the test (C12)."""
    working = SsoIdentity.objects.filter(user__contributions__test=test).values_list("authentication_type", "sso_key")
    return frozenset(key for slug, key in working if slug == sso.slug)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a list is checked against."""

    existing: Mapping[str, str]
    on_test: Mapping[str, Present]
    people: Mapping[str, str]
    staff: frozenset[str]
    rooms: Rooms
    references: Mapping[str, str]

    @classmethod
    def of(cls, test: Test, sso: AuthenticationType | None, *, places: bool) -> Surroundings:
        """Load them; `places` says whether the list names locations, so that the known ones are needed."""
        people = people_on(test, sso) if sso else {}
        on_test = _present(test, people)
        return cls(
            existing={key: one.candidate_id for key, one in on_test.items()},
            on_test=on_test,
            people=people,
            staff=staff_of(test, sso) if sso else frozenset(),
            references=references_on(test),
            rooms=Rooms.of(test) if places else Rooms(),
        )


def references_on(test: Test) -> dict[str, str]:
    """Return the folded private references on the test, each with the Candidate ID that it belongs to."""
    # whoever has a spare login is still to be added, and joined with it
    referred = Candidate.objects.of_test(test).filter(is_spare=False).exclude(private_reference="").order_by()
    return {candidate_key(one): shown for one, shown in referred.values_list("private_reference", "candidate_id")}


def _present(test: Test, people: Mapping[str, str]) -> dict[str, Present]:
    """Return the candidates on the test by folded Candidate ID."""
    person_of = {candidate_id: person for person, candidate_id in people.items()}
    found = Candidate.objects.of_test(test).order_by().values_list("candidate_key", "pk", "candidate_id", *PRESENT)
    present = {}
    for key, pk, shown, extra, building, room, started, *more in found:
        place = (building or "", room or "")
        present[key] = Present(pk, shown, person_of.get(shown, ""), extra, place, started is not None, *more)
    return present
