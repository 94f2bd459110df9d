"""Delete a test, archive it, and take it out of the archive again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import archived_test, person, planned_test, planner_page
from candidates.errors import Refused
from candidates.lifecycle.archiving import (
    archive_test,
    delete_test,
    deleted_with,
    restore_test,
    why_not_archived,
    why_not_deleted,
)
from candidates.lifecycle.once import forget
from candidates.models import Test
from candidates.pages.shared.trails import trail_of
from candidates.pages.tests.views import the_page


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def delete(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show what goes with the test; on POST delete it."""
    test = planned_test(person(request), test_id)
    if request.method == "POST":
        try:
            delete_test(test=test, by=person(request))
        except Refused as refusal:
            return _refused(request, test_id, refusal.sentence)
        forget(leads_to=reverse("deliver-test", args=[test_id]))
        messages.success(request, _("The test %(name)s is deleted.") % {"name": test.name})
        return redirect("deliver-tests")
    if reason := why_not_deleted(test):
        return the_page(request, test, reason, status=422)
    context = {
        "gone": deleted_with(test),
        "question": _("Delete the test for good?"),
        "lede": test.name,
        "button": _("Delete the test"),
    }
    return render(request, "tests/delete.html", _page(test, _("Delete")) | context)


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def archive(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show what archiving means; on POST put the test away."""
    test = planned_test(person(request), test_id)
    if request.method == "POST":
        try:
            archive_test(test=test, by=person(request))
        except Refused as refusal:
            return _refused(request, test_id, refusal.sentence)
        messages.success(request, _("The test is archived. You find it under “Archived tests”."))
        return redirect("deliver-test", test_id)
    if reason := why_not_archived(test):
        return the_page(request, test, reason, status=422)
    context = {
        "question": _("Archive the test?"),
        "lede": test.name,
        "button": _("Archive test"),
        "calm": True,
        "consequence": _(
            "Nothing in it can be changed any more, not even marks and extra time, and it leaves the lists of tests "
            "in Deliver, Monitor and Grade. Candidates keep it in their Archive. You can take it out again."
        ),
    }
    return render(request, "components/confirm.html", _page(test, _("Archive")) | context)


@require_POST
@planner_page
def restore(request: HttpRequest, test_id: str) -> HttpResponse:
    """Take the test out of the archive."""
    test = archived_test(person(request), test_id)
    try:
        restore_test(test=test, by=person(request))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("The test is out of the archive. It can be changed again."))
    return redirect("deliver-test", test_id)


def _refused(request: HttpRequest, test_id: str, sentence: str) -> HttpResponse:
    return the_page(request, archived_test(person(request), test_id), sentence, status=409)


def _page(test: Test, here: str) -> dict[str, object]:
    return {
        "test": test,
        "cancel_url": reverse("deliver-test", args=[test.public_id]),
        "trail": trail_of(test, here),
    }
