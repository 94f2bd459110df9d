"""Adding one-time users from a file or pasted rows: upload, preview, confirm or cancel."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import draft_of, person, planned_test, planner_page
from candidates.forms.imports import ConfirmForm, ImportFileForm
from candidates.intake.drafts import MOST_DRAFTS, DraftGone, discard_draft, keep_draft, pasted_text, was_added
from candidates.intake.importing import NotAdded, Report, confirm, preview
from candidates.intake.table import Table
from candidates.intake.upload import was_cut_short
from candidates.lists.adding import manage_trail, way_page
from candidates.lists.import_preview import preview_page
from candidates.models import ImportDraft, Test
from candidates.views.adding import added_words


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def add_from_file(request: HttpRequest, test_id: str) -> HttpResponse:
    """Take a list, and lead to its preview. Nothing is stored on the test."""
    user = person(request)
    test = planned_test(user, test_id)
    form = ImportFileForm(test=test, initial={"paste": _rows_again(request, test)})
    if request.method == "POST":
        form = ImportFileForm(request.POST, request.FILES, test=test, cut_short=was_cut_short(request.upload_handlers))
        if form.is_valid():
            draft = keep_draft(
                test=test,
                by=user,
                kind="one_time",
                table=form.table,
                mapped=form.mapped,
                data=form.data_read,
                file_name=form.file_name,
            )
            _name_sheets(request, form.table)
            return redirect("import-preview", test.public_id, draft.public_id)
    context = {**way_page(test, "add-from-file"), "form": form}
    return render(request, "adding/from_file.html", context, status=422 if form.errors else 200)


@require_safe
@planner_page
def import_preview(request: HttpRequest, test_id: str, draft_id: str) -> HttpResponse:
    """Show what confirming the list would do."""
    user = person(request)
    test = planned_test(user, test_id)
    try:
        draft = draft_of(user, test, draft_id)
    except Http404:
        return _gone(request, test, draft_id)
    return _show(request, test, draft, preview(test=test, draft=draft, by=user))


@require_POST
@planner_page
def confirm_import(request: HttpRequest, test_id: str, draft_id: str) -> HttpResponse:
    """Add all rows of the list, or none and show why."""
    user = person(request)
    test = planned_test(user, test_id)
    try:
        draft = draft_of(user, test, draft_id)
        form = ConfirmForm(request.POST, draft=draft)
        if not form.is_valid():
            return _show(request, test, draft, preview(test=test, draft=draft, by=user), form=form, status=422)
        added = confirm(test=test, draft=draft, by=user, seen=form.cleaned_data["seen"])
    except NotAdded as refused:
        status = 409 if refused.changed else 422
        return _show(request, test, draft, refused.report, status=status, changed=refused.changed)
    except (Http404, DraftGone):
        return _gone(request, test, draft_id)
    messages.success(request, added_words(added))
    return redirect("candidates", test.public_id)


@require_POST
@planner_page
def cancel_import(request: HttpRequest, test_id: str, draft_id: str) -> HttpResponse:
    """Throw the list away."""
    user = person(request)
    test = planned_test(user, test_id)
    try:
        discard_draft(draft_of(user, test, draft_id))
    except Http404:
        return _gone(request, test, draft_id)
    messages.success(request, _("The import is cancelled. Nobody was added."))
    return redirect("candidates", test.public_id)


def _show(
    request: HttpRequest,
    test: Test,
    draft: ImportDraft,
    report: Report,
    *,
    form: ConfirmForm | None = None,
    status: int = 200,
    changed: bool = False,
) -> HttpResponse:
    """Render the preview, with the reason on top where adding was refused."""
    context: dict[str, Any] = {
        **preview_page(draft, test, report, show_all=request.GET.get("all") == "1"),
        "form": form or ConfirmForm(draft=draft),
        "changed": changed,
        "error": status != 200 or bool(report.problems),
    }
    return render(request, "imports/preview.html", context, status=status)


def _gone(request: HttpRequest, test: Test, draft_id: str) -> HttpResponse:
    """Answer 404 and say why: it was added already (somebody pressed twice, or went back), or it waits no longer.

    Of a list that never was, or is somebody else's, it says the same as of one that has expired.
    """
    added = was_added(test=test, by=person(request), public_id=draft_id)
    context = {
        "test": test,
        "manage_url": reverse("candidates", args=[test.public_id]),
        "again_url": reverse("add-from-file", args=[test.public_id]),
        "most": MOST_DRAFTS,
        "hours": settings.DRAFT_HOURS,
        "trail": manage_trail(test),
    }
    template = "imports/already_added.html" if added else "imports/gone.html"
    return render(request, template, context, status=404)


def _rows_again(request: HttpRequest, test: Test) -> str:
    """Return the pasted rows of the list that `?rows=` names, to be corrected; "" where there is none any more."""
    draft_id = request.GET.get("rows", "").replace("\0", "")  # which PostgreSQL fails on
    try:
        return pasted_text(draft_of(person(request), test, draft_id))
    except Http404:
        return ""


def _name_sheets(request: HttpRequest, table: Table) -> None:
    """Say which sheet of a workbook was read, where it has others with content."""
    if table.other_sheets:
        text = _("Only the sheet “%(sheet)s” was read. The workbook has other sheets with content: %(others)s.")
        messages.warning(request, text % {"sheet": table.sheet, "others": ", ".join(table.other_sheets[:5])})
