"""Where somebody sits whom an invigilator who is bound to rooms looks for, and who sits in another one."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.models import Location, Test
from candidates.pages.shared.finding import Sought, Who, people_of, spoken
from candidates.pages.shared.searching import OTHER_FIELDS, Match, Rank

SHORTEST = 2  # letters that a search for the start of an ID must have: one would only say that there is somebody
MAX_NAMED = 3
PLACE = ("public_id", "candidate_id", "candidate_key", "location__building", "location__room", "seat")


class Elsewhere(NamedTuple):
    """Somebody who was searched for and sits in another room, the best match first."""

    match: Match
    candidate_id: str
    name: str
    place: str
    seat: str

    @property
    def sentence(self) -> str:
        """Return "0022 sits in Vesthall V102, seat 14."; after the name, where they were found by that."""
        words = {"id": self.candidate_id, "place": self.place, "seat": self.seat}
        said = _("%(id)s sits in %(place)s, seat %(seat)s.") if self.seat else _("%(id)s sits in %(place)s.")
        who = spoken(self.name) if self.match.rank >= OTHER_FIELDS else ""
        return f"{who}: {said % words}" if who else said % words


def found_elsewhere(test: Test, rooms: Collection[Location], typed: str, *, names: bool) -> list[Elsewhere]:
    """Return whom a search finds in other rooms than these, best first.

    By the Candidate ID alone where the person may not know who candidates are: two queries, with `names` three.
    """
    if not rooms or not typed:
        return []
    others = test.candidates.all().people().exclude(location__in=rooms).filter(location__isnull=False)
    rows = list(others.order_by("sort_key").values_list(*PLACE))
    people = people_of(others) if names else {}
    known = [people[row[0]].who if row[0] in people else Who(row[2]) for row in rows]
    found = [
        Elsewhere(match, shown, people[public_id].name if names else "", f"{building} {room}".strip(), seat)
        for match, (public_id, shown, _key, building, room, seat) in zip(
            Sought.of(typed).matches(known), rows, strict=True
        )
        if match is not None
    ]
    return sorted(found, key=lambda one: one.match.rank)


def elsewhere_words(found: Collection[Elsewhere], typed: str, *, here: bool) -> list[str]:
    """Return the sentences about those in other rooms; `here` says whether somebody is found here as well.

    By Candidate ID a room's list is not for the next room: the whole ID names its room, a start only where one alone
    has it and nobody is found here. By name, private reference or login each is named, up to three.
    """
    said = []
    by_id = [one for one in found if one.match.rank < Rank.INSIDE]
    whole = [one for one in by_id if one.match.rank == Rank.WHOLE]
    if whole or (not here and len(typed) >= SHORTEST and len(by_id) == 1):
        said = [one.sentence for one in whole or by_id]
    elif not here and len(typed) >= SHORTEST and by_id:
        said = [_("Several Candidate IDs in other rooms begin like this. Type the whole Candidate ID to see the room.")]
    is_name = not any(character.isdigit() for character in typed)
    # a Candidate ID may be a name, whose inside is a word and no number
    named = [one for one in found if one.match.rank >= (Rank.INSIDE if is_name and one.name else OTHER_FIELDS)]
    if len(named) <= MAX_NAMED:
        return [*said, *(one.sentence for one in named)]
    more = ngettext(
        "%(n)d more in other rooms matches. Type more of the name, or the whole number, to see the room.",
        "%(n)d more in other rooms match. Type more of the name, or the whole number, to see the room.",
        len(named),
    )
    best = [one for one in named if one.match.rank == OTHER_FIELDS][:MAX_NAMED]
    rest = len(named) - len(best)
    return [*said, *(one.sentence for one in best), *([more % {"n": rest}] if rest else [])]
