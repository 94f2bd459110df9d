"""Whose one-time logins stand in for SSO, room by room (D20)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from candidates.authentication_types import type_label
from candidates.credentials.overview import Overview
from candidates.credentials.slips import slip_sort_key
from candidates.credentials.standing_in import WritingCandidate, why_none_can_be_given, writing_with_one_time_login
from candidates.models import Test
from candidates.pages.shared.candidate_lines import SSO, CandidateLine, lines_of
from candidates.pages.shared.candidate_list import AT, WITHOUT_ROOM, ListFilter


@dataclass(frozen=True, slots=True)
class RoomCount:
    """How many SSO candidates sit in one room, or everywhere, and how many of them have a one-time login.

    The queries are those of the list of exactly those without and of those with one.
    """

    place: str
    count: int
    have: int
    missing_query: str
    given_query: str

    @property
    def missing(self) -> int:
        """Return how many have none yet."""
        return self.count - self.have


@dataclass(frozen=True, slots=True)
class Chosen:
    """The SSO candidates among those who were ticked, and the number of the others, who need no one-time login."""

    lines: tuple[CandidateLine, ...]
    others: int

    @property
    def ids(self) -> list[str]:
        """Return the public ids of the SSO candidates."""
        return [line.public_id for line in self.lines]

    @property
    def missing(self) -> list[CandidateLine]:
        """Return those without a one-time login."""
        return [line for line in self.lines if not line.has_one_time_login]

    @property
    def given(self) -> list[CandidateLine]:
        """Return those who have one."""
        return [line for line in self.lines if line.has_one_time_login]

    @property
    def rooms(self) -> tuple[RoomCount, ...]:
        """Return them room by room."""
        return rooms_of(self.lines)

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the names of the SSO setups through which they log in otherwise."""
        return _labels(self.lines)

    def writing(self, test: Test) -> list[WritingCandidate]:
        """Return who of them is writing now with the one-time login."""
        return writing_with_one_time_login(test, [line.public_id for line in self.given])


def choices_of(test: Test) -> dict[str, Any]:
    """Return what can be chosen on the page of a test; one query for the candidates."""
    lines = [line for line in lines_of(test) if line.kind == SSO]
    return {
        "everywhere": _count("", "", lines),
        "rooms": rooms_of(lines),
        "labels": _labels(lines),
        "reason": why_none_can_be_given(test),
    }


def chosen_candidates(lines: Sequence[CandidateLine]) -> Chosen:
    """Return the SSO candidates among the ticked ones."""
    mine = tuple(line for line in lines if line.kind == SSO)
    return Chosen(mine, len(lines) - len(mine))


def printing_of(details: Overview, wanted: Iterable[str] | None) -> tuple[list[str], list[tuple[str, int]]]:
    """Return those of the wanted public ids who have a one-time login, everybody who has one for None."""
    chosen = None if wanted is None else frozenset(wanted)
    holders = [one for one in details.holders if one.stands_in and (chosen is None or one.public_id in chosen)]
    rooms = Counter(one.location for one in holders)
    return [one.public_id for one in holders], list(rooms.items())


def rooms_of(lines: Iterable[CandidateLine]) -> tuple[RoomCount, ...]:
    """Return the rooms of these candidates in the order of the slips, those without one last."""
    # By what the list is filtered by: "A 1" may be a building, and a room of A as well.
    places: dict[str, list[CandidateLine]] = {}
    for line in lines:
        places.setdefault(line.place, []).append(line)
    ordered = sorted(places.items(), key=lambda place: slip_sort_key(place[1][0].building, place[1][0].room, ""))
    return tuple(_count(place, AT + place if place else WITHOUT_ROOM, here) for place, here in ordered)


def _count(place: str, filtered: str, lines: Sequence[CandidateLine]) -> RoomCount:
    return RoomCount(
        place=place,
        count=len(lines),
        have=sum(line.has_one_time_login for line in lines),
        missing_query=ListFilter(place=filtered, login="missing").query,
        given_query=ListFilter(place=filtered, login="given").query,
    )


def _labels(lines: Iterable[CandidateLine]) -> tuple[str, ...]:
    return tuple(sorted({type_label(line.authentication_type) for line in lines}))
