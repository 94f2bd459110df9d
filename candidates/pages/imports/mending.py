"""What is done to a list in its preview: mend cells, read it in another way, take the wrong rows away and back."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from candidates.access import draft_of, person, planned_test, planner_page
from candidates.intake.drafts import DraftGone
from candidates.intake.importing import preview
from candidates.intake.listing import SPECS
from candidates.intake.mending import bring_back, mend
from candidates.intake.rereading import alternatives, read_again
from candidates.intake.wrong_rows import take_wrong_rows
from candidates.models import Candidate, ImportDraft, Test
from candidates.pages.imports.forms import MendedRowsForm, ReadingForm, read_cells, read_wish
from candidates.pages.imports.views import gone, show, start_of
from candidates.tabular.exporting import ExportFormat, file_name, headers_of
from candidates.tabular.table import UnreadableFile
from candidates.tabular.upload import was_cut_short

Act = Callable[[HttpRequest, Test, ImportDraft], HttpResponse]


def _on_a_waiting_list(act: Act) -> Callable[..., HttpResponse]:
    """Fetch the person's own list of the test for an act, and say where it waits no longer."""

    @require_POST
    @planner_page
    @wraps(act)
    def view(request: HttpRequest, test_id: str, draft_id: str) -> HttpResponse:
        user = person(request)
        test = planned_test(user, test_id)
        try:
            return act(request, test, draft_of(user, test, draft_id))
        except (Http404, DraftGone):
            return gone(request, test, draft_id)

    return view


def _on_an_uploaded_list(act: Act) -> Callable[..., HttpResponse]:
    """Do the same for an act that needs what was uploaded: people who were selected came from no file."""

    @wraps(act)
    def with_a_file(request: HttpRequest, test: Test, draft: ImportDraft) -> HttpResponse:
        if draft.kind == Candidate.Kind.PERMANENT:
            raise Http404
        return act(request, test, draft)

    return _on_a_waiting_list(with_a_file)


@_on_a_waiting_list
def mend_import(request: HttpRequest, test: Test, draft: ImportDraft) -> HttpResponse:
    """Write what was typed and what was asked for into the list, and check it again."""
    mend(draft=draft, test=test, cells=read_cells(request.POST), wish=read_wish(request.POST))
    start = start_of(request)
    here = reverse("import-preview", args=[test.public_id, draft.public_id])
    return redirect(f"{here}?start={start}" if start else here)


@_on_an_uploaded_list
def read_import_again(request: HttpRequest, test: Test, draft: ImportDraft) -> HttpResponse:
    """Read the upload with another encoding, separator, header or authentication type."""
    had_changes = bool(draft.mends or draft.left_out)
    form = ReadingForm(request.POST, draft=draft, alternatives=alternatives(draft))
    if form.is_valid():
        try:
            read_again(
                draft=draft,
                reading=form.reading,
                header=form.header_row,
                authentication_type=form.cleaned_data.get("authentication_type", ""),
            )
        except UnreadableFile as refusal:
            form.add_error(None, refusal.message)
        else:
            words = _("The list was read again.")
            if had_changes:
                words += " " + _("What you had changed in it before is dropped.")
            messages.success(request, words)
            return redirect("import-preview", test.public_id, draft.public_id)
    return show(request, test, draft, preview(test=test, draft=draft), reading=form, status=422)


@_on_an_uploaded_list
def download_wrong_rows(request: HttpRequest, test: Test, draft: ImportDraft) -> HttpResponse:
    """Send the rows that have a problem as the same kind of file; a POST, because every download is recorded."""
    problems = preview(test=test, draft=draft).problems
    if not problems:
        messages.info(request, _("No row of this list has a problem now."))
        return redirect("import-preview", test.public_id, draft.public_id)
    ending, content = take_wrong_rows(draft=draft, test=test, problems=problems, by=person(request))
    name = file_name(test, "rows-to-fix", ending=ending)
    return HttpResponse(content, headers=headers_of(name, ExportFormat(ending).label))


@_on_an_uploaded_list
def upload_mended_rows(request: HttpRequest, test: Test, draft: ImportDraft) -> HttpResponse:
    """Put the rows of the mended file in the place of those that were wrong; the others stay as they are."""
    cut_short = was_cut_short(request.upload_handlers)
    report = preview(test=test, draft=draft)
    wrong = {*(problem.row for problem in report.problems), *draft.left_out}
    form = MendedRowsForm(
        request.POST,
        request.FILES,
        draft=draft,
        spec=SPECS[draft.kind],
        wrong=wrong,
        cut_short=cut_short,
        auto_id="mended-%s",
    )
    if not form.is_valid():
        return show(request, test, draft, report, mended_form=form, status=422)
    bring_back(draft=draft, rows=form.mended, letters=form.letters)
    count = len(form.mended)
    words = ngettext("%(n)d row was read from the file.", "%(n)d rows were read from the file.", count)
    messages.success(request, words % {"n": count} + " " + _("The other rows are as they were."))
    return redirect("import-preview", test.public_id, draft.public_id)
