"""Give a seat to somebody who has none: in the own room, as an invigilator at the door needs it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from candidates import access
from candidates.access import monitor_page, person
from candidates.errors import Refused
from candidates.intake.cells import CellProblem, clean_seat
from candidates.lifecycle.seats import give_seat
from candidates.models import Location
from candidates.pages.monitor.views import trail
from candidates.pages.shared.base import DeliverForm, status_of


class SeatForm(DeliverForm):
    """A seat, and the room where it could be in several."""

    seat = forms.CharField(
        label=gettext_lazy("Seat"),
        strip=False,
        widget=forms.TextInput(attrs={"class": "w-5", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Write the number or name of the seat.")},
    )

    def __init__(self, *args: Any, rooms: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms = {one.public_id: one for one in rooms}
        if len(rooms) > 1:
            choices = [(one.public_id, str(one)) for one in rooms]
            self.fields["room"] = forms.ChoiceField(label=_("Room"), choices=choices)
            self.order_fields(["room", "seat"])

    def clean_seat(self) -> str:
        """Return the seat with its spaces folded."""
        try:
            seat = clean_seat(self.cleaned_data["seat"])
        except CellProblem as problem:
            raise ValidationError(problem.message, code="seat") from problem
        if not seat:
            raise ValidationError(_("Write the number or name of the seat."), code="required")
        return seat

    @property
    def room(self) -> Location:
        """Return the room that was chosen, or the only one."""
        chosen = self.cleaned_data.get("room")
        return self.rooms[chosen] if chosen else next(iter(self.rooms.values()))


@require_http_methods(["GET", "HEAD", "POST"])
@monitor_page
def seat(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Ask for a seat of somebody who has none, and give it."""
    user = person(request)
    test = access.monitored_test(user, test_id)
    found = access.monitored_candidate(user, test, candidate)
    rooms = access.rooms_to_seat_in(user, test, found)
    own = reverse("monitor-candidate", args=[test.public_id, found.public_id])
    if not rooms:
        if request.method == "POST":
            messages.warning(request, _("%(id)s has a seat already, or no room of yours.") % {"id": found.candidate_id})
        return redirect(own)
    form = SeatForm(request.POST if request.method == "POST" else None, rooms=rooms)
    if form.is_bound and form.is_valid():
        given, room = form.cleaned_data["seat"], form.room
        try:
            give_seat(candidate=found, seat=given, room=room, by=user)
        except Refused as refusal:
            form.show_refusal(refusal)
        else:
            words = _("%(id)s has seat %(seat)s in %(room)s.")
            messages.success(request, words % {"id": found.candidate_id, "seat": given, "room": room})
            return redirect(own)
    context = {
        "form": form,
        "heading": _("Seat of candidate %(id)s") % {"id": found.candidate_id},
        "lede": str(rooms[0]) if len(rooms) == 1 else "",
        "submit": _("Give this seat"),
        "cancel_url": own,
        "trail": trail(test, _("Seat")),
    }
    return render(request, "components/form_page.html", context, status=status_of(form))
