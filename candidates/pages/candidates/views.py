"""Manage candidates: the list, its download, and one candidate's page."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from candidates import audit
from candidates.access import candidate_of, changes_nothing, locations_in_order, person, planned_test, planner_page
from candidates.credentials.refusals import why_not_renewed, why_not_shown
from candidates.errors import Conflict, Refused
from candidates.intake.cells import looks_personal
from candidates.lifecycle.editing import ON_THE_SLIP, details_of, edit_candidate
from candidates.lifecycle.joining import joining_of
from candidates.models import Candidate, Test, User
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.candidates.columns import COLUMNS, REMEMBERED, Column, ColumnsForm, shown_columns
from candidates.pages.candidates.export import download_list
from candidates.pages.candidates.forms import CandidateForm, FilterForm
from candidates.pages.shared.candidate_lines import CandidateLine, end_head, lines_of
from candidates.pages.shared.candidate_list import CandidateList, ListFilter, candidate_list
from candidates.pages.shared.kept_search import keep_ticks, kept_ticks, say_if_cut, with_ticks
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.pasting import find_candidates, removed_words, tell_pasted
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.searching import NAME, PRIVATE_REFERENCE, Match
from candidates.pages.shared.ticked import Ticks, boxes
from candidates.pages.shared.trails import manage_trail, trail_of
from candidates.pages.shared.ways_in import kinds_to_add, news_of_lists
from candidates.tabular.exporting import ExportFormat
from candidates.timing import Stage, progress_of, stage_of

# Fields of the form that an error of a stored field stands at.
FIELD_OF = {"extra_minutes": "amount", "place": "building"}


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@planner_page
@changes_nothing
def list_candidates(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the candidates that match the filters of the address; a POST carries filters and ticks, and leads there."""
    test = planned_test(person(request), test_id)
    say_if_cut(request)
    if request.method == "POST":
        return _keep_and_show(request, test)
    candidates = candidate_list(test, ListFilter.of(request.GET))
    if any(line.private_reference or line.name for line in candidates.shown):
        # they are on the page without being asked for, so looking at it is what opens them
        audit.record_once(audit.Action.REFERENCES_SEEN, by=person(request), test=test)
    columns = shown_columns(request.session.get(REMEMBERED), candidates.everybody)
    context = list_context(test, candidates, person(request), columns, kept_ticks(request))
    return render(request, "candidates/list.html", context)


def _keep_and_show(request: HttpRequest, test: Test) -> HttpResponse:
    """Keep who is ticked, those as well whom the next search hides, and lead to the list that is asked for."""
    wanted = ListFilter.of(request.POST)
    if "all" in request.POST:
        wanted = ListFilter(sort=wanted.sort)
    ticked = boxes(request.POST)
    if "tick_pasted" in request.POST:
        pasted = find_candidates(test, request.POST.get("paste", ""))
        tell_pasted(request, request.POST.get("paste", ""), pasted, removed_words(test, pasted.missing))
        ticked = list(dict.fromkeys([*ticked, *pasted.found]))
    if "all_matching" in request.POST:
        # select-all means whom the page showed: by the filter in the address that the form was sent to
        shown = [line.public_id for line in candidate_list(test, ListFilter.of(request.GET)).shown]
        ticked = list(dict.fromkeys([*shown, *ticked]))
    return redirect(with_ticks(request.path, wanted.query, keep_ticks(request, ticked[:MAX_CANDIDATES])))


@require_POST
@planner_page
@changes_nothing
def choose_columns(request: HttpRequest, test_id: str) -> HttpResponse:
    """Remember the chosen columns, or forget them, and show the list with them, with who is ticked."""
    test = planned_test(person(request), test_id)
    form = ColumnsForm(request.POST)
    if "default" in request.POST:
        request.session.pop(REMEMBERED, None)
    elif form.is_valid():
        request.session[REMEMBERED] = form.cleaned_data["col"]
    else:
        messages.error(request, _("One of these columns does not exist. The columns are as they were."))
    address = reverse("candidates", args=[test.public_id])
    ticked = boxes(request.POST)
    if "all_matching" in request.POST:
        shown = [line.public_id for line in candidate_list(test, ListFilter.of(request.GET)).shown]
        ticked = list(dict.fromkeys([*shown, *ticked]))
    key = keep_ticks(request, ticked[:MAX_CANDIDATES], at=address)
    return redirect(with_ticks(address, ListFilter.of(request.GET).query, key))


@require_POST
@planner_page
@changes_nothing
@asks_password
def download_candidates(request: HttpRequest, test_id: str, kind: str) -> HttpResponse:
    """Send the rows that the page showed as a file: with private references and user names it is a key list.

    A POST, because every download is recorded.
    """
    test = planned_test(person(request), test_id)
    if kind not in ExportFormat.values:
        raise Http404
    candidates = candidate_list(test, ListFilter.of(request.GET))
    file = download_list(
        test=test,
        candidates=candidates,
        wanted=ExportFormat(kind),
        by=person(request),
        by_room=kind == ExportFormat.XLSX and request.POST.get("by_room") == "1",
    )
    return HttpResponse(file.content, headers=file.headers)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@planner_page
