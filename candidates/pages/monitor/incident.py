"""Incident time for ticked candidates: ask for it, show who ends when, and only then change it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from candidates.access import monitor_page, person, test_for_incident_time
from candidates.errors import Refused
from candidates.lifecycle.accommodations import Change, Changed, change_incident_time
from candidates.models import Test
from candidates.pages.monitor.forms import IncidentTimeForm
from candidates.pages.monitor.rows import WatchFilter
from candidates.pages.monitor.views import asked_of, trail
from candidates.pages.shared.candidate_lines import CandidateLine, lines_of
from candidates.pages.shared.kept_search import keep_ticks, with_ticks
from candidates.pages.shared.ticked import TickedForm
from candidates.pages.shared.ticked_candidates import first_names, refused
from candidates.pages.shared.time_change import TimeChange, TimeForm, TimeLine
from candidates.timing import Stage, stage_of


class IncidentTimeChange(TimeChange):
    """Incident time: who has submitted keeps it."""

    form = IncidentTimeForm

    def minutes_of(self, line: CandidateLine) -> int:
        """Return the incident time."""
        return line.incident_minutes

    def stays(self, line: CandidateLine) -> bool:
        """Say whether the candidate has submitted."""
        return line.submitted_at is not None

    def store(self, form: TimeForm) -> Changed:
        """Change the incident time. Raises Refused."""
        typed = {name: form.cleaned_data[name] for name in ("minutes", "reason", "seen")}
        ids = [line.public_id for line in self.chosen]
        return change_incident_time(test=self.test, public_ids=ids, how=form.change, by=person(self.request), **typed)

    def done(self, changed: Changed) -> HttpResponse:
        """Say what was done, and who has submitted already."""
        messages.success(self.request, done_words(changed))
        return back(self.request, self.test)

    def asking(self, form: TimeForm) -> HttpResponse:
        """Ask how much incident time the candidates get, and why."""
        context = self._context(self.lines()) | {"form": form}
        return render(self.request, "monitor/incident_ask.html", context, status=422 if form.errors else 200)

    def confirming(self, form: TimeForm, refusal: str = "") -> HttpResponse:
        """Show who ends when, and that a test which is Finished opens again for some."""
        lines = self.lines(form)
        refuse_what_cannot_be(form, lines)
        if form.errors:
            return self.asking(form.visible())
        changing = sum(one.changes for one in lines)
        reopens = sum(one.changes and not one.is_over for one in lines)
        context = self._context(lines) | {
            "form": form.to_confirm(lines),
            "question": question_of(form.change, form.amount_asked, changing),
            "button": button_of(form.change, form.amount_asked, changing),
            "reopens": reopens if stage_of(self.test) == Stage.FINISHED else 0,
            "reason": form.cleaned_data["reason"],
            **refused(refusal),
        }
        return render(self.request, "monitor/incident_confirm.html", context, status=422 if refusal else 200)

    def _context(self, lines: list[TimeLine]) -> dict[str, Any]:
        """Return what both pages show: who is meant, and the way back with the filters and ticks of the table."""
        ids, table = [line.public_id for line in self.chosen], reverse("monitor-test", args=[self.test.public_id])
        query = WatchFilter.of(self.request.GET).query
        back_there = with_ticks(table, query, keep_ticks(self.request, ids, at=table))
        return {
            "test": self.test,
            "lines": lines,
            "ids": ",".join(ids),
            "query": query_of(self.request),
            "cancel_url": back_there,
            "trail": trail(self.test, _("Incident time"), table=back_there),
            "section": "monitor",
        }


def for_ticked_rows(act: Callable[[IncidentTimeChange], HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view for the ticked rows of the table; where nobody is ticked nothing happens, and the table says so."""

    @require_POST
    @monitor_page
    @wraps(act)
    def of_test(request: HttpRequest, test_id: str) -> HttpResponse:
        test = test_for_incident_time(person(request), test_id)
        try:
            return act(IncidentTimeChange(request, test, chosen_by(request, test)))
        except NobodyChosen as refusal:
            messages.error(request, refusal.sentence)
            return back(request, test)

    return of_test


