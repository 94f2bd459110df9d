"""Grade: answers under Candidate IDs, with mark and comment. No page here reads anything else about a person."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates import access
from candidates.access import changes_nothing, grader_page, person
from candidates.errors import Conflict, Refused
from candidates.lifecycle.grading import mark_words, read_answer, save_mark
from candidates.lifecycle.scales import scale_of
from candidates.models import Test
from candidates.pages.grade.forms import MarkForm, SearchForm
from candidates.pages.grade.overview import overview_of
from candidates.pages.grade.rows import (
    GradeFilter,
    GradeLine,
    GradeList,
    download_marks,
    grade_list,
    line_of,
    mark_head,
    state_words,
)
from candidates.pages.shared.kept_search import say_if_cut
from candidates.pages.shared.recorded import needs_record
from candidates.tabular.exporting import ExportFormat

NEXT = "next"


@require_safe
@grader_page
def list_tests(request: HttpRequest) -> HttpResponse:
    """Show the tests that the person grades, by the day when marks are due, each with what is left."""
    now = timezone.now()
    found = overview_of(person(request), now=now)
    return render(request, "grade/list.html", {"found": found, "now": now, "trail": trail()})


@require_safe
@grader_page
def show_next(request: HttpRequest, test_id: str) -> HttpResponse:
    """Lead to the next answer to grade, or to the list of the test where none is left."""
    test = access.graded_test(person(request), test_id)
    following = grade_list(test, GradeFilter(), now=timezone.now()).next_after()
    if following is None:
        return redirect("grade-test", test.public_id)
    return redirect("grade-submission", test.public_id, following.public_id)


@require_safe
@grader_page
def show(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the submissions of one test by Candidate ID."""
    test = access.graded_test(person(request), test_id)
    found = grade_list(test, GradeFilter.of(request.GET), now=timezone.now())
    say_if_cut(request)
    context = {
        "test": test,
        "found": found,
        "ways": ways_of(found),
        "filters": SearchForm(found.wanted),
        "following": found.next_after(),
        "mark_head": mark_head(given=test.graders_give_grades, most=test.max_points),
        "due": test.marks_due_on,
        "trail": trail(test),
    }
    return render(request, "grade/test.html", context)


@require_POST
@grader_page
@changes_nothing
def download(request: HttpRequest, test_id: str, wanted: ExportFormat) -> HttpResponse:
    """Send the shown marks as a file; a POST, because every download is recorded."""
    test = access.graded_test(person(request), test_id)
    found = grade_list(test, GradeFilter.of(request.GET), now=timezone.now())
    file = download_marks(test, found.shown, wanted, by=person(request))
    return HttpResponse(file.content, headers=file.headers)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@grader_page
def submission(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Show one answer, and keep its mark and comment; another grader's mark is asked about first."""
    test = access.graded_test(person(request), test_id)
    row = access.candidate_to_grade(test, candidate)
    if request.method != "POST":
        return sheet(request, test, row, None)
    scale = scale_of(test)
    if "edit" in request.POST:
        return sheet(request, test, row, MarkForm.typed(request.POST, scale))
    form = MarkForm(request.POST, scale=scale)
    if not form.is_valid():
        return sheet(request, test, row, form, status=422)
    try:
        save_mark(test=test, public_id=candidate, by=person(request), own_only=not form.replacing, **form.values)
    except Conflict as conflict:
        return _ask(request, test, row, form, conflict)
    except Refused as refusal:
        form.add_error(None, refusal.sentence)
        return sheet(request, test, row, form, status=422)
    messages.success(request, saved_words(row["candidate_id"], form.mark_text))
    return _then(request, test, row)


def _ask(request: HttpRequest, test: Test, row: dict[str, Any], form: MarkForm, conflict: Conflict) -> HttpResponse:
    """Ask whether to replace a mark, beside the one that was typed; graders have no names here."""
    form.over(conflict.stored.marked_at)
    mine = conflict.stored.marked_by_id == person(request).pk
    context = {
        "test": test,
        "question": _("Replace your mark from another window?") if mine else _("Replace another grader’s mark?"),
        "lede": f"{row['candidate_id']}, {test.name}",
        "sentence": conflict.sentence,
        "stored": conflict.stored,
        "stored_mark": mark_words(conflict.stored.mark, conflict.stored.grade),
        "mark": form.mark_text,
        "comment": form.cleaned_data["comment"],
        "form": form,
        "then": request.POST.get("then", ""),
        "cancel_url": reverse("grade-submission", args=[test.public_id, row["public_id"]]),
        "trail": trail(test, row["candidate_id"]),
    }
    return render(request, "grade/replace.html", context, status=409)


def _then(request: HttpRequest, test: Test, row: dict[str, Any]) -> HttpResponse:
    """Lead on after a save: to the same answer, or to the next one to grade, or to the list where none is left."""
    if request.POST.get("then") != NEXT:
        return redirect("grade-submission", test.public_id, row["public_id"])
    found = grade_list(test, GradeFilter(), now=timezone.now())
    following = found.next_after(row["sort_key"], row["candidate_key"], row["public_id"])
    if following is None:
        messages.info(request, _("Nothing is left to grade now."))
        return redirect("grade-test", test.public_id)
    return redirect("grade-submission", test.public_id, following.public_id)


def sheet(
    request: HttpRequest, test: Test, row: dict[str, Any], form: MarkForm | None, *, status: int = 200
) -> HttpResponse:
    """Render one submission."""
    now = timezone.now()
    line = line_of(test, row, now=now)
    found = grade_list(test, GradeFilter(), now=now)
    context = {
        "test": test,
        "line": line,
        "answer": _answer(request, test, line, now) if line.submitted else None,
        "form": form or (MarkForm.showing(line, scale_of(test)) if line.submitted else None),
        "following": found.next_after(line.sort_key, line.key, line.public_id),
        "trail": trail(test, line.candidate_id),
    }
    return render(request, "grade/submission.html", context, status=status)


def _answer(request: HttpRequest, test: Test, line: GradeLine, now: datetime) -> str | None:
    return read_answer(test=test, public_id=line.public_id, by=person(request), now=now)


def ways_of(found: GradeList) -> list[dict[str, Any]]:
    """Return the piles as links, each with how many there are."""
    piles = [("", _("All"), len(found.found)), *((key, text, found.counts[key]) for key, text in state_words().items())]
    return [
        {
            "text": text,
            "url": replace(found.wanted, show=key).query,
            "current": found.wanted.show == key,
            "count": count,
        }
        for key, text, count in piles
    ]


def saved_words(candidate_id: str, mark: str) -> str:
    """Return what was saved for whom."""
    if mark:
        return _("Mark %(mark)s is saved for %(id)s.") % {"mark": mark, "id": candidate_id}
    return _("Saved for %(id)s. There is no mark yet.") % {"id": candidate_id}


def trail(test: Test | None = None, *here: str) -> list[tuple[str, str]]:
    """Return the breadcrumbs: the list, the test, and the page's own name."""
    steps = [(_("Grade"), reverse("grade"))]
    if test is not None:
        steps.append((Truncator(test.name).chars(50), reverse("grade-test", args=[test.public_id])))
    return [*steps, *((text, "") for text in here)]
