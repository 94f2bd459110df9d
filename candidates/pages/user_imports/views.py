"""Import of permanent users, for administrators: upload, preview, start, cancel."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import administrator_page, lists_to_fill, person, plans_one, started_import, user_import_of
from candidates.intake.accounts.ending import MOST_WAITING, cancel_import, discard
from candidates.intake.accounts.formats import chosen_format, formats
from candidates.intake.accounts.mending import mend_import
from candidates.intake.accounts.running import ImportChanged, start_import
from candidates.intake.accounts.waiting import (
    check_again,
    is_fresh,
    keep_upload,
    pasted_rows,
    readings_of,
    shown_imports,
)
from candidates.intake.drafts import DraftGone
from candidates.models import UserImport
from candidates.models.ids import new_public_id
from candidates.pages.imports.forms import ConfirmForm, ReadingForm, read_cells
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.sending import sending
from candidates.pages.shared.trails import import_trail
from candidates.pages.user_imports.forms import UserFileForm, read_user_wish
from candidates.pages.user_imports.preview import user_preview_page, why_not_yet
from candidates.pages.user_imports.rows import import_lines, template_of, upload_page
from candidates.tabular.exporting import ExportFormat
from candidates.tabular.upload import takes_user_files, was_cut_short


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
@takes_user_files
@sensitive_post_parameters("paste")
def take_file(request: HttpRequest) -> HttpResponse:
    """Take a file of permanent users, and lead to its preview. Nothing is stored of anybody."""
    user = person(request)
    choices = formats()
    sent = request.POST if request.method == "POST" else request.GET
    chosen = chosen_format(choices, sent.get("format", ""))
    lists = list(lists_to_fill(user))
    test_id = plans_one(user, sent.get("test", ""))
    if request.method == "POST" and "show" in request.POST:
        form = UserFileForm(request.POST, form=chosen, lists=lists).unread()
        if request.POST.get("paste") and not form.initial["paste"]:
            words = _("The rows are not shown again, because there may be passwords in them. Paste them once more.")
            messages.info(request, words)
    elif request.method == "POST":
        cut_short = was_cut_short(request.upload_handlers)
        form = UserFileForm(request.POST, request.FILES, form=chosen, lists=lists, cut_short=cut_short)
        if form.is_valid():
            public_id = new_public_id()
            waiting = keep_upload(
                by=user,
                form=chosen,
                table=form.table,
                mapped=form.mapped,
                data=form.data_read,
                file_name=form.file_name,
                add_to=form.chosen_list,
                add_to_name=form.cleaned_data["new_list"],
                back_to_test=test_id,
                public_id=public_id,
                storing=sending(request, leads_to=reverse("user-import-preview", args=[public_id])),
            )
            _say_what_is_left_out(request, form)
            return redirect("user-import-preview", waiting.public_id)
        form.hide_passwords()
    else:
        form = UserFileForm(form=chosen, lists=lists, initial={"paste": _rows_again(request)})
    context = {
        **upload_page(chosen, choices, test_id=test_id),
        "form": form,
        "lines": import_lines(shown_imports(user), user=user),
    }
    return render(request, "user_imports/upload.html", context, status=422 if form.errors else 200)


@require_safe
@administrator_page
def template(request: HttpRequest, ending: str) -> HttpResponse:
    """Send a file to fill in, of the format that the address names."""
    if ending not in ExportFormat.values:
        raise Http404
    file = template_of(chosen_format(formats(), request.GET.get("format", "")), ExportFormat(ending))
    return HttpResponse(file.content, headers=file.headers)


@require_safe
@administrator_page
def preview(request: HttpRequest, user_import: str) -> HttpResponse:
    """Show what the import would do; of one that was started, how far it is."""
    try:
        waiting = user_import_of(person(request), user_import)
    except Http404:
        return gone(request)
    if waiting.status != UserImport.Status.WAITING:
        return redirect("user-import-progress", waiting.public_id)
    return show(request, waiting)


@require_POST
@administrator_page
@asks_password
def start(request: HttpRequest, user_import: str) -> HttpResponse:
    """Start the import, or show why not; what was typed on the page is written into it first."""
    mended = False
    try:
        waiting = user_import_of(person(request), user_import)
        if waiting.status != UserImport.Status.WAITING:
            return redirect("user-import-progress", waiting.public_id)
        mended = mend_import(waiting, read_cells(request.POST), read_user_wish(request.POST))
        form = ConfirmForm(request.POST, draft=waiting)
        if not form.is_valid():
            return show(request, waiting, form=form, status=422)
        if mended or why_not_yet(waiting):
            return show(request, waiting, status=422, mended=mended)
        start_import(waiting, seen=form.cleaned_data["seen"])
    except ImportChanged:
        found = user_import_of(person(request), user_import)
        if not is_fresh(found):  # whoever changed it was cut off before the check
            check_again(found)
        return show(request, found, status=409, changed=True)
    except (Http404, DraftGone):
        return gone(request)
    return redirect("user-import-progress", waiting.public_id)


@require_POST
@administrator_page
def cancel(request: HttpRequest, user_import: str) -> HttpResponse:
    """Throw an own waiting import away, or stop anybody's that was started: who is stored stays."""
    try:
        found = started_import(person(request), user_import)
    except Http404:
        return gone(request)
    if discard(found):
        messages.success(request, _("The import is cancelled. Nobody was stored."))
        return redirect("user-import")
    if not cancel_import(found, by=person(request)):
        messages.info(request, _("The import was over already."))
    return redirect("user-import-progress", found.public_id)


def show(
    request: HttpRequest,
    waiting: UserImport,
    *,
    form: ConfirmForm | None = None,
    reading: ReadingForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Render the preview, with the reason on top where starting was refused."""
    readings = readings_of(waiting)
    again = None if waiting.has_passwords else reading or ReadingForm(draft=waiting, alternatives=readings)
    context: dict[str, Any] = {
        **user_preview_page(waiting),
        "form": form or ConfirmForm(draft=waiting),
        "reading_form": again,
        "other_readings": [one for one in readings if one.encoding != waiting.encoding],
        "error": bool(waiting.report["problem_count"] or status >= 400),
        **more,
    }
    return render(request, "user_imports/preview.html", context, status=status)


def gone(request: HttpRequest) -> HttpResponse:
    """Answer 404 and say why; a file that never was, or is somebody else's, counts as expired."""
    context = {
        "hours": settings.DRAFT_HOURS,
        "most": MOST_WAITING,
        "import_url": reverse("user-import"),
        "trail": import_trail(_("Gone")),
    }
    return render(request, "user_imports/gone.html", context, status=404)


def _rows_again(request: HttpRequest) -> str:
    """Return the pasted rows of the import that `?rows=` names, to be corrected; "" where there are none."""
    try:
        return pasted_rows(user_import_of(person(request), request.GET.get("rows", "").replace("\0", "")))
    except Http404:
        return ""


def _say_what_is_left_out(request: HttpRequest, form: UserFileForm) -> None:
    """Say which sheets and columns were not read: somebody may have meant them."""
    table = form.table
    if table.other_sheets:
        text = _("Only the sheet “%(sheet)s” was read. The workbook has other sheets with content: %(others)s.")
        messages.warning(request, text % {"sheet": table.sheet, "others": ", ".join(table.other_sheets[:5])})
    if count := len(form.mapped.left_out):
        # not how they are headed: where a file has no headings after all, that may be a password
        words = ngettext("%(n)d column is not read.", "%(n)d columns are not read.", count)
        messages.info(request, words % {"n": count})
