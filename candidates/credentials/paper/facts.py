"""What the papers of the hall say: the rooms of a test, and who sits where until when; no password."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

from candidates.models import Candidate, Contributor, Test, User
from candidates.models.accounts import show_username
from candidates.models.candidates import HAS_SLIP, UNUSED_SPARE, slip_column
from candidates.text import clock, day, natural_key, place_key, when, zone
from candidates.timing import end_of

NOWHERE = "none"  # in forms, for those without a room
MAX_CONTACTS = 5
_NUMBER = re.compile(r"\s*([+(]?\d[\d ()/-]*\d|\d)[\s:,]+(?=\S)(.*)", re.DOTALL)


class Person(NamedTuple):
    """A candidate as papers name them; `ends_at` is the own end (UTC), `username` that of the slip as it is shown."""

    public_id: str
    candidate_id: str
    name: str
    private_reference: str
    sso_user_id: str
    seat: str
    extra_minutes: int
    ends_at: datetime
    is_latest: bool
    slip_version: int | None
    username: str
    presence: str
    presence_at: datetime | None
    id_check: str


class Contact(NamedTuple):
    """Whom to call from the hall: a number, or none, and words."""

    number: str
    words: str


@dataclass(frozen=True)
class Room:
    """One room of a test and who sits there, in the order of the seats; None is the room of those without one.

    `spares` are the spare logins of the room that are left.
    """

    location_id: int | None
    building: str
    room: str
    people: tuple[Person, ...]
    spares: tuple[Person, ...] = ()

    @property
    def name(self) -> str:
        """Return the name of the room, or words where there is none."""
        return f"{self.building} {self.room}".strip() or _("Without a room")

    @property
    def value(self) -> str:
        """Return what stands for the room in a form."""
        return NOWHERE if self.location_id is None else str(self.location_id)

    @cached_property
    def with_extra(self) -> int:
        """Return how many have extra time."""
        return sum(one.extra_minutes > 0 for one in self.people)

    @cached_property
    def with_slip(self) -> int:
        """Return how many log in with a slip."""
        return sum(one.slip_version is not None for one in self.people)

    @cached_property
    def without_seat(self) -> int:
        """Return how many have no seat."""
        return sum(not one.seat for one in self.people)


@dataclass(frozen=True)
class Hall:
    """A test, its rooms, and when (UTC) and by whom its papers are made."""

    test: Test
    rooms: tuple[Room, ...]
    made_at: datetime
    by: str
    organisation: str
    login_address: str
    contacts: tuple[Contact, ...]

    @property
    def made(self) -> str:
        """Return when and by whom, as it stands at the foot of papers."""
        return _("Made %(when)s %(zone)s by %(name)s") % {"when": when(self.made_at), "zone": zone(), "name": self.by}

    @property
    def made_short(self) -> str:
        """Return when, where there is less room."""
        return _("Made %(when)s %(zone)s") % {"when": when(self.made_at), "zone": zone()}

    @cached_property
    def everybody(self) -> int:
        """Return how many candidates there are."""
        return sum(len(room.people) for room in self.rooms)

    def end_words(self, moment: datetime) -> str:
        """Return an end as it stands in a column: the time, and the day where it is not that of the opening."""
        if day(moment) == day(self.test.window[0]):
            return clock(moment)
        return f"{dateformat.format(timezone.localtime(moment), 'D j M')}, {clock(moment)}"

    def is_usual(self, person: Person) -> bool:
        """Say whether somebody ends when everybody does."""
        return person.ends_at == self.test.window[1]


def hall_of(test: Test, *, by: User, made_at: datetime, only: Collection[str] | None = None) -> Hall:
    """Return the hall of a test with a window, or only the rooms that these values stand for; two queries."""
    planners = Contributor.objects.filter(test=test, role=Contributor.Role.PLANNER).select_related("user")
    return Hall(
        test=test,
        rooms=rooms_of_test(test, only=only),
        made_at=made_at,
        by=str(by),
        organisation=settings.ORGANISATION,
        login_address=settings.LOGIN_ADDRESS,
        contacts=contacts_of(test, [str(one.user) for one in planners.order_by("added_at", "pk")]),
    )


def rooms_of_test(test: Test, *, only: Collection[str] | None = None) -> tuple[Room, ...]:
    """Return the rooms of a test with their candidates, those without a room last; one query.

    Nobody is named on a test that keeps names from the hall.
    """
    rows = (
        Candidate.objects.of_test(test)
        .annotate(
            is_left=ExpressionWrapper(UNUSED_SPARE, BooleanField()),
            has_a_slip=ExpressionWrapper(HAS_SLIP, BooleanField()),
        )
        .order_by()
        .values_list(
            *("location_id", "location__building", "location__room", "is_left"),
            *("public_id", "candidate_id", "name", "private_reference", "sso_user_id", "seat"),
            *("started_at", "extra_minutes", "incident_minutes", "slip_version", slip_column("username")),
            *("has_a_slip", "attendance__presence", "attendance__presence_at", "attendance__id_check"),
        )
    )
    found: dict[tuple[int | None, str, str], tuple[list[Person], list[Person]]] = {}
    for location, building, room, is_left, *rest in rows:
        people, spares = found.setdefault((location, building or "", room or ""), ([], []))
        (spares if is_left else people).append(_person(test, rest))
    rooms = (
        Room(*place, tuple(sorted(people, key=in_order_of_seats)), tuple(sorted(spares, key=in_order_of_seats)))
        for place, (people, spares) in found.items()
    )
    chosen = [one for one in rooms if only is None or one.value in only]
    return tuple(sorted(chosen, key=lambda one: (place_key(one.building, one.room), one.value)))


class _Clock(NamedTuple):
    started_at: datetime | None
    extra_minutes: int
    incident_minutes: int


def _person(test: Test, row: list[Any]) -> Person:
    public_id, candidate_id, name, reference, sso, seat, started, extra, incident, *rest = row
    if not test.invigilators_see_names:  # papers lie in the hall
        name = reference = sso = ""
    version, username, has_slip, presence, presence_at, id_check = rest
    return Person(
        *(public_id, candidate_id, name, reference, sso, seat),
        extra_minutes=extra + incident,
        ends_at=end_of(_Clock(started, extra, incident), test),
        is_latest=test.duration_minutes is not None and started is None,
        slip_version=version if has_slip else None,
        username=show_username(username) if has_slip else "",
        presence=presence or "",
        presence_at=presence_at,
        id_check=id_check or "",
    )


def in_order_of_seats(person: Person) -> tuple[object, ...]:
    """Return the key of lists of one room: by seat, who has none comes last, by Candidate ID."""
    return (not person.seat, natural_key(person.seat), natural_key(person.candidate_id), person.candidate_id)


def contacts_of(test: Test, planners: Iterable[str]) -> tuple[Contact, ...]:
    """Return whom to call from the hall: as the test says, else the installation, else the planners by name."""
    lines = contact_lines(test.hall_contacts or settings.HALL_CONTACTS)
    if not lines:
        words = _("%(name)s, planner of the test")
        return tuple(Contact("", words % {"name": name}) for name in planners)[:MAX_CONTACTS]
    return tuple(_contact(line) for line in lines)


def contact_lines(text: str) -> list[str]:
    """Return what stands on the lines of a text, or between its semicolons where it is one line."""
    parts = text.splitlines() if "\n" in text else text.split(";")
    return [part.strip() for part in parts if part.strip()]


def _contact(line: str) -> Contact:
    found = _NUMBER.fullmatch(line)
    return Contact(found[1].strip(), found[2].strip()) if found else Contact("", line)
