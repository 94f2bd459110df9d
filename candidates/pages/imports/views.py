"""The preview of a list: looked at, confirmed, cancelled; for lists of candidates and for files of permanent users."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from candidates.access import (
    administrator_page,
    draft_of,
    person,
    planned_test,
    planner_page,
    started_import,
    user_import_of,
)
from candidates.intake.accounts.reporting import check_again, is_fresh, readings_of
from candidates.intake.accounts.running import ImportChanged, start_import
from candidates.intake.drafts import MAX_WAITING, DraftGone, cancel, discard, other_encodings, rows_read, was_added
from candidates.intake.importing import NotAdded, Outcome, Report, confirm
from candidates.intake.mending import mend
from candidates.models import Import, Test
from candidates.pages.imports.columns import ColumnsForm
from candidates.pages.imports.forms import ConfirmForm, ReadingForm, read_action, read_cells
from candidates.pages.imports.history_rows import same_file
from candidates.pages.imports.prepared_words import prepared_outcome
from candidates.pages.imports.preview import preview_page, ways_in
from candidates.pages.imports.user_preview import user_preview_page, why_users_not_yet
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.searching import searched_for
from candidates.pages.shared.trails import import_trail, manage_trail
from candidates.rosters.complete import CompleteReport, look
from candidates.text import whole_number


@require_safe
@planner_page
def import_preview(request: HttpRequest, test_id: str, draft_id: str) -> HttpResponse:
    """Show what confirming the list would do."""
    user = person(request)
    test = planned_test(user, test_id)
    try:
        draft = draft_of(user, test, draft_id)
    except Http404:
        return draft_not_found(request, test, draft_id)
    return show_preview(request, draft)


@require_POST
@planner_page
def confirm_import(request: HttpRequest, test_id: str, draft_id: str) -> HttpResponse:
    """Add the rows of the list, or none and show why; what was typed on the page is written into the list first."""
    user = person(request)
    test = planned_test(user, test_id)
    mended = False
    try:
        draft = draft_of(user, test, draft_id)
        mended = mend(draft, read_cells(request.POST), read_action(request.POST))
        report = look(draft) if draft.is_complete else None
        form = ConfirmForm(request.POST, draft=draft, removing=_removing(report))
        if not form.is_valid():
            return show_preview(request, draft, report=report, form=form, status=422, mended=mended)
        outcome = confirm(draft, by=user, seen=form.cleaned_data["seen"], look=look)
    except NotAdded as refused:
        # what the person changed on the page is no surprise to the person; what others changed is
        changed = refused.changed and not mended
        status = 409 if changed else 422
        return show_preview(request, draft, report=refused.report, status=status, changed=changed, mended=mended)
    except (Http404, DraftGone):
        return draft_not_found(request, test, draft_id)
    if draft.kind == Import.Kind.PREPARED:
        messages.success(request, prepared_outcome(outcome))
        return redirect("prepared", test.public_id)
    messages.success(request, outcome_words(outcome))
    return redirect("candidates", test.public_id)


@require_POST
@planner_page
def cancel_import(request: HttpRequest, test_id: str, draft_id: str) -> HttpResponse:
    """Throw the list away."""
    user = person(request)
    test = planned_test(user, test_id)
    try:
        draft = draft_of(user, test, draft_id)
    except Http404:
        return draft_not_found(request, test, draft_id)
    discard(draft)
    messages.success(request, _("The import is cancelled. Nobody was added."))
    return redirect("prepared" if draft.kind == Import.Kind.PREPARED else "candidates", test.public_id)


def outcome_words(outcome: Outcome) -> str:
    """Return the message after an import: how many were added and updated, and whether they can log in (D5)."""
    said = []
    if outcome.removed:
        words = ngettext("%(n)d candidate removed.", "%(n)d candidates removed.", outcome.removed)
        said.append(words % {"n": outcome.removed})
    if outcome.added:
        said.append(ngettext("%(n)d candidate added.", "%(n)d candidates added.", outcome.added) % {"n": outcome.added})
    if outcome.updated:
        words = ngettext("%(n)d candidate updated.", "%(n)d candidates updated.", outcome.updated)
        said.append(words % {"n": outcome.updated})
    if outcome.with_login_details:
        said.append(_("The test is activated, so they have a username and password already."))
    return " ".join(said)


def show_preview(
    request: HttpRequest,
    waiting: Import,
    *,
    report: Report | None = None,
    form: ConfirmForm | None = None,
    reading: ReadingForm | None = None,
    columns: ColumnsForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Render the preview of a list, with the reason on top where confirming it was refused."""
    if waiting.test is None:
        template, page, readings = "user_imports/preview.html", user_preview_page(waiting), readings_of(waiting)
    else:
        rows = list(rows_read(waiting))
        report = report or look(waiting, read=rows)
        show_all = request.GET.get("all") == "1"
        start, find = start_of(request), searched_for(request.GET)
        page = preview_page(
            waiting, waiting.test, report, rows, show_all=show_all, start=start, find=find, columns_form=columns
        )
        page["same_file"] = same_file(waiting.test, waiting)
        template, readings = "imports/preview.html", list(other_encodings(waiting))
    context: dict[str, Any] = {
        **page,
        "form": form or ConfirmForm(draft=waiting, removing=_removing(report)),
        "reading_form": None if waiting.has_passwords else reading or ReadingForm(draft=waiting, alternatives=readings),
        "other_readings": [one for one in readings if one.likely and one.encoding != waiting.encoding],
        "error": page["has_problems"] or status >= 400,
        "test": waiting.test,
        **more,
    }
    return render(request, template, context, status=status)


