"""Read exams and the registrations of one of them from FS: pages by cursor, and nothing that is not whole."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.rosters.source import Exam, ExamSearch, Hints, Snapshot, SourceError
from candidates.rosters.sources.fs import values
from candidates.rosters.sources.fs.calls import SECONDS, Caller, QueryForbidden, QueryRefused
from candidates.rosters.sources.fs.exams import fits, read_exam
from candidates.rosters.sources.fs.people import read_person
from candidates.rosters.sources.fs.terms import Term, course_codes, terms_of

if TYPE_CHECKING:
    from inspera_deliver.roster_sources import SourceSettings

MOST_EXAMS = 100
PAGE = 100
MOST_PAGES = 100  # 10,000 exams of a term
MOST_PAGES_OF_EVENTS = 20
PAGE_SECONDS, SEARCH_SECONDS = 20.0, 45.0
AHEAD = timedelta(days=180)
LAST_DAY = date(values.YEARS[-1], 1, 1)
# Every look is complete: what happened earlier than this is in one already.
OLD_EVENT = timedelta(days=2)
# What stands before a cursor in a marker: that of a feed without events is no first time.
CURSOR = "after:"
REGISTERED, DELETED = "VURDERINGSMELDT", "VURDERINGSMELDING_SLETTET"


class TooManyExams(SourceError):
    """A search would have to read more than it may."""


class FsSource:
    """One organisation in FS."""

    def __init__(
        self, setup: SourceSettings, *, seconds: float = SECONDS, search_seconds: float = SEARCH_SECONDS
    ) -> None:
        self._fs = Caller(setup, seconds=seconds)
        self._search_seconds = search_seconds
        self._organisation = setup["organisation"]

    def exams(self, search: ExamSearch) -> Sequence[Exam]:
        """Return the exams that fit, the next ones first; a whole course code alone is looked up quickly."""
        today = timezone.localdate(timezone=values.OSLO)
        first = search.first_day or min(today - timedelta(days=1), search.last_day or today)
        last = search.last_day or min(first, LAST_DAY) + AHEAD
        terms = terms_of(first, last)
        until = time.monotonic() + self._search_seconds
        courses = course_codes(search.text)
        found: dict[str, Exam] = {}
        if courses:
            self._collect(found, terms, courses, until)
        if not found:  # no course has just this code
            try:
                self._collect(found, terms, None, until)
            except TooManyExams:
                # more than are shown were found, and the page says that there may be others
                if sum(fits(exam, search, first, last) for exam in found.values()) < MOST_EXAMS:
                    raise
        fitting = [exam for exam in found.values() if fits(exam, search, first, last)]
        fitting.sort(key=lambda one: (one.opens is None, one.opens or timezone.now(), one.code, one.key))
        return fitting[:MOST_EXAMS]

    def snapshot(self, exam: str) -> Snapshot:
        """Return everybody who is registered for one exam (vurderingsenhet)."""
        unit = self._unit(exam)
        notices: list[str] = []
        found = read_exam(unit, notices)
        if found.key != exam:
            raise SourceError(_("FS answered about another exam than the one that was asked for. Nothing was changed."))
        registrations = list(values.each(unit.get("vurderingsmeldinger"), "vurderingsmeldinger"))
        people = tuple(read_person(one, notices) for one in registrations)
        doubts = []
        if found.expected is not None and found.expected != len(people):
            words = _(
                "FS counts %(counted)d candidates for this exam, and tells %(told)d. Look why before you apply it."
            )
            doubts.append(words % {"counted": found.expected, "told": len(people)})
        without = sum(not one.login for one in people)
        if without:
            words = ngettext(
                "FS tells no Feide user for %(n)d person.", "FS tells no Feide user for %(n)d people.", without
            )
            notices.append(words % {"n": without})
        return Snapshot(found, people, _counted(notices), tuple(doubts))

    def hints(self, marker: str) -> Hints | None:
        """Return what the students' events (studenthendelser) say since a cursor; None where this key may not ask.

        A deleted registration does not say of which exam it was, so that all are looked at.
        """
        try:
            return self._hints(marker, everything=not marker)
        except (QueryForbidden, QueryRefused):
            if not marker:
                return None
        try:  # the cursor may be one that FS has forgotten
            return self._hints("", everything=True)
        except (QueryForbidden, QueryRefused):
            return None

    def check(self) -> str:
        """Ask for one exam of this term and who is registered for it, which needs every right that a look needs."""
        today = timezone.localdate(timezone=values.OSLO)
        found = None
        for term in terms_of(today, today):
            found = next(self._pages("Exams", "vurderingsenheter", {"term": term.as_input}, first=1, most=1), None)
            if found:
                break
        if found is None:
            words = _("FS answers. It has no exam of %(organisation)s in this term.")
            return words % {"organisation": self._organisation}
        registered = list(values.each(self._unit(values.needed(found, "id")).get("vurderingsmeldinger"), "id"))
        words = ngettext(
            "FS answers. The first exam of %(organisation)s in this term has %(n)d person registered.",
            "FS answers. The first exam of %(organisation)s in this term has %(n)d people registered.",
            len(registered),
        )
        return words % {"organisation": self._organisation, "n": len(registered)}

    def _unit(self, exam: str) -> Mapping[str, Any]:
        node = self._fs.ask("People", exam=exam).get("node")
        # a node of another kind answers without any of the fields
        if node is None or node == {}:
            raise SourceError(_("FS has no exam with this id any more. Nothing was changed."))
        return values.members(node, "node")

    def _collect(
        self,
        found: dict[str, Exam],
        terms: Sequence[Term],
        courses: Sequence[Mapping[str, str]] | None,
        until: float,
    ) -> None:
        """Read the exams of some terms into `found`; one that belongs to two terms comes with both."""
        for term in terms:
            asked = {"term": term.as_input, "courses": courses}
            for unit in self._pages("Exams", "vurderingsenheter", asked, until=until):
                exam = read_exam(unit, [])
                found.setdefault(exam.key, exam)

    def _pages(
        self,
        query: str,
        field: str,
        variables: Mapping[str, object],
        *,
        first: int = PAGE,
        most: int | None = None,
        until: float | None = None,
    ) -> Iterator[Mapping[str, Any]]:
        """Yield what a list has, page by page. Raises SourceError for pages that lead in circles or come twice."""
        after, seen = None, set()
        for _page in range(most or MOST_PAGES):
            if until is not None and time.monotonic() >= until:
                raise TooManyExams(_too_many())
            seconds = min(PAGE_SECONDS, self._fs.seconds)
            asked = {"organisation": self._organisation, "first": first, "after": after, **variables}
            page = values.members(self._fs.ask(query, seconds, **asked).get(field), field)
            for node in _nodes(page):
                key = values.needed(node, "id")
                if key in seen:
                    raise SourceError(_("FS sent an exam on two pages, so its list is not whole. Try again."))
                seen.add(key)
                yield node
            if most == 1:
                return
            after = _next(page, after)
            if after is None:
                return
        raise TooManyExams(_too_many())

    def _hints(self, marker: str, *, everything: bool) -> Hints:
        exams: dict[str, None] = {}
        after = marker.removeprefix(CURSOR) or None
        since = timezone.now() - OLD_EVENT
        for _page in range(MOST_PAGES_OF_EVENTS):
            answer = self._fs.ask("Events", organisation=self._organisation, first=PAGE, after=after)
            page = values.members(answer.get("studenthendelser"), "studenthendelser")
            for event in _nodes(page):
                happened = values.moment(event, "tidspunkt")
                if happened is not None and happened < since:
                    continue
                kind, registration = values.text(event, "hendelsestype"), event.get("vurderingsmelding")
                if kind == REGISTERED and registration is not None:
                    told = values.members(registration, "vurderingsmelding")
                    exams[values.needed(values.members(told.get("vurderingsenhet"), "vurderingsenhet"), "id")] = None
                elif kind in {REGISTERED, DELETED}:
                    everything = True
            last = values.text(values.members(page.get("pageInfo"), "pageInfo"), "endCursor")
            more = _next(page, after)
            after = last or after
            if more is None:
                break
        return Hints(CURSOR + (after or ""), tuple(exams), everything)


def _nodes(page: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what stands on a page, by nodes or by edges."""
    if page.get("nodes") is None and page.get("edges") is not None:
        for edge in values.each(page["edges"], "edges"):
            yield values.members(edge.get("node"), "node")
    else:
        yield from values.each(page.get("nodes"), "nodes")


def _next(page: Mapping[str, Any], before: str | None) -> str | None:
    """Return the cursor of the next page, None at the end."""
    about = values.members(page.get("pageInfo"), "pageInfo")
    if not isinstance(about.get("hasNextPage"), bool):
        raise values.odd("hasNextPage")
    if not about["hasNextPage"]:
        return None
    after = values.needed(about, "endCursor")
    if after == before:
        raise SourceError(_("The pages of FS lead in a circle, so its list is not whole. Nothing was changed."))
    return after


def _too_many() -> str:
    return _("FS has too many exams to read them all. Search for a whole course code.")


def _counted(notices: Sequence[str]) -> tuple[str, ...]:
    """Return each notice once, with how often it holds."""
    found = Counter(notices)
    return tuple(one if times == 1 else f"{one} ({times}×)" for one, times in found.items())
