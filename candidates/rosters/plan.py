"""Compare who is on a test with a list of all who should be: who joins, changes, leaves and stays, each with why.

Pure: it reads two states and makes a plan. A file, a student system and the API hand in the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from candidates.candidate_ids import candidate_key
from candidates.intake.findings import Present
from candidates.lifecycle.seats import Place, seat_key


class Why(StrEnum):
    """Why somebody is in the group that they are in."""

    NEW = "new"
    DIFFERS = "differs"
    ABSENT = "absent"  # on the test and not on the list
    SAME = "same"
    STARTED = "started"  # the list says something else, and who has started keeps what they have
    ABSENT_STARTED = "absent_started"
    ABSENT_ONLINE = "absent_online"
    ABSENT_FINISHED = "absent_finished"
    OTHER_KIND = "other_kind"  # the list says nothing about them
    SPARED = "spared"  # the list names them in a row that was left out or has a problem


class Twice(ValueError):
    """The list names one person twice: it cannot be planned with."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One person as the list has them, by a key of the list's own; None and "" are what it says nothing about.

    `person` is the folded SSO user ID or the source's own id, "" where the list goes by Candidate IDs. Without a
    Candidate ID the next generated one is given to who joins, and the others keep theirs.
    """

    key: str
    candidate_id: str
    person: str = ""
    extra_minutes: int | None = None
    place: Place | None = None
    name: str = ""
    private_reference: str = ""
    seat: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody who is on the test, by public id. `ours`: the list is about people of this kind, who may leave by it.

    `stays` says why nobody may remove them now: "started", "online", "finished", or "".
    """

    key: str
    present: Present
    ours: bool = True
    stays: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that changes, or would, had the candidate not started."""

    field: str
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of the plan; `key` is the list's where it names them, else the test's."""

    key: str
    why: Why
    listed: Listed | None = None
    standing: Standing | None = None
    changes: tuple[Change, ...] = ()
    ticked: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody who cannot get what the list says: another one has that Candidate ID or seat afterwards."""

    key: str
    field: str
    taken_by: str
    listed: Listed
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes the test as the list says: everybody of both is in exactly one group. What is unticked is not done."""

    join: tuple[Entry, ...]
    change: tuple[Entry, ...]
    leave: tuple[Entry, ...]
    stay: tuple[Entry, ...]
    refused: tuple[Refused, ...] = ()
    people: int = 0  # on the test before, of the kind that the list is about

    @property
    def leaving(self) -> tuple[str, ...]:
        """Return the public ids of those who leave."""
        return tuple(entry.key for entry in self.leave if entry.ticked)

    def is_braked(self, *, most: int, percent: int, before: int = 0) -> bool:
        """Tell whether so many leave that somebody has to say so twice: more than either.

        `before` have left already without that anybody was asked.
        """
        gone = len(self.leaving) + before
        return gone > most or gone * 100 > percent * (self.people + before)


def make_plan(
    listed: Sequence[Listed],
    standing: Sequence[Standing],
    *,
    unticked: Collection[str] = (),
    spared: Collection[str] = (),
) -> Plan:
    """Return the plan. People are known by `person`, where the list has one, else by Candidate ID.

    `unticked` are keys of entries that shall not be done, `spared` public ids of people who stay as they are. Raises
    Twice.
    """
    found = _matched(listed, standing)
    join: list[Entry] = []
    change: list[Entry] = []
    stay: list[Entry] = []
    for one in listed:
        there = found.get(one.key)
        if there is None:
            join.append(Entry(one.key, Why.NEW, one, None, ticked=one.key not in unticked))
        elif not (changes := tuple(_changes(one, there.present))):
            stay.append(Entry(one.key, Why.SAME, one, there))
        elif there.present.started:
            stay.append(Entry(one.key, Why.STARTED, one, there, changes))
        else:
            change.append(Entry(one.key, Why.DIFFERS, one, there, changes, one.key not in unticked))
    named = {there.key for there in found.values()}
    leave: list[Entry] = []
    for there in standing:
        if there.key in named:
            continue
        why = _why_absent(there, spared)
        entry = Entry(there.key, why, None, there, ticked=there.key not in unticked)
        (leave if why == Why.ABSENT else stay).append(entry)
    refused = _conflicts(join, change, leave, stay)
    return Plan(
        join=tuple(entry for entry in join if entry.key not in refused),
        change=tuple(entry for entry in change if entry.key not in refused),
        leave=tuple(leave),
        stay=tuple(stay),
        refused=tuple(refused.values()),
        people=sum(there.ours for there in standing),
    )


