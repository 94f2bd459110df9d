"""What the pages on the way onto a test say: what it is, when it is, and how somebody waits."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.intake.prepared import prepared_for
from candidates.lifecycle.joining import identity_to_join_with
from candidates.models import Joining, JoinRequest, Test, User
from candidates.pages.shared.joining import waiting_words
from candidates.text import clock, day, plural, when, zone
from candidates.timing import Stage, effective_end, stage_of

State = JoinRequest.State


def confirm_page(joining: Joining, user: User, code: str) -> dict[str, Any]:
    """Return the context of the page that asks before somebody joins; what is prepared for them is told."""
    test = joining.test
    prepared = prepared_for(test, [user]).get(user.pk)
    extra = prepared.extra_minutes if prepared else 0
    identity = identity_to_join_with(joining, user)
    opens_at, closes_at = test.window
    ends_at = effective_end(
        test_ends_at=closes_at,
        duration_minutes=test.duration_minutes,
        started_at=None,
        extra_minutes=extra,
        incident_minutes=0,
    )
    known_by = identity.sso_user_id if identity else user.shown_username
    return {
        "name": test.name,
        "code": code,
        "opens_at": f"{when(opens_at)} {zone()}",
        "ends_words": _("Ends for you at the latest") if test.duration_minutes else _("Ends for you"),
        "ends_at": clock(ends_at) if day(opens_at) == day(ends_at) else when(ends_at),
        "extra": plural(extra, "minute") if extra else "",
        "who": user.name if user.name != known_by else "",
        "known_by": known_by,
        "approves_each": joining.approves_each,
        "is_full": joining.places_left <= 0 or test.places_left <= 0,
    }


def waiting_page(request: JoinRequest) -> dict[str, Any]:
    """Return the context of the page of somebody who waits, or who was not let in."""
    test, now = request.test, timezone.now()
    over = stage_of(test) == Stage.FINISHED
    waits = request.state in (State.ASKED, State.QUEUED)
    headings = {
        State.ASKED: _("You wait to be let in"),
        State.QUEUED: _("You are on the waiting list"),
        State.REFUSED: _("You were not let in"),
        State.REMOVED: _("You were taken off this test"),
    }
    return {
        "heading": _("The test is over") if over and waits else headings[State(request.state)],
        "name": test.name,
        "sentence": _("You did not come on %(name)s.") % {"name": test.name}
        if over and waits
        else _sentence(request, test),
        "planner_says": request.sentence,
        "waits": waits and not over,
        "may_ask_again": request.state == State.REFUSED and not over,
        "asked_at": clock(request.asked_at),
        "looked_at": f"{timezone.localtime(now):%H:%M:%S}",
        "state": state_of(request),
        "seen_url": reverse("join-seen", args=[request.public_id]),
        "leave_url": reverse("join-leave", args=[request.public_id]),
    }


def state_of(request: JoinRequest) -> str:
    """Return what changes when an open page is out of date."""
    waits = request.state in (State.ASKED, State.QUEUED) and stage_of(request.test) != Stage.FINISHED
    return f"{request.state} {waiting_words(request)}" if waits else str(request.state)


def _sentence(request: JoinRequest, test: Test) -> str:
    said = {"name": test.name, "opens": f"{when(test.opens_at)} {zone()}" if test.opens_at else ""}
    if request.state == State.ASKED:
        words = _("%(name)s opens %(opens)s. A planner sees who you are and lets you in. This page goes on by itself.")
        return words % said
    if request.state == State.QUEUED:
        words = _("%(name)s opens %(opens)s. You come in when a place is free. This page goes on by itself.")
        return f"{waiting_words(request)} {words % said}"
    if request.state == State.REFUSED:
        return _("You are not on %(name)s.") % said
    return _("You are not on %(name)s any more. Only its planner can let you in again.") % said
