"""Taking lists: files and pasted rows of candidates and of permanent users, and files to fill in."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from candidates.access import (
    administrator_page,
    draft_of,
    lists_to_fill,
    person,
    planned_test,
    planned_test_id_or_empty,
    planner_page,
    shown_user_imports,
    user_import_of,
)
from candidates.authentication_types import enabled_types
from candidates.intake.accounts.formats import chosen_format, formats
from candidates.intake.accounts.reading import keep_upload
from candidates.intake.drafts import keep_draft, pasted_rows
from candidates.intake.headings import ONE_TIME, PREPARED, SSO, Spec
from candidates.intake.list_formats import formats_for
from candidates.models import Test
from candidates.models.ids import new_public_id
from candidates.pages.imports.templates import candidates_template, users_template
from candidates.pages.imports.upload_forms import ImportFileForm, PreparedImportForm, SsoImportForm
from candidates.pages.imports.user_forms import UserFileForm
from candidates.pages.imports.user_upload import import_lines, upload_page
from candidates.pages.shared.sending import sending
from candidates.pages.shared.ways_in import prepared_import_page, sso_page, way_page
from candidates.tabular.exporting import ExportFormat
from candidates.tabular.upload import takes_user_files, was_cut_short


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


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def import_prepared(request: HttpRequest, test_id: str) -> HttpResponse:
    """Take a list of what is prepared for people who join by test code, and lead to its preview."""
    test = planned_test(person(request), test_id)
    return _take(request, test, PreparedImportForm, "adding/prepared.html", prepared_import_page(test))


@require_safe
@planner_page
def prepared_template(request: HttpRequest, test_id: str, ending: str) -> HttpResponse:
    """Send a file to fill in, for prepared people."""
    return _template(request, test_id, PREPARED, ending)


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


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
@takes_user_files
@sensitive_post_parameters("paste")
def take_users(request: HttpRequest) -> HttpResponse:
    """Take a file of permanent users, and lead to its preview. Nothing is stored of anybody."""
    user = person(request)
    choices = formats()
    sent = request.POST if request.method == "POST" else request.GET
    chosen = chosen_format(choices, sent.get("format", ""))
    lists = lists_to_fill(user)
    test_id = planned_test_id_or_empty(user, sent.get("test", ""))
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
            _say_what_of_users_is_left_out(request, form)
            return redirect("user-import-preview", waiting.public_id)
        form.hide_passwords()
    else:
        form = UserFileForm(form=chosen, lists=lists, initial={"paste": _user_rows_again(request)})
    context = {
        **upload_page(chosen, choices, test_id=test_id),
        "form": form,
        "lines": import_lines(shown_user_imports(user), user=user),
    }
    return render(request, "user_imports/upload.html", context, status=422 if form.errors else 200)


@require_safe
@administrator_page
def users_template_file(request: HttpRequest, ending: str) -> HttpResponse:
    """Send a file to fill in, of the format that the address names."""
    wanted = _format_of(ending)
    file = users_template(chosen_format(formats(), request.GET.get("format", "")), wanted)
    return HttpResponse(file.content, headers=file.headers)


def _take(
    request: HttpRequest, test: Test, kind: type[ImportFileForm], template: str, page: dict[str, Any]
) -> HttpResponse:
    """Keep the list that was sent and lead to its preview, or show the form."""
    form = kind(test=test, initial={"paste": _rows_again(request, test)})
    if request.method == "POST":
        formats = formats_for(person(request), kind.of.kind)
        read = (request.POST, request.FILES)  # read before anybody asks whether all of it came
        form = kind(*read, test=test, formats=formats, cut_short=was_cut_short(request.upload_handlers))
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
    file = candidates_template(spec, _format_of(ending))
    return HttpResponse(file.content, headers=file.headers)


def _format_of(ending: str) -> ExportFormat:
    if ending not in ExportFormat.values:
        raise Http404
    return ExportFormat(ending)


def _rows_again(request: HttpRequest, test: Test) -> str:
    """Return the pasted rows of the list that `?rows=` names, to be corrected; "" where there is none any more."""
    draft_id = request.GET.get("rows", "").replace("\0", "")  # which PostgreSQL fails on
    try:
        return pasted_rows(draft_of(person(request), test, draft_id))
    except Http404:
        return ""


def _user_rows_again(request: HttpRequest) -> str:
    """Return the pasted rows of the import that `?rows=` names, to be corrected; "" where there are none."""
    try:
        return pasted_rows(user_import_of(person(request), request.GET.get("rows", "").replace("\0", "")))
    except Http404:
        return ""


def _say_what_is_left_out(request: HttpRequest, form: ImportFileForm) -> None:
    """Say which rows were not read: somebody may have meant them."""
    above = [row.cells for row in form.table.rows if row.number in form.mapped.skipped]
    if above:
        words = _("Left out, because it stands above the header: %(titles)s.")
        titles = ", ".join(f"“{' '.join(filter(None, cells))[:60]}”" for cells in above)
        messages.info(request, words % {"titles": titles})


def _say_what_of_users_is_left_out(request: HttpRequest, form: UserFileForm) -> None:
    """Say that columns were not read: somebody may have meant them."""
    if count := len(form.mapped.left_out):
        # not how they are headed: where a file has no headings after all, that may be a password
        words = ngettext(
            "%(n)d column is not read. A format can say what it is.",
            "%(n)d columns are not read. A format can say what they are.",
            count,
        )
        messages.info(request, words % {"n": count})
