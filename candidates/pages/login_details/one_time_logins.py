"""The morning when SSO is down: give SSO candidates one-time logins, print them, take them back (D20)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from candidates.access import person, planned_test, planner_page
from candidates.credentials.overview import overview
from candidates.credentials.standing_in import (
    NOBODY,
    give_one_time_logins,
    take_back_one_time_logins,
    why_none_can_be_given,
)
from candidates.errors import Refused
from candidates.pages.login_details.forms import TakeBackForm, WhoseForm
from candidates.pages.login_details.one_time_rows import Chosen, choices_of, chosen_candidates, printing_of
from candidates.pages.shared.password_again import asks_password
from candidates.pages.shared.ticked_candidates import Ticked, came_from_rooms, for_ticked
from candidates.pages.shared.trails import trail_of
from candidates.text import plural

# Whose slips are to be printed next, in the planner's session: 1500 public ids do not fit into an address.
REMEMBERED = "one_time_logins_given"


@require_safe
@planner_page
def choose(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show how many SSO candidates have a one-time login, room by room, with the ways to give and take back."""
    test = planned_test(person(request), test_id)
    context = {"test": test, "choices": choices_of(test), "trail": trail_of(test, _("One-time logins"))}
    return render(request, "login_details/one_time_logins/choose.html", context)


@for_ticked
def ask(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Show who gets a one-time login, room by room, and what stays; nothing is stored yet."""
    return _ask(request, ticked)


@for_ticked
@asks_password
def give(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Give one-time logins, and lead to the page that prints the slips of all who were chosen."""
    try:
        given = give_one_time_logins(test=ticked.test, public_ids=ticked.ids, by=person(request))
    except Refused as refusal:
        return _ask(request, ticked, refusal.sentence)
    request.session[REMEMBERED] = {"test": ticked.test.public_id, "ids": [*given.new, *given.had]}
    n = len(given.new)
    if n:
        words = ngettext(
            "%(n)d one-time login given. It works at once.", "%(n)d one-time logins given. They work at once.", n
        )
        messages.success(request, words % {"n": n})
    else:
        messages.info(request, _("They have a one-time login already. Nothing was changed."))
    return redirect("one-time-logins-given", ticked.test.public_id)


@require_safe
@planner_page
def print_given(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the ways to print for exactly those who were chosen last, or for everybody who has a one-time login."""
    test = planned_test(person(request), test_id)
    last = request.session.get(REMEMBERED, {})
    details = overview(test, to=person(request))
    wanted = last["ids"] if last.get("test") == test_id and "all" not in request.GET else None
    public_ids, rooms = printing_of(details, wanted)
    if not public_ids or not details.can_be_shown:
        messages.info(request, _("There is no one-time login to print."))
        return redirect("one-time-logins", test_id)
    context = {
        "test": test,
        "details": details,
        "count": len(public_ids),
        "rooms": rooms,
        "form": WhoseForm(details=details, ticked=public_ids),
        "trail": [
            *trail_of(test),
            (_("One-time logins"), reverse("one-time-logins", args=[test_id])),
            (_("Print"), ""),
        ],
    }
    return render(request, "login_details/one_time_logins/given.html", context)


@for_ticked
def ask_back(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Show whose one-time login ends, and who is writing with it now; nothing is stored yet."""
    return _ask_back(request, ticked)


@for_ticked
def take_back(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Take one-time logins back; what was written stays."""
    seen = TakeBackForm(request.POST).named
    try:
        n = take_back_one_time_logins(test=ticked.test, public_ids=ticked.ids, by=person(request), seen_writing=seen)
    except Refused as refusal:
        return _ask_back(request, ticked, refusal.sentence)
    words = ngettext("%(n)d one-time login taken back.", "%(n)d one-time logins taken back.", n) % {"n": n}
    messages.success(request, words + " " + _("Slips that were handed out are void. What was written is still there."))
    return redirect("one-time-logins", ticked.test.public_id)


def _ask(request: HttpRequest, ticked: Ticked, refusal: str = "") -> HttpResponse:
    chosen = chosen_candidates(ticked.lines)
    context = _shared(request, ticked, _("Give one-time login"), chosen, refusal)
    reason = why_none_can_be_given(ticked.test) or ("" if chosen.lines else str(NOBODY))
    if reason:
        context |= {"question": _("None of them can get a one-time login"), "reason": reason}
        return render(request, "login_details/one_time_logins/nobody.html", context, status=422 if refusal else 200)
    n, action = len(chosen.missing), ticked.url("candidates-one-time-login-give")
    who = {"who": plural(n or len(chosen.lines), "candidate")}
    words = (_("Give a one-time login to %(who)s?"), _("Give a one-time login to %(who)s"))
    if not n:
        words = (_("Print the one-time login of %(who)s again?"), _("Go on to print"))
    # not red: it can be taken back
    context |= {"question": words[0] % who, "button": words[1] % who, "action": action, "calm": True}
    return render(request, "login_details/one_time_logins/give.html", context, status=422 if refusal else 200)


def _ask_back(request: HttpRequest, ticked: Ticked, refusal: str = "") -> HttpResponse:
    chosen = chosen_candidates(ticked.lines)
    context = _shared(request, ticked, _("Take back one-time login"), chosen, refusal)
    if not chosen.given:
        context |= {"question": _("None of them has a one-time login"), "reason": _("There is nothing to take back.")}
        return render(request, "login_details/one_time_logins/nobody.html", context, status=422 if refusal else 200)
    writing = chosen.writing(ticked.test)
    who = {"who": plural(len(chosen.given), "candidate")}
    context |= {
        "question": _("Take back the one-time login of %(who)s?") % who,
        "button": _("Take back the one-time login of %(who)s") % who,
        "action": ticked.url("candidates-one-time-login-take-back-confirmed"),
        "writing": writing,
        "seen": TakeBackForm.of(writing),
    }
    return render(request, "login_details/one_time_logins/take_back.html", context, status=422 if refusal else 200)


def _shared(request: HttpRequest, ticked: Ticked, here: str, chosen: Chosen, refusal: str) -> dict[str, Any]:
    """Return what all pages about chosen SSO candidates show, with the way back to the page that one came from."""
    test = ticked.test
    context = ticked.context(request, here)
    if came_from_rooms(request):
        rooms_url = reverse("one-time-logins", args=[test.public_id])
        context |= {"from_rooms": True, "cancel_url": rooms_url}
        context["trail"] = [*trail_of(test), (_("One-time logins"), rooms_url), (here, "")]
    return context | {
        "chosen": chosen,
        "ids": ",".join(chosen.ids),
        "lede": test.name,
        "problems": [("", refusal)] if refusal else [],
        "error": bool(refusal),
    }
