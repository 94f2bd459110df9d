"""The checklist on the page of a test before its activation: what is done, missing, or worth a look."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.cells import looks_personal
from candidates.lifecycle.room_use import RoomLook
from candidates.models import Contributor, Test
from candidates.pages.tests.places import Place
from candidates.text import plural, short_test_name

MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist before activation; `state` is done, look or missing."""

    text: str
    state: str
    note: str = ""
    link: str = ""
    query: str = ""  # of the list of candidates
    address: str = ""  # of another page


def checks_of(
    test: Test, places: list[Place], contributors: list[Contributor], rooms: Sequence[RoomLook], *, by_code: bool
) -> tuple[Check, ...]:
    """Return the lines of the checklist; they ask the database nothing."""
    checks = [_times_check(test), _questions_check(test)]
    if test.duration_minutes and test.window_minutes and test.duration_minutes > test.window_minutes:
        open_for = plural(test.window_minutes, "minute")
        note = _("The test is open for %(minutes)s. Nobody gets more than that.") % {"minutes": open_for}
        checks.append(Check(_("The duration is longer than the test is open"), "look", note))
    if test.is_demo:
        return tuple(checks)
    added = ngettext("%(n)d candidate added", "%(n)d candidates added", len(places)) % {"n": len(places)}
    if by_code:
        link, address = _("Test code"), reverse("test-code", args=[test.public_id])
        checks.append(Check(_("Candidates join by test code"), "done", link=link, address=address))
    if places or not by_code:
        checks.append(Check(added, "done") if places else Check(_("No candidate is added yet"), "missing"))
    if any(one.role == Contributor.Role.GRADER for one in contributors):
        checks.append(Check(_("A grader is on the test"), "done"))
    else:
        checks.append(Check(_("No grader is on the test"), "look", _("You can add one later, too.")))
    return (
        *checks,
        *_looks(places, contributors),
        *room_looks(rooms, address=reverse("spread", args=[test.public_id])),
    )


def room_looks(rooms: Sequence[RoomLook], *, address: str = "") -> tuple[Check, ...]:
    """Return what to look at about rooms: too full, used by another test at the same time, or removed."""
    looks, link = [], _("Spread them") if address else ""
    over = [room for room in rooms if room.is_over]
    if over:
        words = ngettext(
            "%(n)d room has more candidates than seats", "%(n)d rooms have more candidates than seats", len(over)
        )
        note = _first(_("%(room)s: %(n)d for %(seats)s.") % _figures(room) for room in over)
        looks.append(Check(words % {"n": len(over)}, "look", note, link, address=address))
    shared = [room for room in rooms if room.others and not room.is_over]
    if shared:
        words = ngettext(
            "%(n)d room is used by another test at the same time",
            "%(n)d rooms are used by other tests at the same time",
            len(shared),
        )
        note = _first(_("%(room)s: %(tests)s, %(n)d of %(seats)s.") % _figures(room) for room in shared)
        looks.append(Check(words % {"n": len(shared)}, "look", note))
    removed = [room for room in rooms if not room.location.is_active]
    if removed:
        words = ngettext(
            "%(n)d room was removed from the rooms", "%(n)d rooms were removed from the rooms", len(removed)
        )
        note = _first(_("%(room)s: %(who)s.") % _figures(room) for room in removed)
        looks.append(Check(words % {"n": len(removed)}, "look", note, link, address=address))
    return tuple(looks)


def _figures(room: RoomLook) -> dict[str, object]:
    capacity = room.location.capacity
    return {
        "room": room.location,
        "n": room.needed,
        "seats": _("an unknown number of seats") if capacity is None else plural(capacity, "seat"),
        "tests": ", ".join(dict.fromkeys(short_test_name(use.test.name) for use in room.others[:MAX_NAMED])),
        "who": plural(room.own, "candidate"),
    }


def _first(sentences: Iterable[str]) -> str:
    """Return the first sentences, and how many more there are."""
    every = list(sentences)
    more = len(every) - MAX_NAMED
    return " ".join(every[:MAX_NAMED]) + (_(" And %(n)d more.") % {"n": more} if more > 0 else "")


def _questions_check(test: Test) -> Check:
    if test.questions.strip():
        return Check(_("Questions are written"), "done")
    note = _("Candidates who start see no questions. You can write them until the first candidate starts.")
    address = reverse("edit-questions", args=[test.public_id])
    return Check(_("No questions are written"), "look", note, _("Write questions"), address=address)


def _times_check(test: Test) -> Check:
    if test.ends_at is None:
        return Check(_("No times: open as long as it is activated"), "done")
    if test.ends_at <= timezone.now():
        return Check(_("The end of the test has passed"), "missing")
    if test.opens_at is not None and test.opens_at <= timezone.now():
        return Check(_("The test opens as soon as you activate it"), "look", _("Its opening has passed."))
    return Check(_("Times are set"), "done")


def _looks(places: list[Place], contributors: list[Contributor]) -> list[Check]:
    """Return what somebody should look at: it never blocks (D21)."""
    checks = []
    personal = sum(looks_personal(place.candidate_id) is not None for place in places)
    if personal:
        words = ngettext("%(n)d Candidate ID looks like a name", "%(n)d Candidate IDs look like names", personal)
        link = _("Show the %(n)d") % {"n": personal}
        seen = ngettext("Graders would see it.", "Graders would see them.", personal)
        checks.append(Check(words % {"n": personal}, "look", seen, link, "?look=personal"))
    nowhere = sum(place.location_id is None for place in places)
    # Where no room is used at all, that nobody has one is the normal state.
    if nowhere and (nowhere < len(places) or any(one.location for one in contributors)):
        words = ngettext("%(n)d candidate has no room", "%(n)d candidates have no room", nowhere)
        note, link = _("Invigilators see their own room."), _("Show the %(n)d") % {"n": nowhere}
        checks.append(Check(words % {"n": nowhere}, "look", note, link, "?place=none"))
    return checks
