"""The permanent users of the installation: the list, and one of them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from candidates.access import permanent_user_of, permanent_users_page, person
from candidates.models import PermanentUser
from candidates.pages.permanent_users.forms import FilterForm
from candidates.pages.permanent_users.rows import permanent_users, user_page
from candidates.pages.shared.kept_search import say_if_cut


@require_safe
@permanent_users_page
def list_users(request: HttpRequest) -> HttpResponse:
    """Show the permanent users that match the filters of the address, 50 at a time."""
    user = person(request)
    found = permanent_users(user, request.GET)
    say_if_cut(request)
    filters = FilterForm(
        lists=[(one.public_id, one.name) for one in found.lists],
        sees_all=user.is_administrator,
        q=found.wanted.q,
        status=found.wanted.status,
        list=found.wanted.list,
    )
    context = {"found": found, "filters": filters, "is_administrator": user.is_administrator, "ways": _ways(request)}
    return render(request, "permanent_users/list.html", context)


@require_safe
@permanent_users_page
def show_user(request: HttpRequest, user_id: str) -> HttpResponse:
    """Show one permanent user, with the tests that the viewer plans."""
    return the_page(request, permanent_user_of(user_id))


def the_page(request: HttpRequest, found: PermanentUser, *, refusal: str = "", status: int = 200) -> HttpResponse:
    """Render one permanent user's page, with `refusal` on top where an act was not done."""
    viewer = person(request)
    context = {
        "one": found,
        "page": user_page(found, viewer),
        "is_administrator": viewer.is_administrator,
        "refusal": refusal,
        "trail": trail_of(found.full_name),
    }
    return render(request, "permanent_users/user.html", context, status=status)


def trail_of(*here: str, page: str = "") -> list[tuple[str, str]]:
    """Return the breadcrumbs: the list, and what lies below it; `page` is the address of all but the last."""
    return [(_("Permanent users"), reverse("permanent-users")), *((name, page) for name in here[:-1]), (here[-1], "")]


def _ways(request: HttpRequest) -> dict[str, str]:
    """Return where else permanent users are dealt with, as far as this person may."""
    names = ["user-lists"]
    names += ["user-import", "user-formats", "people"] if person(request).is_administrator else []
    return {name.replace("-", "_"): reverse(name) for name in names}
