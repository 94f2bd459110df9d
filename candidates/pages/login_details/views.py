"""Candidate login details: the page that shows nothing secret yet, and what is opened from it."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from candidates.access import person, planned_test, planner_page
from candidates.credentials.opening import Action, NotWhole, Opened, open_details
from candidates.credentials.opening_history import last_openings, openings_of
from candidates.credentials.overview import Overview, overview
from candidates.credentials.refusals import NotShown, record_refused
from candidates.credentials.slips import Layout
from candidates.credentials.slips_export import print_page, render_csv
from candidates.credentials.slips_pdf import render_pdf
from candidates.credentials.void_slips import void_slips
from candidates.errors import Refused
from candidates.models import SlipPrint, Test
from candidates.pages.login_details.forms import ROOMS, WhoseForm
from candidates.pages.login_details.rows import slips_of
from candidates.pages.shared.base import problems
from candidates.pages.shared.candidate_list import ListFilter, ticked_lines
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.ticked import TickedForm
from candidates.pages.shared.trails import trail_of
from candidates.tabular.exporting import ExportFormat, file_name, headers_of
from candidates.timing import stage_of

View = Callable[..., HttpResponse]
KIND = "login-details"  # in the names of files
SOME_OPENINGS, ALL_OPENINGS = 5, 500
LAYOUT_WORDS: dict[Layout, str] = {"page": "one-per-page", "compact": "six-per-page"}


def opens_secrets(action: Action) -> Callable[[View], View]:
    """Guard a view that opens something: refused tries are recorded, and without the audit nothing is opened (C61)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def with_refusals(request: HttpRequest, test_id: str, **parts: str) -> HttpResponse:
            try:
                return view(request, test_id, **parts)
            except (Http404, PermissionDenied):
                if request.method == "POST":
                    record_refused(action, test_public_id=test_id, by=person(request))
                    request.refusal_recorded = True  # type: ignore[attr-defined]  # read by ExceptionMiddleware
                raise

        return needs_record(with_refusals)

    return decorate


def post_alone(view: View) -> View:
    """Take POST alone; who has to log in first comes to the own first page, not to this address with a GET."""
    guarded: View = require_POST(view)
    guarded.redirect_field_name = ""  # type: ignore[attr-defined]  # read by LoginRequiredMiddleware
    return guarded


