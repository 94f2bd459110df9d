"""What the page of one test shows to its planners: everything from a constant number of queries."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.credentials.opening_history import PRINTS, VIEWS, LastOpening, last_openings
from candidates.credentials.overview import shown_until
from candidates.credentials.rights import withheld_from, withheld_words
from candidates.credentials.standing_in import why_none_can_be_given
from candidates.lifecycle.activation import reason_against
from candidates.lifecycle.anonymity import anonymity_words
from candidates.lifecycle.joining import asked_count, joining_of
from candidates.lifecycle.retention import kept_words
from candidates.lifecycle.room_use import looks_at
from candidates.models import Candidate, Contributor, Joining, JoinRequest, Test, User
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.shared.joining_words import how_it_works, log_in_words, who_words, window_words
from candidates.pages.shared.student_system import Panel, can_be_connected, panel_of
from candidates.pages.tests.checks import Check, checks_of, room_looks
from candidates.pages.tests.places import Place, places_of
from candidates.text import (
    day,
    natural_key,
    place_key,
    until,
    when,
    zone,
)
from candidates.timing import (
    Stage,
    effective_end,
    last_end,
    longest_extra_seconds,
    stage_of,
)

Kind = Candidate.Kind


@dataclass(frozen=True, slots=True)
class Finish:
    """How many candidates finish at one moment (UTC)."""

    ends_at: datetime
    count: int
    extra: int


@dataclass(frozen=True, slots=True)
class Worker:
    """One contributor as the page shows it; `public_id` is "" for the last planner, who cannot be removed."""

    name: str
    role: str
    rooms: tuple[str, ...]
    added_at: datetime
    added_by: str
    created: bool
    public_id: str


@dataclass(frozen=True, slots=True)
class Logins:
    """The panel about login details on an activated test.

    `with_details` counts one-time users, `standing_in` SSO candidates with a one-time login, `permanent` the permanent
    users whose password was made here, `withheld` those of them whose password is not the viewer's to open, `others`
    everybody else; `could_get` is how many SSO candidates could be given a
    one-time login now.
    """

    with_details: int
    standing_in: int
    permanent: int
    withheld: int
    others: int
    could_get: int
    last_print: LastOpening | None
    last_view: LastOpening | None
    never_printed: int
    out_of_date: int
    until: datetime | None
    readable: bool

    @property
    def withheld_words(self) -> str:
        """Return why some are left out, and whom to ask."""
        return withheld_words(self.withheld)

    @property
    def to_print(self) -> int:
        """Return how many slips are missing on paper, or wrong there."""
        return self.never_printed + self.out_of_date


@dataclass(frozen=True, slots=True)
class Joins:
    """How people join by code: when it works, who may, and how many wait to be let in or are on the waiting list."""

    joining: Joining
    works: str
    ways: str
    window: str
    who: str
    asked: int
    queued: int


@dataclass(frozen=True, slots=True)
class TestPage:
    """Everything that the page of a test shows."""

    __test__ = False

    stage: Stage
    lede: str
    facts: tuple[dict[str, Any], ...]
    finishes: tuple[Finish, ...]
    one_day: bool
    workers: tuple[Worker, ...]
    not_anonymous: tuple[str, ...]
    checks: tuple[Check, ...]
    reason: str
    without_details: int
    with_details: int
    standing_in: int
    count: int
    logins: Logins | None
    deactivatable: bool
    archivable: bool
    questions_open: bool
    with_slips: bool
    kept: str
    rooms: tuple[Check, ...]
    joining: Joins | None
    roster: Panel | None
    connectable: bool


def test_page(test: Test, *, to: User) -> TestPage:
    """Return what the page shows to one of its planners; a few queries, whatever the number of candidates."""
    now = timezone.now()
    everybody = places_of(test)
    places = [place for place in everybody if not place.is_nobody]
    contributors = list(test.contributors.select_related("user", "location", "added_by"))
    stage = stage_of(test, now=now)
    joins = None if test.is_demo else _joins(test)
    roster = None if test.is_demo else panel_of(test)
    # the checklist names them before the activation, one line of the page afterwards
    rooms = looks_at(test, _in_rooms(places)) if stage != Stage.FINISHED else []
    finishes = _finishes(test, places)
    with_details = sum(place.kind == Kind.ONE_TIME and place.has_slip for place in places)
    return TestPage(
        stage=stage,
        lede=_lede(test, stage),
        facts=(*_facts(places, spares=len(everybody) - len(places), roster=roster), *_waiting(joins)),
        finishes=finishes,
        one_day=len({day(finish.ends_at) for finish in finishes} | {day(test.ends_at)}) == 1,
        workers=_workers(contributors),
        not_anonymous=_not_anonymous(contributors),
        checks=() if test.is_activated else checks_of(test, places, contributors, rooms, by_code=joins is not None),
        reason="" if test.is_activated else reason_against(test),
        without_details=sum(place.kind == Kind.ONE_TIME and not place.has_slip for place in places),
        with_details=with_details,
        standing_in=sum(place.kind == Kind.SSO and place.has_slip for place in places),
        count=len(places),
        logins=_logins(test, places, now, to) if test.is_activated and not test.is_demo else None,
        deactivatable=test.is_activated and test.first_opened_at is None,
        archivable=stage == Stage.FINISHED and test.archived_at is None,
        questions_open=test.first_opened_at is None and test.archived_at is None,
        with_slips=any(place.has_slip for place in places),
        kept=kept_words(test),
        rooms=room_looks(rooms) if test.is_activated else (),
        joining=joins,
        roster=roster,
        connectable=roster is None and can_be_connected(test),
    )


def _joins(test: Test) -> Joins | None:
    joining = joining_of(test)
    if joining is None:
        return None
    waiting = asked_count(test)
    return Joins(
        joining=joining,
        works=how_it_works(joining, test),
        ways=log_in_words(joining),
        window=window_words(joining),
        who=who_words(joining),
        asked=waiting[JoinRequest.State.ASKED],
        queued=waiting[JoinRequest.State.QUEUED],
    )


def _waiting(joins: Joins | None) -> tuple[dict[str, Any], ...]:
    if joins is None:
        return ()
    terms = [(_("Joined by code"), joins.joining.joined_count), (_("Wait to be let in"), joins.asked)]
    counted = [*terms, (_("On the waiting list"), joins.queued)]
    return tuple({"term": term, "value": count} for term, count in counted if count)


def _in_rooms(places: list[Place]) -> dict[int, int]:
    """Return how many candidates sit in each room, by its key."""
    return Counter(place.location_id for place in places if place.location_id is not None)


test_page.__test__ = False  # type: ignore[attr-defined]  # not a test, in spite of its name


def _lede(test: Test, stage: Stage) -> str:
    if test.is_demo and stage == Stage.ACTIVE:
        return _("Everybody who can log in may try it, as often as they like. No answers are stored.")
    if stage == Stage.CREATED:
        ahead = test.opens_at is not None and test.opens_at > timezone.now()
        hidden = _("Candidates do not see it before you activate it.")
        return _("Opens %(when)s.") % {"when": until(test.opens_at)} + " " + hidden if ahead else hidden
    if stage == Stage.SCHEDULED:
        return _("Opens by itself %(when)s.") % {"when": until(test.opens_at)}
    end = {"end": when(last_end(test, longest_extra_seconds(test))), "zone": zone()}
    if stage == Stage.ACTIVE:
        return _("Open. The last candidate ends %(end)s %(zone)s.") % end
    return _("The last candidate’s time ended %(end)s %(zone)s.") % end


def _facts(places: list[Place], *, spares: int, roster: Panel | None) -> tuple[dict[str, Any], ...]:
    kinds = Counter(place.kind for place in places)
    total = _("%(count)d of %(most)d candidates") % {"count": len(places), "most": MAX_CANDIDATES}
    counted = [{"term": kind.label, "value": kinds[kind]} for kind in (Kind.SSO, Kind.ONE_TIME, Kind.PERMANENT)]
    extra = sum(place.extra_minutes + place.incident_minutes > 0 for place in places)
    return (
        {"term": _("On the test"), "value": total},
        *(_brought(roster, len(places)) if roster else ()),
        *(fact for fact in counted if fact["value"]),
        *([{"term": _("With extra time"), "value": extra}] if extra else []),
        *([{"term": _("Spare logins left"), "value": spares}] if spares else []),
    )


def _brought(roster: Panel, people: int) -> tuple[dict[str, Any], ...]:
    return (
        {"term": _("From %(label)s") % {"label": roster.label}, "value": roster.brought},
        {"term": _("Added here"), "value": people - roster.brought},
    )


def _finishes(test: Test, places: list[Place]) -> tuple[Finish, ...]:
    """Return the ends before the start, the latest ones where the test has a duration (D29), first ones first."""
    if test.ends_at is None:
        return ()
    extras = Counter(place.extra_minutes + place.incident_minutes for place in places)
    return tuple(
        Finish(
            ends_at=effective_end(
                test_ends_at=test.ends_at,
                duration_minutes=test.duration_minutes,
                started_at=None,
                extra_minutes=extra,
            ),
            count=count,
            extra=extra,
        )
        for extra, count in sorted(extras.items())
    )


def _workers(contributors: list[Contributor]) -> tuple[Worker, ...]:
    """Return each person and role once, with all its rooms, planners first."""
    planners = [
        one
        for one in contributors
        if one.role == Contributor.Role.PLANNER and one.user.is_planner and one.user.is_active
    ]
    held: dict[tuple[int, str], list[Contributor]] = {}
    for one in contributors:
        held.setdefault((one.user_id, one.role), []).append(one)
    roles = list(Contributor.Role.values)
    in_order = sorted(
        held.values(), key=lambda rows: (roles.index(rows[0].role), natural_key(str(rows[0].user)), rows[0].user_id)
    )
    return tuple(
        Worker(
            name=str(one.user),
            role=one.get_role_display(),
            rooms=tuple(str(room) for room in sorted(rooms, key=lambda room: place_key(room.building, room.room))),
            added_at=one.added_at,
            added_by=str(one.added_by) if one.added_by else "",
            created=one.role == Contributor.Role.PLANNER and one.added_by_id == one.user_id,
            public_id="" if planners == [one] else one.public_id,
        )
        for one, rooms in (
            (min(rows, key=lambda row: row.pk), [row.location for row in rows if row.location]) for rows in in_order
        )
    )


def _not_anonymous(contributors: list[Contributor]) -> tuple[str, ...]:
    """Return a sentence for each person who grades and would know whose answer it is, as far as they can work."""
    roles: dict[User, list[str]] = {}
    for one in contributors:
        if one.user.is_active and one.user.has_role(one.role):
            roles.setdefault(one.user, []).append(one.role)
    return tuple(words for user, held in roles.items() if (words := anonymity_words(user, held)))


def _logins(test: Test, places: list[Place], now: datetime, to: User) -> Logins:
    made_here = [place for place in places if place.has_slip]
    kept_back = withheld_from(to, [one.account for one in made_here if one.kind == Kind.PERMANENT and one.account])
    generated = [place for place in made_here if place.kind != Kind.PERMANENT or place.account not in kept_back]
    standing_in = sum(place.kind == Kind.SSO for place in generated)
    permanent = sum(place.kind == Kind.PERMANENT for place in generated)
    through_sso = sum(place.kind == Kind.SSO for place in places)
    gone = shown_until(test)
    readable = gone is None or now < gone
    # Without a print nothing is missing on paper, and what cannot be read any more cannot be printed.
    printed = readable and any(place.printed_version is not None for place in generated)
    return Logins(
        with_details=len(generated) - standing_in - permanent,
        standing_in=standing_in,
        permanent=permanent,
        withheld=len(made_here) - len(generated),
        others=len(places) - len(made_here),
        could_get=0 if why_none_can_be_given(test) else through_sso - standing_in,
        last_print=next(iter(last_openings(test, actions=PRINTS, most=1, here=True)), None),
        last_view=next(iter(last_openings(test, actions=VIEWS, most=1, here=True)), None),
        never_printed=sum(place.printed_version is None for place in generated) if printed else 0,
        out_of_date=sum(place.printed_version not in (None, place.slip_version) for place in generated)
        if printed
        else 0,
        until=gone,
        readable=readable,
    )
