"""The history of a test, and the same as a file, for its planners."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from candidates.access import changes_nothing, person, planned_test, planner_page
from candidates.pages.shared.kept_search import say_if_cut
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.trails import trail_of
from candidates.pages.tests.history_forms import HistoryForm
from candidates.pages.tests.history_rows import History, HistoryFilter, download_history
from candidates.text import whole_number

PAGE = "page"


@require_safe
@planner_page
def show_history(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show what happened on the test, newest first, a page of it."""
    test = planned_test(person(request), test_id)
    history = History(test, HistoryFilter.of(request.GET))
    say_if_cut(request)
    page = max(1, min(whole_number(request.GET.get(PAGE, ""), digits=5), history.pages))
    query = history.wanted.query
    joined = f"{query}&" if query != "?" else query
    context = {
        "test": test,
        "history": history,
        "lines": history.lines(page),
        "filters": HistoryForm(history),
        "is_filtered": history.wanted != HistoryFilter(),
        "query": query,
        "page": page,
        "newer": f"{joined}{PAGE}={page - 1}" if page > 1 else "",
        "older": f"{joined}{PAGE}={page + 1}" if page < history.pages else "",
        "trail": trail_of(test, _("History")),
    }
    return render(request, "tests/history.html", context)


@require_POST
@needs_record
@planner_page
@changes_nothing
def download(request: HttpRequest, test_id: str) -> HttpResponse:
    """Send the acts that the page showed as a file; a POST, because every download is recorded."""
    test = planned_test(person(request), test_id)
    file = download_history(History(test, HistoryFilter.of(request.GET)), by=person(request))
    return HttpResponse(file.content, headers=file.headers)
