"""What planners see of people who join by code: who waits, who was refused, and how the code works."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from candidates.intake.prepared import prepared_names
from candidates.lifecycle.joining import asked_count, not_joined
from candidates.models import Joining, JoinRequest, Test, User
from candidates.pages.shared.trails import Trail, trail_of
from candidates.timing import Stage, stage_of

State = JoinRequest.State


@dataclass(frozen=True, slots=True)
class Person:
    """One person who asked to join."""

    public_id: str
    name: str
    logs_in_with: str
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str
    sentence: str
    state: str


@dataclass(frozen=True, slots=True)
class Joiners:
    """Who asked and is not on the test; `out` are refused and removed people, the newest first."""

    asked: tuple[Person, ...]
    queued: tuple[Person, ...]
    out: tuple[Person, ...]
    is_over: bool


def figures(test: Test, joining: Joining) -> dict[str, Any]:
    """Return the context of the figures, which a page that is open asks for again and again.

    Those that are nought are left out, but for who joined. `mark` differs as soon as others wait. One query.
    """
    by_state = asked_count(test)
    counted = (
        (_("Wait to be let in"), State.ASKED),
        (_("On the waiting list"), State.QUEUED),
        (_("Refused"), State.REFUSED),
        (_("Removed"), State.REMOVED),
    )
    joined = {"term": _("Joined"), "value": _("%(n)d of %(most)d")}
    joined["value"] %= {"n": joining.joined_count, "most": joining.max_joiners}
    if joining.joined_count:
        joined |= {"url": f"{reverse('candidates', args=[test.public_id])}?came=code", "link": _("Show them")}
        joined["link_for"] = _("who joined")
    facts = [{"term": term, "value": by_state[state]} for term, state in counted if by_state[state]]
    return {
        "facts": [joined, *facts],
        "mark": f"{by_state[State.ASKED]}-{by_state[State.QUEUED]}-{joining.last_turn}",
    }


def code_trail(test: Test, here: str) -> Trail:
    """Return the breadcrumbs down to the test code, and of a page below it."""
    return [*trail_of(test), (_("Test code"), reverse("test-code", args=[test.public_id])), (here, "")]


def joiners_of(test: Test) -> Joiners:
    """Return everybody who asked to join and is not on the test; two queries."""
    rows = not_joined(test)
    names = prepared_names(test) if rows else {}
    people: dict[str, list[Person]] = {state: [] for state in State.values}
    for one in rows:
        people[one.state].append(_person(one, names))
    out = sorted([*people[State.REFUSED], *people[State.REMOVED]], key=lambda one: one.decided_at or one.asked_at)
    return Joiners(
        asked=tuple(people[State.ASKED]),
        queued=tuple(people[State.QUEUED]),
        out=tuple(reversed(out)),
        is_over=stage_of(test) == Stage.FINISHED,
    )


def _person(one: JoinRequest, names: dict[tuple[str, str], str]) -> Person:
    identity = one.identity
    key = (identity.authentication_type, identity.sso_key) if identity else ("", one.user.username)
    return Person(
        public_id=one.public_id,
        name=names.get(key) or name_of(one.user),
        logs_in_with=one.logs_in_with,
        asked_at=one.asked_at,
        decided_at=one.decided_at,
        decided_by=str(one.decided_by) if one.decided_by else "",
        sentence=one.sentence,
        state=one.state,
    )


def name_of(user: User) -> str:
    """Return the name of a person as far as this installation knows it, "" else; reads the permanent user."""
    if user.kind == User.Kind.PERMANENT:
        return user.permanent_user.full_name
    return user.name
