"""What the pages of formats show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from candidates.intake.accounts.formats import USUAL, Format
from candidates.pages.shared.trails import Trail, import_trail, users_trail


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
