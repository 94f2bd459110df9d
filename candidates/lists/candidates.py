"""The rows of Manage candidates: one query, then filtered and sorted in Python, where folding and order are exact."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import F
from django.utils.translation import gettext as _

from candidates.credentials.secrets import show_username
from candidates.folding import fold
from candidates.intake.cells import candidate_key, looks_personal
from candidates.lifecycle.errors import Refused
from candidates.lifecycle.timing import effective_end
from candidates.models import Candidate, Location, Test
from candidates.templatetags.deliver import clock, day, when

ONE_TIME, SSO = str(Candidate.Kind.ONE_TIME), str(Candidate.Kind.SSO)
LONGEST_SEARCH = 200
SHORTEST_NAME_SEARCH = 4  # symbols of a generated user name: one group as it is printed
WITHOUT_ROOM = "none"
AT = "at:"  # in front of a location's name, so that no name can be taken for WITHOUT_ROOM
COLUMNS = (
    *("public_id", "candidate_id", "candidate_key", "sort_key", "kind", "private_reference", "sso_user_id"),
    *("authentication_type", "extra_minutes", "incident_minutes", "started_at"),
)

STARTED = COLUMNS.index("started_at")


class CandidateLine(NamedTuple):
    """One candidate as lists, confirm pages and downloads show it. Times are UTC, minutes are whole."""

    public_id: str
    candidate_id: str
    key: str
    sort_key: str
    kind: str
    kind_label: str
    private_reference: str
    login: str  # user name as it is printed, or SSO user ID; empty where there is none to be shown
    logs_in_with: str
    authentication_type: str
    has_one_time_login: bool  # while SSO is down, an SSO candidate's second login (D20)
    one_time_login: str  # its user name as it is printed; empty where there is none to be shown
    building: str
    room: str
    place: str
    extra_minutes: int
    incident_minutes: int
    started_at: datetime | None
    ends_at: datetime
    usual_end: bool  # no extra or incident time makes it another one
    end_words: str  # in the current zone: the clock, with its date where that is not the test's last day
    end_shown: str  # the same, with "at the latest" for those who have yet to start, where others have started

    @property
    def has_started(self) -> bool:
        """Say whether the candidate has opened the test."""
        return self.started_at is not None


SORTS: dict[str, Callable[[CandidateLine], Any]] = {
    "id": lambda line: (),
    "kind": lambda line: line.kind_label,
    "place": lambda line: (not line.place, candidate_key(line.building), candidate_key(line.room)),
    "extra": lambda line: line.extra_minutes,
    "end": lambda line: line.ends_at,
}


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which candidates are shown in which order; every value comes from an allow-list or is only searched for."""

    q: str = ""
    kind: str = ""
    place: str = ""
    extra: str = ""
    login: str = ""
    look: str = ""
    sort: str = "id"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "ListFilter":
        """Return the filter that an address asks for; what is not known counts as not asked (traps.md J6)."""
        place = query.get("place", "")[: 2 * LONGEST_SEARCH]
        return cls(
            q=query.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH],
            kind=_known(query.get("kind", ""), Candidate.Kind.values),
            place=place if (place == WITHOUT_ROOM or place.startswith(AT)) and "\0" not in place else "",
            extra=_known(query.get("extra", ""), ("with", "without")),
            login=_known(query.get("login", ""), ("given", "missing")),
            look=_known(query.get("look", ""), ("personal",)),
            sort=_known(query.get("sort", ""), [*SORTS, *(f"-{name}" for name in SORTS)]) or "id",
        )

    @property
    def is_filtered(self) -> bool:
        """Say whether not all candidates are meant."""
        return replace(self, sort="id") != ListFilter()

    @property
    def query(self) -> str:
        """Return the filter as the query string of an address, without the question mark; empty for the usual list."""
        usual = ListFilter()
        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        return urlencode({name: value for name, value in asked.items() if value != getattr(usual, name)})

    @property
    def words(self) -> str:
        """Return what was chosen, as the caption says it: "SSO, Vesthall V101"."""
        chosen = [
            _("‘%(text)s’") % {"text": self.q} if self.q else "",
            str(Candidate.Kind(self.kind).label) if self.kind else "",
            _("Without a room") if self.place == WITHOUT_ROOM else self.place.removeprefix(AT),
            {"with": _("With extra time"), "without": _("Without extra time")}.get(self.extra, ""),
            login_words().get(self.login, ""),
            _("IDs that look like names") if self.look else "",
        ]
        return ", ".join(part for part in chosen if part)

    @property
    def order(self) -> str:
        """Return the order as the caption says it."""
        return {
            "id": _("by Candidate ID"),
            "kind": _("by kind"),
            "place": _("by location"),
            "extra": _("by extra time"),
            "end": _("by end"),
        }[self.sort.lstrip("-")]

    def chosen(self, lines: Sequence[CandidateLine]) -> list[CandidateLine]:
        """Return the lines that match, in order; equal ones by Candidate ID."""
        searched = (candidate_key(self.q), fold(self.q)) if self.q else ("", "")
        found = [line for line in lines if self._matches(line, *searched)]
        found.sort(key=lambda line: (line.sort_key, line.key), reverse=self.sort == "-id")
        found.sort(key=SORTS[self.sort.lstrip("-")], reverse=self.sort.startswith("-"))
        return found

    def _matches(self, line: CandidateLine, key: str, typed: str) -> bool:
        return (
            (not self.kind or line.kind == self.kind)
            and (not self.place or line.place == ("" if self.place == WITHOUT_ROOM else self.place.removeprefix(AT)))
            and (not self.extra or (line.extra_minutes > 0) == (self.extra == "with"))
            and (not self.login or (line.kind == SSO and line.has_one_time_login == (self.login == "given")))
            and (not self.look or looks_personal(line.candidate_id) is not None)
            and (not self.q or self._is_about(line, key, typed))
        )

    def _is_about(self, line: CandidateLine, key: str, typed: str) -> bool:
        """Say whether the search finds this line: by ID, private reference or login, printed or folded.

        Generated user names are random: less than one printed group of them would be found among everybody's.
        """
        generated = line.login if line.kind == ONE_TIME else line.one_time_login
        by_login = len(typed) >= SHORTEST_NAME_SEARCH and typed in generated.replace("-", "")
        if line.kind != ONE_TIME:
            by_login = by_login or (bool(key) and key in candidate_key(line.login))
        return by_login or bool(key and (key in line.key or key in candidate_key(line.private_reference)))