@require_safe
@planner_page
def index(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show whose login details there are, who opened them last and until when; nothing secret."""
    test = planned_test(person(request), test_id)
    details = overview(test, to=person(request))
    form = WhoseForm(details=details)
    return the_page(request, test, details, form)


@post_alone
@planner_page
def index_of_ticked(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the same page for the candidates that were ticked in Manage candidates; nothing is opened or stored."""
    test = planned_test(person(request), test_id)
    ticked = TickedForm(request.POST)
    details = overview(test, to=person(request))
    try:
        if not ticked.is_valid():
            raise Refused(next((text for _href, text in problems(ticked)), ""))
        ids, everyone = ticked.cleaned_data["ids"], ticked.cleaned_data["all_matching"]
        lines = ticked_lines(test, ListFilter.of(request.GET), public_ids=ids, all_matching=everyone)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("candidates", test_id)
    form = WhoseForm(details=details, ticked=[line.public_id for line in lines])
    return the_page(request, test, details, form, ticked=len(lines))


@post_alone
@opens_secrets(Action.DETAILS_LISTED)
@planner_page
@asks_password
@sensitive_variables()
def show_list(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show username and password of the chosen candidates as a table."""
    test = planned_test(person(request), test_id)

    def answer(opened: Opened, _layout: Layout) -> HttpResponse:
        slips = opened.sheet.slips
        latest = [slip.ends_at_latest for slip in slips]
        context = {"test": test, "opened": opened, "slips": slips, "latest": all(latest)}
        context["mixed"] = any(latest) and not all(latest)
        context["trail"] = details_trail(test, _("List"))
        return render(request, "login_details/list.html", context)

    return _answer(request, test, Action.DETAILS_LISTED, answer)


@post_alone
@opens_secrets(Action.DETAILS_PRINTED)
@planner_page
@asks_password
@sensitive_variables()
def print_slips(request: HttpRequest, test_id: str, layout: Layout) -> HttpResponse:
    """Show the slips of the chosen candidates as pages to print."""
    test = planned_test(person(request), test_id)

    def answer(opened: Opened, layout: Layout) -> HttpResponse:
        context = {**print_page(opened.sheet, layout=layout), "back_url": reverse("login-details", args=[test_id])}
        context |= {"withheld_words": opened.withheld_words if opened.withheld else ""}
        return render(request, "login_details/slips.html", context)

    return _answer(request, test, Action.DETAILS_PRINTED, answer, layout)


@post_alone
@opens_secrets(Action.DETAILS_CSV)
@planner_page
@asks_password
@sensitive_variables()
def download_csv(request: HttpRequest, test_id: str) -> HttpResponse:
    """Send the login details of the chosen candidates as CSV."""
    test = planned_test(person(request), test_id)

    def answer(opened: Opened, _layout: Layout) -> HttpResponse:
        headers = headers_of(file_name(test, KIND, ending="csv"), ExportFormat.CSV.label)
        return HttpResponse(render_csv(opened.sheet), headers=headers)

    return _answer(request, test, Action.DETAILS_CSV, answer)


@post_alone
@opens_secrets(Action.DETAILS_PDF)
@planner_page
@asks_password
@sensitive_variables()
def download_pdf(request: HttpRequest, test_id: str, layout: Layout) -> HttpResponse:
    """Send the slips of the chosen candidates as PDF."""
    test = planned_test(person(request), test_id)

    def answer(opened: Opened, layout: Layout) -> HttpResponse:
        name = file_name(test, KIND, layout=LAYOUT_WORDS[layout], ending="pdf")
        return HttpResponse(render_pdf(opened.sheet, layout=layout), headers=headers_of(name, "application/pdf"))

    return _answer(request, test, Action.DETAILS_PDF, answer, layout)


def asked_of(request: HttpRequest, test: Test) -> tuple[Overview, WhoseForm, bool]:
    """Return what there is, the form as it was sent, and whether it says whom it means.

    Where nothing can be shown there is nothing to choose from: the refusal of the opening says why.
    """
    details = overview(test, to=person(request))
    form = WhoseForm(request.POST, details=details)
    return details, form, form.is_valid() or not details.can_be_shown


def _answer(
    request: HttpRequest,
    test: Test,
    action: Action,
    answer: Callable[[Opened, Layout], HttpResponse],
    usual: Layout = "page",
) -> HttpResponse:
    """Open what is asked for and answer with it; say what is wrong where it is not opened."""
    details, form, is_plain = asked_of(request, test)
    if not is_plain:
        return the_page(request, test, details, form, status=422)
    anyway, layout = bool(form.cleaned_data.get("anyway")), form.layout_or(usual)
    try:
        opened = open_details(
            test=test, choice=form.choice, action=action, by=person(request), layout=layout, anyway=anyway
        )
    except NotWhole as refusal:
        context = {"test": test, "refusal": refusal, "form": form, "is_pdf": action == Action.DETAILS_PDF}
        context |= {"trail": details_trail(test, _("Not complete"))}
        return render(request, "login_details/not_whole.html", context, status=409)
    except NotShown as refusal:
        return the_page(request, test, details, form, refusal=refusal.sentence, status=409)
    return answer(opened, layout)


def the_page(
    request: HttpRequest, test: Test, details: Overview, form: WhoseForm, status: int = 200, **more: object
) -> HttpResponse:
    """Render the page of the login details, with `refusal` on top where an act was not done."""
    everything = "all" in request.GET
    sent = form["room"].value() if form.is_bound and form["whose"].value() == ROOMS else None
    context = {
        "test": test,
        "stage": stage_of(test),
        "details": details,
        "form": form,
        "slips": slips_of(
            details,
            of=form.ticked or None,
            ticked=sent,
            layout=form["layout"].value() or "",
        ),
        "layouts": SlipPrint.Layout,
        "void": len(void_slips(test)) if details.not_printed else 0,
        "openings": last_openings(test, most=ALL_OPENINGS if everything else SOME_OPENINGS),
        "openings_count": openings_of(test),
        **more,
    }
    context["trail"] = trail_of(test, _("Candidate login details"))
    return render(request, "login_details/index.html", context, status=status)


def details_trail(test: Test, here: str) -> list[tuple[str, str]]:
    """Return the breadcrumbs of a page below the login details."""
    return [
        *trail_of(test),
        (_("Candidate login details"), reverse("login-details", args=[test.public_id])),
        (here, ""),
    ]
