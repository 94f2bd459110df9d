"""Spare logins for planners: make them for a room, take away what is left, and clear up who used one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates import audit
from candidates.access import candidate_of, locations_in_order, person, planned_test, planner_page
from candidates.errors import Refused
from candidates.intake.spares import MAX_SPARES_AT_ONCE, make_spares
from candidates.lifecycle.spares import (
    join_spare,
    remove_spares,
    spares_by_room,
    spares_in_use,
    spares_of,
    take_spare_back,
    why_not_joined,
)
from candidates.models import Candidate, Location, Test
from candidates.pages.door.lines import DoorLine
from candidates.pages.door.rows import Door, door_of
from candidates.pages.shared.base import DeliverForm, attempt, status_of
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.searching import searched_for
from candidates.text import plural

NOWHERE = "none"


class MakeForm(DeliverForm):
    """How many spare logins for which room."""

    room = forms.ChoiceField(label=gettext_lazy("Room"))
    count = forms.IntegerField(
        label=gettext_lazy("How many"),
        min_value=1,
        max_value=MAX_SPARES_AT_ONCE,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-5"}),
        error_messages={"invalid": gettext_lazy("Write a whole number, like 8.")},
    )

    def __init__(self, *args: Any, rooms: list[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms = {room.public_id: room for room in rooms}
        choices = [(room.public_id, str(room)) for room in rooms]
        self.fields["room"].choices = [*choices, (NOWHERE, _("Without a room"))]  # type: ignore[attr-defined]  # a choice field has them

    @property
    def location(self) -> Location | None:
        """Return the chosen room."""
        return self.rooms.get(self.cleaned_data["room"])


@require_safe
@planner_page
def show(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the spare logins of each room, and who used one and is to be cleared up."""
    test = planned_test(person(request), test_id)
    return render(request, "door/spares.html", _page(test, MakeForm(rooms=_rooms(test))))


@require_POST
@planner_page
def make(request: HttpRequest, test_id: str) -> HttpResponse:
    """Make spare logins for a room."""
    test = planned_test(person(request), test_id)
    form = MakeForm(request.POST, rooms=_rooms(test))
    if form.is_valid():
        count, location = form.cleaned_data["count"], form.location
        made = attempt(form, lambda: make_spares(test=test, count=count, location=location, by=person(request)))
        if made is not None:
            ids = {"made": plural(made.count, "spare login"), "first": made.candidate_ids[0]}
            messages.success(request, _("%(made)s made, from %(first)s on. Print their slips before the exam.") % ids)
            return redirect("spare-logins", test_id)
    return render(request, "door/spares.html", _page(test, form), status=status_of(form))


@require_POST
@planner_page
def remove(request: HttpRequest, test_id: str) -> HttpResponse:
    """Take the spare logins off that nobody has; whoever used one stays."""
    test = planned_test(person(request), test_id)
    try:
        done = remove_spares(test=test, by=person(request))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        words = _("%(removed)s removed. Their places are free again, and slips that were printed are void.")
        messages.success(request, words % {"removed": plural(done.count, "spare login")})
    return redirect("spare-logins", test_id)


@require_POST
@planner_page
def take_back(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Take a spare login back that was given by mistake."""
    test = planned_test(person(request), test_id)
    found = candidate_of(test, candidate)
    try:
        spare = take_spare_back(test=test, public_id=found.public_id, by=person(request), rooms=())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        words = _("%(id)s is nobody’s again, and its password has ended. A slip that was handed out is void.")
        messages.success(request, words % {"id": spare.candidate_id})
    return redirect("spare-logins", test_id)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@planner_page
def join(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Find the candidate who used a spare login, show what moves, and join them."""
    test = planned_test(person(request), test_id)
    spare = candidate_of(test, candidate)
    door = door_of(test, rooms=(), bound=(), names=True, logins=False)
    right = _right(test, request.POST.get("to", "") or request.GET.get("to", ""))
    if request.method == "POST" and right is not None:
        try:
            joined = join_spare(test=test, spare=spare.public_id, candidate=right.public_id, by=person(request))
        except Refused as refusal:
            messages.error(request, refusal.sentence)
            return redirect(f"{reverse('join-spare', args=[test_id, candidate])}?to={right.public_id}")
        said = {"spare": spare.candidate_id, "id": joined.candidate_id}
        messages.success(
            request, _("%(spare)s is %(id)s: answer, times and history moved. The spare slip has ended.") % said
        )
        return redirect("spare-logins", test_id)
    audit.record_once(audit.Action.REFERENCES_SEEN, by=person(request), test=test)
    typed = searched_for(request.GET)
    hits = _hits(door, typed or spare.name, spare)
    context = {
        "test": test,
        "spare": spare,
        "right": right,
        "reason": why_not_joined(spare, right, test) if right else "",
        "q": typed or spare.name,
        "hits": hits,
        "trail": [*_trail(test), (_("Spare logins"), reverse("spare-logins", args=[test_id])), (_("Join"), "")],
    }
    return render(request, "door/join.html", context)


def _right(test: Test, public_id: str) -> Candidate | None:
    public_id = public_id.replace("\0", "")  # which PostgreSQL fails on
    return candidate_of(test, public_id) if public_id else None


def _hits(door: Door, typed: str, spare: Candidate) -> list[DoorLine]:
    return [line for line in door.find(typed) if not line.stored.is_spare and line.public_id != spare.public_id][:25]


def _rooms(test: Test) -> list[Location]:
    """Return the rooms to choose from: those of the test first, then all others."""
    on = set(test.candidates.order_by().values_list("location", flat=True))
    every = locations_in_order()
    return [*(room for room in every if room.pk in on), *(room for room in every if room.pk not in on)]


def _page(test: Test, form: MakeForm) -> dict[str, Any]:
    return {
        "test": test,
        "form": form,
        "rooms": spares_by_room(test),
        "used": spares_in_use(test),
        "left": len(spares_of(test, []).left),
        "trail": [*_trail(test), (_("Spare logins"), "")],
    }


def _trail(test: Test) -> list[tuple[str, str]]:
    return [(_("Tests"), reverse("deliver-tests")), (test.name, reverse("deliver-test", args=[test.public_id]))]
