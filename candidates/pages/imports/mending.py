"""What is done to a list in its preview: mend cells, read it in another way, take the wrong rows away and back.

Each act is one function for lists of candidates and for files of permanent users, which have addresses of their own.
"""

from collections.abc import Callable, Sequence
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from candidates.access import administrator_page, draft_of, person, planned_test, planner_page, user_import_of
from candidates.intake.accounts.reporting import readings_of
from candidates.intake.drafts import DraftGone, columns_read, other_encodings
from candidates.intake.findings import Problem
from candidates.intake.found import reading_of
from candidates.intake.kinds import Header, kind_of
from candidates.intake.list_formats import formats_for
from candidates.intake.mending import mend, put_back, read_again
from candidates.intake.reading import Reading
from candidates.intake.wrong_rows import take_wrong_rows
from candidates.models import Import
from candidates.pages.imports.columns import EVERYBODY, ColumnsForm
from candidates.pages.imports.forms import MendedRowsForm, ReadingForm, read_action, read_cells
from candidates.pages.imports.preview import address_of
from candidates.pages.imports.views import draft_not_found, show_preview, start_of, user_import_not_found
from candidates.rosters.complete import look
from candidates.tabular.exporting import ExportFormat, file_name, headers_of
from candidates.tabular.table import UnreadableFile
from candidates.tabular.upload import was_cut_short

Act = Callable[[HttpRequest, Import], HttpResponse]


def of_candidates(act: Act) -> Callable[..., HttpResponse]:
    """Return the view that does an act to the person's own list of the test, or says that it waits no longer."""

    @require_POST
    @planner_page
    @wraps(act)
    def view(request: HttpRequest, test_id: str, draft_id: str) -> HttpResponse:
        user = person(request)
        test = planned_test(user, test_id)
        try:
            return act(request, draft_of(user, test, draft_id))
        except (Http404, DraftGone):
            return draft_not_found(request, test, draft_id)

    return view


def of_users(act: Act) -> Callable[..., HttpResponse]:
    """Return the view that does an act to the person's own file of users, or says that it waits no longer."""

    @require_POST
    @administrator_page
    @wraps(act)
    def view(request: HttpRequest, user_import: str) -> HttpResponse:
        try:
            waiting = user_import_of(person(request), user_import)
            if waiting.status != Import.Status.WAITING:
                return redirect("user-import-progress", waiting.public_id)
            return act(request, waiting)
        except (Http404, DraftGone):
            return user_import_not_found(request)

    return view


def _refuse_selection(waiting: Import) -> None:
    """Raise Http404 where people were selected: nothing was uploaded that could be read again or handed back."""
    if waiting.kind == Import.Kind.PERMANENT:
        raise Http404


def problems_of(waiting: Import) -> Sequence[Problem]:
    """Return the problems of a list as its preview shows them, with those of the plan of a complete one."""
    return look(waiting).problems if waiting.is_complete else kind_of(waiting).problems(waiting)


def mend_rows(request: HttpRequest, waiting: Import) -> HttpResponse:
    """Write what was typed and what was asked for into the list, and check it again."""
    if not mend(waiting, read_cells(request.POST), read_action(request.POST)):
        kind_of(waiting).check_again(waiting)  # somebody asks for it, and accounts may have changed since the last time
    start = start_of(request)
    here = address_of(waiting)
    return redirect(f"{here}?start={start}" if start else here)


