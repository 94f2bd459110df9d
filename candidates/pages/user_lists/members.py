"""Who is on a list of permanent users: searched, ticked, added and removed."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import editable_list, permanent_users_page, person
from candidates.errors import Refused
from candidates.lifecycle.user_lists import add_members, remove_members
from candidates.models import PermanentUserList
from candidates.pages.shared.kept_search import Asked, asked_search, keep_search, list_of, read_ticks, shown_search
from candidates.pages.user_lists.people import found_people, keys_of, pasted_people, refuse_other_number
from candidates.pages.user_lists.rows import find_page, list_page


@require_http_methods(["GET", "HEAD", "POST"])
@permanent_users_page
def find_members(request: HttpRequest, list_id: str) -> HttpResponse:
    """Show whom the search finds, with those who are ticked already; a POST carries both and leads to their page."""
    one = editable_list(person(request), list_id)
    if request.method == "POST":
        return keep_search(request, pasted_people(request))
    return _show(request, one, asked_search(request))


@require_POST
@permanent_users_page
def add_selected(request: HttpRequest, list_id: str) -> HttpResponse:
    """Put those who are ticked on the list."""
    one = editable_list(person(request), list_id)
    ticked = read_ticks(request.POST)
    return _added(request, one, lambda: keys_of(ticked), ticked=ticked)


@require_POST
@permanent_users_page
def add_all(request: HttpRequest, list_id: str) -> HttpResponse:
    """Put all on the list who match the search that the page showed, looked for again now."""
    one = editable_list(person(request), list_id)
    search = shown_search(request.POST)
    within = list_of(request, search)

    def found() -> list[int]:
        keys = found_people(person(request), search, within).keys()
        refuse_other_number(len(keys), request.POST.get("seen", ""))
        return keys

    return _added(request, one, found, ticked=read_ticks(request.POST))


@require_POST
@permanent_users_page
def remove_selected(request: HttpRequest, list_id: str) -> HttpResponse:
    """Take those who are ticked off the list; they stay on tests."""
    user = person(request)
    one = editable_list(user, list_id)
    search = shown_search(request.POST)
    ticked = read_ticks(request.POST)
    try:
        keys = keys_of(ticked)
        if not keys:
            raise Refused(_("Nobody is ticked, so nothing has changed. Tick people first."))
        gone = remove_members(one=one, keys=keys, by=user)
    except Refused as refusal:
        context = list_page(one, user, search, ticked) | {"problems": [("", refusal.sentence)], "error": True}
        return render(request, "user_lists/list.html", context, status=422)
    words = ngettext("%(n)d member removed from the list.", "%(n)d members removed from the list.", gone) % {"n": gone}
    messages.success(request, words + " " + _("Candidates stay on their tests."))
    return redirect("user-list", one.public_id)


def _added(
    request: HttpRequest, one: PermanentUserList, keys: Callable[[], list[int]], *, ticked: list[str]
) -> HttpResponse:
    try:
        wanted = keys()
        if not wanted:
            raise Refused(_("Nobody is selected, so nothing has changed. Tick people first."))
        new = add_members(one=one, keys=wanted, by=person(request))
    except Refused as refusal:
        search = shown_search(request.POST)
        return _show(request, one, Asked(search, list_of(request, search), ticked), refusal=refusal.sentence)
    words = ngettext("%(n)d member added to the list.", "%(n)d members added to the list.", new) % {"n": new}
    if was := len(wanted) - new:
        words += " " + ngettext("%(n)d was on it already.", "%(n)d were on it already.", was) % {"n": was}
    messages.success(request, words)
    return redirect("user-list", one.public_id)


def _show(request: HttpRequest, one: PermanentUserList, asked: Asked, *, refusal: str = "") -> HttpResponse:
    context = find_page(one, person(request), asked.search, asked.one, asked.ticked)
    context |= {"problems": [("", refusal)] if refusal else [], "error": bool(refusal), "notice": asked.notice}
    return render(request, "user_lists/find.html", context, status=422 if refusal else 200)
