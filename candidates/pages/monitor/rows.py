"""The rows of Monitor: one query, then the clock's view of every candidate, filtered and sorted in Python."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import IntEnum
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates.models import Candidate, IdCheck, Location, Presence, Test
from candidates.pages.shared.finding import Person, Sought, Who, people_of
from candidates.pages.shared.searching import Match, known, query_of, searched_for
from candidates.pages.shared.stored_line import StoredLine
from candidates.signin.devices import IN_USE
from candidates.text import place_key
from candidates.timing import Progress, end_of, handed_in_at, is_online, progress_of

WITHOUT_ROOM = "none"
BY_CODE = "by_code"
NO_ROOM = gettext_lazy("no room")
# What Monitor reads of everybody. Who they are is read apart, and only where it is shown or searched (people_of).
COLUMNS = (
    *("public_id", "candidate_id", "candidate_key", "sort_key", "kind", "authentication_type", "seat"),
    *("extra_minutes", "incident_minutes", "logged_in_at", "last_seen_at", "started_at", "submitted_at"),
    *("one_time_login_id", "location_id", "location__building", "location__room"),
    *("attendance__presence", "attendance__id_check", "join_request"),
)
ORDER = {Progress.INACTIVE: 0, Progress.DASHBOARD: 1, Progress.IN_PROGRESS: 2, Progress.SUBMITTED: 3}
LAST = datetime.max.replace(tzinfo=UTC)


class Attention(IntEnum):
    """Who needs somebody, the most urgent first."""

    OFFLINE = 0
    MISSING = 1
    NONE = 2


class Stored(NamedTuple):
    """One candidate as the query returns it, in the order of COLUMNS. Times are UTC."""

    public_id: str
    candidate_id: str
    key: str
    sort_key: str
    kind: str
    authentication_type: str
    seat: str
    extra_minutes: int
    incident_minutes: int
    logged_in_at: datetime | None
    last_seen_at: datetime | None
    started_at: datetime | None
    submitted_at: datetime | None
    one_time_login_id: int | None  # whether there is one; Monitor never says which
    location_id: int | None
    building: str | None
    room: str | None
    presence: str | None  # None: nobody has marked anything
    id_check: str | None
    join_request: int | None  # None: nobody who joined by the test code


@dataclass(slots=True)
class WatchLine(StoredLine):
    """One candidate as Monitor sees it now. Times are UTC, minutes are whole."""

    stored: Stored
    progress: Progress
    online: bool
    handed_in_at: datetime | None
    ends_at: datetime
    attention: Attention
    devices: int  # on which the candidate is logged in and there now
    match: Match | None = None  # where a search found the candidate

    @property
    def never_logged_in(self) -> bool:
        """Say whether nothing was ever seen of the candidate."""
        return self.stored.logged_in_at is None and self.stored.last_seen_at is None

    def minutes_spent(self, now: datetime) -> int | None:
        """Return the whole minutes since the start, or until the candidate handed in; None before the start."""
        if self.stored.started_at is None:
            return None
        return max(0, int(((self.handed_in_at or now) - self.stored.started_at).total_seconds() // 60))

    def minutes_remaining(self, now: datetime) -> int | None:
        """Return the minutes left of a candidate in progress, rounded up: 0 means over, never "less than one"."""
        if self.progress != Progress.IN_PROGRESS:
            return None
        return -int(-(self.ends_at - now).total_seconds() // 60)

    def minutes_offline(self, now: datetime) -> int | None:
        """Return for how many whole minutes nothing was heard of a candidate in progress; None while all is well."""
        if self.attention != Attention.OFFLINE:
            return None
        return int((now - (self.stored.last_seen_at or self.stored.started_at or now)).total_seconds() // 60)


SORTS: dict[str, Callable[[WatchLine], Any]] = {
    "progress": lambda line: (line.attention, ORDER[line.progress]),
    "id": lambda line: (),
    "left": lambda line: line.ends_at if line.progress == Progress.IN_PROGRESS else LAST,
}
NEEDS: dict[str, Callable[[WatchLine], bool]] = {
    "any": lambda line: line.attention != Attention.NONE,
    "never": lambda line: line.never_logged_in,
    "offline": lambda line: line.attention == Attention.OFFLINE,
    "not_here": lambda line: line.stored.presence != Presence.PRESENT,
    "absent": lambda line: line.stored.presence == Presence.ABSENT,
    "unchecked": lambda line: line.stored.presence == Presence.PRESENT and line.stored.id_check != IdCheck.VERIFIED,
    "rejected": lambda line: line.stored.id_check == IdCheck.REJECTED,
    BY_CODE: lambda line: line.stored.join_request is not None,
}


@dataclass(frozen=True, slots=True)
class WatchFilter:
    """Which candidates are shown in which order; every value comes from an allow-list or is only searched for."""

    q: str = ""
    room: str = ""
    attention: str = ""
    progress: str = ""
    sort: str = "progress"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "WatchFilter":
        """Return the filter that an address asks for; what is not known counts as not asked (J6)."""
        room = query.get("room", "")[:20]
        return cls(
            q=searched_for(query),
            room=room if room == WITHOUT_ROOM or (room.isascii() and room.isdigit()) else "",
            attention=known(query.get("attention", ""), list(NEEDS)),
            progress=known(query.get("progress", ""), Progress.values),
            sort=known(query.get("sort", ""), [*SORTS, *(f"-{name}" for name in SORTS)]) or "progress",
        )

    @property
    def is_filtered(self) -> bool:
        """Say whether not all candidates are meant."""
        return replace(self, sort="progress") != WatchFilter()

    @property
    def query(self) -> str:
        """Return the filter as the query string of an address, without the question mark; empty for the usual list."""
        return query_of(self)

    def finds(self, line: WatchLine) -> bool:
        """Say whether the line matches everything but search and progress, whose counts are shown side by side."""
        place = str(line.stored.location_id or WITHOUT_ROOM)
        return (not self.room or place == self.room) and (not self.attention or NEEDS[self.attention](line))

    def chosen(self, lines: Sequence[WatchLine]) -> list[WatchLine]:
        """Return the lines of the chosen progress, in order; equal ones by Candidate ID.

        Of a search the best matches come first, unless the order by minutes was asked for.
        """
        found = [line for line in lines if not self.progress or line.progress == self.progress]
        found.sort(key=lambda line: (line.stored.sort_key, line.stored.key), reverse=self.sort == "-id")
        found.sort(key=SORTS[self.sort.lstrip("-")], reverse=self.sort.startswith("-"))
        if self.q and self.sort.lstrip("-") != "left":
            found.sort(key=lambda line: line.match.rank if line.match else 0)
        return found


@dataclass(frozen=True)
class Watch:
    """Everybody whom the person may watch on a test, and those of them that are shown, at one moment (UTC).

    `rooms` are those that the person is bound to, who watches those without a room as well. `people` says who everybody
    is, by public id; it is empty where the person may not know, and where nothing of it is shown.
    """

    test: Test
    now: datetime
    wanted: WatchFilter
    everybody: list[WatchLine]
    found: list[WatchLine]
    shown: list[WatchLine]
    rooms: tuple[Location, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many of the found ones have each progress."""
        numbers = Counter(line.progress for line in self.found)
        return {progress.value: numbers[progress] for progress in Progress}

    @cached_property
    def need_attention(self) -> int:
        """Return how many need somebody to look."""
        return sum(line.attention != Attention.NONE for line in self.everybody)

    @cached_property
    def some_joined(self) -> bool:
        """Say whether somebody joined by the test code."""
        return any(line.stored.join_request is not None for line in self.everybody)

    @cached_property
    def attendance(self) -> dict[str, int]:
        """Return how many of everybody are present, absent, and not marked; empty where nobody was marked."""
        numbers = Counter(line.stored.presence for line in self.everybody)
        present, absent = numbers[Presence.PRESENT], numbers[Presence.ABSENT]
        unmarked = len(self.everybody) - present - absent
        return {"present": present, "absent": absent, "unmarked": unmarked} if present or absent else {}

    @property
    def order(self) -> str:
        """Return the order as the caption says it: by progress where nobody needs attention, as before the opening."""
        return {
            "progress": _("those who need attention first") if self.need_attention else _("by progress"),
            "-progress": _("those who need attention last") if self.need_attention else _("by progress"),
            "id": _("by Candidate ID"),
            "left": _("by minutes remaining"),
        }[self.wanted.sort if self.wanted.sort == "-progress" else self.wanted.sort.lstrip("-")]

    def says_no_room(self, line: WatchLine) -> bool:
        """Say whether a line stands out for having no room: where all others are in those that are watched."""
        return bool(self.rooms) and line.stored.location_id is None

    @cached_property
    def places(self) -> dict[str, str]:
        """Return the locations on the test in order, value of the filter to name; also "without", where needed."""
        met = {line.stored.location_id: line for line in self.everybody if line.place}
        ordered = sorted(met.values(), key=lambda line: place_key(line.stored.building or "", line.stored.room or ""))
        places = {str(line.stored.location_id): line.place for line in ordered}
        if places and any(not line.place for line in self.everybody):
            places[WITHOUT_ROOM] = _("Without a room")
        return places

    @property
    def words(self) -> str:
        """Return what was chosen, as the caption says it: "In progress, Vesthall V101"."""
        wanted = self.wanted
        chosen = [
            _("‘%(text)s’") % {"text": wanted.q} if wanted.q else "",
            str(Progress(wanted.progress).label) if wanted.progress else "",
            self.places.get(wanted.room, _("another room")) if wanted.room else "",
            attention_words().get(wanted.attention, ""),
        ]
        return ", ".join(part for part in chosen if part)