def _removing(report: Report | None) -> int:
    """Return how many a list would remove where somebody has to say so twice, else 0."""
    braked = isinstance(report, CompleteReport) and report.is_braked and report.can_be_added
    return len(report.leaving) if report is not None and braked else 0


def start_of(request: HttpRequest) -> int:
    """Return the first of the chosen people that the page shows, 0 unless the address says another one."""
    return whole_number(request.GET.get("start", ""), digits=5)


def draft_not_found(request: HttpRequest, test: Test, draft_id: str) -> HttpResponse:
    """Answer 404 and say why: it was added already (somebody pressed twice, or went back), or it waits no longer.

    Of a list that never was, or is somebody else's, it says the same as of one that has expired.
    """
    added = was_added(test=test, by=person(request), public_id=draft_id)
    context = {
        "test": test,
        "is_prepared": added == Import.Kind.PREPARED,
        "prepared_url": reverse("prepared", args=[test.public_id]),
        "manage_url": reverse("candidates", args=[test.public_id]),
        "ways": [(title, reverse(name, args=[test.public_id])) for name, title in ways_in()],
        "most": MAX_WAITING,
        "hours": settings.DRAFT_HOURS,
        "trail": manage_trail(test),
    }
    template = "imports/already_added.html" if added else "imports/gone.html"
    return render(request, template, context, status=404)


@require_safe
@administrator_page
def user_import_preview(request: HttpRequest, user_import: str) -> HttpResponse:
    """Show what the import would do; of one that was started, how far it is."""
    try:
        waiting = user_import_of(person(request), user_import)
    except Http404:
        return user_import_not_found(request)
    if waiting.status != Import.Status.WAITING:
        return redirect("user-import-progress", waiting.public_id)
    return show_preview(request, waiting)


@require_POST
@administrator_page
@asks_password
def start_user_import(request: HttpRequest, user_import: str) -> HttpResponse:
    """Start the import, or show why not; what was typed on the page is written into it first."""
    mended = False
    try:
        waiting = user_import_of(person(request), user_import)
        if waiting.status != Import.Status.WAITING:
            return redirect("user-import-progress", waiting.public_id)
        mended = mend(waiting, read_cells(request.POST), read_action(request.POST))
        form = ConfirmForm(request.POST, draft=waiting)
        if not form.is_valid():
            return show_preview(request, waiting, form=form, status=422)
        if mended or why_users_not_yet(waiting):
            return show_preview(request, waiting, status=422, mended=mended)
        start_import(waiting, seen=form.cleaned_data["seen"])
    except ImportChanged:
        found = user_import_of(person(request), user_import)
        if not is_fresh(found):  # whoever changed it was cut off before the check
            check_again(found)
        return show_preview(request, found, status=409, changed=True)
    except (Http404, DraftGone):
        return user_import_not_found(request)
    return redirect("user-import-progress", waiting.public_id)


@require_POST
@administrator_page
def cancel_user_import(request: HttpRequest, user_import: str) -> HttpResponse:
    """Throw an own waiting import away, or stop anybody's that was started: who is stored stays."""
    try:
        found = started_import(person(request), user_import)
    except Http404:
        return user_import_not_found(request)
    if discard(found):
        messages.success(request, _("The import is cancelled. Nobody was stored."))
        return redirect("user-import")
    if not cancel(found, by=person(request)):
        messages.info(request, _("The import was over already."))
    return redirect("user-import-progress", found.public_id)


def user_import_not_found(request: HttpRequest) -> HttpResponse:
    """Answer 404 and say why; a file that never was, or is somebody else's, counts as expired."""
    context = {
        "hours": settings.DRAFT_HOURS,
        "most": MAX_WAITING,
        "import_url": reverse("user-import"),
        "trail": import_trail(_("Gone")),
    }
    return render(request, "user_imports/gone.html", context, status=404)
