"""Formats of files of permanent users, for administrators: list, new, edit, delete, use as default."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    USUAL,
    Column,
    Format,
    delete_format,
    formats,
    make_default,
    save_format,
    usual_format,
)
from candidates.models import UserFileFormat
from candidates.pages.shared.sending import sending
from candidates.pages.shared.trails import Trail, import_trail, users_trail
from candidates.pages.user_formats.forms import FormatForm, arranged, initial_of


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


@dataclass(frozen=True, slots=True)
class FormatLine:
    """One format in the list; the usual columns have no addresses, because they are nobody's to change."""

    name: str
    columns: str
    header: str
    is_default: bool
    edit_url: str = ""
    delete_url: str = ""
    default_url: str = ""


def format_lines(found: Sequence[Format]) -> list[FormatLine]:
    """Return a line per format."""
    chosen = any(one.is_default for one in found)
    return [_line(one, is_default=one.is_default or (one.public_id == USUAL and not chosen)) for one in found]


def _line(one: Format, *, is_default: bool) -> FormatLine:
    columns = ", ".join(
        _("%(column)s (required)") % {"column": column.label} if column.required else column.label
        for column in one.columns
    )
    header = _("Must be there") if one.has_header else _("May be there")
    if one.public_id == USUAL:
        return FormatLine(one.name, columns, header, is_default)
    names = ("user-format-edit", "user-format-delete", "user-format-default")
    edit, delete, default = (reverse(name, args=[one.public_id]) for name in names)
    return FormatLine(one.name, columns, header, is_default, edit, delete, "" if is_default else default)


def format_trail(here: str = "") -> Trail:
    """Return the breadcrumbs of the formats, and of a page below them."""
    if not here:
        return import_trail(_("Formats"))
    return [
        *users_trail(),
        (_("Import from file"), reverse("user-import")),
        (_("Formats"), reverse("user-formats")),
        (here, ""),
    ]
