"""The results of a test: names, marks and grades for its planners, as a page and as a file, and the scale."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates import audit
from candidates.access import changes_nothing, person, planned_test, planner_page
from candidates.lifecycle.scales import change_scale, scale_of
from candidates.models import Test
from candidates.pages.results.forms import FilterForm, ScaleForm, bounds_of
from candidates.pages.results.rows import download_results, results_of
from candidates.pages.shared.base import attempt, status_of
from candidates.pages.shared.kept_search import say_if_cut
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.trails import Trail, trail_of
from candidates.tabular.exporting import ExportFormat
from candidates.text import when, zone
from candidates.timing import Stage, last_end, longest_extra_seconds, stage_of


@require_safe
@needs_record
@planner_page
def show_results(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the results of a test that is over; before that, how far grading is, and when they will be here."""
    test, now = planned_test(person(request), test_id), timezone.now()
    results = results_of(test, request.GET, now=now)
    stage = stage_of(test, now=now)
    say_if_cut(request)
    if stage == Stage.FINISHED and results.shows_references:
        # they are on the page without being asked for, so looking at it is what opens them
        audit.record_once(audit.Action.REFERENCES_SEEN, by=person(request), test=test)
    context = {
        "test": test,
        "results": results,
        "stage": stage,
        "is_over": stage == Stage.FINISHED,
        "last_end": last_end(test, longest_extra_seconds(test)),
        "not_yet": not_yet(test),
        "filters": FilterForm(results),
        "who_url": replace(results.wanted, who="" if results.wanted.who else "1").query,
        "trail": trail_of(test, _("Results")),
    }
    return render(request, "results/list.html", context)


@require_POST
@planner_page
@changes_nothing
@asks_password
def download(request: HttpRequest, test_id: str, kind: str) -> HttpResponse:
    """Send the shown results as a file, which says who got which mark; a POST, because every download is recorded."""
    test, now = planned_test(person(request), test_id), timezone.now()
    if kind not in ExportFormat.values:
        raise Http404
    if stage_of(test, now=now) != Stage.FINISHED:
        messages.error(request, not_yet(test))
        return redirect("results", test.public_id)
    file = download_results(results_of(test, request.GET, now=now), ExportFormat(kind), by=person(request))
    return HttpResponse(file.content, headers=file.headers)


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def edit_scale(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the scale of a test, and store another one."""
    test, now = planned_test(person(request), test_id), timezone.now()
    form = ScaleForm(request.POST if request.method == "POST" else None, scale=scale_of(test))
    if form.is_bound and form.is_valid():
        scale, seen = form.cleaned_data["scale"], form.cleaned_data["seen"]
        changed = attempt(form, lambda: change_scale(test=test, scale=scale, seen=seen, by=person(request)))
        if changed is not None:
            messages.success(request, _("The scale is saved.") if changed else _("The scale is as it was."))
            return redirect("results", test.public_id)
    results = results_of(test, {}, now=now)
    context = {
        "test": test,
        "form": form,
        **bounds_of(form, results),
        "trail": _scale_trail(test),
    }
    return render(request, "results/scale.html", context, status=status_of(form))


def not_yet(test: Test) -> str:
    """Return when the results will be there."""
    end = last_end(test, longest_extra_seconds(test))
    if not test.is_activated or end is None:
        return _("Results are here once the test has been taken.")
    words = _("Results are here once the last candidate’s time is over, %(end)s %(zone)s.")
    return words % {"end": when(end), "zone": zone()}


def _scale_trail(test: Test) -> Trail:
    *above, _here = trail_of(test, "")
    return [*above, (_("Results"), reverse("results", args=[test.public_id])), (_("Grade scale"), "")]
