"""The planner's tests: the list, one test, its set-up, and moving its end."""

from datetime import datetime
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import person, planned_test, planner_page
from candidates.errors import Refused
from candidates.lifecycle.tests import (
    change_test,
    create_test,
    move_end,
    share_names,
    would_move_end,
    write_questions,
)
from candidates.models import Test
from candidates.pages.shared.base import attempt, status_of
from candidates.pages.shared.sending import sending
from candidates.pages.shared.student_system import usable_sources
from candidates.pages.shared.trails import trail_of
from candidates.pages.tests.forms import ConfirmedEndForm, MoveEndForm, QuestionsForm, SearchForm, TestForm
from candidates.pages.tests.move_end import NewEnd, new_end
from candidates.pages.tests.page import test_page
from candidates.pages.tests.rows import RUNNING_FIRST, planned_tests
from candidates.pages.tests.times import odd_times
from candidates.text import plural, when, zone


@require_safe
@planner_page
def list_tests(request: HttpRequest) -> HttpResponse:
    """Show the tests that the person plans."""
    filters = SearchForm(request.GET)
    search = filters.cleaned_data["q"] if filters.is_valid() else ""
    archived = "archived" in request.GET
    sort = request.GET.get("sort", RUNNING_FIRST)
    found = planned_tests(person(request), search=search, sort=sort, archived=archived)
    context = {"found": found, "filters": filters, "search": search, "archived": archived}
    return render(request, "tests/list.html", context)


