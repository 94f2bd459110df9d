"""Correct attendance and ID check afterwards, with the reason, and the record of one candidate."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from candidates import access, audit
from candidates.access import monitor_page, person
from candidates.errors import Refused
from candidates.lifecycle.attendance import attendance_of, correct, marks_of
from candidates.pages.door.forms import CorrectionForm
from candidates.pages.door.record import record_of
from candidates.pages.shared.base import status_of
from candidates.pages.shared.recorded import needs_record


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@monitor_page
def show(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Show the record of one candidate in the hall; a POST corrects what counts."""
    user = person(request)
    test = access.monitored_test(user, test_id)
    found = access.monitored_candidate(user, test, candidate)
    counts = attendance_of(found)
    now = {"presence": counts.presence, "id_check": counts.id_check}
    form = CorrectionForm(request.POST if request.method == "POST" else None, initial=now)
    if request.method == "POST" and form.is_valid():
        changed = {about: form.cleaned_data[about] for about in now if form.cleaned_data[about] != now[about]}
        try:
            correct(candidate=found, values=changed, reason=form.cleaned_data["reason"], by=user)
        except Refused as refusal:
            form.show_refusal(refusal)
        else:
            messages.success(request, _("Corrected. The record keeps what was there before, and why it was changed."))
            return redirect("correct-attendance", test_id, candidate)
    names = access.sees_names(user, test)
    if names:
        audit.record_once(audit.Action.REFERENCES_SEEN, by=user, test=test)
    context = {
        "test": test,
        "candidate": found,
        "name": found.name if names else "",
        "form": form,
        "counts": counts,
        "record": record_of(marks_of(found), names=names),
        "trail": [
            (_("Monitor"), reverse("monitor")),
            (test.name, reverse("monitor-test", args=[test.public_id])),
            (found.candidate_id, reverse("monitor-candidate", args=[test.public_id, found.public_id])),
            (_("Attendance"), ""),
        ],
    }
    return render(request, "door/attendance.html", context, status=status_of(form))
