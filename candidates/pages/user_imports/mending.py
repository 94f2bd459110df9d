"""What is done to a file of permanent users in its preview: mend, read in another way, wrong rows away and back."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from candidates import audit
from candidates.access import administrator_page, person, user_import_of
from candidates.intake.accounts.mending import bring_back, mend_import, problems_now, read_again
from candidates.intake.accounts.waiting import check_again, format_of, is_fresh, readings_of
from candidates.intake.bounds import USER_BOUNDS
from candidates.intake.drafts import DraftGone
from candidates.intake.wrong_rows import wrong_rows_file
from candidates.models import UserImport
from candidates.pages.imports.forms import MendedRowsForm, ReadingForm, read_cells
from candidates.pages.user_imports.forms import read_user_wish
from candidates.pages.user_imports.views import gone, show
from candidates.tabular.exporting import ExportFormat, headers_of
from candidates.tabular.table import UnreadableFile
from candidates.tabular.upload import was_cut_short

Act = Callable[[HttpRequest, UserImport], HttpResponse]


def _on_a_waiting_import(act: Act) -> Callable[..., HttpResponse]:
    """Fetch the person's own import for an act, and say where it waits no longer."""

    @require_POST
    @administrator_page
    @wraps(act)
    def view(request: HttpRequest, user_import: str) -> HttpResponse:
        try:
            waiting = user_import_of(person(request), user_import)
            if waiting.status != UserImport.Status.WAITING:
                return redirect("user-import-progress", waiting.public_id)
            return act(request, waiting)
        except (Http404, DraftGone):
            return gone(request)

    return view


@_on_a_waiting_import
def mend(request: HttpRequest, waiting: UserImport) -> HttpResponse:
    """Write what was typed and what was asked for into the import, and check it again."""
    if not mend_import(waiting, read_cells(request.POST), read_user_wish(request.POST)) or not is_fresh(waiting):
        check_again(waiting)  # somebody asks for it, and accounts may have changed since the last time
    return redirect("user-import-preview", waiting.public_id)


@_on_a_waiting_import
def read(request: HttpRequest, waiting: UserImport) -> HttpResponse:
    """Read the upload with another encoding, separator or header; one with passwords is not kept."""
    if waiting.has_passwords:
        messages.error(request, _("There may be passwords in the file, so it is not kept. Upload it again."))
        return redirect("user-import-preview", waiting.public_id)
    had_changes = bool(waiting.mends or waiting.left_out)
    form = ReadingForm(request.POST, draft=waiting, alternatives=readings_of(waiting))
    if form.is_valid():
        try:
            read_again(waiting, reading=form.reading, header=form.header_row)
        except UnreadableFile as refusal:
            form.add_error(None, refusal.message)
        else:
            words = _("The file was read again.")
            if had_changes:
                words += " " + _("What you had changed in it before is dropped.")
            messages.success(request, words)
            return redirect("user-import-preview", waiting.public_id)
    return show(request, waiting, reading=form, status=422)


@_on_a_waiting_import
def download_wrong_rows(request: HttpRequest, waiting: UserImport) -> HttpResponse:
    """Send the rows that have a problem as the same kind of file; a POST, because every download is recorded."""
    problems = [] if waiting.has_passwords else problems_now(waiting)
    if not problems:
        messages.info(
            request, _("There is no row to download: none has a problem, or there may be passwords in the file.")
        )
        return redirect("user-import-preview", waiting.public_id)
    rows = len({problem.row for problem in problems})
    detail = {"user_import": waiting.public_id}
    audit.record(audit.Action.WRONG_ROWS_DOWNLOADED, by=person(request), count=rows, detail=detail)
    ending, content = wrong_rows_file(waiting, problems, format_of(waiting).spec, USER_BOUNDS)
    name = f"permanent-users-to-fix.{ending}"
    return HttpResponse(content, headers=headers_of(name, ExportFormat(ending).label))


@_on_a_waiting_import
def upload_mended_rows(request: HttpRequest, waiting: UserImport) -> HttpResponse:
    """Put the rows of the mended file in the place of those that were wrong; the others stay as they are."""
    wrong = {*(problem.row for problem in problems_now(waiting)), *waiting.left_out}
    form = MendedRowsForm(
        request.POST,
        request.FILES,
        draft=waiting,
        spec=format_of(waiting).spec,
        wrong=wrong,
        bounds=USER_BOUNDS,
        cut_short=was_cut_short(request.upload_handlers),
        auto_id="mended-%s",
    )
    if waiting.has_passwords or not form.is_valid():
        return show(request, waiting, mended_form=form, status=422)
    bring_back(waiting, form.mended, form.letters)
    count = len(form.mended)
    words = ngettext("%(n)d row was read from the file.", "%(n)d rows were read from the file.", count)
    messages.success(request, words % {"n": count} + " " + _("The other rows are as they were."))
    return redirect("user-import-preview", waiting.public_id)