@dataclass(frozen=True)
class CandidateList:
    """All candidates of a test, and those of them that are shown."""

    everybody: list[CandidateLine]
    shown: list[CandidateLine]
    wanted: ListFilter

    @property
    def total(self) -> int:
        """Return how many candidates are on the test."""
        return len(self.everybody)

    @cached_property
    def kinds(self) -> dict[str, int]:
        """Return the kinds that are on the test, each with its number."""
        found = [line.kind for line in self.everybody]
        return {kind: found.count(kind) for kind in Candidate.Kind if kind in found}

    @property
    def kind_facts(self) -> list[tuple[str, int]]:
        """Return the names of the kinds that are on the test, each with its number."""
        return [(str(Candidate.Kind(kind).label), number) for kind, number in self.kinds.items()]

    @cached_property
    def with_extra_time(self) -> int:
        """Return how many have planned extra time."""
        return sum(line.extra_minutes > 0 for line in self.everybody)

    @cached_property
    def with_one_time_login(self) -> int:
        """Return how many SSO candidates have a one-time login as well."""
        return sum(line.has_one_time_login for line in self.everybody)

    @property
    def has_sso(self) -> bool:
        """Say whether somebody on the test logs in through SSO, and so could need a one-time login."""
        return SSO in self.kinds

    @cached_property
    def without_room(self) -> int:
        """Return how many have no location."""
        return sum(not line.place for line in self.everybody)

    @cached_property
    def places(self) -> list[str]:
        """Return the names of the locations on the test, in order."""
        return sorted({line.place for line in self.everybody if line.place}, key=candidate_key)


def login_words() -> dict[str, str]:
    """Return what the filter "One-time login" offers."""
    return {"given": _("One-time login given"), "missing": _("SSO without a one-time login")}


