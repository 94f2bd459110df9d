"""Who works on a test: add people, take a role away."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from candidates.access import contributor_of, contributors_like, person, planned_test, planner_page
from candidates.errors import Refused
from candidates.lifecycle.contributors import add_contributors, remove_contributors
from candidates.models import Contributor, Test, User
from candidates.pages.shared.base import attempt, status_of
from candidates.pages.shared.sending import sending
from candidates.pages.shared.trails import trail_of
from candidates.pages.tests.contributor_forms import ContributorForm, RoomsForm
from candidates.pages.tests.views import the_page
from candidates.text import all_of, any_of, plural


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def new_contributor(request: HttpRequest, test_id: str) -> HttpResponse:
    """Add people of the staff to the test, one of the list or several by name."""
    test = planned_test(person(request), test_id)
    form = ContributorForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        users, role, rooms = form.users, form.cleaned_data["role"], form.rooms
        values: dict[str, Any] = {"test": test, "users": users, "role": role, "rooms": rooms, "by": person(request)}

        def act() -> list[Contributor]:
            with sending(request, leads_to=reverse("deliver-test", args=[test_id])):
                return add_contributors(**values, confirmed=form.is_confirmed)

        added = attempt(form, act)
        if added is not None:
            messages.success(request, _added_words(users, added))
            return redirect("deliver-test", test_id)
    heading, back = _("Add contributors"), reverse("deliver-test", args=[test_id])
    context = {"form": form, "heading": heading, "submit": heading, "cancel_url": back, "lede": test.name, "test": test}
    return render(
        request, "components/form_page.html", {**context, "trail": trail_of(test, heading)}, status=status_of(form)
    )


def _added_words(asked: list[User], added: list[Contributor]) -> str:
    """Return who is new, and who had the role already."""
    new = list(dict.fromkeys(one.user for one in added))
    words = {"name": new[0], "role": added[0].get_role_display(), "people": plural(len(new), "person")}
    if len(asked) == 1:
        return _("%(name)s is on the test now. Role: %(role)s.") % words
    had = [str(user) for user in asked if user not in new]
    said = (
        ngettext(
            "%(people)s is on the test now. Role: %(role)s.",
            "%(people)s are on the test now. Role: %(role)s.",
            len(new),
        )
        % words
    )
    if not had:
        return said
    more = ngettext("%(names)s had the role already.", "%(names)s had the role already.", len(had))
    return f"{said} {more % {'names': all_of(had)}}"


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def remove(request: HttpRequest, test_id: str, contributor: str) -> HttpResponse:
    """Ask, and on POST take the role away."""
    test = planned_test(person(request), test_id)
    found = contributor_of(test, contributor)
    held = contributors_like(found)
    form = RoomsForm(request.POST if request.method == "POST" else None, held=held) if len(held) > 1 else None
    if request.method == "POST" and (form is None or form.is_valid()):
        return _removed(request, test, held if form is None else form.chosen, kept=form is not None)
    words = {"name": found.user, "role": found.get_role_display()}
    context = {
        "form": form,
        "question": _("Remove the role %(role)s from %(name)s?") % words,
        "lede": test.name,
        "button": _("Remove the role"),
        "cancel_url": reverse("deliver-test", args=[test_id]),
        "trail": trail_of(test, _("Remove a contributor")),
    }
    return render(request, "tests/remove_contributor.html", context, status=status_of(form) if form else 200)


def _removed(request: HttpRequest, test: Test, gone: list[Contributor], *, kept: bool) -> HttpResponse:
    try:
        remove_contributors(test=test, contributors=gone, by=person(request))
    except Refused as refusal:
        return the_page(request, test, refusal.sentence, status=409)
    found = gone[0]
    words = {"name": found.user, "role": found.get_role_display(), "rooms": any_of([str(one.location) for one in gone])}
    if kept and contributors_like(found):
        messages.success(request, _("%(name)s no longer has the role %(role)s in %(rooms)s.") % words)
    else:
        messages.success(request, _("%(name)s no longer has the role %(role)s on this test.") % words)
    # who gave up the own role as planner may not see the test any more
    own = found.user == person(request) and found.role == Contributor.Role.PLANNER
    return redirect("deliver-tests") if own else redirect("deliver-test", test.public_id)
