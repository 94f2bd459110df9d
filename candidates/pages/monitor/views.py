"""Monitor: the live table of a test, its download, and one candidate's page.

Candidates are named to planners, and to invigilators where the test lets them (access.sees_names); that is recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates import access, audit
from candidates.access import changes_nothing, monitor_page, person
from candidates.authentication_types import type_label
from candidates.credentials.refusals import why_no_key_list, why_not_shown
from candidates.credentials.standing_in import why_none_can_be_given
from candidates.models import Candidate, Location, Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.monitor.candidate import candidate_page
from candidates.pages.monitor.columns import Column, columns_of, offered
from candidates.pages.monitor.forms import ColumnsForm, FilterForm
from candidates.pages.monitor.overview import overview_of
from candidates.pages.monitor.rows import Watch, WatchFilter, line_of, watch
from candidates.pages.monitor.table import download_watch, shown_rows
from candidates.pages.shared.elsewhere import elsewhere_words, found_elsewhere
from candidates.pages.shared.finding import spoken
from candidates.pages.shared.kept_search import keep_ticks, kept_ticks, say_if_cut, with_ticks
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.ticked import Ticks, boxes
from candidates.signin.devices import devices_in_use
from candidates.signin.sessions import SessionStore, comes_by_itself
from candidates.tabular.exporting import ExportFormat
from candidates.text import all_of, any_of
from candidates.timing import Progress, last_end, longest_extra_seconds, stage_of

REMEMBERED = "monitor_columns"  # the columns that somebody chose, in the session


@dataclass(frozen=True)
class Asked:
    """What an address of Monitor asks for, by whom: everything that page, live part and download have in common."""

    test: Test
    rooms: tuple[Location, ...]  # to which the person is bound
    watch: Watch
    columns: list[Column]
    cols: list[str]  # the columns that stand in the address itself
    names: bool  # whether the person may know who the candidates are

    def query(self, wanted: WatchFilter | None = None, *, cols: bool = True) -> str:
        """Return the query string, with its question mark, that shows the same again, or another filter."""
        filters = (wanted or self.watch.wanted).query
        columns = urlencode([("col", key) for key in self.cols]) if cols else ""
        return "?" + "&".join(part for part in (filters, columns) if part)


@require_safe
@monitor_page
def list_tests(request: HttpRequest) -> HttpResponse:
    """Show the tests that the person may watch, today's first, each with its figures."""
    now = timezone.now()
    found = overview_of(person(request), now=now, all_over="over" in request.GET)
    return render(request, "monitor/list.html", {"found": found, "now": now, "trail": trail()})


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@monitor_page
@changes_nothing
def show(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the table of one test; a POST carries filters and ticks, and leads there."""
    asked = asked_of(request, test_id)
    say_if_cut(request)
    if request.method == "POST":
        wanted = WatchFilter.of(request.POST)
        if "all" in request.POST:
            wanted = WatchFilter(sort=wanted.sort)
        return _lead_with_ticks(request, asked, asked.query(wanted))
    return render(request, "monitor/test.html", page_of(request, asked, kept_ticks(request)))


@require_safe
@comes_by_itself
@needs_record
@monitor_page
def live(request: HttpRequest, test_id: str) -> HttpResponse:
    """Answer with the parts of the page that change by themselves, also to who has done nothing here for a while."""
    over = {"is_over": cast(SessionStore, request.session).is_over}
    return render(request, "monitor/live.html", page_of(request, asked_of(request, test_id)) | {"swapped": True} | over)


@require_POST
@monitor_page
@changes_nothing
def choose_columns(request: HttpRequest, test_id: str) -> HttpResponse:
    """Remember the chosen columns, or forget them, and show the table with them."""
    asked = asked_of(request, test_id)
    form = ColumnsForm(request.POST)
    if "default" in request.POST:
        request.session.pop(REMEMBERED, None)
    elif form.is_valid():
        request.session[REMEMBERED] = form.cleaned_data["col"]
    else:
        messages.error(request, _("One of these columns does not exist. The columns are as they were."))
    return _lead_with_ticks(request, asked, asked.query(cols=False))


def _names_people(request: HttpRequest, test_id: str, **_wanted: ExportFormat) -> bool:
    return any(column.personal for column in asked_of(request, test_id).columns)


@require_POST
@needs_record
@monitor_page
@changes_nothing
@partial(asks_password, only_if=_names_people)
def download(request: HttpRequest, test_id: str, wanted: ExportFormat) -> HttpResponse:
    """Send exactly what the page shows as a file; a POST, because every download is recorded."""
    asked = asked_of(request, test_id)
    by_room = wanted is ExportFormat.XLSX and request.POST.get("by_room") == "1"
    file = download_watch(asked.watch, asked.columns, wanted, by=person(request), by_room=by_room)
    return HttpResponse(file.content, headers=file.headers)


@require_safe
@needs_record
@monitor_page
def show_candidate(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Show how one candidate is doing, and the ways to help."""
    user, now = person(request), timezone.now()
    test = access.monitored_test(user, test_id)
    found = access.monitored_candidate(user, test, candidate)
    found.test = test
    rooms = access.room_binding(user, test)
    devices = devices_in_use(found.user_id, found.one_time_login_id)
    line = line_of(found, now=now, devices=len(devices))
    seen = Watch(test, now, WatchFilter(), [line], [line], [line], rooms)
    names = access.sees_names(user, test)
    if names and (found.name or found.private_reference):
        audit.record_once(audit.Action.REFERENCES_SEEN, by=user, test=test)
    plans = access.plans(user, test)
    could_get_one = _lacks_one_time_login(found) and not why_none_can_be_given(test)
    context = {
        "test": test,
        "candidate": found,
        "page": candidate_page(found, line, seen, devices),
        "name": spoken(found.name) if names else "",
        "reference": found.private_reference if names else "",
        "updated": timezone.localtime(now).strftime("%H:%M:%S"),
        "may_see_details": why_not_shown(test, found, by=user, invigilating=not plans) is None,
        "may_time": test.is_activated and plans,
        "may_give_login": plans and could_get_one,
        "may_seat": bool(access.rooms_to_seat_in(user, test, found)),
        "may_ask_for_login": type_label(found.authentication_type) if could_get_one and not plans else "",
        "trail": trail(test, found.candidate_id),
    }
    return render(request, "monitor/candidate.html", context)


def asked_of(request: HttpRequest, test_id: str) -> Asked:
    """Return what the address asks for. Raises Http404 for a test that the person may not watch."""
    test = access.monitored_test(person(request), test_id)
    names = access.sees_names(person(request), test)
    rooms = access.room_binding(person(request), test)
    cols = [column.key for column in offered(names=names) if column.key in request.GET.getlist("col")]
    columns = columns_of(cols, request.session.get(REMEMBERED), names=names)
    wanted = WatchFilter.of(request.GET)
    who = names and (bool(wanted.q) or any(column.personal for column in columns))
    found = watch(test, wanted, rooms=rooms, now=timezone.now(), who=who)
    return Asked(test, rooms, found, columns, cols, names)


def _lead_with_ticks(request: HttpRequest, asked: Asked, query: str) -> HttpResponseRedirect:
    """Lead to the table by this query, with who is ticked, those as well whom it hides; for who may tick."""
    ticked = boxes(request.POST)
    if every := request.POST.get("all_matching"):
        # select-all without the script: whom the page showed, by the filter in the address that the form was sent to
        shown = [line.public_id for line in asked.watch.shown]
        if every == str(len(shown)):
            ticked = list(dict.fromkeys([*shown, *ticked]))
        else:
            messages.warning(request, _("The table has changed meanwhile. Tick the rows again."))
    if ticked and not (asked.test.is_activated and access.plans(person(request), asked.test)):
        ticked = []
    address = reverse("monitor-test", args=[asked.test.public_id])
    return redirect(
        with_ticks(address, query.removeprefix("?"), keep_ticks(request, ticked[:MAX_CANDIDATES], at=address))
    )


def page_of(request: HttpRequest, asked: Asked, ticked: Sequence[str] = ()) -> dict[str, Any]:
    """Return what page and live part show; the script carries the ticks of the page into the live part."""
    test, found = asked.test, asked.watch
    others_found = found_elsewhere(test, asked.rooms, found.wanted.q, names=asked.names)
    elsewhere = elsewhere_words(others_found, found.wanted.q, here=bool(found.found))
    rows = shown_rows(found, asked.columns)
    if any(row.found or any(row.people) for row in rows) or any(one.name for one in others_found):
        audit.record_once(audit.Action.REFERENCES_SEEN, by=person(request), test=test)
    plans = access.plans(person(request), test)
    may_time = test.is_activated and plans
    shown = {line.public_id for line in found.shown}
    others = {line.public_id: line.candidate_id for line in found.everybody if line.public_id not in shown}
    ticks = Ticks.of(ticked if may_time else (), shown, others)
    return {
        "test": test,
        "place": all_of([str(room) for room in asked.rooms]),
        "any_place": any_of([str(room) for room in asked.rooms]),
        "stage": stage_of(test, now=found.now),
        "last_end": last_end(test, longest_extra_seconds(test)),
        "watch": found,
        "elsewhere": elsewhere,
        "columns": [column for column in asked.columns if not column.personal],
        "switches": [(column, column in asked.columns) for column in offered(names=asked.names)],
        "names": asked.names,
        "personal": [column for column in asked.columns if column.personal],
        "rows": rows,
        "ticks": ticks,
        # asked for by the script when somebody is ticked: a swap tells who left the table and who left the test
        "others": "\n".join(f"{public_id} {name}" for public_id, name in others.items())
        if may_time and "ticked" in request.GET
        else None,
        "ways": ways_of(asked),
        "filters": FilterForm(found.wanted, found.places, bound=bool(asked.rooms), some_joined=found.some_joined),
        "cols": asked.cols,
        "query": asked.query(),
        "plain_query": asked.query(cols=False),
        "idle_minutes": settings.SESSION_IDLE_MINUTES,
        "updated": timezone.localtime(found.now).strftime("%H:%M:%S"),
        "may_time": may_time,
        "may_have_key_list": not plans and why_no_key_list(test, by=person(request)) is None,
        "may_give_logins": may_time and not why_none_can_be_given(test) and _sso_sits_it(found),
        "trail": trail(test),
    }


def _sso_sits_it(found: Watch) -> bool:
    return any(line.stored.kind == Candidate.Kind.SSO for line in found.everybody)


def _lacks_one_time_login(candidate: Candidate) -> bool:
    return candidate.kind == Candidate.Kind.SSO and candidate.one_time_login_id is None


def ways_of(asked: Asked) -> list[dict[str, Any]]:
    """Return the progress values as buttons of the form, each with how many there are."""
    found = asked.watch
    states = [("", _("All"), len(found.found)), *((p.value, str(p.label), found.counts[p.value]) for p in Progress)]
    return [
        {
            "text": text,
            "name": "progress",
            "value": value,
            "current": found.wanted.progress == value,
            "count": count,
        }
        for value, text, count in states
    ]


def trail(test: Test | None = None, *here: str, table: str = "") -> list[tuple[str, str]]:
    """Return the breadcrumbs: the list, the test, and the page's own name; `table` is the table's address as it was."""
    steps = [(_("Monitor"), reverse("monitor"))]
    if test is not None:
        steps.append((Truncator(test.name).chars(50), table or reverse("monitor-test", args=[test.public_id])))
    return [*steps, *((text, "") for text in here)]
