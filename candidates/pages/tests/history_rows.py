"""The history of a test for its planners: what stands in the audit about it, and the logins of its candidates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from candidates import audit
from candidates.candidate_ids import candidate_key
from candidates.lifecycle.history import LOGINS, acts_on, joined_spares, logins_for, people, staff_on, whole_acts
from candidates.models import AuditEvent, Candidate, Test, User
from candidates.pages.shared.searching import query_of, searched_for
from candidates.pages.tests.history_book import Book, candidates_of, named_in, who
from candidates.pages.tests.history_words import group_sentence, listed, sentence
from candidates.tabular.exporting import Download, download_of, file_name
from candidates.text import natural_key, zone

Action = AuditEvent.Action
REFUSED = AuditEvent.Outcome.REFUSED
MAX_LISTED = 20_000
"""So many of the newest acts are gone through for a page; a test of 1500 has some 10,000."""
PER_PAGE = 100
FEW = 3
"""So many acts of a kind and day stand as they are; of more one line says how many they were."""
CANDIDATES = "candidates"
# What a whole hall does, or a grader with a whole pile
OF_MANY = (
    *(Action.LOGIN, Action.LOGOUT, Action.STARTED, Action.SUBMITTED, Action.ANSWER_READ, Action.MARKED),
    Action.ATTENDANCE_MARKED,
)
BY_ONE = (Action.ANSWER_READ, Action.MARKED, Action.ATTENDANCE_MARKED)

KINDS: dict[str, tuple[Any, tuple[Action, ...]]] = {
    "setup": (
        gettext_lazy("Set-up and contributors"),
        (
            *(Action.TEST_CREATED, Action.TEST_CHANGED, Action.QUESTIONS_CHANGED, Action.ACTIVATED),
            *(Action.DEACTIVATED, Action.TEST_ARCHIVED, Action.TEST_RESTORED, Action.AGED_OUT),
            *(Action.CONTRIBUTOR_ADDED, Action.CONTRIBUTOR_REMOVED),
            *(Action.JOINING_CHANGED, Action.TEST_CODE_MADE),
        ),
    ),
    "candidates": (
        gettext_lazy("Candidates, time, rooms"),
        (
            *(Action.CANDIDATES_ADDED, Action.CANDIDATES_REMOVED, Action.CANDIDATES_UPDATED, Action.IMPORT_UNDONE),
            *(Action.CANDIDATE_CHANGED, Action.EXTRA_TIME_CHANGED, Action.INCIDENT_TIME_CHANGED),
            *(Action.LOCATION_CHANGED, Action.CANDIDATES_SPREAD, Action.SPREAD_UNDONE, Action.SEAT_GIVEN),
            Action.SLIPS_OUT_OF_DATE,
            *(Action.JOIN_ASKED, Action.JOIN_WITHDRAWN, Action.JOIN_REFUSED, Action.JOIN_QUEUED),
            *(Action.ROSTER_CONNECTED, Action.ROSTER_DISCONNECTED, Action.ROSTER_CHANGED, Action.ROSTER_LOOKED),
            *(Action.PREPARED_ADDED, Action.PREPARED_CHANGED, Action.PREPARED_REMOVED, Action.PREPARED_MISSED),
        ),
    ),
    "details": (
        gettext_lazy("Login details"),
        (
            *(Action.DETAILS_LISTED, Action.DETAILS_PRINTED, Action.DETAILS_CSV, Action.DETAILS_PDF),
            *(Action.DETAILS_REVEALED, Action.PASSWORD_RENEWED, Action.DETAILS_PURGED, Action.KEYS_ROTATED),
            *(Action.KEY_LIST_SHOWN, Action.KEY_LIST_CSV, Action.ONE_TIME_LOGINS_GIVEN),
            Action.ONE_TIME_LOGINS_TAKEN_BACK,
        ),
    ),
    "sitting": (
        gettext_lazy("Logging in and writing"),
        (*LOGINS, Action.STARTED, Action.SUBMITTED, Action.VERSION_RESTORED),
    ),
    "hall": (
        gettext_lazy("In the hall"),
        (
            *(Action.ATTENDANCE_MARKED, Action.ATTENDANCE_CORRECTED),
            *(Action.SPARE_GIVEN, Action.SPARE_TAKEN_BACK, Action.SPARE_JOINED),
        ),
    ),
    "grading": (
        gettext_lazy("Grading"),
        (
            *(Action.ANSWER_READ, Action.MARKED, Action.MARKS_DOWNLOADED),
            *(Action.SCALE_CHANGED, Action.RESULTS_DOWNLOADED),
        ),
    ),
    "seen": (
        gettext_lazy("Lists seen and downloaded"),
        (
            *(Action.LIST_DOWNLOADED, Action.MONITOR_DOWNLOADED, Action.MARKS_DOWNLOADED, Action.HISTORY_DOWNLOADED),
            *(Action.VERSION_READ, Action.PERSON_FOUND),
            *(Action.REFERENCES_SEEN, Action.WRONG_ROWS_DOWNLOADED, Action.KEY_LIST_CSV, Action.DETAILS_CSV),
            *(Action.DETAILS_PDF, Action.RESULTS_DOWNLOADED),
        ),
    ),
    "refused": (gettext_lazy("Refused"), ()),
}


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which acts are shown; every value is from an allow-list or is only searched for."""

    q: str = ""
    who: str = ""
    kind: str = ""
    day: str = ""
    act: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> HistoryFilter:
        """Return the filter that an address asks for; what is not known counts as not asked (J6)."""
        wanted = query.get("who", "")
        return cls(
            q=searched_for(query),
            who=wanted if wanted == CANDIDATES or (wanted.isascii() and wanted.isdigit() and len(wanted) < 19) else "",
            kind=query.get("kind", "") if query.get("kind", "") in KINDS else "",
            day=_day(query.get("day", "")),
            act=query.get("act", "") if query.get("act", "") in {one.value for one in OF_MANY} else "",
        )

    @property
    def query(self) -> str:
        """Return the filter as a query string with its question mark."""
        return f"?{query_of(self)}"

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Return the beginning and the end of the chosen day in the current zone."""
        chosen = parse_date(self.day) if self.day else None
        if chosen is None:
            return None
        here = timezone.get_current_timezone()
        begin = datetime.combine(chosen, time(), tzinfo=here)
        return begin, datetime.combine(chosen + timedelta(days=1), time(), tzinfo=here)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page: an act, or what many did in one day, with the address that lists it."""

    at: datetime
    until: datetime | None
    who: str
    what: str
    address: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class _Act:
    """What is read of every act, before a page of them is read whole."""

    pk: int
    at: datetime
    action: str
    actor: int | None
    outcome: str