def attention_words() -> dict[str, str]:
    """Return what the filter "Who" offers."""
    return {
        "any": _("Needs attention"),
        "never": _("Never logged in"),
        "offline": _("Offline in the test"),
        "not_here": _("Not marked present"),
        "absent": _("Absent"),
        "unchecked": _("Present, ID not checked"),
        "rejected": _("ID check rejected"),
        BY_CODE: _("Joined by test code"),
    }


def watch(test: Test, wanted: WatchFilter, *, rooms: tuple[Location, ...], now: datetime, who: bool = False) -> Watch:
    """Return the candidates of a test, or of some rooms of it and of none: a few queries, however many there are.

    With `who`, also who they are, and a search finds them by that.
    """
    candidates = test.candidates.all().people().watched_from(rooms)
    rows = [Stored._make(row) for row in candidates.values_list(*COLUMNS).order_by()]
    devices = _devices(candidates, rows, now)
    people = people_of(candidates) if who else {}
    everybody = [_line(test, row, now, devices[row.public_id]) for row in rows]
    found = [line for line in everybody if wanted.finds(line)]
    if wanted.q:
        known = [people[line.public_id].who if line.public_id in people else Who(line.stored.key) for line in found]
        for line, match in zip(found, Sought.of(wanted.q).matches(known), strict=True):
            line.match = match
        found = [line for line in found if line.match is not None]
    return Watch(test, now, wanted, everybody, found, wanted.chosen(found), rooms, people)


