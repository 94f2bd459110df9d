"""What is done with ticked candidates: extra time, location, remove. Each act has its own page and its own address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from candidates.access import person, planned_test, planner_page
from candidates.errors import Conflict, Refused
from candidates.lifecycle.accommodations import Change, change_location, change_planned_time
from candidates.lifecycle.removal import remove_candidates
from candidates.models import Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.candidates.bulk_forms import ConfirmedExtraTimeForm, ExtraTimeForm, LocationForm
from candidates.pages.candidates.bulk_rows import (
    extra_time_preview,
    few_change,
    incident_time_helps,
    removal_preview,
    why_nobody,
)
from candidates.pages.candidates.rows import ListFilter, known_locations, ticked_lines
from candidates.pages.candidates.table import end_head
from candidates.pages.candidates.views import trail_of
from candidates.pages.shared.candidate_lines import CandidateLine
from candidates.pages.shared.kept_search import keep_ticks, with_ticks
from candidates.pages.shared.ticked import TickedForm
from candidates.text import plural


@dataclass(frozen=True, slots=True)
class Ticked:
    """Who is meant, on which test, and the list that one came from."""

    test: Test
    lines: list[CandidateLine]
    query: str  # of the list, with its question mark, or empty

    @property
    def ids(self) -> list[str]:
        """Return the public ids in the order of the page."""
        return [line.public_id for line in self.lines]

    @property
    def started(self) -> list[CandidateLine]:
        """Return those who have started."""
        return [line for line in self.lines if line.has_started]

    @property
    def list_url(self) -> str:
        """Return the address of the list as it was shown."""
        return reverse("candidates", args=[self.test.public_id]) + self.query

    def url(self, name: str) -> str:
        """Return the address of a step, which carries the filters of the list."""
        return reverse(name, args=[self.test.public_id]) + self.query

    def context(self, request: HttpRequest, here: str) -> dict[str, Any]:
        """Return what every page for ticked candidates shows; its way back keeps the ticks."""
        address = reverse("candidates", args=[self.test.public_id])
        back = with_ticks(address, self.query.removeprefix("?"), keep_ticks(request, self.ids, at=address))
        return {
            "test": self.test,
            "ticked": self,
            "ids": ",".join(self.ids),
            "end_head": end_head(self.test, self.lines),
            "cancel_url": back,
            "trail": trail_of(self.test, (_("Manage candidates"), back), (here, "")),
        }


def came_from_rooms(request: HttpRequest) -> bool:
    """Say whether candidates were chosen room by room on the page of one-time logins, and not ticked in the list."""
    return request.POST.get("from") == "rooms"


def for_ticked(view: Callable[[HttpRequest, Ticked], HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view for a planner's ticked candidates; where nobody is ticked nothing happens, and the list says so."""

    @require_POST
    @planner_page
    @wraps(view)
    def of_test(request: HttpRequest, test_id: str) -> HttpResponse:
        test = planned_test(person(request), test_id)
        wanted = ListFilter.of(request.GET)
        query = f"?{wanted.query}" if wanted.query else ""
        form = TickedForm(request.POST)
        try:
            if not form.is_valid():
                raise Refused(" ".join(str(text) for texts in form.errors.values() for text in texts))
            chosen, all_matching = form.cleaned_data["ids"], form.cleaned_data["all_matching"]
            lines = ticked_lines(test, wanted, public_ids=chosen, all_matching=all_matching)
        except Refused as refusal:
            messages.warning(request, refusal.sentence)
            if came_from_rooms(request):
                return redirect("one-time-logins", test.public_id)
            return redirect(reverse("candidates", args=[test.public_id]) + query)
        return view(request, Ticked(test, lines, query))

    return of_test


# Extra time ---------------------------------------------------------------------------------------------------------


