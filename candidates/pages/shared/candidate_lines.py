"""One line for each candidate of a test, as lists, confirm pages and downloads show it: one query for all."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db.models import F
from django.utils.translation import gettext as _

from candidates.models import Candidate, Test
from candidates.models.accounts import show_username
from candidates.pages.shared.finding import Who
from candidates.text import clock, day, when, zone
from candidates.timing import effective_end

ONE_TIME, SSO, PERMANENT = map(str, (Candidate.Kind.ONE_TIME, Candidate.Kind.SSO, Candidate.Kind.PERMANENT))
COLUMNS = (
    *("public_id", "candidate_id", "candidate_key", "sort_key", "kind", "name", "private_reference", "sso_user_id"),
    *("seat", "authentication_type", "extra_minutes", "incident_minutes", "started_at", "submitted_at"),
    "added_at",
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
    name: str
    private_reference: str
    sso_user_id: str
    login: str  # user name as it is printed, or SSO user ID; empty where there is none to be shown
    logs_in_with: str
    authentication_type: str
    has_one_time_login: bool  # while SSO is down, an SSO candidate's second login (D20)
    one_time_login: str  # its user name as it is printed; empty where there is none to be shown
    building: str
    room: str
    place: str
    seat: str
    extra_minutes: int
    incident_minutes: int
    started_at: datetime | None
    ends_at: datetime
    usual_end: bool  # no extra or incident time makes it another one
    end_words: str  # in the current zone: the clock, with its date where that is not the test's last day
    end_shown: str  # the same, with "at the latest" for those who have yet to start, where others have started
    submitted_at: datetime | None
    added_at: datetime
    is_withdrawn: bool  # no longer at the student system, and has started
    by_code: bool  # joined by the test code; nobody added the candidate

    @property
    def who(self) -> Who:
        """Return what a search of a planner looks into."""
        chosen = self.login if self.kind == PERMANENT else ""
        made = self.one_time_login if self.kind == SSO else self.login
        return Who(self.key, self.name, self.private_reference, self.sso_user_id, chosen, made)

    @property
    def has_started(self) -> bool:
        """Say whether the candidate has opened the test."""
        return self.started_at is not None


def lines_of(test: Test, public_ids: Sequence[str] | None = None) -> list[CandidateLine]:
    """Return the candidates of a test by Candidate ID, all of them or the named ones."""
    rows = test.candidates.all().people() if public_ids is None else test.candidates.filter(public_id__in=public_ids)
    others = (
        *("user__username", "location__building", "location__room", "one_time_login__username", "join_request"),
        "enrolment__withdrawn_at",
    )
    values = rows.values_list(*COLUMNS, *map(F, others))
    lines = list(_lines(test, values.order_by()))
    lines.sort(key=lambda line: (line.sort_key, line.key))
    return lines


def end_words(test: Test, end: datetime) -> str:
    """Return an end as a column of one test shows it: "13:00", with its date where it falls on another day."""
    return clock(end) if day(end) == day(test.ends_at) else when(end)


def end_head(test: Test, lines: Sequence[CandidateLine]) -> str:
    """Return the head of a column of ends: latest ends as long as a duration may end everybody's time earlier (D29)."""
    is_latest = test.duration_minutes is not None and not any(line.has_started for line in lines)
    return (_("Ends at the latest (%(zone)s)") if is_latest else _("Ends (%(zone)s)")) % {"zone": zone()}


def _lines(test: Test, rows: Iterable[tuple[Any, ...]]) -> Iterator[CandidateLine]:
    """Yield a line per row; what many rows share is worked out once, which is half the time of a page of 1500."""
    labels = {str(kind): str(kind.label) for kind in Candidate.Kind}
    not_yet, hidden = _("Slip, made at activation"), _("Slip, shown after activation")
    first_login = _("SSO, known at the first login")
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
        name,
        reference,
        sso,
        seat,
        through,
        extra,
        incident,
        started,
        submitted,
        added,
        user,
        building,
        room,
        second,
        joined,
        withdrawn,
    ) in rows:
        login = sso or (show_username(user) if user and kind != SSO else "")
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
            name=name,
            private_reference=reference,
            sso_user_id=sso,
            login=login,
            logs_in_with=login or (first_login if kind == SSO else hidden if user else not_yet),
            authentication_type=through,
            has_one_time_login=second is not None,
            one_time_login=show_username(second) if second and test.is_activated else "",
            building=building or "",
            room=room or "",
            place=f"{building or ''} {room or ''}".strip(),
            seat=seat,
            extra_minutes=extra,
            incident_minutes=incident,
            started_at=started,
            ends_at=(found := end(started, extra, incident))[0],
            usual_end=not (extra or incident),
            end_words=found[1],
            end_shown=found[2],
            submitted_at=submitted,
            added_at=added,
            is_withdrawn=withdrawn is not None,
            by_code=joined is not None,
        )
