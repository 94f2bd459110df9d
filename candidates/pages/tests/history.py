"""The history of a test, and the same as a file, for its planners."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from candidates.access import changes_nothing, person, planned_test, planner_page
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.kept_search import say_if_cut
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.trails import trail_of
from candidates.pages.tests.history_rows import CANDIDATES, KINDS, History, HistoryFilter, download_history
from candidates.text import whole_number

PAGE = "page"


class HistoryForm(DeliverForm):
    """What is shown of the history; unbound, so that it never refuses."""

    q = forms.CharField(
        label=gettext_lazy("Candidate ID"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    who = forms.ChoiceField(label=gettext_lazy("Who"))
    kind = forms.ChoiceField(label=gettext_lazy("What"))
    day = forms.CharField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    use_required_attribute = False

    def __init__(self, history: History) -> None:
        """Offer who did something on the test, and the kinds of acts."""
        wanted = history.wanted
        super().__init__(initial={"q": wanted.q, "who": wanted.who, "kind": wanted.kind, "day": wanted.day})
        people = [("", _("Everybody")), (CANDIDATES, _("Candidates")), *history.staff]
        self.fields["who"].choices = people  # type: ignore[attr-defined]
        kinds = [("", _("Everything")), *((key, label) for key, (label, _acts) in KINDS.items())]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


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
