"""What the Dashboard and the Archive show: one query for the places of a person, one for the demo tests."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from candidates.access import demo_tests, places_of
from candidates.lifecycle.sitting import note_seen
from candidates.models import Candidate, Test, User
from candidates.models.compiled import A_NUMBER, CompiledQuery
from candidates.pages.shared.own_place import card_facts, extra_words
from candidates.text import natural_key
from candidates.timing import (
    Standing,
    demo_is_open,
    end_of,
    handed_in_at,
    is_arriving_for,
    opens_in,
    own_id,
    standing_of,
)

# What these pages show and nothing else: 1500 people load the Dashboard in the first minute, and Django builds a query
# and its objects in a time that grows with their columns.
OF_TEST = ("public_id", "name", "opens_at", "ends_at", "duration_minutes", "hides_candidate_ids")
OF_PLACE = (
    *("candidate_id", "public_id", "started_at", "submitted_at", "logged_in_at", "last_seen_at"),
    *("extra_minutes", "incident_minutes"),
    *("test", "test__information", *(f"test__{column}" for column in OF_TEST)),
    "submission__saved_at",
)
ORDER = (Standing.IN_PROGRESS, Standing.DUE, Standing.UPCOMING)


@dataclass(frozen=True, slots=True)
class Card:
    """One test that is not over for its candidate. Times are UTC."""

    test_id: str
    name: str
    standing: Standing
    candidate_id: str
    information: str
    opens_at: datetime
    ends_at: datetime
    facts: list[dict[str, Any]]
    saved_at: datetime | None
    duration_minutes: int | None
    opens_in: int  # seconds, 0 once it is open

    @property
    def sort_key(self) -> tuple[int, datetime]:
        """Sort as docs/domain.md §13 does: earliest end first, upcoming ones by their start."""
        return ORDER.index(self.standing), self.opens_at if self.standing == Standing.UPCOMING else self.ends_at


@dataclass(frozen=True, slots=True)
class Finished:
    """One line of the Archive; `handed_in_at` (UTC) is None where the test was never started."""

    test_id: str
    name: str
    candidate_id: str
    handed_in_at: datetime | None
    over_at: datetime


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The tests of a person now, the demo tests, and a digest that changes when the page should be loaded again."""

    cards: list[Card]
    demos: list[Test]
    state: str

    @property
    def is_on(self) -> bool:
        """Say whether a test of the person is running: it stands before everything else."""
        return any(card.standing != Standing.UPCOMING for card in self.cards)


def dashboard_of(user: User) -> Dashboard:
    """Return what this person's Dashboard shows now."""
    now = timezone.now()
    places = _places(user)
    return Dashboard(_cards(places, now), open_demos(now), _state(places, now))


def seen_on_dashboard(user: User) -> str:
    """Note that the person's Dashboard is open, and return its state as `dashboard_of` does."""
    places = _places(user)
    now = timezone.now()
    # a one-time login is for its one test, whenever that is
    here = [place for place in places if user.kind == User.Kind.ONE_TIME or is_arriving_for(place, place.test, now=now)]
    note_seen(candidates=[place for place in here if place.submitted_at is None], logged_in=True)
    return _state(places, now)


def archive_of(user: User) -> list[Finished]:
    """Return the tests that are over for this person, newest first."""
    now = timezone.now()
    rows = [
        Finished(
            place.test.public_id,
            place.test.name,
            own_id(place.candidate_id, place.test, now=now),
            (handed_in := handed_in_at(place, place.test, now=now)),
            handed_in or end_of(place, place.test),
        )
        for place in _places(user)
        if standing_of(place, place.test, now=now) not in ORDER
    ]
    return sorted(rows, key=lambda row: row.over_at, reverse=True)


def open_demos(now: datetime) -> list[Test]:
    """Return the demo tests that can be tried now, by name."""
    found = (test for test in DEMOS() if demo_is_open(test, now))
    return sorted(found, key=lambda test: (natural_key(test.name), test.pk))


def _places_of(kind: User.Kind) -> CompiledQuery[Candidate]:
    def build(key: int) -> "QuerySet[Candidate]":
        mine: QuerySet[Candidate] = places_of(User(pk=key, kind=kind))
        return mine.select_related("test", "submission").only(*OF_PLACE)

    return CompiledQuery(build, A_NUMBER)


PLACES = {kind: _places_of(kind) for kind in User.Kind}
DEMOS = CompiledQuery(lambda: demo_tests().only(*OF_TEST))


def _places(user: User) -> Sequence[Candidate]:
    return PLACES[User.Kind(user.kind)](user.pk)


def _cards(places: Sequence[Candidate], now: datetime) -> list[Card]:
    cards = [_card(place, standing, now) for place in places if (standing := _standing(place, now)) in ORDER]
    return sorted(cards, key=lambda card: card.sort_key)


def _standing(place: Candidate, now: datetime) -> Standing:
    return standing_of(place, place.test, now=now)


def _card(place: Candidate, standing: Standing, now: datetime) -> Card:
    test = place.test
    opens_at = test.window[0]
    ends_at = end_of(place, test)
    submission = getattr(place, "submission", None)
    return Card(
        test_id=test.public_id,
        name=test.name,
        standing=standing,
        candidate_id=own_id(place.candidate_id, test, now=now),
        information=test.information,
        opens_at=opens_at,
        ends_at=ends_at,
        facts=card_facts(place, standing, now),
        saved_at=submission.saved_at if submission else None,
        duration_minutes=test.duration_minutes,
        opens_in=opens_in(test, now),
    )


def _state(places: Sequence[Candidate], now: datetime) -> str:
    """Return a digest of what the cards say, but for the time that passes."""
    said = [
        (
            *(place.public_id, place.test.name, place.test.information, str(_standing(place, now))),
            *(place.test.window[0].isoformat(), end_of(place, place.test).isoformat(), extra_words(place)),
        )
        for place in places
    ]
    return hashlib.sha256(repr(sorted(said)).encode()).hexdigest()[:16]
