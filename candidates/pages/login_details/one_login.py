"""The login details of one candidate, at the door of the hall, and a new password."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from candidates.access import (
    candidate_of,
    monitor_page,
    monitored_candidate,
    monitored_test,
    person,
    planned_test,
    planner_page,
    plans,
)
from candidates.credentials.opening import Action, open_one
from candidates.credentials.refusals import NotShown, invigilators_window, why_not_renewed, why_not_shown
from candidates.credentials.renewing import renew_password
from candidates.credentials.slips import when_for
from candidates.models import Candidate, Test
from candidates.pages.login_details.views import details_trail, opens_secrets
from candidates.pages.shared.password_again import asks_password
from candidates.timing import Progress, progress_of, writing_now

STATUS = {
    "outside_window": 403,
    "not_for_invigilators": 403,
    "not_of_permanent": 403,
    "withheld": 403,
    "own_login": 404,
}


@require_http_methods(["GET", "HEAD", "POST"])
@opens_secrets(Action.DETAILS_REVEALED)
@monitor_page
@asks_password
@sensitive_variables()
def reveal(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Ask before one candidate's login details are shown; on POST show them, recorded, to the person at the door."""
    test = monitored_test(person(request), test_id)
    found = monitored_candidate(person(request), test, candidate)
    planning = plans(person(request), test)
    context = _context(test, found, planning=planning)
    if request.method != "POST":
        if refusal := why_not_shown(test, found, by=person(request), invigilating=not planning):
            return _not_shown(request, refusal, context)
        return render(request, "login_details/one.html", context)
    try:
        opened = open_one(test=test, candidate=found, by=person(request), invigilating=not planning)
    except NotShown as refusal:
        return _not_shown(request, refusal, context)
    (slip,) = opened.sheet.slips
    shown = {"sheet": opened.sheet, "slip": slip, "when": when_for(slip, sheet=opened.sheet), "now": timezone.now()}
    return render(request, "login_details/one_shown.html", context | shown)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_secrets(Action.PASSWORD_RENEWED)
@planner_page
@asks_password
def renew(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Ask before a candidate gets a new password; on POST give it, and go to the page that can show it."""
    test = planned_test(person(request), test_id)
    found = candidate_of(test, candidate)
    context = _context(test, found, planning=True) | {"trail": details_trail(test, _("New password"))}
    context["writing"] = progress_of(found, test, now=timezone.now()) == Progress.IN_PROGRESS
    if found.kind == Candidate.Kind.PERMANENT and found.user is not None:
        context["elsewhere"] = any(place.pk != found.pk for place in writing_now(found.user))
    if request.method != "POST":
        if refusal := why_not_renewed(test, found, by=person(request)):
            return _not_shown(request, refusal, context)
        return render(request, "login_details/renew.html", context)
    try:
        renew_password(candidate=found, by=person(request))
    except NotShown as refusal:
        return _not_shown(request, refusal, context)
    outcome = _("%(id)s has a new password. The old one and the old slip do not work any more.")
    messages.success(request, outcome % {"id": found.candidate_id})
    return redirect("reveal-login", test_id, candidate)


def _context(test: Test, candidate: Candidate, *, planning: bool) -> dict[str, Any]:
    return {
        "test": test,
        "candidate": candidate,
        "planning": planning,
        "back_url": reverse("monitor-test", args=[test.public_id]),
        "window": None if planning else invigilators_window(test),
        "trail": [
            (_("Monitor"), reverse("monitor")),
            (test.name, reverse("monitor-test", args=[test.public_id])),
            (_("Login details of %(id)s") % {"id": candidate.candidate_id}, ""),
        ],
    }


def _not_shown(request: HttpRequest, refusal: NotShown, context: dict[str, Any]) -> HttpResponse:
    """Answer with the sentence: 403 to invigilators who may not look now, 404 where there is nothing, else 409."""
    can_renew = context["planning"] and refusal.reason in {"purged", "broken", "own_password"}
    context |= {"refusal": refusal.sentence, "can_renew": can_renew}
    return render(request, "login_details/one_not_shown.html", context, status=STATUS.get(refusal.reason, 409))