class History:
    """The history of one test under a filter: a constant number of queries, whatever it holds."""

    def __init__(self, test: Test, wanted: HistoryFilter, *, of: Candidate | None = None) -> None:
        self.test = test
        self.wanted = wanted
        self.of = of  # one candidate alone, whoever else had the same ID

    @cached_property
    def places(self) -> list[tuple[str, str, str, int | None, int | None, str]]:
        """Return public id, Candidate ID, its key, both accounts and the kind of every candidate."""
        columns = ("public_id", "candidate_id", "candidate_key", "user", "one_time_login", "kind")
        return list(self.test.candidates.order_by().values_list(*columns))

    @cached_property
    def joined(self) -> list[tuple[str, str, int | None, str]]:
        """Return public id, ID and account of every spare login that was joined, and the public id it belongs to."""
        return joined_spares(self.test)

    @cached_property
    def removed(self) -> dict[str, str]:
        """Return the Candidate IDs of who was removed, by public id."""
        acts = acts_on(self.test).filter(action__in=[Action.CANDIDATES_REMOVED, Action.IMPORT_UNDONE], outcome="done")
        found: dict[str, str] = {}
        for detail in acts.values_list("detail", flat=True):
            found |= {one[0]: one[1] for one in named_in(detail) if isinstance(one, list)}
        return found

    @cached_property
    def book(self) -> Book:
        """Return who is who."""
        accounts: dict[int, str] = {}
        for _public_id, candidate_id, _key, user, slip, _kind in self.places:
            accounts |= {account: candidate_id for account in (user, slip) if account is not None}
        ids = self.removed | {one[0]: one[1] for one in self.places}
        for public_id, then, user, right in self.joined:
            ids[public_id] = _("%(then)s (now %(id)s)") % {"then": then, "id": ids[right]}
            accounts |= {user: ids[public_id]} if user is not None else {}
        return Book(ids, accounts)

    @cached_property
    def staff(self) -> list[tuple[str, str]]:
        """Return who of the staff did something on the test, by name."""
        return sorted(((str(one.pk), str(one)) for one in staff_on(self.test)), key=lambda one: natural_key(one[1]))

    @property
    def _logins(self) -> QuerySet[AuditEvent]:
        own = {slip for *_rest, slip, _kind in self.places if slip is not None}
        own |= {one[2] for one in self.joined if one[2] is not None}
        own |= {one[3] for one in self.places if one[5] == Candidate.Kind.ONE_TIME and one[3] is not None}
        return logins_for(self.test, accounts=self.book.accounts.keys(), of_this_alone=own)

    def _asked(self, found: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Return the rows that the filter asks for."""
        wanted = self.wanted
        if wanted.span is not None:
            found = found.filter(at__gte=wanted.span[0], at__lt=wanted.span[1])
        if wanted.kind == "refused":
            found = found.filter(outcome=REFUSED)
        elif wanted.kind:
            found = found.filter(action__in=KINDS[wanted.kind][1])
        if wanted.act:
            found = found.filter(action=wanted.act)
        if wanted.who == CANDIDATES:
            found = found.filter(actor__in=list(self.book.accounts))
        elif wanted.who:
            found = found.filter(actor=int(wanted.who))
        return self._about(found) if wanted.q or self.of else found

    def _about(self, found: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Return what a candidate did, and what names it; whole Candidate IDs alone."""
        key = candidate_key(self.wanted.q)
        here = [one for one in self.places if (one[0] == self.of.public_id if self.of else one[2] == key)]
        public_ids = [one[0] for one in here]
        if self.of is None:
            removed = self.removed.items()
            public_ids += [public_id for public_id, shown in removed if candidate_key(shown) == key]
        spares = [
            one for one in self.joined if one[3] in public_ids or (self.of is None and candidate_key(one[1]) == key)
        ]
        public_ids += [one[0] for one in spares]
        accounts = [*(account for one in here for account in one[3:5]), *(one[2] for one in spares)]
        named = Q(actor__in=[account for account in accounts if account is not None])
        for public_id in public_ids:
            named |= Q(text__contains=f'"{public_id}"')
        return found.annotate(text=Cast("detail", TextField())).filter(named)

    @cached_property
    def _acts(self) -> list[_Act]:
        """Return the newest acts that are asked for, newest first."""
        columns = ("pk", "at", "action", "actor", "outcome")
        found = []
        for rows in (acts_on(self.test), self._logins):
            asked = self._asked(rows).order_by("-at", "-pk").values_list(*columns)
            found += [_Act(*one) for one in asked[: MAX_LISTED + 1]]
        found.sort(key=lambda one: (one.at, one.pk), reverse=True)
        return found

    @property
    def count(self) -> int:
        """Return how many acts are gone through."""
        return min(len(self._acts), MAX_LISTED)

    @property
    def is_cut(self) -> bool:
        """Say whether there are older ones that a page does not reach."""
        return len(self._acts) > MAX_LISTED

    @cached_property
    def _grouped(self) -> list[list[_Act]]:
        """Return the acts line by line, newest first: alone, or with those of the same kind, day and grader."""
        lines: list[list[_Act]] = []
        groups: dict[tuple[date, str, int | None], list[_Act]] = {}
        many = {one.value for one in OF_MANY} if not (self.wanted.act or self.wanted.q or self.of) else set()
        for one in self._acts[:MAX_LISTED]:
            if one.action not in many or one.outcome == REFUSED:
                lines.append([one])
                continue
            by = one.actor if one.action in BY_ONE else None
            groups.setdefault((timezone.localdate(one.at), one.action, by), []).append(one)
        for group in groups.values():
            lines += [group] if len(group) > FEW else [[one] for one in group]
        lines.sort(key=lambda line: (line[0].at, line[0].pk), reverse=True)
        return lines

    @property
    def pages(self) -> int:
        """Return how many pages there are, one at least."""
        return max(1, -(-len(self._grouped) // PER_PAGE))

    def lines(self, page: int, *, without: Action | None = None) -> list[Line]:
        """Return the lines of a page, 1 is the newest; `without` acts of one kind."""
        shown = self._grouped[(page - 1) * PER_PAGE : page * PER_PAGE]
        alone = [line[0].pk for line in shown if len(line) == 1]
        graders = {line[0].actor for line in shown if len(line) > 1 and line[0].action in BY_ONE}
        rows = whole_acts(alone)
        names = people([one for one in graders if one is not None])
        found = []
        for line in shown:
            if len(line) > 1:
                found.append(self._group(line, names))
            elif (row := rows.get(line[0].pk)) and row.action != without:
                said = sentence(row, self.book)
                found.append(Line(row.at, None, who(row, self.book), said, row.address or ""))
        return found

    def _group(self, line: list[_Act], names: Mapping[int, User]) -> Line:
        newest, oldest = line[0], line[-1]
        by = names.get(newest.actor) if newest.action in BY_ONE and newest.actor is not None else None
        day = timezone.localdate(newest.at).isoformat()
        link = replace(self.wanted, act=newest.action, day=day, kind="", who=str(by.pk) if by else self.wanted.who)
        name = str(by) if by else _("Candidates")
        return Line(oldest.at, newest.at, name, group_sentence(newest.action, len(line)), url=link.query)

    def everything(self) -> Iterator[AuditEvent]:
        """Yield every act that is asked for, oldest first, without a bound."""
        found = [
            row for rows in (acts_on(self.test), self._logins) for row in self._asked(rows).select_related("actor")
        ]
        found.sort(key=lambda row: (row.at, row.pk))
        yield from found


def _day(text: str) -> str:
    """Return a day that a calendar has, "" for anything else."""
    try:
        found = parse_date(text[:10])
    except ValueError:
        return ""
    return found.isoformat() if found is not None and 1970 <= found.year <= 9000 else ""


def download_history(history: History, *, by: User) -> Download:
    """Return the acts that are asked for as a file, one row each, recorded before it is made."""
    rows = list(history.everything())
    detail = {"filtered": history.wanted != HistoryFilter()}
    audit.record(Action.HISTORY_DOWNLOADED, by=by, test=history.test, count=len(rows), detail=detail)
    head = [
        _("Time (%(zone)s)") % {"zone": zone()},
        *(_("Who"), _("Act"), _("What happened"), _("Candidate IDs"), _("Refused"), _("Address")),
    ]
    lines = (
        [
            f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}",
            who(row, history.book),
            str(row.get_action_display()),
            sentence(row, history.book),
            listed(candidates_of(row, history.book)),
            _("yes") if row.outcome == REFUSED else "",
            row.address,
        ]
        for row in rows
    )
    return download_of(file_name(history.test, "history", ending="csv"), [head, *lines])
