"""The door desk of one test: find somebody, mark them, give a spare login; what a phone asks for, and its marks."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from candidates import access, audit
from candidates.access import Role, monitor_page, person
from candidates.credentials.refusals import invigilators_window
from candidates.errors import Refused
from candidates.lifecycle.attendance import Marked, NewMark, Outcome, last_marks, mark_at_the_door
from candidates.lifecycle.missing import last_press
from candidates.lifecycle.seats import give_seat, next_seat
from candidates.lifecycle.spares import Spares, give_spare, has_void_slip, spares_of, take_spare_back
from candidates.models import AttendanceMark, Candidate, IdCheck, Location, Presence, Test
from candidates.pages.door.forms import SHOW, MarkForm, MarksForm, SpareForm
from candidates.pages.door.lines import DoorLine, milliseconds
from candidates.pages.door.rows import MAX_SHOWN, Door, door_of, rooms_on
from candidates.pages.door.words import plain_words, said
from candidates.pages.shared.base import attempt, problems, status_of
from candidates.pages.shared.recorded import needs_record
from candidates.pages.shared.searching import searched_for
from candidates.pages.shared.tests_list import listed_tests
from candidates.signin.sessions import comes_by_itself
from candidates.text import clock
from candidates.timing import Stage, stage_of

LISTS = {"missing": "missing", "unchecked": "unchecked"}
LAST_MARKS = 3
TAKEN = {
    AttendanceMark.About.PRESENCE.value: Presence.NOT_SET.value,
    AttendanceMark.About.ID_CHECK.value: IdCheck.NOT_CHECKED.value,
}
# what the script fills in, in the same mark-up
BLANK = {"may_mark": True, "is_here": True, "has_login": True}


@dataclass(frozen=True)
class Desk:
    """Who stands at which door of a test: what every address of the door desk begins with."""

    test: Test
    bound: tuple[Location, ...]
    rooms: tuple[Location, ...]  # of this door; none: everybody
    choices: list[Location]  # other doors that the person may stand at
    names: bool
    logins: bool

    def door(self) -> Door:
        """Return everybody as this door sees them."""
        return door_of(self.test, rooms=self.rooms, bound=self.bound, names=self.names, logins=self.logins)

    @property
    def title(self) -> str:
        """Return what stands above the page: the rooms, or that it is all of them."""
        return ", ".join(map(str, self.rooms)) or _("All rooms")

    @property
    def room(self) -> str:
        """Return the room that was chosen, as an address says it; "" where none was."""
        return self.rooms[0].public_id if len(self.rooms) == 1 and len(self.choices) > 1 else ""

    def address(self, name: str = "door", *parts: str, **query: str) -> str:
        """Return an address of this door."""
        asked = urlencode({key: value for key, value in {"room": self.room, **query}.items() if value})
        return reverse(name, args=[self.test.public_id, *parts]) + (f"?{asked}" if asked else "")


@require_safe
@monitor_page
def choose(request: HttpRequest) -> HttpResponse:
    """Lead to the door of the test that is on, or list the tests to choose from."""
    tests = access.tests_of(person(request), Role.PLANNER, Role.INVIGILATOR).in_use().activated().with_longest_extra()
    lines = [line for line in listed_tests(tests, now=timezone.now()) if line.stage != Stage.FINISHED]
    if len(lines) == 1:
        return redirect("door", lines[0].public_id)
    return render(request, "door/choose.html", {"lines": lines, "section": "door"})


@require_safe
@needs_record
@monitor_page
def show(request: HttpRequest, test_id: str) -> HttpResponse:
    """Show the door: the search, who was found, and what is left to do."""
    desk = desk_of(request, test_id)
    door = desk.door()
    _record_names(request, desk)
    return render(request, "door/door.html", page_of(request, desk, door))


@require_safe
@comes_by_itself
@needs_record
@monitor_page
def people(request: HttpRequest, test_id: str) -> HttpResponse:
    """Answer a phone with everybody, for the search on it, or with what is marked at its door alone.

    It asks by itself, so this counts as no use.
    """
    desk = desk_of(request, test_id)
    door = desk.door()
    if "marks" in request.GET:
        return _json({"marks": {line.public_id: line.marks() for line in door.here}})
    _record_names(request, desk)
    return _json({"people": door.data(), "names": desk.names})


@require_POST
@monitor_page
def marks(request: HttpRequest, test_id: str) -> HttpResponse:
    """Store the marks that a phone has kept, and say of each what became of it."""
    desk = desk_of(request, test_id)
    form = MarksForm(request.POST)
    if not form.is_valid():
        return _json({"sentence": next(iter(form.errors["marks"]))}, status=400)
    sent = form.cleaned_data["marks"]
    good = [one for one in sent if isinstance(one, NewMark)]
    try:
        done = iter(mark_at_the_door(test=desk.test, marks=good, by=person(request), rooms=desk.bound))
    except Refused as refusal:
        return _json({"sentence": refusal.sentence}, status=409)
    # one answer for each, in their order: a phone knows its marks by that
    wrong = Outcome.REFUSED
    answers = [next(done) if isinstance(one, NewMark) else Marked(one.nonce, wrong, one.sentence) for one in sent]
    return _json({"marks": [[one.nonce, one.outcome.value, one.sentence] for one in answers]})


@require_POST
@monitor_page
def mark(request: HttpRequest, test_id: str) -> HttpResponse:
    """Store one mark of a button without the script, and show the candidate again."""
    desk = desk_of(request, test_id)
    sent = request.POST.copy()
    if "undo" in sent:  # "Undo" of the last marks: candidate and what it was about
        sent["candidate"], _space, sent["mark"] = request.POST["undo"].partition(" ")
    form = MarkForm(sent)
    if not form.is_valid():
        for _anchor, text in problems(form):
            messages.error(request, text)
        return _to(desk, sent.get("candidate", "")[:16])
    new = form.new_mark(timezone.now())
    try:
        (done,) = mark_at_the_door(test=desk.test, marks=[new], by=person(request), rooms=desk.bound)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        if done.outcome == Outcome.REFUSED:
            messages.error(request, done.sentence)
    return _to(desk, new.public_id)


@require_POST
@monitor_page
def seat(request: HttpRequest, test_id: str) -> HttpResponse:
    """Seat somebody here who is on the test without a room, and mark them present."""
    desk = desk_of(request, test_id)
    try:
        found = access.monitored_candidate(
            person(request), desk.test, request.POST.get("candidate", "").replace("\0", "")
        )
    except Http404:
        messages.error(request, _("This candidate was moved or removed meanwhile. Search again."))
        return redirect(desk.address())
    chosen = next_seat(desk.test, desk.rooms[0]) if len(desk.rooms) == 1 else ""
    if not chosen:
        messages.error(request, _("No seat is free here any more. Ask a planner of the test."))
        return _to(desk, found.public_id)
    here = NewMark(found.public_id, AttendanceMark.About.PRESENCE, Presence.PRESENT, str(uuid4()), timezone.now())
    try:
        give_seat(candidate=found, seat=chosen, room=desk.rooms[0], by=person(request))
        mark_at_the_door(test=desk.test, marks=[here], by=person(request), rooms=desk.bound)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return _to(desk, found.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_record
@monitor_page
def give(request: HttpRequest, test_id: str) -> HttpResponse:
    """Give a spare login to somebody who is not on the list; they are marked present."""
    desk = desk_of(request, test_id)
    spares = spares_of(desk.test, desk.rooms)
    logins = desk.logins
    typed = request.POST if request.method == "POST" else None
    form = SpareForm(typed, left=spares.left, logins=logins, initial={"name": _as_name(searched_for(request.GET))})
    if typed is not None and form.is_valid():
        chosen = form.cleaned_data["spare"]
        spare = attempt(form, lambda: _give(request, desk, form, spares))
        if spare is not None:
            if chosen == SHOW:
                return redirect("reveal-login", test_id, spare.public_id)
            said = {"id": spare.candidate_id, "name": spare.name}
            if has_void_slip(spare):
                messages.warning(request, _("%(id)s is %(name)s now. Its slip is void: give the login itself.") % said)
                return redirect("reveal-login", test_id, spare.public_id) if logins else _to(desk, spare.public_id)
            messages.success(
                request,
                _(
                    "%(id)s is %(name)s now. Hand over the spare slip %(id)s. The planners see it among the candidates "
                    "to clear up."
                )
                % said,
            )
            return _to(desk, spare.public_id)
    door = desk.door()
    _record_names(request, desk)
    context = page_of(request, desk, door) | {"form": form, "ends": clock(desk.test.window[1]), "giving": True}
    return render(request, "door/spare.html", context, status=status_of(form))


def _give(request: HttpRequest, desk: Desk, form: SpareForm, spares: Spares) -> Candidate:
    chosen = form.cleaned_data["spare"]
    public_id = spares.left[0].public_id if chosen == SHOW else chosen
    return give_spare(
        test=desk.test,
        public_id=public_id,
        name=form.cleaned_data["name"],
        private_reference=form.cleaned_data["private_reference"],
        by=person(request),
        rooms=desk.bound,
    )


@require_POST
@monitor_page
def take_back(request: HttpRequest, test_id: str, candidate: str) -> HttpResponse:
    """Take a spare login back that was given by mistake."""
    desk = desk_of(request, test_id)
    found = access.monitored_candidate(person(request), desk.test, candidate)
    try:
        spare = take_spare_back(test=desk.test, public_id=found.public_id, by=person(request), rooms=desk.bound)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return _to(desk, candidate)
    words = _("%(id)s is nobody’s again, and its password has ended. Take the slip back and tear it up.")
    messages.success(request, words % {"id": spare.candidate_id})
    return redirect(desk.address())


def desk_of(request: HttpRequest, test_id: str) -> Desk:
    """Return where the person stands. Raises Http404 for a test that they may not watch."""
    user = person(request)
    test = access.monitored_test(user, test_id)
    bound = access.room_binding(user, test)
    choices = list(bound) or rooms_on(test)
    chosen = tuple(room for room in choices if room.public_id == request.GET.get("room"))
    return Desk(test, bound, chosen or bound, choices, access.sees_names(user, test), _shows_logins(request, test))


def _shows_logins(request: HttpRequest, test: Test) -> bool:
    if access.plans(person(request), test):
        return test.is_activated
    window = invigilators_window(test)
    return test.is_activated and window is not None and window[0] <= timezone.now() < window[1]


def _record_names(request: HttpRequest, desk: Desk) -> None:
    if desk.names:
        audit.record_once(audit.Action.REFERENCES_SEEN, by=person(request), test=desk.test)


def page_of(request: HttpRequest, desk: Desk, door: Door) -> dict[str, Any]:
    """Return what the page shows for what its address asks."""
    typed = searched_for(request.GET)
    hits = door.find(typed) if typed else []
    listing = LISTS.get(request.GET.get("list", ""), "")
    if listing:
        hits = door.missing if listing == "missing" else door.unchecked
    found = door.one(request.GET.get("candidate", "")) or (hits[0] if len(hits) == 1 and not listing else None)
    spares = spares_of(desk.test, desk.rooms)
    return {
        "test": desk.test,
        "desk": desk,
        "door": door,
        "doors": [(str(room), room.public_id, room in desk.rooms) for room in desk.choices],
        "q": typed,
        "found": found,
        "hits": [] if found else hits[:MAX_SHOWN],
        "hit_count": 0 if found else len(hits),
        "more": max(0, len(hits) - MAX_SHOWN),
        "listing": listing,
        "nobody": bool(typed) and not hits and found is None,
        "spares": spares,
        # for who has no room: of a door of one room whose seats are numbered
        "free_seat": next_seat(desk.test, desk.rooms[0]) if len(desk.rooms) == 1 else "",
        "last": _last(request, desk, door),
        "last_press": last_press(desk.test, by=person(request)),
        "planners": access.planners_of(desk.test),
        "urls": {
            "people": desk.address("door-people"),
            "marks": desk.address("door-marks"),
            "mark": desk.address("door-mark"),
            "seat": desk.address("door-seat"),
            "spare": desk.address("door-spare"),
            "absent": desk.address("door-absent"),
            "absent_back": desk.address("door-absent-take-back"),
            "back": desk.address("door-spare-take-back", found.public_id if found else "KEY"),
            "key_back": desk.address("door-spare-take-back", "KEY"),
            "door": desk.address(),
            "missing": desk.address(list="missing"),
            "unchecked": desk.address(list="unchecked"),
            "login": reverse("reveal-login", args=[desk.test.public_id, "KEY"]),
        },
        "words": plain_words(),
        "blank": BLANK,
        "zone": timezone.get_current_timezone_name(),
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "owner": person(request).pk,
        "now": milliseconds(timezone.now()),
        "section": "door",
        "is_open": desk.test.is_activated and stage_of(desk.test) != Stage.FINISHED,
    }


def _last(request: HttpRequest, desk: Desk, door: Door) -> list[tuple[DoorLine, str, str]]:
    lines = {line.public_id: line for line in door.lines}
    found = [
        one for one in last_marks(desk.test, by=person(request), most=LAST_MARKS) if one.candidate.public_id in lines
    ]
    return [(lines[one.candidate.public_id], _last_words(one), _undo(one)) for one in found]


def _undo(mark: AttendanceMark) -> str:
    """Return what takes a mark back; "" for one that takes back itself."""
    return "" if mark.value == TAKEN[mark.about] else f"{mark.about}:{TAKEN[mark.about]}"


def _last_words(mark: AttendanceMark) -> str:
    name = "last_taken" if mark.value in TAKEN.values() else f"last_{mark.value}"
    return said(name, t=clock(mark.at))


def _as_name(typed: str) -> str:
    """Return what was searched for as a name: "Tarjei Lunde" for "lunde, tarjei"; nothing for a number."""
    parts = [part.strip() for part in typed.split(",")]
    text = f"{parts[1]} {parts[0]}" if len(parts) == 2 else typed
    if any(letter.isdigit() for letter in text):
        return ""
    return text.title() if text.islower() else text


def _to(desk: Desk, public_id: str) -> HttpResponseRedirect:
    return redirect(desk.address(candidate=public_id))


def _json(data: dict[str, Any], *, status: int = 200) -> JsonResponse:
    """Return an answer to a phone, with the server's clock."""
    return JsonResponse({"now": milliseconds(timezone.now()), **data}, status=status)
