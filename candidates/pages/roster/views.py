"""What changed at the student system of a test: looked at, seen, applied; and the connection itself."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import candidate_of, person, planned_test, planner_page
from candidates.errors import Refused
from candidates.models import Test
from candidates.pages.roster.connecting import choose_page
from candidates.pages.roster.forms import JOINS, LEAVES, NOTHING, FindForm, ItselfForm, ticked_of
from candidates.pages.roster.rows import changes_page
from candidates.pages.shared.base import attempt
from candidates.pages.shared.trails import trail_of
from candidates.rosters.applying import apply, take_the_sources_again
from candidates.rosters.connecting import choose_applying, connection_of, disconnect
from candidates.rosters.fields import FIELDS
from candidates.rosters.looking import look_now
from candidates.rosters.planning import latest_plan
from candidates.rosters.source import SourceError
from candidates.text import plural


@require_safe
@planner_page
def show_roster(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show what the last look would change; of a test without an exam, the search for one."""
    test = planned_test(person(request), test_id)
    if connection_of(test) is None:
        return choose_page(request, FindForm(), test)
    return _changes(request, test)


@require_POST
@planner_page
def look(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask the student system now; nobody joins or leaves by that."""
    test = planned_test(person(request), test_id)
    try:
        found = look_now(test=test, by=person(request))
    except SourceError as error:
        kept = _("Nothing was changed, and the last good look is kept.")
        messages.error(request, f"{_('The student system could not be read.')} {error} {kept}")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        words = _("Looked at just now: %(people)s registered.")
        messages.success(request, words % {"people": plural(found.count, "person")})
    return redirect("roster", test_id)


@require_POST
@planner_page
def apply_changes(request: HttpRequest, test_id: str) -> HttpResponse:
    """Do what is ticked, all of it or nothing."""
    test = planned_test(person(request), test_id)
    plan = latest_plan(test)
    if plan is None:
        messages.error(request, _("The test is not connected with a student system any more. Nothing was changed."))
        return redirect("roster", test_id)
    ticked = ticked_of(plan, request.POST)
    try:
        done = apply(
            test=test,
            ticked=ticked,
            seen=request.POST.get("seen", "")[:64],
            by=person(request),
            brake_confirmed=request.POST.get("confirmed") == "1",
        )
    except Refused as refusal:
        return _changes(request, planned_test(person(request), test_id), ticked=ticked, refusal=refusal.sentence)
    said = _("Applied: %(joined)d joined, %(changed)d changed, %(left)d left.")
    counted = {"joined": done.joined, "changed": done.changed, "left": done.left}
    messages.success(request, said % counted)
    return redirect("roster", test_id)


@require_POST
@planner_page
def take(request: HttpRequest, test_id: str) -> HttpResponse:
    """Give one value of somebody back to the student system."""
    test = planned_test(person(request), test_id)
    public_id, _colon, field = request.POST.get("take", "").partition(":")
    if field in FIELDS:
        candidate = candidate_of(test, public_id)
        try:
            take_the_sources_again(candidate=candidate, field=field, by=person(request))
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            words = _("%(id)s has the student system’s value again.")
            messages.success(request, words % {"id": candidate.candidate_id})
    return redirect("roster", test_id)


@require_POST
@planner_page
def choose(request: HttpRequest, test_id: str) -> HttpResponse:
    """Say what is applied without a planner."""
    test = planned_test(person(request), test_id)
    form = ItselfForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data["applies"]

        def act() -> bool:
            choose_applying(test=test, applies=chosen != NOTHING, removes=chosen == LEAVES, by=person(request))
            return True

        if attempt(form, act):
            words = {
                NOTHING: _("Nothing changes on the test before a planner applies it."),
                JOINS: _("Who joins and what changes is applied by itself from the next look on."),
                LEAVES: _("Changes are applied by itself from the next look on, also who leaves."),
            }
            messages.success(request, words[chosen])
            return redirect("roster", test_id)
    for errors in form.errors.values():
        for text in errors:
            messages.error(request, str(text))
    return redirect("roster", test_id)


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def ask_to_disconnect(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask, and on POST end the connection; everybody stays on the test."""
    test = planned_test(person(request), test_id)
    if request.method == "POST":
        try:
            disconnect(test=test, by=person(request))
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, _("Disconnected. Everybody stays on the test."))
        return redirect("deliver-test", test_id)
    connection = connection_of(test)
    if connection is None:
        return redirect("roster", test_id)
    context = {
        "test": test,
        "question": _("Disconnect from %(title)s?") % {"title": connection.title},
        "lede": test.name,
        "consequence": _(
            "Everybody stays on the test, with room, seat and login. What changes at the student system after that is "
            "not looked at any more, and what waits is forgotten. You can connect the test again."
        ),
        "button": _("Disconnect"),
        "calm": True,
        "cancel_url": reverse("roster", args=[test_id]),
        "trail": [*trail_of(test), (_("Student system"), reverse("roster", args=[test_id])), (_("Disconnect"), "")],
    }
    return render(request, "components/confirm.html", context)


def _changes(
    request: HttpRequest, test: Test, *, ticked: Collection[str] | None = None, refusal: str = ""
) -> HttpResponse:
    """Render the plan of the last look, with the ticks that were sent where something was refused."""
    connection = connection_of(test)
    if connection is None:
        return choose_page(request, FindForm(), test)
    page = changes_page(test, connection, ticked=ticked, show_all="all" in request.GET)
    context = {
        "test": test,
        "page": page,
        "connection": connection,
        "itself": ItselfForm(initial={"applies": page["applies"]}),
        "problems": [("", refusal)] if refusal else [],
        "error": bool(refusal),
        "trail": trail_of(test, _("Student system")),
    }
    return render(request, "roster/changes.html", context, status=409 if refusal else 200)
