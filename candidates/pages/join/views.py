"""The way onto a test by its code: the code, the question, and waiting. Only forms look a code up."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from candidates import audit
from candidates.access import join_request_of, person
from candidates.errors import Refused
from candidates.intake.joining import MayNotJoin, NoSuchCode, join, look_up
from candidates.lifecycle.joining import withdraw
from candidates.models import JoinRequest, User
from candidates.pages.join.forms import MAX_TYPED, CodeForm
from candidates.pages.join.rows import confirm_page, state_of, waiting_page
from candidates.pages.shared.base import status_of
from candidates.pages.shared.joining import may_type_codes
from candidates.signin.code_tries import note_wrong_code, waits_until
from candidates.text import clock, zone

State = JoinRequest.State
HERE = {"section": "dashboard"}
"""Where these pages stand in the navigation."""


@require_safe
def ask_for_code(request: HttpRequest, code: str = "") -> HttpResponse:
    """Show the field for a code, filled in where a link brings one: opening it looks nothing up and joins nothing."""
    if not may_type_codes(person(request)):
        return _not_for(request)
    return render(request, "join/code.html", {**HERE, "form": CodeForm(initial={"code": code[:MAX_TYPED]})})


@require_POST
def look_up_code(request: HttpRequest) -> HttpResponse:
    """Show which test a code is for, and ask; where the person is in line already, show that."""
    user, form = person(request), CodeForm(request.POST)
    if refusal := _refusal(request, user, form):
        return refusal
    try:
        joining, mine = look_up(code=form.cleaned_data["code"], by=user)
    except (NoSuchCode, MayNotJoin) as refused:
        return _wrong(request, user, form, refused)
    if mine is not None and mine.state != State.REFUSED:
        return _after(request, mine)
    return render(request, "join/confirm.html", {**HERE, **confirm_page(joining, user, form.cleaned_data["code"])})


@require_POST
def join_now(request: HttpRequest) -> HttpResponse:
    """Join the test of the code, and lead to where the person stands: on the Dashboard, or in line."""
    user, form = person(request), CodeForm(request.POST)
    if refusal := _refusal(request, user, form):
        return refusal
    try:
        mine = join(code=form.cleaned_data["code"], by=user)
    except (NoSuchCode, MayNotJoin) as refused:
        return _wrong(request, user, form, refused)
    except Refused as refused:
        messages.info(request, refused.sentence)
        return redirect("dashboard")
    return _after(request, mine)


@require_safe
def wait(request: HttpRequest, request_id: str) -> HttpResponse:
    """Show how somebody stands who asked to join: in line, or refused with the planner's sentence."""
    mine = join_request_of(person(request), request_id)
    if mine.state == State.JOINED:
        return _after(request, mine)
    return render(request, "join/waiting.html", {**HERE, **waiting_page(mine)})


@require_POST
def seen(request: HttpRequest, request_id: str) -> JsonResponse:
    """Tell an open page how the person stands now, and when it was asked."""
    mine = join_request_of(person(request), request_id)
    return JsonResponse({"state": state_of(mine), "looked": f"{timezone.localtime():%H:%M:%S}"})


@require_POST
def leave(request: HttpRequest, request_id: str) -> HttpResponse:
    """Take the own wish to join back."""
    user = person(request)
    mine = join_request_of(user, request_id)
    try:
        withdraw(test=mine.test, by=user)
    except Refused as refused:
        messages.warning(request, refused.sentence)
    else:
        messages.success(request, _("You do not wait for %(name)s any more.") % {"name": mine.test.name})
    return redirect("dashboard")


def _after(request: HttpRequest, mine: JoinRequest) -> HttpResponse:
    """Lead to where somebody stands."""
    if mine.state != State.JOINED or mine.candidate is None:
        return redirect("join-waiting", mine.public_id)
    words = _("You are on %(name)s. Your Candidate ID is %(id)s.")
    messages.success(request, words % {"name": mine.test.name, "id": mine.candidate.candidate_id})
    return redirect("dashboard")


def _wrong(request: HttpRequest, user: User, form: CodeForm, refused: Refused) -> HttpResponse:
    """Count the code and say what the person may know; who may not join counts too, or codes could be found so."""
    if note_wrong_code(request, user):
        audit.record_if_possible(audit.Action.TEST_CODES_GUESSED, by=user, refused=True)
    form.add_error("code", refused.sentence)
    return _show(request, form)


def _refusal(request: HttpRequest, user: User, form: CodeForm) -> HttpResponse | None:
    """Return the answer where no code is looked at: to who may type none, for no code at all, after too many tries."""
    if not may_type_codes(user):
        return _not_for(request)
    if not form.is_valid():
        return _show(request, form)
    return _too_many(request, user, form)


def _too_many(request: HttpRequest, user: User, form: CodeForm) -> HttpResponse | None:
    """Answer 429 to who has typed too many wrong codes, before any is looked up; None for everybody else."""
    until = waits_until(request, user)
    if until is None:
        return None
    words = _("There were too many wrong codes. Wait until %(when)s (%(zone)s), then type the code again.")
    form.add_error("code", words % {"when": clock(until), "zone": zone()})
    response = render(request, "join/code.html", {**HERE, "form": form}, status=429)
    response["Retry-After"] = str(max(1, int((until - timezone.now()).total_seconds())))
    return response


def _show(request: HttpRequest, form: CodeForm) -> HttpResponse:
    return render(request, "join/code.html", {**HERE, "form": form}, status=status_of(form))


def _not_for(request: HttpRequest) -> HttpResponse:
    """Say to whom test codes are of no use why, and what to do."""
    user = person(request)
    context: dict[str, Any] = {"is_staff": not user.is_candidate, "who": user}
    return render(request, "join/not_for_you.html", context, status=403)
