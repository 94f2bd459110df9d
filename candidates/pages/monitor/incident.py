"""Incident time for ticked candidates: ask for it, show who ends when, and only then change it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from candidates.access import monitor_page, person, timed_test
from candidates.errors import Conflict, Refused
from candidates.lifecycle.accommodations import Change, Changed, change_incident_time
from candidates.models import Test
from candidates.pages.monitor.forms import ConfirmedIncidentTimeForm, IncidentTimeForm
from candidates.pages.monitor.incident_rows import IncidentLine, incident_lines
from candidates.pages.monitor.rows import WatchFilter
from candidates.pages.monitor.views import asked_of, trail
from candidates.pages.shared.kept_search import keep_ticks, with_ticks
from candidates.pages.shared.ticked import TickedForm
from candidates.timing import Stage, stage_of

MOST_NAMED = 10  # candidates in a message, which travels in the session


@require_POST
@monitor_page
def ask(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask how much incident time the ticked candidates get, and why."""
    test = timed_test(person(request), test_id)
    chosen = chosen_by(request, test)
    if isinstance(chosen, HttpResponseRedirect):
        return chosen
    return asking(request, test, chosen, IncidentTimeForm())


@require_POST
@monitor_page
def check(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show when each of them would end, and ask for the last word."""
    test = timed_test(person(request), test_id)
    chosen = chosen_by(request, test)
    if isinstance(chosen, HttpResponseRedirect):
        return chosen
    form = IncidentTimeForm(request.POST)
    if not form.is_valid():
        return asking(request, test, chosen, form)
    return confirming(request, test, chosen, form)


@require_POST
@monitor_page
def save(request: HttpRequest, test_id: str) -> HttpResponse:
    """Change the incident time, and say who keeps what they had."""
    test = timed_test(person(request), test_id)
    chosen = chosen_by(request, test)
    if isinstance(chosen, HttpResponseRedirect):
        return chosen
    form = ConfirmedIncidentTimeForm(request.POST)
    if not form.is_valid():
        return asking(request, test, chosen, form.visible())
    ids = [line.public_id for line in chosen]
    typed = {name: form.cleaned_data[name] for name in ("minutes", "reason", "seen")}
    try:
        changed = change_incident_time(test=test, public_ids=ids, how=form.change, by=person(request), **typed)
    except Conflict as refusal:
        return confirming(request, test, chosen, form, refusal.sentence)
    except Refused as refusal:
        form.add_error(None, refusal.sentence)
        return asking(request, test, chosen, form.visible())
    messages.success(request, done_words(changed))
    return back(request, test)


def chosen_by(request: HttpRequest, test: Test) -> list[IncidentLine] | HttpResponseRedirect:
    """Return the ticked candidates, or the way back to the table where nobody is ticked or the table has changed."""
    ticked = TickedForm(request.POST)
    if not ticked.is_valid():
        messages.error(request, " ".join(str(text) for texts in ticked.errors.values() for text in texts))
        return back(request, test)
    ids = ticked.cleaned_data["ids"]
    if expected := ticked.cleaned_data["all_matching"]:
        shown = [line.public_id for line in asked_of(request, test.public_id).watch.shown]
        if len(shown) != expected:
            messages.error(request, _("The table has changed meanwhile, so nothing was changed. Tick the rows again."))
            return back(request, test)
        ids = [*shown, *ids]  # those who were ticked before the search as well
    lines = incident_lines(test, ids, now=timezone.now())
    if not lines:
        messages.error(request, _("The ticked candidates are not on the test any more. Nothing was changed."))
        return back(request, test)
    return lines


def refuse_what_cannot_be(form: IncidentTimeForm, lines: list[IncidentLine]) -> None:
    """Add an error where a sum passes the limit (D11) or nobody's minutes would change."""
    limit = settings.EXTRA_TIME_LIMIT_MINUTES
    over = [line for line in lines if line.changes and line.new_minutes > limit]
    if over:
        words = {"id": over[0].candidate_id, "sum": over[0].new_minutes, "limit": limit}
        text = _("Candidate %(id)s would have %(sum)d minutes of incident time. At most %(limit)d are possible.")
        form.add_error("minutes", text % words)
    elif not any(line.changes for line in lines):
        form.add_error("minutes", _("Nobody's incident time would change: they have submitted, or have these minutes."))


def confirming(
    request: HttpRequest, test: Test, chosen: list[IncidentLine], form: IncidentTimeForm, refusal: str = ""
) -> HttpResponse:
    """Render the page that asks for the last word; with a refusal where what it showed is not up to date any more."""
    how, minutes, ids = form.change, form.cleaned_data["minutes"], [line.public_id for line in chosen]
    now = timezone.now()
    lines = incident_lines(test, ids, now=now, how=how, minutes=minutes)
    refuse_what_cannot_be(form, lines)
    if form.errors:
        return asking(request, test, chosen, form.visible())
    changing = sum(line.changes for line in lines)
    context = base_context(request, test, lines) | {
        "form": ConfirmedIncidentTimeForm.of(form, lines),
        "question": question_of(how, minutes, changing),
        "button": button_of(how, minutes, changing),
        "reopens": sum(line.changes and not line.is_over for line in lines)
        if stage_of(test, now=now) == Stage.FINISHED
        else 0,
        "reason": form.cleaned_data["reason"],
        "problems": [("", refusal)] if refusal else [],
        "error": bool(refusal),
    }
    return render(request, "monitor/incident_confirm.html", context, status=422 if refusal else 200)


def asking(request: HttpRequest, test: Test, lines: list[IncidentLine], form: IncidentTimeForm) -> HttpResponse:
    """Render the page that asks; with 422 where what was typed cannot be."""
    context = base_context(request, test, lines) | {"form": form}
    return render(request, "monitor/incident_ask.html", context, status=422 if form.errors else 200)


def base_context(request: HttpRequest, test: Test, lines: list[IncidentLine]) -> dict[str, Any]:
    """Return what both pages show: who is meant, and the way back with the filters and ticks of the table."""
    ids, table = [line.public_id for line in lines], reverse("monitor-test", args=[test.public_id])
    back_there = with_ticks(table, WatchFilter.of(request.GET).query, keep_ticks(request, ids, at=table))
    return {
        "test": test,
        "lines": lines,
        "ids": ",".join(ids),
        "query": query_of(request),
        "cancel_url": back_there,
        "trail": trail(test, _("Incident time"), table=back_there),
        "section": "monitor",
    }


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
    names, more = ", ".join(changed.left[:MOST_NAMED]), len(changed.left) - MOST_NAMED
    names += _(" and %(n)d more") % {"n": more} if more > 0 else ""
    return f"{done} " + _("Submitted already, so nothing changed for: %(ids)s.") % {"ids": names}
