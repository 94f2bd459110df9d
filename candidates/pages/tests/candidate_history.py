"""The history of one candidate, for planners: from being added to handing in, and what the hall noted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from candidates.access import candidate_of, person, planned_test, planner_page
from candidates.lifecycle.attendance import marks_of
from candidates.lifecycle.history import added_by, saves_of
from candidates.models import AttendanceMark, AuditEvent, Candidate, Test
from candidates.pages.shared.trails import manage_trail
from candidates.pages.tests.history_rows import PER_PAGE, History, HistoryFilter, Line
from candidates.pages.tests.history_words import mark_words
from candidates.text import plural, when
from candidates.timing import handed_in_at

MAX_LINES = 500
MAX_PAGES = MAX_LINES // PER_PAGE
SAME_ACT = timedelta(minutes=5)


@require_safe
@planner_page
def show_candidate_history(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Show what happened to one candidate and what the candidate did, newest first."""
    test = planned_test(person(request), test_id)
    found = candidate_of(test, candidate)
    lines = history_lines(test, found)
    own = reverse("candidate", args=[test.public_id, found.public_id])
    context = {
        "test": test,
        "candidate": found,
        "facts": _facts(test, found),
        "lines": lines[:MAX_LINES],
        "hidden": max(0, len(lines) - MAX_LINES),
        "trail": [*manage_trail(test), (found.candidate_id, own), (_("History"), "")],
        "own_url": own,
    }
    return render(request, "tests/candidate_history.html", context)


def history_lines(test: Test, candidate: Candidate) -> list[Line]:
    """Return what is recorded of one candidate, newest first: a constant number of queries."""
    history = History(test, HistoryFilter(), of=candidate)
    hidden = AuditEvent.Action.ATTENDANCE_MARKED  # what many got in one act; the own marks stand below
    lines = [
        line for page in range(1, min(history.pages, MAX_PAGES) + 1) for line in history.lines(page, without=hidden)
    ]
    lines += [_mark_line(mark) for mark in marks_of(candidate) if not mark.is_correction]
    lines.append(_added_line(test, candidate))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _mark_line(mark: AttendanceMark) -> Line:
    words = mark_words(mark.about, mark.value)
    said = _("Noted: %(text)s") % {"text": mark.text} if mark.about == AttendanceMark.About.NOTE else words
    return Line(mark.at, None, str(mark.by) if mark.by else "?", f"{said[:1].upper()}{said[1:]}")


def _added_line(test: Test, candidate: Candidate) -> Line:
    source = candidate.imported_by
    by = added_by(candidate, within=SAME_ACT)
    said = _("Added to the test")
    if source is not None and source.file_name:
        said = _("Added to the test from %(file)s") % {"file": source.file_name}
    who = str(by.actor) if by and by.actor else by.actor_name if by else source.owner_name if source else ""
    return Line(candidate.added_at, None, who, said, (by.address or "") if by else "")


def _facts(test: Test, candidate: Candidate) -> list[tuple[str, str]]:
    """Return what the record comes to: how far the candidate is, how often was saved, what is on paper."""
    revision, saved_at = saves_of(candidate)
    printed = candidate.slip_print
    handed_in = handed_in_at(candidate, test, now=timezone.now())
    facts: list[tuple[str, Any]] = [
        (_("First logged in"), when(candidate.logged_in_at)),
        (_("Last seen"), when(candidate.last_seen_at)),
        (_("Started"), when(candidate.started_at)),
        (
            _("Saved"),
            _("%(times)s, last %(when)s") % {"times": plural(revision, "time"), "when": when(saved_at)}
            if saved_at
            else "",
        ),
        (_("Submitted"), when(handed_in)),
        (
            _("Slip on paper"),
            _("version %(version)d, %(when)s") % {"version": candidate.slip_printed_version, "when": when(printed.at)}
            if printed and candidate.slip_printed_version
            else "",
        ),
        (_("Incident time"), plural(candidate.incident_minutes, "minute") if candidate.incident_minutes else ""),
    ]
    return [(term, str(value)) for term, value in facts if value]
