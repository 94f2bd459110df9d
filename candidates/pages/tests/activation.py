"""Activate and deactivate a test, each confirmed on a page of its own."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from candidates.access import person, planned_test, planner_page
from candidates.errors import Refused
from candidates.lifecycle.activation import activate, deactivate
from candidates.pages.shared.trails import trail_of
from candidates.pages.tests.page import test_page
from candidates.pages.tests.views import the_page


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def activate_test(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show what activation does; on POST activate the test and make the login details."""
    test = planned_test(person(request), test_id)
    if request.method == "POST":
        try:
            made = activate(test=test, by=person(request))
        except Refused as refusal:
            return the_page(request, planned_test(person(request), test_id), refusal.sentence, status=409)
        messages.success(request, _outcome(made))
        return redirect("deliver-test", test_id)
    page = test_page(test, to=person(request))
    if test.is_activated:
        return redirect("deliver-test", test_id)
    if page.reason:
        return the_page(request, test, page.reason, status=422)
    return render(request, "tests/activate.html", {"test": test, "page": page, "trail": trail_of(test, _("Activate"))})


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def deactivate_test(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show what deactivation does; on POST take the test off the dashboards."""
    test = planned_test(person(request), test_id)
    if request.method == "POST":
        try:
            deactivate(test=test, by=person(request))
        except Refused as refusal:
            return the_page(request, planned_test(person(request), test_id), refusal.sentence, status=409)
        messages.success(
            request, _("The test is deactivated. Candidates do not see it, and its set-up can be changed.")
        )
        return redirect("deliver-test", test_id)
    page = test_page(test, to=person(request))
    if not page.deactivatable:
        return redirect("deliver-test", test_id)
    context = {
        "test": test,
        "page": page,
        "question": _("Deactivate the test?"),
        "lede": test.name,
        "button": _("Deactivate test"),
        "cancel_url": reverse("deliver-test", args=[test_id]),
        "trail": trail_of(test, _("Deactivate")),
    }
    return render(request, "tests/deactivate.html", context)


def _outcome(made: int) -> str:
    if not made:
        return _("The test is activated. No new login details were needed.")
    users = ngettext(
        "%(n)d one-time user has a username and password now.",
        "%(n)d one-time users have a username and password now.",
        made,
    )
    return _("The test is activated.") + " " + users % {"n": made}
