"""What is prepared for people before they join a test by its code: the list, one more, and what is done with one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates import audit
from candidates.access import known_locations, person, planned_test, planner_page, prepared_of
from candidates.errors import Refused
from candidates.intake.preparing import CellsRefused, change_prepared, prepare, remove_prepared
from candidates.models import PreparedPerson, Test
from candidates.pages.prepared.forms import PreparedForm
from candidates.pages.prepared.rows import prepared_page
from candidates.pages.shared.base import status_of
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.searching import searched_for
from candidates.pages.shared.sending import sending
from candidates.pages.shared.trails import trail_of


@require_safe
@needs_record
@planner_page
def list_prepared(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show for whom something is prepared, and who of them has joined."""
    return _show(request, planned_test(person(request), test_id), PreparedForm())


@require_POST
@needs_record
@planner_page
def add_prepared(request: HttpRequest, test_id: str) -> HttpResponse:
    """Prepare something for one person who is typed."""
    test = planned_test(person(request), test_id)
    form = PreparedForm(request.POST, known=known_locations())
    if form.is_valid():
        try:
            with sending(request) as sent:
                made = prepare(test=test, slug=form.slug, values=form.values, by=person(request))
                sent.leads_to = reverse("prepared", args=[test.public_id])
        except CellsRefused as refused:
            form.show_problems(refused)
        except Refused as refused:
            form.show_refusal(refused)
        else:
            words = _("Prepared for %(person)s: it is there from the first minute after joining.")
            messages.success(request, words % {"person": made.person})
            return redirect("prepared", test.public_id)
    return _show(request, test, form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@planner_page
def change(request: HttpRequest, test_id: str, prepared_id: str) -> HttpResponse:
    """Show what is prepared for one person, and store what was changed about it."""
    test = planned_test(person(request), test_id)
    found = prepared_of(test, prepared_id)
    if found.joined_as is not None:
        messages.info(request, _joined_words(found))
        return redirect("candidate", test.public_id, found.joined_as.public_id)
    _note_names(request, test, shown=bool(found.name or found.private_reference))
    form = PreparedForm(request.POST if request.method == "POST" else None, known=known_locations(), stored=found)
    if form.is_bound and form.is_valid():
        try:
            change_prepared(prepared=found, values=form.values, by=person(request))
        except CellsRefused as refused:
            form.show_problems(refused)
        except Refused as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, _("What is prepared for %(person)s is changed.") % {"person": found.person})
            return redirect("prepared", test.public_id)
    context = {
        "test": test,
        "form": form,
        "heading": _("Prepared for %(person)s") % {"person": found.person},
        "lede": test.name,
        "submit": _("Save"),
        "cancel_url": reverse("prepared", args=[test.public_id]),
        "remove_url": reverse("prepared-remove", args=[test.public_id, found.public_id]),
        "trail": _trail(test, found.person),
    }
    return render(request, "prepared/change.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def remove(request: HttpRequest, test_id: str, prepared_id: str) -> HttpResponse:
    """Ask, and on POST take away what is prepared for one person."""
    test = planned_test(person(request), test_id)
    found = prepared_of(test, prepared_id)
    if request.method == "POST":
        try:
            remove_prepared(prepared=found, by=person(request))
        except Refused as refused:
            messages.warning(request, refused.sentence)
        else:
            messages.success(request, _("Nothing is prepared for %(person)s any more.") % {"person": found.person})
        return redirect("prepared", test.public_id)
    context = {
        "test": test,
        "question": _("Remove what is prepared for %(person)s?") % {"person": found.person},
        "consequence": _("Whoever joins without anything prepared has no extra time and the next Candidate ID."),
        "button": _("Remove what is prepared"),
        "cancel_url": reverse("prepared", args=[test.public_id]),
        "trail": _trail(test, found.person),
    }
    return render(request, "components/confirm.html", context)


def _show(request: HttpRequest, test: Test, form: PreparedForm) -> HttpResponse:
    page = prepared_page(test, show=request.GET.get("show", ""), find=searched_for(request.GET))
    _note_names(request, test, shown=any(one.name or one.private_reference for one in page["lines"]))
    context: dict[str, Any] = {**page, "form": form}
    return render(request, "prepared/list.html", context, status=status_of(form))


def _note_names(request: HttpRequest, test: Test, *, shown: bool) -> None:
    """Record that somebody sees who people are: it is on the page without being asked for."""
    if shown:
        audit.record_once(audit.Action.REFERENCES_SEEN, by=person(request), test=test)


def _joined_words(found: PreparedPerson) -> str:
    words = _("%(person)s has joined: change the candidate here.")
    return words % {"person": found.person}


def _trail(test: Test, here: str) -> list[tuple[str, str]]:
    return [*trail_of(test), (_("Prepared people"), reverse("prepared", args=[test.public_id])), (here, "")]