@for_ticked
def extra_time(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Ask how the extra time of the ticked candidates is to be changed."""
    return _ask_extra_time(request, ticked, ExtraTimeForm(test=ticked.test))


@for_ticked
def check_extra_time(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Show who ends when after the change; nothing is stored yet."""
    form = ExtraTimeForm(request.POST, test=ticked.test)
    if not form.is_valid():
        return _ask_extra_time(request, ticked, form)
    return _confirm_extra_time(request, ticked, form)


@for_ticked
def save_extra_time(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Change the extra time as it was shown."""
    form = ConfirmedExtraTimeForm(request.POST, test=ticked.test)
    if not form.is_valid():
        return _ask_extra_time(request, ticked, form.visible())
    how, minutes, seen = (form.cleaned_data[name] for name in ("how", "amount", "seen"))
    try:
        done = change_planned_time(
            test=ticked.test, public_ids=ticked.ids, how=Change(how), minutes=minutes, by=person(request), seen=seen
        )
    except Conflict as refusal:
        return _confirm_extra_time(request, ticked, form, refusal.sentence)
    except Refused as refusal:
        form.add_error("amount", refusal.sentence)
        return _ask_extra_time(request, ticked, form.visible())
    words = _("The extra time of %(who)s is changed.") % {"who": plural(done.count, "candidate")}
    if not done.count:
        words = _("Nothing was changed: their extra time is that already.")
    _tell(request, words, done.left, _("Started already, so their extra time stays: %(ids)s. Give them incident time."))
    return redirect(ticked.list_url)


def _ask_extra_time(request: HttpRequest, ticked: Ticked, form: ExtraTimeForm) -> HttpResponse:
    if reason := why_nobody(ticked.test, ticked.lines):
        return _no_extra_time(request, ticked, reason, refused=form.is_bound)
    who = plural(len(ticked.lines), "candidate")
    context = ticked.context(request, _("Extra time")) | {
        "form": form,
        "heading": _("Extra time for %(who)s") % {"who": who},
    }
    return render(request, "candidates/extra_time.html", context, status=422 if form.errors else 200)


def _no_extra_time(request: HttpRequest, ticked: Ticked, reason: str, *, refused: bool) -> HttpResponse:
    """Say why a form could change nobody, with the way to incident time for the same candidates."""
    one = _("The extra time of candidate %(id)s cannot be changed") % {"id": ticked.lines[0].candidate_id}
    question = one if len(ticked.lines) == 1 else _("None of them can be changed")
    context = ticked.context(request, _("Extra time")) | {"question": question, "reason": reason}
    context["incident_time_helps"] = incident_time_helps(ticked.test)
    context |= _refused(reason if refused else "")
    return render(request, "candidates/extra_time_nobody.html", context, status=422 if refused else 200)


def _confirm_extra_time(request: HttpRequest, ticked: Ticked, form: ExtraTimeForm, refusal: str = "") -> HttpResponse:
    """Show old and new extra time and end of everybody who is changed; with a refusal where that is not up to date."""
    how, minutes = Change(form.cleaned_data["how"]), form.cleaned_data["amount"]
    try:
        changes = extra_time_preview(test=ticked.test, lines=ticked.lines, how=how, minutes=minutes)
    except Refused as reason:
        form.add_error("amount", reason.sentence)
        return _ask_extra_time(request, ticked, form.visible())
    words = {"minutes": plural(minutes, "minute"), "who": plural(len(changes), "candidate")}
    context = ticked.context(request, _("Extra time")) | {
        "changes": changes,
        "confirmed": ConfirmedExtraTimeForm.of(ticked.test, how, minutes, ticked.lines),
        "sum": form.sum_in_words,
        "few": few_change(changes, how, minutes),
        "question": QUESTIONS[how] % words,
        "button": BUTTONS[how] % words,
        "calm": True,  # it can be taken back, so the button is not red
        "action": ticked.url("candidates-extra-time-save"),
    }
    context |= _refused(refusal)
    return render(request, "candidates/extra_time_check.html", context, status=422 if refusal else 200)


QUESTIONS = {
    Change.ADD: gettext_lazy("Add %(minutes)s to the extra time of %(who)s?"),
    Change.SUBTRACT: gettext_lazy("Take %(minutes)s from the extra time of %(who)s?"),
    Change.SET: gettext_lazy("Set the extra time of %(who)s to %(minutes)s?"),
}
BUTTONS = {
    Change.ADD: gettext_lazy("Add %(minutes)s to %(who)s"),
    Change.SUBTRACT: gettext_lazy("Take %(minutes)s from %(who)s"),
    Change.SET: gettext_lazy("Set %(minutes)s for %(who)s"),
}


# Location -----------------------------------------------------------------------------------------------------------


@for_ticked
def location(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Ask where the ticked candidates are to sit."""
    return _ask_location(request, ticked, LocationForm(known=known_locations()))


@for_ticked
def save_location(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Put the ticked candidates into the location, or take theirs away."""
    form = LocationForm(request.POST, known=known_locations())
    if not form.is_valid():
        return _ask_location(request, ticked, form)
    building, room = form.place
    try:
        done = change_location(
            test=ticked.test, public_ids=ticked.ids, building=building, room=room, by=person(request)
        )
    except Refused as refusal:
        form.add_error(None, refusal.sentence)
        return _ask_location(request, ticked, form)
    words = {"who": plural(done.count, "candidate"), "place": " ".join(part for part in form.place if part)}
    put, taken = _("The location of %(who)s is now %(place)s."), _("The location of %(who)s is removed.")
    _tell(request, (put if words["place"] else taken) % words)
    return redirect(ticked.list_url)


def _ask_location(request: HttpRequest, ticked: Ticked, form: LocationForm) -> HttpResponse:
    who = plural(len(ticked.lines), "candidate")
    context = ticked.context(request, _("Location")) | {
        "form": form,
        "heading": _("Location of %(who)s") % {"who": who},
        "submit": _("Save location of %(who)s") % {"who": who},
    }
    return render(request, "candidates/location.html", context, status=422 if form.errors else 200)


# Remove -------------------------------------------------------------------------------------------------------------


@for_ticked
def remove(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Ask whether the ticked candidates are to be removed, and say who cannot be."""
    return _ask_remove(request, ticked)


@for_ticked
def remove_confirmed(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Remove those of the ticked candidates who can be removed."""
    try:
        done = remove_candidates(test=ticked.test, public_ids=ticked.ids, by=person(request))
    except Refused as refusal:
        return _ask_remove(request, ticked, refusal.sentence)
    words = _("%(who)s removed from the test.") % {"who": plural(done.count, "candidate")}
    _tell(request, words, done.left, _("They stay: %(ids)s."))
    return redirect(ticked.list_url)


def _ask_remove(request: HttpRequest, ticked: Ticked, refusal: str = "") -> HttpResponse:
    removal = removal_preview(ticked.test, ticked.lines)
    who = plural(len(removal.goes), "candidate")
    context = ticked.context(request, _("Remove")) | {
        "removal": removal,
        "question": _("Remove %(who)s from the test?") % {"who": who}
        if removal.goes
        else _nobody_removed(ticked.lines),
        "button": _("Remove %(who)s") % {"who": who},
        "lede": _("%(stay)d of %(most)d candidates stay on %(test)s.")
        % {
            "stay": max(0, ticked.test.candidate_count - len(removal.goes)),
            "most": MAX_CANDIDATES,
            "test": ticked.test.name,
        },
        "action": ticked.url("candidates-remove-confirmed"),
    }
    context |= _refused(refusal)
    template = "candidates/remove.html" if removal.goes else "candidates/remove_nobody.html"
    return render(request, template, context, status=422 if refusal else 200)


def _nobody_removed(lines: Sequence[CandidateLine]) -> str:
    one = _("Candidate %(id)s cannot be removed") % {"id": lines[0].candidate_id}
    return one if len(lines) == 1 else _("None of them can be removed")


def _refused(refusal: str) -> dict[str, Any]:
    """Return what a page needs to say that an act was not done."""
    return {"problems": [("", refusal)] if refusal else [], "error": bool(refusal)}


def _tell(request: HttpRequest, words: str, left: Sequence[str] = (), why: str = "") -> None:
    """Say what was done, and name the first ten who were left as they were."""
    messages.success(request, words)
    if left:
        names = ", ".join(left[:10]) + (_(" and %(n)d more") % {"n": len(left) - 10} if len(left) > 10 else "")
        messages.warning(request, why % {"ids": names})
