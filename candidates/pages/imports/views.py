"""Adding candidates from a file or pasted rows, one-time users or SSO: upload, preview, confirm or cancel."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import draft_of, person, planned_test, planner_page
from candidates.authentication_types import enabled_types
from candidates.intake.columns import ONE_TIME, SSO, Spec
from candidates.intake.drafts import MOST_DRAFTS, DraftGone, discard_draft, keep_draft, pasted_text, was_added
from candidates.intake.importing import NotAdded, Outcome, Report, confirm, preview
from candidates.intake.mending import mend
from candidates.intake.rereading import alternatives
from candidates.models import ImportDraft, Test
from candidates.pages.imports.forms import (
    ConfirmForm,
    ImportFileForm,
    ReadingForm,
    SsoImportForm,
    read_cells,
    read_wish,
)
from candidates.pages.imports.history_rows import same_file
from candidates.pages.imports.preview import preview_page, ways_in
from candidates.pages.imports.templates import template_file
from candidates.pages.shared.sending import sending
from candidates.pages.shared.trails import manage_trail
from candidates.pages.shared.ways_in import sso_page, way_page
from candidates.tabular.exporting import ExportFormat
from candidates.tabular.table import Table
from candidates.tabular.upload import was_cut_short
from candidates.text import whole_number


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def add_from_file(request: HttpRequest, test_id: str) -> HttpResponse:
    """Take a list of one-time users, and lead to its preview. Nothing is stored on the test."""
    test = planned_test(person(request), test_id)
    return _take(request, test, ImportFileForm, "adding/from_file.html", way_page(test, "add-from-file"))


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def add_from_sso(request: HttpRequest, test_id: str) -> HttpResponse:
    """Take a list for CSV import (SSO), and lead to its preview; not offered where no SSO setup is switched on."""
    test = planned_test(person(request), test_id)
    if not enabled_types():
        raise Http404
    return _take(request, test, SsoImportForm, "adding/from_sso.html", sso_page(test))


@require_safe
@planner_page
def one_time_template(request: HttpRequest, test_id: str, ending: str) -> HttpResponse:
    """Send a file to fill in, for one-time users."""
    return _template(request, test_id, ONE_TIME, ending)


@require_safe
@planner_page
def sso_template(request: HttpRequest, test_id: str, ending: str) -> HttpResponse:
    """Send a file to fill in, for CSV import (SSO)."""
    if not enabled_types():
        raise Http404
    return _template(request, test_id, SSO, ending)


@require_safe
@planner_page
def import_preview(request: HttpRequest, test_id: str, draft_id: str) -> HttpResponse:
    """Show what confirming the list would do."""
    user = person(request)
    test = planned_test(user, test_id)
    try:
        draft = draft_of(user, test, draft_id)
    except Http404:
        return gone(request, test, draft_id)
    return show(request, test, draft, preview(test=test, draft=draft))


@require_POST
@planner_page
def confirm_import(request: HttpRequest, test_id: str, draft_id: str) -> HttpResponse:
    """Add the rows of the list, or none and show why; what was typed on the page is written into the list first."""
    user = person(request)
    test = planned_test(user, test_id)
    mended = False
    try:
        draft = draft_of(user, test, draft_id)
        mended = mend(draft=draft, test=test, cells=read_cells(request.POST), wish=read_wish(request.POST))
        form = ConfirmForm(request.POST, draft=draft)
        if not form.is_valid():
            return show(request, test, draft, preview(test=test, draft=draft), form=form, status=422)
        outcome = confirm(test=test, draft=draft, by=user, seen=form.cleaned_data["seen"])
    except NotAdded as refused:
        # what the person changed on the page is no surprise to the person; what others changed is
        changed = refused.changed and not mended
        status = 409 if changed else 422
        return show(request, test, draft, refused.report, status=status, changed=changed, mended=mended)
    except (Http404, DraftGone):
        return gone(request, test, draft_id)
    messages.success(request, outcome_words(outcome))
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
        return gone(request, test, draft_id)
    messages.success(request, _("The import is cancelled. Nobody was added."))
    return redirect("candidates", test.public_id)


def outcome_words(outcome: Outcome) -> str:
    """Return the message after an import: how many were added and updated, and whether they can log in (D5)."""
    said = []
    if outcome.added:
        said.append(ngettext("%(n)d candidate added.", "%(n)d candidates added.", outcome.added) % {"n": outcome.added})
    if outcome.updated:
        words = ngettext("%(n)d candidate updated.", "%(n)d candidates updated.", outcome.updated)
        said.append(words % {"n": outcome.updated})
    if outcome.with_login_details:
        said.append(_("The test is activated, so they have a username and password already."))
    return " ".join(said)


def show(
    request: HttpRequest,
    test: Test,
    draft: ImportDraft,
    report: Report,
    *,
    form: ConfirmForm | None = None,
    reading: ReadingForm | None = None,
    status: int = 200,
    changed: bool = False,
    **more: Any,
) -> HttpResponse:
    """Render the preview, with the reason on top where adding was refused."""
    readings = alternatives(draft)
    context: dict[str, Any] = {
        **preview_page(draft, test, report, show_all=request.GET.get("all") == "1", start=start_of(request)),
        "form": form or ConfirmForm(draft=draft),
        "reading_form": reading or ReadingForm(draft=draft, alternatives=readings),
        "other_readings": [one for one in readings if one.encoding != draft.encoding],
        "same_file": same_file(test, draft),
        "changed": changed,
        "error": bool(report.problems or report.refusal or status >= 400),
        "test": test,
        **more,
    }
    return render(request, "imports/preview.html", context, status=status)


def start_of(request: HttpRequest) -> int:
    """Return the first of the chosen people that the page shows, 0 unless the address says another one."""
    return whole_number(request.GET.get("start", ""), digits=5)


def gone(request: HttpRequest, test: Test, draft_id: str) -> HttpResponse:
    """Answer 404 and say why: it was added already (somebody pressed twice, or went back), or it waits no longer.

    Of a list that never was, or is somebody else's, it says the same as of one that has expired.
    """
    added = was_added(test=test, by=person(request), public_id=draft_id)
    context = {
        "test": test,
        "manage_url": reverse("candidates", args=[test.public_id]),
        "ways": [(title, reverse(name, args=[test.public_id])) for name, title in ways_in()],
        "most": MOST_DRAFTS,
        "hours": settings.DRAFT_HOURS,
        "trail": manage_trail(test),
    }
    template = "imports/already_added.html" if added else "imports/gone.html"
    return render(request, template, context, status=404)


def _take(
    request: HttpRequest, test: Test, kind: type[ImportFileForm], template: str, page: dict[str, Any]
) -> HttpResponse:
    """Keep the list that was sent and lead to its preview, or show the form."""
    form = kind(test=test, initial={"paste": _rows_again(request, test)})
    if request.method == "POST":
        form = kind(request.POST, request.FILES, test=test, cut_short=was_cut_short(request.upload_handlers))
        if form.is_valid():
            with sending(request) as sent:
                draft = keep_draft(
                    test=test,
                    by=person(request),
                    kind=kind.of.kind,
                    table=form.table,
                    mapped=form.mapped,
                    data=form.data_read,
                    file_name=form.file_name,
                    authentication_type=form.authentication_type,
                )
                sent.leads_to = reverse("import-preview", args=[test.public_id, draft.public_id])
            _say_what_is_left_out(request, form)
            return redirect("import-preview", test.public_id, draft.public_id)
    return render(request, template, {**page, "form": form}, status=422 if form.errors else 200)


def _template(request: HttpRequest, test_id: str, spec: Spec, ending: str) -> HttpResponse:
    planned_test(person(request), test_id)
    if ending not in ExportFormat.values:
        raise Http404
    file = template_file(spec, ExportFormat(ending))
    return HttpResponse(file.content, headers=file.headers)


def _rows_again(request: HttpRequest, test: Test) -> str:
    """Return the pasted rows of the list that `?rows=` names, to be corrected; "" where there is none any more."""
    draft_id = request.GET.get("rows", "").replace("\0", "")  # which PostgreSQL fails on
    try:
        return pasted_text(draft_of(person(request), test, draft_id))
    except Http404:
        return ""


def _say_what_is_left_out(request: HttpRequest, form: ImportFileForm) -> None:
    """Say which sheets and columns were not read: somebody may have meant them."""
    _name_sheets(request, form.table)
    above = [row.cells for row in form.table.rows if row.number in form.mapped.skipped]
    if above:
        words = _("Left out, because it stands above the header: %(titles)s.")
        titles = ", ".join(f"“{' '.join(filter(None, cells))[:60]}”" for cells in above)
        messages.info(request, words % {"titles": titles})
    if form.mapped.left_out:
        words = _("These columns are not part of such a list and are not read: %(names)s.")
        messages.info(request, words % {"names": ", ".join(form.mapped.left_out)})


def _name_sheets(request: HttpRequest, table: Table) -> None:
    if table.other_sheets:
        text = _("Only the sheet “%(sheet)s” was read. The workbook has other sheets with content: %(others)s.")
        messages.warning(request, text % {"sheet": table.sheet, "others": ", ".join(table.other_sheets[:5])})
