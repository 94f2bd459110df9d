"""Formats of files of permanent users, for administrators: list, new, edit, delete, use as default."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import administrator_page, person, user_format_of
from candidates.errors import Refused
from candidates.intake.accounts.formats import (
    Column,
    delete_format,
    formats,
    make_default,
    save_format,
    usual_format,
)
from candidates.models import UserFileFormat
from candidates.pages.shared.sending import sending
from candidates.pages.user_formats.forms import FormatForm, arranged, initial_of
from candidates.pages.user_formats.rows import format_lines, format_trail


@require_safe
@administrator_page
def list_formats(request: HttpRequest) -> HttpResponse:
    """Show the formats of this installation, and the columns that are expected without one."""
    context = {
        "lines": format_lines(formats()),
        "new_url": reverse("user-format-new"),
        "import_url": reverse("user-import"),
        "trail": format_trail(),
    }
    return render(request, "user_formats/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def new_format(request: HttpRequest) -> HttpResponse:
    """Make a format."""
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def edit_format(request: HttpRequest, format_id: str) -> HttpResponse:
    """Change a format."""
    return _edit(request, user_format_of(format_id))


@require_POST
@administrator_page
def arrange_new(request: HttpRequest) -> HttpResponse:
    """Show the columns of a new format after one was added, moved or taken out. Stores nothing."""
    return _arrange(request, None)


@require_POST
@administrator_page
def arrange_format(request: HttpRequest, format_id: str) -> HttpResponse:
    """Show the columns of a format after one was added, moved or taken out. Stores nothing."""
    return _arrange(request, user_format_of(format_id))


@require_POST
@administrator_page
def use_as_default(request: HttpRequest, format_id: str) -> HttpResponse:
    """Let a format be the one that is used unless somebody chooses another."""
    stored = user_format_of(format_id)
    try:
        make_default(stored, by=person(request))
        messages.success(request, _("%(name)s is now used unless somebody chooses another.") % {"name": stored.name})
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("user-formats")


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def remove_format(request: HttpRequest, format_id: str) -> HttpResponse:
    """Ask, and on POST delete a format."""
    stored = user_format_of(format_id)
    if request.method == "POST":
        delete_format(stored, by=person(request))
        messages.success(request, _("%(name)s is deleted.") % {"name": stored.name})
        return redirect("user-formats")
    context = {
        "question": _("Delete the format %(name)s?") % {"name": stored.name},
        "lede": _("Users that were imported with it stay, and files that wait are read as they were."),
        "button": _("Delete the format"),
        "cancel_url": reverse("user-formats"),
        "trail": format_trail(_("Delete")),
    }
    return render(request, "components/confirm.html", context)


def _edit(request: HttpRequest, stored: UserFileFormat | None) -> HttpResponse:
    if request.method == "POST":
        form = FormatForm(request.POST)
        if form.is_valid():
            try:
                with sending(request, leads_to=reverse("user-formats")):
                    kept = save_format(form.format, by=person(request), stored=stored)
            except Refused as refusal:
                form.add_error("name", refusal.sentence)
            else:
                messages.success(request, _("The format %(name)s is saved.") % {"name": kept.name})
                return redirect("user-formats")
        return _page(request, stored, form, status=422)
    if stored is None:
        return _page(request, None, FormatForm(columns=[*usual_format().columns, Column("")]))
    columns = [Column(one.holds, one.heading, one.required) for one in stored.columns.all()]
    return _page(request, stored, FormatForm(initial=initial_of(stored), columns=columns))


def _arrange(request: HttpRequest, stored: UserFileFormat | None) -> HttpResponse:
    sent = FormatForm(request.POST)
    form = FormatForm(
        initial={"name": request.POST.get("name", ""), "has_header": "has_header" in request.POST},
    )
    form.rows = arranged(sent.rows, request.POST)
    return _page(request, stored, form)


def _page(request: HttpRequest, stored: UserFileFormat | None, form: FormatForm, *, status: int = 200) -> HttpResponse:
    args = [] if stored is None else [stored.public_id]
    title = _("New format") if stored is None else _("Change the format %(name)s") % {"name": stored.name}
    context: dict[str, Any] = {
        "heading": title,
        "form": form,
        "save_url": reverse("user-format-new" if stored is None else "user-format-edit", args=args),
        "arrange_url": reverse("user-format-new-columns" if stored is None else "user-format-columns", args=args),
        "cancel_url": reverse("user-formats"),
        "trail": format_trail(title),
    }
    return render(request, "user_formats/edit.html", context, status=status)