def _matched(listed: Iterable[Listed], standing: Iterable[Standing]) -> dict[str, Standing]:
    """Return who on the test is meant by each of the list, by the list's keys. Raises Twice."""
    by_person: dict[str, Standing] = {}
    by_id: dict[str, Standing] = {}
    for there in standing:
        by_id[candidate_key(there.present.candidate_id)] = there
        if there.present.person:
            by_person[there.present.person] = there
    found: dict[str, Standing] = {}
    seen: set[tuple[str, str]] = set()
    for one in listed:
        folded = candidate_key(one.candidate_id)
        known = by_person.get(one.person) if one.person else by_id.get(folded)
        new = {("key", one.key)} | ({("id", folded)} if folded else set())
        new |= {("person", one.person)} if one.person else set()
        new |= {("place", known.key)} if known is not None else set()
        if not seen.isdisjoint(new):
            raise Twice(one.key)
        seen |= new
        if known is not None:
            found[one.key] = known
    return found


def _changes(one: Listed, now: Present) -> Iterable[Change]:
    """Yield what the list would change: nothing it leaves empty, and a seat goes with its room."""
    if one.candidate_id and candidate_key(one.candidate_id) != candidate_key(now.candidate_id):
        yield Change("candidate_id", now.candidate_id, one.candidate_id)
    if one.extra_minutes is not None and one.extra_minutes != now.extra_minutes:
        yield Change("extra_minutes", now.extra_minutes, one.extra_minutes)
    place = one.place or now.place
    if place != now.place:
        yield Change("place", now.place, place)
    if one.name and one.name != now.name:
        yield Change("name", now.name, one.name)
    if one.private_reference and one.private_reference != now.private_reference:
        yield Change("private_reference", now.private_reference, one.private_reference)
    seat = one.seat or (now.seat if place == now.place else "")
    if seat != now.seat:
        yield Change("seat", now.seat, seat)


def _why_absent(there: Standing, spared: Collection[str]) -> Why:
    if not there.ours:
        return Why.OTHER_KIND
    if there.key in spared:
        return Why.SPARED
    if there.present.started or there.stays == "started":
        return Why.ABSENT_STARTED
    if there.stays:
        return Why.ABSENT_FINISHED if there.stays == "finished" else Why.ABSENT_ONLINE
    return Why.ABSENT


_Seat = tuple[Place, str]


def _conflicts(
    join: Sequence[Entry], change: Sequence[Entry], leave: Sequence[Entry], stay: Sequence[Entry]
) -> dict[str, Refused]:
    """Return who cannot get the Candidate ID or the seat of the list, by the list's keys.

    Whoever is refused keeps what they have, which may be what another one was to get: so it is looked at until nobody
    more is refused.
    """
    ids: dict[str, str] = {}
    seats: dict[_Seat, str] = {}
    keeping = [entry for entry in (*leave, *change) if not entry.ticked]
    for entry in (*stay, *keeping):
        _keep(entry.standing, ids, seats)
    wanting = [entry for entry in (*change, *join) if entry.ticked]
    refused: dict[str, Refused] = {}
    while True:
        claimed_seats: dict[_Seat, str] = {}
        new: list[Entry] = []
        for entry in wanting:
            if entry.listed is None or entry.key in refused:
                continue
            candidate_id, seat = _afterwards(entry.listed, entry.standing)
            if (holder := ids.get(candidate_key(candidate_id))) is not None:
                field = "candidate_id"
            elif seat[1] and (holder := seats.get(seat) or claimed_seats.get(seat)) is not None:
                field = "seat"
            else:
                if seat[1]:
                    claimed_seats[seat] = candidate_id
                continue
            refused[entry.key] = Refused(entry.key, field, holder, entry.listed, entry.standing)
            new.append(entry)
        for entry in new:
            _keep(entry.standing, ids, seats)
        if not new:
            return refused


def _keep(standing: Standing | None, ids: dict[str, str], seats: dict[_Seat, str]) -> None:
    if standing is None:
        return
    now = standing.present
    ids[candidate_key(now.candidate_id)] = now.candidate_id
    if now.seat:
        seats[seat_key(now.place, now.seat)] = now.candidate_id


def _afterwards(one: Listed, standing: Standing | None) -> tuple[str, _Seat]:
    """Return the Candidate ID and the seat that somebody has after the plan."""
    if standing is None:
        return one.candidate_id, seat_key(one.place or ("", ""), one.seat)
    now = standing.present
    new: Mapping[str, object] = {change.field: change.new for change in _changes(one, now)}
    place, seat = new.get("place", now.place), new.get("seat", now.seat)
    return str(new.get("candidate_id", now.candidate_id)), seat_key(place, str(seat))  # type: ignore[arg-type]