def edit_candidate_page(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Show one candidate, and store what was changed about the ID, extra time, location and private reference."""
    test = planned_test(person(request), test_id)
    found = candidate_of(test, candidate)
    if found.private_reference or found.name:
        audit.record_once(audit.Action.REFERENCES_SEEN, by=person(request), test=test)
    stored = details_of(found)
    started = found.started_at is not None
    data = request.POST if request.method == "POST" else None
    form = CandidateForm(data, test=test, stored=stored, started=started, known=locations_in_order())
    if request.method == "POST" and form.is_valid() and (changed := _saved(request, form, found)) is not None:
        _tell_what_changed(request, test, form.new.candidate_id, changed)
        return redirect("candidates", test.public_id)
    context = candidate_context(test, found, person(request)) | {"form": form}
    return render(request, "candidates/candidate.html", context, status=422 if form.errors else 200)


def list_context(
    test: Test, candidates: CandidateList, user: User, columns: Sequence[Column], ticked: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the list page shows beside the rows themselves."""
    stage = stage_of(test)
    names = {line.public_id: line.candidate_id for line in candidates.everybody} if ticked else {}
    ticks = Ticks.of(ticked, [line.public_id for line in candidates.shown], names)
    query = candidates.wanted.query
    return {
        "test": test,
        "stage": stage,
        "candidates": candidates,
        "rows": shown_rows(candidates, columns),
        "on": {column.key for column in columns},
        "switches": [(column, column in columns) for column in COLUMNS],
        "ticks": ticks,
        "end_head": end_head(test, candidates.everybody),
        "filters": FilterForm(candidates),
        "sort": candidates.wanted.sort,
        "query": f"?{query}" if query else "",
        "joining": joining_of(test),
        "takes_candidates": not test.is_demo and stage != Stage.FINISHED,
        "kinds_to_add": kinds_to_add(test, user),
        "list_news": news_of_lists(test, user),
        "has_imports": test.imports.on_tests().exists(),
        "trail": trail_of(test, _("Manage candidates")),
    }


def shown_rows(
    candidates: CandidateList, columns: Sequence[Column]
) -> list[tuple[CandidateLine, str, str, Match | None, str]]:
    """Return each line, the words of its box, what stands beside the ID, where a search found it, and its last cells.

    Beside the ID stands who it is where no column says that, and what a search found: on a phone only where it is
    shown elsewhere on wider pages. Cells that many rows share are rendered once.
    """
    select, matches = _("Select candidate %(id)s"), candidates.matches
    template, on = get_template("candidates/cells.html"), {column.key for column in columns}

    @cache
    def cells(extra_minutes: int, is_usual: bool, end: str) -> str:
        return template.render({"on": on, "extra": extra_minutes, "is_usual": is_usual, "end": end})

    rows = []
    for line in candidates.shown:
        match = matches.get(line.public_id)
        found = match if match is not None and match.label else None
        beside = "" if "reference" in on or (line.name and "name" in on) else line.private_reference
        if found is not None and found.label is PRIVATE_REFERENCE:
            beside = "" if "reference" in on else f"{PRIVATE_REFERENCE} {line.private_reference}"
            found = None
        elif found is not None and found.label is NAME:
            beside = beside if "name" in on else line.name
            found = None
        last = cells(line.extra_minutes, line.usual_end, line.end_shown)
        rows.append((line, select % {"id": line.candidate_id}, beside, found, last))
    return rows


def candidate_context(test: Test, candidate: Candidate, user: User) -> dict[str, Any]:
    """Return what one candidate's page shows beside its form."""
    no_slip = why_not_shown(test, candidate, by=user, invigilating=False)
    list_url = reverse("candidates", args=[test.public_id])
    return {
        "test": test,
        "stage": stage_of(test),
        "candidate": candidate,
        "line": lines_of(test, [candidate.public_id])[0],
        "progress": progress_of(candidate, test, now=timezone.now()),
        "personal": looks_personal(candidate.candidate_id) is not None,
        "may_see_slip": no_slip is None,
        "may_renew": why_not_renewed(test, candidate, by=user) is None,
        "withheld": no_slip.sentence if no_slip is not None and no_slip.reason == "withheld" else "",
        "cancel_url": list_url,
        "trail": [*manage_trail(test), (candidate.candidate_id, "")],
    }


def _saved(request: HttpRequest, form: CandidateForm, candidate: Candidate) -> tuple[str, ...] | None:
    """Store the form; return what was changed, or None with the reason in the form."""
    try:
        return edit_candidate(candidate=candidate, old=form.old, new=form.new, by=person(request))
    except Conflict as conflict:
        form.show_what_is_stored(conflict.stored)
        form.add_error(FIELD_OF.get(conflict.names[0], conflict.names[0]), conflict.sentence)
    except Refused as refusal:
        form.add_error(refusal.about or None, refusal.sentence)
    return None


def _tell_what_changed(request: HttpRequest, test: Test, candidate_id: str, changed: tuple[str, ...]) -> None:
    if not changed:
        messages.info(request, _("Nothing was changed about candidate %(id)s.") % {"id": candidate_id})
        return
    words = _("Candidate %(id)s is changed.") % {"id": candidate_id}
    if test.is_activated and ON_THE_SLIP.intersection(changed):
        words += " " + _("A slip that was printed before is out of date: print it again.")
    messages.success(request, words)
    if "candidate_id" in changed and looks_personal(candidate_id) is not None:
        messages.warning(request, _("%(id)s looks like a name. Graders see it.") % {"id": candidate_id})
