"""For administrators: tests that nobody plans who can work, and tests of a planner who leaves."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from candidates.access import administrator_page, person, staff_account
from candidates.lifecycle.planners import hand_over_tests, planned_alone, with_planners, without_planner
from candidates.models import User
from candidates.models.tests import TestQuerySet
from candidates.pages.shared.base import attempt
from candidates.pages.tests.contributor_forms import PlannerForm
from candidates.text import plural
from candidates.timing import stage_of

MAX_SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def unplanned_tests(request: HttpRequest) -> HttpResponse:
    """Show the tests that nobody plans who can work; on POST make somebody planner of the ticked ones."""
    form = PlannerForm(request.POST if request.method == "POST" else None, ticks=True)
    return _hand_over(request, form, without_planner(), None)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def hand_over(request: HttpRequest, account: int) -> HttpResponse:
    """Show the tests that one planner alone plans; on POST make somebody else planner of all of them."""
    of = staff_account(account)
    form = PlannerForm(request.POST if request.method == "POST" else None, but=of)
    return _hand_over(request, form, planned_alone(of), of)


def _hand_over(request: HttpRequest, form: PlannerForm, found: TestQuerySet, of: User | None) -> HttpResponse:
    back = reverse("admin:candidates_user_change", args=[of.pk]) if of else reverse("unplanned-tests")
    if form.is_bound and form.is_valid():
        to = form.cleaned_data["planner"]
        sure = form.is_confirmed
        act = partial(hand_over_tests, to=to, by=person(request), of=of, public_ids=form.ticked, confirmed=sure)
        tests = attempt(form, act)
        if tests is not None:
            words = ngettext("%(name)s now plans %(n)d more test.", "%(name)s now plans %(n)d more tests.", len(tests))
            messages.success(request, words % {"name": to, "n": len(tests)})
            return redirect(back)
    total = found.count()
    shown = found.with_longest_extra().defer("questions", "information")
    rows = [
        {
            "test": test,
            "stage": stage_of(test),
            "planners": ", ".join(str(one.user) for one in test.contributors.all()),
            "ticked": form.ticks and test.public_id in (form.ticked or ()),
        }
        for test in with_planners(shown)[:MAX_SHOWN]
    ]
    heading = _("Hand over the tests of %(name)s") % {"name": of} if of else _("Tests without a planner")
    context = {
        "form": form,
        "of": of,
        "rows": rows,
        "total": total,
        "more": total - len(rows),
        "heading": heading,
        "button": _("Hand over %(tests)s") % {"tests": plural(total, "test")} if of else _("Make planner"),
        "cancel_url": back if of else reverse("admin:candidates_user_changelist"),
        "trail": [(_("Accounts"), reverse("admin:candidates_user_changelist")), (heading, "")],
    }
    return render(request, "tests/hand_over.html", context, status=422 if form.errors else 200)
