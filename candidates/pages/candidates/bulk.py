"""What is done with ticked candidates: location, remove. Each act has its own page and its own address."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from candidates.access import locations_in_order, person
from candidates.errors import Refused
from candidates.lifecycle.accommodations import change_location
from candidates.lifecycle.removal import Why, removable, remove_candidates
from candidates.lifecycle.spares import people_on
from candidates.models import Candidate, Test
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.candidates.bulk_forms import LocationForm, PastedForm
from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.candidate_lines import CandidateLine
from candidates.pages.shared.ticked_candidates import Ticked, for_ticked, refused, tell
from candidates.pages.shared.trails import trail_of
from candidates.text import plural

# Whom ---------------------------------------------------------------------------------------------------------------


def ask_whom(
    request: HttpRequest, test: Test, form: DeliverForm, problem: str, *, here: str, action: str, note: str
) -> HttpResponse:
    """Render the page that asks for IDs, with what stands in its way."""
    if problem:
        form.add_error("paste", problem)
    address = reverse("candidates", args=[test.public_id])
    trail = [*trail_of(test), (_("Manage candidates"), address), (here, "")]
    context = {"test": test, "form": form, "heading": here, "action": action, "note": note, "trail": trail}
    return render(request, "candidates/whom.html", context | {"error": bool(problem)}, status=422 if problem else 200)


# Location -----------------------------------------------------------------------------------------------------------


def ask_whose_location(request: HttpRequest, test: Test, problem: str) -> HttpResponse:
    """Ask whose location is to be changed."""
    form = PastedForm(request.POST if problem else None)
    note = _("You choose the location in the next step.")
    return ask_whom(request, test, form, problem, here=_("Location"), action=request.path, note=note)


@partial(for_ticked, asks=ask_whose_location)
def location(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Ask where the ticked candidates are to sit."""
    return _ask_location(request, ticked, LocationForm(known=locations_in_order()))


@for_ticked
def save_location(request: HttpRequest, ticked: Ticked) -> HttpResponse:
    """Put the ticked candidates into the location, or take theirs away."""
    form = LocationForm(request.POST, known=locations_in_order())
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
    tell(request, (put if words["place"] else taken) % words)
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


@dataclass(frozen=True, slots=True)
class Removal:
    """Who of the ticked candidates goes, and the Candidate IDs of those who stay, by reason."""

    goes: list[CandidateLine]
    started: list[str]
    online: list[str]
    finished: list[str]

    @property
    def permanent(self) -> bool:
        """Say whether permanent users are among those who go: they keep their logins."""
        return any(line.kind == Candidate.Kind.PERMANENT for line in self.goes)

    @property
    def ends_logins(self) -> bool:
        """Say whether somebody's login details end with it."""
        return any(line.kind != Candidate.Kind.PERMANENT for line in self.goes)


def ask_whom_to_remove(request: HttpRequest, test: Test, problem: str) -> HttpResponse:
    """Ask who is to be removed."""
    form = PastedForm(request.POST if problem else None)
    note = _("You see who goes and who stays before anybody is removed.")
    return ask_whom(request, test, form, problem, here=_("Remove"), action=request.path, note=note)


@partial(for_ticked, asks=ask_whom_to_remove)
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
    tell(request, words, done.left, _("They stay: %(ids)s."))
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
            "stay": max(0, people_on([ticked.test])[ticked.test.pk] - len(removal.goes)),
            "most": MAX_CANDIDATES,
            "test": ticked.test.name,
        },
        "action": ticked.url("candidates-remove-confirmed"),
    }
    context |= refused(refusal)
    template = "candidates/remove.html" if removal.goes else "candidates/remove_nobody.html"
    return render(request, template, context, status=422 if refusal else 200)


def removal_preview(test: Test, lines: Sequence[CandidateLine]) -> Removal:
    """Return who goes and who stays, in the order of the page."""
    _gone, stays = removable(test, [line.public_id for line in lines])
    why = {stay.candidate.public_id: stay.why for stay in stays}

    def staying(reason: Why) -> list[str]:
        return [line.candidate_id for line in lines if why.get(line.public_id) is reason]

    return Removal(
        goes=[line for line in lines if line.public_id not in why],
        started=staying(Why.STARTED),
        online=staying(Why.ONLINE),
        finished=staying(Why.FINISHED),
    )


def _nobody_removed(lines: Sequence[CandidateLine]) -> str:
    one = _("Candidate %(id)s cannot be removed") % {"id": lines[0].candidate_id}
    return one if len(lines) == 1 else _("None of them can be removed")
