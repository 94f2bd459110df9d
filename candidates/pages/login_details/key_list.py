"""The key list: which person has which Candidate ID and which slip, for planners and, where allowed, a room (D19)."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.access import monitor_page, monitored_test, person, planned_test, planner_page, room_binding
from candidates.credentials.key_list import KeyLine, by_room, choice_of, key_list_file, open_key_list
from candidates.credentials.opening import Action
from candidates.credentials.refusals import NotShown
from candidates.lifecycle.tests import share_key_list
from candidates.models import Test
from candidates.pages.login_details.views import asked_of, opens_secrets, post_alone, the_page
from candidates.pages.shared.password_again import asks_password


@post_alone
@opens_secrets(Action.KEY_LIST_SHOWN)
@planner_page
@asks_password
def show_key_list(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the key list of the chosen candidates as a page to print."""
    test = planned_test(person(request), test_id)

    def answer(lines: list[KeyLine]) -> HttpResponse:
        return _page(request, test, lines, back=(_("Back to the login details"), "login-details"))

    return _answer(request, test, Action.KEY_LIST_SHOWN, answer)


@post_alone
@opens_secrets(Action.KEY_LIST_CSV)
@planner_page
@asks_password
def download_key_list(request: HttpRequest, test_id: str) -> HttpResponse:
    """Send the key list of the chosen candidates as CSV."""
    test = planned_test(person(request), test_id)

    def answer(lines: list[KeyLine]) -> HttpResponse:
        file = key_list_file(test, lines)
        return HttpResponse(file.content, headers=file.headers)

    return _answer(request, test, Action.KEY_LIST_CSV, answer)


@post_alone
@opens_secrets(Action.KEY_LIST_SHOWN)
@monitor_page
@asks_password
def show_in_the_hall(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show an invigilator the key list of the own rooms and of those without a room, where a planner allows it."""
    user = person(request)
    test = monitored_test(user, test_id)
    choice = choice_of(room_binding(user, test))
    try:
        lines = open_key_list(test=test, choice=choice, action=Action.KEY_LIST_SHOWN, by=user)
    except NotShown as refusal:
        messages.error(request, refusal.sentence)
        return redirect("monitor-test", test_id)
    return _page(request, test, lines, back=(_("Back to Monitor"), "monitor-test"))


@post_alone
@planner_page
def share(request: HttpRequest, test_id: str) -> HttpResponse:
    """Let the invigilators of the test have the key list of their room, or no longer."""
    test, allowed = planned_test(person(request), test_id), request.POST.get("allowed") == "1"
    share_key_list(test=test, allowed=allowed, by=person(request))
    if allowed and not test.invigilators_see_names:
        messages.warning(request, _("Invigilators find no key list yet: on this test they do not see names."))
        return redirect("login-details", test_id)
    if allowed:
        words = _("Invigilators find the key list of their room in Monitor, from 60 minutes before the test opens.")
    else:
        words = _("Invigilators no longer see the key list.")
    messages.success(request, words)
    return redirect("login-details", test_id)


def _page(request: HttpRequest, test: Test, lines: list[KeyLine], *, back: tuple[str, str]) -> HttpResponse:
    words, name = back
    context = {
        "test": test,
        "rooms": by_room(lines),
        "count": len(lines),
        "now": timezone.now(),
        "back": (words, reverse(name, args=[test.public_id])),
    }
    return render(request, "login_details/key_list.html", context)


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
