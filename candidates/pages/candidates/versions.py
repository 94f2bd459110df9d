"""Earlier versions of one candidate's answer, for planners: when they were kept, read one, put one back."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from candidates import audit
from candidates.access import candidate_of, changes_nothing, person, planned_test, planner_page
from candidates.errors import Refused
from candidates.lifecycle.sitting import answer_of
from candidates.lifecycle.versions import restore, version_of, why_not_restored
from candidates.models import Candidate, Test
from candidates.pages.candidates.version_rows import compared, version_lines
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import MAX_REASON_LENGTH
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.trails import manage_trail
from candidates.text import plural


class RestoreForm(DeliverForm):
    """Why a version is put back."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON_LENGTH,
        help_text=gettext_lazy("Kept in the record, such as “Deleted half the answer by mistake, asked at 10:20”."),
    )


@require_safe
@planner_page
def list_versions(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Show which versions are kept, without a word of them."""
    test = planned_test(person(request), test_id)
    found = candidate_of(test, candidate)
    context = {"test": test, "candidate": found, "lines": version_lines(found), "trail": _trail(test, found)}
    return render(request, "candidates/versions.html", context)


@needs_record
@require_POST
@planner_page
@changes_nothing
def read_version(request: HttpRequest, test_id: str, candidate: str, revision: int) -> HttpResponse:
    """Show one version beside what is stored now; a POST, because every reading is recorded, before it is shown."""
    test = planned_test(person(request), test_id)
    found = candidate_of(test, candidate)
    return _version_page(request, test, found, revision, RestoreForm())


@needs_record
@require_POST
@planner_page
def restore_version(request: HttpRequest, test_id: str, candidate: str, revision: int) -> HttpResponse:
    """Make a version the candidate's answer."""
    test = planned_test(person(request), test_id)
    found = candidate_of(test, candidate)
    form = RestoreForm(request.POST)
    if not form.is_valid():
        return _version_page(request, test, found, revision, form, status=422)
    try:
        restore(candidate=found, revision=revision, reason=form.cleaned_data["reason"], by=person(request))
    except Refused as refusal:
        form.add_error(None, refusal.sentence)
        return _version_page(request, test, candidate_of(test, candidate), revision, form, status=409)
    words = _(
        "The version is put back for candidate %(id)s. What stood there is kept as a version. The candidate’s open "
        "page asks which of the two to go on with."
    )
    messages.success(request, words % {"id": found.candidate_id})
    return redirect("candidate-versions", test.public_id, found.public_id)


@sensitive_variables("version", "context", "stored", "difference")
def _version_page(
    request: HttpRequest, test: Test, candidate: Candidate, revision: int, form: RestoreForm, *, status: int = 200
) -> HttpResponse:
    version = version_of(candidate, revision)
    if version is None:
        messages.warning(request, _("This version is not kept any more: a newer one took its place."))
        return redirect("candidate-versions", test.public_id, candidate.public_id)
    detail = {"candidate": candidate.public_id, "revision": revision}
    audit.record(audit.Action.VERSION_READ, by=person(request), test=test, count=1, detail=detail)
    stored = answer_of(candidate)
    difference = compared(version.answer, stored.answer)
    context = {
        "test": test,
        "candidate": candidate,
        "version": version,
        "difference": difference,
        "length": plural(len(version.answer), "character"),
        "form": form,
        "why_not": why_not_restored(candidate),
        "cancel_url": reverse("candidate-versions", args=[test.public_id, candidate.public_id]),
        "trail": _trail(test, candidate, _("One version")),
    }
    return render(request, "candidates/version.html", context, status=status)


def _trail(test: Test, candidate: Candidate, *here: str) -> list[tuple[str, str]]:
    names = [_("Versions of the answer"), *here]
    own = reverse("candidate-versions", args=[test.public_id, candidate.public_id])
    return [
        *manage_trail(test),
        (candidate.candidate_id, reverse("candidate", args=[test.public_id, candidate.public_id])),
        *((name, own if place < len(names) - 1 else "") for place, name in enumerate(names)),
    ]
