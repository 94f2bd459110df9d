"""Papers for the hall: packs of rooms, one paper of all, what changed, void slips, and whom to call."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from candidates.access import person, planned_test, planner_page
from candidates.credentials.hall_papers import Wanted, open_papers, render_papers
from candidates.credentials.opening import Action, NotWhole
from candidates.credentials.paper.attendance import attendance_lines
from candidates.credentials.paper.facts import contacts_of, rooms_of_test
from candidates.credentials.paper.kinds import PaperKind
from candidates.credentials.refusals import NotShown
from candidates.credentials.void_slips import note_taken_out
from candidates.lifecycle.tests import set_hall_contacts
from candidates.models import Test
from candidates.pages.login_details.hall_forms import ContactsForm, PapersForm
from candidates.pages.login_details.hall_rows import USUAL, hall_rows
from candidates.pages.login_details.views import details_trail, opens_secrets, post_alone
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.trails import trail_of
from candidates.tabular.exporting import ExportFormat, file_name, headers_of, workbook_bytes
from candidates.timing import stage_of


@require_safe
@planner_page
def index(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the rooms of a test, its papers, and what changed since they were made; nothing secret."""
    test = planned_test(person(request), test_id)
    return _page(request, test)


@post_alone
@opens_secrets(Action.PAPERS_MADE)
@planner_page
@asks_password
@sensitive_variables()
def download(request: HttpRequest, test_id: str) -> HttpResponse:
    """Send the papers that are asked for as one PDF."""
    test = planned_test(person(request), test_id)
    form = PapersForm(request.POST, rooms=[room.value for room in rooms_of_test(test)])
    if not form.is_valid():
        return _page(request, test, form, status=422)
    try:
        papers = open_papers(test=test, wanted=form.wanted, by=person(request), anyway=form.cleaned_data["anyway"])
    except NotWhole as refusal:
        context = {"test": test, "refusal": refusal, "form": form, "is_pdf": False, "cancel": "hall-papers"}
        context |= {"trail": details_trail(test, _("Not complete"))}
        return render(request, "login_details/not_whole.html", context, status=409)
    except NotShown as refusal:
        return _page(request, test, form, refusal=refusal.sentence, status=409)
    name = file_name(test, form.cleaned_data["one_paper"] or "papers", ending="pdf")
    return HttpResponse(render_papers(papers), headers=headers_of(name, "application/pdf"))


@post_alone
@opens_secrets(Action.PAPERS_MADE)
@planner_page
@asks_password
def download_workbook(request: HttpRequest, test_id: str) -> HttpResponse:
    """Send the attendance lists as a workbook, a room on each sheet."""
    test = planned_test(person(request), test_id)
    try:
        papers = open_papers(test=test, wanted=Wanted(frozenset({PaperKind.ATTENDANCE})), by=person(request))
    except NotShown as refusal:
        return _page(request, test, refusal=refusal.sentence, status=409)
    sheets = [(room.name, attendance_lines(papers.hall, room)) for room in papers.hall.rooms if room.people]
    headers = headers_of(file_name(test, "attendance", ending="xlsx"), ExportFormat.XLSX.label)
    return HttpResponse(workbook_bytes(sheets), headers=headers)


@post_alone
@planner_page
def take_out_void(request: HttpRequest, test_id: str) -> HttpResponse:
    """Note that the void slips which the page named are out of their piles."""
    test = planned_test(person(request), test_id)
    keys = [int(key) for key in request.POST.getlist("slip")[:10_000] if key.isascii() and key.isdecimal()]
    count = note_taken_out(test=test, keys=keys, by=person(request))
    words = ngettext("%(n)d void slip is out of its pile.", "%(n)d void slips are out of their piles.", count)
    if count:
        messages.success(request, words % {"n": count})
    else:
        messages.info(request, _("None of them was void any more. Nothing was changed."))
    return redirect("hall-papers", test_id)


@post_alone
@planner_page
def contacts(request: HttpRequest, test_id: str) -> HttpResponse:
    """Store whom to call from the hall."""
    test = planned_test(person(request), test_id)
    form = ContactsForm(request.POST)
    if not form.is_valid():
        return _page(request, test, contacts=form, status=422)
    set_hall_contacts(test=test, contacts=form.cleaned_data["contacts"], by=person(request))
    messages.success(request, _("Cover sheets say whom to call from now on."))
    return redirect("hall-papers", test_id)


def _page(
    request: HttpRequest,
    test: Test,
    form: PapersForm | None = None,
    *,
    contacts: ContactsForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    sent = form is not None and not form.data.get("one_paper")
    papers = form.data.getlist("paper") if sent and form is not None else [kind.value for kind in USUAL]  # type: ignore[attr-defined]
    ticked = form.data.getlist("room") if sent and form is not None else None  # type: ignore[attr-defined]
    form = form or PapersForm(rooms=[])
    rows = hall_rows(test, ticked=ticked, papers=papers, layout=form.slip_layout)
    planners = [str(one.user) for one in test.contributors.filter(role="planner").select_related("user")]
    context = {
        "test": test,
        "stage": stage_of(test),
        "form": form,
        "contacts": contacts or ContactsForm(initial={"contacts": test.hall_contacts}),
        "called": contacts_of(test, planners),
        "hall": rows,
        "papers": papers,
        "refusal": refusal,
        "installation": settings.HALL_CONTACTS,
        "trail": trail_of(test, _("Papers for the hall")),
    }
    return render(request, "login_details/hall_papers.html", context, status=status)
