"""The key list: for the planner alone, which person has which Candidate ID and which slip (D19)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from candidates.access import person, planned_test, planner_page
from candidates.credentials.key_list import KeyLine, by_room, key_list_file, open_key_list
from candidates.credentials.opening import Action
from candidates.credentials.refusals import NotShown
from candidates.models import Test
from candidates.views.login_details import asked_of, opens_secrets, post_alone, the_page


@post_alone
@opens_secrets(Action.KEY_LIST_SHOWN)
@planner_page
def show_key_list(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the key list of the chosen candidates as a page to print."""
    test = planned_test(person(request), test_id)

    def answer(lines: list[KeyLine]) -> HttpResponse:
        context = {
            "test": test,
            "rooms": by_room(lines),
            "count": len(lines),
            "now": timezone.now(),
            "back_url": reverse("login-details", args=[test_id]),
        }
        return render(request, "login_details/key_list.html", context)

    return _answer(request, test, Action.KEY_LIST_SHOWN, answer)


@post_alone
@opens_secrets(Action.KEY_LIST_CSV)
@planner_page
def download_key_list(request: HttpRequest, test_id: str) -> HttpResponse:
    """Send the key list of the chosen candidates as CSV."""
    test = planned_test(person(request), test_id)

    def answer(lines: list[KeyLine]) -> HttpResponse:
        file = key_list_file(test, lines)
        return HttpResponse(file.content, headers=file.headers)

    return _answer(request, test, Action.KEY_LIST_CSV, answer)


def _answer(
    request: HttpRequest, test: Test, action: Action, answer: Callable[[list[KeyLine]], HttpResponse]
) -> HttpResponse:
    """Open the list that is asked for and answer with it; say what is wrong where it is not opened."""
    details, form, is_plain = asked_of(request, test)
    if not is_plain:
        return the_page(request, test, details, form, status=422)
    try:
        lines = open_key_list(test=test, choice=form.choice, action=action, by=person(request))
    except NotShown as refusal:
        return the_page(request, test, details, form, refusal=refusal.sentence, status=409)
    return answer(lines)
