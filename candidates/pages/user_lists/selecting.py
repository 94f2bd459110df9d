"""Put permanent users on a test: search and tick them, take all that match, or take a list; then the preview."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import by_name, lists_of, person, planned_test, planner_page, usable_list
from candidates.errors import Refused
from candidates.intake.selecting import keep_additions, keep_list, keep_selection, left_out
from candidates.models import Import, PermanentUserList, Test
from candidates.pages.shared.kept_search import Asked, asked_search, keep_search, list_of, read_ticks, shown_search
from candidates.pages.shared.sending import sending
from candidates.pages.user_lists.people import (
    found_people,
    keys_of,
    left_out_words,
    pasted_people,
    refuse_other_number,
    select_page,
)
from candidates.pages.user_lists.rows import changes_page


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
def add_permanent(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show whom the search finds, with those who are ticked already; a POST carries both and leads to their page."""
    test = planned_test(person(request), test_id)
    if request.method == "POST":
        return keep_search(request, pasted_people(request))
    return _show(request, test, asked_search(request))


@require_POST
@planner_page
def add_selected(request: HttpRequest, test_id: str) -> HttpResponse:
    """Lead to the preview of those who are ticked, on this page and on the ones before it."""
    test = planned_test(person(request), test_id)
    ticked = read_ticks(request.POST)
    return _kept(
        request, test, lambda: keep_selection(test=test, by=person(request), keys=keys_of(ticked)), ticked=ticked
    )


@require_POST
@planner_page
def add_all(request: HttpRequest, test_id: str) -> HttpResponse:
    """Lead to the preview of all who match the search that the page showed, looked for again now."""
    user = person(request)
    test = planned_test(user, test_id)
    search = shown_search(request.POST)
    one = list_of(request, search)

    def keep() -> Import:
        if one is not None and not search.q:
            return _kept_list(request, test, one)
        keys = found_people(user, search, one).keys()
        refuse_other_number(len(keys), request.POST.get("seen", ""))
        return keep_selection(test=test, by=user, keys=keys)

    return _kept(request, test, keep, ticked=read_ticks(request.POST))


@require_POST
@planner_page
def add_list(request: HttpRequest, test_id: str, list_id: str) -> HttpResponse:
    """Lead to the preview of all members of a list."""
    user = person(request)
    test, one = planned_test(user, test_id), usable_list(user, list_id)
    return _kept(request, test, lambda: _kept_list(request, test, one), ticked=[])


@require_safe
@planner_page
def list_changes(request: HttpRequest, test_id: str, list_id: str) -> HttpResponse:
    """Show what changed in a list since it was added to the test."""
    user = person(request)
    test, one = planned_test(user, test_id), usable_list(user, list_id)
    return render(request, "user_lists/changes.html", changes_page(test, one))


@require_POST
@planner_page
def add_new_members(request: HttpRequest, test_id: str, list_id: str) -> HttpResponse:
    """Lead to the preview of those who came onto a list since it was added to the test."""
    user = person(request)
    test, one = planned_test(user, test_id), usable_list(user, list_id)
    try:
        with sending(request) as sent:
            draft = keep_additions(test=test, by=user, wanted=one)
            sent.leads_to = reverse("import-preview", args=[test.public_id, draft.public_id])
    except Refused as refusal:
        context = changes_page(test, one) | {"refusal": refusal.sentence, "error": True}
        return render(request, "user_lists/changes.html", context, status=422)
    return redirect("import-preview", test.public_id, draft.public_id)


def _kept_list(request: HttpRequest, test: Test, one: PermanentUserList) -> Import:
    """Store the members of a list, and say who of them is left out."""
    draft = keep_list(test=test, by=person(request), wanted=one)
    if words := left_out_words(left_out(one)):
        messages.warning(request, words)
    return draft


def _kept(request: HttpRequest, test: Test, keep: Callable[[], Import], *, ticked: list[str]) -> HttpResponse:
    """Lead to the preview of whom `keep` has stored, or show the page again with the reason and all ticks."""
    try:
        with sending(request) as sent:
            draft = keep()
            sent.leads_to = reverse("import-preview", args=[test.public_id, draft.public_id])
    except Refused as refusal:
        search = shown_search(request.POST)
        return _show(request, test, Asked(search, list_of(request, search), ticked), refusal=refusal.sentence)
    return redirect("import-preview", test.public_id, draft.public_id)


def _show(request: HttpRequest, test: Test, asked: Asked, *, refusal: str = "") -> HttpResponse:
    user = person(request)
    lists = by_name(lists_of(user))
    context = select_page(test, user, asked.search, asked.one, lists, asked.ticked)
    context |= {"problems": [("", refusal)] if refusal else [], "error": bool(refusal), "notice": asked.notice}
    return render(request, "user_lists/select.html", context, status=422 if refusal else 200)
