"""Who works on a test: add somebody, take a role away."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from candidates.access import contributor_of, person, planned_test, planner_page
from candidates.errors import Refused
from candidates.lifecycle.contributors import add_contributor, remove_contributor
from candidates.models import Contributor, Test
from candidates.pages.shared.base import attempt, status_of
from candidates.pages.shared.sending import sending
from candidates.pages.shared.trails import trail_of
from candidates.pages.tests.contributor_forms import ContributorForm
from candidates.pages.tests.views import the_page


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def new_contributor(request: HttpRequest, test_id: str) -> HttpResponse:
    """Add somebody of the staff to the test."""
    test = planned_test(person(request), test_id)
    form = ContributorForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        who, role, location = (form.cleaned_data[name] for name in ("person", "role", "location"))
        values: dict[str, Any] = {"test": test, "user": who, "role": role, "location": location, "by": person(request)}

        def act() -> Contributor:
            with sending(request, leads_to=reverse("deliver-test", args=[test_id])):
                return add_contributor(**values, confirmed=form.is_confirmed)

        added = attempt(form, act)
        if added is not None:
            words = {"name": who, "role": added.get_role_display()}
            messages.success(request, _("%(name)s is on the test now. Role: %(role)s.") % words)
            return redirect("deliver-test", test_id)
    heading, back = _("Add a contributor"), reverse("deliver-test", args=[test_id])
    context = {"form": form, "heading": heading, "submit": heading, "cancel_url": back, "lede": test.name, "test": test}
    return render(
        request, "components/form_page.html", {**context, "trail": trail_of(test, heading)}, status=status_of(form)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def remove(request: HttpRequest, test_id: str, contributor: str) -> HttpResponse:
    """Ask, and on POST take the role away."""
    test = planned_test(person(request), test_id)
    found = contributor_of(test, contributor)
    if request.method == "POST":
        return _removed(request, test, found)
    words = {"name": found.user, "role": found.get_role_display()}
    context = {
        "question": _("Remove the role %(role)s from %(name)s?") % words,
        "lede": test.name,
        "button": _("Remove the role"),
        "cancel_url": reverse("deliver-test", args=[test_id]),
        "trail": trail_of(test, _("Remove a contributor")),
    }
    return render(request, "tests/remove_contributor.html", context)


def _removed(request: HttpRequest, test: Test, found: Contributor) -> HttpResponse:
    try:
        remove_contributor(test=test, contributor=found, by=person(request))
    except Refused as refusal:
        return the_page(request, test, refusal.sentence, status=409)
    words = {"name": found.user, "role": found.get_role_display()}
    messages.success(request, _("%(name)s no longer has the role %(role)s on this test.") % words)
    # who gave up the own role as planner may not see the test any more
    own = found.user == person(request) and found.role == Contributor.Role.PLANNER
    return redirect("deliver-tests") if own else redirect("deliver-test", test.public_id)