def _devices(candidates: "QuerySet[Candidate]", rows: Sequence[Stored], now: datetime) -> Counter[str]:
    """Return on how many devices each is logged in and there now; nothing is asked where nobody is online."""
    found: Counter[str] = Counter()
    if not any(is_online(row, now=now) for row in rows):
        return found
    accounts = ["user", *(["one_time_login"] if any(row.one_time_login_id for row in rows) else [])]
    for account in accounts:
        used = {f"{account}__sessions__last_used_at__gte": now - IN_USE, f"{account}__sessions__expire_date__gt": now}
        counted = candidates.filter(**used).order_by().values_list("public_id")
        found.update(dict(counted.annotate(devices=Count(f"{account}__sessions"))))
    return found


def line_of(candidate: Candidate, *, now: datetime, devices: int = 0) -> WatchLine:
    """Return one candidate as Monitor sees it, who is logged in on so many devices now."""
    place = candidate.location
    own = [getattr(candidate, column) for column in COLUMNS[:-5]]
    known = getattr(candidate, "attendance", None)
    marked = (known.presence, known.id_check) if known else (None, None)
    stored = Stored._make([*own, place.building if place else None, place.room if place else None, *marked, None])
    return _line(candidate.test, stored, now, devices)


def _line(test: Test, stored: Stored, now: datetime, devices: int) -> WatchLine:
    progress = progress_of(stored, test, now=now)
    online = is_online(stored, now=now)
    ends_at = end_of(stored, test)
    attention = Attention.NONE
    # While the test is open to this candidate: before that nobody is missed, and afterwards nobody can be helped.
    if test.is_activated and test.window[0] <= now < ends_at:
        if progress == Progress.IN_PROGRESS and not online:
            attention = Attention.OFFLINE
        elif progress == Progress.INACTIVE:
            attention = Attention.MISSING
    return WatchLine(stored, progress, online, handed_in_at(stored, test, now=now), ends_at, attention, devices)
