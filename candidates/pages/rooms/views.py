"""The rooms: the list, a new one, and what is done with one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates.access import person, room_of, room_page, rooms_in_order
from candidates.errors import Conflict, Refused
from candidates.lifecycle import rooms
from candidates.lifecycle.merging_rooms import merge_of, merge_rooms
from candidates.lifecycle.room_use import uses_to_come
from candidates.models import Location
from candidates.pages.rooms.forms import MergeForm, RoomForm
from candidates.pages.rooms.rows import rooms_page, slips_words
from candidates.pages.shared.base import status_of
from candidates.text import plural


@require_safe
@room_page
def list_rooms(request: HttpRequest) -> HttpResponse:
    """Show every room, those that were removed apart."""
    return render(request, "rooms/list.html", {"page": rooms_page()})


@require_http_methods(["GET", "HEAD", "POST"])
@room_page
def new_room(request: HttpRequest) -> HttpResponse:
    """Ask for a new room, and store it."""
    form = RoomForm(request.POST or None)
    context: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        try:
            made = rooms.add_room(new=form.new, by=person(request))
        except rooms.SameName as refusal:
            form.show_refusal(Refused(_("There is a room %(name)s already.") % {"name": refusal.other}, about="room"))
            context["same"] = refusal.other
        else:
            messages.success(request, _("%(room)s is added.") % {"room": made})
            return redirect("rooms")
    context |= {
        "form": form,
        "heading": _("Add a room"),
        "submit": _("Add room"),
        "cancel_url": reverse("rooms"),
        "trail": _trail(_("Add a room")),
    }
    return render(request, "rooms/new.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@room_page
def change(request: HttpRequest, room_id: str) -> HttpResponse:
    """Show the list with one room as a form, and store what was changed about it."""
    found = room_of(room_id)
    form = RoomForm(request.POST if request.method == "POST" else None, stored=found)
    same: Location | None = None
    if form.is_bound and form.is_valid():
        try:
            changed, slips = rooms.change_room(location=found, old=form.old, new=form.new, by=person(request))
        except rooms.SameName as refusal:
            same = refusal.other
            form.show_refusal(refusal)
        except Conflict as conflict:
            if conflict.stored is not None:
                form.show_what_is_stored(conflict.stored)
            form.show_refusal(conflict)
        except Refused as refusal:
            form.show_refusal(refusal)
        else:
            _tell_what_changed(request, str(room_of(room_id)), changed, slips)
            return redirect("rooms")
    context = {
        "page": rooms_page(),
        "changing": found,
        "form": form,
        "same": same,
        "note": slips_words(found),
        "former": [str(one) for one in found.former_names.all()],
        "trail": _trail(str(found)),
    }
    return render(request, "rooms/list.html", context, status=status_of(form))


def _tell_what_changed(request: HttpRequest, name: str, changed: tuple[str, ...], slips: int) -> None:
    if not changed:
        messages.info(request, _("Nothing was changed about %(room)s.") % {"room": name})
        return
    words = _("%(room)s is changed.") % {"room": name}
    if slips:
        words += " " + _("%(slips)s out of date: print them again.") % {"slips": plural(slips, "printed slip")}
    messages.success(request, words)


@require_http_methods(["GET", "HEAD", "POST"])
@room_page
def merge(request: HttpRequest, room_id: str) -> HttpResponse:
    """Ask which room this one is, and say what merging does; on POST make one of the two."""
    found = room_of(room_id)
    others = [one for one in rooms_in_order() if one.pk != found.pk and one.is_active]
    asked = request.POST if request.method == "POST" else request.GET if "into" in request.GET else None
    form = MergeForm(asked, others=others)
    context = {
        "form": form,
        "room": found,
        "cancel_url": reverse("room", args=[found.public_id]),
        "trail": _trail(_("Merge %(room)s") % {"room": found}),
    }
    if not form.is_bound or not form.is_valid():
        return render(request, "rooms/merge.html", context, status=status_of(form))
    target = next(one for one in others if one.public_id == form.cleaned_data["into"])
    if request.method == "POST":
        try:
            done = merge_rooms(source=found, target=target, by=person(request))
        except Refused as refusal:
            messages.warning(request, refusal.sentence)
            return redirect("rooms")
        words = _("%(room)s is %(target)s now: %(who)s moved.")
        who = plural(done.people, "candidate")
        messages.success(request, words % {"room": found, "target": target, "who": who})
        return redirect("rooms")
    context |= {"target": target, "does": merge_of(found, target)}
    return render(request, "rooms/merge_confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@room_page
def remove(request: HttpRequest, room_id: str) -> HttpResponse:
    """Ask, and on POST offer a room no more."""
    found = room_of(room_id)
    if request.method == "POST":
        _attempt(request, lambda: rooms.remove_room(location=found, by=person(request)))
        return redirect("rooms")
    uses = [use for use in uses_to_come(timezone.now()) if use.location == found.pk]
    context = {
        "room": found,
        "uses": uses,
        "sitting": sum(use.count for use in uses),
        "question": _("Remove %(room)s from the rooms?") % {"room": found},
        "button": _("Remove %(room)s") % {"room": found},
        "cancel_url": reverse("room", args=[found.public_id]),
        "trail": _trail(_("Remove %(room)s") % {"room": found}),
    }
    return render(request, "rooms/remove.html", context)


@require_POST
@room_page
def bring_back(request: HttpRequest, room_id: str) -> HttpResponse:
    """Offer a removed room again."""
    found = room_of(room_id)
    _attempt(request, lambda: rooms.bring_back_room(location=found, by=person(request)))
    return redirect("rooms")


def _attempt(request: HttpRequest, act: Any) -> None:
    """Do it, and say what came of it."""
    try:
        done = act()
    except Refused as refusal:
        messages.warning(request, refusal.sentence)
        return
    words = _("%(room)s is in use again.") if done.is_active else _("%(room)s is removed. Whoever sits there stays.")
    messages.success(request, words % {"room": done})


def _trail(*here: str) -> list[tuple[str, str]]:
    return [(_("Rooms"), reverse("rooms")), *((text, "") for text in here)]