def read_list_again(request: HttpRequest, waiting: Import) -> HttpResponse:
    """Read the upload with another encoding, separator, header or authentication type."""
    _refuse_selection(waiting)
    is_users = waiting.kind == Import.Kind.USERS
    if waiting.has_passwords:
        messages.error(request, _("There may be passwords in the file, so it is not kept. Upload it again."))
        return redirect(address_of(waiting))
    had_changes = bool(waiting.mends or waiting.left_out)
    readings = readings_of(waiting) if is_users else other_encodings(waiting)
    form = ReadingForm(request.POST, draft=waiting, alternatives=readings)
    if form.is_valid():
        chosen = {one.place: one.field for one in columns_read(waiting) if one.why == "chosen"}
        keeps = has_same_columns(waiting, form.reading, form.header_row)
        try:
            read_again(
                waiting,
                reading=form.reading,
                header=form.header_row,
                authentication_type=form.cleaned_data.get("authentication_type", ""),
                chosen=chosen if keeps else None,
                formats=[] if is_users else formats_for(person(request), waiting.kind),
                remember_as=waiting.remember_as if keeps else "",
                for_everybody=waiting.is_for_everybody,
            )
        except UnreadableFile as refusal:
            form.add_error(None, refusal.message)
        else:
            words = _("The file was read again.") if is_users else _("The list was read again.")
            if chosen and not keeps:
                words = f"{words} {_('It has other columns now: say again what they are read as.')}"
            messages.success(request, read_again_words(words, had_changes=had_changes))
            return redirect(address_of(waiting))
    return show_preview(request, waiting, reading=form, status=422)


def has_same_columns(waiting: Import, reading: Reading, header: Header) -> bool:
    """Say whether a list has the same columns at the same places when it is read in another way."""
    before = reading_of(waiting)
    parts = ("sheet", "hidden_columns", "split", "delimiter")
    same = all(getattr(reading, name) == getattr(before, name) for name in parts if getattr(reading, name) is not None)
    return same and header == waiting.header_row


def assign_columns(request: HttpRequest, waiting: Import) -> HttpResponse:
    """Read the list again with other columns, and note whether they are remembered once it is added."""
    _refuse_selection(waiting)
    had_changes = bool(waiting.mends or waiting.left_out)
    form = ColumnsForm(request.POST, draft=waiting)
    if form.is_valid():
        try:
            read_again(
                waiting,
                reading=reading_of(waiting),
                header=waiting.header_row,
                chosen=form.chosen,
                remember_as=form.remembered,
                for_everybody=form.cleaned_data.get("remember_for") == EVERYBODY,
            )
        except UnreadableFile as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, read_again_words(_("The list was read again."), had_changes=had_changes))
            return redirect(address_of(waiting))
    return show_preview(request, waiting, columns=form, status=422)


def read_again_words(sentence: str, *, had_changes: bool) -> str:
    """Return the message after a list was read again."""
    return f"{sentence} {_('What you had changed in it before is dropped.')}" if had_changes else sentence


def download_wrong_rows(request: HttpRequest, waiting: Import) -> HttpResponse:
    """Send the rows that have a problem as the same kind of file; a POST, because every download is recorded."""
    _refuse_selection(waiting)
    problems = () if waiting.has_passwords else problems_of(waiting)
    if not problems:
        words = (
            _("There is no row to download: none has a problem, or there may be passwords in the file.")
            if waiting.test is None
            else _("No row of this list has a problem now.")
        )
        messages.info(request, words)
        return redirect(address_of(waiting))
    ending, content = take_wrong_rows(waiting, problems, by=person(request))
    name = (
        f"permanent-users-to-fix.{ending}"
        if waiting.test is None
        else file_name(waiting.test, "rows-to-fix", ending=ending)
    )
    # rows that were pasted with tabs go out with tabs, as .txt
    kind = ExportFormat.XLSX if ending == ExportFormat.XLSX else ExportFormat.CSV
    return HttpResponse(content, headers=headers_of(name, kind.label))


def upload_mended_rows(request: HttpRequest, waiting: Import) -> HttpResponse:
    """Put the rows of the mended file in the place of those that were wrong; the others stay as they are."""
    _refuse_selection(waiting)
    form = MendedRowsForm(
        request.POST,
        request.FILES,
        draft=waiting,
        wrong={*(problem.row for problem in problems_of(waiting)), *waiting.left_out},
        cut_short=was_cut_short(request.upload_handlers),
        auto_id="mended-%s",
    )
    if waiting.has_passwords or not form.is_valid():
        return show_preview(request, waiting, mended_form=form, status=422)
    put_back(waiting, form.mended, form.letters)
    count = len(form.mended)
    words = ngettext("%(n)d row was read from the file.", "%(n)d rows were read from the file.", count)
    messages.success(request, words % {"n": count} + " " + _("The other rows are as they were."))
    return redirect(address_of(waiting))