@require_safe
@planner_page
def show_test(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show one test: set-up, candidates, contributors, and what is to do before and after activation."""
    return the_page(request, planned_test(person(request), test_id))


def the_page(request: HttpRequest, test: Test, refusal: str = "", status: int = 200) -> HttpResponse:
    """Render the page of a test; with a refusal on top where an act was not done, so that its reason is in sight."""
    context = {
        "test": test,
        "page": test_page(test, to=person(request)),
        "problems": [("", refusal)] if refusal else [],
        "error": bool(refusal),
        "trail": trail_of(test),
    }
    return render(request, "tests/test.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def new_test(request: HttpRequest) -> HttpResponse:
    """Make a test; who makes it is its planner."""
    form = TestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with sending(request, content=form.values) as sent:
            test = create_test(values=form.values, by=person(request))
            sent.leads_to = reverse("deliver-test", args=[test.public_id])
        then = (
            _("Activate it, and everybody who can log in may try it.")
            if test.is_demo
            else _("Add candidates, then activate it.")
        )
        messages.success(request, _("The test is created.") + " " + then)
        _warn(request, form)
        return redirect("deliver-test", test.public_id)
    context = {"form": form, "heading": _("New test"), "submit": _("Save"), "trail": trail_of(None, _("New test"))}
    context |= {"cancel_url": reverse("deliver-tests"), "from_source": bool(usable_sources())}
    return render(request, "tests/new.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def edit_test(request: HttpRequest, test_id: str) -> HttpResponse:
    """Change the set-up of a test that is not activated."""
    test = planned_test(person(request), test_id)
    form = TestForm(request.POST if request.method == "POST" else None, test=test)
    if form.is_bound and form.is_valid():
        seen = form.cleaned_data["seen"]
        changed = attempt(form, lambda: change_test(test=test, values=form.values, seen=seen, by=person(request)))
        if changed is not None:
            messages.success(request, _("Set-up saved.") if changed else _("Nothing was changed."))
            _warn(request, form)
            return redirect("deliver-test", test.public_id)
    context = {"form": form, "test": test, "trail": trail_of(test, _("Edit"))}
    return render(request, "tests/edit.html", context, status=status_of(form))


@require_POST
@planner_page
def share_the_names(request: HttpRequest, test_id: str) -> HttpResponse:
    """Let the invigilators of the test see who the candidates are, or no longer: also while it is activated."""
    test, allowed = planned_test(person(request), test_id), request.POST.get("allowed") == "1"
    share_names(test=test, allowed=allowed, by=person(request))
    if allowed:
        words = _("Invigilators see names and private references now, in Monitor and at the door. Graders do not.")
    else:
        words = _("Invigilators see Candidate IDs alone now.")
    messages.success(request, words)
    return redirect("deliver-test", test.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def edit_questions(request: HttpRequest, test_id: str) -> HttpResponse:
    """Write the questions, until the first candidate has started: also of a test that is activated."""
    test = planned_test(person(request), test_id)
    form = QuestionsForm(request.POST if request.method == "POST" else None, test=test)
    if not form.is_bound and test.first_opened_at is not None:
        return redirect("deliver-test", test.public_id)
    if form.is_bound and form.is_valid():
        questions, seen = form.cleaned_data["questions"], form.cleaned_data["seen"]
        act = partial(write_questions, test=test, questions=questions, seen=seen, by=person(request))
        changed = attempt(form, act)
        if changed is not None:
            messages.success(request, _("Questions saved.") if changed else _("Nothing was changed."))
            return redirect("deliver-test", test.public_id)
    context = {"form": form, "test": test, "heading": _("Questions"), "lede": test.name, "submit": _("Save")}
    context |= {"cancel_url": reverse("deliver-test", args=[test.public_id]), "trail": trail_of(test, _("Questions"))}
    return render(request, "tests/questions.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def move_the_end(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask for the new end of an activated test, which is otherwise locked; on POST show what it means."""
    test = planned_test(person(request), test_id)
    if request.method != "POST" and (not test.is_activated or test.ends_at is None):
        return redirect("deliver-test", test.public_id)
    form = MoveEndForm(request.POST if request.method == "POST" else None, test=test)
    if form.is_bound and form.is_valid():
        end, seen = form.cleaned_data["ends_at"], form.cleaned_data["seen"]
        moves = attempt(form, lambda: would_move_end(test=test, ends_at=end, seen=seen))
        if moves is not None:
            return _check_end(request, test, new_end(test, end)) if moves else _end_moved(request, test, None)
    context = {"form": form, "test": test, "trail": trail_of(test, _("Move the end"))}
    return render(request, "tests/move_end.html", context, status=status_of(form))


@require_POST
@planner_page
def save_the_end(request: HttpRequest, test_id: str) -> HttpResponse:
    """Move the end as the page showed that asked; where it ends for more people by now, ask again."""
    test = planned_test(person(request), test_id)
    form = ConfirmedEndForm(request.POST)
    if not form.is_valid():
        return the_page(request, test, _("The page was not complete, so the end was not moved."), status=422)
    end, seen = form.cleaned_data["ends_at"], form.cleaned_data["seen"]
    try:
        if would_move_end(test=test, ends_at=end, seen=seen):
            found = new_end(test, end)
            if found.over > form.cleaned_data["over"]:
                return _check_end(
                    request, test, found, _("It would now end for more candidates than you saw. Check again.")
                )
        moved = move_end(test=test, ends_at=end, seen=seen, by=person(request))
    except Refused as refusal:
        return the_page(request, planned_test(person(request), test_id), refusal.sentence, status=409)
    return _end_moved(request, test, end if moved else None)


def _check_end(request: HttpRequest, test: Test, found: NewEnd, problem: str = "") -> HttpResponse:
    """Ask before the end is moved, with what it means for everybody."""
    question, button = _question_about(found)
    seen = test.window[1]
    context = {
        "test": test,
        "found": found,
        "odd": odd_times(test.opens_at, found.ends_at) if found.ends_at > seen else [],
        "problems": [("", problem)] if problem else [],
        "error": bool(problem),
        "question": question,
        "lede": test.name,
        "button": button,
        "calm": not found.over and not found.now,
        "confirmed": ConfirmedEndForm(
            initial={"ends_at": found.ends_at.isoformat(), "seen": seen.isoformat(), "over": found.over}
        ),
        "action": reverse("move-end-save", args=[test.public_id]),
        "cancel_url": reverse("deliver-test", args=[test.public_id]),
        "trail": trail_of(test, _("Move the end")),
    }
    return render(request, "tests/move_end_check.html", context, status=409 if problem else 200)


def _question_about(found: NewEnd) -> tuple[str, str]:
    """Return the question of the page that asks, and the words of its button."""
    if found.over:
        who = {"who": plural(found.over, "candidate")}
        return _("End the test for %(who)s?") % who, _("End the test for %(who)s") % who
    if found.now:
        return _("End the test now?"), _("End the test")
    words = {"when": when(found.ends_at)}
    return _("Move the end to %(when)s?") % words, _("Move the end to %(when)s") % words


def _end_moved(request: HttpRequest, test: Test, end: datetime | None) -> HttpResponse:
    words = _("The end is moved. The test ends %(when)s %(zone)s, with extra time on top.")
    messages.success(request, words % {"when": when(end), "zone": zone()} if end else _("Nothing was changed."))
    return redirect("deliver-test", test.public_id)


def _warn(request: HttpRequest, form: TestForm) -> None:
    for sentence in form.oddities:
        messages.warning(request, sentence)