def candidate_list(test: Test, wanted: ListFilter) -> CandidateList:
    """Return the list of a test: one query, however many candidates there are."""
    everybody = lines_of(test)
    return CandidateList(everybody, wanted.chosen(everybody), wanted)


def ticked_lines(
    test: Test, wanted: ListFilter, *, public_ids: Sequence[str], all_matching: int | None
) -> list[CandidateLine]:
    """Return who was ticked: the named ones, or all that match the filter the page was shown with.

    Raises Refused where the filter now matches another number than the page showed, and where nobody is left: an empty
    choice never means everybody.
    """
    if all_matching is None:
        lines = lines_of(test, public_ids)
        if not lines:
            raise Refused(_("The ticked candidates are no longer on the test, so nothing was changed."))
        return lines
    lines = candidate_list(test, wanted).shown
    if len(lines) != all_matching:
        raise Refused(
            _("The list has changed: %(shown)d candidates were ticked, and now %(now)d match. Nothing was changed.")
            % {"shown": all_matching, "now": len(lines)}
        )
    return lines


def known_locations() -> list[Location]:
    """Return every location that somebody named, by building and room."""
    return list(Location.objects.order_by("building", "room"))


def lines_of(test: Test, public_ids: Sequence[str] | None = None) -> list[CandidateLine]:
    """Return the candidates of a test by Candidate ID, all of them or the named ones."""
    rows = Candidate.objects.of_test(test)
    if public_ids is not None:
        rows = rows.filter(public_id__in=public_ids)
    values = rows.values_list(
        *COLUMNS, F("user__username"), F("location__building"), F("location__room"), F("one_time_login__username")
    )
    lines = list(_lines(test, values.order_by()))
    lines.sort(key=lambda line: (line.sort_key, line.key))
    return lines


def end_words(test: Test, end: datetime) -> str:
    """Return an end as a column of one test shows it: "13:00", with its date where it falls on another day."""
    return clock(end) if day(end) == day(test.ends_at) else when(end)


def _lines(test: Test, rows: Iterable[tuple[Any, ...]]) -> Iterator[CandidateLine]:
    """Yield a line per row; what many rows share is worked out once, which is half the time of a page of 1500."""
    labels = {str(kind): str(kind.label) for kind in Candidate.Kind}
    not_yet, hidden = _("Made at activation"), _("Shown after activation")
    rows = list(rows)
    mixed = test.duration_minutes is not None and len({row[STARTED] is None for row in rows}) == 2

    @cache
    def end(started_at: datetime | None, extra_minutes: int, incident_minutes: int) -> tuple[datetime, str, str]:
        found = effective_end(
            test_ends_at=test.window[1],
            duration_minutes=test.duration_minutes,
            started_at=started_at,
            extra_minutes=extra_minutes,
            incident_minutes=incident_minutes,
        )
        words = end_words(test, found)
        return found, words, _("%(end)s at the latest") % {"end": words} if mixed and started_at is None else words

    for (
        public_id,
        shown_id,
        key,
        order,
        kind,
        reference,
        sso,
        through,
        extra,
        incident,
        started,
        user,
        building,
        room,
        second,
    ) in rows:
        login = sso or user or ""
        if kind == ONE_TIME:
            # deactivation hides the login details (D7)
            login = show_username(user) if user and test.is_activated else ""
        yield CandidateLine(
            public_id=public_id,
            candidate_id=shown_id,
            key=key,
            sort_key=order,
            kind=kind,
            kind_label=labels[kind],
            private_reference=reference,
            login=login,
            logs_in_with=login or (hidden if user else not_yet),
            authentication_type=through,
            has_one_time_login=second is not None,
            one_time_login=show_username(second) if second and test.is_activated else "",
            building=building or "",
            room=room or "",
            place=f"{building or ''} {room or ''}".strip(),
            extra_minutes=extra,
            incident_minutes=incident,
            started_at=started,
            ends_at=(found := end(started, extra, incident))[0],
            usual_end=not (extra or incident),
            end_words=found[1],
            end_shown=found[2],
        )


def _known(value: str, allowed: Sequence[str]) -> str:
    return value if value in allowed else ""
