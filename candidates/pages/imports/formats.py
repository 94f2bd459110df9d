"""Formats of lists of candidates that were remembered: looked at, and deleted."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from candidates.access import list_format_of, person, planner_page
from candidates.intake.assigning import IGNORE
from candidates.intake.headings import CANDIDATE_WORDS
from candidates.intake.list_formats import forget_format, shown_formats
from candidates.models import ListFormat, User
from candidates.pages.shared.trails import Trail, trail_of


@dataclass(frozen=True, slots=True)
class FormatLine:
    """One format in the list; only its owner, or an administrator, has the address that deletes it."""

    name: str
    kind: str
    columns: str
    ignored: int
    whose: str
    delete_url: str


@require_safe
@planner_page
def list_formats(request: HttpRequest) -> HttpResponse:
    """Show the formats by which this person's lists are read."""
    user = person(request)
    lines = [_line(one, user) for one in shown_formats(user)]
    return render(request, "imports/formats.html", {"lines": lines, "trail": _trail()})


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def delete_format(request: HttpRequest, list_format: str) -> HttpResponse:
    """Ask, and on POST delete a format."""
    user = person(request)
    form = list_format_of(user, list_format)
    if request.method == "POST":
        forget_format(form, by=user)
        messages.success(request, _("%(name)s is deleted.") % {"name": form.name})
        return redirect("list-formats")
    context = {
        "question": _("Delete the format %(name)s?") % {"name": form.name},
        "lede": _("Candidates that were added with it stay. The next list is read by the usual headings."),
        "button": _("Delete the format"),
        "cancel_url": reverse("list-formats"),
        "trail": _trail(_("Delete")),
    }
    return render(request, "components/confirm.html", context)


def _line(one: ListFormat, user: User) -> FormatLine:
    read = dict.fromkeys(CANDIDATE_WORDS.label(field) for field in one.fields.values() if field != IGNORE)
    may_delete = one.owner_id == user.pk or (one.is_shared and user.is_administrator)
    return FormatLine(
        name=one.name,
        kind=one.get_kind_display(),
        columns=", ".join(read),
        ignored=sum(field == IGNORE for field in one.fields.values()),
        whose=_("Everybody’s, from %(name)s") % {"name": one.owner} if one.is_shared else _("Only yours"),
        delete_url=reverse("list-format-delete", args=[one.public_id]) if may_delete else "",
    )


def _trail(here: str = "") -> Trail:
    trail = trail_of()
    if not here:
        return [*trail, (_("Formats of lists"), "")]
    return [*trail, (_("Formats of lists"), reverse("list-formats")), (here, "")]
