"""Choose the exam that a test takes its candidates from, or make the test from it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import changes_nothing, person, planned_test, planner_page
from candidates.models import Test
from candidates.pages.roster.forms import ChosenForm, FindForm
from candidates.pages.roster.rows import ExamRow, exam_row
from candidates.pages.shared.base import attempt, status_of
from candidates.pages.shared.sending import sending
from candidates.pages.shared.student_system import usable_sources
from candidates.pages.shared.trails import trail_of
from candidates.rosters.connecting import connect, connection_of, find_exams, is_over, make_test, read_exam
from candidates.rosters.source import SourceError
from candidates.text import plural


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
@changes_nothing
def find_for_test(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask for an exam to connect the test with; on POST show those that fit."""
    test = planned_test(person(request), test_id)
    return _find(request, test)


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
@changes_nothing
def find_for_new(request: HttpRequest) -> HttpResponse:
    """Ask for an exam to make a test from; on POST show those that fit."""
    return _find(request, None)


@require_POST
@planner_page
def connect_test(request: HttpRequest, test_id: str) -> HttpResponse:
    """Connect the test with the exam that was chosen. Nobody joins or leaves by that."""
    test = planned_test(person(request), test_id)
    form = ChosenForm(request.POST)
    if form.is_valid():
        source, exam = form.cleaned_data["source"], form.cleaned_data["exam"]
        try:
            made = attempt(form, lambda: connect(test=test, source=source, exam_key=exam, by=person(request)))
        except SourceError as error:
            form.add_error(None, _unanswered(error))
            made = None
        if made is not None:
            messages.success(request, _("Connected with %(title)s. Nothing is changed yet.") % {"title": made.title})
            return redirect("roster", test_id)
    return choose_page(request, form, test)


@require_POST
@planner_page
def make_from_exam(request: HttpRequest) -> HttpResponse:
    """Make a test of the exam that was chosen, connected with it."""
    form = ChosenForm(request.POST)
    if form.is_valid():
        source, exam = form.cleaned_data["source"], form.cleaned_data["exam"]
        made: Test | None = None
        try:
            # before anything is locked: the source may take its time
            read = read_exam(source=source, exam_key=exam)
        except SourceError as error:
            form.add_error(None, _unanswered(error))
        else:
            chosen = {"source": source, "exam_key": exam, "snapshot": read, "by": person(request)}
            with sending(request) as sent:
                made = attempt(form, lambda: make_test(**chosen))
                if made is not None:
                    sent.leads_to = reverse("deliver-test", args=[made.public_id])
        if made is not None:
            messages.success(request, _("The test is created. See who would join, then apply it."))
            return redirect("deliver-test", made.public_id)
    return choose_page(request, form, None)


def _find(request: HttpRequest, test: Test | None) -> HttpResponse:
    form = FindForm(request.POST if request.method == "POST" else None)
    exams: list[ExamRow] | None = None
    if form.is_bound and form.is_valid():
        source = form.cleaned_data["source"]
        try:
            exams = [exam_row(one) for one in find_exams(source, form.search)]
        except SourceError as error:
            form.add_error(None, _unanswered(error))
    return choose_page(request, form, test, exams)


def choose_page(
    request: HttpRequest, form: FindForm, test: Test | None, exams: list[ExamRow] | None = None
) -> HttpResponse:
    """Render the search for an exam with what was typed, and what was found (None: nothing was asked)."""
    connection = connection_of(test) if test else None
    if test is None:
        find, save, back = (
            reverse("new-test-from-source"),
            reverse("new-test-from-source-save"),
            reverse("deliver-tests"),
        )
        trail = trail_of(None, _("New test from a student system"))
    else:
        find, save = (reverse(name, args=[test.public_id]) for name in ("roster-connect", "roster-connect-save"))
        back = reverse("roster" if connection else "deliver-test", args=[test.public_id])
        trail = trail_of(test, _("Student system"))
    context: dict[str, Any] = {
        "test": test,
        "form": form,
        "exams": exams,
        "found": plural(len(exams), "exam") if exams else "",
        "connection": connection,
        "refusal": _why_none(test),
        "find_url": find,
        "save_url": save,
        "cancel_url": back,
        "trail": trail,
    }
    return render(request, "roster/choose.html", context, status=200 if exams is not None else status_of(form))


def _why_none(test: Test | None) -> str:
    """Return why no exam can be chosen, "" where one can."""
    if not usable_sources():
        return _("This installation has no student system that can be asked. An administrator sets it up.")
    if test is not None and test.is_demo:
        return _("A demo test has no candidates: everybody may try it.")
    if test is not None and is_over(test):
        return _("The test has ended, so it takes no candidates any more.")
    return ""


def _unanswered(error: SourceError) -> ValidationError:
    return ValidationError(str(error), code="unanswered")