@for_ticked_rows
def ask(change: IncidentTimeChange) -> HttpResponse:
    """Ask how much incident time the ticked candidates get, and why."""
    return change.ask()


@for_ticked_rows
def check(change: IncidentTimeChange) -> HttpResponse:
    """Show when each of them would end, and ask for the last word."""
    return change.check()


@for_ticked_rows
def save(change: IncidentTimeChange) -> HttpResponse:
    """Change the incident time, and say who keeps what they had."""
    return change.save()


class NobodyChosen(Refused):
    """Nobody is ticked, or the table is not what it was."""


def chosen_by(request: HttpRequest, test: Test) -> list[CandidateLine]:
    """Return the ticked candidates. Raises NobodyChosen."""
    ticked = TickedForm(request.POST)
    if not ticked.is_valid():
        raise NobodyChosen(" ".join(str(text) for texts in ticked.errors.values() for text in texts))
    ids = ticked.cleaned_data["ids"]
    if expected := ticked.cleaned_data["all_matching"]:
        shown = [line.public_id for line in asked_of(request, test.public_id).watch.shown]
        if len(shown) != expected:
            raise NobodyChosen(_("The table has changed meanwhile, so nothing was changed. Tick the rows again."))
        ids = [*shown, *ids]  # those who were ticked before the search as well
    lines = lines_of(test, ids)
    if not lines:
        raise NobodyChosen(_("The ticked candidates are not on the test any more. Nothing was changed."))
    return lines


def refuse_what_cannot_be(form: TimeForm, lines: list[TimeLine]) -> None:
    """Add an error where a sum passes the limit (D11) or nobody's minutes would change."""
    limit = settings.EXTRA_TIME_LIMIT_MINUTES
    over = [one for one in lines if one.changes and one.new_minutes > limit]
    if over:
        words = {"id": over[0].line.candidate_id, "sum": over[0].new_minutes, "limit": limit}
        text = _("Candidate %(id)s would have %(sum)d minutes of incident time. At most %(limit)d are possible.")
        form.add_error("minutes", text % words)
    elif not any(one.changes for one in lines):
        form.add_error("minutes", _("Nobody's incident time would change: they have submitted, or have these minutes."))


def query_of(request: HttpRequest) -> str:
    """Return the filters of the table, with the question mark, empty for none."""
    query = WatchFilter.of(request.GET).query
    return f"?{query}" if query else ""


def back(request: HttpRequest, test: Test) -> HttpResponseRedirect:
    """Return the way to the table as it was."""
    return redirect(reverse("monitor-test", args=[test.public_id]) + query_of(request))


def question_of(how: Change, minutes: int, count: int) -> str:
    """Return the heading of the page that asks for the last word."""
    words = {
        Change.ADD: ngettext(
            "Add %(minutes)d min of incident time for %(n)d candidate?",
            "Add %(minutes)d min of incident time for %(n)d candidates?",
            count,
        ),
        Change.SUBTRACT: ngettext(
            "Subtract %(minutes)d min of incident time from %(n)d candidate?",
            "Subtract %(minutes)d min of incident time from %(n)d candidates?",
            count,
        ),
        Change.SET: ngettext(
            "Set the incident time of %(n)d candidate to %(minutes)d min?",
            "Set the incident time of %(n)d candidates to %(minutes)d min?",
            count,
        ),
    }
    return words[how] % {"minutes": minutes, "n": count}


def button_of(how: Change, minutes: int, count: int) -> str:
    """Return the button's words: what it does, with both numbers."""
    return question_of(how, minutes, count).rstrip("?")


def done_words(changed: Changed) -> str:
    """Return what was done, and who keeps what they had."""
    done = ngettext(
        "Incident time changed for %(n)d candidate.", "Incident time changed for %(n)d candidates.", changed.count
    ) % {"n": changed.count}
    if not changed.left:
        return done
    return f"{done} " + _("Submitted already, so nothing changed for: %(ids)s.") % {"ids": first_names(changed.left)}
