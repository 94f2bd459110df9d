"""Spread candidates over rooms: how, who would sit where, the act, and undoing it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import changes_nothing, person, planned_test, planner_page, spread_of
from candidates.errors import Refused
from candidates.lifecycle.spreading import spread, spreading_of
from candidates.lifecycle.undo_spreading import last_spread, undo_spread, undoing_of
from candidates.models import Test
from candidates.pages.candidates.spread_forms import SpreadForm
from candidates.pages.candidates.spread_rows import spread_page
from candidates.pages.shared.ticked_candidates import first_names
from candidates.pages.shared.trails import manage_trail
from candidates.text import plural
from candidates.timing import stage_of


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
@changes_nothing
def show_spread(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show who would sit where; a POST carries how to spread, and moves nobody."""
    test = planned_test(person(request), test_id)
    return _page(request, test, SpreadForm(request.POST if request.method == "POST" else None))


@require_POST
@planner_page
def save_spread(request: HttpRequest, test_id: str) -> HttpResponse:
    """Spread the candidates as the page showed it."""
    test = planned_test(person(request), test_id)
    form = SpreadForm(request.POST)
    wish = form.wish
    if form.was_changed:
        refusal = _("You have changed how to spread. This is what it would do. Nobody was moved yet.")
        return _page(request, test, form, refusal)
    try:
        done = spread(test=test, wish=wish, digest=request.POST.get("digest", ""), by=person(request))
    except Refused as error:
        return _page(request, test, form, error.sentence)
    moved, printed = done.moves.count(), _out_of_date(test)
    words = _("%(who)s got the room and seat that was shown. “Spread over rooms” can undo it.")
    words %= {"who": plural(moved, "candidate")}
    if printed:
        words += " " + _("%(slips)s out of date: print them again.") % {"slips": plural(printed, "printed slip")}
    messages.success(request, words)
    return redirect("candidates", test.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def undo(request: HttpRequest, test_id: str, spread_id: str) -> HttpResponse:
    """Ask, and on POST give everybody back the room that they had before a spreading."""
    test = planned_test(person(request), test_id)
    one = spread_of(test, spread_id)
    refusal = ""
    if request.method == "POST":
        told = request.POST.get("printed", "")
        printed = int(told) if told.isascii() and told.isdecimal() and len(told) <= 4 else 0
        try:
            done = undo_spread(one=one, printed=printed, by=person(request))
        except Refused as error:
            refusal = error.sentence
        else:
            words = _("%(who)s have the room again that they had before.")
            messages.success(request, words % {"who": plural(len(done.back), "candidate")})
            if done.printed:
                slips = plural(len(done.printed), "printed slip")
                messages.warning(request, _("%(slips)s out of date: print them again.") % {"slips": slips})
            return redirect("candidates", test.public_id)
    found = undoing_of(one)
    who = plural(len(found.back), "candidate")
    context = {
        "test": test,
        "one": one,
        "found": found,
        "question": _("Undo the spreading of %(who)s?") % {"who": who},
        "button": _("Undo it for %(who)s") % {"who": who},
        "kept": first_names(found.kept),
        "started": first_names(found.started),
        "without_seat": first_names(found.without_seat),
        "printed": first_names(found.printed),
        "is_over": one.undone_at is not None,
        "problems": [("", refusal)] if refusal else [],
        "error": bool(refusal),
        "cancel_url": reverse("spread", args=[test.public_id]),
        "trail": [*manage_trail(test), (_("Undo a spreading"), "")],
    }
    return render(request, "candidates/spread_undo.html", context, status=409 if refusal else 200)


def _out_of_date(test: Test) -> int:
    """Return how many printed slips of the test say something that is not so any more."""
    rows = test.candidates.filter(slip_printed_version__isnull=False)
    return sum(version != printed for version, printed in rows.values_list("slip_version", "slip_printed_version"))


def _page(request: HttpRequest, test: Test, form: SpreadForm, refusal: str = "") -> HttpResponse:
    found = spreading_of(test, form.wish)
    page = spread_page(found)
    form.show(page, found)
    context: dict[str, Any] = {
        "test": test,
        "stage": stage_of(test),
        "form": form,
        "page": page,
        "is_empty": not found.movable and not found.started,
        "last": last_spread(test),
        "problems": [("", refusal)] if refusal else [],
        "error": bool(refusal),
        "cancel_url": reverse("candidates", args=[test.public_id]),
        "trail": [*manage_trail(test), (_("Spread over rooms"), "")],
    }
    return render(request, "candidates/spread.html", context, status=409 if refusal else 200)
